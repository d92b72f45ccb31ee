"""What the log must say when all runs have ended, whatever was killed meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from earmark.daemon.board import explain_run
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AnyFact,
    RunCanceled,
    RunDequeued,
    RunEnqueued,
    RunFailed,
    RunRequeued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    StepStarted,
    StepSucceeded,
)
from earmark.locations.published import read_serving
from earmark.runs.limits import QueuePolicy
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.values.states import DagsterRunStatus

UNFINISHED = "status:queued or status:starting or status:running or status:canceling"

_ENDS: dict[type[AnyFact], DagsterRunStatus] = {
    RunSucceeded: DagsterRunStatus.SUCCESS,
    RunFailed: DagsterRunStatus.FAILURE,
    RunCanceled: DagsterRunStatus.CANCELED,
}
_MOVES: tuple[type[AnyFact], ...] = (RunEnqueued, RunDequeued, RunStarting, RunRequeued, RunStarted, *_ENDS)


def check_truth(store: Store, ids: Iterable[str], marks: Path) -> list[DagsterRun]:
    """Check that every run has one end, which its log and its row tell alike, and that none was executed twice.

    Args:
        store: Where the runs are.
        ids: All runs that were asked for and acknowledged.
        marks: Where user code left its marks.
    """
    ids = list(ids)
    runs = store.runs.get_many(ids)
    assert {run.run_id for run in runs} == set(ids), "a run that was acknowledged is missing"
    executed = Counter(line.split()[0] for line in _lines(marks) if line[-1].isdigit())
    for run in runs:
        log = store.events.of_run(run.run_id, limit=10_000)
        ends = [event for event in log if type(event.fact) in _ENDS and not event.late]
        assert [_ENDS[type(end.fact)] for end in ends] == [run.status], f"{run.run_id}: {run.status} {ends}"
        assert sum(isinstance(event.fact, RunEnqueued) for event in log) == 1
        assert sum(isinstance(event.fact, RunStarted) for event in log) <= 1, f"{run.run_id} started twice"
        assert executed[run.run_id] <= 1, f"the user code of {run.run_id} ran twice"
        if run.status is DagsterRunStatus.SUCCESS:
            assert executed[run.run_id] == 1, f"{run.run_id} succeeded without its user code"
        if executed[run.run_id]:
            # The start of a step is stored before user code runs, so whoever left a mark has it in the log.
            assert any(isinstance(event.fact, StepStarted) for event in log), f"{run.run_id} lost its step's start"
        twice = Counter((type(event.fact), event.step_key) for event in log if _is_once(event))
        assert [key for key, count in twice.items() if count > 1] == [], f"{run.run_id} has an event twice"
    assert store.queue.in_progress() == []
    assert store.queue.held() == []
    assert store.leases.slots() == []
    return runs


def describe(store: Store) -> str:
    """Return what is known of the runs that have not ended, and of who could bring them to an end."""
    told = [f"leader: {store.leases.get('queue')}", f"serving: {read_serving(store)}"]
    told += [f"lease: {one}" for one in store.queue.held()] + [f"slot: {one}" for one in store.leases.slots()]
    for run in store.runs.find(UNFINISHED, limit=10).runs:
        told.append(f"{run.run_id} {run.status.value} attempt {run.launch_attempt} token {run.launch_token}")
        if run.status is DagsterRunStatus.QUEUED:
            told += [f"    {line}" for line in explain_run(store, QueuePolicy(), run.run_id).lines()]
        told += [f"    {event.timestamp} {event.fact}" for event in store.events.of_run(run.run_id, limit=100)]
    return "\n".join(told)


def _is_once(event: Event) -> bool:
    return isinstance(event.fact, (StepStarted, StepSucceeded)) and not event.late


def check_limit(
    store: Store, ids: Iterable[str], limit: int, is_about: Callable[[DagsterRun], bool] = lambda run: True
) -> None:
    """Check from the log that never more of the runs were in progress than a limit allows."""
    moments: list[tuple[int, int]] = []
    for run in store.runs.get_many(list(ids)):
        if not is_about(run):
            continue
        holds = False
        for event in store.events.of_run(run.run_id, kinds=_MOVES, limit=10_000):
            if event.late:
                continue
            if isinstance(event.fact, RunStarting):
                moments.append((event.timestamp, 1))
                holds = True
            elif holds and isinstance(event.fact, (RunRequeued, *_ENDS)):
                moments.append((event.timestamp, -1))
                holds = False
        assert not holds
    now = most = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    assert most <= limit, f"{most} runs were in progress at once, {limit} are allowed"


def _lines(marks: Path) -> list[str]:
    return [line for line in marks.read_text().splitlines() if line] if marks.exists() else []
