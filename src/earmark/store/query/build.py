"""Making segments: of new runs, of several segments into one, and the blocks of runs that have ended.

All that takes long is read outside of any writing transaction. Blocks never change, so what was read of them is true
as long as they are there; what does change (runs that are gone or touched) is taken over when the result is stored.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from pyroaring import BitMap

from earmark.store.database import Session
from earmark.store.labels import pack, unpack
from earmark.store.query.segments import (
    BLOCK_BITS,
    TOP_LEVEL,
    Segment,
    base_of,
    blocks,
    empty_shared,
    read_sets,
    read_shared,
    segments_between,
    size_of,
    state_block,
)
from earmark.store.query.touched import touch
from earmark.store.rows import FIRST_FINISHED, STATUSES

MIN_RUNS = 64
"""A label that fewer runs of a segment carry shares its block with others."""

BLOCK_RUNS = 768
"""A shared block is full when it holds so many runs: even if each has a label of its own, it fits a page."""

SLAB_BLOCKS = 32
"""About so many shared blocks are in memory at a time while segments are put together."""

MAX_TOUCHED = 512
"""A segment with more touched runs is made anew."""

_SEALING = 7_400_000_000
"""The advisory lock of PostgreSQL that whoever stores segments holds."""

_LOW = (1 << 32) - 1


@dataclass(slots=True)
class Contents:
    """The blocks of a segment in the making, and what leads to them."""

    common: array[int] = field(default_factory=lambda: array("I"))
    rare: array[int] = field(default_factory=lambda: array("I"))
    alone: list[bytes] = field(default_factory=list)
    shared: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Truth:
    """The labels of runs as they were read, and the stamps that these runs had before if they were touched."""

    labels: dict[int, array[int]]
    stamps: dict[int, int]

    def gone(self) -> BitMap:
        """Return the touched numbers that are no runs any more."""
        return BitMap(self.stamps.keys() - self.labels.keys())


def unsealed(tx: Session) -> list[int]:
    """Return the first numbers of the complete stretches of the smallest length that no segment covers."""
    end = tx.value("SELECT value FROM counter WHERE name = 'run'") + 1
    missing: list[int] = []
    position = 0
    for first, size in tx.all("SELECT first, size FROM run_segment ORDER BY first"):
        missing += range(position, first, size_of(0))
        position = first + size
    return missing + list(range(position, base_of(end) * size_of(0), size_of(0)))


def seal(tx: Session, first: int) -> None:
    """Make the segment of the smallest length that begins at ``first``, unless another process was quicker."""
    end = first + size_of(0)
    _lock(tx)
    if tx.one("SELECT 1 FROM run_segment WHERE first <= ? AND first + size > ?", (first, first)):
        return
    truth = truth_between(tx, first, end)
    times = tx.one("SELECT min(created_at), max(created_at) FROM run WHERE seq >= ? AND seq < ?", (first, end))
    gone = BitMap(range(first, end)) - BitMap(truth.labels)
    sets: dict[int, list[int]] = {}
    for seq in sorted(truth.labels):
        for label in truth.labels[seq]:
            sets.setdefault(label, []).append(seq)
    created = array("q", times if times and times[0] is not None else (0, -1))
    _insert(tx, first, size_of(0), contents_of(sorted(sets.items()), first, size_of(0)), gone, created)
    _untouch(tx, truth)


def truth_between(tx: Session, first: int, end: int) -> Truth:
    """Return the labels of all runs from ``first`` to before ``end``."""
    # The stamps are read first: labels that are newer than their stamp are no harm, older ones would be.
    stamps: dict[int, int] = dict(tx.all("SELECT seq, stamp FROM run_touched WHERE seq >= ? AND seq < ?", (first, end)))
    rows = tx.all("SELECT seq, labels FROM run_request WHERE seq >= ? AND seq < ?", (first, end))
    return Truth({seq: unpack(labels) for seq, labels in rows}, stamps)


def truth_of_touched(tx: Session, first: int, end: int) -> Truth:
    """Return the labels of the touched runs from ``first`` to before ``end``."""
    rows = tx.all("SELECT seq, stamp, labels FROM run_touched WHERE seq >= ? AND seq < ?", (first, end))
    labels = {seq: unpack(packed) for seq, _, packed in rows if packed is not None}
    return Truth(labels, {seq: stamp for seq, stamp, _ in rows})


def contents_of(sets: Iterable[tuple[int, Sequence[int] | BitMap]], first: int, size: int) -> Contents:
    """Return the blocks of a segment, given the runs of each label in ascending order."""
    made = Contents()
    block = empty_shared(size)
    for label, carriers in sets:
        if len(carriers) >= MIN_RUNS:
            made.common.append(label)
            made.alone.append(BitMap(carriers).serialize())
            continue
        if not block.labels:
            made.rare.append(label)
        block.labels.append(label)
        block.runs.extend([run - first for run in carriers])
        block.ends.append(len(block.runs))
        if len(block.runs) >= BLOCK_RUNS:
            made.shared.append(block.to_bytes())
            block = empty_shared(size)
    if block.labels:
        made.shared.append(block.to_bytes())
    return made


def _grouped(pairs: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    for label, group in groupby(pairs, key=lambda pair: pair >> 32):
        yield label, [pair & _LOW for pair in group]


def mergeable(tx: Session) -> list[tuple[int, int]]:
    """Return the stretches (first number, and the one after the last) whose segments can be made into one of the next
    level, and of segments that many touched runs have made out of date, the lowest level first."""
    heads = {(first, size) for first, size in tx.all("SELECT first, size FROM run_segment")}
    found: list[tuple[int, int]] = []
    for level in range(TOP_LEVEL):
        size = size_of(level)
        longer = size_of(level + 1)
        found += (
            (first, first + longer)
            for first in sorted(first for first, own in heads if own == size and first % longer == 0)
            if all((part, size) in heads for part in range(first, first + longer, size))
        )
    among = "SELECT s.first, s.size FROM run_segment s WHERE "
    many = "(SELECT count(*) FROM run_touched t WHERE t.seq >= s.first AND t.seq < s.first + s.size) > ?"
    stale = [(first, first + size) for first, size in tx.all(among + many, (MAX_TOUCHED,))]
    return found + [one for one in stale if not any(first <= one[0] < end for first, end in found)]


def merged(tx: Session, segments: Sequence[Segment]) -> tuple[Contents, Truth]:
    """Return what one segment would say instead of several, and the truth of touched runs that it took in."""
    first, end = segments[0].first, segments[-1].end
    truth = truth_of_touched(tx, first, end)
    dropped = BitMap(truth.stamps) | BitMap.union(*(segment.gone for segment in segments))
    fresh = sorted(label << 32 | seq for seq, labels in truth.labels.items() for label in labels)
    return contents_of(_merged_sets(tx, segments, dropped, fresh), first, end - first), truth


def _merged_sets(
    tx: Session, segments: Sequence[Segment], dropped: BitMap, fresh: Sequence[int]
) -> Iterator[tuple[int, Sequence[int] | BitMap]]:
    """Yield labels in ascending order, each with its runs; one slab of labels after another is in memory."""
    cuts = sorted(label for segment in segments for label in segment.rare)[::SLAB_BLOCKS][1:]
    for low, high in pairwise([0, *sorted(set(cuts)), 1 << 32]):
        pairs = [pair for segment in segments for pair in _rare_pairs(tx, segment, low, high)]
        if dropped:
            pairs = [pair for pair in pairs if pair & _LOW not in dropped]
        pairs += fresh[bisect_left(fresh, low << 32) : bisect_left(fresh, high << 32)]
        pairs.sort()
        common = _common_sets(tx, segments, low, high)
        rare = dict(_grouped(pairs))
        for label in sorted(common.keys() | rare.keys()):
            if label not in common:
                yield label, rare[label]
            elif runs := (common[label] - dropped) | BitMap(rare.get(label, ())):
                yield label, runs


def _common_sets(tx: Session, segments: Sequence[Segment], low: int, high: int) -> dict[int, BitMap]:
    """Return the runs of the labels from ``low`` to before ``high`` that have blocks of their own."""
    sets: dict[int, BitMap] = {}
    for segment in segments:
        begin, stop = bisect_left(segment.common, low), bisect_left(segment.common, high)
        keys = [segment.block(number) for number in range(begin, stop)]
        for label, runs in zip(segment.common[begin:stop], read_sets(tx, keys), strict=True):
            sets[label] = sets.get(label, BitMap()) | runs
    return sets


def _rare_pairs(tx: Session, segment: Segment, low: int, high: int) -> list[int]:
    """Return pairs of a label from ``low`` to before ``high`` and a run, each pair as one number."""
    begin = max(0, bisect_right(segment.rare, low) - 1)
    stop = bisect_left(segment.rare, high)
    keys = [segment.block(len(segment.common) + number) for number in range(begin, stop)]
    pairs: list[int] = []
    for _, data in blocks(tx, keys):
        block = read_shared(data, segment.size)
        for place in range(bisect_left(block.labels, low), bisect_left(block.labels, high)):
            above = (block.labels[place] << 32) + segment.first
            pairs += [above + run for run in block.of(place)]
    return pairs


def replace(tx: Session, segments: Sequence[Segment], contents: Contents, truth: Truth) -> None:
    """Store one segment in place of several, unless another process was quicker."""
    _lock(tx)
    first, end = segments[0].first, segments[-1].end
    now = segments_between(tx, first, end)
    if [segment.place for segment in now] != [segment.place for segment in segments]:
        return
    gone, created = truth.gone(), array("q")
    # The rows are held until commit, so that no run is buried unnoticed between this look and their end.
    inside = "FROM run_segment WHERE first >= ? AND first < ? ORDER BY first"
    for own_gone, own_created in tx.all(f"SELECT gone, created {inside}{tx.lock}", (first, end)):
        gone |= BitMap.deserialize(own_gone)
        created.frombytes(own_created)
    for segment in segments:
        low, high = segment.place << BLOCK_BITS, (segment.place + 1) << BLOCK_BITS
        tx.run("DELETE FROM run_block WHERE key >= ? AND key < ?", (low, high))
    tx.run("DELETE FROM run_segment WHERE first >= ? AND first < ?", (first, end))
    _insert(tx, first, end - first, contents, gone, created)
    _untouch(tx, truth)


def _insert(tx: Session, first: int, size: int, contents: Contents, gone: BitMap, created: array[int]) -> None:
    place = tx.take_numbers("run_segment", 1)
    gone.run_optimize()
    tx.run(
        "INSERT INTO run_segment (first, size, place, common, rare, gone, created, unended) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        (first, size, place, pack(contents.common), pack(contents.rare), gone.serialize(), created.tobytes()),
    )
    tx.insert(
        "run_block",
        "key, data",
        [(place << BLOCK_BITS | number, data) for number, data in enumerate(contents.alone + contents.shared)],
    )


def _untouch(tx: Session, truth: Truth) -> None:
    tx.many("DELETE FROM run_touched WHERE seq = ? AND stamp = ?", sorted(truth.stamps.items()))


def settle(tx: Session) -> None:
    """Give segments blocks of the runs that have ended, by how; few runs may be left out that have not.

    Until then, and for those few, the rows say in which state a run is.
    """
    _lock(tx)
    for first, size, place, packed in tx.all("SELECT first, size, place, unended FROM run_segment ORDER BY first"):
        if packed is None:
            most = max(16, size >> 6)
        elif unended := BitMap.deserialize(packed):
            most = len(unended) // 2
        else:
            continue
        still = _unended(tx, first, first + size, most)
        if len(still) <= most:
            _settle(tx, first, size, place, still)


def _unended(tx: Session, first: int, end: int, most: int) -> BitMap:
    """Return the runs of a stretch that have not ended; where there are more than ``most``, some of them."""
    found = BitMap()
    for status in range(FIRST_FINISHED):
        rest = "FROM (SELECT seq FROM run WHERE status = ? AND seq >= ? AND seq < ? LIMIT ?) AS found"
        found.update(tx.numbers("seq", rest, (status, first, end, most + 1)))
        if len(found) > most:
            break
    return found


def _settle(tx: Session, first: int, size: int, place: int, still: BitMap) -> None:
    finished = range(FIRST_FINISHED, len(STATUSES))
    keys = [place << BLOCK_BITS | state_block(status) for status in finished]
    tx.many("DELETE FROM run_block WHERE key = ?", [(key,) for key in keys])
    within = "FROM run WHERE status = ? AND seq >= ? AND seq < ?"
    made = [BitMap(tx.numbers("seq", within, (status, first, first + size))) for status in finished]
    tx.insert("run_block", "key, data", [(key, runs.serialize()) for key, runs in zip(keys, made, strict=True)])
    tx.run("UPDATE run_segment SET unended = ? WHERE first = ?", (still.serialize(), first))


def bury(tx: Session, numbers: Sequence[int]) -> None:
    """Take deleted runs out of what segments say."""
    among, value = tx.among(numbers)
    tx.run(f"UPDATE run_touched SET labels = NULL, stamp = stamp + 1 WHERE seq {among}", (value,))
    left = BitMap(numbers)
    around = "FROM run_segment WHERE first <= ? AND first + size > ? ORDER BY first"
    for first, size, data in tx.all(f"SELECT first, size, gone {around}{tx.lock}", (left.max(), left.min())):
        here = left & BitMap(range(first, first + size))
        if here:
            gone = BitMap.deserialize(data) | here
            gone.run_optimize()
            tx.run("UPDATE run_segment SET gone = ? WHERE first = ?", (gone.serialize(), first))
            left -= here
    if left:
        touch(tx, dict.fromkeys(left))  # their segments may just be made, from rows that are still there


def _lock(tx: Session) -> None:
    if tx.dialect == "postgresql":
        tx.all("SELECT pg_advisory_xact_lock(?)", (_SEALING,))
