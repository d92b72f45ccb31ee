"""Compressed sets of runs, by chunks of their numbers.

Rows are the truth (``run_label``, ``run``); a bitmap only says again what the rows of a complete chunk say. Where one
is missing, its rows are read. So a bitmap may be dropped at any time, and must be when a row of its chunk changes.

On PostgreSQL whoever changes rows of a chunk holds the chunk's lock in common with others until commit, and whoever
makes its bitmaps holds it alone; so no bitmap is made from rows that are about to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyroaring import BitMap

from earmark.store.database import Session
from earmark.store.labels import unpack
from earmark.store.query.chunks import CHUNK_LOCKS, EXISTING, chunk_of, start_of, status_set
from earmark.store.rows import FIRST_FINISHED, STATUSES

MIN_RUNS = 24
"""A label with fewer runs in a chunk gets no bitmap there: reading its rows costs no more."""


def load(tx: Session, sets: Sequence[int], first: int, last: int) -> BitMap:
    """Return the runs of any of the labels ``sets`` among chunks ``first`` to ``last``, both included."""
    made: dict[int, list[int]] = {}
    parts: list[BitMap] = []
    among, value = tx.among(sets)
    for number, chunk, bits in tx.all(
        f"SELECT set_id, chunk, bits FROM run_bitmap WHERE set_id {among} AND chunk >= ? AND chunk <= ?",
        (value, first, last),
    ):
        made.setdefault(number, []).append(chunk)
        parts.append(BitMap.deserialize(bits))
    bare = [number for number in sets if number not in made]
    if bare:
        among, value = tx.among(bare)
        parts.append(
            _numbers(
                tx,
                "run_seq",
                f"FROM run_label WHERE label_id {among} AND run_seq >= ? AND run_seq < ?",
                (value, start_of(first), start_of(last + 1)),
            )
        )
    for number, chunks in made.items():
        for low, high in _gaps(chunks, first, last):
            parts.append(
                _numbers(
                    tx,
                    "run_seq",
                    "FROM run_label WHERE label_id = ? AND run_seq >= ? AND run_seq < ?",
                    (number, start_of(low), start_of(high + 1)),
                )
            )
    return BitMap.union(*parts) if parts else BitMap()


def load_existing(tx: Session, first: int, last: int) -> BitMap:
    """Return the runs that exist among chunks ``first`` to ``last``, both included."""
    return _load_of_runs(tx, EXISTING, "", (), first, last)


def load_status(tx: Session, number: int, first: int, last: int) -> BitMap:
    """Return the runs in the state stored as ``number`` among chunks ``first`` to ``last``, both included."""
    if number >= FIRST_FINISHED:
        return _load_of_runs(tx, status_set(number), "status = ? AND ", (number,), first, last)
    # Unfinished runs have no bitmaps; there are few, and their index is short.
    return _numbers(
        tx,
        "seq",
        "FROM run WHERE status = ? AND seq >= ? AND seq < ?",
        (number, start_of(first), start_of(last + 1)),
    )


def _load_of_runs(
    tx: Session, number: int, condition: str, parameters: tuple[int, ...], first: int, last: int
) -> BitMap:
    rows = tx.all(
        "SELECT chunk, bits FROM run_bitmap WHERE set_id = ? AND chunk >= ? AND chunk <= ?", (number, first, last)
    )
    parts = [BitMap.deserialize(bits) for _, bits in rows]
    for low, high in _gaps([chunk for chunk, _ in rows], first, last):
        parts.append(
            _numbers(
                tx,
                "seq",
                f"FROM run WHERE {condition}seq >= ? AND seq < ?",
                (*parameters, start_of(low), start_of(high + 1)),
            )
        )
    return BitMap.union(*parts) if parts else BitMap()


def _numbers(tx: Session, column: str, rest: str, parameters: Sequence[object]) -> BitMap:
    return BitMap(tx.numbers(column, rest, parameters))


def _gaps(chunks: Iterable[int], first: int, last: int) -> Iterable[tuple[int, int]]:
    """Yield the runs of chunks from ``first`` to ``last`` that are not among ``chunks``, as pairs of ends."""
    position = first
    for chunk in sorted(chunks):
        if chunk > position:
            yield position, chunk - 1
        position = chunk + 1
    if position <= last:
        yield position, last


def seal(tx: Session, chunk: int) -> None:
    """Make the bitmaps of a complete chunk, all of them anew."""
    if tx.dialect == "postgresql":
        tx.all("SELECT pg_advisory_xact_lock(?)", (CHUNK_LOCKS + chunk,))
    low, high = start_of(chunk), start_of(chunk + 1)
    sets: dict[int, list[int]] = {}
    for seq, labels in tx.all("SELECT seq, labels FROM run_request WHERE seq >= ? AND seq < ?", (low, high)):
        for label in unpack(labels):
            sets.setdefault(label, []).append(seq)
    made = {label: seqs for label, seqs in sets.items() if len(seqs) >= MIN_RUNS}
    states = tx.all("SELECT seq, status FROM run WHERE seq >= ? AND seq < ?", (low, high))
    made[EXISTING] = [seq for seq, _ in states]
    settled = all(status >= FIRST_FINISHED for _, status in states)
    if settled:
        for number in range(FIRST_FINISHED, len(STATUSES)):
            made[status_set(number)] = [seq for seq, status in states if status == number]
    tx.run("DELETE FROM run_bitmap WHERE chunk = ?", (chunk,))
    tx.insert(
        "run_bitmap",
        "set_id, chunk, bits",
        [(number, chunk, BitMap(made[number]).serialize()) for number in sorted(made)],
    )
    ends = tx.one("SELECT min(created_at), max(created_at) FROM run WHERE seq >= ? AND seq < ?", (low, high))
    begin, end = ends if ends and ends[0] is not None else (0, 0)
    tx.run(
        "INSERT INTO run_chunk (chunk, settled, stale, first_created, last_created) VALUES (?, ?, 0, ?, ?) "
        "ON CONFLICT (chunk) DO UPDATE SET settled = excluded.settled, stale = 0, "
        "first_created = excluded.first_created, last_created = excluded.last_created",
        (chunk, int(settled), begin, end),
    )


def unsealed(tx: Session) -> list[int]:
    """Return the complete chunks that lack bitmaps they could have."""
    last = tx.value("SELECT value FROM counter WHERE name = 'run'")
    rows = {chunk: (settled, stale) for chunk, settled, stale in tx.all("SELECT chunk, settled, stale FROM run_chunk")}
    return [
        chunk
        for chunk in range(chunk_of(last + 1))
        if chunk not in rows or rows[chunk][1] or not (rows[chunk][0] or _has_unfinished(tx, chunk))
    ]


def _has_unfinished(tx: Session, chunk: int) -> bool:
    low, high = start_of(chunk), start_of(chunk + 1)
    sql = "SELECT 1 FROM run WHERE status = ? AND seq >= ? AND seq < ? LIMIT 1"
    return any(tx.one(sql, (number, low, high)) for number in range(FIRST_FINISHED))
