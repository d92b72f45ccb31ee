"""The host: code locations, the queue, rescue, and the other loops, started and stopped together."""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import structlog

from earmark.daemon.backfills import BackfillLoop
from earmark.daemon.cancel import cancel_run
from earmark.daemon.dispatch import TICK_SECONDS
from earmark.daemon.heartbeat import HeartbeatLoop
from earmark.daemon.leadership import SECONDS, Leadership
from earmark.daemon.locations import LocationsLoop
from earmark.daemon.loop import Loop
from earmark.daemon.prune import PruneLoop
from earmark.daemon.queue import QueueLoop
from earmark.daemon.rescue import RescueLoop
from earmark.daemon.retries import RetryLoop
from earmark.daemon.schedules import ScheduleLoop
from earmark.daemon.sensors import SensorLoop
from earmark.daemon.wakeups import WakeUps
from earmark.locations.published import LEADER
from earmark.locations.questions import ASKED
from earmark.locations.registry import LocationOrder, LocationRegistry
from earmark.protocol.messages import WorkerEnded, WorkerStarted
from earmark.runs.limits import QueuePolicy
from earmark.runs.policies import Retention, RunMonitoring, RunRetries
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import Lease
from earmark.store.version import OutdatedError
from earmark.values.errors import StoreError

LOG = structlog.get_logger("earmark.host")

LOCK = "host.lock"
"""The name of the file in a home that its host holds locked."""

_DEFINING = (".yaml", ".yml", ".sql")
"""Files beside Python's that definitions are made of: those of components, and what these name."""


class HostError(StoreError):
    """Another host works on this home."""


