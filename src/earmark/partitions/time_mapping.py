"""Time windows to time windows, of the same or of different grains."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.partitions.definition import PartitionsDefinition
from earmark.partitions.loading import DynamicPartitions, Moment, resolve_now
from earmark.partitions.mapping import Definition, PartitionMapping, UpstreamPartitionsResult, described
from earmark.partitions.subset import PartitionsSubset, Range, TimeSubset, merged
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class TimeWindowPartitionMapping(PartitionMapping, frozen=True, tag="time_window"):
    """Each window needs the upstream windows that overlap it, or that overlap a window shifted from it.

    Args:
        start_offset: By how many *downstream* windows the start of what is needed is shifted (negative: earlier).
        end_offset: By how many downstream windows its end is shifted.
        allow_nonexistent_upstream_partitions: Whether upstream windows that do not exist are simply not needed.

    Raises:
        DagsterInvalidDefinitionError: ``start_offset`` is greater than ``end_offset``: nothing would be needed.

    Example:
        >>> from datetime import datetime
        >>> from earmark.partitions.grains import DailyPartitionsDefinition
        >>> days = DailyPartitionsDefinition("2024-01-01")
        >>> found = TimeWindowPartitionMapping(start_offset=-1).upstream(
        ...     ["2024-01-05"], days, days, now=datetime(2024, 2, 1)
        ... )
        >>> found.partitions_subset.get_partition_keys()
        ['2024-01-04', '2024-01-05']
    """

    start_offset: int = 0
    end_offset: int = 0
    allow_nonexistent_upstream_partitions: bool = False

    def __post_init__(self) -> None:
        if self.start_offset > self.end_offset:
            raise DagsterInvalidDefinitionError(
                f"start_offset={self.start_offset} lies after end_offset={self.end_offset}: no window would be needed.",
                where=caller_location(),
            )

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        text = "Maps a downstream partition to any upstream partition with an overlapping time window."
        if self.start_offset or self.end_offset:
            text += (
                f" The start and end of the upstream window are shifted by {self.start_offset} and"
                f" {self.end_offset} downstream partitions."
            )
        return text

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the upstream windows that overlap; needed windows before the downstream start do not count."""
        up, down = self._windows(upstream_partitions_def, downstream_partitions_def)
        assert downstream_partitions_subset is not None
        adopted = down.empty_subset() | downstream_partitions_subset
        assert isinstance(adopted, TimeSubset)
        needed = merged(sorted(overlapping(up, start, end) for start, end in self._needed(down, adopted.ranges)))
        existing = TimeSubset(up, merged([(0, up.count(resolve_now(current_time)))]))
        wanted = TimeSubset(up, needed)
        missing = up.empty_subset() if self.allow_nonexistent_upstream_partitions else wanted - existing
        return UpstreamPartitionsResult(wanted & existing, missing)

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return the existing downstream windows that need any of the upstream windows."""
        up, down = self._windows(upstream_partitions_def, downstream_partitions_def)
        adopted = up.empty_subset() | upstream_partitions_subset
        assert isinstance(adopted, TimeSubset)
        found = []
        for start, end in intervals(up, adopted.ranges):
            first, stop = overlapping(down, start, end)
            if stop > 0:  # else it ends before the first downstream window begins
                found.append((max(first, 0) - self.end_offset, stop - self.start_offset))
        existing = TimeSubset(down, merged([(0, down.count(resolve_now(current_time)))]))
        return TimeSubset(down, merged(sorted(found))) & existing

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that both sides are time windows of one zone.

        Raises:
            DagsterInvalidDefinitionError: One is not, or the zones differ.
        """
        self._windows(upstream_partitions_def, downstream_partitions_def)

    def _windows(
        self, up: Definition, down: Definition
    ) -> tuple[TimeWindowPartitionsDefinition, TimeWindowPartitionsDefinition]:
        for definition, side in ((up, "upstream"), (down, "downstream")):
            if not isinstance(definition, TimeWindowPartitionsDefinition):
                raise DagsterInvalidDefinitionError(
                    f"A TimeWindowPartitionMapping relates time windows, and the {side} partitions are"
                    f" {described(definition)}.",
                    where=caller_location(),
                )
        assert isinstance(up, TimeWindowPartitionsDefinition) and isinstance(down, TimeWindowPartitionsDefinition)
        if up.timezone != down.timezone:
            raise DagsterInvalidDefinitionError(
                f"The time zones differ, {up.timezone} upstream and {down.timezone} downstream, so their windows do not"
                " line up.",
                hint="Give both definitions the same timezone.",
                where=caller_location(),
            )
        return up, down

    def _needed(self, down: TimeWindowPartitionsDefinition, ranges: tuple[Range, ...]) -> Iterator[tuple[int, int]]:
        if not down.exclusions:
            shifted = [(max(a + self.start_offset, 0), b + self.end_offset) for a, b in ranges]
            yield from intervals(down, tuple((a, b) for a, b in shifted if a < b))
            return
        for first, stop in ranges:
            for index in range(first, stop):
                last = index + self.end_offset
                if last >= 0:
                    begin = max(index + self.start_offset, 0)
                    yield down.window_at(begin)[0], down.window_at(last)[1]


def overlapping(definition: TimeWindowPartitionsDefinition, start: int, end: int) -> Range:
    """Return the indices of the windows that overlap an interval; negative ones lie before the first."""
    latest = definition.ticks.previous_before(start + 1)
    first = 0 if latest is None else definition.index_at(latest)
    return first, definition.index_at(end)


def intervals(definition: TimeWindowPartitionsDefinition, ranges: tuple[Range, ...]) -> Iterator[tuple[int, int]]:
    """Yield the intervals that ranges of windows cover, without the excluded windows between them."""
    for first, stop in ranges:
        if not definition.exclusions:
            yield definition.window_at(first)[0], definition.window_at(stop - 1)[1]
            continue
        for index in range(first, stop):
            yield definition.window_at(index)
