"""Resources made by functions, and how anything that may stand as a resource becomes a definition."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Set
from contextlib import ExitStack, _GeneratorContextManager
from typing import Any, overload

from earmark.define.config.config_mapping import configured_type
from earmark.define.config.config_type import ConfigType, load
from earmark.define.config.schema import as_config_type
from earmark.define.resources.resource_context import InitResourceContext
from earmark.specs.config import shape
from earmark.specs.resource import ResourceSpec
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    caller_location,
)


class ResourceDefinition:
    """A resource made by a function.

    Args:
        resource_fn: Takes an :class:`InitResourceContext`, or nothing. Returns the resource, or yields it once and
            cleans up after the yield, or returns a context manager around it.
        config_schema: What its configuration looks like; without one it takes any.
        description: A sentence for people.
        required_resource_keys: Keys of the resources that it needs.
        version: Changes when the function does.

    Example:
        >>> import earmark as em
        >>> greeting = ResourceDefinition(lambda context: f"Hello {context.resource_config}", config_schema=str)
        >>> with em.build_resources(
        ...     {"greeting": greeting}, resource_config={"greeting": {"config": "Ada"}}
        ... ) as resources:
        ...     resources.greeting
        'Hello Ada'
    """

    def __init__(
        self,
        resource_fn: Callable[..., Any],
        config_schema: Any = None,
        description: str | None = None,
        required_resource_keys: Set[str] | None = None,
        version: str | None = None,
    ) -> None:
        if not callable(resource_fn):
            raise DagsterInvalidDefinitionError(
                f"resource_fn is a function, not {resource_fn!r}.", where=caller_location()
            )
        if isinstance(required_resource_keys, str):
            raise DagsterInvalidDefinitionError(
                f"required_resource_keys is a set of keys, not the text {required_resource_keys!r}.",
                where=caller_location(),
                hint=f"Write required_resource_keys={{{required_resource_keys!r}}}.",
            )
        self.resource_fn = resource_fn
        self.config_schema = config_schema
        self.config_type: ConfigType = as_config_type(config_schema)
        self.description = description
        self.required_resource_keys = frozenset(required_resource_keys or ())
        self.version = version
        self.takes_context = _takes_context(resource_fn)

    @property
    def type_name(self) -> str:
        """The name of the function."""
        return getattr(self.resource_fn, "__name__", type(self.resource_fn).__name__)

    @property
    def is_io_manager(self) -> bool:
        """Whether it is known to store outputs and load inputs before it is made."""
        return False

    def spec(self, key: str) -> ResourceSpec:
        """Return the resource under a key, as data."""
        return ResourceSpec(
            key,
            self.type_name,
            self.description,
            None if self.config_schema is None else self.config_type.spec,
            self.required_resource_keys,
            is_io_manager=self.is_io_manager,
        )

    def requirements(self, given: Mapping[str, Any]) -> frozenset[str]:
        """Return the keys of the resources it needs, ``given`` being all that there are, by key."""
        del given
        return self.required_resource_keys

    def load_config(self, entry: Mapping[str, Any], subject: str, path: tuple[str | int, ...] = ()) -> Any:
        """Return its configuration as its function sees it.

        Args:
            entry: What run config says of the resource: ``{"config": ...}`` or nothing.
            subject: What is configured, for the error.
            path: Where the entry lies within run config.

        Raises:
            DagsterInvalidConfigError: It does not fit.
        """
        own = self.config_type
        whole = ConfigType(
            shape({"config": own.spec}),
            lambda value: own.to_python(value["config"]) if "config" in value else self.config_when_absent(),
        )
        return load(whole, entry, subject, path)

    def config_when_absent(self) -> Any:
        """Return what its function sees where there is no configuration."""
        return self.config_type.to_python(None) if self.config_schema is not None else None

    def make(self, context: InitResourceContext) -> Any:
        """Call the function: the resource, a generator that yields it, or a context manager around it."""
        return self.resource_fn(context) if self.takes_context else self.resource_fn()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself, with a context if it takes one; for tests.

        Raises:
            DagsterInvalidInvocationError: It takes a context and none was given, or the reverse.
        """
        if not self.takes_context:
            if args or kwargs:
                raise DagsterInvalidInvocationError(
                    f"The resource function {self.type_name!r} takes no context.", where=caller_location()
                )
            return self.resource_fn()
        given = [*args, *kwargs.values()]
        if len(given) != 1:
            raise DagsterInvalidInvocationError(
                "Resource initialization function has context argument, but no context was provided when invoking.",
                hint="Pass build_init_resource_context(...).",
                where=caller_location(),
            )
        return self.resource_fn(self._context_with_config(given[0]))

    def _context_with_config(self, context: InitResourceContext | None) -> InitResourceContext:
        if context is None:
            if self.config_type.spec.is_required:
                raise DagsterInvalidInvocationError(
                    "Resource has required config schema, but no context was provided.",
                    hint="Use build_init_resource_context(config=...) to create one.",
                    where=caller_location(),
                )
            context = InitResourceContext()
        config = context.resource_config
        entry = {} if config is None else {"config": config}
        return context.replace_config(self.load_config(entry, "resource"))

    def configured(
        self, config_or_config_fn: Any, config_schema: Any = None, description: str | None = None
    ) -> ResourceDefinition:
        """Return the same resource with its configuration given, or made by a function from an outer one.

        Example:
            >>> greeting = ResourceDefinition.string_resource().configured("hello")
            >>> greeting.load_config({}, "resource 'greeting'")
            'hello'
        """
        made = copy.copy(self)
        made.config_type = configured_type(self.config_type, config_or_config_fn, config_schema)
        made.config_schema = made.config_type
        made.description = description or self.description
        return made

    @staticmethod
    def hardcoded_resource(value: Any, description: str | None = None) -> ResourceDefinition:
        """Return the definition of a resource that is this very object."""
        return FixedResource(value, description)

    @staticmethod
    def none_resource(description: str | None = None) -> ResourceDefinition:
        """Return the definition of a resource that is ``None``."""
        return FixedResource(None, description)

    @staticmethod
    def mock_resource(description: str | None = None) -> ResourceDefinition:
        """Return the definition of a resource that is a new ``MagicMock`` each time."""

        def mock_resource() -> Any:
            from unittest.mock import MagicMock

            return MagicMock()

        return ResourceDefinition(mock_resource, description=description)

    @staticmethod
    def string_resource(description: str | None = None) -> ResourceDefinition:
        """Return the definition of a resource that is the text it is configured with."""
        return ResourceDefinition(lambda context: context.resource_config, str, description)


