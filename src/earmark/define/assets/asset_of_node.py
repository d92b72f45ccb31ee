"""Assets of an op's or graph's outputs, described by the names of inputs and outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from earmark.define.assets.asset_wiring import AssetLabels, NodeDefinition, assets_of_outputs, wired_spec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean
from earmark.values.keys import AssetKey


def computation_of_node(
    node: NodeDefinition,
    *,
    keys_by_input_name: Mapping[str, Any] | None = None,
    keys_by_output_name: Mapping[str, Any] | None = None,
    key_prefix: Any = None,
    internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
    partitions_def: Any = None,
    partition_mappings: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    backfill_policy: BackfillPolicy | None = None,
    can_subset: bool = False,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    **by_output: Any,
) -> ComputationSpec:
    """Return the computation of an op or graph whose outputs are assets; arguments as ``AssetsDefinition.from_op``.

    Raises:
        DagsterInvalidDefinitionError: An option names an input or output that the node does not have.
    """
    outputs = [out.name for out in node.spec.outputs]
    given = {key: AssetKey.from_coercible(value) for key, value in (keys_by_output_name or {}).items()}
    keys = {name: given.get(name) or AssetKey((node.name if len(outputs) == 1 else name,)) for name in outputs}
    if key_prefix is not None:
        keys = {name: key.with_prefix(key_prefix) for name, key in keys.items()}
    inputs = {
        one.name: AssetKey.from_coercible((keys_by_input_name or {}).get(one.name, one.name))
        for one in node.spec.inputs
    }
    for name in (*given, *(internal_asset_deps or {})):
        _known(name, keys, "output", node)
    for name in (*(keys_by_input_name or {}), *(partition_mappings or {})):
        _known(name, inputs, "input", node)

    def by_key(option: str) -> dict[AssetKey, Any]:
        values = by_output.get(f"{option}_by_output_name") or {}
        for name in values:
            _known(name, keys, "output", node)
        return {keys[name]: value for name, value in values.items()}

    groups = dict.fromkeys(keys.values(), group_name) if group_name is not None else {}
    conditions = by_key("automation_conditions") or {
        key: policy.to_automation_condition() for key, policy in by_key("auto_materialize_policies").items()
    }
    deps = internal_asset_deps or {}
    specs = assets_of_outputs(
        node,
        keys,
        inputs,
        {keys[name]: deps[name] for name in deps},
        AssetLabels(
            partitions_def=partitions_def,
            partition_mappings={inputs[name]: one for name, one in (partition_mappings or {}).items()},
            groups={**groups, **by_key("group_names")},
            descriptions=by_key("descriptions"),
            metadata=by_key("metadata"),
            tags=by_key("tags"),
            owners=by_key("owners"),
            conditions=conditions,
            code_versions=by_key("code_versions"),
        ),
    )
    checks = {check.get_python_identifier(): check for check in check_specs or ()}
    return wired_spec(node, specs, inputs, keys, checks, can_subset=can_subset, backfill_policy=backfill_policy)


def _known(name: str, names: Mapping[str, Any], what: str, node: NodeDefinition) -> None:
    if name not in names:
        raise DagsterInvalidDefinitionError(
            f"{node.name!r} has no {what} {name!r}; it has {', '.join(names) or 'none'}.{did_you_mean(name, names)}",
            where=caller_location(),
        )
