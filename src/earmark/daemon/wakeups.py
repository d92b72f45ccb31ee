"""Wake-ups from other processes of this machine: a datagram to a socket in the home says that something is new."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

from earmark.system.wake import SOCKET, wake_host


class WakeUps:
    """Listens for wake-ups.

    Args:
        home: The home folder.
        wake: Called at each.
    """

    def __init__(self, home: Path, wake: Callable[[], None]) -> None:
        self._path = home / SOCKET
        self._wake = wake
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="wake-ups", daemon=True)

    def start(self) -> None:
        """Begin to listen. A path too long for a socket means that others are heard at the next poll."""
        self._path.unlink(missing_ok=True)
        try:
            self._socket.bind(str(self._path))
        except OSError:
            self._stopping = True
            return
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._socket.recv(64)
            except OSError:
                return
            if not self._stopping:
                self._wake()

    def stop(self) -> None:
        """Stop listening."""
        if self._stopping:
            self._socket.close()
            return
        self._stopping = True
        wake_host(self._path.parent)
        self._thread.join(1.0)
        self._socket.close()
        self._path.unlink(missing_ok=True)
