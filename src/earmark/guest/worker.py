"""The worker of one run: a small supervisor without user code, and the process that runs user code.

The supervisor claims the run, forks, renews the lease, keeps what is printed, enforces the time limit, passes on a
cancellation, and says how the process ended if the process could not say it itself.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from earmark.define.definitions import Definitions
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, LogsCaptured, RunCanceled, RunFailed, RunStarted
from earmark.execute.capture import KeptStream, log_path
from earmark.execute.errors import error_info
from earmark.execute.execute_job import stored_plan
from earmark.execute.executors import executor_for, in_process
from earmark.execute.instance import DagsterInstance
from earmark.execute.patience import STORE_PATIENCE, with_patience
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.guest.order import open_instance
from earmark.runs.limits import PoolLimits
from earmark.runs.run import DagsterRun
from earmark.system import tracing
from earmark.system.processes import is_alive, start_time_of
from earmark.tags.system import STEP_TIMEOUT, max_runtime
from earmark.values.errors import DagsterError, DagsterExecutionInterruptedError, SettingsError, StoreError
from earmark.values.states import FINISHED_STATES, DagsterRunStatus, FailureReason

LEASE_SECONDS = 30.0
"""How long a worker's lease holds without being renewed."""

_RENEW_EVERY = 5.0
_PR_SET_PDEATHSIG = 1
_ENDED = "ended"
_SIGNALLED = "signalled"


class WorkerOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a worker is told.

    Args:
        run_id: The run.
        launch_token: What it claims the run with.
        home: The home folder.
        store: What the store is opened by.
        location: The code location.
        settings: ``cancel_grace`` (seconds), ``max_runtime`` (seconds, 0 for none), ``store_patience`` (seconds that a
            store out of reach is waited for), ``pools`` and ``tag_flow`` (what the settings files say of
            them), ``traces`` (whether the run is traced).
        forks: Whether the process that runs user code may fork again, for steps in processes of their own.
        traceparent: The span that the run's own belongs to.
    """

    run_id: str
    launch_token: str
    home: str
    store: str
    location: str
    settings: dict[str, Any] = {}
    forks: bool = True
    traceparent: str = ""

    @property
    def patience(self) -> float:
        """How many seconds a store that is out of reach is waited for."""
        return float(self.settings.get("store_patience", STORE_PATIENCE))

    @property
    def pool_limits(self) -> PoolLimits:
        """What the settings files say of pools."""
        return msgspec.convert(self.settings.get("pools", {}), PoolLimits)

    def open(self) -> DagsterInstance:
        """Open the store."""
        return open_instance(self.store, self.home, self.settings)


def supervise(order: WorkerOrder, load: Callable[[], Definitions]) -> int:
    """Claim a run and see it through; return the exit code of the worker.

    ``load`` gives the definitions, in the process that runs user code: at once where they were loaded before the fork.
    0: the run has ended as it says of itself. 3: another worker has the run, or it is not to be started.
    """
    return _Supervisor(order, load).run()


class _Supervisor:
    def __init__(self, order: WorkerOrder, load: Callable[[], Definitions]) -> None:
        self._order = order
        self._load = load
        self._grace = float(order.settings.get("cancel_grace", 10.0))
        self._cancel_asked = False
        self._interrupted_at: float | None = None
        self._killed = False
        self._timed_out = False
        self._pid = 0

    def run(self) -> int:
        """See the run through."""
        instance = self._order.open()
        host, me = socket.gethostname(), os.getpid()
        image = os.environ.get("EARMARK_IMAGE") or os.environ.get("DAGSTER_CURRENT_IMAGE")
        started = Event(RunStarted(host, me, image), instance.clock())
        run = instance.store.transact(lambda: self._claim(instance, started))
        if run is None:
            _tell_restart(instance, self._order)
            instance.store.close()
            return 3
        limit = max_runtime(run.tags) or float(self._order.settings.get("max_runtime") or 0) or None
        signal.signal(signal.SIGTERM, self._on_terminate)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        instance.store.disconnect()
        pipes = {1: os.pipe(), 2: os.pipe()}
        self._pid = os.fork()
        if self._pid == 0:
            _be_user_process(self._order, self._load, run, pipes)
        status = self._watch(instance, pipes, limit)
        self._tell_end(instance, status)
        instance.store.close()
        return 0

    def _on_terminate(self, *_: Any) -> None:
        self._cancel_asked = True

    def _claim(self, instance: DagsterInstance, started: Event) -> DagsterRun | None:
        """Take the run and its lease at once: whoever sees a run that has started can see whether its worker lives."""
        if not instance.store.runs.claim(self._order.run_id, self._order.launch_token, started):
            return None
        self._hold(instance)
        return instance.store.runs.get(self._order.run_id)

    def _hold(self, instance: DagsterInstance) -> None:
        data = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": start_time_of(os.getpid()),
            "location": self._order.location,
        }
        instance.store.queue.hold(self._order.run_id, self._order.launch_token, LEASE_SECONDS, data)

    def _watch(self, instance: DagsterInstance, pipes: dict[int, tuple[int, int]], limit: float | None) -> int:
        selector = selectors.DefaultSelector()
        pidfd = os.pidfd_open(self._pid)
        selector.register(pidfd, selectors.EVENT_READ, _ENDED)
        # A signal alone would not end a wait: Python takes it up again.
        signals, wake = os.pipe()
        for fd in (signals, wake):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        selector.register(signals, selectors.EVENT_READ, _SIGNALLED)
        for fd, (reading, writing) in pipes.items():
            os.close(writing)
            path = log_path(Path(self._order.home), self._order.run_id, "_run", "out" if fd == 1 else "err")
            selector.register(reading, selectors.EVENT_READ, KeptStream(path))
        deadline = None if limit is None else time.monotonic() + limit
        renew = time.monotonic() + _RENEW_EVERY
        ended = False
        while not ended:
            now = time.monotonic()
            for key, _ in selector.select(self._pause(now, renew, deadline)):
                if key.data is _ENDED:
                    ended = True
                elif key.data is _SIGNALLED:
                    os.read(signals, 64)
                else:
                    _keep(selector, key)
            now = time.monotonic()
            if now >= renew:
                renew = now + _RENEW_EVERY
                self._renew(instance)
            if deadline is not None and now >= deadline and not self._timed_out:
                self._timed_out = True
                self._interrupt(now)
            if self._cancel_asked and self._interrupted_at is None:
                self._interrupt(now)
            if self._interrupted_at is not None and now - self._interrupted_at >= self._grace and not self._killed:
                self._killed = True
                _signal_group(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        # What it left running in its group ends with it.
        _signal_group(self._pid, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        for fd in (pidfd, signals):
            selector.unregister(fd)
        _drain(selector)
        for fd in (pidfd, signals, wake):
            os.close(fd)
        return os.waitstatus_to_exitcode(status)

    def _pause(self, now: float, renew: float, deadline: float | None) -> float:
        until = [renew - now]
        if deadline is not None and not self._timed_out:
            until.append(deadline - now)
        if self._interrupted_at is not None and not self._killed:
            until.append(self._interrupted_at + self._grace - now)
        if self._cancel_asked and self._interrupted_at is None:
            until.append(0.0)
        return max(0.0, min(until))

    def _interrupt(self, now: float) -> None:
        self._interrupted_at = now
        _signal_group(self._pid, signal.SIGINT)

    def _renew(self, instance: DagsterInstance) -> None:
        try:
            self._hold(instance)
            instance.store.leases.renew_slots(self._order.run_id)
            status = instance.store.runs.status(self._order.run_id)
            # A run that somebody has ended meanwhile, taking this worker for lost, may be executed again by now.
            if status is DagsterRunStatus.CANCELING or (status in FINISHED_STATES and self._lives()):
                self._cancel_asked = True
            # While the run goes on, its supervisor needs a connection for a moment every few seconds.
            instance.store.disconnect()
        except StoreError as error:
            # The store may be back before the lease runs out; user code is not to suffer meanwhile.
            sys.stderr.write(f"worker of run {self._order.run_id}: lease not renewed: {error}\n")

    def _lives(self) -> bool:
        # The process itself says that the run has ended just before it ends.
        time.sleep(0.2)
        return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def _tell_end(self, instance: DagsterInstance, status: int) -> None:
        """Say how the run ended, unless the process has said it."""
        patience = self._order.patience
        run = with_patience(lambda: instance.store.runs.get(self._order.run_id), patience)
        facts: list[AnyFact] = []
        if (Path(self._order.home) / "logs" / run.run_id).is_dir():
            facts.append(LogsCaptured(run.run_id))
        if not run.is_finished:
            facts.append(self._end_of(run, status))
        if facts:
            events = [Event(fact, instance.clock()) for fact in facts]
            with_patience(lambda: instance.store.runs.record(run.run_id, events), patience)

    def _end_of(self, run: DagsterRun, status: int) -> AnyFact:
        if self._timed_out:
            limit = max_runtime(run.tags) or self._order.settings.get("max_runtime")
            return RunFailed(FailureReason.RUN_TIMEOUT, f"The run took longer than {limit:g} seconds.")
        if run.status is DagsterRunStatus.CANCELING or self._cancel_asked:
            forced = f" It did not end by itself within {self._grace:g} seconds and was killed." if self._killed else ""
            return RunCanceled(message=f"The run was canceled.{forced}")
        if status < 0:
            name = signal.Signals(-status).name
            return RunFailed(FailureReason.UNEXPECTED_TERMINATION, f"The process of the run was killed by {name}.")
        return RunFailed(
            FailureReason.UNEXPECTED_TERMINATION,
            f"The process of the run ended with exit code {status} before the run.",
        )


def _tell_restart(instance: DagsterInstance, order: WorkerOrder) -> None:
    """Fail the run if this worker is one that was started again, and the one that had claimed the run is gone.

    What restarts workers by itself (a container that is to be restarted, say) would otherwise leave it to the lease.
    """
    run = instance.store.runs.get(order.run_id)
    if run.launch_token != order.launch_token:
        return
    for lease in instance.store.queue.held():
        if lease.run_id != run.run_id or lease.data.get("host") != socket.gethostname():
            continue
        pid = int(lease.data.get("pid", 0))
        if not is_alive(pid, int(lease.data.get("started", 0))):
            message = f"The worker of the run was started again: the one that had it, process {pid}, is gone."
            failed = RunFailed(FailureReason.RUN_WORKER_RESTART, message)
            instance.store.runs.record_if_unmoved(run, [Event(failed, instance.clock())])


def _keep(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
    data = os.read(key.fd, 65536)
    if data:
        key.data.write(data)
        return True
    selector.unregister(key.fileobj)
    key.data.close()
    os.close(key.fd)
    return False


def _drain(selector: selectors.BaseSelector) -> None:
    """Keep what is still in the pipes; whoever holds their other end is gone by now, or is not waited for."""
    while True:
        ready = [key for key, _ in selector.select(0)]
        if not ready:
            break
        for key in ready:
            _keep(selector, key)
    for key in list(selector.get_map().values()):
        key.data.close()
        os.close(key.fd)
    selector.close()


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _be_user_process(
    order: WorkerOrder, load: Callable[[], Definitions], run: DagsterRun, pipes: dict[int, tuple[int, int]]
) -> None:
    """Become the process that runs user code, in a group of its own; it dies with its supervisor."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for fd, (reading, writing) in pipes.items():
            os.close(reading)
            os.dup2(writing, fd)
            os.close(writing)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, _interrupt)
        status = _execute(order, load, run)
    except DagsterExecutionInterruptedError:
        status = 2
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _interrupt(*_: Any) -> None:
    # Once is enough: a finally block that is cleaning up is not to be interrupted again.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise DagsterExecutionInterruptedError("The run was interrupted.")


