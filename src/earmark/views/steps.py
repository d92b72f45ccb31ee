"""The steps of a run: what the plan says of each, and what its events made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.plan.plan import Plan
from earmark.plan.step import Step
from earmark.values.clock import Micros
from earmark.views.shapes.runs import StepAttempt, StepCounts, StepRow, StepStatus
from earmark.views.shapes.values import MetadataEntry
from earmark.views.values import error_of, metadata_of, shown

STEP_FACTS = (
    kinds.StepWaiting,
    kinds.StepStarted,
    kinds.StepRestarted,
    kinds.StepSucceeded,
    kinds.StepFailed,
    kinds.StepSkipped,
    kinds.StepUpForRetry,
    kinds.OutputHandled,
    kinds.AssetMaterialized,
)
"""The facts from which the state of steps is folded."""


@dataclass
class StepState:
    """How a step stands."""

    status: StepStatus = "waiting"
    ready_at: Micros | None = None
    wait_reason: str | None = None
    started_at: Micros | None = None
    ended_at: Micros | None = None
    attempts: list[StepAttempt] = field(default_factory=list)
    error: kinds.ErrorInfo | None = None
    failure_message: str = ""
    failed_at: Micros | None = None
    skipped_because: str | None = None
    metadata: list[MetadataEntry] = field(default_factory=list)

    def take(self, event: Event) -> None:
        """Take in one event of the step."""
        fact, at = event.fact, event.timestamp
        match fact:
            case kinds.StepWaiting():
                self.ready_at = self.ready_at or at
                self.wait_reason = ", ".join(fact.waits_for) or None
            case kinds.StepStarted() | kinds.StepRestarted():
                self.status = "running"
                self.started_at = self.started_at or at
                number = max(fact.attempt, len(self.attempts) + 1)
                self.attempts.append(StepAttempt(number=number, started_at=at, ended_at=None, status="running"))
            case kinds.StepSucceeded():
                self._end("succeeded", at)
                self.error = None
            case kinds.StepFailed():
                self._end("failed", at)
                self.error, self.failure_message, self.failed_at = fact.error, fact.message, at
            case kinds.StepUpForRetry():
                self._end("retrying", at)
                self.error, self.ended_at = fact.error, None
            case kinds.StepSkipped():
                self.status, self.skipped_because, self.ended_at = "skipped", fact.reason or None, at
            case kinds.OutputHandled():
                self.metadata += metadata_of(fact.metadata)
            case kinds.AssetMaterialized():
                self.metadata += metadata_of(fact.materialization.metadata)

    def _end(self, status: StepStatus, at: Micros) -> None:
        self.status, self.ended_at = status, at
        if not self.attempts:
            return
        last = self.attempts[-1]
        ended: StepStatus = "failed" if status == "retrying" else status
        self.attempts[-1] = StepAttempt(number=last.number, started_at=last.started_at, ended_at=at, status=ended)


def fold_steps(events: Iterable[Event]) -> dict[str, StepState]:
    """Return how each step stands that an event of a run has named."""
    found: dict[str, StepState] = {}
    for event in events:
        if event.step_key is not None and not event.late:
            found.setdefault(event.step_key, StepState()).take(event)
    return found


def count_steps(total: int, states: Mapping[str, StepState]) -> StepCounts:
    """Return how many steps are where."""
    statuses = [state.status for state in states.values()]
    return StepCounts(
        total=max(total, len(states)),
        succeeded=statuses.count("succeeded"),
        failed=statuses.count("failed"),
        running=statuses.count("running") + statuses.count("retrying"),
        skipped=statuses.count("skipped"),
    )


def step_rows(
    plan: Plan | None,
    states: Mapping[str, StepState],
    last_good: Mapping[str, float],
    *,
    is_finished: bool,
    begun_at: Micros | None,
) -> list[StepRow]:
    """Return the steps of a run in the order of its plan, those it was expanded into after it.

    Args:
        plan: The plan, if it is known.
        states: How each step stands.
        last_good: Seconds that each step took in the last good run.
        is_finished: Whether the run has ended, so that what did not start never will.
        begun_at: When the run's worker began.
    """
    planned = {step.key: step for step in plan.steps} if plan is not None else {}
    upstream = plan.upstream if plan is not None else {}
    expanded: dict[str, list[str]] = {}
    for key in states:
        if key not in planned and "[" in key:
            expanded.setdefault(_placeholder(key), []).append(key)
    order: list[str] = []
    for key, step in planned.items():
        elements = expanded.pop(_placeholder(key), []) if step.mapped_over is not None else []
        order += elements or [key]
    order += [key for key in states if key not in order]
    ended = {key: state.ended_at for key, state in states.items()}
    by_name = {_placeholder(key): step for key, step in planned.items()}
    rows = []
    for key in order:
        step_known = planned.get(key) or by_name.get(_placeholder(key))
        state = states.get(key) or StepState()
        needs = list(upstream.get(step_known.key, ())) if step_known is not None else []
        rows.append(_row(key, step_known, state, needs, ended, last_good, is_finished, begun_at))
    return _kept_back(rows)


def _kept_back(rows: Iterable[StepRow]) -> list[StepRow]:
    """Say of steps that did not run because one before them failed that they were skipped, and because of which.

    Args:
        rows: In the order of the plan: what a step needs stands before it.
    """
    found: dict[str, StepRow] = {}
    for row in rows:
        found[row.key] = row
        bad = [need for need in row.depends_on if need in found and found[need].status in ("failed", "skipped")]
        if row.status == "not_run" and bad:
            did = "failed" if found[bad[0]].status == "failed" else "was skipped"
            found[row.key] = replace(row, status="skipped", skipped_because=f"{bad[0]} {did}")
    return list(found.values())


def _placeholder(key: str) -> str:
    return key.partition("[")[0]


def _row(
    key: str,
    step: Step | None,
    state: StepState,
    needs: list[str],
    ended: Mapping[str, Micros | None],
    last_good: Mapping[str, float],
    is_finished: bool,
    begun_at: Micros | None,
) -> StepRow:
    ends = [at for need in needs if (at := ended.get(need)) is not None]
    is_ready = len(ends) == len(needs)
    ready = state.ready_at
    if ready is None and is_ready and begun_at is not None:
        ready = max([begun_at, *ends])
    status = state.status
    if is_finished and status == "waiting":
        status = "not_run"
    elif is_finished and status in ("running", "retrying"):
        status = "canceled"  # it was going on when the run was ended, by whomever
    elif status == "waiting" and is_ready and begun_at is not None:
        status = "ready"
    return StepRow(
        key=key,
        op=step.op if step is not None else key,
        status=status,
        tags=shown(step.tags) if step is not None else {},
        pool=None if step is None else step.pool,
        assets=[asset.to_user_string() for asset in step.assets] if step is not None else [],
        depends_on=needs,
        ready_at=None if status == "not_run" else ready,
        wait_reason=state.wait_reason,
        started_at=state.started_at,
        ended_at=state.ended_at,
        attempts=state.attempts,
        error=error_of(state.error),
        skipped_because=state.skipped_because,
        metadata=state.metadata[:20],
        last_good=last_good.get(key),
        has_output=state.started_at is not None,
    )
