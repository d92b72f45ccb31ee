"""Classic config schemas: ``config_schema=int``, ``{"days": Field(int, default_value=7)}``, ``Shape``, ``Selector``."""

from __future__ import annotations

import enum
import sys
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Union

import msgspec

from earmark.define.config.config_type import ConfigType, convert_part, list_of, map_of, none_or, unchanged
from earmark.specs import config as specs
from earmark.specs.config import ConfigKind, ConfigSpec, validate
from earmark.values.errors import DagsterInvalidConfigDefinitionError, caller_location

_UNSET: Any = msgspec.UNSET

ConfigSchema = Any
"""What may stand as a ``config_schema``: a scalar class, a dict or list of schemas, a config class, or a type below."""


def _refuse(message: str, value: Any) -> DagsterInvalidConfigDefinitionError:
    return DagsterInvalidConfigDefinitionError(message, where=caller_location(), value=value)


def _of_environment(spec: ConfigSpec) -> ConfigSpec:
    return msgspec.structs.replace(spec, from_environment=True)


StringSource = ConfigType(_of_environment(specs.STRING))
"""Text, or ``{"env": "NAME"}``."""
IntSource = ConfigType(_of_environment(specs.INT))
"""An int, or ``{"env": "NAME"}``."""
BoolSource = ConfigType(_of_environment(specs.BOOL))
"""A bool, or ``{"env": "NAME"}``."""

ANY_CONFIG = ConfigType(specs.ANY, to_json=unchanged)

_SCALARS: dict[Any, ConfigType] = {
    int: ConfigType(specs.INT),
    str: ConfigType(specs.STRING),
    float: ConfigType(specs.FLOAT),
    bool: ConfigType(specs.BOOL),
    Any: ANY_CONFIG,
    dict: ConfigType(specs.shape({}, open=True), to_json=unchanged),
    list: list_of(ANY_CONFIG),
}


class Field:
    """A part of configuration that has a name: its type, its default, whether it must be given.

    Args:
        config: The type.
        default_value: What it is where it is not given, as JSON; an enum's default may be the Python value.
        is_required: Whether it must be given; unless said, it must if it has no default.
        description: A sentence for people.
        is_secret: Whether its value is kept from people's eyes.

    Raises:
        DagsterInvalidConfigDefinitionError: It is required and has a default, the default does not fit, or
            ``config`` is no type.

    Example:
        >>> Field(int, default_value=7).is_required
        False
    """

    def __init__(
        self,
        config: Any,
        default_value: Any = _UNSET,
        is_required: bool | None = None,
        description: str | None = None,
        is_secret: bool = False,
    ) -> None:
        inner = as_config_type(config)
        if default_value is not _UNSET and is_required:
            raise _refuse("A Field with a default cannot be required.", default_value)
        default = default_value if default_value is _UNSET else inner.to_json(default_value)
        if default is not _UNSET:
            faults = validate(inner.spec, default).faults
            if faults:
                raise _refuse(
                    f"The default {default_value!r} of a Field is not a {specs.describe(inner.spec)}:"
                    f" {faults[0].message}",
                    default_value,
                )
        required = inner.spec.is_required if is_required is None else is_required
        changes: dict[str, Any] = {"default": default, "secret": is_secret}
        if is_required is False and default is _UNSET:
            changes["required"] = False
        self.config_type = inner.with_spec(**changes)
        self.config_type = self.config_type.with_spec(description=description or inner.spec.description)
        self._required = required and default is _UNSET

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return self._required

    @property
    def default_provided(self) -> bool:
        """Whether it has a default."""
        return self.config_type.spec.has_default

    @property
    def default_value(self) -> Any:
        """The default, as JSON.

        Raises:
            DagsterInvalidConfigDefinitionError: There is none.
        """
        if not self.default_provided:
            raise _refuse("This Field has no default.", self)
        return self.config_type.spec.default

    @property
    def description(self) -> str | None:
        """A sentence for people."""
        return self.config_type.spec.description

    @property
    def is_secret(self) -> bool:
        """Whether its value is kept from people's eyes."""
        return self.config_type.spec.secret


class _Typed:
    """A schema that is a :class:`ConfigType` once it is built."""

    config_type: ConfigType

    @property
    def description(self) -> str | None:
        """A sentence for people."""
        return self.config_type.spec.description


class Array(_Typed):
    """A list, every item of one type; ``[int]`` for short.

    Example:
        >>> specs.describe(config_spec(Array(int)))
        '[Int]'
    """

    def __init__(self, inner_type: Any) -> None:
        self.config_type = list_of(as_config_type(inner_type))


