"""The way of events from a run to the store: in order, in batches, each batch one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact
from earmark.values.clock import Clock
from earmark.values.errors import StoreError

Write = Callable[[str, Sequence[Event]], Sequence[Event]]
"""Stores events of a run in one transaction and returns them numbered."""

_MAX_PENDING = 500
_MAX_WAIT = 100_000


class Recorder:
    """Collects the events of one run and writes them in batches.

    An event is written at the latest with the next event that comes 100 ms after it, by :meth:`flush`, or when 500
    wait. Safe to use from several threads.

    Args:
        run_id: The run.
        write: Stores a batch.
        clock: Where the time comes from.
        keep: Whether all events are kept in :attr:`events` too, for the result of a run in this process.
        listen: Called with each event as it happens.
    """

    def __init__(
        self,
        run_id: str,
        write: Write,
        clock: Clock,
        *,
        keep: bool = False,
        listen: Callable[[Event], None] | None = None,
    ) -> None:
        self.run_id = run_id
        self.events: list[Event] = []
        self._write = write
        self._clock = clock
        self._keep = keep
        self._listen = listen
        self._pending: list[Event] = []
        self._oldest = 0
        self._lock = threading.RLock()

    def add(self, fact: AnyFact, step_key: str | None = None) -> Event:
        """Take a fact as true from now on."""
        with self._lock:
            event = Event(fact, self._clock(), self.run_id, step_key)
            if not self._pending:
                self._oldest = event.timestamp
            self._pending.append(event)
            if self._listen is not None:
                self._listen(event)
            if len(self._pending) >= _MAX_PENDING or event.timestamp - self._oldest >= _MAX_WAIT:
                self.flush()
            return event

    def pass_on(self, events: Sequence[Event]) -> None:
        """Take events of the run that another process of it made."""
        with self._lock:
            if events and not self._pending:
                self._oldest = self._clock()
            self._pending.extend(events)
            if self._listen is not None:
                for event in events:
                    self._listen(event)
            if len(self._pending) >= _MAX_PENDING:
                self.flush()

    def flush_if_older(self, age: int) -> None:
        """Write what waits, if the oldest of it has waited so many microseconds."""
        with self._lock:
            if self._pending and self._clock() - self._oldest >= age:
                self.flush()

    def flush(self) -> None:
        """Write what waits. When this returns, the store has it."""
        with self._lock:
            if not self._pending:
                return
            batch, self._pending = self._pending, []
            try:
                stored = self._write(self.run_id, batch)
            except BaseException:
                # Nothing of the batch is stored; keep it, so that a caller who waits and tries again loses nothing.
                self._pending = batch + self._pending
                raise
            if self._keep:
                self.events.extend(stored)


@contextmanager
def written_soon(recorder: Recorder) -> Iterator[None]:
    """Write events that wait a little while after they came, even while the step that made them goes on for long."""
    done = threading.Event()

    def write() -> None:
        while not done.wait(_MAX_WAIT / 1_000_000):
            try:
                recorder.flush_if_older(_MAX_WAIT)
            except StoreError:
                continue  # what waits still waits; the run itself meets the error when it writes next

    writer = threading.Thread(target=write, daemon=True, name="events")
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()
