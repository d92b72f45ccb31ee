"""Telling the host of a home, from another process of this machine, that something is new."""

from __future__ import annotations

import socket
from pathlib import Path

SOCKET = "wake.sock"
"""The name of the socket in the home at which the host listens."""


def wake_host(home: Path) -> bool:
    """Tell the host of a home that something is new; ``False`` if there is none (it will see when it starts)."""
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        sender.setblocking(False)
        sender.sendto(b"new", str(home / SOCKET))
    except OSError:
        return False
    finally:
        sender.close()
    return True
