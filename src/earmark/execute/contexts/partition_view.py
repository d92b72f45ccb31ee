"""The partitions that a run is about, and those of the assets around it."""

from __future__ import annotations

from collections.abc import Sequence

from earmark import partitions
from earmark.execute.contexts.asset_view import AssetView
from earmark.execute.inputs import input_partitions, partitions_of_asset
from earmark.execute.partitions import RunPartitions
from earmark.values.errors import DagsterInvariantViolationError


class PartitionView(AssetView):
    """The partitions that a run is about, and those of the assets around it."""

    @property
    def has_partitions(self) -> bool:
        """Whether the run is about one partition or several."""
        return self.has_partition_key or self.has_partition_key_range

    @property
    def has_partition_key(self) -> bool:
        """Whether the run is about one partition."""
        return self._scope.partitions.key is not None

    @property
    def has_partition_key_range(self) -> bool:
        """Whether the run is about several partitions."""
        return self._scope.partitions.key_range is not None

    @property
    def partition_key(self) -> str:
        """The partition that the run is about.

        Raises:
            DagsterInvariantViolationError: It is about none, or several.
        """
        return self._scope.partitions.key_for(self._scope.partitions_def)

    @property
    def multi_partition_key(self) -> partitions.MultiPartitionKey:
        """The partition that the run is about, with its key in each dimension."""
        key = self.partition_key
        if isinstance(key, partitions.MultiPartitionKey):
            return key
        raise DagsterInvariantViolationError(f"The partition key {key!r} has no dimensions.")

    @property
    def partition_keys(self) -> Sequence[str]:
        """The partitions that the run is about, in order."""
        return self._scope.partitions.keys(self._scope.partitions_def)

    @property
    def partition_key_range(self) -> partitions.PartitionKeyRange:
        """The first and last partition that the run is about."""
        return self._scope.partitions.range()

    @property
    def asset_partition_key_range(self) -> partitions.PartitionKeyRange:
        """The first and last partition that the run is about."""
        return self._scope.partitions.range()

    @property
    def partition_time_window(self) -> partitions.TimeWindow:
        """The window of time that the partitions cover."""
        return self._scope.partitions.time_window(self._scope.partitions_def)

    def asset_partition_key_for_output(self, output_name: str = "result") -> str:
        """Return the partition that an output writes."""
        return self.partition_key

    def asset_partition_keys_for_output(self, output_name: str = "result") -> Sequence[str]:
        """Return the partitions that an output writes."""
        return self.partition_keys

    def asset_partition_key_range_for_output(self, output_name: str = "result") -> partitions.PartitionKeyRange:
        """Return the first and last partition that an output writes."""
        return self.partition_key_range

    def asset_partitions_time_window_for_output(self, output_name: str = "result") -> partitions.TimeWindow:
        """Return the window of time that an output writes."""
        return self.partition_time_window

    def asset_partitions_def_for_output(self, output_name: str = "result") -> partitions.PartitionsDefinition | None:
        """Return how the asset that an output writes is cut."""
        return self._scope.partitions_def

    def asset_partition_keys_for_input(self, input_name: str) -> Sequence[str]:
        """Return the partitions of an upstream asset that the step's partitions need."""
        return input_partitions(self._scope, self.asset_key_for_input(input_name)).keys

    def asset_partition_key_for_input(self, input_name: str) -> str:
        """Return the one partition of an upstream asset that the step's partitions need."""
        keys = self.asset_partition_keys_for_input(input_name)
        if len(keys) != 1:
            raise DagsterInvariantViolationError(f"The input {input_name!r} is {len(keys)} partitions, not one.")
        return keys[0]

    def asset_partition_key_range_for_input(self, input_name: str) -> partitions.PartitionKeyRange:
        """Return the first and last partition of an upstream asset that the step's partitions need."""
        keys = self.asset_partition_keys_for_input(input_name)
        return partitions.PartitionKeyRange(keys[0], keys[-1])

    def asset_partitions_time_window_for_input(self, input_name: str = "result") -> partitions.TimeWindow:
        """Return the window of time of an upstream asset that the step's partitions need."""
        about = RunPartitions(None, self.asset_partition_key_range_for_input(input_name))
        return about.time_window(self.asset_partitions_def_for_input(input_name))

    def asset_partitions_def_for_input(self, input_name: str) -> partitions.PartitionsDefinition | None:
        """Return how an upstream asset is cut."""
        return partitions_of_asset(self._scope, self.asset_key_for_input(input_name))
