"""IO managers as classes with typed fields. This module loads pydantic."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Generic, TypeVar

from earmark.define.resources.configurable_resource import ConfigurableResource, ConfigurableResourceFactory
from earmark.define.resources.io import IOManager
from earmark.define.resources.resource_context import InitResourceContext

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