class FixedResource(ResourceDefinition):
    """A resource that exists already."""

    def __init__(self, value: Any, description: str | None = None) -> None:
        super().__init__(lambda: value, description=description)
        self.value = value

    @property
    def type_name(self) -> str:
        """The name of the object's class."""
        return type(self.value).__name__

    @property
    def is_io_manager(self) -> bool:
        """Whether the object can store outputs and load inputs."""
        return callable(getattr(self.value, "handle_output", None)) and callable(
            getattr(self.value, "load_input", None)
        )

    def make(self, context: InitResourceContext) -> Any:
        """Return the object, wrapped so that an iterator is not taken for a generator function's."""
        del context
        return Ready(self.value)


class Ready:
    """A resource that is what it is: neither a generator to run nor a context manager to enter."""

    def __init__(self, value: Any) -> None:
        self.value = value


@overload
def resource(config_schema: Callable[..., Any]) -> ResourceDefinition: ...


@overload
def resource(
    config_schema: Any = None,
    description: str | None = None,
    required_resource_keys: Set[str] | None = None,
    version: str | None = None,
) -> Callable[[Callable[..., Any]], ResourceDefinition]: ...


def resource(
    config_schema: Any = None,
    description: str | None = None,
    required_resource_keys: Set[str] | None = None,
    version: str | None = None,
) -> Any:
    """Make a resource from a function; arguments as of :class:`ResourceDefinition`.

    Example:
        >>> @resource(config_schema={"city": str})
        ... def weather(context):
        ...     yield f"weather of {context.resource_config['city']}"
        >>> weather.type_name
        'weather'
    """
    if callable(config_schema) and not isinstance(config_schema, type):
        return _of_function(config_schema)

    def decorate(function: Callable[..., Any]) -> ResourceDefinition:
        return _of_function(function, config_schema, description, required_resource_keys, version)

    return decorate


