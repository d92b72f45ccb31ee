"""Slots of pools for the steps of a run, asked of the store: shared with all other runs, gone with the run."""

from __future__ import annotations

from earmark.execute.patience import with_patience
from earmark.plan.step import Step
from earmark.runs.limits import PoolLimits
from earmark.store.ports import Store
from earmark.store.records import Slot

SETTING = "pools/"
"""Before the name of a pool: the setting that holds its limit."""

DEFAULT_SETTING = "pools.default_limit"
"""The setting that holds the limit of pools that have none of their own; -1 for any number."""


class StorePools:
    """Takes and gives back slots of pools.

    Args:
        store: The store.
        run_id: The run, whose end frees its slots.
        seconds: How long a slot is kept without being renewed; the run's supervisor renews them.
        patience: How many seconds a store that is out of reach is waited for.
        from_files: What the settings files say; what was set since holds before it.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        seconds: float = 60.0,
        patience: float = 0.0,
        from_files: PoolLimits | None = None,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._seconds = seconds
        self._patience = patience
        self._from_files = from_files or PoolLimits()

    def acquire(self, step: Step) -> bool:
        """Take a slot of the step's pool, or a place in its line; ``False`` while the step has to wait."""
        pool = step.pool
        assert pool is not None

        def ask() -> Slot:
            limit = limit_of(self._store, pool, self._from_files)
            return self._store.leases.claim_slot(
                pool,
                self._run_id,
                step.key,
                limit=limit,
                priority=step.priority,
                seconds=self._seconds,
                by_run=self._from_files.by_run,
            )

        return with_patience(ask, self._patience).granted_at is not None

    def release(self, step: Step) -> None:
        """Give the slot back; where runs have slots as a whole, the end of the run does."""
        if self._from_files.by_run:
            return
        pool = step.pool
        assert pool is not None
        with_patience(lambda: self._store.leases.free_slot(pool, self._run_id, step.key), self._patience)


def limit_of(store: Store, pool: str, from_files: PoolLimits) -> int:
    """Return how many slots a pool has now; -1 for any number."""
    own = store.settings.get(f"{SETTING}{pool}")
    if own is None and pool not in from_files.limits:
        own = store.settings.get(DEFAULT_SETTING)
    return from_files.of(pool) if own is None else int(own.value)
