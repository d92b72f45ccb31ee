"""What the loops of schedules and sensors have in common: ticks are begun when due, and brought to their end once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from earmark.daemon.dispatch import TICK_SECONDS, TickDispatch
from earmark.daemon.loop import Loop
from earmark.locations.registry import LocationRegistry
from earmark.runs.tick import TickReport
from earmark.store.ports import Store
from earmark.values.clock import Micros


class TickLoop(Loop):
    """Begins the ticks that are due, and hands them to the processes that hold user code.

    Args:
        name: What ticks, in the plural: the name of the thread.
        log: The structured log.
        store: Where states and ticks are; its clock says what is due.
        registry: The code locations.
        kinds: The kinds of its ticks, as the store keeps them.
        leads: Says whether this host leads; only the leader begins ticks.
        wake_queue: Called when runs wait in the queue.
        seconds: How long the code of a tick may take.
    """

    def __init__(
        self,
        name: str,
        log: Any,
        store: Store,
        registry: LocationRegistry,
        kinds: Sequence[str],
        *,
        leads: Callable[[], bool],
        wake_queue: Callable[[], None],
        seconds: float = TICK_SECONDS,
    ) -> None:
        super().__init__(name, log)
        self._store = store
        self._registry = registry
        self._leads = leads
        self._wake_queue = wake_queue
        self.dispatch = TickDispatch(store, registry, kinds, self._ended, seconds)
        self._has_adopted = False
        self._next_at: Micros | None = None

    def _patience(self) -> float:
        if self._next_at is None:
            return self._every
        return min(self._every, max(0.0, (self._next_at - self._store.clock()) / 1e6))

    def _look(self) -> None:
        if self._leads():
            self.round()
        else:
            self._has_adopted = False

    def round(self) -> int:
        """Begin the ticks that are due now, and ask for those that wait; return how many were begun."""
        if not self._has_adopted:
            adopted = self.dispatch.adopt()
            self._has_adopted = True
            self._taken_over()
            if adopted:
                self._log.info("ticks taken up again", ticks=adopted)
        if self.dispatch.settle():
            self._wake_queue()
        begun = self._begin_due(self._store.clock())
        self.dispatch.go()
        return begun

    def _taken_over(self) -> None:
        """Do what is to be done once, where this host begins to lead."""
        return

    @abstractmethod
    def _begin_due(self, now: Micros) -> int:
        """Store the ticks that are due as begun, hand them on, and return how many they are."""

    def _ended(self, reports: Sequence[TickReport]) -> None:
        if any(report.runs for report in reports):
            self._wake_queue()
        for report in reports:
            if report.status == "failed":
                self._log.error("tick failed", instigator=report.instigator, tick=report.tick_id)
        self._store.notify("ticks")  # another process wrote their ends: on SQLite nobody here has heard of it
        self.wake()
