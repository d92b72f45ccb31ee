"""Retention: runs and ticks that were kept for long enough are deleted; what is known of assets stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import structlog

from earmark.daemon.loop import Loop
from earmark.runs.backfill import OPEN_BACKFILLS
from earmark.runs.policies import Retention
from earmark.runs.run import DagsterRun
from earmark.store.paging import run_pages
from earmark.store.ports import Store
from earmark.system.run_files import delete_run_files
from earmark.tags import system
from earmark.tags.query import Exact, Node, Term, all_of, parse
from earmark.values.clock import Micros

LOG = structlog.get_logger("earmark.prune")

BATCH = 100
"""How many runs one transaction deletes."""

RETENTION = "retention"
"""Who deletes by the settings, in the audit log."""

_SAMPLE = 20
_FIRST = 30.0
_EVERY = 3600.0
_DAY = 86_400_000_000
_STATUS = {"started": "started", "skipped": "skipped", "failure": "failed", "success": "succeeded"}
_RUN_STATUS = {"success": "succeeded", "failure": "failed", "canceled": "canceled"}
_UNFINISHED = "status:not_started,queued,starting,running,canceling"

# A launch looks for its plan, and stores its run soon after; see ``Plans.has``.
_PLANS_STAY = Micros(_DAY)


class Pruned(msgspec.Struct, frozen=True):
    """What became of runs that were old enough.

    Args:
        runs: How many were deleted, or would be.
        kept: How many stay all the same, by why.
        sample: Some of them, the oldest.
    """

    runs: int = 0
    kept: Mapping[str, int] = {}
    sample: tuple[DagsterRun, ...] = ()


def prune_runs(
    store: Store,
    home: Path,
    query: Node | str,
    older_than: int,
    *,
    author: str,
    dry_run: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Pruned:
    """Delete finished runs with their events, tags, output and stored values; the state of assets and run keys stay.

    A run stays that others still need: one of whose family a run has not ended, one that is to be executed again, and
    one of a backfill that goes on.

    Args:
        store: Where runs are.
        home: Where their files are.
        query: Which runs.
        older_than: How long ago they ended at least, in microseconds.
        author: Who deletes, for the audit log.
        dry_run: Whether to count only.
        stopped: Asked between two transactions; ``True`` leaves the rest for another time.

    Raises:
        QueryError: The query cannot be read.
    """
    wanted = parse(query, "run", bare="text") if isinstance(query, str) else query
    kept: Counter[str] = Counter()
    plans: set[tuple[str, str]] = set()
    deleted = 0
    sample: list[DagsterRun] = []
    for runs in _old_runs(store, wanted, older_than):
        if stopped():
            break
        needed = _needed(store, runs)
        kept.update(needed.values())
        going = [run for run in runs if run.run_id not in needed]
        deleted += len(going)
        sample += going[: _SAMPLE - len(sample)]
        if dry_run or not going:
            continue
        # Files first: what is interrupted in between is done again, and leaves nothing behind that nobody knows of.
        delete_run_files(home, [run.run_id for run in going])
        store.runs.delete(run.run_id for run in going)
        plans |= {(run.plan_hash, run.job_name) for run in going if run.plan_hash is not None}
    if deleted and not dry_run:
        _prune_plans(store, plans, stopped)
        data = {"target": str(query) or "all runs", "detail": f"{deleted} runs", "older_than": older_than // 1_000_000}
        store.audit.add(author, "run.prune", data)
    return Pruned(deleted, dict(kept), tuple(sample))


def _old_runs(store: Store, wanted: Node, older_than: int) -> Iterator[tuple[DagsterRun, ...]]:
    """Return the finished runs that ended long enough ago in pages, the oldest first."""
    age = f"-{older_than / 1_000_000:.6f}s"
    # What ended then was created before: said too, because runs are found by when they were created.
    ended = parse(f"status:succeeded,failed,canceled ended:<={age} created:<={age}", "run")
    return run_pages(store, all_of((wanted, ended)), size=BATCH, ascending=True)


def _needed(store: Store, runs: tuple[DagsterRun, ...]) -> dict[str, str]:
    """Return those of the runs that others still need, each with why it stays."""
    roots = {run.root_run_id or run.run_id for run in runs}
    of_family = Term("tag", tuple(map(Exact, sorted(roots))), key=Exact(system.ROOT_RUN_ID))
    going_on = {
        run.root_run_id for run in store.runs.find(all_of((of_family, parse(_UNFINISHED, "run"))), limit=10_000).runs
    }
    open_backfills = _open_backfills(store) if any(system.BACKFILL in run.tags for run in runs) else frozenset()
    found: dict[str, str] = {}
    for run in runs:
        if (run.root_run_id or run.run_id) in going_on:
            found[run.run_id] = "a run that executes it again has not ended"
        elif run.tags.get(system.WILL_RETRY) == "true" and system.AUTO_RETRY_RUN_ID not in run.tags:
            found[run.run_id] = "it is to be executed again"
        elif run.tags.get(system.BACKFILL) in open_backfills:
            found[run.run_id] = "its backfill has not ended"
    return found


def _open_backfills(store: Store) -> frozenset[str]:
    return frozenset(backfill.id for backfill in store.backfills.list(statuses=OPEN_BACKFILLS, limit=10_000))


def _prune_plans(store: Store, plans: set[tuple[str, str]], stopped: Callable[[], bool]) -> None:
    """Delete those plans of deleted runs that no other run has."""
    before = Micros(store.clock() - _PLANS_STAY)
    unused: dict[str, set[str | None]] = {}
    for plan_hash, job in plans:
        unused.setdefault(job, set()).add(plan_hash)
    for job, hashes in sorted(unused.items()):
        for page in run_pages(store, Term("job", (Exact(job),))):
            if stopped():
                return
            hashes -= {run.plan_hash for run in page}
            if not hashes:
                break
        store.plans.prune([plan_hash for plan_hash in hashes if plan_hash is not None], before)


class PruneLoop(Loop):
    """Deletes old runs and ticks now and then.

    Args:
        store: Where they are.
        home: Where the files of runs are.
        retention: For how many days each is kept, by outcome.
        leads: Says whether this host leads; only the leader deletes.
    """

    def __init__(self, store: Store, home: Path, retention: Retention, *, leads: Callable[[], bool]) -> None:
        super().__init__("prune", LOG, every=_FIRST)
        self._store = store
        self._home = home
        self._retention = retention
        self._leads = leads

    def _look(self) -> None:
        self._every = _EVERY
        if not self._leads():
            return
        try:
            self.round()
        except OSError as error:
            LOG.error("the files of a run cannot be deleted", error=str(error))

    def round(self) -> int:
        """Delete the runs and ticks that were kept for long enough, and return how many there were."""
        return self._prune_ticks() + self._prune_runs()

    def _prune_runs(self) -> int:
        deleted = 0
        for outcome, days in self._retention.runs.items():
            if days < 0:
                continue
            pruned = prune_runs(
                self._store,
                self._home,
                f"status:{_RUN_STATUS[outcome]}",
                days * _DAY,
                author=RETENTION,
                stopped=lambda: self._stop.is_set() or not self._leads(),
            )
            deleted += pruned.runs
        if deleted:
            LOG.info("old runs deleted", runs=deleted)
        return deleted

    def _prune_ticks(self) -> int:
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
