"""Cancelling: at once where no worker has the run, else by telling its worker."""

from __future__ import annotations

from earmark.daemon.liveness import tell_worker
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, RunCanceled, RunCanceling
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.query.fields import word_of
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.states import DagsterRunStatus


def cancel_run(store: Store, run_id: str, author: str) -> DagsterRun:
    """Ask for the end of a run and return it as it then is.

    A worker on this machine is told at once; one elsewhere sees it when it renews its lease.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        DagsterInvariantViolationError: It has finished.
    """
    while True:
        run = store.runs.get(run_id)
        if run.is_finished:
            raise DagsterInvariantViolationError(
                f"Run {run_id} is {word_of(run.status)}; a finished run cannot be canceled.",
                run_id=run_id,
                status=run.status,
            )
        waits = run.status in (DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED)
        fact: AnyFact = RunCanceled(author) if waits else RunCanceling(author)
        asked_before = run.status is DagsterRunStatus.CANCELING
        # Should it start or end in this very moment, what is to be done is another.
        if asked_before or store.runs.record_if_unmoved(run, [Event(fact, store.clock())]):
            break
    if not waits:
        tell_worker(store, run_id)
    return store.runs.get(run_id)
