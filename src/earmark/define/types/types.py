"""From Python annotations to types with a check: ``int``, ``list[int]``, ``dict[str, X] | None``, any class."""

from __future__ import annotations

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from earmark.define.types.dagster_type import (
    PASSED,
    Bool,
    DagsterType,
    DagsterTypeKind,
    Float,
    Int,
    Nothing,
    PythonObjectDagsterType,
    String,
    TypeCheck,
    TypeCheckContext,
    require_type,
)
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location

T = TypeVar("T", bound=type)

TypingAny = Any
TypingTuple: Any = tuple
_NONE = type(None)


def _fail(description: str) -> TypeCheck:
    return TypeCheck(success=False, description=description)


def _builtin(name: str, check: Callable[[Any, Any], TypeCheck], kind: DagsterTypeKind, typing_type: Any) -> DagsterType:
    return DagsterType(check, name=name, is_builtin=True, kind=kind, typing_type=typing_type)


def _scalar(name: str, python_type: type, word: str) -> DagsterType:
    def check(_context: Any, value: Any) -> TypeCheck:
        if isinstance(value, python_type):
            return PASSED
        return _fail(f'Value "{value}" of python type "{type(value).__name__}" must be a {word}.')

    return _builtin(name, check, DagsterTypeKind.SCALAR, python_type)


def _check_nothing(_context: Any, value: Any) -> TypeCheck:
    return PASSED if value is None else _fail(f"Value must be None or unset, got a {type(value)}")


class _NothingType(DagsterType):
    is_nothing = True


ANY_TYPE = _builtin("Any", lambda _context, _value: PASSED, DagsterTypeKind.ANY, Any)
NOTHING_TYPE = _NothingType(
    _check_nothing, name="Nothing", is_builtin=True, kind=DagsterTypeKind.NOTHING, typing_type=_NONE
)

_OWN: dict[Any, DagsterType] = {
    Any: ANY_TYPE,
    _NONE: NOTHING_TYPE,
    None: NOTHING_TYPE,
    inspect.Parameter.empty: ANY_TYPE,
    int: _scalar("Int", int, "int"),
    float: _scalar("Float", float, "float"),
    str: _scalar("String", str, "string"),
    bool: _scalar("Bool", bool, "bool"),
}
_registered: dict[type, DagsterType] = {}
_of_class: dict[type, DagsterType] = {}


def resolve_type(annotation: Any) -> DagsterType:
    """Return the type that an annotation stands for.

    Args:
        annotation: A :class:`DagsterType`, a class, or a form of ``typing`` (``list[int]``, ``int | None``,
            ``Literal["a"]``, ...). What cannot be checked at run time, such as a type variable, is ``Any``.

    Raises:
        DagsterInvalidDefinitionError: It is none of these.

    Example:
        >>> resolve_type(dict[str, list[int]]).display_name
        'Dict[String,[Int]]'
        >>> resolve_type(int | None).display_name
        'Int?'
    """
    if isinstance(annotation, DagsterType):
        return annotation
    if isinstance(annotation, type) and annotation in _registered:
        return _registered[annotation]
    try:
        own = _OWN.get(annotation)
    except TypeError:  # an unhashable value is no annotation; the end of this function says so
        own = None
    if own is not None:
        return own
    origin = typing.get_origin(annotation)
    if origin is not None:
        return _of_form(annotation, origin, typing.get_args(annotation))
    if isinstance(annotation, Wrapper):
        return annotation.bare()
    if isinstance(annotation, typing.NewType):
        return resolve_type(annotation.__supertype__)
    if isinstance(annotation, (TypeVar, typing.ParamSpec, str, typing.ForwardRef)):
        return ANY_TYPE
    if isinstance(annotation, type):
        return _of_plain_class(annotation)
    raise DagsterInvalidDefinitionError(
        f"A type is a DagsterType, a Python class or an annotation, not {annotation!r} ({type(annotation).__name__}).",
        where=caller_location(),
    )


def check_dagster_type(dagster_type: Any, value: Any) -> TypeCheck:
    """Check a value against a type outside of any run; for tests.

    Args:
        dagster_type: A :class:`DagsterType`, a Python class or an annotation.
        value: The value.

    Example:
        >>> check_dagster_type(int, "three").description
        'Value "three" of python type "str" must be a int.'
    """
    resolved = resolve_type(dagster_type)
    return resolved.type_check(TypeCheckContext(dagster_type=resolved), value)


def _of_plain_class(cls: type) -> DagsterType:
    found = _of_class.get(cls)
    if found is None:
        if cls is list:
            found = _list_of(ANY_TYPE)
        elif typing.is_typeddict(cls) or (
            getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False)
        ):
            found = DagsterType(
                PythonObjectDagsterType(dict)._check if typing.is_typeddict(cls) else ANY_TYPE._check,
                name=cls.__name__,
                is_builtin=True,
                typing_type=cls,
            )
        else:
            found = PythonObjectDagsterType(cls, is_builtin=cls.__module__ == "builtins")
        _of_class[cls] = found
    return found


