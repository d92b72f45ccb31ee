"""``@multi_asset``: several assets, computed by one function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from earmark.define.assets.asset import check_old_options, input_assets, op_inputs, step_tags
from earmark.define.assets.asset_slots import AssetIn, AssetOut
from earmark.define.assets.asset_wiring import check_own_assets, check_self_dependency, duplicate_keys
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.function import location_of
from earmark.define.ops.op import OpDefinition, build_op
from earmark.define.ops.slots import Out
from earmark.define.types.types import Nothing
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.policy import BackfillPolicy, RetryPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, did_you_mean
from earmark.values.keys import AssetKey


def multi_asset(
    *,
    outs: Mapping[str, AssetOut] | None = None,
    name: str | None = None,
    ins: Mapping[str, AssetIn] | None = None,
    deps: Iterable[Any] | None = None,
    description: str | None = None,
    config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
    partitions_def: Any = None,
    hooks: Iterable[Any] | None = None,
    backfill_policy: BackfillPolicy | None = None,
    op_tags: Mapping[str, Any] | None = None,
    can_subset: bool = False,
    resource_defs: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    specs: Sequence[AssetSpec] | None = None,
    check_specs: Sequence[AssetCheckSpec] | None = None,
    pool: str | None = None,
    **kwargs: Any,
) -> Callable[[Callable[..., Any]], AssetsDefinition]:
    """Make several assets of one function.

    With ``specs`` the function writes the assets itself and yields (or returns) a :class:`MaterializeResult` for each.
    With ``outs`` it gives a value for each, in their order or as ``Output(value, output_name)``, for IO managers.

    Args:
        outs: The assets by the names of the function's outputs.
        name: The name of the step; the function's name if ``None``.
        ins: Which asset a parameter is, where its name does not say it, and how it is loaded.
        deps: Assets that all of ``outs`` need and that are not loaded.
        description: Text for people.
        config_schema: A schema of its configuration, where no parameter ``config`` is annotated with one.
        required_resource_keys: Resources to be found on ``context.resources``.
        internal_asset_deps: For an output, the assets it needs, where those are not all inputs; other outputs too.
        partitions_def: How the assets are cut.
        hooks: Hooks that follow its step.
        backfill_policy: How a backfill cuts its partitions into runs.
        op_tags: Labels of its step.
        can_subset: Whether a run may ask for only some of the assets; see ``context.selected_asset_keys``.
        resource_defs: What the resource keys mean for these assets.
        group_name: The group of all the assets.
        retry_policy: What to do when the function fails.
        code_version: Changes when the function does.
        specs: The assets as data.
        check_specs: Checks that the function itself evaluates.
        pool: The pool whose slot each execution takes.
        **kwargs: Old names: ``compute_kind``, ``non_argument_deps``.

    Raises:
        DagsterInvalidDefinitionError: An argument breaks its rule or contradicts another; the error says where.

    Example:
        >>> @multi_asset(specs=[AssetSpec("users", tags={"pii": "true"}), AssetSpec("orders", deps=["users"])])
        ... def warehouse(): ...
        >>> sorted(warehouse.keys)
        [AssetKey(['orders']), AssetKey(['users'])]
    """
    check_old_options(kwargs, "multi_asset", ("compute_kind", "non_argument_deps"))
    if kwargs.get("non_argument_deps"):
        deps = (*(deps or ()), *kwargs["non_argument_deps"])

    def decorate(function: Callable[..., Any]) -> AssetsDefinition:
        where = location_of(function)
        op_name = name or function.__name__
        _check_arguments(op_name, outs, specs, deps, internal_asset_deps, where)
        keys = _output_keys(outs, specs, op_name, where)
        checks = check_own_assets(check_specs or (), keys.values(), op_name, where)
        op = build_op(
            function,
            name=op_name,
            description=description,
            ins=op_inputs(ins),
            out=_op_outputs(outs, specs, checks, can_subset),
            config_schema=config_schema,
            required_resource_keys=required_resource_keys,
            what="multi_asset",
            tags=step_tags(op_tags, kwargs.get("compute_kind"), None),
            retry_policy=retry_policy,
            code_version=code_version,
            pool=pool,
        )
        inputs, needed = input_assets(op, ins, deps, AssetKey((op_name,)))
        if specs is not None:
            assets = _described(specs, op, inputs, needed, where)
        else:
            assets = _of_outs(outs or {}, keys, needed, internal_asset_deps or {}, code_version, where)
        assets = [_labelled(spec, op_name, group_name, partitions_def, code_version, where) for spec in assets]
        computation = ComputationSpec(
            op_name,
            tuple(assets),
            tuple(checks.values()),
            op.spec,
            inputs,
            keys,
            {output: check.key for output, check in checks.items()},
            can_subset,
            ExecutionType.MATERIALIZATION,
            backfill_policy,
        )
        made: AssetsDefinition = AssetsDefinition.of(computation, op, resource_defs=resource_defs, hook_defs=hooks)
        return made

    return decorate


def _check_arguments(
    name: str,
    outs: Mapping[str, AssetOut] | None,
    specs: Sequence[AssetSpec] | None,
    deps: Iterable[Any] | None,
    internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None,
    where: SourceLocation | None,
) -> None:
    if outs and specs:
        raise DagsterInvalidDefinitionError(f"{name!r} has both outs and specs; keep one of them.", where=where)
    if specs is not None and deps:
        raise DagsterInvalidDefinitionError(
            f"{name!r} has specs, so it takes no deps.",
            where=where,
            hint="Write the dependencies of each asset in its AssetSpec.",
        )
    if specs is not None and internal_asset_deps:
        raise DagsterInvalidDefinitionError(
            f"{name!r} has specs, so it takes no internal_asset_deps.",
            where=where,
            hint="Write the dependencies of each asset in its AssetSpec.",
        )
    for spec in specs or ():
        if not isinstance(spec, AssetSpec):
            raise DagsterInvalidDefinitionError(
                f"specs of {name!r} holds AssetSpec objects, not {spec!r} ({type(spec).__name__}).", where=where
            )
    for output, out in (outs or {}).items():
        if not isinstance(out, AssetOut):
            raise DagsterInvalidDefinitionError(
                f"outs of {name!r} has {out!r} ({type(out).__name__}) for {output!r}; it takes AssetOut objects.",
                where=where,
            )
    for output in internal_asset_deps or {}:
        if output not in (outs or {}):
            raise DagsterInvalidDefinitionError(
                f"internal_asset_deps of {name!r} names {output!r}, which is no output."
                f"{did_you_mean(output, outs or {})}",
                where=where,
            )


def _output_keys(
    outs: Mapping[str, AssetOut] | None,
    specs: Sequence[AssetSpec] | None,
    name: str,
    where: SourceLocation | None,
) -> dict[str, AssetKey]:
    if specs is None:
        keys = {output: out.resolve_key(output) for output, out in (outs or {}).items()}
        if len(set(keys.values())) < len(keys):
            raise duplicate_keys(name, list(keys.values()), where)
        return keys
    found: dict[str, AssetKey] = {}
    for spec in specs:
        output = spec.key.to_python_identifier()
        if output in found:
            raise duplicate_keys(name, [one.key for one in specs], where)
        found[output] = spec.key
    return found


def _op_outputs(
    outs: Mapping[str, AssetOut] | None,
    specs: Sequence[AssetSpec] | None,
    checks: Mapping[str, AssetCheckSpec],
    can_subset: bool,
) -> dict[str, Out]:
    if specs is not None:
        made = {
            spec.key.to_python_identifier(): Out(
                Nothing,
                is_required=not (can_subset or spec.skippable),
                io_manager_key=spec.io_manager_key,
                metadata=spec.metadata,
                code_version=spec.code_version,
            )
            for spec in specs
        }
    else:
        made = {output: out.to_out() for output, out in (outs or {}).items()}
    made.update({output: Out(Any, is_required=not can_subset) for output in checks})
    return made


def _described(
    specs: Sequence[AssetSpec],
    op: OpDefinition,
    inputs: Mapping[str, AssetKey],
    needed: Sequence[AssetDep],
    where: SourceLocation | None,
) -> list[AssetSpec]:
    """Return specs after checking that each argument is a dependency of one of them."""
    named = {dep.asset for spec in specs for dep in spec.deps}
    loose = [name for name, key in inputs.items() if key not in named]
    if loose and len(specs) > 1:
        raise DagsterInvalidDefinitionError(
            f"The parameter {loose[0]!r} of {op.name!r} takes the asset {inputs[loose[0]].to_user_string()!r}, which no"
            " spec depends on.",
            where=where,
            hint=f"Add it to deps of the AssetSpec that needs it. The specs need: {sorted(map(str, named))}.",
        )
    if loose:
        only = specs[0]
        extra = [dep for dep in needed if dep.asset not in named]
        return [only.merge_attributes(deps=extra)]
    return list(specs)


def _of_outs(
    outs: Mapping[str, AssetOut],
    keys: Mapping[str, AssetKey],
    needed: Sequence[AssetDep],
    internal: Mapping[str, Iterable[AssetKey]],
    code_version: str | None,
    where: SourceLocation | None,
) -> list[AssetSpec]:
    known = {dep.asset: dep for dep in needed}
    own = set(keys.values())
    found = []
    for output, out in outs.items():
        deps = list(needed)
        if output in internal:
            deps = []
            for given in internal[output]:
                key = AssetKey.from_coercible(given)
                if key not in known and key not in own:
                    raise DagsterInvalidDefinitionError(
                        f"internal_asset_deps says that {output!r} needs {key.to_user_string()!r}, which is neither an"
                        " input nor another output.",
                        where=where,
                    )
                deps.append(known.get(key) or AssetDep(key))
        found.append(out.to_spec(keys[output], deps, code_version=code_version))
    return found


def _labelled(
    spec: AssetSpec,
    name: str,
    group_name: str | None,
    partitions_def: Any,
    code_version: str | None,
    where: SourceLocation | None,
) -> AssetSpec:
    changes: dict[str, Any] = {}
    if group_name is not None:
        if spec.group_name is not None and spec.group_name != group_name:
            raise DagsterInvalidDefinitionError(
                f"{name!r} puts its assets into the group {group_name!r}, but {spec.key.to_user_string()} names the"
                f" group {spec.group_name!r}.",
                where=where,
            )
        changes["group_name"] = group_name
    if partitions_def is not None:
        if spec.partitions_def is not None and spec.partitions_def != partitions_def:
            raise DagsterInvalidDefinitionError(
                f"{name!r} has a partitions_def, and {spec.key.to_user_string()} has another one; keep one of them.",
                where=where,
            )
        changes["partitions_def"] = partitions_def
    if code_version is not None and spec.code_version is None:
        changes["code_version"] = code_version
    made = spec.replace_attributes(**changes) if changes else spec
    check_self_dependency(made, where)
    return made
