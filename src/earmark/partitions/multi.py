"""Partitions of two dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Union

import msgspec

from earmark.partitions.definition import (
    PARTITION_TAG,
    PartitionKeyRange,
    PartitionsDefinition,
    TimeWindow,
)
from earmark.partitions.dynamic import DynamicPartitionsDefinition
from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.loading import DynamicPartitions, Moment
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.subset import AllSubset, Everything, Grid, Keys, MultiSubset, PartitionsSubset, SubsetData
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterUnknownPartitionError,
    caller_location,
    did_you_mean,
)

SEPARATOR = "|"
_FORBIDDEN = ("|", ",", "[", "]")


class PartitionDimensionKey(NamedTuple):
    """The key of one dimension of a multi-partition."""

    dimension_name: str
    partition_key: str


class MultiPartitionKey(str):
    """The key of a partition of several dimensions: their keys joined by ``|`` in the order of the dimensions' names.

    Args:
        keys_by_dimension: From each dimension's name to its key.

    Example:
        >>> key = MultiPartitionKey({"region": "eu", "date": "2024-03-01"})
        >>> key
        '2024-03-01|eu'
        >>> key.keys_by_dimension["region"]
        'eu'
    """

    keys_by_dimension: Mapping[str, str]

    def __new__(cls, keys_by_dimension: Mapping[str, str]) -> MultiPartitionKey:
        """Join the keys."""
        if not isinstance(keys_by_dimension, Mapping) or not all(
            isinstance(part, str) for pair in keys_by_dimension.items() for part in pair
        ):
            raise DagsterInvalidInvocationError(
                f"A MultiPartitionKey is made of a dict from dimension names to keys, not {keys_by_dimension!r}.",
                where=caller_location(),
            )
        ordered = {name: keys_by_dimension[name] for name in sorted(keys_by_dimension)}
        made = super().__new__(cls, SEPARATOR.join(ordered.values()))
        made.keys_by_dimension = ordered
        return made

    def __getnewargs__(self) -> tuple[Mapping[str, str]]:  # type: ignore[override]
        return (dict(self.keys_by_dimension),)

    @property
    def dimension_keys(self) -> list[PartitionDimensionKey]:
        """The key of each dimension, in the order of their names."""
        return [PartitionDimensionKey(name, key) for name, key in self.keys_by_dimension.items()]


SingleDimension = Union[
    StaticPartitionsDefinition,
    DynamicPartitionsDefinition,
    TimeWindowPartitionsDefinition,
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
    MonthlyPartitionsDefinition,
]
"""What a dimension may be."""


class PartitionDimensionDefinition(msgspec.Struct, frozen=True):
    """A dimension of a multi-partitions definition."""

    name: str
    partitions_def: SingleDimension


class MultiPartitionsDefinition(PartitionsDefinition, frozen=True, dict=True, tag="multi"):
    """Every combination of the partitions of two dimensions.

    Args:
        partitions_defs: From the names of the two dimensions to their definitions.

    Raises:
        DagsterInvalidInvocationError: There are not two dimensions.
        DagsterInvalidDefinitionError: A dimension is not of one dimension, or a key holds ``|``, ``,``, ``[`` or ``]``.

    Example:
        >>> grid = MultiPartitionsDefinition(
        ...     {
        ...         "size": StaticPartitionsDefinition(["s", "l"]),
        ...         "colour": StaticPartitionsDefinition(["red"]),
        ...     }
        ... )
        >>> grid.get_partition_keys()
        ['red|s', 'red|l']
        >>> grid.get_partition_keys()[0].keys_by_dimension
        {'colour': 'red', 'size': 's'}
    """

    dimensions: tuple[PartitionDimensionDefinition, ...]

    if TYPE_CHECKING:

        def __init__(self, partitions_defs: Mapping[str, PartitionsDefinition]) -> None: ...

    @staticmethod
    def _arguments(partitions_defs: Mapping[str, PartitionsDefinition]) -> dict[str, Any]:
        if len(partitions_defs) != 2:
            raise DagsterInvalidInvocationError(
                f"A MultiPartitionsDefinition has two dimensions, not {len(partitions_defs)}.", where=caller_location()
            )
        for name, dimension in partitions_defs.items():
            _require_dimension(name, dimension)
        named = sorted(partitions_defs.items())
        return {"dimensions": tuple(PartitionDimensionDefinition(name, each) for name, each in named)}  # type: ignore[arg-type]

    @property
    def partitions_defs(self) -> tuple[PartitionDimensionDefinition, ...]:
        """The dimensions, in the order of their names."""
        return self.dimensions

    @property
    def partition_dimension_names(self) -> list[str]:
        """The names of the dimensions, sorted."""
        return [dimension.name for dimension in self.dimensions]

    @cached_property
    def primary_dimension(self) -> PartitionDimensionDefinition:
        """The dimension of time if there is one, else the first by name."""
        timed = (each for each in self.dimensions if isinstance(each.partitions_def, TimeWindowPartitionsDefinition))
        return next(timed, self.dimensions[0])

    @cached_property
    def secondary_dimension(self) -> PartitionDimensionDefinition:
        """The dimension that is not the primary one."""
        return next(each for each in self.dimensions if each is not self.primary_dimension)

    @property
    def has_time_window_dimension(self) -> bool:
        """Whether exactly one dimension is one of time."""
        timed = [isinstance(each.partitions_def, TimeWindowPartitionsDefinition) for each in self.dimensions]
        return sum(timed) == 1

    @property
    def time_window_dimension(self) -> PartitionDimensionDefinition:
        """The dimension of time.

        Raises:
            DagsterInvalidInvocationError: There is none, or both are.
        """
        if not self.has_time_window_dimension:
            raise DagsterInvalidInvocationError(
                "Exactly one dimension must be one of time windows for that; the dimensions are"
                f" {', '.join(f'{each.name} ({type(each.partitions_def).__name__})' for each in self.dimensions)}.",
                where=caller_location(),
            )
        return self.primary_dimension

    @property
    def time_window_partitions_def(self) -> TimeWindowPartitionsDefinition:
        """The definition of the dimension of time."""
        found = self.time_window_dimension.partitions_def
        assert isinstance(found, TimeWindowPartitionsDefinition)
        return found

    def get_partitions_def_for_dimension(self, dimension_name: str) -> SingleDimension:
        """Return the definition of a dimension.

        Raises:
            DagsterInvalidInvocationError: There is no dimension of this name.
        """
        for dimension in self.dimensions:
            if dimension.name == dimension_name:
                return dimension.partitions_def
        raise DagsterInvalidInvocationError(
            f"There is no dimension {dimension_name!r}.{did_you_mean(dimension_name, self.partition_dimension_names)}",
            where=caller_location(),
        )

    def get_partition_keys(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> list[str]:
        """Return the keys, each a :class:`MultiPartitionKey`; the last dimension by name varies fastest."""
        first, second = self.dimensions
        outer = first.partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
        inner = second.partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
        return [MultiPartitionKey({first.name: one, second.name: other}) for one in outer for other in inner]

    def get_num_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> int:
        """Return how many partitions exist: the product of the dimensions."""
        first, second = (
            each.partitions_def.get_num_partitions(current_time, dynamic_partitions_store) for each in self.dimensions
        )
        return first * second

    def has_partition_key(
        self,
        partition_key: str,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> bool:
        """Say whether each part of ``partition_key`` is a partition of its dimension."""
        parts = self._split(partition_key)
        return parts is not None and all(
            dimension.partitions_def.has_partition_key(part, current_time, dynamic_partitions_store)
            for dimension, part in zip(self.dimensions, parts, strict=True)
        )

    def unknown_key(
        self, partition_key: str, current_time: Moment = None, dynamic: DynamicPartitions | None = None
    ) -> DagsterUnknownPartitionError:
        """Return the error that says which dimension does not have its part of a key."""
        parts = self._split(partition_key)
        if parts is None:
            names = SEPARATOR.join(self.partition_dimension_names)
            return DagsterUnknownPartitionError(
                f"There is no partition {partition_key!r}: keys are written {names!r}.",
                where=caller_location(),
                partition_key=partition_key,
            )
        for dimension, part in zip(self.dimensions, parts, strict=True):
            if not dimension.partitions_def.has_partition_key(part, current_time, dynamic):
                error = dimension.partitions_def.unknown_key(part, current_time, dynamic)
                error.message = f"In {partition_key!r}, dimension {dimension.name!r}: {error.message}"
                return error
        return DagsterUnknownPartitionError(
            f"There is no partition {partition_key!r}.", where=caller_location(), partition_key=partition_key
        )

    def get_partition_key_from_str(self, partition_key_str: str) -> MultiPartitionKey:
        """Return text as a key of several dimensions.

        Raises:
            DagsterUnknownPartitionError: It has not one part per dimension.
        """
        parts = self._split(partition_key_str)
        if parts is None:
            raise self.unknown_key(partition_key_str)
        return MultiPartitionKey(dict(zip(self.partition_dimension_names, parts, strict=True)))

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicPartitions | None = None,
        current_time: Moment = None,
    ) -> list[str]:
        """Return the combinations of the ranges that the start and end span in each dimension."""
        start = self.get_partition_key_from_str(partition_key_range.start).keys_by_dimension
        end = self.get_partition_key_from_str(partition_key_range.end).keys_by_dimension
        spans = [
            each.partitions_def.get_partition_keys_in_range(
                PartitionKeyRange(start[each.name], end[each.name]), dynamic_partitions_store, current_time
            )
            for each in self.dimensions
        ]
        names = self.partition_dimension_names
        return [MultiPartitionKey({names[0]: one, names[1]: other}) for one in spans[0] for other in spans[1]]

    def get_multipartition_keys_with_dimension_value(
        self,
        dimension_name: str,
        dimension_partition_key: str,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> list[str]:
        """Return the keys that have one key in one dimension."""
        self.get_partitions_def_for_dimension(dimension_name)
        other = next(each for each in self.dimensions if each.name != dimension_name)
        return [
            MultiPartitionKey({dimension_name: dimension_partition_key, other.name: key})
            for key in other.partitions_def.get_partition_keys(current_time, dynamic_partitions_store)
        ]

    def get_tags_for_partition_key(self, partition_key: str) -> dict[str, str]:
        """Return the tags of a run of this partition: the whole key, and each dimension's under its name."""
        split = self.get_partition_key_from_str(partition_key).keys_by_dimension
        parts = {f"{PARTITION_TAG}/{name}": key for name, key in split.items()}
        return {PARTITION_TAG: str(partition_key), **parts}

    def time_window_for_partition_key(self, partition_key: str) -> TimeWindow:
        """Return the window of the dimension of time."""
        keys = self.get_partition_key_from_str(partition_key).keys_by_dimension
        return self.time_window_partitions_def.time_window_for_partition_key(keys[self.time_window_dimension.name])

    def primary_and_secondary(self, partition_key: str) -> tuple[str, str] | None:
        """Return a key's parts in the primary and the secondary dimension, or ``None`` if it has not two parts."""
        parts = self._split(partition_key)
        if parts is None:
            return None
        return (parts[0], parts[1]) if self.primary_dimension is self.dimensions[0] else (parts[1], parts[0])

    def join_primary_and_secondary(self, primary: str, secondary: str) -> MultiPartitionKey:
        """Return the key made of a key of the primary and one of the secondary dimension."""
        return MultiPartitionKey({self.primary_dimension.name: primary, self.secondary_dimension.name: secondary})

    def subset_with_partition_keys(self, partition_keys: Iterable[str]) -> MultiSubset:
        """Return the subset of the given keys."""
        rows: dict[str, list[str]] = {}
        for key in partition_keys:
            split = self.primary_and_secondary(key)
            if split is None:
                raise self.unknown_key(key)
            rows.setdefault(split[1], []).append(split[0])
        self.secondary_dimension.partitions_def.subset_with_partition_keys(rows)
        primary = self.primary_dimension.partitions_def
        return MultiSubset(self, {key: primary.subset_with_partition_keys(row) for key, row in rows.items()})

    def subset_with_all_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> MultiSubset:
        """Return the subset of all partitions that exist."""
        primary = self.primary_dimension.partitions_def
        row = primary.subset_with_all_partitions(current_time, dynamic_partitions_store)
        return self.subset_of_rows(
            self.secondary_dimension.partitions_def.get_partition_keys(current_time, dynamic_partitions_store), row
        )

    def subset_of_rows(self, secondary_keys: Iterable[str], row: PartitionsSubset) -> MultiSubset:
        """Return the subset that has the same primary partitions for each of the secondary keys."""
        return MultiSubset(self, dict.fromkeys(secondary_keys, row))

    def subset_from_data(self, data: SubsetData) -> PartitionsSubset:
        """Return the subset that was stored as ``data``."""
        if isinstance(data, Keys):
            return self.subset_with_partition_keys(data.keys)
        if isinstance(data, Everything):
            return AllSubset(self)
        if not isinstance(data, Grid):
            return MultiSubset(self, {})
        primary, secondary = self.primary_dimension.partitions_def, self.secondary_dimension.partitions_def
        kept = secondary.subset_from_data(Keys(tuple(data.rows)))
        return MultiSubset(self, {key: primary.subset_from_data(data.rows[key]) for key in kept})

    def _split(self, partition_key: str) -> Sequence[str] | None:
        parts = partition_key.split(SEPARATOR)
        return parts if len(parts) == len(self.dimensions) else None

    def __str__(self) -> str:
        described = [f"{each.name}: {each.partitions_def}" for each in self.dimensions]
        return "Multi-partitioned, with dimensions: " + "; ".join(described)


AnyPartitionsDefinition = Union[SingleDimension, MultiPartitionsDefinition]
"""Every partitions definition that is data: the type to decode."""


def _require_dimension(name: str, dimension: Any) -> None:
    if not isinstance(
        dimension, (StaticPartitionsDefinition, DynamicPartitionsDefinition, TimeWindowPartitionsDefinition)
    ):
        raise DagsterInvalidDefinitionError(
            f"Dimension {name!r} must be static, dynamic or of time windows, not a {type(dimension).__name__}.",
            where=caller_location(),
        )
    if not isinstance(dimension, StaticPartitionsDefinition):
        return
    for key in dimension.partition_keys:
        if any(mark in key for mark in _FORBIDDEN):
            raise DagsterInvalidDefinitionError(
                f"The key {key!r} of dimension {name!r} holds one of {' '.join(_FORBIDDEN)},"
                " which keys of several dimensions are written with.",
                where=caller_location(),
                key=key,
            )
