"""How numbers of runs are cut into chunks, and what a change of a run does to the bitmaps of its chunk."""

from __future__ import annotations

from collections.abc import Iterable

from earmark.store.database import Session

CHUNK_BITS = 14
"""A bitmap covers two to this power consecutive numbers of runs. Lies in stores: changing it takes a migration."""

EXISTING = 0
"""The set of runs that have not been deleted. Every answer is cut down to it, so other sets may hold deleted runs."""

CHUNK_LOCKS = 7_400_000_000
"""The first of the numbers that stand for chunks among PostgreSQL's advisory locks."""


def chunk_of(seq: int) -> int:
    """Return the chunk of a run's number."""
    return seq >> CHUNK_BITS


def start_of(chunk: int) -> int:
    """Return the lowest number of a chunk."""
    return chunk << CHUNK_BITS


def status_set(number: int) -> int:
    """Return the set of runs in the state stored as ``number``."""
    return -1 - number


def forget_bitmaps(tx: Session, chunk: int, sets: Iterable[int]) -> None:
    """Drop the bitmaps of ``sets`` in a chunk, because rows of it change in this transaction."""
    if tx.dialect == "postgresql":
        tx.all("SELECT pg_advisory_xact_lock_shared(?)", (CHUNK_LOCKS + chunk,))
    tx.many("DELETE FROM run_bitmap WHERE set_id = ? AND chunk = ?", [(number, chunk) for number in sorted(sets)])
    tx.run("UPDATE run_chunk SET stale = 1 WHERE chunk = ?", (chunk,))
