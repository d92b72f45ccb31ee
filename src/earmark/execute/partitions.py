"""The partitions that a run is about, read from its tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from earmark import partitions
from earmark.values.errors import DagsterInvariantViolationError

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


class RunPartitions(msgspec.Struct, frozen=True):
    """One partition, a range of them, or none.

    Args:
        key: The partition key, if the run is about one.
        key_range: The first and last key, if it is about several.
        dynamic: Where keys of dynamic partitions come from.
    """

    key: str | None = None
    key_range: partitions.PartitionKeyRange | None = None
    dynamic: Any = None

    @staticmethod
    def from_tags(tags: Mapping[str, str], dynamic: Any = None) -> RunPartitions:
        """Read the partitions of a run from its tags."""
        start, end = tags.get(RANGE_START), tags.get(RANGE_END)
        if start is not None and end is not None:
            return RunPartitions(None, partitions.PartitionKeyRange(start, end), dynamic)
        key = tags.get(PARTITION)
        return RunPartitions(key, None, dynamic)

    def key_for(self, definition: Any) -> str:
        """Return the one partition key, as a :class:`MultiPartitionKey` where the definition has dimensions.

        Raises:
            DagsterInvariantViolationError: The run is about no partition, or about several.
        """
        if self.key is not None:
            if isinstance(definition, partitions.MultiPartitionsDefinition) and not isinstance(
                self.key, partitions.MultiPartitionKey
            ):
                return definition.get_partition_key_from_str(self.key)
            return self.key
        if self.key_range is None:
            raise DagsterInvariantViolationError("This run is about no partition, so it has no partition key.")
        if self.key_range.start == self.key_range.end:
            return self.key_range.start
        raise DagsterInvariantViolationError(
            f"This run is about the partitions from {self.key_range.start} to {self.key_range.end}; ask for"
            " partition_keys or partition_key_range."
        )

    def range(self) -> partitions.PartitionKeyRange:
        """Return the first and last partition key; twice the same for one partition.

        Raises:
            DagsterInvariantViolationError: The run is about no partition.
        """
        if self.key_range is not None:
            return self.key_range
        if self.key is None:
            raise DagsterInvariantViolationError("This run is about no partition, so it has no partition keys.")
        return partitions.PartitionKeyRange(self.key, self.key)

    def keys(self, definition: Any) -> Sequence[str]:
        """Return every partition key that the run is about, in order."""
        if self.key_range is None or definition is None:
            return [self.key_for(definition)]
        found: Sequence[str] = definition.get_partition_keys_in_range(
            self.key_range, dynamic_partitions_store=self.dynamic
        )
        return found

    def texts(self, definition: Any) -> Sequence[str]:
        """Return every partition key as plain text, as events hold it."""
        return [str(key) for key in self.keys(definition)]

    def time_window(self, definition: Any) -> partitions.TimeWindow:
        """Return the window of time from the start of the first partition to the end of the last.

        Raises:
            DagsterInvariantViolationError: The partitions are not windows of time.
        """
        windowed = _windowed(definition)
        if windowed is None:
            raise DagsterInvariantViolationError("These partitions are not windows of time.")
        chosen = self.range()
        first = windowed.time_window_for_partition_key(_window_key(chosen.start, definition))
        last = windowed.time_window_for_partition_key(_window_key(chosen.end, definition))
        return partitions.TimeWindow(first.start, last.end)


def _windowed(definition: Any) -> Any:
    if hasattr(definition, "time_window_for_partition_key"):
        return (
            definition
            if not isinstance(definition, partitions.MultiPartitionsDefinition)
            else definition.time_window_partitions_def
        )
    return None


def _window_key(key: str, definition: Any) -> str:
    if not isinstance(definition, partitions.MultiPartitionsDefinition):
        return key
    multi = definition.get_partition_key_from_str(key)
    name: str = multi.keys_by_dimension[definition.time_window_dimension.name]
    return name