class Host:
    """Everything that works without being asked.

    Args:
        store: The store.
        home: The home folder.
        orders: The code locations.
        policy: Returns the limits and the order of the queue that hold now.
        worker_settings: What workers are told; see ``WorkerOrder``.
        monitoring: How long runs may take to start, to run and to end.
        retries: How failed runs are executed again.
        retention: For how long runs and ticks are kept.
        tick_seconds: How long the code of a tick may take.
        watch: Whether a changed file reloads its code location.
        environment: More environment variables for guests.
        lease_seconds: How long this host leads without renewing its lease.
        on_outdated: Called when another Earmark has brought the store to another version: this host is of no use then.

    Raises:
        HostError: Another host works on this home, and the store is a file of it.
    """

    def __init__(
        self,
        store: Store,
        home: Path,
        orders: Iterable[LocationOrder],
        *,
        policy: Callable[[], QueuePolicy] = QueuePolicy,
        worker_settings: dict[str, Any] | None = None,
        monitoring: RunMonitoring | None = None,
        retries: RunRetries | None = None,
        retention: Retention | None = None,
        tick_seconds: float = TICK_SECONDS,
        watch: bool = False,
        environment: dict[str, str] | None = None,
        lease_seconds: float = SECONDS,
        on_outdated: Callable[[], None] = lambda: None,
    ) -> None:
        self.store = store
        self.home = home
        self._lock_file = lock_home(home) if store.url.startswith("sqlite") else None
        self.registry = LocationRegistry(
            store,
            home,
            orders,
            worker_settings=worker_settings,
            on_change=self._on_change,
            on_worker=self._on_worker,
            environment=environment,
            on_lost=self._on_lost,
        )
        # Whoever holds the lock of the home is its only host, so it may take over at once what a dead one held.
        # Elsewhere a name of its own for each: in containers every host may be process 1 of the same host name.
        alone = self._lock_file is not None
        holder = str(home) if alone else f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.fault: OutdatedError | None = None
        self._tell_outdated = on_outdated
        self.leadership: Leadership = Leadership(
            store, LEADER, holder, self._on_lease, lease_seconds, self._on_outdated
        )
        self.queue = QueueLoop(store, self.registry, policy)
        leads = lambda: self.leadership.current() is not None  # noqa: E731 - one question, asked by several loops
        self.rescue = RescueLoop(store, monitoring or RunMonitoring(), lease=self.leadership.current)
        self.retries = RetryLoop(store, self.registry, retries or RunRetries(), leads=leads, wake_queue=self.queue.wake)
        self.schedules = ScheduleLoop(
            store, self.registry, leads=leads, wake_queue=self.queue.wake, seconds=tick_seconds
        )
        self.sensors = SensorLoop(store, self.registry, leads=leads, wake_queue=self.queue.wake, seconds=tick_seconds)
        self.backfills = BackfillLoop(store, self.registry, leads=leads, wake_queue=self.queue.wake)
        self.prune = PruneLoop(store, home, retention or Retention(), leads=leads)
        self.locations = LocationsLoop(store, holder, self.registry)
        self._loops: tuple[Loop, ...] = (
            self.queue, self.rescue, self.retries, self.schedules, self.sensors, self.backfills, self.prune,
            self.locations,
        )  # fmt: skip
        self.heartbeat = HeartbeatLoop(store, holder, self._loops, lease=self.leadership.current)
        self._wake_ups = WakeUps(home, self.wake_all)
        self._watch = watch
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start everything; code locations load in the background."""
        self.registry.start()
        self._wake_ups.start()
        for loop in self._loops:
            loop.start()
        self.heartbeat.start()
        self.leadership.start()
        if self._watch:
            self._begin(self._watch_files, "watch")
        if not self.store.url.startswith("sqlite"):
            self._begin(self._listen, "listen")

    def _begin(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self, *, drain: bool = False, seconds: float = 600.0) -> None:
        """Stop everything. Runs in progress go on by themselves; with ``drain`` they are waited for first.

        Args:
            drain: Whether to admit nothing more and wait until no run is in progress.
            seconds: How long to wait at the most.
        """
        self.queue.stop()
        if drain:
            self._drain(seconds)
        self._stop.set()
        for loop in self._loops[1:]:
            loop.stop()
        self.heartbeat.stop()
        self.leadership.stop()
        self._wake_ups.stop()
        self.registry.stop()
        for thread in self._threads:
            thread.join(3.0)
        if self._lock_file is not None:
            self._lock_file.close()

    def _drain(self, seconds: float) -> None:
        left = seconds
        while left > 0 and self.store.queue.in_progress():
            self._stop.wait(0.2)
            left -= 0.2

    def submit(self, payload: dict[str, Any], location: str) -> dict[str, Any]:
        """Ask a code location for a run of one of its jobs, and wake the queue; see ``submit_run`` of the guest.

        Raises:
            GuestError: The location cannot be asked, or refuses: the configuration or a tag does not fit.
        """
        answer = self.registry.ask(location, "submit_run", payload)
        self.queue.wake()
        return answer

    def cancel(self, run_id: str, author: str) -> DagsterRun:
        """Ask for the end of a run; see :func:`earmark.daemon.cancel.cancel_run`."""
        run = cancel_run(self.store, run_id, author)
        self.queue.wake()
        return run

    def wake_all(self) -> None:
        """Have every loop that asks for runs look at once."""
        self.queue.wake()
        self.schedules.wake()
        self.sensors.wake()
        self.backfills.wake()
        self.locations.wake()

    def _on_change(self, name: str) -> None:
        state = self.registry.location(name)
        if state.error:
            note = "its last good definitions stay, marked stale" if state.stale else "it has no definitions"
            # A renderer for people prints the traceback below the line: it shows where in the user's code it failed.
            LOG.error(
                "code location failed",
                location=name,
                error=state.error,
                note=note,
                exception=state.traceback.rstrip() or None,
            )
        else:
            LOG.info("code location loaded", location=name, seconds=round(state.load_seconds, 2), note=state.note)
        self.wake_all()

    def _on_worker(self, message: WorkerStarted | WorkerEnded) -> None:
        if isinstance(message, WorkerEnded):
            self.rescue.worker_ended(message.run_id, message.pid, message.status)
            self.queue.wake()
            self.retries.wake()
            self.sensors.wake()
            self.backfills.wake()

    def _on_lost(self, run_id: str) -> None:
        self.rescue.launch_lost(run_id)

    def _on_lease(self, lease: Lease | None) -> None:
        LOG.info("leading" if lease is not None else "not leading", epoch=None if lease is None else lease.epoch)
        self.queue.lead(lease)
        self.heartbeat.wake()
        self.schedules.wake()
        self.sensors.wake()
        self.backfills.wake()

    def _on_outdated(self, error: OutdatedError) -> None:
        LOG.error("the store is of another version by now", error=str(error))
        self.fault = error
        for loop in (*self._loops, self.heartbeat):
            loop.quit()
        self._tell_outdated()

    def _watch_files(self) -> None:
        from watchfiles import PythonFilter, watch

        folders = {order.name: order.watched() for order in self.registry.orders()}
        wanted = PythonFilter(extra_extensions=_DEFINING)
        for changes in watch(*set(folders.values()), watch_filter=wanted, stop_event=self._stop, debounce=200):
            for name, folder in folders.items():
                if any(Path(path).is_relative_to(folder) for _, path in changes):
                    LOG.info("files changed", location=name)
                    self.registry.reload(name)

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                told = self.store.wait(("queue", "runs", ASKED), 0.5)
                if ASKED in told:
                    self.locations.wake()
                if told - {ASKED}:
                    self.queue.wake()
            except StoreError:
                self._stop.wait(1.0)


def lock_home(home: Path) -> IO[str]:
    """Hold a home as its only host, until the file that is returned is closed.

    Raises:
        HostError: Another host works on it.
    """
    path = home / LOCK
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        other = file.read().strip()
        file.close()
        raise HostError(
            f"Another host works on {home}{f' (process {other})' if other else ''}.",
            hint="Stop it first, or give this one a home of its own by EARMARK_HOME; several hosts need PostgreSQL.",
            path=str(path),
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
