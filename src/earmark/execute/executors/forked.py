"""Each step in a process of its own, forked from this one: warm, isolated, several at once."""

from __future__ import annotations

import os
import random
import select
import selectors
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from earmark.events.kinds import ErrorInfo, StepFailed, StepWorkerStarted, StepWorkerStarting
from earmark.execute.capture import KeptStream, log_path
from earmark.execute.errors import error_info
from earmark.execute.io_managers import fs_io_manager
from earmark.execute.recorder import Recorder
from earmark.execute.resources import resources_for
from earmark.execute.scope import RunScope
from earmark.execute.step import StepEnd, StepFailure, StepRetry, StepSuccess, execute_step
from earmark.plan.step import Step
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.values import wire
from earmark.values.errors import DagsterSubprocessError
from earmark.values.keys import AssetKey


class _Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a step's process tells this one when it is done."""

    how: str
    outputs: tuple[str, ...] = ()
    mapping_keys: dict[str, tuple[str, ...]] = {}
    delay: float = 0.0
    error: ErrorInfo | None = None
    data_versions: dict[str, str] = {}


@dataclass(slots=True)
class _Child:
    step: Step
    attempt: int
    pid: int
    pidfd: int
    report: int
    streams: dict[int, KeptStream]
    told: bytearray = field(default_factory=bytearray)


class StepError(DagsterSubprocessError):
    """What a step in another process raised, as that process told it; the traceback is in ``facts['error']``."""


