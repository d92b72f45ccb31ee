"""Resources as classes: typed fields, other resources within them, and what to do before and after a run.

This module loads pydantic; nothing else does until a project has such a class.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from earmark.define.config.env import EnvVar, IntEnvVar
from earmark.define.config.env_fields import let_through
from earmark.define.config.frozen_model import FrozenModel
from earmark.define.config.model_types import json_of_model
from earmark.define.resources.resource_class import (
    InstanceDefinition,
    PartialResource,
    config_type_of_resource,
    resource_fields,
)
from earmark.define.resources.resource_context import InitResourceContext
from earmark.define.resources.resource_definition import ResourceDefinition
from earmark.define.resources.resource_param import ResourceMark
from earmark.values.errors import DagsterInvariantViolationError

T = TypeVar("T")


class ResourceDependency(Generic[T]):
    """A field that holds any resource: an object, a :class:`ResourceDefinition` or a configurable resource.

    Example:
        >>> class Report(ConfigurableResource):
        ...     store: ResourceDependency[dict]
        >>> Report(store={"a": 1}).store
        {'a': 1}
    """

    if TYPE_CHECKING:

        def __get__(self, instance: Any, owner: Any = None) -> T: ...

        def __set__(self, instance: Any, value: Any) -> None: ...

    else:

        def __class_getitem__(cls, item):
            return Annotated[Any, ResourceMark(item)]


class ConfigurableResourceFactory(FrozenModel, Generic[T]):
    """A resource class that makes something else: ops see what ``create_resource`` returns.

    Example:
        >>> class Greeting(ConfigurableResourceFactory[str]):
        ...     name: str
        ...
        ...     def create_resource(self, context):
        ...         return f"Hello {self.name}"
        >>> Greeting(name="Ann").process_config_and_initialize()
        'Hello Ann'
    """

    marks_resource: ClassVar[bool] = True
    _what: ClassVar[str] = "a resource class"
    _hint_when_frozen: ClassVar[str] = (
        "To keep state, use an attribute whose name begins with an underscore, or a client of its own that a method"
        " of the resource makes."
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return let_through(handler(source), (EnvVar, IntEnvVar, PartialResource, ResourceDefinition))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") and not name.startswith("__") and name not in type(self).__private_attributes__:
            self.__dict__[name] = value  # state, as a cached property would keep it: no field, not compared
            return
        super().__setattr__(name, value)

    def create_resource(self, context: InitResourceContext) -> T:
        """Return what ops see. Override it."""
        raise NotImplementedError(f"{type(self).__name__} does not define create_resource.")

    def setup_for_execution(self, context: InitResourceContext) -> None:
        """Called before the resource is used. Override it to open what the resource needs."""

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        """Called after the resource was used, and only if its setup succeeded. Override it to clean up."""

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[T]:
        """Yield what ops see. Override it with a context manager, instead of the setup and teardown methods."""
        self.setup_for_execution(context)
        try:
            yield self.create_resource(context)
        finally:
            self.teardown_after_execution(context)

    def get_resource_context(self) -> InitResourceContext:
        """Return the context that the resource was set up with.

        Raises:
            DagsterInvariantViolationError: It was not set up.
        """
        context = self.__dict__.get("_resource_context")
        if context is None:
            raise DagsterInvariantViolationError(
                f"Attempted to get context before resource was initialized: {type(self).__name__} has no context"
                " outside of a run."
            )
        found: InitResourceContext = context
        return found

    def with_replaced_resource_context(self, context: InitResourceContext) -> Any:
        """Return a copy that was set up with another context."""
        copy = self.model_copy()
        copy._resource_context = context
        return copy

    @classmethod
    def configure_at_launch(cls, **kwargs: Any) -> Any:
        """Return the resource with only some fields given; run config gives the others.

        Example:
            >>> class Store(ConfigurableResource):
            ...     url: str
            >>> Store.configure_at_launch()
            PartialResource(Store)
        """
        return PartialResource(cls, kwargs)

    def process_config_and_initialize(self) -> T:
        """Return what ops would see, the environment read; for use outside of a run. Nothing is torn down."""
        with ExitStack() as stack:
            made = stack.enter_context(self.process_config_and_initialize_cm())
            stack.pop_all()
        return made

    def process_config_and_initialize_cm(self) -> AbstractContextManager[T]:
        """Return a context manager that yields what ops would see and tears it down; for use outside of a run."""
        return _outside_of_a_run(self.__resource_definition__(), InitResourceContext())

    @classmethod
    def from_resource_context(cls, context: InitResourceContext) -> Any:
        """Return what ops would see, with the configuration of a resource function's context.

        Example:
            >>> class Store(ConfigurableResource):
            ...     url: str
            >>> Store.from_resource_context(InitResourceContext(resource_config={"url": "x"})).url
            'x'
        """
        with ExitStack() as stack:
            made = stack.enter_context(cls.from_resource_context_cm(context))
            stack.pop_all()
        return made

    @classmethod
    def from_resource_context_cm(cls, context: InitResourceContext) -> AbstractContextManager[Any]:
        """Return a context manager as :meth:`from_resource_context`, which tears the resource down."""
        return _outside_of_a_run(PartialResource(cls, {}).__resource_definition__(), context)

    @classmethod
    def to_config_schema(cls) -> Any:
        """Return the fields of the class as a schema, for ``config_schema=``."""
        return config_type_of_resource(cls, {})

    def __resource_definition__(self) -> InstanceDefinition:
        """Return the resource as a definition."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields.update(self.model_extra or {})
        return InstanceDefinition(type(self), fields)

    def __run_config__(self) -> dict[str, Any]:
        """Return its fields as they stand in run config; resources within it are no configuration."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return json_of_model(self, leave_out=resource_fields(type(self), given))


class ConfigurableResource(ConfigurableResourceFactory[Any]):
    """A resource as a class: its fields are its configuration, its methods what ops use.

    Fields may be what fields of a :class:`Config` may be, and other resources. State goes into attributes whose names
    begin with an underscore.

    Example:
        >>> class Database(ConfigurableResource):
        ...     url: str
        ...
        ...     def query(self, text):
        ...         return f"{text} at {self.url}"
        >>> Database(url="db").query("select 1")
        'select 1 at db'
    """

    def create_resource(self, context: InitResourceContext) -> Any:
        """Return the resource itself."""
        return self


@contextmanager
def _outside_of_a_run(definition: InstanceDefinition, context: InitResourceContext) -> Iterator[Any]:
    config = context.resource_config
    loaded = definition.load_config({} if config is None else {"config": config}, f"resource {definition.type_name!r}")
    with definition.entered(context.replace_config(loaded)) as made:
        yield made


__all__ = [
    "ConfigurableResource",
    "ConfigurableResourceFactory",
    "InitResourceContext",
    "PartialResource",
    "ResourceDependency",
]
