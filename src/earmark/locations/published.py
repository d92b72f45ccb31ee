"""What each host says of its code locations, kept in the store for those who ask from elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from earmark.decide.serving import Serving
from earmark.locations.heartbeats import SILENT, read_beats, readable
from earmark.specs.manifest import Manifest
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.wire import encode

LEADER = "queue"
"""The name of the lease that the host which leads holds."""

LOADING = "it is being loaded."
"""The obstacle that goes by itself."""

TOPIC = "locations"
"""What is notified when a host says something else of its code locations."""

_LOCATIONS, _MANIFESTS, _ORDER = "location", "manifest", "order"
_FORGOTTEN = Micros(24 * 3600 * 1_000_000)
"""For how long what a host that is gone served is still shown, where nobody else serves it."""


class PublishedLocation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A code location as a host says it stands; what it defines lies beside it, by the hash of its content.

    Args:
        name: Its name.
        host_id: What tells the host apart from all others.
        host: The machine of the host.
        pid: The host's process there.
        at: When the host said this.
        status: ``loading``, ``ready`` or ``failed``.
        obstacle: Why no run can start in it; empty where one can.
        manifest: The hash of what it defines; empty if it has never loaded.
        before: The hash of what it defined before it was last loaded.
        stale: Whether the manifest is of an earlier load.
        error: Why the last load failed.
        traceback: The user's own traceback.
        note: What else a person should know.
        version: The guest's version of Earmark.
        python: The guest's Python.
        guest: The guest's process.
        loaded_at: When the manifest was loaded.
        load_seconds: How long that took.
    """

    name: str
    host_id: str
    host: str = ""
    pid: int = 0
    at: Micros = Micros(0)
    status: str = "ready"
    obstacle: str = ""
    manifest: str = ""
    before: str = ""
    stale: bool = False
    error: str = ""
    traceback: str = ""
    note: str = ""
    version: str = ""
    python: str = ""
    guest: int = 0
    loaded_at: Micros | None = None
    load_seconds: float = 0.0

    @property
    def _key(self) -> str:
        return f"{self.name}@{self.host_id}"


def publish(
    store: Store, host_id: str, locations: Sequence[PublishedLocation], manifests: Mapping[str, bytes] | None = None
) -> None:
    """Say how all code locations of a host stand, and forget what no host that lives says of the same ones.

    Args:
        store: Where it is kept.
        host_id: The host.
        locations: All that it has.
        manifests: What they define, by the hashes that they name.
    """

    def work() -> None:
        # Publishers take turns: a manifest that one is about to name, another must not take for forgotten.
        store.entries.change(_ORDER, _LOCATIONS, lambda kept: kept)
        names = {one.name for one in locations}
        living = living_hosts(store)
        known = read_published(store)
        old = [one for one in known if one.host_id == host_id or _is_replaced(one, names, living, store.clock())]
        written: dict[str, bytes | None] = {one._key: None for one in old}
        store.entries.put(_LOCATIONS, written | {one._key: encode(one) for one in locations})
        _keep_manifests(store, [one for one in known if one not in old], locations, manifests or {})
        store.notify(TOPIC)

    store.transact(work)


def _is_replaced(one: PublishedLocation, names: Collection[str], living: Collection[str], now: Micros) -> bool:
    return one.host_id not in living and (one.name in names or one.at < now - _FORGOTTEN)


def _keep_manifests(
    store: Store,
    others: Sequence[PublishedLocation],
    own: Sequence[PublishedLocation],
    manifests: Mapping[str, bytes],
) -> None:
    there = store.entries.keys(_MANIFESTS)
    named = {digest for one in (*others, *own) for digest in (one.manifest, one.before) if digest}
    written: dict[str, bytes | None] = dict.fromkeys(there - named)
    written |= {digest: data for digest, data in manifests.items() if digest in named - there}
    if written:
        store.entries.put(_MANIFESTS, written)


def read_published(store: Store) -> list[PublishedLocation]:
    """Return what all hosts last said of their code locations, by name; those that are gone included."""
    found = readable(store, _LOCATIONS, PublishedLocation)
    return sorted(found, key=lambda one: (one.name, one.host_id))


def read_manifest(store: Store, digest: str) -> Manifest | None:
    """Return a manifest by the hash of its content; ``None`` if nobody names it any more.

    Raises:
        msgspec.DecodeError: It was written by another version of Earmark.
    """
    data = store.entries.get(_MANIFESTS, digest)
    return None if data is None else Manifest.decode(data)


def living_hosts(store: Store) -> set[str]:
    """Return the hosts that have said something of late."""
    now = store.clock()
    return {beat.id for beat in read_beats(store) if now - beat.at <= SILENT}


def read_serving(store: Store) -> Serving:
    """Return whether a host leads, and how its code locations stand."""
    lease = store.leases.get(LEADER)
    if lease is None:
        return Serving()
    own = {one.name: one.obstacle for one in read_published(store) if one.host_id == lease.holder}
    return Serving(True, own)
