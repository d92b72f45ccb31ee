"""Workers of this machine, and how to speak to them."""

from __future__ import annotations

import os
import signal
import socket

from earmark.store.ports import Store
from earmark.system.processes import is_alive


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
