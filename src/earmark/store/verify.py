"""Whether what a store says of runs is what their logs say."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.events.kinds import AnyFact
from earmark.runs.fold import fold
from earmark.runs.machine import TRANSITIONS
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store

_FOLDED = ("status", "queued_at", "starting_at", "started_at", "ended_at", "failure_reason")
_MOVES: tuple[type[AnyFact], ...] = tuple(TRANSITIONS)
_PAGE = 200


def faults_of_runs(store: Store, most: int) -> Iterator[str]:
    """Yield each of the newest runs of which the log says something else than its row.

    Args:
        store: The store.
        most: How many runs to look at.
    """
    cursor, left = None, most
    while left > 0:
        page = store.runs.find("", limit=min(left, _PAGE), cursor=cursor)
        for run in page.runs:
            fault = _fault_of(store, run)
            if fault:
                yield fault
        left -= len(page.runs)
        cursor = page.cursor
        if cursor is None or not page.runs:
            return


def _fault_of(store: Store, run: DagsterRun) -> str:
    asked = DagsterRun(run_id=run.run_id, job_name=run.job_name, created_at=run.created_at)
    told = fold(asked, store.events.of_run(run.run_id, kinds=_MOVES))
    for name in _FOLDED:
        if getattr(told, name) != getattr(run, name):
            if store.runs.status(run.run_id) != run.status:
                return ""  # it has moved on meanwhile
            return f"run {run.run_id}: {name} is {getattr(run, name)}, by its log {getattr(told, name)}"
    return ""
