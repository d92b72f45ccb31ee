"""Some of a definition's partitions, as compact values with ``| & -``, ``in``, ``len`` and iteration.

Windows of time are kept as ranges of indices, so a hundred years of hours are one pair of numbers. What is stored is
the data of a subset (``SubsetData``) without its definition: ranges of *instants*, which stay right when a
definition's start or end moves, or the keys themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from typing import Any, NoReturn, Protocol, Union

import msgspec

from earmark.partitions.timeline import Timeline
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError, caller_location

Range = tuple[int, int]


class TimeRanges(msgspec.Struct, frozen=True, tag="ranges"):
    """Stored windows: sorted, disjoint intervals of instants, each from a window's start to a window's end."""

    ranges: tuple[tuple[Micros, Micros], ...]


class Keys(msgspec.Struct, frozen=True, tag="keys"):
    """Stored keys, sorted."""

    keys: tuple[str, ...]


class Grid(msgspec.Struct, frozen=True, tag="grid"):
    """Stored partitions of two dimensions: for each key of the secondary one, those of the primary."""

    rows: dict[str, TimeRanges | Keys]


class Everything(msgspec.Struct, frozen=True, tag="all"):
    """Stored: all partitions there are, whenever one looks."""


SubsetData = Union[TimeRanges, Keys, Grid, Everything]
"""What is stored of a subset; ``definition.subset_from_data(data)`` makes it one again."""


class PartitionsSubset(ABC):
    """Some partitions of one definition. Values: operators return new ones."""

    __slots__ = ("definition",)
    definition: Any

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __contains__(self, partition_key: object) -> bool: ...

    @abstractmethod
    def get_partition_keys(self) -> list[str]:
        """Return the keys, in the definition's order where it has one."""

    @abstractmethod
    def to_data(self) -> SubsetData:
        """Return what is stored of it."""

    @abstractmethod
    def _union(self, other: Any) -> PartitionsSubset: ...

    @abstractmethod
    def _intersection(self, other: Any) -> PartitionsSubset: ...

    @abstractmethod
    def _difference(self, other: Any) -> PartitionsSubset: ...

    @property
    def is_empty(self) -> bool:
        """Whether it has no partition."""
        return len(self) == 0

    def with_partition_keys(self, partition_keys: Iterable[str]) -> PartitionsSubset:
        """Return the subset with these keys added."""
        added: PartitionsSubset = self.definition.subset_with_partition_keys(partition_keys)
        return self | added

    def __bool__(self) -> bool:
        return not self.is_empty

    def __iter__(self) -> Iterator[str]:
        return iter(self.get_partition_keys())

    def __or__(self, other: PartitionsSubset) -> PartitionsSubset:
        if isinstance(other, AllSubset):
            return other
        return self._union(self._alike(other))

    def __and__(self, other: PartitionsSubset) -> PartitionsSubset:
        if isinstance(other, AllSubset):
            return self
        return self._intersection(self._alike(other))

    def __sub__(self, other: PartitionsSubset) -> PartitionsSubset:
        if isinstance(other, AllSubset):
            empty: PartitionsSubset = self.definition.empty_subset()
            return empty
        return self._difference(self._alike(other))

    def _alike(self, other: PartitionsSubset) -> PartitionsSubset:
        if other.definition is self.definition or other.definition == self.definition:
            return other
        if type(other) is not type(self):
            raise DagsterInvariantViolationError(
                f"Partitions of {self.definition!r} and of {other.definition!r} cannot be put together.",
                where=caller_location(),
            )
        adopted: PartitionsSubset = self.definition.subset_from_data(other.to_data())
        return adopted


class KeySubset(PartitionsSubset):
    """Some keys of a static or dynamic definition."""

    __slots__ = ("keys",)

    def __init__(self, definition: Any, keys: frozenset[str]) -> None:
        self.definition = definition
        self.keys = keys

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, partition_key: object) -> bool:
        return partition_key in self.keys

    def get_partition_keys(self) -> list[str]:
        """Return the keys: of a static definition in its order, else sorted."""
        places = getattr(self.definition, "places", None)
        if places is None:
            return sorted(self.keys)
        last = len(places)
        return sorted(self.keys, key=lambda key: (places.get(key, last), key))

    def to_data(self) -> Keys:
        """Return the keys, sorted."""
        return Keys(tuple(sorted(self.keys)))

    def _union(self, other: KeySubset) -> KeySubset:
        return KeySubset(self.definition, self.keys | other.keys)

    def _intersection(self, other: KeySubset) -> KeySubset:
        return KeySubset(self.definition, self.keys & other.keys)

    def _difference(self, other: KeySubset) -> KeySubset:
        return KeySubset(self.definition, self.keys - other.keys)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, KeySubset):
            return NotImplemented
        return self.keys == other.keys

    def __hash__(self) -> int:
        return hash(self.keys)

    def __repr__(self) -> str:
        return f"KeySubset({sorted(self.keys)!r})"