class Noneable(_Typed):
    """A type, or ``None``.

    Example:
        >>> specs.describe(config_spec(Noneable(int)))
        'Int?'
    """

    def __init__(self, inner_type: Any) -> None:
        self.config_type = none_or(as_config_type(inner_type))


class Map(_Typed):
    """A dict with any keys of one type and values of another; ``{str: int}`` for short.

    Example:
        >>> specs.describe(config_spec(Map(str, int)))
        '{ [String]: Int }'
    """

    def __init__(self, key_type: Any, inner_type: Any, key_label_name: str | None = None) -> None:
        self.config_type = map_of(as_config_type(key_type), as_config_type(inner_type), key_label_name)
        self.key_label_name = key_label_name


def _shape_of(
    fields: Mapping[str, Any],
    description: str | None,
    *,
    open: bool,
    aliases: Mapping[str, str] | None = None,
) -> ConfigType:
    if not isinstance(fields, Mapping):
        raise _refuse(f"The fields of a shape are a dict, not {fields!r}.", fields)
    members = {_field_name(name): as_config_type(schema, name) for name, schema in fields.items()}
    spec = specs.shape(
        {name: member.spec for name, member in members.items()},
        open=open,
        description=description,
        aliases={alias: name for name, alias in (aliases or {}).items()},
    )
    return ConfigType(spec, _each_field(members, "to_python"), _each_field(members, "to_json"))


def _field_name(name: Any) -> str:
    if not isinstance(name, str):
        raise _refuse(f"A field's name is text, not {name!r}.", name)
    return name


def _each_field(members: Mapping[str, ConfigType], direction: str) -> Any:
    ways = {name: getattr(member, direction) for name, member in members.items()}

    def convert(value: Any) -> dict[str, Any]:
        return {name: convert_part(ways[name], item, name) if name in ways else item for name, item in value.items()}

    return convert


