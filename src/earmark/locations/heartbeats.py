"""What each host says of its loops now and then, kept in the store for those who ask from elsewhere."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.errors import StoreError
from earmark.values.wire import decode, encode

T = TypeVar("T")

EVERY = 10.0
"""How many seconds pass between two heartbeats of a host."""

SILENT = Micros(round(3 * EVERY * 1_000_000))
"""A host that has said nothing for so long is taken for gone."""

_SPACE = "heartbeat"
_FORGOTTEN = Micros(3600 * 1_000_000)


class LoopBeat(msgspec.Struct, frozen=True, kw_only=True):
    """How a loop of a host stands.

    Args:
        name: What it looks after.
        every: How many seconds it waits at most between two looks.
        looks: How often it has looked since the host began.
        looked_at: When its last look ended; ``None`` if none has.
        looking_since: When the look began that is in progress.
        error: What went wrong in its latest look that failed, in a line.
        failed_at: When that was.
        is_alive: Whether its thread runs.
    """

    name: str
    every: float
    looks: int = 0
    looked_at: Micros | None = None
    looking_since: Micros | None = None
    error: str = ""
    failed_at: Micros | None = None
    is_alive: bool = True


class HostBeat(msgspec.Struct, frozen=True, kw_only=True):
    """How a host stands.

    Args:
        id: What tells it apart from all others: what it holds its lease as.
        host: The name of the machine.
        pid: Its process there.
        version: Its version of Earmark.
        started_at: When it began.
        at: When it said this.
        epoch: The epoch of its lease, while it leads.
        loops: Its loops.
    """

    id: str
    host: str
    pid: int
    version: str
    started_at: Micros
    at: Micros
    epoch: int | None = None
    loops: tuple[LoopBeat, ...] = ()


def keep_beat(store: Store, beat: HostBeat) -> None:
    """Keep how a host stands, and forget hosts that have said nothing for an hour."""
    store.entries.set(_SPACE, beat.id, encode(beat))
    for other in read_beats(store):
        if other.at < beat.at - _FORGOTTEN:
            store.entries.remove(_SPACE, other.id)


def drop_beat(store: Store, host_id: str) -> None:
    """Forget a host that stops; where the store is out of reach, it is forgotten later."""
    try:
        store.entries.remove(_SPACE, host_id)
    except StoreError:
        return


def read_beats(store: Store) -> list[HostBeat]:
    """Return how all hosts stand, the one that leads first."""
    return sorted(readable(store, _SPACE, HostBeat), key=lambda beat: (beat.epoch is None, beat.host, beat.pid))


def readable(store: Store, space: str, kind: type[T]) -> list[T]:
    """Return what hosts keep in a space, but for what hosts of another version wrote and this one cannot read."""
    found: list[T] = []
    for data in store.entries.all(space).values():
        try:
            found.append(decode(data, kind))
        except (msgspec.DecodeError, ValueError):
            continue
    return found
