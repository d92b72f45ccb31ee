"""The retry loop: failed runs that are to be executed again by themselves are, once each, whoever dies meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import msgspec
import structlog

from earmark.daemon.loop import Loop
from earmark.decide.retries import RetryDecision, decide_retry, end_tags, retry_ask
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, EngineNoted, RunTagged
from earmark.locations.guest_process import GuestError
from earmark.locations.registry import LocationRegistry
from earmark.runs.policies import RunRetries
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.system import AUTO_RETRY_RUN_ID
from earmark.values.ids import uuid7

LOG = structlog.get_logger("earmark.retries")

_UNDECIDED = "status:failed not tag:dagster/failure_reason"
_PROMISED = "status:failed tag:dagster/will_retry=true not tag:dagster/auto_retry_run_id"


class RetryLoop(Loop):
    """Decides about failed runs, and has those executed again that are to be.

    Args:
        store: Where runs are.
        registry: Where runs are asked for.
        retries: What holds for runs that do not say.
        leads: Says whether this host leads; only the leader retries.
        wake_queue: Called when a retry waits in the queue.
    """

    def __init__(
        self,
        store: Store,
        registry: LocationRegistry,
        retries: RunRetries,
        *,
        leads: Callable[[], bool],
        wake_queue: Callable[[], None],
    ) -> None:
        super().__init__("retries", LOG)
        self._store = store
        self._registry = registry
        self._retries = retries
        self._leads = leads
        self._wake_queue = wake_queue

    def _look(self) -> None:
        if self._leads():
            self.round()

    def round(self) -> None:
        """Decide about all failed runs that were not decided about, and launch the retries that are due."""
        for run in self._store.runs.find(_UNDECIDED, limit=200).runs:
            self._decide(run)
        now = self._store.clock()
        for run in self._store.runs.find(_PROMISED, limit=200).runs:
            decision = decide_retry(run, self._retries)
            if decision.will_retry and (decision.due is None or decision.due <= now):
                self._retry(run, decision)

    def _decide(self, run: DagsterRun) -> None:
        """Say in the run's log and tags why it failed and what becomes of it."""
        decision = decide_retry(run, self._retries)
        if run.launch_token is None and decision.will_retry:
            # Executed by hand, without a host: whoever did so sees the failure, and decides.
            decision = RetryDecision(False, "Runs that were executed by hand are not retried by themselves.")
        facts: list[AnyFact] = [RunTagged(dict(end_tags(run, decision)), "system")]
        if decision.asked_for:
            facts.append(decision.fact)
        now = self._store.clock()
        self._store.runs.record(run.run_id, [Event(fact, now) for fact in facts])

    def _retry(self, run: DagsterRun, decision: RetryDecision) -> None:
        """Ask for the retry under an id that follows from the run: asking twice makes one run."""
        run_id = _id_of_retry(run, decision)
        told: list[AnyFact] = []
        if not self._store.runs.get_many([run_id]):
            ask = msgspec.to_builtins(retry_ask(run, decision))
            payload = {"job_name": run.job_name, "ask": ask, "run_id": run_id}
            try:
                self._registry.ask(run.code_location or "", "submit_run", payload)
            except GuestError as error:
                if not self._registry.is_ready(run.code_location or ""):
                    return  # the location is being loaded; the retry is still promised
                LOG.error("retry refused", run_id=run.run_id, error=str(error))
                told.append(EngineNoted(f"The run is not executed again: {error}"))
                run_id = ""
        tags: dict[str, str | None] = {AUTO_RETRY_RUN_ID: run_id}
        if not run_id:
            tags = {"dagster/will_retry": "false"}
        now = self._store.clock()
        self._store.runs.record(run.run_id, [Event(fact, now) for fact in (*told, RunTagged(tags, "system"))])
        self._wake_queue()


def _id_of_retry(run: DagsterRun, decision: RetryDecision) -> str:
    digest = hashlib.blake2b(f"{run.run_id} {decision.retry_number}".encode(), digest_size=8).digest()
    return uuid7(decision.due or run.created_at, int.from_bytes(digest, "big"))
