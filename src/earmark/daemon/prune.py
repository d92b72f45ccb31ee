"""The prune loop: ticks that were kept for as long as the settings say are deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import structlog

from earmark.runs.policies import Retention
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.errors import StoreError

LOG = structlog.get_logger("earmark.prune")

_FIRST = 30.0
_EVERY = 3600.0
_DAY = 86_400_000_000
_STATUS = {"started": "started", "skipped": "skipped", "failure": "failed", "success": "succeeded"}


class PruneLoop:
    """Deletes old ticks now and then.

    Args:
        store: Where ticks are.
        retention: For how many days they are kept, by kind and outcome.
        leads: Says whether this host leads; only the leader deletes.
    """

    def __init__(self, store: Store, retention: Retention, *, leads: Callable[[], bool]) -> None:
        self._store = store
        self._retention = retention
        self._leads = leads
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prune", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def _run(self) -> None:
        patience = _FIRST
        while not self._stop.wait(patience):
            patience = _EVERY
            if not self._leads():
                continue
            try:
                self.round()
            except StoreError as error:
                LOG.warning("the store is out of reach", error=str(error))

    def round(self) -> int:
        """Delete the ticks that were kept for long enough, and return how many there were."""
        kept: Mapping[str, Mapping[str, int]] = {
            "schedule": self._retention.schedule,
            "sensor": self._retention.sensor,
            "automation": self._retention.auto_materialize,
        }
        now, deleted = self._store.clock(), 0
        for kind, days_by_outcome in kept.items():
            for outcome, days in days_by_outcome.items():
                if days < 0:
                    continue
                before = Micros(now - days * _DAY)
                deleted += self._store.ticks.prune(before, statuses=(_STATUS[outcome],), kind=kind)
        if deleted:
            LOG.info("old ticks deleted", ticks=deleted)
        return deleted
