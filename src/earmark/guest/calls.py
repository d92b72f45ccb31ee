"""Questions to user code (ticks, configuration): each answered in a process forked for it, with a time limit."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from earmark.define.definitions import Definitions
from earmark.events.kinds import ErrorInfo
from earmark.execute.errors import error_info
from earmark.guest.order import GuestOrder
from earmark.guest.questions import answer_question
from earmark.protocol.messages import Answer, Call


@dataclass(slots=True)
class _Asked:
    number: int
    pid: int
    fd: int
    deadline: float
    told: bytearray = field(default_factory=bytearray)
    timed_out: bool = False
    closed: bool = False


class CallRunner:
    """Forks a process for each question and collects the answers.

    Args:
        definitions: User code.
        order: How the guest was started.
    """

    def __init__(self, definitions: Definitions, order: GuestOrder) -> None:
        self._definitions = definitions
        self._order = order
        self._asked: dict[int, _Asked] = {}
        self._answers: list[Answer] = []
        self._selector: selectors.BaseSelector | None = None

    @property
    def busy(self) -> bool:
        """Whether questions are open."""
        return bool(self._asked or self._answers)

    def register(self, selector: selectors.BaseSelector) -> None:
        """Say where pipes are waited for."""
        self._selector = selector

    def patience(self) -> float | None:
        """Return after how many seconds the next question runs out of time."""
        if not self._asked:
            return None
        return max(0.0, min(one.deadline for one in self._asked.values()) - time.monotonic())

    def ask(self, call: Call) -> None:
        """Begin to answer a question."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._be_answerer(call, writing)
        os.close(writing)
        os.set_blocking(reading, False)
        asked = _Asked(call.number, pid, reading, time.monotonic() + call.seconds)
        self._asked[pid] = asked
        assert self._selector is not None
        self._selector.register(reading, selectors.EVENT_READ, asked)

    def _be_answerer(self, call: Call, writing: int) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            os.setpgid(0, 0)
            payload: dict[str, Any] = {}
            error: ErrorInfo | None = None
            try:
                payload = answer_question(self._definitions, call.kind, call.payload, self._order)
            except BaseException as failure:
                error = error_info(failure)
            data = memoryview(msgspec.json.encode(Answer(call.number, payload, error)))
            while data:
                data = data[os.write(writing, data) :]
            status = 0
        finally:
            os._exit(status)

    def on_ready(self, key: selectors.SelectorKey) -> None:
        """Read what a process tells."""
        asked: _Asked = key.data
        try:
            data = os.read(asked.fd, 1 << 16)
        except BlockingIOError:
            return
        if data:
            asked.told += data
            return
        self._close(asked)

    def _close(self, asked: _Asked) -> None:
        if asked.closed:
            return
        asked.closed = True
        assert self._selector is not None
        self._selector.unregister(asked.fd)
        os.close(asked.fd)

    def reap(self) -> None:
        """Notice processes that ended, and end those whose time is up."""
        now = time.monotonic()
        for pid, asked in list(self._asked.items()):
            if now >= asked.deadline and not asked.timed_out:
                asked.timed_out = True
                _kill(pid)
            found, status = os.waitpid(pid, os.WNOHANG)
            if not found:
                continue
            while not asked.closed:
                before = len(asked.told)
                self.on_ready(selectors.SelectorKey(asked.fd, asked.fd, selectors.EVENT_READ, asked))
                if len(asked.told) == before and not asked.closed:
                    self._close(asked)
            del self._asked[pid]
            self._answers.append(self._judge(asked, os.waitstatus_to_exitcode(status)))

    def _judge(self, asked: _Asked, status: int) -> Answer:
        if asked.told and not asked.timed_out:
            return msgspec.json.decode(bytes(asked.told), type=Answer)
        how = "took too long and was ended" if asked.timed_out else f"ended with {_how(status)}"
        return Answer(
            asked.number,
            error=ErrorInfo("DagsterUserCodeProcessError", f"The process {how}."),
            timed_out=asked.timed_out,
        )

    def answers(self) -> Iterator[Answer]:
        """Give the answers that have come."""
        found, self._answers = self._answers, []
        yield from found

    def forget(self) -> None:
        """Let go of everything, in a forked child."""
        for asked in self._asked.values():
            if not asked.closed:
                os.close(asked.fd)
        self._asked.clear()


def _how(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"


def _kill(pid: int) -> None:
    for send in (os.killpg, os.kill):
        try:
            send(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
