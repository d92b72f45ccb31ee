"""Calling an op, asset or check directly, as a plain function."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from earmark.define.function import EMPTY, is_config_class
from earmark.define.ops.graph import GraphDefinition
from earmark.define.ops.op import OpDefinition
from earmark.define.ops.outputs import DynamicOutput, Output
from earmark.define.resources.resource_context import Resources
from earmark.execute.contexts.build import build_op_context
from earmark.execute.contexts.execution import (
    AssetCheckExecutionContext,
    AssetExecutionContext,
    OpExecutionContext,
    context_for,
)
from earmark.execute.invoke_function import arguments_for
from earmark.execute.resources import namespace_of
from earmark.execute.run_config import load_op_config
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    DagsterTypeCheckDidNotPass,
    did_you_mean,
)

_CONTEXTS = (OpExecutionContext, AssetExecutionContext, AssetCheckExecutionContext)


def invoke(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the function behind an op, asset or check.

    A context (from :func:`build_op_context` and its kin) comes first where the function takes one; then inputs,
    configuration and resources by position or name. Types of inputs and outputs are checked; nothing is stored.

    Raises:
        DagsterInvalidInvocationError: The arguments do not fit.
        DagsterTypeCheckDidNotPass: A value is not of its type.
    """
    assets_def = node if hasattr(node, "node_def") else None
    op = node.node_def if assets_def is not None else node
    if isinstance(op, GraphDefinition):
        raise DagsterInvariantViolationError(
            f"Attempted to call graph {op.name!r} outside of a graph or job.",
            hint="Call graph.execute_in_process(), or materialize the asset.",
        )
    if op is None:
        raise DagsterInvalidInvocationError(f"Nothing computes {node!r}, so it cannot be called.")
    given, args, kwargs = _split_context(op, args, dict(kwargs))
    context = given if given is not None else build_op_context()
    scope = context.op_execution_context._scope
    scope.op_def, scope.assets_def = op, assets_def
    inputs, config, resources = _sort(op, args, kwargs)
    at_hand = namespace_of(scope.resources)._asdict()
    if resources and given is not None and at_hand:
        raise DagsterInvalidInvocationError(
            f"{op.name!r} was given resources both by the context and by arguments; keep one."
        )
    available: dict[str, Any] = {**at_hand, **resources}
    _require_resources(op, available)
    scope.resources = Resources(available, f"op {op.name!r}")
    loaded = _config(op, config if config is not EMPTY else scope.op_config)
    scope.op_config = loaded.__run_config__() if is_config_class(type(loaded)) else loaded
    for name, value in inputs.items():
        _check(op, name, value, op.input_types[name], "input")
    positional, named = arguments_for(op, context=context_for(scope), config=loaded, resources=available, inputs=inputs)
    return _checked(op, op.compute_fn(*positional, **named))


def _split_context(op: OpDefinition, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, tuple[Any, ...], Any]:
    parameter = op.signature.context
    if parameter is None:
        # A context may be given where the function takes none, to bring resources along.
        if args and isinstance(args[0], _CONTEXTS):
            return args[0], args[1:], kwargs
        return None, args, kwargs
    if parameter.name in kwargs:
        return kwargs.pop(parameter.name), args, kwargs
    if args and (isinstance(args[0], _CONTEXTS) or args[0] is None):
        return args[0], args[1:], kwargs
    raise DagsterInvalidInvocationError(
        f"The function of {op.name!r} takes a context, but none was given.",
        hint="Pass build_op_context() or build_asset_context() first.",
    )


def _sort(
    op: OpDefinition, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], Any, dict[str, Any]]:
    """Bind arguments to parameters; return inputs, configuration and resources."""
    signature = op.signature
    parameters = [p for p in (signature.config,) if p is not None]
    order = [p.name for p in signature.inputs]
    resources = [p.name for p in signature.resources]
    known = [name for name in _parameter_order(op) if name in {*order, *resources, *(p.name for p in parameters)}]
    if len(args) > len(known):
        raise DagsterInvalidInvocationError(
            f"Too many input arguments were provided for op {op.name!r}: it takes {len(known)} ({', '.join(known)}),"
            f" and {len(args)} were given."
        )
    bound = dict(zip(known, args, strict=False))
    for name, value in kwargs.items():
        if name not in known:
            raise DagsterInvalidInvocationError(
                f"{op.name!r} has no parameter {name!r}; it has {', '.join(known) or 'none'}."
                f"{did_you_mean(name, known)}"
            )
        bound[name] = value
    inputs = {name: bound[name] for name in order if name in bound}
    for name in order:
        if name in inputs:
            continue
        default = op.default_for(name)
        if default is EMPTY:
            raise DagsterInvalidInvocationError(f'No value provided for required input "{name}" of {op.name!r}.')
        inputs[name] = default
    config = bound.get(signature.config.name, EMPTY) if signature.config is not None else EMPTY
    return inputs, config, {name: bound[name] for name in resources if name in bound}


def _parameter_order(op: OpDefinition) -> list[str]:
    return list(inspect.signature(op.compute_fn).parameters)


def _require_resources(op: OpDefinition, available: Mapping[str, Any]) -> None:
    for key in sorted(op.required_resource_keys):
        if key not in available and not any(p.name == key and p.default is not EMPTY for p in op.signature.resources):
            raise DagsterInvalidDefinitionError(
                f"resource with key {key!r} required by op {op.name!r} was not provided; given are:"
                f" {', '.join(sorted(available)) or 'none'}.{did_you_mean(key, available)}"
            )


def _config(op: OpDefinition, given: Any) -> Any:
    if op.config_schema is None or is_config_class(type(given)):
        return given
    return load_op_config(op, given, (op.name,))


def _check(op: OpDefinition, name: str, value: Any, kind: Any, what: str) -> None:
    result = kind.type_check(None, value)
    if not result.success:
        raise DagsterTypeCheckDidNotPass(
            f'Type check failed for op "{op.name}" {what} "{name}": expected type "{kind.display_name}".'
            f" {result.description or ''}".rstrip()
        )


def _checked(op: OpDefinition, value: Any) -> Any:
    if inspect.isasyncgen(value):
        return _checked_async(op, value)
    if inspect.isgenerator(value):
        return _checked_generator(op, value)
    if inspect.isawaitable(value):
        return _awaited(op, value)
    _check_value(op, value)
    return value


def _check_value(op: OpDefinition, value: Any) -> None:
    if isinstance(value, (Output, DynamicOutput)):
        name = value.output_name if value.output_name in op.output_types else next(iter(op.output_types), None)
        if name is not None:
            _check(op, name, value.value, op.output_types[name], "output")
    elif len(op.output_types) == 1 and not type(value).__module__.startswith("earmark."):
        name, kind = next(iter(op.output_types.items()))
        if not op.outs[name].is_dynamic:
            _check(op, name, value, kind, "output")


def _checked_generator(op: OpDefinition, values: Iterator[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, (Output, DynamicOutput)):
            _check_value(op, value)
        yield value


async def _checked_async(op: OpDefinition, values: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for value in values:
        if isinstance(value, (Output, DynamicOutput)):
            _check_value(op, value)
        yield value


async def _awaited(op: OpDefinition, value: Any) -> Any:
    found = await value
    _check_value(op, found)
    return found
