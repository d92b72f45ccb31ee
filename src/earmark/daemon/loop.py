"""A loop of the host: a thread that looks when woken or when its patience ends, whether or not the store answers."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any

from earmark.values.errors import StoreError

_PAUSE = 1.0
"""How long a loop waits, at most, after a look that was broken off."""


class Loop(ABC):
    """Looks again and again, in a thread of its own, until it is stopped.

    Args:
        name: The name of the thread.
        log: The structured log in which it says that the store is out of reach.
        every: How long it waits at most between two looks, in seconds.
        join_seconds: How long :meth:`stop` waits for the look in progress.
    """

    def __init__(self, name: str, log: Any, *, every: float = 1.0, join_seconds: float = 5.0) -> None:
        self._log = log
        self._every = every
        self._join_seconds = join_seconds
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking. What is in progress elsewhere ends by itself, or is taken up by the next host."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(self._join_seconds)

    def wake(self) -> None:
        """Look now: something that matters here may have changed."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._patience())
            self._wake.clear()
            if self._stop.is_set():
                return
            try:
                self._look()
            except StoreError as error:
                self._log.warning("the store is out of reach", error=str(error))
            except Exception:
                # A fault that nobody has foreseen. The loop goes on: what it does must not stop for one run's sake.
                self._log.exception("a look has failed; the next one begins anew")
            else:
                continue
            self._begin_anew()
            self._stop.wait(min(self._every, _PAUSE))

    def _patience(self) -> float:
        """Return how long nothing need be looked at, in seconds."""
        return self._every

    @abstractmethod
    def _look(self) -> None:
        """Look once, if this host leads."""

    def _begin_anew(self) -> None:
        """Do what is to be done before the next look, now that this one was broken off."""
        return
