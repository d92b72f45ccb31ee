"""Each step in a process of its own, forked from warm memory: isolated, several at once."""

from __future__ import annotations

import math
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Iterator
from functools import partial

import msgspec

from earmark.events.kinds import ErrorInfo, StepFailed, StepWorkerStarted, StepWorkerStarting
from earmark.execute.capture import KeptStream
from earmark.execute.errors import error_info
from earmark.execute.executors.forker import Forker
from earmark.execute.executors.messages import FrameReader, Order, Report, read_message, write_order
from earmark.execute.executors.step_process import execute_order
from earmark.execute.executors.warmth import warm_up
from earmark.execute.scope import RunScope
from earmark.execute.step import StepEnd, StepFailure, StepRetry, StepSuccess
from earmark.plan.step import FromAsset, FromCollected, FromMany, FromMapped, FromStep, Step
from earmark.system.logs import log_path
from earmark.tags.system import STEP_TIMEOUT, step_timeout
from earmark.values.errors import DagsterSubprocessError
from earmark.values.keys import AssetKey

_TIMEOUT_GRACE = 5.0
"""How many seconds a step has to end once its time is over, before its process is killed."""

_UNWRITTEN = 0.05
"""How many seconds events of steps may wait to be written together with later ones."""


class StepError(DagsterSubprocessError):
    """What a step in another process raised, as that process told it; the traceback is in ``facts['error']``."""


class _Child(msgspec.Struct):
    step: Step
    attempt: int
    told: int
    streams: dict[int, KeptStream]
    pid: int = 0
    pidfd: int = -1
    reader: FrameReader = msgspec.field(default_factory=FrameReader)
    report: Report | None = None
    deadline: float = math.inf
    overdue: bool = False

    def watch(self, now: float) -> None:
        """Interrupt the process when its time is over; kill it when it has not ended some time later."""
        if now < self.deadline:
            return
        _signal(self, signal.SIGKILL if self.overdue else signal.SIGINT)
        self.deadline = math.inf if self.overdue else now + _TIMEOUT_GRACE
        self.overdue = True


