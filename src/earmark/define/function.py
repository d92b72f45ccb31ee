"""How a user's function wants to be called: its context, configuration, resources and inputs."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args, get_origin

import msgspec

from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation

EMPTY = inspect.Parameter.empty
"""Stands for "no annotation" and "no default"."""

CONTEXT_NAMES = frozenset(("context", "_context", "_", "__"))
"""Names under which a first parameter is the context."""

_CONTEXT_TYPES = frozenset(("AssetExecutionContext", "OpExecutionContext", "AssetCheckExecutionContext", "HookContext"))


class Parameter(msgspec.Struct, frozen=True):
    """One parameter: its name, its annotation as an object (``EMPTY`` if none), and its default (``EMPTY`` if none)."""

    name: str
    annotation: Any = EMPTY
    default: Any = EMPTY


class Signature(msgspec.Struct, frozen=True):
    """A user's function, read.

    Args:
        context: The parameter that takes the context, if there is one.
        config: The parameter that takes the configuration, if there is one.
        resources: Parameters that take resources; the resource key is the parameter's name.
        inputs: All other parameters, in order.
        returns: The return annotation as an object.
        is_generator: Whether calling it gives a generator (of either kind).
        is_async: Whether it is a coroutine function or an async generator function.
    """

    context: Parameter | None
    config: Parameter | None
    resources: tuple[Parameter, ...]
    inputs: tuple[Parameter, ...]
    returns: Any
    is_generator: bool
    is_async: bool


def read_signature(function: Callable[..., Any], what: str) -> Signature:
    """Read the signature of the function of a ``what`` ("op", "asset", ...).

    Raises:
        DagsterInvalidDefinitionError: It has ``*args`` or ``**kwargs``, or a positional-only parameter.
    """
    parameters, returns = _parameters(function, what)
    context: Parameter | None = None
    config: Parameter | None = None
    resources: list[Parameter] = []
    inputs: list[Parameter] = []
    for position, parameter in enumerate(parameters):
        if position == 0 and parameter.name in CONTEXT_NAMES:
            _check_context(parameter, function, what)
            context = parameter
        elif parameter.name == "config":
            config = parameter
        elif is_resource_annotation(parameter.annotation):
            resources.append(parameter)
        else:
            inputs.append(parameter)
    return Signature(
        context,
        config,
        tuple(resources),
        tuple(inputs),
        returns,
        inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function),
        inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function),
    )


def location_of(function: Callable[..., Any]) -> SourceLocation | None:
    """Return where a function was written, if that can be known."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return None if code is None else SourceLocation(code.co_filename, code.co_firstlineno)


def is_resource_annotation(annotation: Any) -> bool:
    """Say whether a parameter with this annotation takes a resource."""
    if annotation is EMPTY:
        return False
    if get_origin(annotation) is Annotated:
        return any(getattr(extra, "marks_resource", False) for extra in get_args(annotation)[1:])
    if get_origin(annotation) is types.UnionType or str(get_origin(annotation)) == "typing.Union":
        return any(is_resource_annotation(arg) for arg in get_args(annotation))
    return isinstance(annotation, type) and bool(getattr(annotation, "marks_resource", False))


def is_config_class(annotation: Any) -> bool:
    """Say whether an annotation is a :class:`Config` class, without importing pydantic to find out."""
    module = sys.modules.get("earmark.define.config.config")
    return module is not None and isinstance(annotation, type) and issubclass(annotation, module.Config)


def _parameters(function: Callable[..., Any], what: str) -> tuple[list[Parameter], Any]:
    code = getattr(function, "__code__", None)
    if not isinstance(function, types.FunctionType) or code is None or hasattr(function, "__wrapped__"):
        return _inspected(function, what)
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS) or code.co_posonlyargcount:
        _refuse_parameters(function, what)
    count = code.co_argcount + code.co_kwonlyargcount
    names = code.co_varnames[:count]
    annotations = function.__annotations__
    defaults: dict[str, Any] = dict(function.__kwdefaults__ or {})
    positional = function.__defaults__ or ()
    if positional:
        defaults.update(zip(names[code.co_argcount - len(positional) : code.co_argcount], positional, strict=True))
    read = [
        Parameter(name, _resolved(annotations.get(name, EMPTY), function), defaults.get(name, EMPTY)) for name in names
    ]
    return read, _resolved(annotations.get("return", EMPTY), function)


def _inspected(function: Callable[..., Any], what: str) -> tuple[list[Parameter], Any]:
    signature = inspect.signature(function)
    plain = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    if any(parameter.kind not in plain for parameter in signature.parameters.values()):
        _refuse_parameters(function, what)
    inner = inspect.unwrap(function)
    read = [Parameter(p.name, _resolved(p.annotation, inner), p.default) for p in signature.parameters.values()]
    return read, _resolved(signature.return_annotation, inner)


def _resolved(annotation: Any, function: Callable[..., Any]) -> Any:
    """Return a string annotation as the object it names; as ``EMPTY`` where the name is not there at run time."""
    if not isinstance(annotation, str):
        return type(None) if annotation is None else annotation
    scope: Mapping[str, Any] = getattr(function, "__globals__", {})
    try:
        closure = inspect.getclosurevars(function).nonlocals if getattr(function, "__closure__", None) else {}
        value = eval(annotation, dict(scope), dict(closure))
    except (NameError, AttributeError, TypeError, SyntaxError, ValueError):
        # Names imported only for type checkers are common; such a parameter is an untyped one.
        return EMPTY
    return type(None) if value is None else value


def _check_context(parameter: Parameter, function: Callable[..., Any], what: str) -> None:
    annotation = parameter.annotation
    if annotation is EMPTY or not isinstance(annotation, type):
        return
    if any(base.__name__ in _CONTEXT_TYPES for base in annotation.__mro__) or annotation is object:
        return
    raise DagsterInvalidDefinitionError(
        f"The parameter {parameter.name!r} of {what} {function.__name__!r} takes the context, so it cannot be annotated"
        f" with {annotation.__name__}.",
        where=location_of(function),
        hint="Annotate it with AssetExecutionContext, OpExecutionContext or AssetCheckExecutionContext, or not at all.",
    )


def _refuse_parameters(function: Callable[..., Any], what: str) -> None:
    raise DagsterInvalidDefinitionError(
        f"The function of {what} {function.__name__!r} takes *args, **kwargs or positional-only parameters;"
        " every parameter must have a name, which says what it takes.",
        where=location_of(function),
    )
