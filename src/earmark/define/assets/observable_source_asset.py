"""``@observable_source_asset`` and ``@multi_observable_source_asset``: what version of an asset is there now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from earmark.define.assets.asset import key_of
from earmark.define.assets.asset_wiring import check_own_assets, duplicate_keys
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.source_asset import SourceAsset, refuse_inputs
from earmark.define.function import location_of
from earmark.define.ops.op import build_op
from earmark.define.ops.slots import Out
from earmark.define.types.types import Nothing
from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.values.errors import DagsterInvalidDefinitionError


@overload
def observable_source_asset(observe_fn: Callable[..., Any]) -> SourceAsset: ...


@overload
def observable_source_asset(
    observe_fn: None = None,
    *,
    key: Any = None,
    name: str | None = None,
    key_prefix: Any = None,
    metadata: Mapping[str, Any] | None = None,
    io_manager_key: str | None = None,
    io_manager_def: Any = None,
    description: str | None = None,
    group_name: str | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    partitions_def: Any = None,
    automation_condition: Any = None,
    op_tags: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    auto_observe_interval_minutes: float | None = None,
    legacy_freshness_policy: Any = None,
) -> Callable[[Callable[..., Any]], SourceAsset]: ...


def observable_source_asset(
    observe_fn: Callable[..., Any] | None = None,
    *,
    key: Any = None,
    name: str | None = None,
    key_prefix: Any = None,
    metadata: Mapping[str, Any] | None = None,
    io_manager_key: str | None = None,
    io_manager_def: Any = None,
    description: str | None = None,
    group_name: str | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    partitions_def: Any = None,
    automation_condition: Any = None,
    op_tags: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    auto_observe_interval_minutes: float | None = None,
    legacy_freshness_policy: Any = None,
) -> SourceAsset | Callable[[Callable[..., Any]], SourceAsset]:
    """Make an asset that something else writes, and that a function observes: it returns a :class:`DataVersion`.

    Args:
        observe_fn: The function, where the decorator is used without arguments.
        key: The whole key, instead of ``name`` and ``key_prefix``.
        name: The last part of the key; the function's name if ``None``.
        key_prefix: What stands before the name in the key.
        metadata: Facts about the asset.
        io_manager_key: The key of the resource that loads it.
        io_manager_def: The IO manager that loads it.
        description: Text for people; the docstring if ``None``.
        group_name: The one group of the asset.
        required_resource_keys: Resources to be found on ``context.resources``.
        resource_defs: What the resource keys mean for this asset.
        partitions_def: How the asset is cut.
        automation_condition: When it should be observed by itself.
        op_tags: Labels of its step.
        tags: Labels of the asset.
        auto_observe_interval_minutes: An old name for how often it should be observed; kept, not acted on.
        legacy_freshness_policy: Kept, not acted on.

    Raises:
        DagsterInvalidDefinitionError: An argument breaks its rule; the error says where.

    Example:
        >>> from earmark.define.ops.outputs import DataVersion
        >>> @observable_source_asset(tags={"domain": "sales"})
        ... def raw_orders():
        ...     return DataVersion("7")
        >>> raw_orders.is_observable
        True
    """

    def decorate(function: Callable[..., Any]) -> SourceAsset:
        from earmark.define.ops.op import clean_doc

        return SourceAsset(
            key_of(function, name, key_prefix, key, "observable source asset"),
            metadata,
            io_manager_key,
            io_manager_def,
            description if description is not None else clean_doc(function),
            partitions_def,
            group_name,
            resource_defs,
            function,
            op_tags,
            auto_observe_interval_minutes=auto_observe_interval_minutes,
            legacy_freshness_policy=legacy_freshness_policy,
            automation_condition=automation_condition,
            tags=tags,
            _required_resource_keys=required_resource_keys,
        )

    return decorate if observe_fn is None else decorate(observe_fn)


def multi_observable_source_asset(
    *,
    specs: Sequence[AssetSpec],
    name: str | None = None,
    description: str | None = None,
    partitions_def: Any = None,
    can_subset: bool = False,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Make several assets that something else writes, and that one function observes.

    Args:
        specs: The assets as data. The function yields an :class:`ObserveResult` for each.
        name: The name of the step; the function's name if ``None``.
        description: Text for people.
        partitions_def: How the assets are cut.
        can_subset: Whether a run may observe only some of them.
        required_resource_keys: Resources to be found on ``context.resources``.
        resource_defs: What the resource keys mean for these assets.
        group_name: The group of all the assets.
        check_specs: Checks that the function itself evaluates.

    Raises:
        DagsterInvalidDefinitionError: A key stands twice, or another argument breaks its rule.

    Example:
        >>> from earmark.define.ops.outputs import DataVersion, ObserveResult
        >>> @multi_observable_source_asset(specs=[AssetSpec("users"), AssetSpec("orders")])
        ... def landing_zone():
        ...     yield ObserveResult("users", data_version=DataVersion("1"))
        ...     yield ObserveResult("orders", data_version=DataVersion("2"))
        >>> landing_zone.is_observable
        True
    """

    def decorate(function: Callable[..., Any]) -> AssetsDefinition:
        where = location_of(function)
        op_name = name or function.__name__
        outputs = {spec.key.to_python_identifier(): spec.key for spec in specs}
        if len(outputs) < len(specs):
            raise duplicate_keys(op_name, [spec.key for spec in specs], where)
        checks = check_own_assets(check_specs or (), outputs.values(), op_name, where)
        changes: dict[str, Any] = {}
        if group_name is not None:
            named = [spec for spec in specs if spec.group_name not in (None, group_name)]
            if named:
                raise DagsterInvalidDefinitionError(
                    f"{op_name!r} puts its assets into the group {group_name!r}, but"
                    f" {named[0].key.to_user_string()} names the group {named[0].group_name!r}.",
                    where=where,
                )
            changes["group_name"] = group_name
        if partitions_def is not None:
            changes["partitions_def"] = partitions_def
        assets = tuple(spec.replace_attributes(**changes) if changes else spec for spec in specs)
        out = {output: Out(Nothing, is_required=not can_subset) for output in outputs}
        out.update({output: Out(Any, is_required=not can_subset) for output in checks})
        op = build_op(
            function,
            name=op_name,
            description=description,
            out=out,
            required_resource_keys=required_resource_keys,
            what="multi observable source asset",
        )
        refuse_inputs(op)
        computation = ComputationSpec(
            op_name,
            assets,
            tuple(checks.values()),
            op.spec,
            {},
            outputs,
            {output: check.key for output, check in checks.items()},
            can_subset,
            ExecutionType.OBSERVATION,
        )
        made: AssetsDefinition = AssetsDefinition.of(computation, op, resource_defs=resource_defs)
        return made

    return decorate
