"""Processes of this machine: whether they live. The kernel knows; nobody need be asked."""

from __future__ import annotations

from pathlib import Path


def is_alive(pid: int, started: int = 0) -> bool:
    """Say whether a process of this machine lives: the pid, with the kernel's start time where it is known.

    Example:
        >>> import os
        >>> is_alive(os.getpid()), is_alive(os.getpid(), started=1)
        (True, False)
    """
    fields = _fields(pid)
    if not fields or fields[0] in ("Z", "X"):
        return False
    return not started or int(fields[19]) == started


def start_time_of(pid: int) -> int:
    """Return the kernel's start time of a process (clock ticks since boot), or 0 where there is none to read."""
    fields = _fields(pid)
    return int(fields[19]) if fields else 0


def _fields(pid: int) -> list[str]:
    """Return what the kernel tells of a process, from its state on; nothing of one that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()
