"""Segments: for stretches of consecutive runs, which of them carry which label, in blocks that are never changed.

``run_request.labels`` is the truth. A segment says the same the other way round, for all runs of a stretch: each label
that many of them carry has a block of its own, a compressed bitmap; the others share blocks, sorted by label. What a
segment says of a run in ``run_touched`` is out of date, and runs that no segment covers yet, the newest few, are read
from the truth. So an answer is exact at any time, whether segments are made or not.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import compress

from pyroaring import BitMap

from earmark.store.database import Session
from earmark.store.labels import pack, unpack
from earmark.store.query import touched

FAN_BITS = 3
"""Two to this power segments of a level make one of the next. Lies in stores, as all that follow do."""

TOP_LEVEL = 3
"""The level of segments that are not put together any more, if the smallest are of level 0."""

BLOCK_BITS = 20
"""A segment has fewer than two to this power blocks."""

MANY_BLOCKS = 32
"""From so many blocks on, it is worth two statements more to have them read ahead."""

FEW_OF = 16
"""Looking for one thing among sorted ones costs about as much as looking at so many of them."""


def base_of(seq: int) -> int:
    """Return the stretch of the smallest length to which a run's number belongs."""
    return seq >> touched.BASE_BITS


def size_of(level: int) -> int:
    """Return how many numbers a segment of a level covers."""
    return 1 << (touched.BASE_BITS + FAN_BITS * level)


def state_block(status: int) -> int:
    """Return the number, among the blocks of a segment, of the runs that have ended in a state."""
    return (1 << BLOCK_BITS) - 1 - status


class SegmentsMoved(Exception):
    """Segments were put together while they were read, which can happen where no snapshot protects the reader."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What is known of a segment without its blocks."""

    first: int
    """The lowest number it covers."""

    end: int
    """The lowest number above it."""

    place: int
    """What the numbers of its blocks begin with; no two segments ever have the same."""

    common: array[int]
    """The labels that have a block each, in the order of their blocks."""

    rare: array[int]
    """The lowest label of each block that several labels share; these blocks follow those of ``common``."""

    gone: BitMap
    """Its numbers that are no runs (any more)."""

    unended: BitMap | None
    """The runs that had not ended when those that had got blocks by their states; ``None`` if there are none such."""

    @property
    def size(self) -> int:
        """How many numbers it covers."""
        return self.end - self.first

    def block(self, number: int) -> int:
        """Return the key of one of its blocks."""
        return self.place << BLOCK_BITS | number


def segments_between(tx: Session, first: int, end: int) -> list[Segment]:
    """Return the segments whose first number lies between two, from the oldest."""
    rows = tx.all(
        "SELECT first, size, place, common, rare, gone, unended FROM run_segment "
        "WHERE first >= ? AND first < ? ORDER BY first",
        (first, end),
    )
    return [
        Segment(
            low,
            low + size,
            place,
            unpack(common),
            unpack(rare),
            BitMap.deserialize(gone),
            None if unended is None else BitMap.deserialize(unended),
        )
        for low, size, place, common, rare, gone, unended in rows
    ]


@dataclass(frozen=True, slots=True)
class Shared:
    """A block that several labels share."""

    labels: array[int]
    """Its labels, ascending."""

    ends: array[int]
    """Where in ``runs`` those of each label end; they begin where the ones before end."""

    runs: array[int]
    """The runs of one label after another, as distances from the first number of the segment."""

    def of(self, place: int, last: int | None = None) -> array[int]:
        """Return the runs of the label at a place in ``labels``, or of all from there to a last place."""
        return self.runs[self.ends[place - 1] if place else 0 : self.ends[place if last is None else last]]

    def to_bytes(self) -> bytes:
        """Return the block as it is stored."""
        return pack([len(self.labels)]) + self.labels.tobytes() + self.ends.tobytes() + self.runs.tobytes()


def read_shared(data: bytes, size: int) -> Shared:
    """Return a block of a segment of a size from its bytes."""
    count = unpack(data[:4])[0]
    shared = empty_shared(size)
    shared.labels.frombytes(data[4 : 4 + 4 * count])
    shared.ends.frombytes(data[4 + 4 * count : 4 + 6 * count])
    shared.runs.frombytes(data[4 + 6 * count :])
    return shared