def _of_function(function: Callable[..., Any], *settings: Any) -> ResourceDefinition:
    schema, description, keys, version = settings or (None, None, None, None)
    doc = inspect.getdoc(function) if inspect.isfunction(function) else None
    made = ResourceDefinition(function, schema, description or doc, keys, version)
    made.__doc__ = function.__doc__
    return made


def as_resource_definition(value: Any) -> ResourceDefinition:
    """Return anything given as a resource as a definition; an object of any other kind is the resource itself."""
    if isinstance(value, ResourceDefinition):
        return value
    own = getattr(type(value), "__resource_definition__", None)
    if own is not None:
        made: ResourceDefinition = own(value)
        return made
    return FixedResource(value)


TeardownFault = Callable[[str, BaseException], None]
"""Told of a resource whose clean-up raised: its key and the exception."""


def enter_resource(
    key: str,
    definition: ResourceDefinition,
    context: InitResourceContext,
    stack: ExitStack,
    report: TeardownFault | None = None,
) -> Any:
    """Set up one resource whose needs are met, to be torn down with ``stack``.

    Args:
        key: Its key, for errors.
        definition: Its definition.
        context: What its code sees.
        stack: Tears it down when it is closed. A failure of the run does not reach the resource's code.
        report: Told of a clean-up that raised; unless given, the exception passes on.

    Raises:
        DagsterInvariantViolationError: It is a generator that yields nothing.
    """
    product = definition.make(context)
    if isinstance(product, Ready):
        return product.value
    if inspect.isgenerator(product):
        try:
            value = next(product)
        except StopIteration:
            raise DagsterInvariantViolationError(
                f"Resource generator {key} must yield one item; it yielded none."
            ) from None
        stack.push(_leaving(key, lambda: _finish(product), report))
        return value
    if isinstance(product, _GeneratorContextManager):
        # From ``@contextmanager``. A resource such as a file is a context manager itself, and stays as it is.
        value = product.__enter__()
        stack.push(_leaving(key, lambda: product.__exit__(None, None, None), report))
        return value
    return product


def _finish(generator: Any) -> None:
    try:
        next(generator, None)
    finally:
        generator.close()


def _leaving(key: str, leave: Callable[[], object], report: TeardownFault | None) -> Callable[..., None]:
    def on_exit(*_exception: object) -> None:
        try:
            leave()
        except Exception as error:
            if report is None:
                raise
            report(key, error)

    return on_exit


def make_values_resource(**kwargs: Any) -> ResourceDefinition:
    """Return a resource that is its own configuration, as a dict.

    Args:
        **kwargs: From names to config types; without any, any dict is taken.

    Example:
        >>> make_values_resource(city=str).load_config({"config": {"city": "Turku"}}, "values")
        {'city': 'Turku'}
    """
    return ResourceDefinition(lambda context: context.resource_config, dict(kwargs) if kwargs else dict)


def _takes_context(function: Callable[..., Any]) -> bool:
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True  # a builtin without a signature
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if len(needed) > 1:
        raise DagsterInvalidDefinitionError(
            f"A resource function takes a context or nothing; {getattr(function, '__name__', function)!r} needs"
            f" {', '.join(p.name for p in needed)}.",
            where=caller_location(),
        )
    return bool(parameters)
