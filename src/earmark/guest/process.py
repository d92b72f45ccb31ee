"""The guest: one process that loads a code location once and forks workers from its warm memory.

It keeps to one thread. It holds no connection to the store, so nothing crosses a fork; what it knows of runs is what
the host tells it, and what the host knows of its children is what it tells the host.
"""

from __future__ import annotations

import contextlib
import gc
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field

import msgspec

from earmark.define.definitions import Definitions
from earmark.execute.errors import error_info
from earmark.execute.instance import DagsterInstance
from earmark.guest.calls import CallRunner
from earmark.guest.forking import ForkVerdict, judge_forking
from earmark.guest.loader import load
from earmark.guest.order import GuestOrder
from earmark.guest.worker import WorkerOrder, supervise
from earmark.protocol.framing import Frames, frame
from earmark.protocol.messages import (
    PROTOCOL_VERSION,
    Call,
    FromHost,
    Launch,
    LoadFailed,
    Message,
    Ready,
    Stop,
    WorkerEnded,
    WorkerStarted,
)
from earmark.specs.manifest import Manifest
from earmark.system.processes import start_time_of
from earmark.values.errors import DagsterError
from earmark.values.version import __version__


@dataclass(slots=True)
class _Guest:
    order: GuestOrder
    host: socket.socket
    definitions: Definitions
    verdict: ForkVerdict
    calls: CallRunner
    workers: dict[int, str] = field(default_factory=dict)
    spawned: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    stopping: bool = False
    outgoing: bytearray = field(default_factory=bytearray)


def main(argument: str) -> int:
    """Run a guest until the host says stop, or is gone and the last worker has ended; return the exit code."""
    order = msgspec.json.decode(argument, type=GuestOrder)
    host = socket.socket(fileno=order.fd)
    started = time.monotonic()
    try:
        definitions = load(order.target).definitions
        manifest = Manifest.encode(definitions.manifest())
        _warm_conditions(definitions)
    except (DagsterError, Exception) as error:
        _say(host, _failure(error))
        return 1
    _warm()
    if order.worker.get("traces"):
        _warm_traces()
    verdict = judge_forking()
    ready = Ready(
        PROTOCOL_VERSION,
        __version__,
        sys.executable,
        os.getpid(),
        manifest.decode(),
        verdict.forks,
        verdict.note,
        time.monotonic() - started,
    )
    _say(host, ready)
    gc.collect()
    gc.freeze()
    guest = _Guest(order, host, definitions, verdict, CallRunner(definitions, order))
    _serve(guest)
    # What stays frozen is not freed at the end of the interpreter; some libraries take that for leaks, and say so.
    gc.unfreeze()
    return 0


def _failure(error: BaseException) -> LoadFailed:
    facts = error.facts if isinstance(error, DagsterError) else {}
    return LoadFailed(PROTOCOL_VERSION, __version__, str(error), error_info(error), str(facts.get("traceback", "")))


def _say(host: socket.socket, message: Message) -> None:
    try:
        host.sendall(frame(message))
    except OSError:
        # The host is gone; nobody is left to tell.
        return


def _warm() -> None:
    """Import and prepare what workers need, so that no worker has to: their statements on a throw-away store."""
    import earmark.execute.execute_job
    import earmark.execute.executors.forked  # noqa: F401
    from earmark.runs.run import DagsterRun

    with DagsterInstance.ephemeral() as instance:
        run = DagsterRun(run_id="00000000-0000-7000-8000-000000000000", job_name="warm")
        instance.store.runs.create([run])
        instance.store.runs.get(run.run_id)
        instance.store.queue.held()


def _warm_conditions(definitions: Definitions) -> None:
    """Find out once what all ticks of conditions have in common: which look at which assets."""
    from earmark.define.automation.automation_sensor import AutomationConditionSensorDefinition

    for sensor in definitions.all_sensors.values():
        if isinstance(sensor, AutomationConditionSensorDefinition):
            sensor.prepared(definitions.resolve_asset_graph())


