"""``@graph_asset`` and ``@graph_multi_asset``: assets that a graph of ops computes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from earmark.define.assets.asset import check_old_options, key_of
from earmark.define.assets.asset_slots import AssetIn, AssetOut
from earmark.define.assets.asset_wiring import check_own_assets, check_self_dependency, wired_spec
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.function import location_of
from earmark.define.ops.graph import GraphDefinition, build_graph
from earmark.define.ops.slots import GraphOut
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.op import RESULT
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, did_you_mean
from earmark.values.keys import AssetKey


@overload
def graph_asset(compose_fn: Callable[..., Any]) -> AssetsDefinition: ...


@overload
def graph_asset(
    compose_fn: None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    config: Any = None,
    key_prefix: Any = None,
    group_name: str | None = None,
    partitions_def: Any = None,
    hooks: Iterable[Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    owners: Sequence[str] | None = None,
    automation_condition: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    code_version: str | None = None,
    key: Any = None,
    kinds: Iterable[str] | None = None,
    **kwargs: Any,
) -> Callable[[Callable[..., Any]], AssetsDefinition]: ...


def graph_asset(
    compose_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    config: Any = None,
    key_prefix: Any = None,
    group_name: str | None = None,
    partitions_def: Any = None,
    hooks: Iterable[Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    owners: Sequence[str] | None = None,
    automation_condition: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    code_version: str | None = None,
    key: Any = None,
    kinds: Iterable[str] | None = None,
    **kwargs: Any,
) -> AssetsDefinition | Callable[[Callable[..., Any]], AssetsDefinition]:
    """Make an asset of a function that wires ops; its parameters are the assets it needs.

    With ``check_specs`` the function returns a dict: the asset's value under ``result``, and each check's result under
    ``ASSET_CHECK``.

    Args:
        compose_fn: The function, where the decorator is used without arguments.
        name: The last part of the key; the function's name if ``None``.
        description: Text for people; the docstring if ``None``.
        ins: Which asset a parameter is, where its name does not say it.
        config: Default configuration of the ops, or a :class:`ConfigMapping`.
        key_prefix: What stands before the name in the key.
        group_name: The one group of the asset.
        partitions_def: How the asset is cut.
        hooks: Hooks that follow its ops.
        metadata: Facts about the asset.
        tags: Labels of the asset.
        owners: E-mail addresses or ``team:NAME``.
        automation_condition: When the asset should be written by itself.
        backfill_policy: How a backfill cuts its partitions into runs.
        resource_defs: What the resource keys mean for this asset.
        check_specs: Checks that the graph itself evaluates.
        code_version: Changes when the code does.
        key: The whole key, instead of ``name`` and ``key_prefix``.
        kinds: What it is made with.
        **kwargs: An old name: ``auto_materialize_policy``.

    Raises:
        DagsterInvalidDefinitionError: The graph gives no value, or an argument breaks its rule.

    Example:
        >>> from earmark.define.ops.op import op
        >>> @op
        ... def fetch():
        ...     return [3, 1]
        >>> @op
        ... def tidy(rows):
        ...     return sorted(rows)
        >>> @graph_asset(tags={"domain": "sales"})
        ... def orders():
        ...     return tidy(fetch())
        >>> orders.key
        AssetKey(['orders'])
    """
    check_old_options(kwargs, "graph_asset", ("auto_materialize_policy", "legacy_freshness_policy"))
    policy = kwargs.get("auto_materialize_policy")
    if policy is not None:
        automation_condition = automation_condition or policy.to_automation_condition()

    def decorate(function: Callable[..., Any]) -> AssetsDefinition:
        where = location_of(function)
        asset_key = key_of(function, name, key_prefix, key, "graph asset")
        node_name = asset_key.to_python_identifier()
        checks = check_own_assets(check_specs or (), (asset_key,), node_name, where)
        out = {RESULT: GraphOut(), **{output: GraphOut() for output in checks}} if checks else None
        graph = build_graph(function, name=node_name, description=description, out=out, config=config)
        _require_output(graph, RESULT, where)
        inputs, needed = graph_inputs(graph, ins, where)
        spec = AssetSpec(
            asset_key,
            deps=needed,
            description=graph.description,
            metadata=dict(metadata or {}),
            group_name=group_name,
            code_version=code_version,
            automation_condition=automation_condition,
            owners=tuple(owners or ()),
            tags=dict(tags or {}),
            kinds=frozenset(kinds or ()),
            partitions_def=partitions_def,
        )
        check_self_dependency(spec, where)
        computation = wired_spec(
            graph, (spec,), inputs, {RESULT: asset_key}, checks, name=node_name, backfill_policy=backfill_policy
        )
        made: AssetsDefinition = AssetsDefinition.of(
            computation, graph, resource_defs=resource_defs, hook_defs=hooks, location=where
        )
        return made

    return decorate if compose_fn is None else decorate(compose_fn)


def graph_multi_asset(
    *,
    outs: Mapping[str, AssetOut],
    name: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    partitions_def: Any = None,
    hooks: Iterable[Any] | None = None,
    backfill_policy: BackfillPolicy | None = None,
    group_name: str | None = None,
    can_subset: bool = False,
    resource_defs: Mapping[str, Any] | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    config: Any = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Make several assets of a function that wires ops and returns a dict of their outputs.

    Args:
        outs: The assets by the names in the dict that the function returns.
        name: The name of the graph; the function's name if ``None``.
        ins: Which asset a parameter is, where its name does not say it.
        partitions_def: How the assets are cut.
        hooks: Hooks that follow its ops.
        backfill_policy: How a backfill cuts its partitions into runs.
        group_name: The group of all the assets.
        can_subset: Whether a run may ask for only some of the assets.
        resource_defs: What the resource keys mean for these assets.
        check_specs: Checks that the graph itself evaluates.
        config: Default configuration of the ops, or a :class:`ConfigMapping`.

    Raises:
        DagsterInvalidDefinitionError: The graph does not give what ``outs`` names, or an argument breaks its rule.

    Example:
        >>> from earmark.define.ops.op import op
        >>> @op
        ... def count():
        ...     return 3
        >>> @graph_multi_asset(outs={"users": AssetOut(tags={"pii": "true"}), "orders": AssetOut()})
        ... def warehouse():
        ...     return {"users": count(), "orders": count()}
        >>> sorted(warehouse.keys)
        [AssetKey(['orders']), AssetKey(['users'])]
    """

    def decorate(function: Callable[..., Any]) -> AssetsDefinition:
        where = location_of(function)
        node_name = name or function.__name__
        keys = {output: out.resolve_key(output) for output, out in outs.items()}
        checks = check_own_assets(check_specs or (), keys.values(), node_name, where)
        declared = {output: GraphOut(out.description) for output, out in outs.items()}
        declared.update({output: GraphOut() for output in checks})
        graph = build_graph(function, name=node_name, out=declared, config=config)
        for output in outs:
            _require_output(graph, output, where)
        inputs, needed = graph_inputs(graph, ins, where)
        for output, out in outs.items():
            if group_name is not None and out.group_name is not None:
                raise DagsterInvalidDefinitionError(
                    f"{node_name!r} puts its assets into the group {group_name!r}, but {output!r} names the group"
                    f" {out.group_name!r}.",
                    where=where,
                )
        assets = tuple(
            out.to_spec(keys[output], needed, partitions_def=partitions_def, group_name=group_name)
            for output, out in outs.items()
        )
        computation = wired_spec(
            graph,
            assets,
            inputs,
            keys,
            checks,
            name=node_name,
            can_subset=can_subset,
            backfill_policy=backfill_policy,
        )
        made: AssetsDefinition = AssetsDefinition.of(
            computation, graph, resource_defs=resource_defs, hook_defs=hooks, location=where
        )
        return made

    return decorate


