"""``@asset``: one asset, computed by one function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from earmark.define.assets.asset_slots import AssetIn
from earmark.define.assets.asset_wiring import check_own_assets, check_self_dependency
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.function import EMPTY, location_of, read_signature
from earmark.define.ops.op import OpDefinition, build_op
from earmark.define.ops.outputs import value_annotation
from earmark.define.ops.slots import In, Out
from earmark.specs.asset import AssetDep, AssetSpec, normalize_deps
from earmark.specs.computation import ComputationSpec
from earmark.specs.naming import asset_key_of
from earmark.specs.op import RESULT
from earmark.specs.policy import BackfillPolicy, RetryPolicy
from earmark.tags.system import COMPUTE_KIND
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean
from earmark.values.keys import AssetKey

_OLD_OPTIONS = ("compute_kind", "non_argument_deps", "auto_materialize_policy", "legacy_freshness_policy")


@overload
def asset(compute_fn: Callable[..., Any]) -> AssetsDefinition: ...


@overload
def asset(
    compute_fn: None = None,
    *,
    name: str | None = None,
    key_prefix: Any = None,
    ins: Mapping[str, AssetIn] | None = None,
    deps: Iterable[Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    description: str | None = None,
    config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    hooks: Iterable[Any] | None = None,
    io_manager_def: Any = None,
    io_manager_key: str | None = None,
    dagster_type: Any = None,
    partitions_def: Any = None,
    op_tags: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    output_required: bool = True,
    automation_condition: Any = None,
    freshness_policy: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    key: Any = None,
    check_specs: Sequence[Any] | None = None,
    owners: Sequence[str] | None = None,
    kinds: Iterable[str] | None = None,
    pool: str | None = None,
    is_virtual: bool = False,
    **kwargs: Any,
) -> Callable[[Callable[..., Any]], AssetsDefinition]: ...


def asset(
    compute_fn: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    key_prefix: Any = None,
    ins: Mapping[str, AssetIn] | None = None,
    deps: Iterable[Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    description: str | None = None,
    config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    hooks: Iterable[Any] | None = None,
    io_manager_def: Any = None,
    io_manager_key: str | None = None,
    dagster_type: Any = None,
    partitions_def: Any = None,
    op_tags: Mapping[str, Any] | None = None,
    group_name: str | None = None,
    output_required: bool = True,
    automation_condition: Any = None,
    freshness_policy: Any = None,
    backfill_policy: BackfillPolicy | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    key: Any = None,
    check_specs: Sequence[Any] | None = None,
    owners: Sequence[str] | None = None,
    kinds: Iterable[str] | None = None,
    pool: str | None = None,
    is_virtual: bool = False,
    **kwargs: Any,
) -> AssetsDefinition | Callable[[Callable[..., Any]], AssetsDefinition]:
    """Make an asset of a function. Its name is the asset's key, its parameters are the assets it needs.

    A parameter ``context`` takes the execution context, ``config`` the configuration, and one annotated with a
    resource takes that resource; every other parameter is an upstream asset, loaded before the function runs.

    Args:
        compute_fn: The function, where the decorator is used without arguments.
        name: The last part of the key; the function's name if ``None``.
        key_prefix: What stands before the name in the key: a string or a list of them.
        ins: Which asset a parameter is, where its name does not say it, and how it is loaded.
        deps: Assets it needs that are not loaded: keys, strings, definitions or :class:`AssetDep`.
        metadata: Facts about the asset.
        tags: Labels of the asset; keys and values by the strict rules of asset tags.
        description: Text for people; the docstring if ``None``.
        config_schema: A schema of its configuration, where no parameter ``config`` is annotated with one.
        required_resource_keys: Resources to be found on ``context.resources``.
        resource_defs: What the resource keys mean for this asset.
        hooks: Hooks that follow its step.
        io_manager_def: The IO manager that stores and loads it; or name one by ``io_manager_key``.
        io_manager_key: The key of the resource that stores and loads it.
        dagster_type: The type of its value; the return annotation if ``None``.
        partitions_def: How the asset is cut.
        op_tags: Labels of its step: limits, priority, executor; JSON values are stored as text.
        group_name: The one group of the asset; ``default`` if ``None``.
        output_required: Whether the function must give it.
        automation_condition: When the asset should be written by itself.
        freshness_policy: How old it may be.
        backfill_policy: How a backfill cuts its partitions into runs.
        retry_policy: What to do when the function fails.
        code_version: Changes when the function does.
        key: The whole key, instead of ``name`` and ``key_prefix``.
        check_specs: Checks that the function itself evaluates.
        owners: E-mail addresses or ``team:NAME``.
        kinds: What it is made with; stored as ``dagster/kind/NAME`` tags.
        pool: The pool whose slot each execution takes.
        is_virtual: Whether the asset is computed on reading, never written.
        **kwargs: Old names: ``compute_kind``, ``non_argument_deps``, ``auto_materialize_policy``.

    Raises:
        DagsterInvalidDefinitionError: A key, tag, dependency or option breaks its rule; the error says where.

    Example:
        >>> @asset(tags={"domain": "sales", "tier": "gold"}, kinds={"python"})
        ... def revenue(orders):
        ...     return sum(orders)
        >>> revenue([1, 2, 3])
        6
        >>> revenue.dependency_keys
        {AssetKey(['orders'])}
    """
    if kwargs:
        check_old_options(kwargs, "asset", _OLD_OPTIONS)
        deps = (*(deps or ()), *(kwargs.get("non_argument_deps") or ()))
        policy = kwargs.get("auto_materialize_policy")
        if policy is not None:
            automation_condition = automation_condition or policy.to_automation_condition()

    def decorate(function: Callable[..., Any]) -> AssetsDefinition:
        asset_key = key_of(function, name, key_prefix, key, "asset")
        op_name = asset_key.to_python_identifier()
        storage, resources = io_manager_of(op_name, io_manager_key, io_manager_def, resource_defs)
        result = Out(
            EMPTY if dagster_type is None else dagster_type,
            None,
            output_required,
            storage,
            metadata,
            code_version,
        )
        checks = {}
        out: Out | dict[str, Out] = result
        if check_specs:
            checks = check_own_assets(check_specs, (asset_key,), op_name, location_of(function))
            out = {RESULT: _typed(result, function), **{one: Out() for one in checks}}
        op = build_op(
            function,
            name=op_name,
            description=description,
            ins=op_inputs(ins),
            out=out,
            config_schema=config_schema,
            required_resource_keys=required_resource_keys,
            what="asset",
            tags=step_tags(op_tags, kwargs.get("compute_kind"), kinds),
            retry_policy=retry_policy,
            code_version=code_version,
            pool=pool,
        )
        inputs, needed = input_assets(op, ins, deps, asset_key)
        spec = AssetSpec(
            asset_key,
            needed,
            op.spec.description,
            metadata or {},  # type: ignore[arg-type] # the spec copies it
            not output_required,
            group_name,
            code_version,
            automation_condition,
            owners or (),  # type: ignore[arg-type]
            tags or {},  # type: ignore[arg-type]
            kinds or frozenset(),  # type: ignore[arg-type]
            partitions_def,
            freshness_policy,
            is_virtual,
        )
        if needed and partitions_def is None:
            check_self_dependency(spec, location_of(function))
        computation = ComputationSpec(
            op_name,
            (spec,),
            tuple(checks.values()),
            op.spec,
            inputs,
            {RESULT: asset_key},
            {output: check.key for output, check in checks.items()},
            backfill_policy=backfill_policy,
        )
        made: AssetsDefinition = AssetsDefinition.of(computation, op, resource_defs=resources, hook_defs=hooks)
        return made

    return decorate if compute_fn is None else decorate(compute_fn)


def key_of(function: Callable[..., Any], name: str | None, key_prefix: Any, key: Any, what: str) -> AssetKey:
    """Return the key that a decorator's arguments and its function's name make.

    Raises:
        DagsterInvalidDefinitionError: ``key`` is given together with ``name`` or ``key_prefix``.
    """
    if key is None:
        last = name if name is not None else function.__name__
        if key_prefix is None:
            return AssetKey((last,))
        return AssetKey((last,)).with_prefix(key_prefix)
    if name is not None or key_prefix is not None:
        raise DagsterInvalidDefinitionError(
            f"The {what} {function.__name__!r} has a key, so it takes no name and no key_prefix.",
            where=location_of(function),
        )
    return asset_key_of(key)


def check_old_options(kwargs: Mapping[str, Any], what: str, known: Sequence[str]) -> None:
    """Refuse an argument that is neither one of the decorator's nor one of its old ones."""
    for name in kwargs:
        if name not in known:
            raise TypeError(f"@{what} takes no argument {name!r}.{did_you_mean(name, (*known, *_ASSET_OPTIONS))}")


