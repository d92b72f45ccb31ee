"""The guest: one process that loads a code location once and forks workers from its warm memory.

It keeps to one thread. It holds no connection to the store, so nothing crosses a fork; what it knows of runs is what
the host tells it, and what the host knows of its children is what it tells the host.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
import time
from dataclasses import dataclass

import msgspec

from earmark.execute.errors import error_info
from earmark.guest.calls import CallRunner
from earmark.guest.forking import judge_forking
from earmark.guest.loader import load
from earmark.guest.order import GuestOrder
from earmark.guest.warmth import prepare_conditions, warm
from earmark.guest.workers import Workers
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
)
from earmark.specs.manifest import Manifest
from earmark.values.errors import DagsterError
from earmark.values.version import __version__


@dataclass(slots=True)
class _Guest:
    order: GuestOrder
    host: socket.socket
    calls: CallRunner
    workers: Workers
    stopping: bool = False

    def patience(self) -> float | None:
        """Return after how many seconds something is to be done, whatever comes."""
        known = [seconds for seconds in (self.calls.patience(), self.workers.patience()) if seconds is not None]
        return min(known, default=None)


def main(argument: str, thresholds: tuple[int, int, int]) -> int:
    """Run a guest until the host says stop, or is gone and the last worker has ended; return the exit code.

    Args:
        argument: The order, as JSON.
        thresholds: When the cyclic collector is to look, once all is loaded.
    """
    order = msgspec.json.decode(argument, type=GuestOrder)
    host = socket.socket(fileno=order.fd)
    started = time.monotonic()
    try:
        definitions = load(order.target).definitions
        manifest = Manifest.encode(definitions.manifest())
        prepare_conditions(definitions)
    except (DagsterError, Exception) as error:
        _say(host, _failure(error))
        return 1
    warm(order)
    gc.set_threshold(*thresholds)
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
    calls = CallRunner(definitions, order)

    def leave() -> None:
        host.close()
        calls.forget()

    _serve(_Guest(order, host, calls, Workers(definitions, order, verdict.forks, leave)))
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
    guest.workers.register(selector)
    while not (guest.stopping and not guest.workers.busy and not guest.calls.busy):
        for key, _ in selector.select(guest.patience()):
            if key.data == "host":
                _hear(guest, frames, selector)
            elif key.data == "child":
                _clear(wake_reading)
            elif guest.workers.owns(key.data):
                guest.workers.on_ready(key)
            else:
                guest.calls.on_ready(key)
        guest.calls.reap()
        for word in (*guest.workers.ended(), *guest.calls.answers()):
            _tell(guest, word)
        guest.workers.release(all_of_them=guest.stopping)
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
                _tell(guest, guest.workers.launch(message))
            case Call():
                guest.calls.ask(message)
            case Stop():
                guest.stopping = True


def _tell(guest: _Guest, message: Message) -> None:
    guest.host.setblocking(True)
    _say(guest.host, message)
    guest.host.setblocking(False)
