"""Values made from run config, for inputs that no output feeds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Set
from typing import Any

import msgspec

from earmark.define.config.config_type import ConfigType, load
from earmark.define.config.schema import as_config_type
from earmark.specs.config import ConfigSpec
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class DagsterTypeLoaderContext(msgspec.Struct, frozen=True):
    """What a loader may use: the resources it requires, the op whose input it fills, and the log.

    Example:
        >>> DagsterTypeLoaderContext(resources={"limit": 3}).resources["limit"]
        3
    """

    resources: Any = None
    op_def: Any = None
    job_def: Any = None
    log: Any = None


class DagsterTypeLoader:
    """Makes the value of an input from run config. Subclass it, or use :func:`dagster_type_loader`.

    Example:
        >>> DagsterTypeLoader().construct_from_config_value(DagsterTypeLoaderContext(), {"city": "Turku"})
        {'city': 'Turku'}
    """

    @property
    def schema_type(self) -> ConfigSpec:
        """What the config of such an input looks like.

        Raises:
            NotImplementedError: The subclass does not say.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define schema_type.")

    def required_resource_keys(self) -> frozenset[str]:
        """The resources that loading uses."""
        return frozenset()

    def construct_from_config_value(self, context: DagsterTypeLoaderContext, config_value: Any) -> Any:
        """Return the value; unless overridden, the config itself."""
        del context
        return config_value


class _FunctionLoader(DagsterTypeLoader):
    def __init__(
        self, function: Callable[[Any, Any], Any], config_type: ConfigType, required_resource_keys: frozenset[str]
    ) -> None:
        self._function = function
        self._config_type = config_type
        self._required = required_resource_keys

    @property
    def schema_type(self) -> ConfigSpec:
        return self._config_type.spec

    def required_resource_keys(self) -> frozenset[str]:
        return self._required

    def construct_from_config_value(self, context: DagsterTypeLoaderContext, config_value: Any) -> Any:
        loaded = load(self._config_type, config_value, f"the type loader {self._function.__name__!r}")
        return self._function(context, loaded)


def dagster_type_loader(
    config_schema: Any, required_resource_keys: Set[str] | None = None
) -> Callable[[Callable[[Any, Any], Any]], DagsterTypeLoader]:
    """Make a loader from a function of a context and a config value.

    Args:
        config_schema: What the config looks like.
        required_resource_keys: The resources that the function uses.

    Raises:
        DagsterInvalidDefinitionError: The function does not take a context and a config value.

    Example:
        >>> @dagster_type_loader(config_schema={"city": str})
        ... def load_city(_context, config):
        ...     return config["city"]
        >>> load_city.construct_from_config_value(DagsterTypeLoaderContext(), {"city": "Turku"})
        'Turku'
    """
    config_type = as_config_type(config_schema)

    def decorate(function: Callable[[Any, Any], Any]) -> DagsterTypeLoader:
        if len(inspect.signature(function).parameters) < 2:
            raise DagsterInvalidDefinitionError(
                f"The type loader {function.__name__!r} takes a context and a config value.",
                where=caller_location(),
            )
        return _FunctionLoader(function, config_type, frozenset(required_resource_keys or ()))

    return decorate
