"""What the host asks the process that holds user code about backfills."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.events.kinds import ErrorInfo
from earmark.runs.request import RunAsk

PLANS = "backfill-plans"
"""The space of the store's entries in which the plans of backfills are kept, by the backfill's id."""

OPEN_BACKFILLS = ("queued", "requested", "running", "started", "paused", "canceling")
"""The states of backfills that are not over, with the words that older stores hold."""

FORMER_STATES = {"requested": "queued", "started": "running", "completed": "succeeded"}
"""The words for states of backfills that older stores hold, and the word for each."""


class BackfillTarget(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a backfill is of.

    Args:
        job: The job; ``None`` for one of assets.
        assets: The assets, as text.
        partitions: The keys: of the job, or of the topmost of the assets.
        wanted: The keys of each asset by itself, none for an asset without partitions; instead of the two before.
    """

    job: str | None = None
    assets: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()
    wanted: dict[str, tuple[str, ...]] = {}


class UnitOrder(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A run of a backfill to put into the queue.

    Args:
        unit: The unit's number.
        run_id: The run's id; where there is a run of that id, nothing is to be done.
        job_name: The job.
        ask: What is asked for.
        parent_run_id: The run of the attempt before.
        from_failure: Whether only the steps are executed that did not succeed in the attempt before, or, at the first
            attempt, in the last run of the same partition if that failed.
    """

    unit: int
    run_id: str
    job_name: str
    ask: RunAsk
    parent_run_id: str | None = None
    from_failure: bool = False


class UnitsQueued(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of runs that were to be queued.

    Args:
        created: How many were created now.
        failed: Why a unit's run could not be made, by the unit's number as text.
    """

    created: int = 0
    failed: dict[str, ErrorInfo] = {}


def order_data(orders: list[UnitOrder]) -> list[Any]:
    """Return orders as plain data for a question."""
    data: list[Any] = msgspec.to_builtins(orders)
    return data
