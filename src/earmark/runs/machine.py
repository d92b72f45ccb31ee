"""The one table of transitions. A fact that has no row for a state does not move a run in that state."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from earmark.events.kinds import (
    AnyFact,
    RunCanceled,
    RunCanceling,
    RunDequeued,
    RunEnqueued,
    RunFact,
    RunFailed,
    RunRequeued,
    RunStarted,
    RunStarting,
    RunSucceeded,
)
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.states import DagsterRunStatus

_S = DagsterRunStatus

TRANSITIONS: Mapping[type[RunFact], Mapping[DagsterRunStatus, DagsterRunStatus]] = MappingProxyType(
    {
        RunEnqueued: {_S.NOT_STARTED: _S.QUEUED},
        RunDequeued: {_S.QUEUED: _S.QUEUED},
        RunStarting: {_S.NOT_STARTED: _S.STARTING, _S.QUEUED: _S.STARTING},
        RunRequeued: {_S.STARTING: _S.QUEUED},
        # NOT_STARTED -> STARTED is the run that a process executes in itself, without a launcher.
        RunStarted: {_S.NOT_STARTED: _S.STARTED, _S.STARTING: _S.STARTED},
        RunSucceeded: {_S.STARTED: _S.SUCCESS, _S.CANCELING: _S.SUCCESS},
        RunFailed: {
            _S.NOT_STARTED: _S.FAILURE,
            _S.QUEUED: _S.FAILURE,
            _S.STARTING: _S.FAILURE,
            _S.STARTED: _S.FAILURE,
            _S.CANCELING: _S.FAILURE,
        },
        RunCanceling: {_S.STARTING: _S.CANCELING, _S.STARTED: _S.CANCELING},
        # A run that no worker has yet needs nobody's consent.
        RunCanceled: {
            _S.NOT_STARTED: _S.CANCELED,
            _S.QUEUED: _S.CANCELED,
            _S.STARTED: _S.CANCELED,
            _S.CANCELING: _S.CANCELED,
        },
    }
)
"""For each kind of fact, the states it applies to and the state each becomes."""


def next_state(state: DagsterRunStatus, fact: AnyFact) -> DagsterRunStatus:
    """Return the state that ``fact`` moves a run in ``state`` to; a fact that is not about runs moves nothing.

    Raises:
        DagsterInvariantViolationError: The table has no row for this fact in this state.
    """
    rows = TRANSITIONS.get(type(fact))  # type: ignore[arg-type]
    if rows is None:
        return state
    if state in rows:
        return rows[state]
    allowed = ", ".join(sorted(source.value for source in rows))
    raise DagsterInvariantViolationError(
        f"{fact.event_type} cannot happen to a run that is {state.value}; it applies to: {allowed}.",
        state=state,
        event_type=fact.event_type,
    )


def moves(state: DagsterRunStatus, fact: AnyFact) -> bool:
    """Say whether the table has a row for ``fact`` in ``state``, or the fact is not about runs at all."""
    rows = TRANSITIONS.get(type(fact))  # type: ignore[arg-type]
    return rows is None or state in rows