def _of_form(annotation: Any, origin: Any, args: tuple[Any, ...]) -> DagsterType:
    if origin in (typing.Union, types.UnionType):
        return _union(args)
    if origin is typing.Annotated:
        return resolve_type(args[0])
    if origin is typing.Literal:
        return _literal(args)
    if origin in (list, collections.abc.Sequence, collections.abc.MutableSequence):
        return _list_of(resolve_type(args[0]) if args else ANY_TYPE)
    if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        return _dict_of(args) if args else _of_plain_class(dict)
    if origin in (set, collections.abc.Set, collections.abc.MutableSet):
        return _set_of(resolve_type(args[0])) if args else _of_plain_class(set)
    if origin is tuple:
        return _tuple_of(args) if args else _of_plain_class(tuple)
    if origin is collections.abc.Callable:
        return DagsterType(
            lambda _context, value: PASSED if callable(value) else _fail(f"{value!r} cannot be called."),
            name=_printed(annotation),
            is_builtin=True,
            typing_type=annotation,
        )
    if isinstance(origin, type):
        return PythonObjectDagsterType(origin, name=_printed(annotation), is_builtin=True, typing_type=annotation)
    return ANY_TYPE


def _printed(annotation: Any) -> str:
    return repr(annotation).replace("typing.", "").replace("collections.abc.", "")


def _union(args: tuple[Any, ...]) -> DagsterType:
    members = [resolve_type(arg) for arg in args if arg is not _NONE]
    if not members:
        return NOTHING_TYPE
    inner = members[0] if len(members) == 1 else _one_of(members)
    return inner if len(members) == len(args) else _optional(inner)


def _one_of(members: list[DagsterType]) -> DagsterType:
    def check(context: Any, value: Any) -> TypeCheck:
        faults = []
        for member in members:
            found = member.type_check(context, value)
            if found.success:
                return found
            faults.append(found.description or f"not a {member.display_name}")
        return _fail(" ".join(faults))

    return _composed(f"Union[{','.join(m.display_name for m in members)}]", check, members)


def _literal(values: tuple[Any, ...]) -> DagsterType:
    shown = ", ".join(repr(value) for value in values)

    def check(_context: Any, value: Any) -> TypeCheck:
        if any(type(value) is type(allowed) and value == allowed for allowed in values):
            return PASSED
        return _fail(f"Value must be one of {shown}, got {value!r}.")

    return DagsterType(check, name=f"Literal[{shown}]", is_builtin=True)


def _optional(inner: DagsterType) -> DagsterType:
    def check(context: Any, value: Any) -> TypeCheck:
        return PASSED if value is None else inner.type_check(context, value)

    return _composed(f"{inner.display_name}?", check, [inner], DagsterTypeKind.NULLABLE)


def _list_of(inner: DagsterType) -> DagsterType:
    def check(context: Any, value: Any) -> TypeCheck:
        if not isinstance(value, list):
            return _fail(f'Value "{value}" of python type "{type(value).__name__}" must be a list.')
        return _each(inner, context, value)

    return _composed(f"[{inner.display_name}]", check, [inner], DagsterTypeKind.LIST)


def _set_of(inner: DagsterType) -> DagsterType:
    def check(context: Any, value: Any) -> TypeCheck:
        if not isinstance(value, (set, frozenset)):
            return _fail(f"Value should be a set, got a {type(value)}")
        return _each(inner, context, value)

    return _composed(f"Set[{inner.display_name}]", check, [inner])


def _dict_of(args: tuple[Any, ...]) -> DagsterType:
    key, item = (resolve_type(arg) for arg in args)

    def check(context: Any, value: Any) -> TypeCheck:
        if not isinstance(value, Mapping):
            return _fail(f"Value should be a dict, got a {type(value)}")
        keys = _each(key, context, value)
        return _each(item, context, value.values()) if keys.success else keys

    return _composed(f"Dict[{key.display_name},{item.display_name}]", check, [key, item])


def _tuple_of(args: tuple[Any, ...]) -> DagsterType:
    endless = len(args) == 2 and args[1] is Ellipsis
    members = [resolve_type(arg) for arg in args if arg is not Ellipsis and arg != ()]

    def check(context: Any, value: Any) -> TypeCheck:
        if not isinstance(value, tuple):
            return _fail(f"Value should be a tuple, got a {type(value)}")
        if endless:
            return _each(members[0], context, value)
        if len(value) != len(members):
            return _fail(f"Tuple with {len(members)} items expected, got {len(value)}: {value!r}")
        for member, item in zip(members, value, strict=True):
            found = member.type_check(context, item)
            if not found.success:
                return found
        return PASSED

    shown = ",".join(m.display_name for m in members) + (",..." if endless else "")
    return _composed(f"Tuple[{shown}]", check, members)


