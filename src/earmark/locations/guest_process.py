"""One guest process: started, heard, asked, stopped."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec

from earmark.protocol.framing import Frames, FramingError, frame
from earmark.protocol.messages import (
    Answer,
    Call,
    FromGuest,
    Launch,
    LoadFailed,
    Message,
    Ready,
    Stop,
    WorkerEnded,
    WorkerStarted,
)
from earmark.values.errors import DagsterError

Hear = Callable[["GuestProcess", "FromGuest | None"], None]
"""Called with each message of a guest, from the thread that reads it; ``None`` when the guest is gone."""


class GuestError(DagsterError):
    """A question could not be answered: user code raised, took too long, or the guest is gone."""


def answered(answer: Answer) -> dict[str, Any]:
    """Return what user code answered.

    Raises:
        GuestError: It did not; ``facts['error']`` says what it raised instead.
    """
    if answer.error is not None:
        raise GuestError(answer.error.message, error=answer.error, timed_out=answer.timed_out)
    payload: dict[str, Any] = answer.payload
    return payload


class GuestProcess:
    """A guest, as a child process with a socket.

    Args:
        python: The Python of the code location.
        order: What the guest is told, without the socket; see ``earmark.guest``.
        hear: Called with what it says.
        environment: Its environment variables.
    """

    def __init__(self, python: str, order: dict[str, Any], hear: Hear, environment: dict[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        argument = msgspec.json.encode({**order, "fd": theirs.fileno()}).decode()
        self._socket = ours
        self._hear = hear
        self._send_lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._open: dict[int, tuple[threading.Event, list[Answer]]] = {}
        self.workers: dict[str, int] = {}
        self.asked_for: dict[str, str] = {}
        """Runs a worker was asked for and none is known of yet."""
        self.ready: Ready | None = None
        self.failed: LoadFailed | None = None
        self.loaded = threading.Event()
        self.gone = threading.Event()
        self.process = subprocess.Popen(
            [python, "-m", "earmark.guest", argument],
            pass_fds=(theirs.fileno(),),
            env=environment,
            start_new_session=True,
        )
        theirs.close()
        self._thread = threading.Thread(target=self._listen, name=f"guest-{self.process.pid}", daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def _listen(self) -> None:
        frames: Frames[FromGuest] = Frames(FromGuest)
        while True:
            try:
                data = self._socket.recv(1 << 20)
            except OSError:
                data = b""
            if not data:
                break
            try:
                for message in frames.feed(data):
                    self._take(message)
            except FramingError:
                self.process.kill()
                break
        self.process.wait()
        self.gone.set()
        self.loaded.set()
        for event, _ in list(self._open.values()):
            event.set()
        self._hear(self, None)

    def _take(self, message: FromGuest) -> None:
        match message:
            case Ready():
                self.ready = message
            case LoadFailed():
                self.failed = message
            case WorkerStarted():
                self.workers[message.run_id] = message.pid
                self.asked_for.pop(message.run_id, None)
            case WorkerEnded():
                self.workers.pop(message.run_id, None)
            case Answer():
                waiting = self._open.get(message.number)
                if waiting is not None:
                    waiting[1].append(message)
                    waiting[0].set()
                return
        self._hear(self, message)
        if isinstance(message, (Ready, LoadFailed)):
            self.loaded.set()

    def _say(self, message: Message) -> bool:
        try:
            with self._send_lock:
                self._socket.sendall(frame(message))
        except OSError:
            return False
        return True

    def launch(self, run_id: str, launch_token: str, traceparent: str = "") -> bool:
        """Ask for a worker; ``False`` if the guest is gone. Asking twice is harmless: one worker claims the run."""
        self.asked_for[run_id] = launch_token
        return self._say(Launch(run_id, launch_token, traceparent))

    def ask(self, kind: str, payload: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Ask user code something and wait for the answer.

        Raises:
            GuestError: User code raised (``facts['error']`` says what), took too long, or the guest is gone.
        """
        number = next(self._numbers)
        event = threading.Event()
        answers: list[Answer] = []
        self._open[number] = (event, answers)
        try:
            if not self._say(Call(number, kind, payload, seconds)):
                raise GuestError("The process of the code location is gone.")
            event.wait(seconds + 5.0)
        finally:
            del self._open[number]
        if not answers:
            raise GuestError("The process of the code location ended before it answered.")
        return answered(answers[0])

    def retire(self) -> None:
        """Ask it to start nothing more and to end with its last worker."""
        self._say(Stop())

    def kill(self, seconds: float = 2.0) -> None:
        """End it: with its workers left to themselves if they do not end in time. They go on, and are found again."""
        self.retire()
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._socket.close()


def guest_environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment of guests: this process's own, unbuffered output, and what is added."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", **(extra or {})}
