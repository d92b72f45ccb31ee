"""Partitions that are windows of time, between the ticks of a cron expression.

A partition has an index: 0 for the first window. Keys, windows and indices convert into each other by arithmetic on
timelines (``timeline.py``); nothing walks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from earmark.partitions.definition import PartitionKeyRange, PartitionsDefinition, TimeWindow
from earmark.partitions.fields import cron_fields
from earmark.partitions.keyformat import KeyFormat, key_format, offset_suffix
from earmark.partitions.loading import DynamicPartitions, Moment, resolve_now
from earmark.partitions.schedule_type import ScheduleType, cron_of, cron_with, offsets_of
from earmark.partitions.subset import (
    AllSubset,
    Everything,
    PartitionsSubset,
    SubsetData,
    TimeRanges,
    TimeSubset,
    keys_of_data,
    merged,
)
from earmark.partitions.timeline import Timeline, timeline
from earmark.partitions.window_arguments import TimeLike, TimestampWithTimezone, window_fields
from earmark.partitions.zones import Offsets, is_early, offsets, zone_info
from earmark.values.clock import Micros, from_datetime, from_seconds, to_datetime
from earmark.values.errors import (
    DagsterInvalidInvocationError,
    DagsterUnknownPartitionError,
    caller_location,
)


class TimeWindowPartitionsDefinition(PartitionsDefinition, frozen=True, dict=True, tag="time_window"):
    """Partitions that are windows of time: each from one tick of a cron expression to the next.

    A window is a partition once it has passed; ``end_offset`` moves that line by some partitions.

    Args:
        start: The earliest start of a window, as text in ``fmt`` or as a datetime (a naive one is in ``timezone``).
            The first partition is the first whole window from there on.
        fmt: The ``strftime`` format of the keys, each the start of its window.
        end: Where the partitions end; ``None`` for never.
        schedule_type: The grain, instead of ``cron_schedule``.
        timezone: A zone of the tz database; UTC if not given.
        end_offset: How many partitions beyond the last that has passed exist (negative: how many fewer).
        minute_offset: With ``schedule_type``: minutes after the hour at which windows begin.
        hour_offset: With ``schedule_type``: hours after midnight at which windows begin.
        day_offset: With ``schedule_type``: day of the week (Sunday is 0) or of the month (first is 1).
        cron_schedule: The cron expression at whose ticks windows begin, instead of ``schedule_type`` and offsets.
        exclusions: Cron expressions and datetimes: windows that start at such a wall-clock time are left out.

    Raises:
        DagsterInvalidDefinitionError: An argument is invalid or does not go with another; the error says which.

    Example:
        >>> from datetime import datetime
        >>> weekdays = TimeWindowPartitionsDefinition(start="2024-03-01", fmt="%Y-%m-%d", cron_schedule="0 0 * * 1-5")
        >>> weekdays.get_partition_keys(datetime(2024, 3, 6))
        ['2024-03-01', '2024-03-04', '2024-03-05']
        >>> weekdays.time_window_for_partition_key("2024-03-01").end.isoformat()
        '2024-03-04T00:00:00+00:00'
    """

    start_ts: TimestampWithTimezone
    fmt: str
    timezone: str = "UTC"
    end_ts: TimestampWithTimezone | None = None
    end_offset: int = 0
    cron_schedule: str = "0 0 * * *"
    exclusions: tuple[str | TimestampWithTimezone, ...] | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            start: TimeLike,
            fmt: str,
            end: TimeLike | None = None,
            schedule_type: ScheduleType | None = None,
            timezone: str | None = None,
            end_offset: int = 0,
            minute_offset: int | None = None,
            hour_offset: int | None = None,
            day_offset: int | None = None,
            cron_schedule: str | None = None,
            exclusions: Sequence[str | datetime] | None = None,
        ) -> None: ...

    @staticmethod
    def _arguments(
        start: TimeLike,
        fmt: str,
        end: TimeLike | None = None,
        schedule_type: ScheduleType | None = None,
        timezone: str | None = None,
        end_offset: int = 0,
        minute_offset: int | None = None,
        hour_offset: int | None = None,
        day_offset: int | None = None,
        cron_schedule: str | None = None,
        exclusions: Sequence[str | datetime] | None = None,
    ) -> dict[str, Any]:
        cron = cron_of(schedule_type, minute_offset, hour_offset, day_offset, cron_schedule)
        return window_fields(start, fmt, end, timezone, end_offset, cron, exclusions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TimeWindowPartitionsDefinition):
            return NotImplemented
        return self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @cached_property
    def _identity(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in TimeWindowPartitionsDefinition.__struct_fields__)

    @property
    def start(self) -> datetime:
        """The earliest start of a window."""
        return self.in_zone(self.start_ts.micros)

    @property
    def end(self) -> datetime | None:
        """Where the partitions end, or ``None``."""
        return None if self.end_ts is None else self.in_zone(self.end_ts.micros)

    @property
    def schedule_type(self) -> ScheduleType | None:
        """The grain, or ``None`` for any other cron expression."""
        return offsets_of(self.cron_schedule).schedule_type

    @property
    def minute_offset(self) -> int:
        """Minutes after the hour at which windows begin."""
        return offsets_of(self.cron_schedule).required("minute", self.cron_schedule)

    @property
    def hour_offset(self) -> int:
        """Hours after midnight at which windows begin; 0 for an hourly grain."""
        return offsets_of(self.cron_schedule).required("hour", self.cron_schedule)

    @property
    def day_offset(self) -> int:
        """The day of the week (Sunday is 0) or of the month (first is 1) on which windows begin."""
        return offsets_of(self.cron_schedule).required("day", self.cron_schedule)

    def get_cron_schedule(
        self,
        minute_of_hour: int | None = None,
        hour_of_day: int | None = None,
        day_of_week: int | None = None,
        day_of_month: int | None = None,
    ) -> str:
        """Return the cron expression of a schedule that runs each partition once, at the time given.

        Args:
            minute_of_hour: The minute, 0 to 59; the windows' own if not given.
            hour_of_day: The hour, 0 to 23; not for an hourly grain.
            day_of_week: The day, 0 (Sunday) to 6; for a weekly grain only.
            day_of_month: The day, 1 to 31; for a monthly grain only.

        Raises:
            DagsterInvalidInvocationError: An argument does not go with the grain.
        """
        return cron_with(self.cron_schedule, minute_of_hour, hour_of_day, day_of_week, day_of_month)

    # -- the arithmetic ------------------------------------------------------------------------------------------

    @cached_property
    def ticks(self) -> Timeline:
        """The ticks that begin and end windows, excluded windows among them."""
        return timeline(self.cron_schedule, self.timezone, early=self._is_early)

    @cached_property
    def starts(self) -> Timeline:
        """The ticks at which partitions begin."""
        if not self.exclusions:
            return self.ticks
        crons = tuple(item for item in self.exclusions if isinstance(item, str))
        holes = tuple(int(item.micros) for item in self.exclusions if not isinstance(item, str))
        return timeline(self.cron_schedule, self.timezone, crons, holes, early=self._is_early)

    @cached_property
    def _is_early(self) -> bool:
        return is_early(self.start_ts.micros)

    @cached_property
    def _origin(self) -> int:
        return self.starts.rank(self.start_ts.micros)

    @cached_property
    def _offsets(self) -> Offsets:
        return offsets(self.timezone, self._is_early)

    @cached_property
    def _format(self) -> KeyFormat:
        return key_format(self.fmt)

    @cached_property
    def _marks_repeated(self) -> bool:
        return cron_fields(self.cron_schedule).every_hour and self._format.shows_hour and not self._format.shows_offset

    def in_zone(self, instant: Micros | int) -> datetime:
        """Return an instant as a datetime in the definition's zone."""
        return to_datetime(Micros(instant)).astimezone(zone_info(self.timezone))

    def count(self, now: Moment = None) -> int:
        """Return how many partitions exist at ``now``: those of the indices from 0 to before it."""
        moment = resolve_now(now)
        return max(self._count_by_end, 0) if self._has_ended(moment) else self._count_at(moment)

    def _has_ended(self, moment: int) -> bool:
        return self.end_ts is not None and self.end_ts.micros <= moment and self.end_offset >= 0

    def _count_at(self, moment: int) -> int:
        count = self._passed(moment) + self.end_offset
        if self.end_ts is not None:
            count = min(count, self._count_by_end)
        return max(count, 0)

    @cached_property
    def _count_by_end(self) -> int:
        assert self.end_ts is not None
        return self._passed(self.end_ts.micros)

    def _passed(self, moment: int) -> int:
        latest = self.ticks.previous_before(moment + 1)
        return 0 if latest is None else self.starts.rank(latest) - self._origin

    def index_at(self, instant: Micros | int) -> int:
        """Return how many partitions begin before ``instant``, which may be negative before the first."""
        return self.starts.rank(instant) - self._origin

    def window_at(self, index: int) -> tuple[Micros, Micros]:
        """Return the start and the end of the window with this index, whether or not it exists yet."""
        start = self.starts.at(index + self._origin)
        end = None if start is None else self.ticks.next_after(start)
        if start is None or end is None:
            raise DagsterInvalidInvocationError(f"The calendar ends before partition number {index}.", index=index)
        return Micros(start), Micros(end)

    def key_at(self, index: int) -> str:
        """Return the key of the window with this index, whether or not it exists yet."""
        start = self.starts.at(index + self._origin)
        if start is None:
            raise DagsterInvalidInvocationError(f"The calendar ends before partition number {index}.", index=index)
        return self.key_of(start)

    def key_of(self, start: Micros | int) -> str:
        """Return the key of the window that begins at ``start``."""
        wall = self._offsets.wall(start)
        key = self._format.write(wall, wall - start)
        if self._marks_repeated and self._offsets.is_repeated(start):
            return key + offset_suffix(wall - start)
        return key

    def start_of(self, partition_key: str) -> Micros | None:
        """Return when the window of a key begins, or ``None`` if no window, past or to come, has this key."""
        found = self._locate(partition_key)
        return None if found is None else Micros(found[0])

    def index_of(self, partition_key: str) -> int | None:
        """Return the index of a key, or ``None`` if it is none; it may be beyond those that exist now."""
        found = self._locate(partition_key)
        if found is None or found[1] < self._origin:
            return None
        return found[1] - self._origin

    def _locate(self, partition_key: str) -> tuple[int, int] | None:
        """Return the start of a key's window and its rank on the timeline."""
        read = self._format.read(partition_key)
        if read is None:
            return None
        wall, offset = read
        candidates = self._offsets.instants(wall) if offset is None else (wall - offset,)
        for candidate in candidates:
            rank = self.starts.rank(candidate)
            start = self.starts.at(rank)
            if start is None:
                continue
            if start == candidate and self._is_plainly_named(wall, offset, candidate):
                return start, rank
            if self.key_of(start) == partition_key:
                return start, rank
        return None

    def _is_plainly_named(self, wall: int, offset: int | None, start: int) -> bool:
        """Say whether a key read as ``wall`` is surely that of the window that starts there."""
        if offset is not None or not self._format.is_plain or self._offsets.wall(start) != wall:
            return False
        return not self._marks_repeated or not self._offsets.is_repeated(start)

    def keys_between(self, first: int, stop: int) -> list[str]:
        """Return the keys of the indices from ``first`` to before ``stop``."""
        keys: list[str] = []
        for stretch in self.starts.stretches(first + self._origin, stop + self._origin):
            keys.extend(self._format.write_all(stretch, self._marks_repeated))
        return keys

    # -- keys ------------------------------------------------------------------------------------------------------

    def get_partition_keys(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> list[str]:
        """Return the keys of the windows that have passed at ``current_time`` (moved by ``end_offset``), in order."""
        return self.keys_between(0, self.count(current_time))

    def has_partition_key(
        self,
        partition_key: str,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> bool:
        """Say whether ``partition_key`` is a window that exists at ``current_time``."""
        index = self.index_of(partition_key)
        return index is not None and index < self.count(current_time)

    def get_num_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> int:
        """Return how many partitions exist, by arithmetic."""
        return self.count(current_time)

    def get_first_partition_key(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> str | None:
        """Return the first key, or ``None`` if no window has passed."""
        return self.key_at(0) if self.count(current_time) else None

    def get_last_partition_key(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> str | None:
        """Return the last key, or ``None`` if no window has passed."""
        count = self.count(current_time)
        return self.key_at(count - 1) if count else None

    def get_next_partition_key(self, partition_key: str, current_time: Moment = None) -> str | None:
        """Return the key after this one, or ``None`` if there is none yet."""
        index = self.known_index(partition_key) + 1
        return self.key_at(index) if index < self.count(current_time) else None

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicPartitions | None = None,
        current_time: Moment = None,
    ) -> list[str]:
        """Return the keys from a range's start to its end, both included; none if they are in reverse order.

        Raises:
            DagsterUnknownPartitionError: The start or the end is no window of this definition.
        """
        return self.keys_between(
            self.known_index(partition_key_range.start), self.known_index(partition_key_range.end) + 1
        )

    def known_index(self, partition_key: str) -> int:
        """Return the index of a key.

        Raises:
            DagsterUnknownPartitionError: It is no window of this definition.
        """
        index = self.index_of(partition_key)
        if index is None:
            raise self.unknown_key(partition_key)
        return index

    def unknown_key(
        self, partition_key: str, current_time: Moment = None, dynamic: DynamicPartitions | None = None
    ) -> DagsterUnknownPartitionError:
        """Return the error that says why a key is not one of these partitions."""
        return DagsterUnknownPartitionError(
            f"There is no partition {partition_key!r}: {self._why_unknown(partition_key)}.",
            where=caller_location(),
            partition_key=partition_key,
        )

    def _why_unknown(self, partition_key: str) -> str:
        read = self._format.read(partition_key) if isinstance(partition_key, str) else None
        first = self.key_at(0)
        if read is None:
            return f"keys are written as {self.fmt!r}, for example {first!r}"
        start = self.start_of(partition_key)
        if start is not None and start < self.start_ts.micros:
            return f"the first is {first!r}"
        if start is not None:
            return "its window has not passed yet, or lies beyond the end"
        near = self.starts.next_from(self._offsets.instants(read[0])[0])
        return f"no window begins there (windows begin at {self.cron_schedule!r}" + (
            f"; the next is {self.key_of(near)!r})" if near is not None else ")"
        )

    # -- windows ---------------------------------------------------------------------------------------------------

    def time_window_for_partition_key(self, partition_key: str) -> TimeWindow:
        """Return the window of a key, whether or not it has passed.

        Raises:
            DagsterUnknownPartitionError: No window of this definition has this key.
        """
        start = self.start_of(partition_key)
        end = None if start is None else self.ticks.next_after(start)
        if start is None or end is None:
            raise self.unknown_key(partition_key)
        return TimeWindow(self.in_zone(start), self.in_zone(end))

    def get_partition_key_for_timestamp(self, timestamp: float, end_closed: bool = False) -> str:
        """Return the key of the window that holds an instant.

        Args:
            timestamp: POSIX seconds.
            end_closed: Whether a window's end belongs to it, and its start to the window before.
        """
        instant = from_seconds(timestamp)
        start = self.starts.previous_before(instant if end_closed else instant + 1)
        if start is None:
            raise DagsterInvalidInvocationError(f"There is no window at {timestamp}.", timestamp=timestamp)
        return self.key_of(start)

    def get_partition_keys_in_time_window(self, time_window: TimeWindow) -> list[str]:
        """Return the keys of the windows that begin inside ``time_window``."""
        first = max(self.index_at(from_datetime(time_window.start)), 0)
        return self.keys_between(first, self.index_at(from_datetime(time_window.end)))

    def get_partition_key_range_for_time_window(self, time_window: TimeWindow) -> PartitionKeyRange:
        """Return the first and the last key of the windows that begin inside ``time_window``.

        Raises:
            DagsterInvalidInvocationError: None begins there.
        """
        first = max(self.index_at(from_datetime(time_window.start)), 0)
        stop = self.index_at(from_datetime(time_window.end))
        if stop <= first:
            raise DagsterInvalidInvocationError(
                f"No partition begins from {time_window.start} to {time_window.end}.", where=caller_location()
            )
        return PartitionKeyRange(self.key_at(first), self.key_at(stop - 1))

    def get_first_partition_window(self, current_time: Moment = None) -> TimeWindow | None:
        """Return the first window that has passed, or ``None``."""
        return self._window(0) if self.count(current_time) else None

    def get_last_partition_window(self, current_time: Moment = None) -> TimeWindow | None:
        """Return the last window that has passed, or ``None``."""
        count = self.count(current_time)
        return self._window(count - 1) if count else None

    def _window(self, index: int) -> TimeWindow:
        start, end = self.window_at(index)
        return TimeWindow(self.in_zone(start), self.in_zone(end))

    # -- subsets ---------------------------------------------------------------------------------------------------

    def subset_with_partition_keys(self, partition_keys: Iterable[str]) -> TimeSubset:
        """Return the subset of the given keys, which may be windows still to come."""
        indices = sorted({self.known_index(key) for key in partition_keys})
        return TimeSubset(self, merged((index, index + 1) for index in indices))

    def subset_with_all_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> TimeSubset:
        """Return the subset of all windows that have passed: one range."""
        return TimeSubset(self, merged([(0, self.count(current_time))]))

    def subset_with_range(
        self,
        partition_key_range: PartitionKeyRange,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> TimeSubset:
        """Return the subset of a range of keys, both ends included."""
        first, last = (self.known_index(key) for key in partition_key_range)
        return TimeSubset(self, merged([(first, last + 1)]))

    def subset_from_data(self, data: SubsetData) -> PartitionsSubset:
        """Return the subset that was stored as ``data``: the windows that begin inside its ranges."""
        if isinstance(data, Everything):
            return AllSubset(self)
        if not isinstance(data, TimeRanges):
            known = (self.index_of(key) for key in keys_of_data(data))
            return TimeSubset(self, merged(sorted((i, i + 1) for i in known if i is not None)))
        ends = [end for pair in data.ranges for end in pair]
        ranks = [max(rank - self._origin, 0) for rank in self.starts.ranks(ends)]
        return TimeSubset(self, merged(zip(ranks[::2], ranks[1::2], strict=True)))

    def __str__(self) -> str:
        grain = self.schedule_type
        name = grain.value.capitalize() if grain else self.cron_schedule
        text = f"{name}, starting {self._format.write(self._offsets.wall(self.start_ts.micros), 0)} {self.timezone}."
        if self.end_offset:
            text += f" End offsetted by {self.end_offset} partition{'' if abs(self.end_offset) == 1 else 's'}."
        return text
