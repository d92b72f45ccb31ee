"""Who leads: a lease in the store with an epoch, renewed by a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from earmark.store.ports import Store
from earmark.store.records import Lease
from earmark.store.version import OutdatedError
from earmark.values.errors import StoreError

SECONDS = 15.0
"""How long a lease holds without being renewed: the longest time nobody leads after a leader has died."""


class Leadership:
    """Holds, or tries to get, the lease of a name.

    Args:
        store: Where the lease lies.
        name: What is led.
        holder: Who asks: host name and process.
        on_change: Called with the lease when it was won, with ``None`` when it was lost.
        seconds: How long the lease holds without being renewed.
        on_outdated: Called when the store turns out to be of another version by now; nobody here can lead then.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        holder: str,
        on_change: Callable[[Lease | None], None],
        seconds: float = SECONDS,
        on_outdated: Callable[[OutdatedError], None] = lambda _error: None,
    ) -> None:
        self._store = store
        self._name = name
        self._holder = holder
        self._on_change = on_change
        self._seconds = seconds
        self._on_outdated = on_outdated
        self._stop = threading.Event()
        self.lease: Lease | None = None
        self._thread = threading.Thread(target=self._run, name=f"lease-{name}", daemon=True)

    def start(self) -> None:
        """Begin to try."""
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._try()
            self._stop.wait(self._seconds / 3)

    def _try(self) -> None:
        try:
            lease = self._store.leases.acquire(self._name, self._holder, self._seconds)
        except OutdatedError as error:
            self._stop.set()
            self._on_outdated(error)
            return
        except StoreError:
            # Out of reach; the lease runs out by itself, and whoever reaches the store first takes it.
            return
        before, self.lease = self.lease, lease
        if (before.epoch if before else None) != (lease.epoch if lease else None):
            self._on_change(lease)

    def current(self) -> Lease | None:
        """Return the lease while it holds; one that was not renewed in time is none."""
        lease = self.lease
        return lease if lease is not None and lease.expires_at > self._store.clock() else None

    def stop(self) -> None:
        """Give the lease back, so that another leads at once."""
        self._stop.set()
        self._thread.join(5.0)
        if self.lease is not None:
            try:
                self._store.leases.release(self.lease)
            except StoreError:
                return