class ForkedWorkers:
    """Has a process forked for each attempt, reads what it prints and tells, and hears how it ended.

    Args:
        run: The run; its resources are set up in each process, for the one step there.
    """

    def __init__(self, run: RunScope) -> None:
        self._run = run
        self._forker: Forker | None = None
        self._asked: deque[_Child] = deque()
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()

    @property
    def busy(self) -> bool:
        """Whether steps go on."""
        return bool(self._children or self._asked)

    def start(self, step: Step, attempt: int) -> StepEnd | None:
        """Have a process forked for an attempt."""
        run = self._run
        if self._forker is None:
            run.recorder.flush()
            self._forker = Forker(partial(execute_order, run), prepare=partial(warm_up, run))
            self._selector.register(self._forker.socket, selectors.EVENT_READ)
        run.recorder.add(StepWorkerStarting(), step.key)
        told, telling = os.pipe()
        out, printing = os.pipe()
        err, complaining = os.pipe()
        order = write_order(_order(run, step, attempt))
        self._forker.ask(order, telling, printing, complaining)
        for file in (order, telling, printing, complaining):
            os.close(file)
        streams = {
            fd: KeptStream(log_path(run.instance.home, run.run.run_id, step.key, name))
            for fd, name in ((out, "out"), (err, "err"))
        }
        child = _Child(step, attempt, told, streams)
        for fd in (told, out, err):
            os.set_blocking(fd, False)
            self._selector.register(fd, selectors.EVENT_READ, child)
        self._asked.append(child)
        return None

    def wait(self, seconds: float) -> list[tuple[Step, StepEnd]]:
        """Read what processes print and tell, at most so many seconds, and return the attempts that ended."""
        now = time.monotonic()
        for child in self._children.values():
            child.watch(now)
        deadlines = (child.deadline for child in self._children.values())
        seconds = max(0.0, min(seconds, min(deadlines, default=math.inf) - now))
        ready = self._selector.select(0)
        if not ready:
            ready = self._selector.select(max(0.0, min(seconds, _UNWRITTEN)))
        if not ready:
            self._run.recorder.flush()
            ready = self._selector.select(max(0.0, seconds - _UNWRITTEN))
        ended: list[tuple[Step, StepEnd]] = []
        for key, _ in ready:
            source: _Child | None = key.data
            if source is None:
                ended.extend(self._hear())
            elif key.fd not in self._selector.get_map():
                continue  # its process ended a moment ago, and all of it was read then
            elif key.fd in source.streams:
                self._drain(key.fd, source.streams[key.fd])
            else:
                self._listen(source)
        return ended

    def _hear(self) -> Iterator[tuple[Step, StepEnd]]:
        """Take one word from the process that forks: an attempt has its process, or its process ended."""
        assert self._forker is not None
        data = self._forker.socket.recv(64)
        if not data:
            yield from self._abandoned()
            return
        started, pid, status = read_message(data)
        if not started:
            child = self._children.pop(pid)
            yield child.step, self._end_of(child, status)
            return
        child = self._asked.popleft()
        child.pid = pid
        limit = step_timeout(child.step.tags)
        child.deadline = math.inf if limit is None else time.monotonic() + limit
        try:
            child.pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            child.pidfd = -1  # it has ended already; the word of it comes next
        self._children[pid] = child
        self._run.recorder.add(StepWorkerStarted(pid), child.step.key)

    def _abandoned(self) -> Iterator[tuple[Step, StepEnd]]:
        """The process that forks is gone, and took the steps with it; one that is ready later gets a new one."""
        assert self._forker is not None
        self._selector.unregister(self._forker.socket)
        self._forker.close()
        self._forker = None
        left = [*self._children.values(), *self._asked]
        self._children.clear()
        self._asked.clear()
        for child in left:
            _signal(child, signal.SIGKILL)
            yield child.step, self._end_of(child, None)

    def _drain(self, fd: int, stream: KeptStream) -> bool:
        data = _read(fd)
        if data:
            stream.write(data)
        elif data is not None:
            self._forget(fd)
        return bool(data)

    def _listen(self, child: _Child) -> bool:
        data = _read(child.told)
        if data is None:
            return False
        if not data:
            self._forget(child.told)
            return False
        for frame in child.reader.take(data):
            if isinstance(frame, Report):
                child.report = frame
            elif child.overdue:
                # It tells that it was interrupted; why it was is for this process to say.
                self._run.recorder.pass_on([event for event in frame if not isinstance(event.fact, StepFailed)])
            else:
                self._run.recorder.pass_on(frame)
        return True

    def _forget(self, fd: int) -> None:
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def _end_of(self, child: _Child, status: int | None) -> StepEnd:
        while child.told in self._selector.get_map() and self._listen(child):
            pass
        for fd, stream in child.streams.items():
            while fd in self._selector.get_map() and self._drain(fd, stream):
                pass
            stream.close()
        for fd in (child.told, *child.streams):
            self._forget(fd)
            os.close(fd)
        if child.pidfd >= 0:
            os.close(child.pidfd)
        return self._judge(child, status)

    def _judge(self, child: _Child, status: int | None) -> StepEnd:
        report = child.report
        if child.overdue and (report is None or report.how not in ("success", "retry")):
            return self._timed_out(child)
        if report is None or report.how == "crash":
            return self._crashed(child, status, None if report is None else report.error)
        for key, version in report.data_versions.items():
            self._run.data_versions[AssetKey(tuple(key.split("\0")))] = version
        match report.how:
            case "success":
                return StepSuccess(frozenset(report.outputs), report.mapping_keys)
            case "retry":
                return StepRetry(report.delay)
            case _:
                return StepFailure(_as_error(child.step, report.error))

    def _timed_out(self, child: _Child) -> StepEnd:
        limit = step_timeout(child.step.tags)
        error = DagsterSubprocessError(
            f"Step {child.step.key!r} took longer than {limit:g} seconds ({STEP_TIMEOUT}).", pid=child.pid
        )
        self._run.recorder.add(StepFailed(error_info(error), str(error), child.attempt), child.step.key)
        return StepFailure(error)

    def _crashed(self, child: _Child, status: int | None, info: ErrorInfo | None) -> StepEnd:
        """A process that ended without a word: name its signal or its exit code."""
        error = DagsterSubprocessError(
            f"The process of step {child.step.key!r} {_how(status)} before the step was done.", pid=child.pid
        )
        found = info or ErrorInfo(type(error).__name__, str(error))
        self._run.recorder.add(StepFailed(found, str(error), child.attempt), child.step.key)
        return StepFailure(error)

    def stop(self, seconds: float) -> None:
        """Interrupt all processes; kill those that are still there after so many seconds."""
        until = time.monotonic() + seconds
        told: set[int] = set()
        while self.busy and time.monotonic() < until:
            for child in self._children.values():
                if child.pid not in told:
                    told.add(child.pid)
                    _signal(child, signal.SIGINT)
            self.wait(0.05)
        for child in self._children.values():
            _signal(child, signal.SIGKILL)
        while self.busy:
            self.wait(0.05)

    def close(self) -> None:
        """Let the process go that forks."""
        if self._forker is not None:
            self._forker.close()
            self._forker = None
        self._selector.close()


def _order(run: RunScope, step: Step, attempt: int) -> Order:
    """Write down what a step's process will ask about steps and assets upstream."""
    mapping_keys: dict[str, tuple[str, ...]] = {}
    gave: dict[str, bool] = {}
    versions: dict[str, str] = {}
    for one in step.inputs:
        for source in one.source.sources if isinstance(one.source, FromMany) else (one.source,):
            key = source.asset_key if isinstance(source, FromAsset) else one.asset_key
            if key is not None and key in run.data_versions:
                versions["\0".join(key.path)] = run.data_versions[key]
            if not isinstance(source, (FromStep, FromMapped, FromCollected)) or run.gave is None:
                continue
            asked = [source.step]
            if isinstance(source, FromCollected) and run.mapping_keys is not None:
                elements = run.mapping_keys(source.step, source.output)
                mapping_keys[f"{source.step}\0{source.output}"] = elements
                asked += [f"{source.step}[{element}]" for element in elements]
            for name in asked:
                gave[f"{name}\0{source.output}"] = run.gave(name, source.output)
    return Order(step, attempt, mapping_keys, gave, versions)


def _read(fd: int) -> bytes | None:
    """Return what is there; nothing at the end, ``None`` where there is nothing yet."""
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return None


def _how(status: int | None) -> str:
    if status is None:
        return "was lost with the process that forks steps"
    code = os.waitstatus_to_exitcode(status)
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _as_error(step: Step, info: ErrorInfo | None) -> BaseException:
    text = f"{info.class_name}: {info.message}" if info is not None else "no reason was given"
    return StepError(f"Step {step.key!r} failed: {text}", error=info)


def _signal(child: _Child, number: signal.Signals) -> None:
    if child.pidfd < 0:
        return
    try:
        signal.pidfd_send_signal(child.pidfd, number)
    except ProcessLookupError:
        return
