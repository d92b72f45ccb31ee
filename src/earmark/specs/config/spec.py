"""The tree itself, and short ways to build it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class ConfigKind(StrEnum):
    """What a part of configuration is."""

    ANY = "any"
    INT = "int"
    FLOAT = "float"
    STRING = "string"
    BOOL = "bool"
    ENUM = "enum"
    ARRAY = "array"
    MAP = "map"
    SHAPE = "shape"
    SELECTOR = "selector"
    NONEABLE = "noneable"
    ONE_OF = "one_of"


class ConfigSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one part of configuration looks like.

    Args:
        kind: What it is; the fields below hold for some kinds only.
        description: A sentence for people.
        required: Whether it must be given where it is a field without a default.
        default: What it is where it is not given, as JSON; unset if there is no default.
        secret: Whether its value is kept from people's eyes.
        from_environment: Whether ``{"env": "NAME"}`` may stand for a scalar.
        name: The name that people see, for an enum, a class or a value that only the user's process can check.
        fields: The fields of a shape and the alternatives of a selector, by name.
        open: Whether a shape takes fields it does not name.
        aliases: Other names of a shape's fields: from the alias to the field.
        inner: What the items of an array, the values of a map or the value of a noneable look like.
        key: What the keys of a map look like.
        key_label: What the keys of a map are, for people.
        options: What a ``ONE_OF`` may be; the first that fits is taken.
        choices: The values of an enum.
        constraints: Bounds, in the words of JSON Schema: ``minimum``, ``exclusiveMaximum``, ``maxLength``, ...

    Example:
        >>> spec = shape({"city": STRING, "days": INT.with_default(7)})
        >>> spec.fields["days"].is_required
        False
    """

    kind: ConfigKind = ConfigKind.ANY
    description: str | None = None
    required: bool = True
    default: Any | UnsetType = UNSET
    secret: bool = False
    from_environment: bool = False
    name: str | None = None
    fields: dict[str, ConfigSpec] = {}
    open: bool = False
    aliases: dict[str, str] = {}
    inner: ConfigSpec | None = None
    key: ConfigSpec | None = None
    key_label: str | None = None
    options: tuple[ConfigSpec, ...] = ()
    choices: tuple[Any, ...] = ()
    constraints: dict[str, Any] = {}

    @property
    def has_default(self) -> bool:
        """Whether a default was given."""
        return self.default is not UNSET

    @property
    def is_required(self) -> bool:
        """Whether it must be given as a field: it has no default, and is no shape that fills itself."""
        return self.required and self.default is UNSET and not self.fills_itself

    @property
    def fills_itself(self) -> bool:
        """Whether it is a shape of which nothing must be given."""
        if self.kind is not ConfigKind.SHAPE:
            return False
        return not any(field.is_required for field in self.fields.values())

    def with_default(self, default: Any) -> ConfigSpec:
        """Return the same with a default."""
        return msgspec.structs.replace(self, default=default)

    def optional(self) -> ConfigSpec:
        """Return the same, not required and without a default: where it is not given, it is absent."""
        return msgspec.structs.replace(self, required=False)

    def described(self, description: str | None) -> ConfigSpec:
        """Return the same with a description, unless there is none."""
        return self if not description else msgspec.structs.replace(self, description=description)


ANY = ConfigSpec()
INT = ConfigSpec(ConfigKind.INT)
FLOAT = ConfigSpec(ConfigKind.FLOAT)
STRING = ConfigSpec(ConfigKind.STRING)
BOOL = ConfigSpec(ConfigKind.BOOL)


def shape(
    fields: Mapping[str, ConfigSpec],
    *,
    open: bool = False,
    name: str | None = None,
    description: str | None = None,
    aliases: Mapping[str, str] | None = None,
) -> ConfigSpec:
    """Return the spec of a dict with the given fields; if ``open``, of any others too."""
    return ConfigSpec(
        ConfigKind.SHAPE,
        description=description,
        name=name,
        fields=dict(fields),
        open=open,
        aliases=dict(aliases or {}),
    )


def selector(alternatives: Mapping[str, ConfigSpec], description: str | None = None) -> ConfigSpec:
    """Return the spec of a dict with exactly one of the given fields."""
    return ConfigSpec(ConfigKind.SELECTOR, description=description, fields=dict(alternatives))


def array(inner: ConfigSpec) -> ConfigSpec:
    """Return the spec of a list."""
    return ConfigSpec(ConfigKind.ARRAY, inner=inner)


def config_map(key: ConfigSpec, inner: ConfigSpec, key_label: str | None = None) -> ConfigSpec:
    """Return the spec of a dict with any keys."""
    return ConfigSpec(ConfigKind.MAP, key=key, inner=inner, key_label=key_label)


def noneable(inner: ConfigSpec) -> ConfigSpec:
    """Return the spec of what may be ``None``."""
    return inner if inner.kind is ConfigKind.NONEABLE else ConfigSpec(ConfigKind.NONEABLE, inner=inner)


def one_of(options: tuple[ConfigSpec, ...]) -> ConfigSpec:
    """Return the spec of what fits one of several; the first that fits is taken."""
    return options[0] if len(options) == 1 else ConfigSpec(ConfigKind.ONE_OF, options=options)


def enum(name: str, choices: tuple[Any, ...]) -> ConfigSpec:
    """Return the spec of one of a few JSON scalars."""
    return ConfigSpec(ConfigKind.ENUM, name=name, choices=choices)