class ForkedWorkers:
    """Forks a process for each attempt, reads what it prints, and reaps it with its signal.

    The parent opens no resources and holds no connection over the fork. It must have one thread only.

    Args:
        run: The run; its resources are set up in each process, for the one step there.
        capture: Whether what steps print is kept in files.
        on_fork: Called in each child first, with nothing else done yet.
    """

    def __init__(self, run: RunScope, *, capture: bool = True) -> None:
        self._run = run
        self._capture = capture
        self._children: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()

    @property
    def busy(self) -> bool:
        """Whether steps go on."""
        return bool(self._children)

    def start(self, step: Step, attempt: int) -> StepEnd | None:
        """Fork a process for an attempt."""
        run = self._run
        run.recorder.add(StepWorkerStarting(), step.key)
        run.recorder.flush()
        run.instance.store.disconnect()
        report_reading, report_writing = os.pipe()
        pipes = {fd: os.pipe() for fd in (1, 2)} if self._capture else {}
        pid = os.fork()
        if pid == 0:
            self._be_child(step, attempt, report_reading, report_writing, pipes)
        os.close(report_writing)
        streams: dict[int, KeptStream] = {}
        for fd, (reading, writing) in pipes.items():
            os.close(writing)
            os.set_blocking(reading, False)
            path = log_path(run.instance.home, run.run.run_id, step.key, "out" if fd == 1 else "err")
            streams[reading] = KeptStream(path)
        os.set_blocking(report_reading, False)
        child = _Child(step, attempt, pid, os.pidfd_open(pid), report_reading, streams)
        self._children[pid] = child
        for fd in (child.pidfd, child.report, *streams):
            self._selector.register(fd, selectors.EVENT_READ, child)
        run.recorder.add(StepWorkerStarted(pid), step.key)
        run.recorder.flush()
        return None

    def _be_child(
        self, step: Step, attempt: int, reading: int, writing: int, pipes: Mapping[int, tuple[int, int]]
    ) -> None:
        """Execute the attempt in this new process, and leave without running what belongs to the parent."""
        status = 1
        try:
            os.close(reading)
            for fd, (pipe_reading, pipe_writing) in pipes.items():
                os.dup2(pipe_writing, fd)
                os.close(pipe_reading)
                os.close(pipe_writing)
            for sibling in self._children.values():
                os.close(sibling.report)
            report = execute_alone(self._run, step, attempt)
            _write_all(writing, wire.encode(report))
            status = 0
        except BaseException as error:  # the last stand of a process: what is not told here is told by its exit
            _write_all(writing, wire.encode(_Report("crash", error=error_info(error))))
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def wait(self, seconds: float) -> list[tuple[Step, StepEnd]]:
        """Read what processes print and tell, at most so many seconds, and return the attempts that ended."""
        ended: list[tuple[Step, StepEnd]] = []
        for key, _ in self._selector.select(max(0.0, seconds)):
            child: _Child = key.data
            if key.fd in child.streams:
                self._drain(key.fd, child.streams[key.fd])
            elif key.fd == child.report:
                self._listen(child)
            elif child.pid in self._children:
                ended.append((child.step, self._reap(child)))
        return ended

    def _drain(self, fd: int, stream: KeptStream) -> bool:
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return False
        if data:
            stream.write(data)
            return True
        self._forget(fd)
        return False

    def _listen(self, child: _Child) -> None:
        try:
            data = os.read(child.report, 65536)
        except BlockingIOError:
            return
        if data:
            child.told += data
        else:
            self._forget(child.report)

    def _forget(self, fd: int) -> None:
        if fd in self._selector.get_map():
            self._selector.unregister(fd)

    def _reap(self, child: _Child) -> StepEnd:
        _, status = os.waitpid(child.pid, 0)
        while select.select([child.report], [], [], 0)[0] and child.report in self._selector.get_map():
            self._listen(child)
        for fd, stream in child.streams.items():
            while self._drain(fd, stream):
                pass
            self._forget(fd)
            stream.close()
            os.close(fd)
        for fd in (child.pidfd, child.report):
            self._forget(fd)
            os.close(fd)
        del self._children[child.pid]
        return self._judge(child, status)

    def _judge(self, child: _Child, status: int) -> StepEnd:
        if child.told:
            report = wire.decode(bytes(child.told), _Report)
            for key, version in report.data_versions.items():
                self._run.data_versions[AssetKey(tuple(key.split("\0")))] = version
            match report.how:
                case "success":
                    return StepSuccess(frozenset(report.outputs), report.mapping_keys)
                case "retry":
                    return StepRetry(report.delay)
                case "failure":
                    return StepFailure(_as_error(child.step, report.error))
        return self._crashed(child, status, child.told)

    def _crashed(self, child: _Child, status: int, told: bytearray) -> StepEnd:
        """A process that ended without a word: name its signal or its exit code."""
        info = wire.decode(bytes(told), _Report).error if told else None
        code = os.waitstatus_to_exitcode(status)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        error = DagsterSubprocessError(f"The process of step {child.step.key!r} {how} before the step was done.")
        found = info or ErrorInfo(type(error).__name__, str(error))
        self._run.recorder.add(StepFailed(found, str(error), child.attempt), child.step.key)
        self._run.recorder.flush()
        return StepFailure(error)

    def stop(self, seconds: float) -> None:
        """Interrupt all processes; kill those that are still there after so many seconds."""
        for child in self._children.values():
            _signal(child.pid, signal.SIGINT)
        until = time.monotonic() + seconds
        while self._children and time.monotonic() < until:
            self.wait(0.05)
        for child in list(self._children.values()):
            _signal(child.pid, signal.SIGKILL)
        while self._children:
            self.wait(0.05)


def execute_alone(run: RunScope, step: Step, attempt: int) -> _Report:
    """Execute one attempt in a process that does nothing else: its own recorder, its own resources."""
    recorder = Recorder(run.run.run_id, run.instance.store.runs.record, run.clock)
    run.recorder = recorder
    try:
        with resources_for(run, (step,), {DEFAULT_IO_MANAGER: fs_io_manager}):
            end = execute_step(run, step, attempt, chance=random.random())
    except Exception as error:
        recorder.add(StepFailed(error_info(error), "", attempt), step.key)
        end = StepFailure(error)
    finally:
        recorder.flush()
    versions = {"\0".join(key.path): version for key, version in run.data_versions.items() if key in step.assets}
    match end:
        case StepSuccess(outputs, mapping_keys):
            return _Report("success", tuple(outputs), dict(mapping_keys), data_versions=versions)
        case StepRetry(delay):
            return _Report("retry", delay=delay, data_versions=versions)
        case StepFailure(exception):
            return _Report("failure", error=error_info(exception), data_versions=versions)


def _as_error(step: Step, info: ErrorInfo | None) -> BaseException:
    text = f"{info.class_name}: {info.message}" if info is not None else "no reason was given"
    return StepError(f"Step {step.key!r} failed: {text}", error=info)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _signal(pid: int, number: Any) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
