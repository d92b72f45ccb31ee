"""The queue loop: admits waiting runs under the limits, and has them launched. Only the leader admits."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable

import structlog

from earmark.daemon.board import read_board, read_waiting
from earmark.daemon.loop import Loop
from earmark.daemon.policy import PAUSED
from earmark.decide.explain import Explanation
from earmark.decide.queue import QueueBoard, Start
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AnyFact,
    RunCanceled,
    RunDequeued,
    RunEnqueued,
    RunFailed,
    RunRequeued,
    RunStarting,
    RunSucceeded,
    RunTagged,
)
from earmark.locations.registry import LocationRegistry
from earmark.runs.limits import QueuePolicy
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import Lease, Waiting
from earmark.store.topics import Topic
from earmark.system import tracing
from earmark.values.errors import DagsterInvariantViolationError, LeaseLostError, StoreError
from earmark.values.states import DagsterRunStatus

LOG = structlog.get_logger("earmark.queue")

_MOST_AT_ONCE = 50
_CHECK_EVERY = 2.0

_ENDS = (RunSucceeded, RunFailed, RunCanceled)


class QueueLoop(Loop):
    """Admits waiting runs.

    Args:
        store: Where runs are.
        registry: Where workers are started.
        policy: Returns the limits and the order that hold now.
        launcher: The name that runs say they were launched by.
    """

    def __init__(
        self, store: Store, registry: LocationRegistry, policy: Callable[[], QueuePolicy], launcher: str = "local"
    ) -> None:
        super().__init__("queue", LOG, join_seconds=10.0)
        self._store = store
        self._registry = registry
        self._policy = policy
        self._launcher = launcher
        self._board = QueueBoard()
        self._lock = threading.RLock()
        self._lease: Lease | None = None
        self._rebuild = True
        self._cursor = "0"
        self._seen = 0
        self._checked = 0.0
        self._held_back: dict[str, Waiting] = {}
        self._locations: dict[str, str] = {}

    def lead(self, lease: Lease | None) -> None:
        """Take note of who leads; a new leader reads the queue from the store."""
        with self._lock:
            self._lease = lease
            self._rebuild = True
        self._wake.set()

    def explain(self, run_id: str) -> Explanation | None:
        """Return why a run waits, as the board sees it; ``None`` if it does not wait here."""
        with self._lock:
            if self._board.entry(run_id) is None:
                return None
            return self._board.explain(run_id, self._store.clock())

    def _look(self) -> None:
        try:
            with self._lock:
                self._round()
        except LeaseLostError:
            LOG.info("leadership lost")
            with self._lock:
                self._rebuild = True
        except DagsterInvariantViolationError as error:
            LOG.info("a run has moved on meanwhile", error=str(error))
            self._wake.set()

    def _begin_anew(self) -> None:
        self._rebuild = True

    def _patience(self) -> float:
        """Return how long nothing need be looked at: until the next poll, or until a limit on starts lets go of one."""
        opens_at = self._board.opens_at if self._lease is not None else None
        if opens_at is None:
            return self._every
        return min(self._every, max(0.001, (opens_at - self._store.clock()) / 1_000_000))

    def _round(self) -> None:
        if self._lease is None:
            return
        if self._rebuild:
            self._read_all()
        self._follow()
        self._check_holdings()
        self._adopt()
        self._release_held_back()
        while not self._stop.is_set():
            starts = self._board.starts(self._store.clock(), _MOST_AT_ONCE)
            if not starts:
                break
            self._admit(starts)
            self._follow()

    def _read_all(self) -> None:
        """Make the board from what the store has: the queue, what is in progress, and the limits."""
        self._cursor = self._store.events.head()
        waiting = read_waiting(self._store)
        self._board = read_board(self._store, self._policy(), waiting)
        self._locations = {one.run_id: one.code_location or "" for one in waiting}
        self._seen = max((one.seq for one in waiting), default=self._seen)
        self._held_back.clear()
        self._rebuild = False
        LOG.info("queue read", waiting=len(waiting), in_progress=len(self._board.holdings))

    def _adopt(self) -> None:
        paused = self._store.settings.get(PAUSED)
        self._board.paused = bool(paused is not None and paused.value)
        policy = self._policy()
        if policy == self._board.policy:
            return
        if not self._board.adopt(policy):
            self._read_all()

    def _follow(self) -> None:
        """Tell the board what has happened since the last look."""
        for one in self._store.queue.arrived(after=self._seen):
            self._seen = max(self._seen, one.seq)
            self._arrive(one)
        while True:
            page = self._store.events.follow(self._cursor, topic=Topic.RUNS)
            for event in page.events:
                self._take(event)
            self._cursor = page.cursor
            if len(page.events) < 1_000:
                return

    def _arrive(self, one: Waiting) -> None:
        if self._board.entry(one.run_id) is None and one.run_id not in self._board.holdings:
            self._locations[one.run_id] = one.code_location or ""
            self._board.queued(one)

    def _take(self, event: Event) -> None:
        run_id = event.run_id
        if run_id is None or event.late:
            return
        if isinstance(event.fact, _ENDS):
            self._board.left(run_id)
            self._held_back.pop(run_id, None)
            self._locations.pop(run_id, None)
        elif isinstance(event.fact, RunRequeued):
            self._take_back(self._store.runs.get_many([run_id]))
        elif isinstance(event.fact, RunTagged):
            self._retag(run_id)
        elif isinstance(event.fact, RunEnqueued) and self._board.entry(run_id) is None:
            self._return(run_id)

    def _take_back(self, runs: Iterable[DagsterRun]) -> None:
        """Let go of the slots of runs that wait again or have ended, as they stand now; those in progress keep theirs.

        An event may be read when its run was started anew already, so that it is not the last word.
        """
        for run in runs:
            if run.status is DagsterRunStatus.QUEUED:
                self._board.left(run.run_id)
                self._return(run.run_id)
            elif run.is_finished:
                self._board.left(run.run_id)

    def _check_holdings(self) -> None:
        """Look now and then whether runs that others wait for are still in progress.

        Their ends are read from the log, which on PostgreSQL stands still while any transaction does.
        """
        now = time.monotonic()
        if now - self._checked < _CHECK_EVERY or not self._board.waiting:
            return
        self._checked = now
        in_progress = {run.run_id for run in self._store.queue.in_progress()}
        gone = [run_id for run_id in self._board.holdings if run_id not in in_progress]
        self._take_back(self._store.runs.get_many(gone) if gone else ())

    def _return(self, run_id: str) -> None:
        """Put a run that waits (again) into the line."""
        if run_id in self._board.holdings:
            return
        for run in self._store.runs.get_many([run_id]):
            if run.status is DagsterRunStatus.QUEUED:
                self._arrive(_waiting(run))

    def _retag(self, run_id: str) -> None:
        for run in self._store.runs.get_many([run_id]):
            self._board.retagged(run)

    def _release_held_back(self) -> None:
        for run_id, one in list(self._held_back.items()):
            if self._registry.is_ready(one.code_location or ""):
                del self._held_back[run_id]
                self._arrive(one)

    def _trace_wait(self, run: DagsterRun) -> str:
        """Record how long a run waited, as part of the launch that asked for it; the run's own span belongs to that."""
        if not tracing.are_on():
            return ""
        attributes: tracing.Attributes = {
            "earmark.run_id": run.run_id,
            "earmark.job": run.job_name,
            "earmark.priority": run.priority,
        }
        since = run.queued_at or run.created_at
        return tracing.record(f"queue {run.job_name}", since, self._store.clock(), attributes, parent=run.traceparent)

    def _admit(self, starts: list[Start]) -> None:
        """Record the starts in one transaction under the leader's epoch, then have the workers started."""
        lease = self._lease
        if lease is None:
            for start in starts:
                self._board.left(start.run_id)
            self._rebuild = True
            return
        runs: dict[str, DagsterRun] = {}
        tokens: dict[str, str] = {}

        def record() -> None:
            # It may be done again where the store was lost, so it begins anew each time.
            self._store.leases.require(lease)
            tokens.clear()
            runs.update((run.run_id, run) for run in self._store.runs.get_many([start.run_id for start in starts]))
            now = self._store.clock()
            for start in starts:
                run = runs.get(start.run_id)
                if run is None or run.status is not DagsterRunStatus.QUEUED:
                    continue
                if not self._registry.is_ready(run.code_location or ""):
                    continue
                token = uuid.uuid4().hex
                facts: list[AnyFact] = [
                    RunDequeued(lease.epoch, {gate.bucket: (gate.used, gate.allowed) for gate in start.gates}),
                    RunStarting(self._launcher, token, run.launch_attempt + 1),
                ]
                self._store.runs.record(start.run_id, [Event(fact, now) for fact in facts])
                tokens[start.run_id] = token

        try:
            with tracing.span("queue admit", {"earmark.starts": len(starts)}) as span:
                self._store.transact(record)
                span.set({"earmark.started": len(tokens)})
        except (StoreError, DagsterInvariantViolationError):
            # Somebody changed one of the runs meanwhile, or the store is out of reach: read what is true.
            self._rebuild = True
            raise
        for start in starts:
            run = runs.get(start.run_id)
            if start.run_id in tokens and run is not None:
                trace = self._trace_wait(run)
                if not self._registry.launch(run.code_location or "", start.run_id, tokens[start.run_id], trace):
                    LOG.warning("no guest to start the worker in", run_id=start.run_id, location=run.code_location)
                continue
            self._board.left(start.run_id)
            if run is not None and run.status is DagsterRunStatus.QUEUED:
                self._held_back[start.run_id] = _waiting(run)


def _waiting(run: DagsterRun) -> Waiting:
    return Waiting(
        # Among equals the order is by creation, and ids of version 7 sort by it.
        seq=int(run.run_id.replace("-", "")[:15], 16),
        run_id=run.run_id,
        job_name=run.job_name,
        priority=run.priority,
        queued_at=run.queued_at or run.created_at,
        tags=run.tags,
        code_location=run.code_location,
        pools=run.pools,
    )
