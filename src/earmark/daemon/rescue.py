"""The rescue loop: runs whose worker is gone, or never came, get an end or another worker."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import structlog

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, RunCanceled, RunFailed, RunRequeued
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import RunLease
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError, StoreError
from earmark.values.states import DagsterRunStatus, FailureReason

LOG = structlog.get_logger("earmark.rescue")

_EVERY = 1.0


def is_alive(pid: int, started: int) -> bool:
    """Say whether a process of this machine lives: the pid, with the kernel's start time where it is known."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    fields = text.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return False
    return not started or int(fields[19]) == started


class RescueLoop:
    """Looks after runs in progress.

    Args:
        store: Where runs are.
        start_timeout: Seconds a worker may take to claim its run.
        start_attempts: How often a run is launched before it fails.
        leads: Says whether this host leads; only the leader rescues.
    """

    def __init__(
        self, store: Store, *, start_timeout: float = 60.0, start_attempts: int = 3, leads: Any = lambda: True
    ) -> None:
        self._store = store
        self._start_timeout = start_timeout
        self._start_attempts = start_attempts
        self._leads = leads
        self._host = socket.gethostname()
        self._suspects: dict[str, int] = {}
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rescue", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._wake.set()
        self._thread.join(5.0)

    def wake(self) -> None:
        """Look now: a worker has ended."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(_EVERY)
            self._wake.clear()
            if self._stop.is_set() or not self._leads():
                continue
            try:
                self.round()
            except StoreError as error:
                LOG.warning("the store is out of reach", error=str(error))

    def round(self) -> None:
        """Look at every run in progress once."""
        runs = self._store.queue.in_progress()
        if not runs:
            self._suspects.clear()
            return
        leases = {lease.run_id: lease for lease in self._store.queue.held()}
        now = self._store.clock()
        for run in runs:
            fact = self._judge(run, leases.get(run.run_id), now)
            if fact is None:
                continue
            try:
                self._store.runs.record(run.run_id, [Event(fact, now)])
                LOG.warning("run rescued", run_id=run.run_id, status=run.status.value, fact=fact.event_type)
            except DagsterInvariantViolationError:
                # It has moved on by itself since it was read.
                continue

    def _judge(self, run: DagsterRun, lease: RunLease | None, now: Micros) -> AnyFact | None:
        """Return what has become true of a run, if its worker can no longer say it."""
        if run.status is DagsterRunStatus.STARTING:
            return self._late_start(run, now)
        if lease is None:
            return self._without_lease(run, now)
        self._suspects.pop(run.run_id, None)
        local = lease.data.get("host") == self._host
        if local and lease.data.get("pid") and not is_alive(int(lease.data["pid"]), int(lease.data.get("started", 0))):
            return self._end(run, f"The worker of the run (process {lease.data['pid']}) is gone.")
        if not local and lease.expires_at < now:
            return self._end(run, f"The worker of the run on {lease.data.get('host', '?')} gave no sign of life.")
        return None

    def _late_start(self, run: DagsterRun, now: Micros) -> AnyFact | None:
        since = run.starting_at or now
        if now - since < self._start_timeout * 1_000_000:
            return None
        if run.launch_attempt < self._start_attempts:
            return RunRequeued(f"No worker came within {self._start_timeout:g} seconds; the run waits again.")
        return RunFailed(
            FailureReason.START_TIMEOUT,
            f"No worker came within {self._start_timeout:g} seconds, {run.launch_attempt} times.",
        )

    def _without_lease(self, run: DagsterRun, now: Micros) -> AnyFact | None:
        """A run that has started but holds no lease: between claim and lease for a moment, or run by hand."""
        if run.launch_token is None:
            return None
        seen = self._suspects.setdefault(run.run_id, int(now))
        if now - seen < 5_000_000:
            return None
        return self._end(run, "The worker of the run ended before it took its lease.")

    @staticmethod
    def _end(run: DagsterRun, message: str) -> AnyFact:
        if run.status is DagsterRunStatus.CANCELING:
            return RunCanceled(message=f"The run was canceled. {message}")
        return RunFailed(FailureReason.UNEXPECTED_TERMINATION, message)
