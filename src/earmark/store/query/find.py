"""Answering a query over runs: page by page from the newest or the oldest, or as a count.

The numbers of runs are walked in stretches of chunks, each four times as long as the one before. A query that matches
often is answered by the first stretch; one that matches seldom, or never, reads bitmaps of everything, which are small.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyroaring import BitMap

from earmark.store.database import Row, Session
from earmark.store.labels import unpack
from earmark.store.query.bitmaps import load, load_existing, load_status
from earmark.store.query.chunks import chunk_of, start_of
from earmark.store.query.compile import (
    Condition,
    Created,
    Every,
    Everything,
    InState,
    Labelled,
    Neither,
    Some,
    Where,
)
from earmark.store.rows import RUN_COLUMNS

FEW = 2_000
"""Up to so many runs are looked at one by one; more are read as a stretch."""

LONGEST = 256
"""The most chunks that are looked at together: four million runs."""


class Stretch:
    """The runs of some consecutive chunks, and which of them meet a condition."""

    def __init__(self, tx: Session, first: int, last: int) -> None:
        self._tx = tx
        self._first = first
        self._last = last
        self._existing: BitMap | None = None

    @property
    def existing(self) -> BitMap:
        """The runs that have not been deleted."""
        if self._existing is None:
            self._existing = load_existing(self._tx, self._first, self._last)
        return self._existing

    def matching(self, condition: Condition) -> BitMap:
        """Return the runs that meet a condition."""
        found = self._meeting(condition, None)
        return found & self.existing if found else found

    def _meeting(self, condition: Condition, among: BitMap | None) -> BitMap:
        """Return a set whose runs in ``among`` (``None``: all) are those that meet the condition."""
        match condition:
            case Everything():
                return self.existing
            case Labelled(labels):
                return self._labelled(labels, among)
            case InState(states):
                sets = [load_status(self._tx, state, self._first, self._last) for state in states]
                return BitMap.union(*sets) if sets else BitMap()
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
        if among is None or len(among) * 4 > len(labels):
            return load(self._tx, labels, self._first, self._last)
        wanted = frozenset(labels)
        those, value = self._tx.among(among)
        rows = self._tx.all(f"SELECT seq, labels FROM run_request WHERE seq {those}", (value,))
        return BitMap([seq for seq, packed in rows if not wanted.isdisjoint(unpack(packed))])

    def _where(self, sql: str, parameters: tuple[object, ...], among: BitMap | None) -> BitMap:
        if among is not None and len(among) <= FEW:
            those, value = self._tx.among(among)
            found = self._tx.numbers("r.seq", f"FROM run r WHERE r.seq {those} AND {sql}", (value, *parameters))
        else:
            within = "FROM run r WHERE r.seq >= ? AND r.seq < ? AND "
            found = self._tx.numbers("r.seq", within + sql, (*self._bounds(), *parameters))
        return BitMap(found)

    def _created(self, low: int, high: int) -> BitMap:
        """Numbers follow creation nearly always, so most chunks lie wholly inside or outside."""
        ends = {
            chunk: (begin, end)
            for chunk, begin, end in self._tx.all(
                "SELECT chunk, first_created, last_created FROM run_chunk WHERE chunk >= ? AND chunk <= ?",
                (self._first, self._last),
            )
        }
        found = BitMap()
        for chunk in range(self._first, self._last + 1):
            begin, end = ends.get(chunk, (None, None))
            if begin is not None and end is not None and (end < low or begin > high):
                continue
            start, stop = start_of(chunk), start_of(chunk + 1)
            if begin is not None and end is not None and low <= begin and end <= high:
                found.add_range(start, stop)
                continue
            within = "FROM run WHERE seq >= ? AND seq < ? AND created_at >= ? AND created_at <= ?"
            found.update(self._tx.numbers("seq", within, (start, stop, low, high)))
        return found

    def _bounds(self) -> tuple[int, int]:
        return start_of(self._first), start_of(self._last + 1)


def newest(tx: Session, condition: Condition, limit: int, before: int | None = None) -> list[int]:
    """Return the numbers of up to ``limit`` runs that meet the condition, from the newest, below ``before``."""
    top = last_number(tx) + 1 if before is None else before
    found: list[int] = []
    for first, last in _downwards(chunk_of(max(top - 1, 0))):
        numbers = Stretch(tx, first, last).matching(condition)
        numbers.remove_range(top, max(top, start_of(last + 1)))
        found.extend(reversed(numbers[-(limit - len(found)) :]))
        if len(found) >= limit:
            break
    return found


def oldest(tx: Session, condition: Condition, limit: int, after: int | None = None) -> list[int]:
    """Return the numbers of up to ``limit`` runs that meet the condition, from the oldest, above ``after``."""
    bottom = 0 if after is None else after + 1
    found: list[int] = []
    for first, last in _upwards(chunk_of(bottom), chunk_of(last_number(tx))):
        numbers = Stretch(tx, first, last).matching(condition)
        numbers.remove_range(0, bottom)
        found.extend(numbers[: limit - len(found)])
        if len(found) >= limit:
            break
    return found


def count(tx: Session, condition: Condition) -> int:
    """Return how many runs meet the condition."""
    top = chunk_of(last_number(tx))
    return sum(
        len(Stretch(tx, first, min(first + LONGEST - 1, top)).matching(condition))
        for first in range(0, top + 1, LONGEST)
    )


def last_number(tx: Session) -> int:
    """Return the highest number that a run may have."""
    return int(tx.value("SELECT value FROM counter WHERE name = 'run'"))


def fetch(tx: Session, numbers: list[int]) -> list[Row]:
    """Return the rows and requests of runs, in the order of their numbers as given."""
    among, value = tx.among(numbers)
    rows = tx.all(
        f"SELECT {RUN_COLUMNS}, q.request, q.tags, q.origins FROM run r JOIN run_request q ON q.seq = r.seq "
        f"WHERE r.seq {among}",
        (value,),
    )
    by_number = {row[0]: row for row in rows}
    return [by_number[number] for number in numbers if number in by_number]


def _downwards(top: int) -> Iterator[tuple[int, int]]:
    length, last = 1, top
    while last >= 0:
        first = max(0, last - length + 1)
        yield first, last
        last, length = first - 1, min(length * 4, LONGEST)


def _upwards(bottom: int, top: int) -> Iterator[tuple[int, int]]:
    length, first = 1, bottom
    while first <= top:
        last = min(top, first + length - 1)
        yield first, last
        first, length = last + 1, min(length * 4, LONGEST)
