"""How the inputs and outputs of an op or graph become assets and checks, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.define.ops.graph import GraphDefinition
from earmark.define.ops.op import OpDefinition
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, caller_location, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey

NodeDefinition = OpDefinition | GraphDefinition


class AssetLabels(msgspec.Struct, frozen=True):
    """What is said of assets by key, beside what computes them."""

    partitions_def: Any = None
    partition_mappings: Mapping[AssetKey, Any] = {}
    groups: Mapping[AssetKey, str] = {}
    descriptions: Mapping[AssetKey, str] = {}
    metadata: Mapping[AssetKey, Mapping[str, Any]] = {}
    tags: Mapping[AssetKey, Mapping[str, str]] = {}
    owners: Mapping[AssetKey, Sequence[str]] = {}
    conditions: Mapping[AssetKey, Any] = {}
    code_versions: Mapping[AssetKey, str | None] = {}


def assets_of_outputs(
    node: NodeDefinition | None,
    keys_by_output_name: Mapping[str, AssetKey],
    keys_by_input_name: Mapping[str, AssetKey],
    asset_deps: Mapping[AssetKey, Iterable[AssetKey]] | None,
    labels: AssetLabels,
) -> tuple[AssetSpec, ...]:
    """Return the assets that a node's outputs write; an asset without ``asset_deps`` depends on every input."""
    outputs = {} if node is None else {out.name: out for out in node.spec.outputs}
    every = tuple(dict.fromkeys(keys_by_input_name.values()))
    specs = []
    for name, key in keys_by_output_name.items():
        out = outputs.get(name)
        named = asset_deps.get(key, every) if asset_deps is not None else every
        described = labels.descriptions.get(key) or (out.description if out else None)
        specs.append(
            AssetSpec(
                key,
                deps=tuple(AssetDep(dep, labels.partition_mappings.get(dep)) for dep in named),
                description=described or (node.spec.description if node is not None and len(outputs) == 1 else None),
                metadata={**(out.metadata if out else {}), **labels.metadata.get(key, {})},
                skippable=out is not None and not out.is_required,
                group_name=labels.groups.get(key),
                code_version=labels.code_versions.get(key) or (out.code_version if out else None),
                automation_condition=labels.conditions.get(key),
                owners=tuple(labels.owners.get(key) or ()),
                tags=dict(labels.tags.get(key) or {}),
                partitions_def=labels.partitions_def,
            )
        )
    return tuple(specs)


def wired_spec(
    node: NodeDefinition | None,
    assets: Sequence[AssetSpec],
    inputs: Mapping[str, AssetKey],
    outputs: Mapping[str, AssetKey],
    checks: Mapping[str, AssetCheckSpec],
    *,
    name: str | None = None,
    can_subset: bool = False,
    execution_type: ExecutionType = ExecutionType.MATERIALIZATION,
    backfill_policy: BackfillPolicy | None = None,
) -> ComputationSpec:
    """Return a computation, after checking that what it names is there.

    Raises:
        DagsterInvalidDefinitionError: An input or output is not the node's, two outputs write one asset, or a check
            looks at an asset of another computation.
    """
    if node is not None:
        _require(inputs, {one.name for one in node.spec.inputs}, "input", node)
        _require((*outputs, *checks), {one.name for one in node.spec.outputs}, "output", node)
    own = {spec.key for spec in assets}
    if len(own) < len(assets):
        raise duplicate_keys(name or (node.name if node else "?"), [spec.key for spec in assets], caller_location())
    if name is None:
        name = node.name if node is not None else "__".join(spec.key.to_python_identifier() for spec in assets)
    return ComputationSpec(
        name,
        tuple(assets),
        tuple(checks.values()),
        None if node is None else node.spec,
        dict(inputs),
        {output: key for output, key in outputs.items() if key in own},
        {output: check.key for output, check in checks.items()},
        can_subset,
        execution_type,
        backfill_policy,
    )


def duplicate_keys(name: str, keys: Sequence[AssetKey], where: SourceLocation | None) -> DagsterInvalidDefinitionError:
    """Return the error for a computation that names an asset twice."""
    twice = sorted({key.to_user_string() for key in keys if keys.count(key) > 1})
    return DagsterInvalidDefinitionError(f"{name!r} names the asset {', '.join(twice)} more than once.", where=where)


def check_own_assets(
    checks: Iterable[AssetCheckSpec], keys: Iterable[AssetKey], name: str, where: SourceLocation | None
) -> dict[str, AssetCheckSpec]:
    """Return the checks of a computation by the names of the outputs that they are.

    Raises:
        DagsterInvalidDefinitionError: A check is no spec, looks at another computation's asset, or stands twice.
    """
    own = {key.to_user_string(): key for key in keys}
    found: dict[str, AssetCheckSpec] = {}
    for check in checks:
        if not isinstance(check, AssetCheckSpec):
            raise DagsterInvalidDefinitionError(
                f"check_specs of {name!r} holds AssetCheckSpec objects, not {check!r}.", where=where
            )
        asset = check.asset.to_user_string()
        if asset not in own:
            raise DagsterInvalidDefinitionError(
                f"The check {check.name!r} of {name!r} looks at {asset!r}, which {name!r} does not write."
                f"{did_you_mean(asset, own)}",
                where=where,
                hint="A check of another asset is an @asset_check.",
            )
        output = check.get_python_identifier()
        if output in found:
            raise DagsterInvalidDefinitionError(
                f"{name!r} names the check {check.key.to_user_string()!r} twice.", where=where
            )
        found[output] = check
    return found


def check_self_dependency(spec: AssetSpec, where: SourceLocation | None) -> None:
    """Refuse an asset that needs itself, unless its partitions can need earlier ones of their own."""
    if spec.partitions_def is not None:
        return
    if any(dep.asset == spec.key for dep in spec.deps):
        raise DagsterInvalidDefinitionError(
            f"The asset {spec.key.to_user_string()!r} depends on itself.",
            where=where,
            hint="Only an asset cut by time can: each of its partitions may need earlier ones.",
        )


def renamed(spec: ComputationSpec, keys: Mapping[AssetKey, AssetKey]) -> ComputationSpec:
    """Return a computation with keys replaced, as assets, as dependencies and in its checks."""

    def new(key: AssetKey) -> AssetKey:
        return keys.get(key, key)

    def deps(given: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(dep, asset=keys[dep.asset]) if dep.asset in keys else dep for dep in given)

    return replace(
        spec,
        assets=tuple(replace(one, key=new(one.key), deps=deps(one.deps)) for one in spec.assets),
        checks=tuple(
            replace(one, asset=new(one.asset), additional_deps=deps(one.additional_deps)) for one in spec.checks
        ),
        inputs={name: new(key) for name, key in spec.inputs.items()},
        outputs={name: new(key) for name, key in spec.outputs.items()},
        check_outputs={name: AssetCheckKey(new(key.asset_key), key.name) for name, key in spec.check_outputs.items()},
    )


def _require(names: Iterable[str], known: set[str], what: str, node: NodeDefinition) -> None:
    for name in names:
        if name not in known:
            raise DagsterInvalidDefinitionError(
                f"{node.name!r} has no {what} {name!r}; it has {', '.join(sorted(known)) or 'none'}."
                f"{did_you_mean(name, known)}",
                where=caller_location(),
            )