def io_manager_of(
    op_name: str, io_manager_key: str | None, io_manager_def: Any, resource_defs: Mapping[str, Any] | None
) -> tuple[str | None, Mapping[str, Any] | None]:
    """Return the key of an asset's IO manager, and the resources with the IO manager that came with it."""
    if io_manager_def is None:
        return io_manager_key, resource_defs
    if io_manager_key is not None:
        raise DagsterInvalidDefinitionError(
            f"{op_name!r} has both io_manager_def and io_manager_key; keep one of them.",
            where=caller_location(),
        )
    key = f"{op_name}__io_manager"
    return key, {**(resource_defs or {}), key: io_manager_def}


def op_inputs(ins: Mapping[str, AssetIn] | None) -> dict[str, In]:
    """Return the op's inputs that a decorator's ``ins`` describes."""
    if not ins:
        return {}
    return {name: AssetIn.from_coercible(one).to_in() for name, one in ins.items()}


def step_tags(
    op_tags: Mapping[str, Any] | None, compute_kind: str | None, kinds: Iterable[str] | None
) -> Mapping[str, Any] | None:
    """Return the tags of an asset's step, its old-style kind included."""
    if compute_kind is None:
        return op_tags
    if kinds:
        raise DagsterInvalidDefinitionError(
            "compute_kind is the old form of kinds; keep one of them.", where=caller_location()
        )
    return {COMPUTE_KIND: compute_kind, **(op_tags or {})}


