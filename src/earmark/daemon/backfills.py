"""The backfill loop: each backfill is cut into runs once, and asks for them upstream first, so many at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from earmark.daemon.cancel import cancel_run
from earmark.daemon.loop import Loop
from earmark.decide.backfills import (
    DEFAULT_IN_FLIGHT,
    BackfillPlan,
    BackfillRun,
    BackfillState,
    BackfillStatus,
    UnitStatus,
    advance,
    begin,
    in_flight_ids,
    retry_failed,
)
from earmark.events.kinds import ErrorInfo, RunCanceled, RunFailed, RunSucceeded, RunTagged
from earmark.locations.guest_process import GuestError
from earmark.locations.registry import LocationRegistry
from earmark.runs.backfill import (
    FORMER_STATES,
    OPEN_BACKFILLS,
    PLANS,
    BackfillTarget,
    UnitOrder,
    UnitsQueued,
    order_data,
)
from earmark.runs.request import AskedBy
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import Backfill
from earmark.store.topics import Topic
from earmark.system import tracing
from earmark.tags.system import AUTO_RETRY_RUN_ID
from earmark.values import wire
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.states import DagsterRunStatus

LOG = structlog.get_logger("earmark.backfills")

_AT_ONCE = 250
_SECONDS = 120.0
_DECIDE = (RunSucceeded, RunFailed, RunCanceled, RunTagged)
"""Facts by which a run may end for its backfill: by itself, or by what is decided about executing it again."""


class BackfillLoop(Loop):
    """Advances the backfills that are not over.

    Args:
        store: Where backfills and their runs are.
        registry: Where backfills are cut and runs are made.
        leads: Says whether this host leads; only the leader advances backfills.
        wake_queue: Called when runs wait in the queue.
    """

    def __init__(
        self, store: Store, registry: LocationRegistry, *, leads: Callable[[], bool], wake_queue: Callable[[], None]
    ) -> None:
        super().__init__("backfills", LOG)
        self._store = store
        self._registry = registry
        self._leads = leads
        self._wake_queue = wake_queue
        self._plans: dict[str, BackfillPlan] = {}
        self._advanced: dict[str, int] = {}
        self._going: dict[str, set[str]] = {}
        """The runs of each backfill that were there and had not ended when they were last read."""
        self._retried: set[str] = set()
        """Backfills of which a run is executed again: by runs of other ids."""
        self._undecided = False
        self._cursor: str | None = None

    def _look(self) -> None:
        if self._leads():
            self.round()
        else:
            self._forget()

    def _forget(self) -> None:
        self._cursor = None
        self._advanced.clear()
        self._going.clear()
        self._retried.clear()

    def round(self) -> None:
        """Advance every backfill about which something may have changed."""
        backfills = self._store.backfills.list(statuses=OPEN_BACKFILLS, limit=1_000)
        if not backfills:
            self._plans.clear()
            self._forget()
            return
        self._take_news()
        for backfill in reversed(backfills):
            if self._stop.is_set():
                return
            location = str(backfill.data.get("location") or "")
            if self._advanced.get(backfill.id) == backfill.version or not self._registry.is_ready(location):
                continue
            self._advance(backfill, location)

    def _take_news(self) -> None:
        """Note which backfills have a run that has ended, or of which was decided whether it is executed again."""
        if self._cursor is None:
            self._forget()
            self._cursor = self._store.events.head()
            return
        page = self._store.events.follow(self._cursor, topic=Topic.RUNS, limit=1_000)
        self._cursor = page.cursor
        if len(page.events) == 1_000:
            self._wake.set()
        moved = {str(event.run_id) for event in page.events if isinstance(event.fact, _DECIDE)}
        for backfill_id, going in self._going.items():
            if not going.isdisjoint(moved) or (moved and backfill_id in self._retried):
                going.difference_update(moved)
                self._advanced.pop(backfill_id, None)

    def _advance(self, backfill: Backfill, location: str) -> None:
        """Note what is to be asked for, then ask. A run that is noted and not there is asked for again."""
        self._undecided = False
        try:
            plan = self._plan_of(backfill, location)
            state = _state_of(backfill, plan)
            step = advance(backfill.id, backfill.created_at, plan, state, self._statuses(backfill, state))
            stored = self._keep(backfill, plan, step.state)
            if stored is None:
                # Somebody paused, canceled or edited it this very moment; the next look goes on from there.
                self._wake.set()
                return
            backfill = stored
            waits = self._queue(step.runs, backfill, location)
            # They were made after the log was read, so it will tell of their ends.
            self._going[backfill.id].update(one.run_id for one in step.runs)
        except GuestError as error:
            self._refused(backfill, location, error)
            return
        for run_id in step.cancel:
            self._cancel(run_id)
        if not self._undecided:
            # Otherwise whether a failed run is retried is decided in a moment, without moving it.
            self._advanced[backfill.id] = backfill.version
        if waits:
            self._wake_queue()

    def _plan_of(self, backfill: Backfill, location: str) -> BackfillPlan:
        plan = self._plans.get(backfill.id)
        if plan is not None:
            return plan
        data = self._store.entries.get(PLANS, backfill.id)
        if data is None:
            target = BackfillTarget(
                job=backfill.data.get("job"),
                assets=tuple(backfill.data.get("assets") or ()),
                partitions=tuple(backfill.data.get("partitions") or ()),
                wanted={key: tuple(keys) for key, keys in (backfill.data.get("wanted") or {}).items()},
            )
            answer = self._registry.ask(location, "plan_backfill", msgspec.to_builtins(target), _SECONDS)
            data = str(answer["plan"]).encode()
            self._store.entries.set(PLANS, backfill.id, data)
        plan = wire.decode(data, BackfillPlan)
        self._plans[backfill.id] = plan
        return plan

    def _statuses(self, backfill: Backfill, state: BackfillState) -> dict[str, DagsterRunStatus]:
        """Return the states of the runs in flight. What has not ended is read again only when the log tells of it."""
        ids = set(in_flight_ids(backfill.id, backfill.created_at, state).values())
        going = self._going.get(backfill.id, set()) & ids
        found = dict.fromkeys(going, DagsterRunStatus.STARTED)
        self._retried.discard(backfill.id)
        for run in self._store.runs.get_many(ids - going):
            found[run.run_id] = self._status(run)
            if not run.is_finished:
                going.add(run.run_id)
            elif not found[run.run_id].is_finished:
                self._retried.add(backfill.id)
        self._going[backfill.id] = going
        return found

    def _status(self, run: DagsterRun) -> DagsterRunStatus:
        """Return the state of a run, or of the last of its retries; one that may still be retried has not ended."""
        while run.status is DagsterRunStatus.FAILURE:
            decided = "dagster/failure_reason" in run.tags or run.tags.get("dagster/will_retry") == "false"
            if not decided:
                self._undecided = True
                return DagsterRunStatus.STARTED
            if run.tags.get("dagster/will_retry") != "true":
                return run.status
            retries = self._store.runs.get_many([run.tags[AUTO_RETRY_RUN_ID]]) if AUTO_RETRY_RUN_ID in run.tags else []
            if not retries:
                self._undecided = True
                return DagsterRunStatus.STARTED
            run = retries[0]
        return run.status

    def _queue(self, runs: Iterable[BackfillRun], backfill: Backfill, location: str) -> int:
        """Have runs made and queued, and return how many there are.

        Raises:
            GuestError: A run cannot be made; those that could be wait in the queue.
        """
        also: dict[str, Any] = {"traceparent": str(backfill.data.get("traceparent") or "")}
        if backfill.data.get("run_config") is not None:
            also["run_config"] = backfill.data["run_config"]
        if backfill.data.get("asked_by") is not None:
            also["asked_by"] = msgspec.convert(backfill.data["asked_by"], AskedBy)
        orders = [
            UnitOrder(
                unit=one.unit,
                run_id=one.run_id,
                job_name=one.job_name,
                ask=replace(one.ask, **also),
                parent_run_id=one.parent_run_id,
                from_failure=bool(backfill.data.get("from_failure")),
            )
            for one in runs
        ]
        for start in range(0, len(orders), _AT_ONCE):
            payload = {"units": order_data(orders[start : start + _AT_ONCE])}
            answer = msgspec.convert(self._registry.ask(location, "queue_units", payload, _SECONDS), UnitsQueued)
            if answer.failed:
                error = next(iter(answer.failed.values()))
                raise GuestError(error.message, error=error)
        return len(orders)

    def _cancel(self, run_id: str) -> None:
        try:
            cancel_run(self._store, run_id, "backfill")
        except DagsterInvariantViolationError:
            # It has ended by itself meanwhile, which the next look sees.
            return

    def _keep(self, backfill: Backfill, plan: BackfillPlan, state: BackfillState) -> Backfill | None:
        """Store how far a backfill has come, and return it; ``None`` if another changed it first."""
        status = state.status.value
        data = {
            **backfill.data,
            "units": state.units,
            "attempts": {str(unit): count for unit, count in state.attempts.items()},
            "counts": _counts(plan, state),
        }
        if plan.partitions:
            data["partitions_of"] = plan.partitions
        if plan.dimensions:
            data["dimensions"] = plan.dimensions
        if "units" not in backfill.data and tracing.are_on():
            data["traceparent"] = self._trace_begin(backfill, plan)
        data.pop("retry_failed", None)
        data.pop("error", None)
        changed = replace(backfill, status=status, data=data)
        if state.status.is_over:
            changed = replace(changed, ended_at=self._store.clock())
            self._plans.pop(backfill.id, None)
        if changed == backfill:
            return backfill
        stored = self._store.backfills.update(changed)
        if stored is not None and state.status.is_over:
            LOG.info("backfill ended", backfill=backfill.id, status=status)
        return stored

    def _trace_begin(self, backfill: Backfill, plan: BackfillPlan) -> str:
        """Record the time until a backfill was cut into runs, as part of what asked for it; its runs belong to that."""
        attributes: tracing.Attributes = {"earmark.backfill_id": backfill.id, "earmark.runs": len(plan.units)}
        asked_by = str(backfill.data.get("traceparent") or "")
        return tracing.record("backfill", backfill.created_at, self._store.clock(), attributes, parent=asked_by)

    def _refused(self, backfill: Backfill, location: str, error: GuestError) -> None:
        if not self._registry.is_ready(location):
            return  # the location is being loaded; nothing was lost
        LOG.error("backfill failed", backfill=backfill.id, error=str(error))
        found = error.facts.get("error")
        told: Any = msgspec.to_builtins(found) if isinstance(found, ErrorInfo) else {"message": str(error)}
        data = {**backfill.data, "error": {"class_name": "GuestError", **told}}
        self._store.backfills.update(replace(backfill, status="failed", ended_at=self._store.clock(), data=data))


def _state_of(backfill: Backfill, plan: BackfillPlan) -> BackfillState:
    """Return how far a backfill has come, with what was changed about it since."""
    data = backfill.data
    tags = {str(key): str(value) for key, value in (data.get("tags") or {}).items()}
    state = begin(plan, tags, int(data.get("max_in_flight") or DEFAULT_IN_FLIGHT))
    units = data.get("units")
    if isinstance(units, str) and len(units) == len(plan.units):
        attempts = {int(unit): int(count) for unit, count in (data.get("attempts") or {}).items()}
        state = replace(state, units=units, attempts=attempts)
    if data.get("retry_failed"):
        return retry_failed(state)
    word = FORMER_STATES.get(backfill.status, backfill.status)
    # One that goes on may have nothing to do, which ``begin`` has seen.
    return state if word in ("queued", "running") else replace(state, status=BackfillStatus(word))


def _counts(plan: BackfillPlan, state: BackfillState) -> dict[str, int]:
    """Return how many partitions of assets (or of the job) are in each state."""
    counts = {"total": 0, "materialized": 0, "failed": 0, "running": 0, "missing": 0}
    words = {
        UnitStatus.DONE: "materialized",
        UnitStatus.REQUESTED: "running",
        UnitStatus.WAITING: "missing",
        UnitStatus.CANCELED: "missing",
    }
    for unit, letter in zip(plan.units, state.units, strict=True):
        size = unit.size * max(1, len(plan.groups[unit.group]))
        counts["total"] += size
        counts[words.get(UnitStatus(letter), "failed")] += size
    return counts
