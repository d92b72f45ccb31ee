"""A loop of the host: a thread that looks when woken or when its patience ends, whether or not the store answers."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from earmark.locations.heartbeats import LoopBeat
from earmark.values.clock import Micros
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
        self._looks = 0
        self._looked: float | None = None  # by time.monotonic, as the next two
        self._looking: float | None = None
        self._failed: float | None = None
        self._error = ""

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking. What is in progress elsewhere ends by itself, or is taken up by the next host."""
        self.quit()
        if self._thread.is_alive():
            self._thread.join(self._join_seconds)

    def quit(self) -> None:
        """Look no more, without waiting for the look in progress."""
        self._stop.set()
        self._wake.set()

    def wake(self) -> None:
        """Look now: something that matters here may have changed."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._patience())
            self._wake.clear()
            if self._stop.is_set():
                return
            if self._looks_well():
                continue
            self._begin_anew()
            self._stop.wait(min(self._every, _PAUSE))

    def _looks_well(self) -> bool:
        """Look; a look that is broken off is told of, and remembered."""
        self._looking, fault = time.monotonic(), ""
        try:
            self._look()
        except StoreError as error:
            self._log.warning("the store is out of reach", error=str(error))
            fault = _line(error)
        except Exception as error:
            # A fault that nobody has foreseen. The loop goes on: what it does must not stop for one run's sake.
            self._log.exception("a look has failed; the next one begins anew")
            fault = _line(error)
        self._looking, self._looked, self._looks = None, time.monotonic(), self._looks + 1
        if fault:
            self._error, self._failed = fault, self._looked
        return not fault

    def beat(self, now: Micros) -> LoopBeat:
        """Return how this loop stands."""
        clock = time.monotonic()

        def at(instant: float | None) -> Micros | None:
            return None if instant is None else Micros(now - round((clock - instant) * 1_000_000))

        return LoopBeat(
            name=self._thread.name,
            every=self._every,
            looks=self._looks,
            looked_at=at(self._looked),
            looking_since=at(self._looking),
            error=self._error,
            failed_at=at(self._failed),
            is_alive=self._thread.is_alive(),
        )

    def _patience(self) -> float:
        """Return how long nothing need be looked at, in seconds."""
        return self._every

    @abstractmethod
    def _look(self) -> None:
        """Look once, if this host leads."""

    def _begin_anew(self) -> None:
        """Do what is to be done before the next look, now that this one was broken off."""
        return


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
