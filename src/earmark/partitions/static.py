"""Partitions named one by one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from earmark.partitions.definition import PartitionKeyRange, PartitionsDefinition, checked_keys
from earmark.partitions.loading import DynamicPartitions, Moment
from earmark.partitions.subset import (
    AllSubset,
    Everything,
    KeySubset,
    PartitionsSubset,
    SubsetData,
    keys_of_data,
)


class StaticPartitionsDefinition(PartitionsDefinition, frozen=True, dict=True, tag="static"):
    """A fixed list of partitions.

    Args:
        partition_keys: The keys, in order; no key twice.

    Raises:
        DagsterInvalidDefinitionError: A key is not a string, comes twice, or holds ``...``.

    Example:
        >>> regions = StaticPartitionsDefinition(["eu", "us"])
        >>> regions.get_partition_keys()
        ['eu', 'us']
        >>> regions.has_partition_key("mars")
        False
    """

    partition_keys: tuple[str, ...]

    if TYPE_CHECKING:

        def __init__(self, partition_keys: Iterable[str]) -> None: ...

    @staticmethod
    def _arguments(partition_keys: Iterable[str]) -> dict[str, Any]:
        return {"partition_keys": checked_keys(partition_keys, "StaticPartitionsDefinition")}

    @cached_property
    def places(self) -> dict[str, int]:
        """From each key to its place in the order, counted from 0."""
        return {key: place for place, key in enumerate(self.partition_keys)}

    def get_partition_keys(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> list[str]:
        """Return the keys, in order; the arguments do not matter here."""
        return list(self.partition_keys)

    def has_partition_key(
        self,
        partition_key: str,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> bool:
        """Say whether ``partition_key`` is one of the keys."""
        return partition_key in self.places

    def get_num_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> int:
        """Return how many partitions there are."""
        return len(self.partition_keys)

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicPartitions | None = None,
        current_time: Moment = None,
    ) -> list[str]:
        """Return the keys from a range's start to its end, both included; none if they are in reverse order."""
        places = self.places
        if partition_key_range.start not in places or partition_key_range.end not in places:
            self._places(partition_key_range, self.partition_keys)
        first, last = places[partition_key_range.start], places[partition_key_range.end]
        return list(self.partition_keys[first : last + 1])

    def subset_with_partition_keys(self, partition_keys: Iterable[str]) -> KeySubset:
        """Return the subset of the given keys."""
        keys = frozenset(partition_keys)
        unknown = keys - self.places.keys()
        if unknown:
            raise self.unknown_key(min(unknown))
        return KeySubset(self, keys)

    def subset_from_data(self, data: SubsetData) -> PartitionsSubset:
        """Return the subset that was stored as ``data``; keys that no longer exist are left out."""
        if isinstance(data, Everything):
            return AllSubset(self)
        return KeySubset(self, frozenset(keys_of_data(data)) & self.places.keys())

    def __str__(self) -> str:
        return ", ".join(repr(key) for key in self.partition_keys)
