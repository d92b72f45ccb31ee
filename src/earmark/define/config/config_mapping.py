"""Configuration made from simpler configuration: mappings of whole jobs and graphs, and ``configured`` definitions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, overload

from earmark.define.config.config_type import ConfigType, load
from earmark.define.config.run_config import RunConfig, run_config_dict
from earmark.define.config.schema import as_config_type, is_model_class
from earmark.specs.config import ConfigSpec
from earmark.values.errors import (
    DagsterConfigMappingFunctionError,
    DagsterError,
    DagsterInvalidDefinitionError,
    caller_location,
)


class ConfigMapping:
    """A function from the configuration a person gives to the configuration that a job's ops take.

    Args:
        config_fn: Called with the outer configuration; returns a :class:`RunConfig` or a dict.
        config_schema: What the outer configuration looks like; read from the annotation of ``config_fn`` if that is a
            config class. Without either, any configuration is taken.
        receive_processed_config_values: Whether ``config_fn`` sees defaults filled in and the environment read
            (the default), or the configuration as it was given.

    Example:
        >>> mapping = ConfigMapping(lambda value: {"ops": {"clean": {"config": value}}}, config_schema={"days": int})
        >>> mapping.resolve({"days": 7})
        {'ops': {'clean': {'config': {'days': 7}}}}
    """

    def __init__(
        self,
        config_fn: Callable[[Any], RunConfig | Mapping[str, Any]],
        config_schema: Any = None,
        receive_processed_config_values: bool | None = None,
    ) -> None:
        if not callable(config_fn):
            raise DagsterInvalidDefinitionError(
                f"A config mapping is a function, not {config_fn!r}.", where=caller_location()
            )
        self.config_fn = config_fn
        self.config_schema = config_schema if config_schema is not None else _annotated_class(config_fn)
        self.receive_processed_config_values = receive_processed_config_values
        self.config_type: ConfigType = as_config_type(self.config_schema)

    @property
    def spec(self) -> ConfigSpec:
        """What the outer configuration looks like."""
        return self.config_type.spec

    def resolve(self, value: Any, subject: str | None = None) -> dict[str, Any]:
        """Return the inner configuration for an outer one.

        Raises:
            DagsterInvalidConfigError: The outer configuration does not fit.
            DagsterConfigMappingFunctionError: The function raised; its exception is the cause.
        """
        name = getattr(self.config_fn, "__name__", "config mapping")
        loaded = load(self.config_type, value, subject or f"config mapping {name}")
        given = value if self.receive_processed_config_values is False else loaded
        return run_config_dict(_called(self.config_fn, given, f"The config mapping {name!r}"))

    def __call__(self, value: Any) -> Any:
        """Call the function itself."""
        return self.config_fn(value)


@overload
def config_mapping(config_fn: Callable[..., Any]) -> ConfigMapping: ...


@overload
def config_mapping(
    config_fn: None = None, config_schema: Any = None, receive_processed_config_values: bool | None = None
) -> Callable[[Callable[..., Any]], ConfigMapping]: ...


def config_mapping(
    config_fn: Callable[..., Any] | None = None,
    config_schema: Any = None,
    receive_processed_config_values: bool | None = None,
) -> Any:
    """Make a :class:`ConfigMapping` from a function; arguments as there.

    Example:
        >>> @config_mapping(config_schema={"days": int})
        ... def simple(value):
        ...     return {"ops": {"clean": {"config": value}}}
        >>> simple.resolve({"days": 7})
        {'ops': {'clean': {'config': {'days': 7}}}}
    """

    def decorate(function: Callable[..., Any]) -> ConfigMapping:
        return ConfigMapping(function, config_schema, receive_processed_config_values)

    return decorate if config_fn is None else decorate(config_fn)


def configured_type(inner_schema: Any, config_or_fn: Any, config_schema: Any = None) -> ConfigType:
    """Return the config type of a definition that was configured in advance.

    Args:
        inner_schema: The definition's own schema.
        config_or_fn: Its configuration, or a function that makes it from an outer one.
        config_schema: What the outer configuration looks like, if ``config_or_fn`` is a function.

    Raises:
        DagsterInvalidDefinitionError: There is a schema, but no function to use it.
    """
    inner = as_config_type(inner_schema)
    if not callable(config_or_fn) or isinstance(config_or_fn, RunConfig):
        if config_schema is not None:
            raise DagsterInvalidDefinitionError(
                "configured takes config_schema together with a function only.", where=caller_location()
            )
        constant = _plain_config(config_or_fn)
        return ConfigType(ConfigSpec(required=False), lambda _value: load(inner, constant, "a configured definition"))
    outer = as_config_type(config_schema if config_schema is not None else _annotated_class(config_or_fn))

    def to_python(value: Any) -> Any:
        made = _called(config_or_fn, outer.to_python(value), "The function given to configured")
        return load(inner, _plain_config(made), "a configured definition")

    return ConfigType(outer.spec, to_python)


def configured(configurable: Any, config_schema: Any = None, **kwargs: Any) -> Callable[[Any], Any]:
    """Configure a definition in advance, by a function from outer configuration or by the configuration itself.

    Args:
        configurable: An op, graph, resource, executor or logger definition.
        config_schema: What the outer configuration looks like.
        **kwargs: Passed on to the definition's own ``configured``, such as ``name`` for an op.

    Returns:
        A decorator for the function; called with a dict, it configures with that.

    Raises:
        DagsterInvalidDefinitionError: The definition cannot be configured.

    Example:
        >>> from earmark.define.resources.resource_definition import ResourceDefinition
        >>> greeting = configured(ResourceDefinition.string_resource())("hello")
        >>> greeting.load_config({}, "resource 'greeting'")
        'hello'
    """
    own = getattr(configurable, "configured", None)
    if own is None or isinstance(configurable, type):
        raise DagsterInvalidDefinitionError(
            f"Only ops, graphs, resources, executors and loggers can be configured, not {configurable!r}.",
            where=caller_location(),
        )

    def decorate(config_or_fn: Any) -> Any:
        settings = dict(kwargs)
        if callable(config_or_fn) and "name" not in settings and _takes_name(own):
            settings["name"] = config_or_fn.__name__
        return own(config_or_fn, config_schema=config_schema, **settings)

    return decorate


def _takes_name(function: Callable[..., Any]) -> bool:
    return "name" in inspect.signature(function).parameters


def _plain_config(value: Any) -> Any:
    as_config = getattr(type(value), "__run_config__", None)
    return value if as_config is None else as_config(value)


def _annotated_class(function: Callable[..., Any]) -> Any:
    try:
        parameters = list(inspect.signature(function, eval_str=True).parameters.values())
    except (NameError, TypeError, ValueError):
        return None  # an annotation that only a type checker can read says nothing at run time
    return parameters[0].annotation if parameters and is_model_class(parameters[0].annotation) else None


def _called(function: Callable[[Any], Any], value: Any, what: str) -> Any:
    try:
        return function(value)
    except DagsterError:
        raise
    except Exception as error:
        raise DagsterConfigMappingFunctionError(
            f"{what} raised {type(error).__name__}: {error}.", user_exception=error
        ) from error
