"""``@asset_check`` and ``@multi_asset_check``: checks of assets, as steps of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from earmark.define.assets.asset import op_inputs, step_tags
from earmark.define.assets.asset_slots import AssetIn
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.function import Signature, location_of, read_signature
from earmark.define.ops.op import build_op
from earmark.define.ops.slots import Out
from earmark.specs.asset import normalize_deps
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec
from earmark.specs.naming import asset_key_of, check_name
from earmark.specs.op import RESULT
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation
from earmark.values.keys import AssetKey


class AssetChecksDefinition(AssetsDefinition):
    """One or more checks and what evaluates them; made by :func:`asset_check` and :func:`multi_asset_check`.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return [3, 0]
        >>> @em.asset_check(asset=orders)
        ... def no_zeros(orders):
        ...     return em.AssetCheckResult(passed=0 not in orders)
        >>> no_zeros
        <AssetChecksDefinition orders:no_zeros>
        >>> result = em.materialize([orders, no_zeros])
        >>> [(one.check_name, one.passed) for one in result.get_asset_check_evaluations()]
        [('no_zeros', False)]
    """

    def __repr__(self) -> str:
        names = ", ".join(check.key.to_user_string() for check in self.check_specs)
        return f"<{type(self).__name__} {names}>"


def asset_check(
    *,
    asset: Any,
    name: str | None = None,
    description: str | None = None,
    blocking: bool = False,
    additional_ins: Mapping[str, AssetIn] | None = None,
    additional_deps: Iterable[Any] | None = None,
    required_resource_keys: Iterable[str] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    config_schema: Any = None,
    compute_kind: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
    retry_policy: RetryPolicy | None = None,
    metadata: Mapping[str, Any] | None = None,
    automation_condition: Any = None,
    pool: str | None = None,
    partitions_def: Any = None,
) -> Callable[[Callable[..., Any]], AssetChecksDefinition]:
    """Make a check of a function. A parameter that is neither context, config nor resource takes the asset's value.

    Args:
        asset: The asset it looks at: a key, a string or a definition of one asset.
        name: The check's name; the function's name if ``None``.
        description: Text for people; the docstring if ``None``.
        blocking: Whether a failure of severity ``ERROR`` keeps downstream assets of the same run from starting.
        additional_ins: Parameters that take other assets.
        additional_deps: Other assets that the check reads by itself.
        required_resource_keys: Resources to be found on ``context.resources``.
        resource_defs: What the resource keys mean for this check.
        config_schema: A schema of its configuration, where no parameter ``config`` is annotated with one.
        compute_kind: What it is made with.
        op_tags: Labels of its step.
        retry_policy: What to do when the function fails.
        metadata: Facts about the check.
        automation_condition: When the check should run by itself.
        pool: The pool whose slot each execution takes.
        partitions_def: How the check is cut, if it is.

    Raises:
        DagsterInvalidDefinitionError: An argument breaks its rule, or a parameter means no asset.

    Example:
        >>> from earmark.define.ops.outputs import AssetCheckResult
        >>> @asset_check(asset="orders", blocking=True)
        ... def has_rows(orders):
        ...     return AssetCheckResult(passed=len(orders) > 0)
        >>> has_rows.check_key.to_user_string()
        'orders:has_rows'
    """

    def decorate(function: Callable[..., Any]) -> AssetChecksDefinition:
        where = location_of(function)
        signature = read_signature(function, "asset_check")
        key = asset_key_of(asset)
        check = check_name(name or function.__name__, "asset check")
        inputs = _inputs_of_check(signature, additional_ins or {}, key, check, where)
        named = normalize_deps(additional_deps or (), key)
        others = [one for one in inputs.values() if one != key and one not in {dep.asset for dep in named}]
        op = build_op(
            function,
            name=f"{key.to_python_identifier()}_{check}",
            description=description,
            ins=op_inputs(additional_ins),
            out=Out(Any),
            config_schema=config_schema,
            required_resource_keys=required_resource_keys,
            what="asset_check",
            tags=step_tags(op_tags, compute_kind, None),
            retry_policy=retry_policy,
            pool=pool,
        )
        spec = AssetCheckSpec(
            check,
            key,
            description=op.spec.description,
            additional_deps=(*named, *others),  # type: ignore[arg-type] # the spec makes dependencies of keys
            blocking=blocking,
            metadata=dict(metadata or {}),
            automation_condition=automation_condition,
            partitions_def=partitions_def,
        )
        computation = ComputationSpec(op.name, (), (spec,), op.spec, inputs, {}, {RESULT: spec.key})
        made: AssetChecksDefinition = AssetChecksDefinition.of(computation, op, resource_defs=resource_defs)
        return made

    return decorate


def multi_asset_check(
    *,
    name: str | None = None,
    specs: Sequence[AssetCheckSpec],
    description: str | None = None,
    can_subset: bool = False,
    compute_kind: str | None = None,
    op_tags: Mapping[str, Any] | None = None,
    resource_defs: Mapping[str, Any] | None = None,
    required_resource_keys: Iterable[str] | None = None,
    retry_policy: RetryPolicy | None = None,
    config_schema: Any = None,
    ins: Mapping[str, AssetIn] | None = None,
    pool: str | None = None,
) -> Callable[[Callable[..., Any]], AssetChecksDefinition]:
    """Make several checks of one function, which yields an :class:`AssetCheckResult` for each.

    Args:
        name: The name of the step; the function's name if ``None``.
        specs: The checks as data.
        description: Text for people.
        can_subset: Whether a run may ask for only some of the checks; see ``context.selected_asset_check_keys``.
        compute_kind: What it is made with.
        op_tags: Labels of its step.
        resource_defs: What the resource keys mean for these checks.
        required_resource_keys: Resources to be found on ``context.resources``.
        retry_policy: What to do when the function fails.
        config_schema: A schema of its configuration, where no parameter ``config`` is annotated with one.
        ins: Which asset a parameter is, where its name does not say it.
        pool: The pool whose slot each execution takes.

    Raises:
        DagsterInvalidDefinitionError: There is no spec, one stands twice, or another argument breaks its rule.

    Example:
        >>> from earmark.define.ops.outputs import AssetCheckResult
        >>> @multi_asset_check(specs=[AssetCheckSpec("fresh", "orders"), AssetCheckSpec("unique", "orders")])
        ... def orders_checks():
        ...     yield AssetCheckResult(passed=True, asset_key="orders", check_name="fresh")
        ...     yield AssetCheckResult(passed=True, asset_key="orders", check_name="unique")
        >>> len(orders_checks.check_keys)
        2
    """

    def decorate(function: Callable[..., Any]) -> AssetChecksDefinition:
        where = location_of(function)
        op_name = name or function.__name__
        outputs = _outputs_of_checks(specs, op_name, where)
        op = build_op(
            function,
            name=op_name,
            description=description,
            ins=op_inputs(ins),
            out={output: Out(Any, is_required=not can_subset) for output in outputs},
            config_schema=config_schema,
            required_resource_keys=required_resource_keys,
            what="multi_asset_check",
            tags=step_tags(op_tags, compute_kind, None),
            retry_policy=retry_policy,
            pool=pool,
        )
        given = {one: AssetIn.from_coercible(value) for one, value in (ins or {}).items()}
        inputs = {
            one.name: given[one.name].resolve_key(one.name) if one.name in given else AssetKey((one.name,))
            for one in op.spec.inputs
        }
        computation = ComputationSpec(
            op_name,
            (),
            tuple(outputs.values()),
            op.spec,
            inputs,
            {},
            {output: spec.key for output, spec in outputs.items()},
            can_subset,
        )
        made: AssetChecksDefinition = AssetChecksDefinition.of(computation, op, resource_defs=resource_defs)
        return made

    return decorate


def _inputs_of_check(
    signature: Signature,
    additional_ins: Mapping[str, AssetIn],
    key: AssetKey,
    name: str,
    where: SourceLocation | None,
) -> dict[str, AssetKey]:
    own = [parameter.name for parameter in signature.inputs if parameter.name not in additional_ins]
    if len(own) > 1:
        raise DagsterInvalidDefinitionError(
            f"The check {name!r} has the parameters {', '.join(own)}, but it looks at one asset:"
            f" {key.to_user_string()}.",
            where=where,
            hint="Say which asset each other parameter is: additional_ins={NAME: AssetIn(KEY)}.",
        )
    inputs = {one: AssetIn.from_coercible(given).resolve_key(one) for one, given in additional_ins.items()}
    return {**dict.fromkeys(own, key), **inputs}


def _outputs_of_checks(
    specs: Sequence[AssetCheckSpec], name: str, where: SourceLocation | None
) -> dict[str, AssetCheckSpec]:
    found: dict[str, AssetCheckSpec] = {}
    for spec in specs:
        if not isinstance(spec, AssetCheckSpec):
            raise DagsterInvalidDefinitionError(
                f"specs of {name!r} holds AssetCheckSpec objects, not {spec!r} ({type(spec).__name__}).", where=where
            )
        output = spec.get_python_identifier()
        if output in found:
            raise DagsterInvalidDefinitionError(
                f"{name!r} names the check {spec.key.to_user_string()!r} twice.", where=where
            )
        found[output] = spec
    if not found:
        raise DagsterInvalidDefinitionError(f"{name!r} names no check.", where=where)
    return found
