"""Answering a query over runs: page by page from the newest or the oldest, or as a count.

Runs are looked at in stretches, each many times as long as the one before. A query that matches often is answered by
the first, which is short; one that matches seldom, or never, reads blocks of everything, which are small.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import TypeVar

from pyroaring import BitMap

from earmark.store.database import Row, Session
from earmark.store.labels import unpack
from earmark.store.query.compile import (
    NOTHING,
    Condition,
    Created,
    Every,
    Everything,
    InState,
    Labelled,
    Neither,
    Some,
    Where,
    reads_rows,
)
from earmark.store.query.segments import (
    Segment,
    SegmentsMoved,
    carrying,
    read_sets,
    segments_between,
    size_of,
    state_block,
)
from earmark.store.rows import FIRST_FINISHED, RUN_COLUMNS
from earmark.values.errors import StoreError

T = TypeVar("T")

FEW = 2_000
"""Up to so many runs are looked at one by one; more are read as a stretch."""

GROWTH = 8
"""How many times as long as the one before a stretch is if rows of runs are read, which takes the longer the more there
are."""

LONGEST = 1 << 22
"""The most numbers that are looked at together."""

PATIENCE = 5
"""How often segments may be put together under a reader before it gives up."""

Range = tuple[int, int]
"""A lowest number, and the lowest above it."""


class Stretch:
    """Some runs that follow each other, and which of them meet a condition."""

    def __init__(self, tx: Session, first: int, end: int) -> None:
        self._tx = tx
        self._first = first
        self._end = end
        # Before the segments: a run that one of these takes in meanwhile is then still looked at by itself.
        edits = tx.all("SELECT seq, labels FROM run_touched WHERE seq >= ? AND seq < ?", (first, end))
        self._touched: dict[int, bytes | None] = dict(edits)
        self._segments = segments_between(tx, first, end)

    @cached_property
    def _loose(self) -> dict[int, array[int]]:
        """The labels of the runs that no segment speaks for."""
        rows: list[Row] = []
        for low, high in self._uncovered([(segment.first, segment.end) for segment in self._segments]):
            rows += self._tx.all("SELECT seq, labels FROM run_request WHERE seq >= ? AND seq < ?", (low, high))
        labels = dict(rows) | self._touched
        return {seq: unpack(packed) for seq, packed in labels.items() if packed is not None}

    def _uncovered(self, covered: Sequence[Range]) -> Iterator[Range]:
        """Yield what of the stretch lies outside of ranges that are sorted."""
        position = self._first
        for first, end in covered:
            if first > position:
                yield position, first
            position = end
        if position < self._end:
            yield position, self._end

    @cached_property
    def existing(self) -> BitMap:
        """The runs that have not been deleted."""
        found = BitMap()
        for segment in self._segments:
            found.add_range(segment.first, segment.end)
            found -= segment.gone
        found.difference_update(BitMap(self._touched))
        found.update(self._loose)
        return found

    def matching(self, condition: Condition, among: BitMap | None = None) -> BitMap:
        """Return the runs (of some, or of all) that meet a condition."""
        found = self._meeting(condition, among)
        return found & (self.existing if among is None else among) if found else found

    def _meeting(self, condition: Condition, among: BitMap | None) -> BitMap:
        """Return a set whose runs in ``among`` (``None``: all) are those that meet the condition."""
        match condition:
            case Everything():
                return self.existing
            case Labelled(labels):
                return self._labelled(labels, among)
            case InState(states):
                return BitMap.union(BitMap(), *map(self._in_state, states))
            case Created(low, high):
                return self._created(low, high)
            case Where(sql, parameters):
                return self._where(sql, parameters, among)
            case Neither(inner):
                base = self.existing if among is None else among
                return base - self._meeting(inner, base)
            case Some(conditions):
                return BitMap.union(*(self._meeting(part, among) for part in conditions))
            case Every(conditions):
                found = among
                for part in conditions:
                    met = self._meeting(part, found)
                    found = met if found is None else found & met
                    if not found:
                        break
                return found if found is not None else self.existing

    def _labelled(self, labels: tuple[int, ...], among: BitMap | None) -> BitMap:
        if not labels:
            return BitMap()
        wanted = frozenset(labels)
        if among is None or len(among) * 4 > len(labels):
            found = carrying(self._tx, self._holding(among), labels) - BitMap(self._touched)
            found.update(seq for seq, own in self._loose.items() if not wanted.isdisjoint(own))
            return found
        those, value = self._tx.among(among)
        rows = self._tx.all(f"SELECT seq, labels FROM run_request WHERE seq {those}", (value,))
        return BitMap([seq for seq, packed in rows if not wanted.isdisjoint(unpack(packed))])

    def _holding(self, among: BitMap | None) -> list[Segment]:
        """Return the segments that some of these runs belong to."""
        if among is None:
            return self._segments
        return [segment for segment in self._segments if among.range_cardinality(segment.first, segment.end)]

    def _in_state(self, status: int) -> BitMap:
        if status < FIRST_FINISHED:  # there are few, and their index is short
            return self._by_state(status, self._first, self._end)
        settled = [segment for segment in self._segments if segment.unended is not None]
        keys = [segment.block(state_block(status)) for segment in settled]
        parts = read_sets(self._tx, keys)
        for low, high in self._uncovered([(segment.first, segment.end) for segment in settled]):
            parts.append(self._by_state(status, low, high))
        parts.append(self._ended_since(status, settled))
        return BitMap.union(BitMap(), *parts)

    def _ended_since(self, status: int, settled: Sequence[Segment]) -> BitMap:
        """Return the runs that have ended in a state since their segments got blocks by state."""
        unended = BitMap.union(BitMap(), *(segment.unended for segment in settled if segment.unended))
        if not unended:
            return unended
        running = ", ".join(map(str, range(FIRST_FINISHED)))
        within = f"FROM run WHERE status IN ({running}) AND seq >= ? AND seq < ?"
        ended = unended - BitMap(self._tx.numbers("seq", within, self._bounds))
        if not ended:
            return ended
        those, value = self._tx.among(ended)
        return BitMap(self._tx.numbers("seq", f"FROM run WHERE seq {those} AND status = ?", (value, status)))

    def _by_state(self, status: int, low: int, high: int) -> BitMap:
        within = "FROM run WHERE status = ? AND seq >= ? AND seq < ?"
        return BitMap(self._tx.numbers("seq", within, (status, low, high)))

    def _where(self, sql: str, parameters: tuple[object, ...], among: BitMap | None) -> BitMap:
        if among is not None and len(among) <= FEW:
            those, value = self._tx.among(among)
            found = self._tx.numbers("r.seq", f"FROM run r WHERE r.seq {those} AND {sql}", (value, *parameters))
        else:
            within = "FROM run r WHERE r.seq >= ? AND r.seq < ? AND "
            found = self._tx.numbers("r.seq", within + sql, (*self._bounds, *parameters))
        return BitMap(found)

    def _created(self, low: int, high: int) -> BitMap:
        """Numbers follow creation nearly always, so most pieces of segments lie wholly inside or outside."""
        found = BitMap()
        unsure = list(self._uncovered([(segment.first, segment.end) for segment in self._segments]))
        within = "FROM run_segment WHERE first >= ? AND first < ?"
        for first, packed in self._tx.all(f"SELECT first, created {within}", self._bounds):
            times = array("q", packed)
            for piece, (begin, end) in enumerate(zip(times[::2], times[1::2], strict=True)):
                start = first + piece * size_of(0)
                if low <= begin and end <= high:
                    found.add_range(start, start + size_of(0))
                elif begin <= high and end >= low:
                    unsure.append((start, start + size_of(0)))
        # The pluses keep SQLite from walking the index of creations, which is long where a bound is missing.
        rows = "FROM run WHERE seq >= ? AND seq < ? AND +created_at >= ? AND +created_at <= ?"
        for start, stop in unsure:
            found.update(self._tx.numbers("seq", rows, (start, stop, low, high)))
        return found

    @property
    def _bounds(self) -> Range:
        return self._first, self._end


def newest(tx: Session, condition: Condition, limit: int, before: int | None = None) -> list[int]:
    """Return the numbers of up to ``limit`` runs that meet the condition, from the newest, below ``before``."""
    if condition == NOTHING:
        return []
    top = last_number(tx) + 1 if before is None else before

    def found() -> list[int]:
        numbers: list[int] = []
        for first, end in _downwards(_pieces(tx, top), _lengths(condition)):
            matching = Stretch(tx, first, end).matching(condition)
            matching.remove_range(top, max(top, end))
            numbers.extend(reversed(matching[-(limit - len(numbers)) :]))
            if len(numbers) >= limit:
                break
        return numbers

    return _undisturbed(found)


def oldest(tx: Session, condition: Condition, limit: int, after: int | None = None) -> list[int]:
    """Return the numbers of up to ``limit`` runs that meet the condition, from the oldest, above ``after``."""
    if condition == NOTHING:
        return []
    bottom = 0 if after is None else after + 1

    def found() -> list[int]:
        numbers: list[int] = []
        pieces = [piece for piece in _pieces(tx, last_number(tx) + 1) if piece[1] > bottom]
        for first, end in _together(pieces, _lengths(condition)):
            matching = Stretch(tx, first, end).matching(condition)
            matching.remove_range(0, bottom)
            numbers.extend(matching[: limit - len(numbers)])
            if len(numbers) >= limit:
                break
        return numbers

    return _undisturbed(found)


def count(tx: Session, condition: Condition) -> int:
    """Return how many runs meet the condition."""
    return count_each(tx, condition, [Everything()])[0]


def count_each(tx: Session, condition: Condition, others: Sequence[Condition]) -> list[int]:
    """Return how many runs meet the condition and one of ``others``, for each of them."""
    if condition == NOTHING:
        return [0] * len(others)

    def found() -> list[int]:
        totals = [0] * len(others)
        top = last_number(tx) + 1
        for first, end in [(0, top)] if top <= LONGEST else _together(_pieces(tx, top), repeat(LONGEST)):
            stretch = Stretch(tx, first, end)
            matching = stretch.matching(condition)
            for place, other in enumerate(others if matching else ()):
                totals[place] += len(matching if isinstance(other, Everything) else stretch.matching(other, matching))
        return totals

    return _undisturbed(found)


def last_number(tx: Session) -> int:
    """Return the highest number that a run may have."""
    return int(tx.value("SELECT value FROM counter WHERE name = 'run'"))


def fetch(tx: Session, numbers: list[int]) -> list[Row]:
    """Return the rows and requests of runs, in the order of their numbers as given."""
    among, value = tx.among(numbers)
    # Both are asked for by number, so that neither waits for the other row by row.
    rows = tx.all(
        f"SELECT {RUN_COLUMNS}, q.request, q.tags, q.origins FROM run r JOIN run_request q ON q.seq = r.seq "
        f"WHERE r.seq {among} AND q.seq {among}",
        (value, value),
    )
    by_number = {row[0]: row for row in rows}
    return [by_number[number] for number in numbers if number in by_number]


def _undisturbed(work: Callable[[], T]) -> T:
    """Do what reads segments, and again if they were put together meanwhile: that happens once in a thousand runs."""
    for _ in range(PATIENCE):
        try:
            return work()
        except SegmentsMoved:
            continue
    raise StoreError("The store is damaged: blocks of runs are missing that it says it has.")


def _pieces(tx: Session, end: int) -> list[Range]:
    """Return segments, and stretches of the runs that have none, which together hold all runs below a number."""
    pieces: list[Range] = []
    position = 0
    heads = tx.all("SELECT first, first + size FROM run_segment WHERE first < ? ORDER BY first", (end,))
    for first, stop in [*heads, (end, end)]:
        pieces += ((low, min(first, low + size_of(1))) for low in range(position, first, size_of(1)))
        if stop > first:
            pieces.append((first, stop))
        position = stop
    return pieces


def _lengths(condition: Condition) -> Iterator[int]:
    """Yield how many numbers to look at, and how many then, until a page is full."""
    if not reads_rows(condition):
        # A block of a long segment is read about as quickly as one of a short segment, so few stretches are best.
        yield size_of(2)
        yield from repeat(LONGEST)
    length = size_of(0)
    while True:
        yield min(length, LONGEST)
        length *= GROWTH


def _together(pieces: Sequence[Range], lengths: Iterator[int]) -> Iterator[Range]:
    """Yield neighbours among pieces together, about as long as ``lengths`` say."""
    position = 0
    while position < len(pieces):
        first, end = pieces[position]
        position += 1
        wanted = next(lengths)
        while position < len(pieces) and pieces[position][1] - first <= wanted:
            end = pieces[position][1]
            position += 1
        yield first, end


def _downwards(pieces: Sequence[Range], lengths: Iterator[int]) -> Iterator[Range]:
    """Yield neighbours among pieces together, about as long as ``lengths`` say, from the highest numbers."""
    mirrored = [(-end, -first) for first, end in reversed(pieces)]
    return ((-end, -first) for first, end in _together(mirrored, lengths))
