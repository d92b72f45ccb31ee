"""Workers of this machine: whether they live, and how to speak to them. The kernel knows; no lease is asked."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

from earmark.store.ports import Store


def is_alive(pid: int, started: int) -> bool:
    """Say whether a process of this machine lives: the pid, with the kernel's start time where it is known."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    fields = text.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return False
    return not started or int(fields[19]) == started


def tell_worker(store: Store, run_id: str) -> bool:
    """Signal the supervisor of a run if it is a process of this machine; return whether it was."""
    for lease in store.queue.held():
        if lease.run_id != run_id or lease.data.get("host") != socket.gethostname():
            continue
        pid = int(lease.data.get("pid", 0))
        if pid and is_alive(pid, int(lease.data.get("started", 0))):
            os.kill(pid, signal.SIGTERM)
            return True
    return False
