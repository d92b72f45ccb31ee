"""The process that runs the user code of one run: it claims the run, executes it and says how it ended."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from earmark.define.definitions import Definitions
from earmark.events.envelope import Event
from earmark.events.kinds import RunFailed, RunStarted
from earmark.execute.errors import error_info
from earmark.execute.execute_job import plan_of_run
from earmark.execute.executors import executor_for, in_process
from earmark.execute.instance import DagsterInstance
from earmark.execute.patience import with_patience
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.guest.order import WorkerOrder
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.system import tracing
from earmark.system.processes import is_alive, start_time_of
from earmark.tags.system import STEP_TIMEOUT, max_runtime
from earmark.values.errors import DagsterError, DagsterExecutionInterruptedError, SettingsError
from earmark.values.states import FailureReason

NOT_CLAIMED = 3
"""The exit code of a worker that was not to have the run."""

LEASE_SECONDS = 30.0
"""How long a worker's lease holds without being renewed."""

_INTERRUPTED = 2
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # made once, in the process that forks the others


class Claimed(msgspec.Struct, frozen=True, tag=True):
    """The run is this worker's.

    Args:
        max_runtime: How many seconds it may take by its tags, if they say.
    """

    max_runtime: float | None = None


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The end of the run is stored; there is nothing to add.

    Args:
        told_logs: Whether the run's log says that what it printed is kept.
    """

    told_logs: bool = False


Word = Claimed | Ended
"""What the process tells its supervisor, each a line of JSON."""


def hold(store: Store, order: WorkerOrder, supervisor: int) -> None:
    """Take or renew the lease of a run for its supervisor."""
    data = {
        "host": socket.gethostname(),
        "pid": supervisor,
        "started": start_time_of(supervisor),
        "location": order.location,
    }
    store.queue.hold(order.run_id, order.launch_token, LEASE_SECONDS, data)


def be_run_process(
    order: WorkerOrder, load: Callable[[], Definitions], supervisor: int, streams: dict[int, int], words: int
) -> None:
    """Become the process that runs user code, in a group of its own; it dies with its supervisor.

    Args:
        order: What the worker was told.
        load: Returns the definitions.
        supervisor: The process that watches over this one.
        streams: For the standard output and error, the pipe that takes their place.
        words: The pipe that the supervisor hears.
    """
    status = 1
    try:
        os.setpgid(0, 0)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            return  # it died before this process could ask to die with it
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, _interrupt)
        status = claim_and_execute(order, load, supervisor, streams, words)
    except DagsterExecutionInterruptedError:
        status = _INTERRUPTED
    except BaseException as error:
        sys.stderr.write(f"worker of run {order.run_id}: {type(error).__name__}: {error}\n")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _interrupt(*_: Any) -> None:
    # Once is enough: a finally block that is cleaning up is not to be interrupted again.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise DagsterExecutionInterruptedError("The run was interrupted.")


def claim_and_execute(
    order: WorkerOrder, load: Callable[[], Definitions], supervisor: int, streams: dict[int, int], words: int
) -> int:
    """Claim the run and execute it; return the exit code of the process.

    Args:
        order: What the worker was told.
        load: Returns the definitions.
        supervisor: The process that the lease is held for.
        streams: For the standard output and error, the pipe that takes their place once the run is claimed.
        words: The pipe that the supervisor hears.
    """
    instance = order.open()
    claimed = instance.store.transact(lambda: _claim(instance, order, supervisor))
    if claimed is None:
        _tell_restart(instance, order)
        instance.store.close()
        return NOT_CLAIMED
    run, plan = claimed
    _tell(words, Claimed(max_runtime(run.tags)))
    # From here on what is printed is the run's; before, it was the worker's.
    for fd, pipe in streams.items():
        os.dup2(pipe, fd)
        os.close(pipe)
    told_logs = _execute(order, load, run, plan, instance)
    instance.store.close()
    _tell(words, Ended(told_logs))
    return 0


def _tell(words: int, word: Word) -> None:
    os.write(words, msgspec.json.encode(word) + b"\n")


def _claim(instance: DagsterInstance, order: WorkerOrder, supervisor: int) -> tuple[DagsterRun, bytes | None] | None:
    """Take the run and its lease at once: whoever sees a run that has started can see whether its worker lives.

    The run and its plan are read in the same transaction, so that no second connection is needed for that.
    """
    store = instance.store
    image = os.environ.get("EARMARK_IMAGE") or os.environ.get("DAGSTER_CURRENT_IMAGE")
    started = Event(RunStarted(socket.gethostname(), supervisor, image), instance.clock())
    if not store.runs.claim(order.run_id, order.launch_token, started):
        return None
    hold(store, order, supervisor)
    run = store.runs.get(order.run_id)
    return run, None if run.plan_hash is None else store.plans.get(run.plan_hash)


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


def _begin_traces() -> None:
    try:
        tracing.begin("worker")
    except SettingsError as error:
        sys.stderr.write(f"This run is not traced: {error}\n")


def _execute(
    order: WorkerOrder,
    load: Callable[[], Definitions],
    run: DagsterRun,
    stored_plan: bytes | None,
    instance: DagsterInstance,
) -> bool:
    """Execute the run; return whether its log says that what it printed is kept."""
    if order.settings.get("traces"):
        _begin_traces()
    try:
        job = load().get_job_def(run.job_name)
        plan = plan_of_run(run, stored_plan)
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
        return False
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
        execution.carry_out(traceparent=order.traceparent)
    finally:
        tracing.flush()
    return execute is in_process
