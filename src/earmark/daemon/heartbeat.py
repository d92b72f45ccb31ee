"""Saying now and then how the loops of this host stand."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence

import structlog

from earmark.daemon.loop import Loop
from earmark.locations.heartbeats import EVERY, HostBeat, drop_beat, keep_beat
from earmark.store.ports import Store
from earmark.store.records import Lease
from earmark.values.version import __version__

LOG = structlog.get_logger("earmark.heartbeat")


class HeartbeatLoop(Loop):
    """Keeps one row of this host in the store, written every few seconds.

    Args:
        store: Where it is kept.
        host_id: What tells this host apart.
        loops: The loops of which it speaks.
        lease: Returns the lease, while this host leads.
    """

    def __init__(self, store: Store, host_id: str, loops: Sequence[Loop], *, lease: Callable[[], Lease | None]) -> None:
        super().__init__("heartbeat", LOG, every=EVERY)
        self._store = store
        self._id = host_id
        self._loops = loops
        self._lease = lease
        self._started_at = store.clock()

    def start(self) -> None:
        """Say at once that this host is there."""
        super().start()
        self.wake()

    def stop(self) -> None:
        """Stop, and be forgotten."""
        super().stop()
        drop_beat(self._store, self._id)

    def _look(self) -> None:
        now, lease = self._store.clock(), self._lease()
        beat = HostBeat(
            id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            started_at=self._started_at,
            at=now,
            epoch=None if lease is None else lease.epoch,
            loops=tuple(loop.beat(now) for loop in self._loops),
        )
        keep_beat(self._store, beat)
