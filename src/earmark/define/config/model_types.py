"""From the fields of a pydantic class to config types, and from instances to JSON and back."""

from __future__ import annotations

import collections.abc
import enum
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, Union

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, PydanticUndefined, to_jsonable_python

from earmark.define.config.config_type import (
    ConfigRefused,
    ConfigType,
    Refusal,
    convert_part,
    list_of,
    map_of,
    none_or,
    scalar_to_json,
    unchanged,
)
from earmark.define.config.env import EnvVar, IntEnvVar, environment_reference
from earmark.specs import config as specs
from earmark.specs.config import ConfigKind, ConfigSpec, validate
from earmark.values.errors import DagsterInvalidConfigDefinitionError

_NONE = type(None)


def _from_environment(kind: ConfigKind) -> ConfigType:
    return ConfigType(ConfigSpec(kind, from_environment=True))


_SCALARS: dict[Any, ConfigType] = {
    int: _from_environment(ConfigKind.INT),
    str: _from_environment(ConfigKind.STRING),
    bool: _from_environment(ConfigKind.BOOL),
    float: _from_environment(ConfigKind.FLOAT),
}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}
_being_read: set[type] = set()


@functools.cache
def config_type_of(model: type[BaseModel]) -> ConfigType:
    """Return the config type of a class: JSON becomes an instance.

    A class that contains itself is any configuration where it does; the class checks it.

    Raises:
        DagsterInvalidConfigDefinitionError: A field is of a type that configuration cannot hold.
    """
    _being_read.add(model)
    try:
        members = field_types(model)
    finally:
        _being_read.discard(model)
    spec = specs.shape(
        {name: member.spec for name, member in members.items()},
        open=model.model_config.get("extra") == "allow",
        name=model.__name__,
        description=_own_description(model),
    )
    return ConfigType(spec, functools.partial(_build, model, members), to_json=_to_json)


def _own_description(model: type[BaseModel]) -> str | None:
    text = model.__dict__.get("__doc__")
    return text.strip().partition("\n")[0] if isinstance(text, str) and text.strip() else None


def field_types(model: type[BaseModel], leave_out: frozenset[str] = frozenset()) -> dict[str, ConfigType]:
    """Return the config types of a class's fields, by the name under which each is given.

    Args:
        model: The class.
        leave_out: Fields that are no configuration.
    """
    return {
        field.alias or name: _type_of_field(model, name, field)
        for name, field in model.model_fields.items()
        if name not in leave_out
    }


def _type_of_field(model: type[BaseModel], name: str, field: FieldInfo) -> ConfigType:
    found = _of_annotation(field.annotation, field.discriminator, f"{model.__name__}.{name}")
    changes: dict[str, Any] = {}
    constraints = _constraints(field)
    if constraints:
        found = _with_constraints(found, constraints)
    if field.description:
        changes["description"] = field.description
    if field.is_required():
        if accepts_none(field):
            changes["default"] = None
        return found.with_spec(**changes) if changes else found
    return _with_default(found, field).with_spec(**changes)


def _with_default(found: ConfigType, field: FieldInfo) -> ConfigType:
    """Give a type the default of its field; one that is made anew each time, or is no JSON, stays with the class."""
    if field.default is PydanticUndefined:
        return found.with_spec(required=False)
    if field.default is None:
        return none_or(found).with_spec(default=None)
    default = field.default
    if isinstance(default, BaseModel) and found.spec.kind is ConfigKind.SHAPE:
        return _filled_from(found, default)
    value = found.to_json(default)
    try:
        msgspec.json.encode(value)
    except TypeError:
        return found.with_spec(required=False)
    return found.with_spec(required=False) if validate(found.spec, value).faults else found.with_spec(default=value)


def _filled_from(found: ConfigType, default: BaseModel) -> ConfigType:
    """Give each field of a nested class the value it has in a default instance."""
    given = json_of_model(default)
    fields = {
        name: inner.with_default(given[name]) if name in given else inner for name, inner in found.spec.fields.items()
    }
    return found.with_spec(fields=fields)


def _constraints(field: FieldInfo) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    for mark in field.metadata:
        for word, ours in _BOUNDS.items():
            bound = getattr(mark, word, None)
            if isinstance(bound, (int, float, str)):
                bounds[ours] = bound
    return bounds


