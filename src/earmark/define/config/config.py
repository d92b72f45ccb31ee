"""Config classes: configuration as a pydantic model, with its spec read from the class.

This module loads pydantic; nothing else does until a project has a config class.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from earmark.define.config.config_type import ConfigType
from earmark.define.config.frozen_model import FrozenModel
from earmark.define.config.model_types import config_type_of
from earmark.specs.config import ConfigSpec


class Config(FrozenModel):
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

    _what: ClassVar[str] = "a config class"

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


__all__ = ["Config", "PermissiveConfig", "config_spec_of", "config_type_of"]