class Shape(_Typed):
    """A dict with the given fields and no others; a plain dict for short.

    Args:
        fields: From names to types or :class:`Field` objects.
        description: A sentence for people.
        field_aliases: From a field's name to another name under which it may be given.

    Example:
        >>> specs.describe(Shape({"city": str, "days": Field(int, default_value=7)}).config_type.spec)
        '{ city: String days?: Int }'
    """

    def __init__(
        self,
        fields: Mapping[str, Any],
        description: str | None = None,
        field_aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.config_type = _shape_of(fields, description, open=False, aliases=field_aliases)


class Permissive(_Typed):
    """A dict with the given fields and any others.

    Example:
        >>> specs.describe(config_spec(Permissive({"days": int})))
        '{ days: Int ... }'
    """

    def __init__(self, fields: Mapping[str, Any] | None = None, description: str | None = None) -> None:
        self.config_type = _shape_of(fields or {}, description, open=True)


class Selector(_Typed):
    """A dict with exactly one of the given fields.

    Example:
        >>> specs.describe(config_spec(Selector({"file": str, "port": int})))
        '{ file: String port: Int }'
    """

    def __init__(self, fields: Mapping[str, Any], description: str | None = None) -> None:
        inner = _shape_of(fields, description, open=False)
        spec = specs.selector(inner.spec.fields, description)
        self.config_type = ConfigType(spec, inner.to_python, inner.to_json)


class ScalarUnion(_Typed):
    """A scalar, or else a type that is not one (a shape, a list, ...).

    Args:
        scalar_type: ``int``, ``str``, ``float`` or ``bool``.
        non_scalar_schema: The other type.

    Example:
        >>> specs.describe(config_spec(ScalarUnion(int, {"days": int})))
        '(Int | { days: Int })'
    """

    def __init__(self, scalar_type: Any, non_scalar_schema: Any) -> None:
        scalar, other = as_config_type(scalar_type), as_config_type(non_scalar_schema)

        def is_scalar(value: Any) -> bool:
            return not isinstance(value, (Mapping, list, tuple))

        self.config_type = ConfigType(
            specs.one_of((scalar.spec, other.spec)),
            lambda value: scalar.to_python(value) if is_scalar(value) else other.to_python(value),
            lambda value: scalar.to_json(value) if is_scalar(value) else other.to_json(value),
        )


class EnumValue:
    """One value of an :class:`Enum`: how it is written in configuration, and what user code sees.

    Args:
        config_value: How it is written.
        python_value: What user code sees; the text itself unless given.
        description: A sentence for people.

    Example:
        >>> EnumValue("LOW", 1).python_value
        1
    """

    def __init__(self, config_value: str, python_value: Any = None, description: str | None = None) -> None:
        if not isinstance(config_value, str):
            raise _refuse(f"EnumValue(config_value=...) is text, not {config_value!r}.", config_value)
        self.config_value = config_value
        self.python_value = config_value if python_value is None else python_value
        self.description = description


class Enum(_Typed):
    """One of a few values.

    Args:
        name: The name that people see.
        enum_values: The values.

    Example:
        >>> level = Enum("Level", [EnumValue("LOW", 1), EnumValue("HIGH", 9)])
        >>> level.config_type.to_python("HIGH")
        9
    """

    def __init__(self, name: str, enum_values: Sequence[EnumValue]) -> None:
        values = {value.config_value: value.python_value for value in enum_values}

        def to_json(value: Any) -> Any:
            if isinstance(value, str) and value in values:
                return value
            return next((word for word, python in values.items() if python == value), value)

        self.name = name
        self.config_type = ConfigType(specs.enum(name, tuple(values)), lambda word: values[word], to_json)

    @classmethod
    def from_python_enum(cls, enum_class: type[enum.Enum], name: str | None = None) -> Enum:
        """Return the enum whose values are written as the names of a Python enum's members, which user code sees."""
        return cls(name or enum_class.__name__, [EnumValue(member.name, member) for member in enum_class])

    @classmethod
    def from_python_enum_direct_values(cls, enum_class: type[enum.Enum], name: str | None = None) -> Enum:
        """Return the enum whose values are written as the names of a Python enum's members; user code sees theirs."""
        return cls(name or enum_class.__name__, [EnumValue(member.name, member.value) for member in enum_class])


def as_config_type(schema: Any, name: str | None = None) -> ConfigType:
    """Return what may stand as a schema as a :class:`ConfigType`.

    Args:
        schema: A scalar class, ``Any``, a dict or list of schemas, a config class, a type of this module.
            ``None`` is any configuration, or none.
        name: The field it belongs to, for the error.

    Raises:
        DagsterInvalidConfigDefinitionError: It is none of these.
    """
    if isinstance(schema, ConfigType):
        return schema
    if isinstance(schema, (_Typed, Field)):
        return schema.config_type
    if schema is None:
        return ANY_CONFIG.with_spec(required=False)
    if isinstance(schema, dict):
        return _of_dict(schema)
    if isinstance(schema, list) and len(schema) == 1:
        return list_of(as_config_type(schema[0], name))
    try:
        scalar = _SCALARS.get(schema)
    except TypeError:  # unhashable, so no class: refused below
        scalar = None
    if scalar is not None:
        return scalar
    if is_model_class(schema):
        from earmark.define.config.config import config_type_of

        return config_type_of(schema)
    if typing.get_origin(schema) in (list, dict, Union):
        return _of_form(schema)
    field = f" of the field {name!r}" if name else ""
    raise _refuse(
        f"The config schema{field} is a scalar class (int, str, float, bool), a dict, a list of one type, a Config"
        f" class or a config type, not {schema!r} ({type(schema).__name__}).",
        schema,
    )


def _of_dict(schema: dict[Any, Any]) -> ConfigType:
    if len(schema) == 1:
        key = next(iter(schema))
        if isinstance(key, (type, ConfigType)):
            return map_of(as_config_type(key), as_config_type(schema[key]))
    return _shape_of(schema, None, open=False)


def _of_form(schema: Any) -> ConfigType:
    origin, args = typing.get_origin(schema), typing.get_args(schema)
    if origin is list:
        return list_of(as_config_type(args[0]))
    if origin is dict:
        return map_of(as_config_type(args[0]), as_config_type(args[1]))
    members = [arg for arg in args if arg is not type(None)]
    if len(members) == 1:
        return none_or(as_config_type(members[0]))
    raise _refuse(f"A union is no config schema: {schema!r}. Use ScalarUnion or a Selector.", schema)


def is_model_class(schema: Any) -> bool:
    """Say whether something is a pydantic class, without loading pydantic to find out."""
    pydantic = sys.modules.get("pydantic")
    return pydantic is not None and isinstance(schema, type) and issubclass(schema, pydantic.BaseModel)


def config_spec(schema: Any) -> ConfigSpec:
    """Return what may stand as a schema as data.

    Raises:
        DagsterInvalidConfigDefinitionError: It is no schema.

    Example:
        >>> specs.describe(config_spec({"city": str, "days": [int]}))
        '{ city: String days: [Int] }'
    """
    return as_config_type(schema).spec


__all__ = [
    "ANY_CONFIG",
    "Array",
    "BoolSource",
    "ConfigKind",
    "ConfigSchema",
    "Enum",
    "EnumValue",
    "Field",
    "IntSource",
    "Map",
    "Noneable",
    "Permissive",
    "ScalarUnion",
    "Selector",
    "Shape",
    "StringSource",
    "as_config_type",
    "config_spec",
    "is_model_class",
]