def _with_constraints(found: ConfigType, bounds: dict[str, Any]) -> ConfigType:
    spec = found.spec
    if spec.kind is ConfigKind.NONEABLE and spec.inner is not None:
        return found.with_spec(inner=msgspec.structs.replace(spec.inner, constraints=bounds))
    scalar = spec.kind in (ConfigKind.INT, ConfigKind.FLOAT, ConfigKind.STRING)
    return found.with_spec(constraints=bounds) if scalar else found


def accepts_none(field: FieldInfo) -> bool:
    """Say whether a field may be ``None``."""
    annotation = field.annotation
    return annotation is _NONE or (_is_union(annotation) and _NONE in typing.get_args(annotation))


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, types.UnionType)


def _of_annotation(annotation: Any, discriminator: Any, where: str) -> ConfigType:
    found = _SCALARS.get(annotation) if isinstance(annotation, type) else None
    if found is not None:
        return found
    if _is_union(annotation):
        return _of_union(annotation, discriminator, where)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        marks = [mark.discriminator for mark in args[1:] if getattr(mark, "discriminator", None)]
        return _of_annotation(args[0], marks[0] if marks else discriminator, where)
    if origin is Literal:
        return ConfigType(specs.enum(f"Literal[{', '.join(map(repr, args))}]", args))
    if origin in (list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Set):
        return _of_items(origin, args, where)
    if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        key, inner = (_of_annotation(arg, None, where) for arg in args)
        return map_of(key, inner)
    if isinstance(annotation, type):
        return _of_class(annotation)
    if annotation is Any or isinstance(annotation, typing.TypeVar):
        return ConfigType(specs.ANY, to_json=_to_json)
    raise DagsterInvalidConfigDefinitionError(
        f"The config field {where} is a {annotation!r}, which configuration cannot hold.",
        hint="A config field is a scalar, a list, a dict, an enum, a Literal, another Config class or a union of them.",
    )


def _of_items(origin: Any, args: tuple[Any, ...], where: str) -> ConfigType:
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        members = [_of_annotation(arg, None, where) for arg in args]
        return ConfigType(
            specs.array(specs.one_of(tuple(member.spec for member in members))),
            lambda value: tuple(m.to_python(item) for m, item in zip(members, value, strict=False)),
            lambda value: [m.to_json(item) for m, item in zip(members, value, strict=False)],
        )
    make = {tuple: tuple, set: set, frozenset: frozenset}.get(origin, list)
    return list_of(_of_annotation(args[0], None, where), make)


def _of_class(cls: type) -> ConfigType:
    if issubclass(cls, enum.Enum):
        members = {member.name: member for member in cls}
        return ConfigType(
            specs.enum(cls.__name__, tuple(members)),
            lambda word: members[word],
            lambda value: value.name if isinstance(value, cls) else value,
        )
    if issubclass(cls, BaseModel):
        if cls in _being_read:
            return ConfigType(msgspec.structs.replace(specs.ANY, name=cls.__name__), to_json=_to_json)
        return config_type_of(cls)
    if cls is list:
        return list_of(ConfigType(specs.ANY, to_json=_to_json))
    if cls in (dict, object):
        spec = specs.shape({}, open=True) if cls is dict else specs.ANY
        return ConfigType(spec, unchanged, _to_json)
    # A date, a path, a UUID: JSON says it as text or a number, and pydantic knows how to read it.
    return ConfigType(msgspec.structs.replace(specs.ANY, name=cls.__name__), unchanged, _to_json)


def _of_union(annotation: Any, discriminator: Any, where: str) -> ConfigType:
    args = typing.get_args(annotation)
    members = [arg for arg in args if arg is not _NONE]
    if isinstance(discriminator, str) and len(members) > 1:
        found = _selector_of(members, discriminator, where)
    elif len(members) == 1:
        found = _of_annotation(members[0], discriminator, where)
    else:
        found = _one_of([_of_annotation(member, None, where) for member in members])
    return none_or(found) if _NONE in args else found


def _one_of(options: list[ConfigType]) -> ConfigType:
    def to_python(value: Any) -> Any:
        for option in options:
            if not validate(option.spec, value).faults:
                return option.to_python(value)
        return value

    return ConfigType(specs.one_of(tuple(option.spec for option in options)), to_python, _to_json)