def graph_inputs(
    graph: GraphDefinition, ins: Mapping[str, AssetIn] | None, where: SourceLocation | None
) -> tuple[dict[str, AssetKey], tuple[AssetDep, ...]]:
    """Return which asset each input of a graph is, and all the assets that it needs.

    Raises:
        DagsterInvalidDefinitionError: ``ins`` names no input of the graph.
    """
    names = [one.name for one in graph.spec.inputs]
    given = {name: AssetIn.from_coercible(one) for name, one in (ins or {}).items()}
    for name in given:
        if name not in names:
            raise DagsterInvalidDefinitionError(
                f"ins of {graph.name!r} names {name!r}, which is no parameter of its function."
                f"{did_you_mean(name, names)}",
                where=where,
            )
    inputs = {name: given[name].resolve_key(name) if name in given else AssetKey((name,)) for name in names}
    mappings = {inputs[name]: one.partition_mapping for name, one in given.items()}
    return inputs, tuple(AssetDep(key, mappings.get(key)) for key in dict.fromkeys(inputs.values()))


def _require_output(graph: GraphDefinition, name: str, where: SourceLocation | None) -> None:
    names = [one.name for one in graph.spec.outputs]
    if name not in names:
        raise DagsterInvalidDefinitionError(
            f"The graph {graph.name!r} gives no {name!r}; its function returns {', '.join(names) or 'nothing'}.",
            where=where,
            hint="Return the output of the op that computes the asset.",
        )