def _warm_traces() -> None:
    """Import what workers trace with; where it is missing, each says so itself."""
    with contextlib.suppress(ImportError):
        import earmark.system.trace_export  # noqa: F401


def _serve(guest: _Guest) -> None:
    selector = selectors.DefaultSelector()
    guest.host.setblocking(False)
    wake_reading, wake_writing = os.pipe()
    os.set_blocking(wake_writing, False)
    os.set_blocking(wake_reading, False)
    signal.set_wakeup_fd(wake_writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    selector.register(guest.host, selectors.EVENT_READ, "host")
    selector.register(wake_reading, selectors.EVENT_READ, "child")
    frames: Frames[FromHost] = Frames(FromHost)
    guest.calls.register(selector)
    while not (guest.stopping and not guest.workers and not guest.calls.busy):
        for key, _ in selector.select(guest.calls.patience()):
            if key.data == "host":
                _hear(guest, frames, selector)
            elif key.data == "child":
                _clear(wake_reading)
            else:
                guest.calls.on_ready(key)
        _reap(guest)
        for answer in guest.calls.answers():
            _tell(guest, answer)
    guest.host.close()


def _clear(fd: int) -> None:
    try:
        while os.read(fd, 4096):
            continue
    except BlockingIOError:
        return


def _hear(guest: _Guest, frames: Frames[FromHost], selector: selectors.BaseSelector) -> None:
    try:
        data = guest.host.recv(1 << 20)
    except BlockingIOError:
        return
    except OSError:
        data = b""
    if not data:
        # The host is gone. Workers go on by themselves; this process ends with the last of them.
        guest.stopping = True
        selector.unregister(guest.host)
        return
    for message in frames.feed(data):
        match message:
            case Launch():
                _launch(guest, message)
            case Call():
                guest.calls.ask(message)
            case Stop():
                guest.stopping = True


def _launch(guest: _Guest, message: Launch) -> None:
    order = WorkerOrder(
        run_id=message.run_id,
        launch_token=message.launch_token,
        home=guest.order.home,
        store=guest.order.store,
        location=guest.order.location,
        settings=guest.order.worker,
        forks=guest.verdict.forks,
        traceparent=message.traceparent,
    )
    if not guest.verdict.forks:
        _spawn(guest, order)
        return
    pid = os.fork()
    if pid == 0:
        _be_worker(guest, order)
    guest.workers[pid] = message.run_id
    _tell(guest, WorkerStarted(message.run_id, pid, start_time_of(pid)))


def _be_worker(guest: _Guest, order: WorkerOrder) -> None:
    """Become the worker of a run: leave the guest's socket, signals and session behind."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        guest.host.close()
        guest.calls.forget()
        os.setsid()
        status = supervise(order, lambda: guest.definitions)
    except BaseException as error:
        sys.stderr.write(f"worker of run {order.run_id}: {type(error).__name__}: {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(status)


def _spawn(guest: _Guest, order: WorkerOrder) -> None:
    """Start an interpreter for the worker, where this process cannot be forked safely."""
    argument = msgspec.json.encode({"guest": guest.order, "worker": order}).decode()
    child = subprocess.Popen(
        [sys.executable, "-m", "earmark.guest.spawned_worker", argument], start_new_session=True, close_fds=True
    )
    guest.workers[child.pid] = order.run_id
    guest.spawned[child.pid] = child
    _tell(guest, WorkerStarted(order.run_id, child.pid, start_time_of(child.pid)))


def _reap(guest: _Guest) -> None:
    for pid, run_id in list(guest.workers.items()):
        try:
            found, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            found, status = pid, 0
        if found:
            del guest.workers[pid]
            guest.spawned.pop(pid, None)
            _tell(guest, WorkerEnded(run_id, pid, os.waitstatus_to_exitcode(status)))
    guest.calls.reap()


def _tell(guest: _Guest, message: Message) -> None:
    guest.host.setblocking(True)
    _say(guest.host, message)
    guest.host.setblocking(False)
