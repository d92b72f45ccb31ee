"""What the code of a resource sees while it is set up, and the resources that user code sees by attribute."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from earmark.values.errors import DagsterUnknownResourceError, caller_location, did_you_mean


class IAttachDifferentObjectToOpContext(ABC):
    """What a resource class may be as well, to show ``context.resources`` another object than itself.

    Code that asks for the resource by a parameter gets the resource; code that asks for it on ``context.resources``
    gets the other object, as it did before the resource became a class.

    Example:
        >>> class Greeting(em.ConfigurableResource, IAttachDifferentObjectToOpContext):
        ...     name: str
        ...
        ...     def get_object_to_set_on_execution_context(self):
        ...         return f"Hello {self.name}"
        >>> @em.op(required_resource_keys={"greeting"})
        ... def old(context):
        ...     return context.resources.greeting
        >>> @em.op
        ... def new(greeting: Greeting):
        ...     return greeting.name
        >>> @em.job(resource_defs={"greeting": Greeting(name="Ann")})
        ... def both():
        ...     old(), new()
        >>> result = both.execute_in_process()
        >>> result.output_for_node("old"), result.output_for_node("new")
        ('Hello Ann', 'Ann')
    """

    @abstractmethod
    def get_object_to_set_on_execution_context(self) -> Any:
        """Return the object that ``context.resources`` shows."""


class Resources:
    """Resources by attribute: ``context.resources.database``.

    Args:
        objects: The resources by key.
        asker: Who asks, for the error, such as ``"op 'clean'"``.

    Raises:
        DagsterUnknownResourceError: An attribute is no key.

    Example:
        >>> Resources({"limit": 3}).limit
        3
    """

    __slots__ = ("_asker", "_objects", "_shown")

    def __init__(self, objects: Mapping[str, Any] | None = None, asker: str | None = None) -> None:
        self._objects = dict(objects or {})
        self._asker = asker
        self._shown: dict[str, Any] = {}

    def __getattr__(self, key: str) -> Any:
        if key.startswith("__"):
            raise AttributeError(key)
        try:
            made = self._objects[key]
        except KeyError:
            raise self._unknown(key) from None
        if not isinstance(made, IAttachDifferentObjectToOpContext):
            return made
        if key not in self._shown:
            self._shown[key] = made.get_object_to_set_on_execution_context()
        return self._shown[key]

    def _itself(self, key: str) -> Any:
        """Return a resource, whatever it shows on a context."""
        if key not in self._objects:
            raise self._unknown(key)
        return self._objects[key]

    def _unknown(self, key: str) -> DagsterUnknownResourceError:
        asker = self._asker or "the definition that uses it"
        return DagsterUnknownResourceError(
            f"Unknown resource `{key}`. Specify `{key}` as a required resource of {asker}."
            f" There are: {', '.join(sorted(self._objects)) or 'none'}.{did_you_mean(key, self._objects)}",
            where=caller_location(),
            resource_name=key,
        )

    def _asdict(self) -> dict[str, Any]:
        """Return the resources by key."""
        return dict(self._objects)

    def _only(self, keys: Iterable[str], asker: str | None = None) -> Resources:
        """Return those under the given keys, for one who declared no others."""
        wanted = frozenset(keys)
        return Resources({key: made for key, made in self._objects.items() if key in wanted}, asker or self._asker)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._objects.values())

    def __contains__(self, key: object) -> bool:
        return key in self._objects

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={made!r}" for key, made in self._objects.items())
        return f"Resources({shown})"


@dataclass(frozen=True)
class InitResourceContext:
    """What the code of a resource sees while it is set up and torn down.

    Args:
        resource_config: Its configuration, as its schema says; ``None`` if it has none.
        resources: The resources that it requires.
        resource_def: Its definition.
        all_resource_defs: All definitions by key.
        instance: The instance of the run.
        dagster_run: The run, or ``None`` outside of one.
        log_manager: Where it logs.

    Example:
        >>> InitResourceContext(resource_config={"city": "Turku"}).resource_config["city"]
        'Turku'
    """

    resource_config: Any = None
    resources: Any = field(default_factory=Resources)
    resource_def: Any = None
    all_resource_defs: Mapping[str, Any] = field(default_factory=dict)
    instance: Any = None
    dagster_run: Any = None
    log_manager: Any = None

    @property
    def run(self) -> Any:
        """The run, or ``None`` outside of one."""
        return self.dagster_run

    @property
    def run_id(self) -> str | None:
        """The id of the run, or ``None`` outside of one."""
        return None if self.dagster_run is None else self.dagster_run.run_id

    @property
    def log(self) -> Any:
        """Where it logs: into the run, or outside of one to Python's logging."""
        return logging.getLogger("earmark") if self.log_manager is None else self.log_manager

    def replace_config(self, config: Any) -> InitResourceContext:
        """Return the same with another configuration."""
        return replace(self, resource_config=config)
