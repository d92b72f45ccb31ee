"""The rescue loop: runs whose worker is gone, or never came, get an end or another worker."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import structlog

from earmark.daemon.liveness import tell_worker
from earmark.daemon.loop import Loop
from earmark.decide.rescue import Action, Life, Sight, judge_run
from earmark.events.envelope import Event
from earmark.runs.policies import RunMonitoring
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import Lease, RunLease
from earmark.system.processes import is_alive
from earmark.values.clock import Micros
from earmark.values.errors import DagsterRunNotFoundError, LeaseLostError
from earmark.values.states import DagsterRunStatus

LOG = structlog.get_logger("earmark.rescue")

_LEASE_GRACE = 5_000_000
_TOLD_WITHIN = 300_000
"""For how many microseconds a dead worker's guest may still be about to say how it died."""
_LAUNCH_GRACE = 5_000_000
_NOT_CLAIMED = 3  # the exit code of a worker that was not to have the run


class RescueLoop(Loop):
    """Looks after runs in progress.

    Args:
        store: Where runs are.
        monitoring: How long things may take.
        lease: Returns the lease of the leader while this host has it; only the leader rescues.
    """

    def __init__(self, store: Store, monitoring: RunMonitoring, *, lease: Callable[[], Lease | None]) -> None:
        super().__init__("rescue", LOG)
        self._store = store
        self._monitoring = monitoring
        self._lease = lease
        self._without_lease: dict[str, Micros] = {}
        self._deaths: dict[int, str] = {}
        self._unclaimed: dict[str, tuple[Micros, str]] = {}
        self._unexplained: dict[int, Micros] = {}
        self._epoch: int | None = None
        self._leads_since = Micros(0)

    def worker_ended(self, run_id: str, pid: int, status: int) -> None:
        """Look now: the guest has reaped a worker, which says how it ended."""
        for kept in (self._deaths, self._unclaimed):
            if len(kept) > 10_000:
                kept.clear()
        if status == 0:
            return  # the run has its end; the worker may see to another one already
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
        self._deaths[pid] = how
        if status != _NOT_CLAIMED:
            self._unclaimed[run_id] = (self._store.clock(), how)
        self._wake.set()

    def launch_lost(self, run_id: str) -> None:
        """Look now: no worker comes for a run, for the process that was to fork it is gone."""
        self._unclaimed[run_id] = (self._store.clock(), "the process of its code location is gone")
        self._wake.set()

    def _look(self) -> None:
        lease = self._lease()
        if lease is None:
            return
        try:
            self.round(lease)
        except LeaseLostError:
            LOG.info("leadership lost")

    def round(self, lease: Lease) -> None:
        """Look at every run in progress once; what is found is written under the lease, or not at all."""
        runs = self._store.queue.in_progress()
        leases = {lease.run_id: lease for lease in self._store.queue.held()} if runs else {}
        now = self._store.clock()
        self._unexplained = {pid: at for pid, at in self._unexplained.items() if now - at < 10 * _TOLD_WITHIN}
        if lease.epoch != self._epoch:
            self._epoch, self._leads_since = lease.epoch, now
        for run in runs:
            verdict = judge_run(run, self._sight(run, leases.get(run.run_id), now), self._monitoring, now)
            if verdict.action is Action.ASK_TO_END:
                # Its supervisor has been told; once more does no harm if it has not heard.
                tell_worker(self._store, run.run_id)
            fact = verdict.fact
            if fact is None:
                continue
            if self._record(lease, run, Event(fact, now)):
                LOG.warning("run rescued", run_id=run.run_id, status=run.status.value, fact=fact.event_type)
        self._without_lease = {key: at for key, at in self._without_lease.items() if key in {r.run_id for r in runs}}

    def _record(self, lease: Lease, run: DagsterRun, event: Event) -> bool:
        """Record a verdict, unless the run has moved on since it was judged."""

        def record() -> bool:
            self._store.leases.require(lease)
            return self._store.runs.record_if_unmoved(run, [event])

        try:
            return self._store.transact(record)
        except DagsterRunNotFoundError:
            return False  # it was deleted in this very moment

    def _sight(self, run: DagsterRun, lease: RunLease | None, now: Micros) -> Sight:
        """Return what can be seen of a run's worker from here."""
        if lease is None:
            return self._sight_without_lease(run, now)
        self._without_lease.pop(run.run_id, None)
        if lease.data.get("host") != socket.gethostname() or not lease.data.get("pid"):
            return Sight(Life.UNKNOWN, lease_until=lease.expires_at)
        pid = int(lease.data["pid"])
        if is_alive(pid, int(lease.data.get("started", 0))):
            return Sight(Life.ALIVE, lease_until=lease.expires_at)
        how = self._deaths.get(pid)
        if how is None and now - self._unexplained.setdefault(pid, now) < _TOLD_WITHIN:
            return Sight(Life.UNKNOWN, lease_until=lease.expires_at)
        return Sight(Life.GONE, how or f"process {pid}", lease.expires_at)

    def _patience(self) -> float:
        return _TOLD_WITHIN / 1_000_000 if self._unexplained else super()._patience()

    def _sight_without_lease(self, run: DagsterRun, now: Micros) -> Sight:
        """A run whose worker has not claimed it yet, that is run by hand, or whose worker gave up its lease."""
        if run.status is DagsterRunStatus.STARTING:
            # A worker takes the run and its lease at once: one that ended since the start left the run unclaimed.
            started_at = run.starting_at or now
            ended_at, how = self._unclaimed.get(run.run_id, (Micros(0), ""))
            if ended_at > started_at:
                return Sight(Life.GONE, how)
            # A worker that an earlier leader asked for has claimed the run by now, or the asking died with that leader.
            if started_at < self._leads_since <= now - _LAUNCH_GRACE:
                return Sight(Life.GONE, "the host that asked for it no longer leads")
            return Sight()
        if run.launch_token is None:
            return Sight()
        seen = self._without_lease.setdefault(run.run_id, now)
        if now - seen < _LEASE_GRACE:
            return Sight()
        return Sight(Life.GONE, "it holds no lease")