def empty_shared(size: int) -> Shared:
    """Return a block without labels for a segment of a size; two bytes tell runs apart if it is short enough."""
    return Shared(array("I"), array("H"), array("H" if size <= 1 << 16 else "I"))


def blocks(tx: Session, keys: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return blocks with their keys, in the order of the keys.

    Raises:
        SegmentsMoved: One is not there any more.
    """
    if not keys:
        return []
    among, value = tx.among(keys)
    with tx.reading_ahead() if len(keys) >= MANY_BLOCKS else nullcontext():
        rows: list[tuple[int, bytes]] = tx.all(
            f"SELECT key, data FROM run_block WHERE key {among} ORDER BY key", (value,)
        )
    if len(rows) < len(keys):
        raise SegmentsMoved
    return rows


def read_sets(tx: Session, keys: Sequence[int]) -> list[BitMap]:
    """Return the sets of runs in blocks that hold one each, in the order of their keys."""
    return [BitMap.deserialize(data) for _, data in blocks(tx, keys)]


def carrying(tx: Session, segments: Sequence[Segment], labels: Sequence[int]) -> BitMap:
    """Return the runs that carry any of ``labels``, as segments say."""
    wanted = BitMap(labels)
    ascending = array("I", wanted)
    alone: list[int] = []
    shared: list[int] = []
    for segment in segments:
        hits = _positions(segment.common, wanted)
        alone += map(segment.block, hits)
        if len(hits) < len(wanted):
            numbers = _shared_blocks(segment.rare, ascending)
            shared += (segment.block(len(segment.common) + number) for number in numbers)
    found = {segment.place: (segment, empty_shared(segment.size).runs) for segment in segments}
    for key, data in blocks(tx, shared):
        segment, runs = found[key >> BLOCK_BITS]
        block = read_shared(data, segment.size)
        places = _positions(block.labels, wanted)
        if isinstance(places, range):
            runs.extend(block.of(places[0], places[-1]))
            continue
        for place in places:
            runs.extend(block.of(place))
    rare = (BitMap(_widened(runs)).shift(segment.first) for segment, runs in found.values() if runs)
    return BitMap.union(BitMap(), *rare, *read_sets(tx, alone))


def _widened(runs: array[int]) -> array[int]:
    """Return numbers in four bytes each; those of two are spread as bytes, not one by one as integers of Python."""
    if runs.itemsize == 4:
        return runs
    narrow = runs.tobytes()
    wide = bytearray(2 * len(narrow))
    low = 0 if sys.byteorder == "little" else 2
    wide[low::4], wide[low + 1 :: 4] = narrow[::2], narrow[1::2]
    return array("I", bytes(wide))


def _shared_blocks(lowest: array[int], wanted: array[int]) -> Iterator[int]:
    """Yield the numbers of the blocks in which labels would be, given the lowest label of each block."""
    position = 0
    while position < len(wanted):
        number = bisect_right(lowest, wanted[position]) - 1
        if number >= 0:
            yield number
        if number + 1 == len(lowest):
            return
        position = bisect_left(wanted, lowest[number + 1], position)


def _positions(labels: array[int], wanted: BitMap) -> Sequence[int]:
    """Return where in a sorted array labels stand that are wanted: a range if they stand side by side."""
    if len(wanted) * FEW_OF < len(labels):
        places = [(bisect_left(labels, label), label) for label in wanted]
        return [place for place, label in places if place < len(labels) and labels[place] == label]
    hits = wanted & BitMap(labels)
    if not hits:
        return []
    first, last = bisect_left(labels, hits.min()), bisect_left(labels, hits.max())
    if last - first == len(hits) - 1:
        return range(first, last + 1)
    if len(hits) * FEW_OF < len(labels):
        return [bisect_left(labels, label) for label in hits]
    return list(compress(range(len(labels)), map(frozenset(hits).__contains__, labels)))
