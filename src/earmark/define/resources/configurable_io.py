"""IO managers as classes with typed fields. This module loads pydantic."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Generic, TypeVar

from earmark.define.resources.configurable_resource import ConfigurableResource, ConfigurableResourceFactory
from earmark.define.resources.io import IOManager
from earmark.define.resources.io_definition import IOManagerDefinition
from earmark.define.resources.resource_context import InitResourceContext
from earmark.define.resources.resource_definition import enter_resource

T = TypeVar("T", bound=IOManager)


class ConfigurableIOManager(ConfigurableResource, IOManager):
    """An IO manager as a class: its fields are its configuration.

    Example:
        >>> class Files(ConfigurableIOManager):
        ...     folder: str
        ...
        ...     def handle_output(self, context, obj): ...
        ...
        ...     def load_input(self, context):
        ...         return self.folder
        >>> Files(folder="data").load_input(None)
        'data'
    """


class ConfigurableIOManagerFactory(ConfigurableResourceFactory[Any], Generic[T]):
    """A class that makes an IO manager: its fields are its configuration.

    Example:
        >>> from earmark.define.resources.io import IOManager
        >>> class Files(ConfigurableIOManagerFactory):
        ...     folder: str
        ...
        ...     def create_io_manager(self, context) -> IOManager: ...
        >>> Files(folder="data").folder
        'data'
    """

    @abstractmethod
    def create_io_manager(self, context: InitResourceContext) -> IOManager:
        """Return the IO manager. Override it."""

    def create_resource(self, context: InitResourceContext) -> IOManager:
        """Return the IO manager."""
        return self.create_io_manager(context)


class ConfigurableLegacyIOManagerAdapter(ConfigurableIOManagerFactory[IOManager]):
    """A class with typed fields around an IO manager that is written as a function.

    Example:
        >>> @em.io_manager(config_schema={"folder": str})
        ... def written_before(context):
        ...     return em.FilesystemIOManager(base_dir=context.resource_config["folder"]).create_io_manager(context)
        >>> class Files(ConfigurableLegacyIOManagerAdapter):
        ...     folder: str
        ...
        ...     @property
        ...     def wrapped_io_manager(self):
        ...         return written_before
        >>> @em.asset
        ... def orders():
        ...     return [1, 2]
        >>> em.materialize([orders], resources={"io_manager": Files(folder="kept")}).success
        True
        >>> import pathlib
        >>> pathlib.Path("kept/orders").exists()
        True
    """

    @property
    @abstractmethod
    def wrapped_io_manager(self) -> IOManagerDefinition:
        """The IO manager that gets the fields as its configuration. Override it."""

    def create_io_manager(self, context: InitResourceContext) -> IOManager:
        """Return the IO manager; what it tears down itself waits for :meth:`yield_for_execution`."""
        with ExitStack() as stack:
            made: IOManager = self._enter(context, stack)
            stack.pop_all()
        return made

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[Any]:
        """Yield the IO manager, and tear it down."""
        with ExitStack() as stack:
            yield self._enter(context, stack)

    def _enter(self, context: InitResourceContext, stack: ExitStack) -> Any:
        wrapped, name = self.wrapped_io_manager, type(self).__name__
        config = wrapped.load_config({"config": self.__run_config__()}, f"the IO manager that {name} wraps")
        return enter_resource(name, wrapped, context.replace_config(config), stack)