class Windows(Protocol):
    """What a subset of windows needs of its definition."""

    @property
    def starts(self) -> Timeline:
        """The ticks at which partitions begin."""
        ...

    def index_of(self, partition_key: str) -> int | None:
        """Return the index of a key."""
        ...

    def key_at(self, index: int) -> str:
        """Return the key of an index."""
        ...

    def keys_between(self, first: int, stop: int) -> list[str]:
        """Return the keys of a range of indices."""
        ...

    def window_at(self, index: int) -> tuple[Micros, Micros]:
        """Return the window of an index."""
        ...


class TimeSubset(PartitionsSubset):
    """Some windows of a time window definition.

    Args:
        definition: The definition.
        ranges: Sorted, disjoint ranges of indices that do not touch, each from its first to before its stop.
    """

    __slots__ = ("ranges",)
    definition: Windows

    def __init__(self, definition: Windows, ranges: tuple[Range, ...]) -> None:
        self.definition = definition
        self.ranges = ranges

    def __len__(self) -> int:
        return sum([stop - first for first, stop in self.ranges])

    @property
    def is_empty(self) -> bool:
        """Whether it has no window."""
        return not self.ranges

    def __contains__(self, partition_key: object) -> bool:
        index = self.definition.index_of(partition_key) if isinstance(partition_key, str) else None
        return index is not None and self.has_index(index)

    def has_index(self, index: int) -> bool:
        """Say whether the window with this index is in it."""
        low, high = 0, len(self.ranges)
        while low < high:
            middle = (low + high) // 2
            if self.ranges[middle][1] <= index:
                low = middle + 1
            else:
                high = middle
        return low < len(self.ranges) and self.ranges[low][0] <= index

    def get_partition_keys(self) -> list[str]:
        """Return the keys in the order of time."""
        return [key for first, stop in self.ranges for key in self.definition.keys_between(first, stop)]

    def key_ranges(self) -> list[tuple[str, str]]:
        """Return the first and last key of each range."""
        return [(self.definition.key_at(first), self.definition.key_at(stop - 1)) for first, stop in self.ranges]

    def windows(self) -> tuple[tuple[Micros, Micros], ...]:
        """Return the start of the first and the end of the last window of each range."""
        at = self.definition.window_at
        return tuple((at(first)[0], at(stop - 1)[1]) for first, stop in self.ranges)

    def to_data(self) -> TimeRanges:
        """Return the ranges as instants."""
        return TimeRanges(self.windows())

    def _union(self, other: TimeSubset) -> TimeSubset:
        return TimeSubset(self.definition, merged(merge(self.ranges, other.ranges)))

    def _intersection(self, other: TimeSubset) -> TimeSubset:
        return TimeSubset(self.definition, tuple(_common(self.ranges, other.ranges)))

    def _difference(self, other: TimeSubset) -> TimeSubset:
        return TimeSubset(self.definition, tuple(_without(self.ranges, other.ranges)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TimeSubset):
            return NotImplemented
        return self.ranges == other.ranges and self.definition == other.definition

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        shown = [f"{first}...{last}" for first, last in self.key_ranges()[:5]]
        return f"TimeSubset({len(self)} windows: {', '.join(shown)}{', ...' if len(self.ranges) > 5 else ''})"


class MultiSubset(PartitionsSubset):
    """Some partitions of a two-dimensional definition: a subset of the primary dimension per secondary key."""

    __slots__ = ("rows",)

    def __init__(self, definition: Any, rows: dict[str, PartitionsSubset]) -> None:
        self.definition = definition
        self.rows = {key: row for key, row in rows.items() if row}

    def __len__(self) -> int:
        return sum(len(row) for row in self.rows.values())

    @property
    def is_empty(self) -> bool:
        """Whether it has no partition."""
        return not self.rows

    def __contains__(self, partition_key: object) -> bool:
        if not isinstance(partition_key, str):
            return False
        split = self.definition.primary_and_secondary(partition_key)
        return split is not None and split[1] in self.rows and split[0] in self.rows[split[1]]

    def get_partition_keys(self) -> list[str]:
        """Return the keys, those of one secondary key together."""
        joined = self.definition.join_primary_and_secondary
        return [joined(primary, secondary) for secondary, row in self.rows.items() for primary in row]

    def to_data(self) -> Grid:
        """Return the rows, each as its data."""
        rows = {secondary: self.rows[secondary].to_data() for secondary in sorted(self.rows)}
        return Grid(rows)  # type: ignore[arg-type]

    def _union(self, other: MultiSubset) -> MultiSubset:
        rows = dict(self.rows)
        for secondary, row in other.rows.items():
            rows[secondary] = rows[secondary] | row if secondary in rows else row
        return MultiSubset(self.definition, rows)

    def _intersection(self, other: MultiSubset) -> MultiSubset:
        common = self.rows.keys() & other.rows.keys()
        return MultiSubset(
            self.definition, {key: row & other.rows[key] for key, row in self.rows.items() if key in common}
        )

    def _difference(self, other: MultiSubset) -> MultiSubset:
        return MultiSubset(
            self.definition,
            {key: row - other.rows[key] if key in other.rows else row for key, row in self.rows.items()},
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MultiSubset):
            return NotImplemented
        return self.rows == other.rows

    def __hash__(self) -> int:
        return hash(frozenset(self.rows))

    def __repr__(self) -> str:
        return f"MultiSubset({self.rows!r})"


class AllSubset(PartitionsSubset):
    """All partitions of a definition, whichever exist when one looks.

    It has no length and no keys of its own: :meth:`resolve` gives those of a moment.
    """

    __slots__ = ()

    def __init__(self, definition: Any) -> None:
        self.definition = definition

    def resolve(self, now: Any = None, dynamic: Any = None) -> PartitionsSubset:
        """Return the partitions that exist at ``now``."""
        found: PartitionsSubset = self.definition.subset_with_all_partitions(now, dynamic)
        return found

    def __len__(self) -> int:  # noqa: PLE0303
        self._refuse()

    @property
    def is_empty(self) -> bool:
        """``False``: it stands for whatever there is."""
        return False

    def __contains__(self, partition_key: object) -> bool:
        index_of = getattr(self.definition, "index_of", None)
        if index_of is not None:
            return isinstance(partition_key, str) and index_of(partition_key) is not None
        places = getattr(self.definition, "places", None)
        return places is None or partition_key in places

    def get_partition_keys(self) -> list[str]:
        """Raise: which keys there are depends on the moment."""
        self._refuse()

    def to_data(self) -> Everything:
        """Return the mark of all partitions."""
        return Everything()

    def __or__(self, other: PartitionsSubset) -> PartitionsSubset:
        return self

    def __and__(self, other: PartitionsSubset) -> PartitionsSubset:
        return other

    def __sub__(self, other: PartitionsSubset) -> PartitionsSubset:
        if isinstance(other, AllSubset):
            empty: PartitionsSubset = self.definition.empty_subset()
            return empty
        return self if other.is_empty else self._refuse()

    def _union(self, other: Any) -> NoReturn:
        self._refuse()

    def _intersection(self, other: Any) -> NoReturn:
        self._refuse()

    def _difference(self, other: Any) -> NoReturn:
        self._refuse()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AllSubset):
            return NotImplemented
        return bool(self.definition == other.definition)

    def __hash__(self) -> int:
        return hash(AllSubset)

    def __repr__(self) -> str:
        return "AllSubset()"

    def _refuse(self) -> NoReturn:
        raise DagsterInvariantViolationError(
            "Which partitions 'all' means depends on the moment; call resolve(now) first.", where=caller_location()
        )


