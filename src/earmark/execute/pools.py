"""Slots of pools for the steps of a run, asked of the store: shared with all other runs, gone with the run."""

from __future__ import annotations

from earmark.plan.step import Step
from earmark.store.ports import Store

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
    """

    def __init__(self, store: Store, run_id: str, seconds: float = 60.0) -> None:
        self._store = store
        self._run_id = run_id
        self._seconds = seconds

    def acquire(self, step: Step) -> bool:
        """Take a slot of the step's pool, or a place in its line; ``False`` while the step has to wait."""
        assert step.pool is not None
        slot = self._store.leases.claim_slot(
            step.pool,
            self._run_id,
            step.key,
            limit=limit_of(self._store, step.pool),
            priority=step.priority,
            seconds=self._seconds,
        )
        return slot.granted_at is not None

    def release(self, step: Step) -> None:
        """Give the slot back."""
        assert step.pool is not None
        self._store.leases.free_slot(step.pool, self._run_id, step.key)


def limit_of(store: Store, pool: str) -> int:
    """Return how many slots a pool has; -1 for any number."""
    own = store.settings.get(f"{SETTING}{pool}") or store.settings.get(DEFAULT_SETTING)
    return -1 if own is None else int(own.value)