def _alternatives(members: list[Any], discriminator: str, where: str) -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for member in members:
        is_model = isinstance(member, type) and issubclass(member, BaseModel)
        field = member.model_fields.get(discriminator) if is_model else None
        words = typing.get_args(field.annotation) if field is not None else ()
        if not words:
            raise DagsterInvalidConfigDefinitionError(
                f"The config field {where} tells its classes apart by {discriminator!r}, which {member!r} does not"
                " have as a Literal."
            )
        found.update((str(word), member) for word in words)
    return found


def _selector_of(members: list[Any], discriminator: str, where: str) -> ConfigType:
    models = _alternatives(members, discriminator, where)
    inner = {word: _without_discriminator(model, discriminator) for word, model in models.items()}

    def to_python(value: Any) -> Any:
        word, settings = next(iter(value.items()))
        return inner[word].to_python({**settings, discriminator: word})

    def to_json(value: Any) -> Any:
        if not isinstance(value, BaseModel):
            return value
        settings = json_of_model(value)
        return {str(settings.pop(discriminator)): settings}

    return ConfigType(specs.selector({word: member.spec for word, member in inner.items()}), to_python, to_json)


def _without_discriminator(model: type[BaseModel], discriminator: str) -> ConfigType:
    whole = config_type_of(model)
    return whole.with_spec(fields={n: f for n, f in whole.spec.fields.items() if n != discriminator})


def from_config_form(field: FieldInfo, value: Any) -> Any:
    """Return a value written as in run config as pydantic takes it; any other value as it is.

    An enum may be written by the name of its member, and ``{"dog": {...}}`` stands for ``{"kind": "dog", ...}`` where
    a field's classes are told apart by ``kind``.
    """
    if isinstance(value, str):
        enum_class = next((part for part in _parts(field.annotation) if isinstance(part, enum.EnumMeta)), None)
        return value if enum_class is None else enum_class.__members__.get(value, value)
    tag = field.discriminator
    if not isinstance(tag, str) or not isinstance(value, Mapping) or len(value) != 1 or tag in value:
        return value
    word, settings = next(iter(value.items()))
    return {**settings, tag: word} if isinstance(settings, Mapping) else value


def _parts(annotation: Any) -> tuple[Any, ...]:
    return typing.get_args(annotation) if _is_union(annotation) else (annotation,)


def _build(model: type[BaseModel], members: dict[str, ConfigType], value: Mapping[str, Any]) -> BaseModel:
    given = {
        name: convert_part(members[name].to_python, item, name) if name in members else item
        for name, item in value.items()
    }
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in given and given[key] is None and field.default is None:
            del given[key]  # `days: int = None` has a default that pydantic would refuse as a value
    try:
        return model(**given)
    except ValidationError as error:
        faults = [Refusal(fault["loc"], fault["msg"]) for fault in error.errors()]
        raise ConfigRefused(faults) from error


def json_of_model(instance: BaseModel, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return an instance as it stands in run config: enums by name, ``EnvVar`` by reference, ``None`` left out.

    Args:
        instance: The instance.
        leave_out: Fields that are no configuration.
    """
    written: dict[str, Any] = {}
    model = type(instance)
    for name, field in model.model_fields.items():
        value = getattr(instance, name)
        if name in leave_out:
            continue
        if value is None and (field.default is None or field.is_required()):
            continue
        written[field.alias or name] = field_value_to_json(model, name, value)
    for name, value in (instance.model_extra or {}).items():
        written[name] = _to_json(value)
    return written


def field_value_to_json(model: type[BaseModel], name: str, value: Any) -> Any:
    """Return what a field of a class holds, as JSON."""
    if type(value) in (str, int, float, bool) or value is None:
        return value
    field = model.model_fields[name]
    reference = environment_reference(value)
    if reference is not None:
        return reference
    return _of_annotation(field.annotation, field.discriminator, f"{model.__name__}.{name}").to_json(value)


def _to_json(value: Any) -> Any:
    if isinstance(value, (EnvVar, IntEnvVar)):
        return scalar_to_json(value)
    if isinstance(value, BaseModel):
        return json_of_model(value)
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, Mapping):
        return {name: _to_json(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_to_json(item) for item in value]
    try:
        return to_jsonable_python(value)
    except PydanticSerializationError:
        return value  # no JSON: whoever needs some finds out when it is encoded