def input_assets(
    op: OpDefinition, ins: Mapping[str, AssetIn] | None, deps: Iterable[Any] | None, key: AssetKey
) -> tuple[dict[str, AssetKey], tuple[AssetDep, ...]]:
    """Return which asset each input of an op is, and all the assets that it needs."""
    named = normalize_deps(deps, key) if deps else ()
    if not op.spec.inputs:
        return {}, named
    inputs: dict[str, AssetKey] = {}
    needed = {dep.asset: dep for dep in named}
    for slot in op.spec.inputs:
        given = ins.get(slot.name) if ins else None
        asset_in = None if given is None else AssetIn.from_coercible(given)
        upstream = AssetKey((slot.name,)) if asset_in is None else asset_in.resolve_key(slot.name)
        inputs[slot.name] = upstream
        mapping = None if asset_in is None else asset_in.partition_mapping
        known = needed.get(upstream)
        if known is None or (mapping is not None and known.partition_mapping is None):
            needed[upstream] = AssetDep(upstream, mapping)
    return inputs, tuple(needed.values())


def _typed(result: Out, function: Callable[..., Any]) -> Out:
    """Type the one value among an asset's outputs; the others are results of checks."""
    signature = read_signature(function, "asset")
    return result if signature.is_generator else result.with_annotation(value_annotation(signature.returns))


_ASSET_OPTIONS = tuple(asset.__kwdefaults__ or ())
