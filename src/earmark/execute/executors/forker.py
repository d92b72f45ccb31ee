"""The process that forks steps: it has one thread, no connection and no open file of the run's, and does nothing else.

The run's own process keeps its store open the whole time and may have threads; this one was forked from it before, when
neither was in the way, and knows the run's definitions. It is told by packets: each holds the files of one order, and
is answered by a word when the process started and another when it ended.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from earmark.execute.executors.messages import ended_message, started_message

Execute = Callable[[int, int], None]
"""Executes an order in this process: the file that holds it, and the pipe that takes its events and its report."""

_FILES = 4


class Forker:
    """The parent's end: asks for processes, and hears of them by :attr:`socket`.

    Args:
        execute: What each process does; it is called in that process.
        prepare: Called once in the process that forks, before it forks any.
    """

    def __init__(self, execute: Execute, *, prepare: Callable[[], None] | None = None) -> None:
        # What is buffered here now would be printed by each process again.
        sys.stdout.flush()
        sys.stderr.flush()
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self.socket.close()
            _serve(theirs, execute, prepare)
        theirs.close()

    def ask(self, order: int, report: int, out: int, err: int) -> None:
        """Have a process forked with these files."""
        socket.send_fds(self.socket, [b"F"], [order, report, out, err])

    def close(self) -> None:
        """Let it go; processes that it forked and that still run are killed."""
        self.socket.close()
        os.waitpid(self.pid, 0)


def _serve(asked: socket.socket, execute: Execute, prepare: Callable[[], None] | None) -> None:
    """Fork as asked until nobody asks any more."""
    # A run that is interrupted tells its steps itself.
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    if prepare is not None:
        prepare()
    gc.freeze()  # what lives now lives on; looking at it would copy its pages in each child
    selector = selectors.DefaultSelector()
    selector.register(asked, selectors.EVENT_READ)
    children: dict[int, int] = {}
    try:
        while True:
            for key, _ in selector.select():
                if key.fileobj is asked:
                    data, files, _, _ = socket.recv_fds(asked, 16, _FILES)
                    if not data:
                        return
                    _fork(asked, files, execute, handlers, selector, children)
                else:
                    pid = children.pop(key.fd)
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    asked.send(ended_message(pid, os.waitpid(pid, 0)[1]))
    finally:
        for pid in children.values():
            os.kill(pid, signal.SIGKILL)
        os._exit(0)


def _fork(
    asked: socket.socket,
    files: list[int],
    execute: Execute,
    handlers: Mapping[signal.Signals, Any],
    selector: selectors.BaseSelector,
    children: dict[int, int],
) -> None:
    pid = os.fork()
    if pid == 0:
        order, report, out, err = files
        asked.close()
        selector.close()
        for file in children:
            os.close(file)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.close(out)
        os.close(err)
        # Whatever the run's process made of its streams, what a step prints goes to the step's own, line by line.
        sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        for number, handler in handlers.items():
            signal.signal(number, _once(handler) if number is signal.SIGINT else handler)
        execute(order, report)
        os._exit(1)  # not reached: what it executes leaves by itself
    for file in files:
        os.close(file)
    pidfd = os.pidfd_open(pid)
    children[pidfd] = pid
    selector.register(pidfd, selectors.EVENT_READ)
    asked.send(started_message(pid))


def _once(handler: Any) -> Any:
    """Make a handler of interrupts deaf after the first: what cleans up then is not to be interrupted again.

    A terminal and a supervisor interrupt all processes of a run at once, and the run then interrupts its steps.
    """
    if not callable(handler):
        return handler

    def first(number: int, frame: Any) -> None:
        signal.signal(number, signal.SIG_IGN)
        handler(number, frame)

    return first
