"""Events -> the state of a run. Pure: replaying a run's log gives the row that the store keeps."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from earmark.events.envelope import Event
from earmark.events.kinds import (
    RunCanceled,
    RunEnqueued,
    RunFailed,
    RunRequeued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    RunTagged,
    StepFailed,
    StepSkipped,
    StepSucceeded,
)
from earmark.runs.machine import moves, next_state
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.tags.system import priority


def mark_late(run: DagsterRun, event: Event) -> Event:
    """Return ``event``, marked late if the run has finished: it is kept, and changes no state."""
    return replace(event, late=True) if run.is_finished else event


def apply(run: DagsterRun, event: Event) -> DagsterRun:
    """Return the run as it is after ``event``.

    Raises:
        DagsterInvariantViolationError: The transition table refuses the event.
    """
    fact = event.fact
    if isinstance(fact, RunTagged):
        return _retag(run, fact)
    if event.late:
        return run
    status = next_state(run.status, fact)
    match fact:
        case StepSucceeded():
            return replace(run, steps_succeeded=run.steps_succeeded + 1)
        case StepFailed():
            return replace(run, steps_failed=run.steps_failed + 1)
        case StepSkipped():
            return replace(run, steps_skipped=run.steps_skipped + 1)
        case RunEnqueued():
            return replace(run, status=status, queued_at=event.timestamp)
        case RunRequeued():
            return replace(run, status=status, starting_at=None, launch_token=None)
        case RunStarting():
            return replace(
                run,
                status=status,
                starting_at=event.timestamp,
                launch_token=fact.launch_token or None,
                launch_attempt=fact.attempt,
            )
        case RunStarted():
            return replace(run, status=status, started_at=event.timestamp)
        case RunSucceeded() | RunCanceled():
            return replace(run, status=status, ended_at=event.timestamp)
        case RunFailed():
            return replace(
                run,
                status=status,
                ended_at=event.timestamp,
                failure_reason=fact.reason,
                failure_message=fact.message or None,
            )
        case _:
            return run if status is run.status else replace(run, status=status)


def fold(run: DagsterRun, events: Iterable[Event]) -> DagsterRun:
    """Return ``run`` after all of ``events``, in their order."""
    for event in events:
        run = apply(run, event)
    return run


def accepts(run: DagsterRun, event: Event) -> bool:
    """Say whether the run can take the event, as a change of state or as a late one."""
    return run.is_finished or moves(run.status, event.fact)


def _retag(run: DagsterRun, fact: RunTagged) -> DagsterRun:
    tags, origins = dict(run.tags), dict(run.tag_origins)
    for key, value in fact.tags.items():
        if value is None:
            tags.pop(key, None)
            origins.pop(key, None)
            continue
        tags[key] = value
        origins[key] = TagOrigin("edit", fact.author)
    return replace(run, tags=tags, tag_origins=origins, priority=priority(tags))
