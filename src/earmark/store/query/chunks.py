"""How numbers of runs are cut into chunks, and what a change of a run does to the bitmaps of its chunk."""

from __future__ import annotations

from collections.abc import Iterable

from earmark.store.database import Session

CHUNK_BITS = 14
"""A bitmap covers two to this power consecutive numbers of runs. Lies in stores: changing it takes a migration."""

SPAN_BITS = 4
"""A span is two to this power consecutive chunks. Lies in stores too."""

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


def span_of(chunk: int) -> int:
    """Return the span of a chunk."""
    return chunk >> SPAN_BITS


def chunks_of(span: int) -> range:
    """Return the chunks of a span."""
    return range(span << SPAN_BITS, (span + 1) << SPAN_BITS)


def span_mark(span: int) -> int:
    """Return the number that stands for a span where otherwise chunks stand."""
    return -1 - span


def status_set(number: int) -> int:
    """Return the set of runs in the state stored as ``number``."""
    return -1 - number


def forget_bitmaps(tx: Session, chunk: int, sets: Iterable[int]) -> None:
    """Drop the bitmaps of ``sets`` in a chunk and in its span, because rows of it change in this transaction."""
    marks = (chunk, span_mark(span_of(chunk)))
    if tx.dialect == "postgresql":
        for mark in marks:
            tx.all("SELECT pg_advisory_xact_lock_shared(?)", (CHUNK_LOCKS + mark,))
    tx.many(
        "DELETE FROM run_bitmap WHERE set_id = ? AND chunk = ?",
        [(number, mark) for number in sorted(sets) for mark in marks],
    )
    tx.many("UPDATE run_chunk SET stale = 1 WHERE chunk = ?", [(mark,) for mark in sorted(marks)])
