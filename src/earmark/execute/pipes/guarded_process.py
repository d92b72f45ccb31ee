"""A process in a group of its own that does not outlive the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

_GUARD = """
import os, signal
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
os.write(1, b"+")
os.read(0, 1)
os.killpg(0, signal.SIGKILL)
"""
"""The first process of the group. It holds the end of a pipe that this process alone holds the other end of, so that
it hears of the death of this process, however that came about, and takes the group with it."""


class GuardedProcess:
    """A command, started in a process group of its own.

    Args:
        command: The program and its arguments.
        env: Its environment.
        cwd: The folder to start in.
        shown: Whether what it prints goes where this process prints.
        guarded: Whether the group ends when this object is left or this process dies.

    Raises:
        OSError: It could not be started.
    """

    def __init__(
        self, command: str | Sequence[str], *, env: Mapping[str, str], cwd: str | None, shown: bool, guarded: bool
    ) -> None:
        self._guard: subprocess.Popen[bytes] | None = None
        self._hold = -1
        if guarded:
            self._guard, self._hold = _start_guard()
        prints = None if shown else subprocess.DEVNULL
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            self._process = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=prints,
                stderr=prints,
                process_group=0 if self._guard is None else self._guard.pid,
            )
        except BaseException:
            self._end_group()
            raise

    @property
    def pid(self) -> int:
        """The id of the command's process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what the command left running in its group, as a run does with what its steps leave."""
        self._end_group()

    def wait(self) -> int:
        """Wait until the command has ended; return its exit code, or its signal as a negative number."""
        return self._process.wait()

    def interrupt(self, seconds: float) -> bool:
        """Interrupt the group; kill it if the command has not ended after so many seconds. Say whether it had."""
        group = self._process.pid if self._guard is None else self._guard.pid
        try:
            _signal_group(group, signal.SIGINT)
            self._process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False
        finally:
            self._end_group()
            self._process.wait()

    def _end_group(self) -> None:
        if self._guard is None:
            return
        _signal_group(self._guard.pid, signal.SIGKILL)
        self._guard.wait()
        os.close(self._hold)
        self._guard = None


def _start_guard() -> tuple[subprocess.Popen[bytes], int]:
    """Return the guard, once it watches, and the end of the pipe that keeps it watching."""
    watched, hold = os.pipe()
    try:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARD],
            stdin=watched,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            process_group=0,
        )
    except BaseException:
        os.close(hold)
        raise
    finally:
        os.close(watched)
    assert guard.stdout is not None
    with guard.stdout as ready:
        ready.read(1)
    return guard, hold


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return
