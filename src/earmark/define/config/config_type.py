"""A part of configuration with its way into Python: the spec, and how its JSON becomes a user's value and back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from earmark.define.config.env import environment_reference
from earmark.specs.config import (
    ConfigFault,
    ConfigSpec,
    array,
    config_map,
    noneable,
    resolve_environment,
    validate,
)
from earmark.values.errors import DagsterInvalidConfigError

Convert = Callable[[Any], Any]


def unchanged(value: Any) -> Any:
    """Return the value as it is."""
    return value


def scalar_to_json(value: Any) -> Any:
    """Return a scalar as JSON; an ``EnvVar`` as the reference that stands for it."""
    return environment_reference(value) or value


class ConfigType(msgspec.Struct, frozen=True):
    """A part of configuration.

    Args:
        spec: What its JSON looks like.
        to_python: From JSON that fits, environment already read, to the value that user code sees.
        to_json: From a value of user code to JSON.
    """

    spec: ConfigSpec
    to_python: Convert = unchanged
    to_json: Convert = scalar_to_json

    def with_spec(self, **changes: Any) -> ConfigType:
        """Return the same with fields of its spec changed."""
        return ConfigType(msgspec.structs.replace(self.spec, **changes), self.to_python, self.to_json)


def convert_part(convert: Convert, value: Any, part: str | int) -> Any:
    """Convert a part of a value; what a config class refuses within it is reported with the part before its path."""
    try:
        return convert(value)
    except ConfigRefused as refused:
        raise refused.within(part) from refused.__cause__


def list_of(inner: ConfigType, make: Callable[[Iterable[Any]], Any] = list) -> ConfigType:
    """Return the type of a list; ``make`` builds the user's container from the items."""
    return ConfigType(
        array(inner.spec),
        lambda value: make(convert_part(inner.to_python, item, position) for position, item in enumerate(value)),
        lambda value: [inner.to_json(item) for item in value],
    )


def map_of(key: ConfigType, inner: ConfigType, key_label: str | None = None) -> ConfigType:
    """Return the type of a dict with any keys."""
    return ConfigType(
        config_map(key.spec, inner.spec, key_label),
        lambda value: {name: convert_part(inner.to_python, item, name) for name, item in value.items()},
        lambda value: {name: inner.to_json(item) for name, item in value.items()},
    )


def none_or(inner: ConfigType) -> ConfigType:
    """Return the type of what may be ``None``."""
    return ConfigType(
        noneable(inner.spec),
        lambda value: None if value is None else inner.to_python(value),
        lambda value: None if value is None else inner.to_json(value),
    )


def load(
    config_type: ConfigType,
    value: Any,
    subject: str,
    path: tuple[str | int, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> Any:
    """Return configuration as the value that user code sees: checked, defaults filled in, environment read.

    Args:
        config_type: What it must look like.
        value: JSON.
        subject: Whose configuration it is, for the error, such as ``"op 'clean'"``.
        path: Where the value lies within a run's configuration.
        environment: Variables by name; this process's own unless given.

    Raises:
        DagsterInvalidConfigError: It does not fit; ``errors`` lists every fault.
    """
    checked = validate(config_type.spec, value, path)
    if checked.faults:
        raise invalid_config(subject, checked.faults, value)
    variables = os.environ if environment is None else environment
    resolved = resolve_environment(config_type.spec, checked.value, variables, path)
    if resolved.faults:
        raise invalid_config(subject, resolved.faults, value)
    try:
        return config_type.to_python(resolved.value)
    except ConfigRefused as refused:
        faults = [refused.fault_at(path) for refused in refused.faults]
        raise invalid_config(subject, faults, value) from refused.__cause__


class Refusal(msgspec.Struct, frozen=True):
    """What a config class's own validation refused: where within it, and why."""

    path: tuple[str | int, ...]
    message: str

    def fault_at(self, path: tuple[str | int, ...]) -> ConfigFault:
        """Return the fault, the class's own path after the path of the class."""
        from earmark.specs.config import path_text

        where = (*path, *self.path)
        return ConfigFault(where, "class", f"Invalid value at {path_text(where)}: {self.message}.")


class ConfigRefused(Exception):
    """Raised while JSON that fits its spec becomes a config object whose own validation refuses it."""

    def __init__(self, faults: list[Refusal]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults

    def within(self, part: str | int) -> ConfigRefused:
        """Return the same for a value of which this one's is a part."""
        return ConfigRefused([Refusal((part, *fault.path), fault.message) for fault in self.faults])


def invalid_config(subject: str, faults: Iterable[ConfigFault], value: Any) -> DagsterInvalidConfigError:
    """Return the error that lists every fault of a configuration."""
    listed = list(faults)
    lines = [f"    Error {number}: {fault.message}" for number, fault in enumerate(listed, start=1)]
    return DagsterInvalidConfigError("\n".join([f"Error in config for {subject}", *lines]), listed, value)
