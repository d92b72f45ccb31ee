"""IO managers: what stores outputs and loads inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any


class InputManager(ABC):
    """Loads inputs.

    Example:
        >>> class Constant(InputManager):
        ...     def load_input(self, context):
        ...         return 3
        >>> Constant().load_input(None)
        3
    """

    @abstractmethod
    def load_input(self, context: Any) -> Any:
        """Return the value of the input that ``context`` (an :class:`InputContext`) describes."""


class IOManager(InputManager):
    """Stores outputs, and loads them again for those who take them.

    Example:
        >>> class Memory(IOManager):
        ...     def __init__(self):
        ...         self.values = {}
        ...
        ...     def handle_output(self, context, obj):
        ...         self.values[tuple(context.get_identifier())] = obj
        ...
        ...     def load_input(self, context):
        ...         return self.values[tuple(context.upstream_output.get_identifier())]
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> @em.asset
        ... def order_count(orders):
        ...     return len(orders)
        >>> store = Memory()
        >>> em.materialize([orders, order_count], resources={"io_manager": store}).success
        True
        >>> sorted(store.values.values(), key=str)
        [3, [1, 2, 3]]
    """

    @abstractmethod
    def handle_output(self, context: Any, obj: Any) -> None:
        """Store ``obj``, the output that ``context`` (an :class:`OutputContext`) describes."""


def is_io_manager(thing: Any) -> bool:
    """Say whether an object can store outputs and load inputs, whatever its class."""
    return callable(getattr(thing, "handle_output", None)) and callable(getattr(thing, "load_input", None))


Loader = Callable[[Any], Any]
"""A function that an ``@input_manager`` decorates."""
