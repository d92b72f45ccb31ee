"""Config classes: configuration as a pydantic model, with its spec read from the class.

This module loads pydantic; nothing else does until a project has a config class.
"""

from __future__ import annotations

import warnings
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from earmark.define.config_type import ConfigType
from earmark.define.env_fields import let_environment_variables_through
from earmark.define.model_types import (
    accepts_none,
    config_type_of,
    from_selector_form,
    json_of_model,
)
from earmark.specs.config import ConfigSpec
from earmark.values.errors import DagsterInvalidInvocationError, caller_location, did_you_mean


class Config(BaseModel):
    """Configuration of an op, asset or job, as a class: one field per setting.

    Fields may be ``int``, ``float``, ``bool``, ``str``, enums, ``Literal``, lists and dicts of these, optional, other
    config classes, and unions of config classes told apart by a ``discriminator``. An instance cannot be changed. An
    :class:`EnvVar` may stand for a text or an int.

    Example:
        >>> class Report(Config):
        ...     city: str
        ...     days: int = 7
        >>> Report(city="Turku").days
        7
    """

    model_config = ConfigDict(
        frozen=True,
        arbitrary_types_allowed=True,
        protected_namespaces=(),
        validate_by_name=True,
        validate_by_alias=True,
    )

    def __init__(self, **config_dict: Any) -> None:
        own = type(self)
        for name, field in own.model_fields.items():
            given = name if name in config_dict else field.alias
            if given in config_dict:
                config_dict[given] = from_selector_form(field, config_dict[given])
            elif field.is_required() and accepts_none(field):
                config_dict[name] = None
        _warn_about_unknown(own, config_dict)
        super().__init__(**config_dict)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return let_environment_variables_through(handler(source))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in type(self).model_fields:
            raise DagsterInvalidInvocationError(
                f"'{type(self).__name__}' is a config class and does not support item assignment: its instances"
                " are frozen.",
                hint=f"Make another with {type(self).__name__}(..., {name}=...) or model_copy(update=...).",
                where=caller_location(),
            )
        super().__setattr__(name, value)

    def __run_config__(self) -> dict[str, Any]:
        """Return the configuration as it stands in run config."""
        return json_of_model(self)

    @classmethod
    def to_config_schema(cls) -> ConfigType:
        """Return the class as a schema, for ``config_schema=``."""
        return config_type_of(cls)


class PermissiveConfig(Config):
    """Configuration that takes fields beyond those it names, as attributes.

    Example:
        >>> PermissiveConfig(anything=3).anything
        3
    """

    model_config = ConfigDict(extra="allow")


def config_spec_of(config_class: type[BaseModel]) -> ConfigSpec:
    """Return what the configuration of a class looks like, as data.

    Raises:
        DagsterInvalidConfigDefinitionError: A field is of a type that configuration cannot hold.
    """
    return config_type_of(config_class).spec


def _warn_about_unknown(cls: type[BaseModel], given: dict[str, Any]) -> None:
    if cls.model_config.get("extra", "ignore") != "ignore":
        return
    known = {*cls.model_fields, *(field.alias for field in cls.model_fields.values() if field.alias)}
    for name in given:
        if name not in known:
            warnings.warn(
                f"{cls.__name__} has no field {name!r}; the value is not used.{did_you_mean(name, known)}",
                stacklevel=3,
            )


__all__ = [
    "Config",
    "PermissiveConfig",
    "config_spec_of",
    "config_type_of",
]
