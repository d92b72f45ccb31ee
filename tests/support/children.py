"""The watch over child processes: a test that leaves one behind has not ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

MARK = "EARMARK_TEST_RUN"
"""In the environment of every process that a test starts, so that orphans can be found afterwards."""


def living_children() -> set[psutil.Process]:
    """Return the direct children of this process that have not been reaped, zombies left out."""
    return {process for process in _direct_children() if _lives(process)}


def wait_until_gone(processes: set[psutil.Process], seconds: float) -> set[psutil.Process]:
    """Wait for processes to end by themselves and return those that are still there."""
    return _poll(lambda: {process for process in processes if _lives(process)}, seconds)


def orphans_of(test_run: str, seconds: float) -> set[psutil.Process]:
    """Return the processes that tests of this run started and that outlive it by more than ``seconds``."""
    return _poll(lambda: _marked(test_run), seconds)


def describe(process: psutil.Process) -> str:
    """Say in one line what a process is and which test started it."""
    try:
        with process.oneshot():
            command = " ".join(process.cmdline())[:160]
            test = process.environ().get("PYTEST_CURRENT_TEST", "an unknown test")
    except psutil.Error:
        return f"{process.pid} (gone meanwhile)"
    return f"{process.pid} `{command}`, started in {test}"


def end(processes: set[psutil.Process]) -> None:
    """Kill processes, so that they do not disturb whoever comes next."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    wait_until_gone(processes, seconds=5)


def _direct_children() -> Iterator[psutil.Process]:
    listings = list(Path("/proc/self/task").glob("*/children"))
    if not listings:  # not Linux: ask for every process of the machine, which is slower
        yield from psutil.Process().children()
        return
    for listing in listings:
        try:
            pids = listing.read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread has ended since
        for pid in pids:
            try:
                yield psutil.Process(int(pid))
            except psutil.NoSuchProcess:
                continue


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _marked(test_run: str) -> set[psutil.Process]:
    found = set()
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(MARK) == test_run and _lives(process):
                found.add(process)
        except psutil.Error:
            continue
    return found


def _poll(remaining: Callable[[], set[psutil.Process]], seconds: float) -> set[psutil.Process]:
    deadline = time.monotonic() + seconds
    left = remaining()
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = remaining()
    return left
