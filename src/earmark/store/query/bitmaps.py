"""Compressed sets of runs, by chunks of their numbers.

Rows are the truth (``run_label``, ``run``); a bitmap only says again what the rows of a complete chunk say. Where one
is missing, its rows are read. So a bitmap may be dropped at any time, and must be when a row of its chunk changes.

On PostgreSQL whoever changes rows of a chunk holds the chunk's lock in common with others until commit, and whoever
makes its bitmaps holds it alone; so no bitmap is made from rows that are about to change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

from pyroaring import BitMap

from earmark.store.database import Row, Session
from earmark.store.labels import unpack
from earmark.store.query.chunks import (
    CHUNK_LOCKS,
    EXISTING,
    chunk_of,
    chunks_of,
    span_mark,
    span_of,
    start_of,
    status_set,
)
from earmark.store.rows import FIRST_FINISHED, STATUSES

MIN_RUNS = 24
"""A label with fewer runs in a chunk gets no bitmap there: reading its rows costs no more.

One that has no bitmap in any chunk of a span, and as many runs in the whole of it, gets one for the span. So a pattern
that fits thousands of values, each of a few runs here and there, reads thousands of bitmaps and not all their rows.
"""


_LOW = (1 << 40) - 1


def load(tx: Session, sets: Sequence[int], first: int, last: int) -> BitMap:
    """Return the runs of any of the labels ``sets`` among chunks ``first`` to ``last``, both included."""
    made: dict[int, list[int]] = {}
    parts: list[BitMap] = []
    for number, mark, bits in _kept(tx, sets, first, last):
        made.setdefault(number, []).append(mark)
        parts.append(BitMap.deserialize(bits))
    # Labels that lack the same bitmaps, most often all of them, are read together.
    alike: dict[tuple[int, ...], list[int]] = {}
    for number in sets:
        alike.setdefault(tuple(made.get(number, ())), []).append(number)
    for marks, numbers in alike.items():
        among, value = tx.among(numbers)
        for low, high in _gaps(_chunks_of(marks), first, last):
            parts.append(
                _numbers(
                    tx,
                    "run_seq",
                    f"FROM run_label WHERE label_id {among} AND run_seq >= ? AND run_seq < ?",
                    (value, start_of(low), start_of(high + 1)),
                )
            )
    return BitMap.union(*parts) if parts else BitMap()


def _kept(tx: Session, sets: Sequence[int], first: int, last: int) -> list[Row]:
    """Return the bitmaps of labels in chunks, and in the spans that lie wholly among them: label, mark, bits."""
    among, value = tx.among(sets)
    sql = f"SELECT set_id, chunk, bits FROM run_bitmap WHERE set_id {among} AND chunk >= ? AND chunk <= ?"
    rows = tx.all(sql, (value, first, last))
    low, high = span_of(first - 1) + 1, span_of(last + 1) - 1
    return rows if high < low else tx.all(sql, (value, span_mark(high), span_mark(low))) + rows


def _chunks_of(marks: Iterable[int]) -> Iterator[int]:
    """Yield the chunks that bitmaps cover."""
    for mark in marks:
        if mark >= 0:
            yield mark
        else:
            yield from chunks_of(span_mark(mark))


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


def begin_span(tx: Session, span: int) -> None:
    """Say that the bitmaps of a span are being made: a change of its rows from now on will be noticed."""
    if tx.dialect == "postgresql":
        tx.all("SELECT pg_advisory_xact_lock(?)", (CHUNK_LOCKS + span_mark(span),))
    tx.run(
        "INSERT INTO run_chunk (chunk, settled, stale, first_created, last_created) VALUES (?, 0, 0, 0, 0) "
        "ON CONFLICT (chunk) DO UPDATE SET stale = 0",
        (span_mark(span),),
    )


def sets_of_span(tx: Session, span: int) -> dict[int, bytes]:
    """Return the bitmaps of a span by their labels. It is read outside of any writing transaction: it takes a while."""
    pairs: list[int] = []
    often: set[int] = set()
    for chunk in chunks_of(span):
        low, high = start_of(chunk), start_of(chunk + 1)
        rows = tx.all("SELECT seq, labels FROM run_request WHERE seq >= ? AND seq < ?", (low, high))
        labels = [(seq, unpack(packed)) for seq, packed in rows]
        counts = Counter(chain.from_iterable(own for _, own in labels))
        often.update(label for label, runs in counts.items() if runs >= MIN_RUNS)
        # A label and a run in one number: an eighth of the memory of a pair.
        pairs.extend(label << 40 | seq for seq, own in labels for label in own if counts[label] < MIN_RUNS)
    pairs.sort()
    made: dict[int, bytes] = {}
    for label, group in groupby(pairs, key=lambda pair: pair >> 40):
        runs = [pair & _LOW for pair in group]
        if len(runs) >= MIN_RUNS and label not in often:
            made[label] = BitMap(runs).serialize()
    return made


def keep_span(tx: Session, span: int, made: dict[int, bytes]) -> None:
    """Store the bitmaps of a span, unless rows of it have changed since :func:`begin_span`."""
    mark = span_mark(span)
    if tx.dialect == "postgresql":
        tx.all("SELECT pg_advisory_xact_lock(?)", (CHUNK_LOCKS + mark,))
    if tx.value("SELECT stale FROM run_chunk WHERE chunk = ?", (mark,)) != 0:
        return
    tx.insert("run_bitmap", "set_id, chunk, bits", [(label, mark, made[label]) for label in sorted(made)])
    tx.run("UPDATE run_chunk SET settled = 1 WHERE chunk = ?", (mark,))


def unsealed_spans(tx: Session) -> list[int]:
    """Return the spans of complete chunks that have no bitmaps yet.

    Those of a label that were dropped are not made anew: rows answer as well, and a span is long to read.
    """
    last = tx.value("SELECT value FROM counter WHERE name = 'run'")
    made = {span_mark(mark) for (mark,) in tx.all("SELECT chunk FROM run_chunk WHERE chunk < 0 AND settled = 1")}
    return [span for span in range(span_of(chunk_of(last + 1))) if span not in made]


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