def _each(inner: DagsterType, context: Any, values: collections.abc.Iterable[Any]) -> TypeCheck:
    if inner is ANY_TYPE:
        return PASSED
    for value in values:
        found = inner.type_check(context, value)
        if not found.success:
            return found
    return PASSED


def _composed(
    name: str,
    check: Callable[[Any, Any], TypeCheck],
    parts: list[DagsterType],
    kind: DagsterTypeKind = DagsterTypeKind.REGULAR,
) -> DagsterType:
    keys = frozenset[str]().union(*(part.required_resource_keys for part in parts))
    return DagsterType(check, name=name, is_builtin=True, kind=kind, required_resource_keys=keys)


class Wrapper:
    """``List``, ``Dict``, ``Set``, ``Tuple`` and ``Optional``: subscripted, each gives a type.

    Example:
        >>> List[Optional[int]].display_name
        '[Int?]'
    """

    def __init__(self, name: str, form: Any) -> None:
        self._name = name
        self._form = form

    def __getitem__(self, inner: Any) -> DagsterType:
        members = inner if isinstance(inner, tuple) else (inner,)
        resolved = [resolve_type(member) for member in members]
        if self._name == "Optional":
            return _optional(resolved[0])
        if self._name == "List":
            return _list_of(resolved[0])
        if self._name == "Set":
            return _set_of(resolved[0])
        if self._name == "Tuple":
            return _tuple_of(tuple(resolved))
        if len(resolved) != 2:
            raise DagsterInvalidDefinitionError(
                f"Dict[...] takes the types of keys and of values, not {inner!r}.", where=caller_location()
            )
        return _dict_of(tuple(resolved))

    def bare(self) -> DagsterType:
        """Return the type for the word without brackets."""
        if self._form is None:
            raise DagsterInvalidDefinitionError("Optional needs a type: Optional[int].", where=caller_location())
        return resolve_type(self._form)

    def __repr__(self) -> str:
        return self._name


List = Wrapper("List", list)
Dict = Wrapper("Dict", dict)
Set = Wrapper("Set", set)
Tuple = Wrapper("Tuple", tuple)
Optional = Wrapper("Optional", None)


def make_python_type_usable_as_dagster_type(python_type: type, dagster_type: DagsterType) -> None:
    """Let a class, wherever it is an annotation, stand for a type with a check of its own.

    Raises:
        DagsterInvalidDefinitionError: The class stands for another type already.

    Example:
        >>> class Even: ...
        >>> check = lambda _context, value: value % 2 == 0
        >>> make_python_type_usable_as_dagster_type(Even, DagsterType(name="Even", type_check_fn=check))
        >>> check_dagster_type(Even, 3).success
        False
    """
    if not isinstance(python_type, type) or not isinstance(dagster_type, DagsterType):
        raise DagsterInvalidDefinitionError(
            f"A Python class and a DagsterType were expected, not {python_type!r} and {dagster_type!r}.",
            where=caller_location(),
        )
    before = _registered.get(python_type)
    if before is not None and before is not dagster_type:
        raise DagsterInvalidDefinitionError(
            f"The class {python_type.__name__} stands for the type {before.display_name!r} already;"
            f" it cannot stand for {dagster_type.display_name!r} too.",
            where=caller_location(),
        )
    _registered[python_type] = dagster_type


def usable_as_dagster_type(name: Any = None, description: str | None = None, loader: Any = None) -> Any:
    """Let a class, wherever it is an annotation, stand for a type of its own name, description and loader.

    Example:
        >>> @usable_as_dagster_type(name="Celsius", description="a temperature")
        ... class Celsius:
        ...     pass
        >>> resolve_type(Celsius).description
        'a temperature'
    """

    def decorate(cls: T, shown: str | None = name) -> T:
        made = PythonObjectDagsterType(cls, name=shown or cls.__name__, description=description, loader=loader)
        make_python_type_usable_as_dagster_type(cls, made)
        return cls

    return decorate(name, None) if isinstance(name, type) else decorate


__all__ = [
    "ANY_TYPE",
    "NOTHING_TYPE",
    "Any",
    "Bool",
    "DagsterType",
    "DagsterTypeKind",
    "Dict",
    "Float",
    "Int",
    "List",
    "Nothing",
    "Optional",
    "PythonObjectDagsterType",
    "Set",
    "String",
    "Tuple",
    "TypeCheck",
    "TypeCheckContext",
    "TypingAny",
    "TypingTuple",
    "Wrapper",
    "check_dagster_type",
    "make_python_type_usable_as_dagster_type",
    "require_type",
    "resolve_type",
    "usable_as_dagster_type",
]