def _begin_traces() -> None:
    try:
        tracing.begin("worker")
    except SettingsError as error:
        sys.stderr.write(f"This run is not traced: {error}\n")


def _execute(order: WorkerOrder, load: Callable[[], Definitions], run: DagsterRun) -> int:
    instance = order.open()
    if order.settings.get("traces"):
        _begin_traces()
    try:
        job = load().get_job_def(run.job_name)
        plan = stored_plan(run, instance)
        if job.asset_layer is None and run.op_selection:
            job = job.for_op_selection(run.op_selection)
        config = resolve_run_config(job, plan, run.run_config or None)
        timed = any(STEP_TIMEOUT in step.tags for step in plan.steps)
        one_step = in_process if len(plan.steps) <= 1 and not timed else None
        execute = executor_for(job.executor_def, config.execution, default=one_step) if order.forks else in_process
    except Exception as error:
        message = str(error) if isinstance(error, DagsterError) else f"{type(error).__name__}: {error}"
        failed = RunFailed(FailureReason.JOB_INITIALIZATION_FAILURE, message, error_info(error))
        event = Event(failed, instance.clock())
        with_patience(lambda: instance.store.runs.record(run.run_id, [event]), order.patience)
        return 0
    execution = RunExecution(
        job,
        run,
        plan,
        instance,
        config,
        execute=execute,
        claimed=True,
        patience=order.patience,
        pool_limits=order.pool_limits,
    )
    try:
        execution.execute(traceparent=order.traceparent)
    finally:
        tracing.flush()
    instance.store.close()
    return 0
