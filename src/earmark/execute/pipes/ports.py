"""What carries context to a process, and reads what it prints: to be subclassed for a place of one's own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

from earmark.execute.pipes.wire import PipesParams


class PipesContextInjector(ABC):
    """Puts the context where the process can read it. Subclass it for a place of your own.

    Example:
        >>> from contextlib import contextmanager
        >>> class SharedFolder(PipesContextInjector):
        ...     @contextmanager
        ...     def inject_context(self, context_data):
        ...         yield {"key": f"runs/{context_data['run_id']}.json"}
        ...
        ...     def no_messages_debug_text(self):
        ...         return "The context was put into the shared folder."
        >>> with SharedFolder().inject_context({"run_id": "17"}) as params:
        ...     params
        {'key': 'runs/17.json'}
    """

    @abstractmethod
    def inject_context(self, context_data: Any) -> AbstractContextManager[PipesParams]:
        """Return a context manager that gives the parameters by which the process finds its context.

        Args:
            context_data: What the process may know of its step, as data of JSON.
        """

    @abstractmethod
    def no_messages_debug_text(self) -> str:
        """Return how the context was handed over, for when nothing is heard of the process."""


class PipesLogReader(ABC):
    """Reads what a process prints from where its platform keeps it. Subclass it for a platform of your own.

    A :class:`PipesBlobStoreMessageReader` starts its log readers as soon as they have something to read, and stops
    them when the session is over.

    Example:
        >>> class Printed(PipesLogReader):
        ...     running = False
        ...
        ...     def start(self, params, is_session_closed):
        ...         self.running = True
        ...
        ...     def stop(self):
        ...         self.running = False
        ...
        ...     def is_running(self):
        ...         return self.running
        ...
        ...     def target_is_readable(self, params):
        ...         return "extras" in params
        >>> printed = Printed()
        >>> printed.target_is_readable({}), printed.name
        (False, 'Printed')
    """

    @abstractmethod
    def start(self, params: PipesParams, is_session_closed: threading.Event) -> None:
        """Begin to read, and go on until told to stop.

        Args:
            params: The parameters of the message reader, and what the process said when it began.
            is_session_closed: Set when the process has ended.
        """

    @abstractmethod
    def stop(self) -> None:
        """Read what is still there and end."""

    @abstractmethod
    def is_running(self) -> bool:
        """Say whether it reads."""

    @abstractmethod
    def target_is_readable(self, params: PipesParams) -> bool:
        """Say whether there is something to read yet."""

    @property
    def name(self) -> str:
        """What the reader is called in messages."""
        return type(self).__name__

    @property
    def debug_info(self) -> str | None:
        """What helps to find out why nothing could be read, if anything does."""
        return None

    def with_debug_info(self, message: str) -> str:
        """Return a message with the debug information, if there is any."""
        return message if self.debug_info is None else f"{message}\n{self.debug_info}"