def keys_of_data(data: SubsetData) -> Sequence[str]:
    """Return the keys of stored data of keys; data of another shape belongs to another definition and has none."""
    return data.keys if isinstance(data, Keys) else ()


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return sorted ranges with those that touch or overlap made one, and empty ones left out."""
    found: list[Range] = []
    last_first, last_stop = 0, -1
    for first, stop in ranges:
        if first >= stop:
            continue
        if last_stop >= first and found:
            if stop > last_stop:
                last_stop = stop
                found[-1] = (last_first, stop)
            continue
        found.append((first, stop))
        last_first, last_stop = first, stop
    return tuple(found)


def _common(left: tuple[Range, ...], right: tuple[Range, ...]) -> Iterator[Range]:
    i = j = 0
    while i < len(left) and j < len(right):
        first, stop = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if first < stop:
            yield first, stop
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1


def _without(left: tuple[Range, ...], right: tuple[Range, ...]) -> Iterator[Range]:
    j = 0
    for first, stop in left:
        while j < len(right) and right[j][1] <= first:
            j += 1
        k = j
        while first < stop and k < len(right) and right[k][0] < stop:
            if first < right[k][0]:
                yield first, right[k][0]
            first = max(first, right[k][1])  # noqa: PLW2901
            k += 1
        if first < stop:
            yield first, stop
