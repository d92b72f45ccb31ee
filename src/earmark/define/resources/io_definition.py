"""IO managers and input managers as resources: ``@io_manager`` and ``@input_manager``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

from earmark.define.resources.io import InputManager, IOManager
from earmark.define.resources.resource_definition import ResourceDefinition


class IOManagerDefinition(ResourceDefinition):
    """A resource that makes an :class:`IOManager`. Made by :func:`io_manager`.

    Example:
        >>> import earmark as em
        >>> stored = em.InMemoryIOManager()
        >>> memory = IOManagerDefinition.hardcoded_io_manager(stored)
        >>> @em.asset(io_manager_key="memory")
        ... def orders():
        ...     return [12, 30]
        >>> em.materialize([orders], resources={"memory": memory}).success
        True
        >>> list(stored.values.values())
        [[12, 30]]
    """

    def __init__(
        self,
        resource_fn: Any,
        config_schema: Any = None,
        description: str | None = None,
        required_resource_keys: Iterable[str] | None = None,
        version: str | None = None,
        input_config_schema: Any = None,
        output_config_schema: Any = None,
    ) -> None:
        super().__init__(resource_fn, config_schema, description, frozenset(required_resource_keys or ()), version)
        self.input_config_schema = input_config_schema
        self.output_config_schema = output_config_schema

    @property
    def is_io_manager(self) -> bool:
        """Whether it makes an IO manager: yes."""
        return True

    @staticmethod
    def hardcoded_io_manager(value: IOManager, description: str | None = None) -> IOManagerDefinition:
        """Return the definition that gives an IO manager that exists."""
        return IOManagerDefinition(lambda _context: value, description=description)


class InputManagerDefinition(ResourceDefinition):
    """A resource that loads inputs. Made by :func:`input_manager`.

    Example:
        >>> import earmark as em
        >>> @em.input_manager
        ... def today(context):
        ...     return "2026-11-23"
        >>> type(today).__name__
        'InputManagerDefinition'
        >>> @em.op(ins={"day": em.In(input_manager_key="today")})
        ... def report(day):
        ...     return f"sales of {day}"
        >>> @em.job(resource_defs={"today": today})
        ... def daily():
        ...     report()
        >>> daily.execute_in_process().output_for_node("report")
        'sales of 2026-11-23'
    """

    def __init__(
        self,
        resource_fn: Any,
        config_schema: Any = None,
        description: str | None = None,
        input_config_schema: Any = None,
        required_resource_keys: Iterable[str] | None = None,
        version: str | None = None,
    ) -> None:
        super().__init__(resource_fn, config_schema, description, frozenset(required_resource_keys or ()), version)
        self.input_config_schema = input_config_schema


@overload
def io_manager(config_schema: Callable[..., IOManager]) -> IOManagerDefinition: ...
@overload
def io_manager(
    config_schema: Any = None,
    description: str | None = None,
    output_config_schema: Any = None,
    input_config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    version: str | None = None,
) -> Callable[[Callable[..., IOManager]], IOManagerDefinition]: ...
def io_manager(
    config_schema: Any = None,
    description: str | None = None,
    output_config_schema: Any = None,
    input_config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    version: str | None = None,
) -> Any:
    """Make a resource of a function that returns an :class:`IOManager`.

    Args:
        config_schema: The schema of its configuration.
        description: Text for people.
        output_config_schema: The schema of configuration given per output.
        input_config_schema: The schema of configuration given per input.
        required_resource_keys: Resources it asks for.
        version: Changes when the function does.

    Example:
        >>> from earmark import InMemoryIOManager
        >>> @io_manager
        ... def memory():
        ...     return InMemoryIOManager()
        >>> memory.is_io_manager
        True
    """

    def decorate(function: Callable[..., IOManager], schema: Any = None) -> IOManagerDefinition:
        return IOManagerDefinition(
            function,
            schema,
            description or function.__doc__,
            required_resource_keys,
            version,
            input_config_schema,
            output_config_schema,
        )

    if callable(config_schema) and not isinstance(config_schema, type):
        return decorate(config_schema)
    return lambda function: decorate(function, config_schema)


class _LoadFunction(InputManager):
    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def load_input(self, context: Any) -> Any:
        from earmark.define.function import read_signature

        takes_context = read_signature(self._function, "input manager").context is not None
        return self._function(context) if takes_context else self._function()


def input_manager(
    config_schema: Any = None,
    description: str | None = None,
    input_config_schema: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    version: str | None = None,
) -> Any:
    """Make a resource of a function that loads an input: ``In(input_manager_key=...)`` names it.

    Args:
        config_schema: The schema of its configuration.
        description: Text for people.
        input_config_schema: The schema of configuration given per input.
        required_resource_keys: Resources it asks for.
        version: Changes when the function does.

    Example:
        >>> @input_manager
        ... def seven(context):
        ...     return 7
        >>> @em.op(ins={"days": em.In(input_manager_key="seven")})
        ... def weeks(days):
        ...     return days / 7
        >>> @em.job(resource_defs={"seven": seven})
        ... def counting():
        ...     weeks()
        >>> counting.execute_in_process().output_for_node("weeks")
        1.0
    """

    def decorate(function: Callable[..., Any], schema: Any = None) -> InputManagerDefinition:
        return InputManagerDefinition(
            lambda _context: _LoadFunction(function),
            schema,
            description or function.__doc__,
            input_config_schema,
            required_resource_keys,
            version,
        )

    if callable(config_schema) and not isinstance(config_schema, type):
        return decorate(config_schema)
    return lambda function: decorate(function, config_schema)
