"""Time windows of one day, hour, week or month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from earmark.partitions.schedule_type import ScheduleType, cron_of
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.partitions.window_arguments import TimeLike, window_fields

_DAY_FORMAT = "%Y-%m-%d"
_HOUR_FORMAT = "%Y-%m-%d-%H:%M"


class DailyPartitionsDefinition(TimeWindowPartitionsDefinition, frozen=True, dict=True, tag="daily"):
    """One partition per day, with keys such as ``2024-03-01``.

    Args:
        start_date: The first day, as text in ``fmt`` or as a datetime (a naive one is in ``timezone``).
        end_date: Where the partitions end (exclusive); never if not given.
        minute_offset: Minutes after the hour at which days begin.
        hour_offset: Hours after midnight at which days begin.
        timezone: A zone of the tz database; UTC if not given.
        fmt: The ``strftime`` format of keys.
        end_offset: How many partitions beyond the last that has passed exist; 1 adds the current day.
        exclusions: Cron expressions and datetimes; days that begin at one of them are left out.

    Raises:
        DagsterInvalidDefinitionError: An argument is invalid; the error says which and why.

    Example:
        >>> from datetime import datetime
        >>> days = DailyPartitionsDefinition("2024-02-28")
        >>> days.get_partition_keys(datetime(2024, 3, 2, 12))
        ['2024-02-28', '2024-02-29', '2024-03-01']
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            start_date: TimeLike,
            end_date: TimeLike | None = None,
            minute_offset: int = 0,
            hour_offset: int = 0,
            timezone: str | None = None,
            fmt: str | None = None,
            end_offset: int = 0,
            exclusions: Sequence[str | datetime] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @staticmethod
    def _arguments(  # type: ignore[override]
        start_date: TimeLike,
        end_date: TimeLike | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        _require_no_more(kwargs)
        cron = cron_of(ScheduleType.DAILY, minute_offset, hour_offset, None, None)
        return window_fields(start_date, fmt or _DAY_FORMAT, end_date, timezone, end_offset, cron, exclusions)


class HourlyPartitionsDefinition(TimeWindowPartitionsDefinition, frozen=True, dict=True, tag="hourly"):
    """One partition per real hour, with keys such as ``2024-03-01-13:00``.

    Where clocks go back, the second showing of an hour is named with its offset: ``2024-11-03-01:00-0500``.

    Args:
        start_date: The first hour, as text in ``fmt`` or as a datetime (a naive one is in ``timezone``).
        end_date: Where the partitions end (exclusive); never if not given.
        minute_offset: Minutes after the hour at which hours begin.
        timezone: A zone of the tz database; UTC if not given.
        fmt: The ``strftime`` format of keys.
        end_offset: How many partitions beyond the last that has passed exist; 1 adds the current hour.
        exclusions: Cron expressions and datetimes; hours that begin at one of them are left out.

    Raises:
        DagsterInvalidDefinitionError: An argument is invalid; the error says which and why.

    Example:
        >>> hours = HourlyPartitionsDefinition("2024-11-03-00:00", "2024-11-03-02:00", timezone="America/New_York")
        >>> hours.get_partition_keys(2_000_000_000_000_000)
        ['2024-11-03-00:00', '2024-11-03-01:00', '2024-11-03-01:00-0500']
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            start_date: TimeLike,
            end_date: TimeLike | None = None,
            minute_offset: int = 0,
            timezone: str | None = None,
            fmt: str | None = None,
            end_offset: int = 0,
            exclusions: Sequence[str | datetime] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @staticmethod
    def _arguments(  # type: ignore[override]
        start_date: TimeLike,
        end_date: TimeLike | None = None,
        minute_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        _require_no_more(kwargs)
        cron = cron_of(ScheduleType.HOURLY, minute_offset, None, None, None)
        return window_fields(start_date, fmt or _HOUR_FORMAT, end_date, timezone, end_offset, cron, exclusions)


class WeeklyPartitionsDefinition(TimeWindowPartitionsDefinition, frozen=True, dict=True, tag="weekly"):
    """One partition per week, named by its first day, a Sunday unless ``day_offset`` says another.

    Args:
        start_date: The earliest start of a week, as text in ``fmt`` or as a datetime.
        end_date: Where the partitions end (exclusive); never if not given.
        minute_offset: Minutes after the hour at which weeks begin.
        hour_offset: Hours after midnight at which weeks begin.
        day_offset: The day on which weeks begin: 0 is Sunday, 6 Saturday.
        timezone: A zone of the tz database; UTC if not given.
        fmt: The ``strftime`` format of keys.
        end_offset: How many partitions beyond the last that has passed exist; 1 adds the current week.
        exclusions: Cron expressions and datetimes; weeks that begin at one of them are left out.

    Raises:
        DagsterInvalidDefinitionError: An argument is invalid; the error says which and why.

    Example:
        >>> from datetime import datetime
        >>> WeeklyPartitionsDefinition("2024-02-20").get_partition_keys(datetime(2024, 3, 12))
        ['2024-02-25', '2024-03-03']
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            start_date: TimeLike,
            end_date: TimeLike | None = None,
            minute_offset: int = 0,
            hour_offset: int = 0,
            day_offset: int = 0,
            timezone: str | None = None,
            fmt: str | None = None,
            end_offset: int = 0,
            exclusions: Sequence[str | datetime] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @staticmethod
    def _arguments(  # type: ignore[override]
        start_date: TimeLike,
        end_date: TimeLike | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        day_offset: int = 0,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        _require_no_more(kwargs)
        cron = cron_of(ScheduleType.WEEKLY, minute_offset, hour_offset, day_offset, None)
        return window_fields(start_date, fmt or _DAY_FORMAT, end_date, timezone, end_offset, cron, exclusions)


class MonthlyPartitionsDefinition(TimeWindowPartitionsDefinition, frozen=True, dict=True, tag="monthly"):
    """One partition per month, named by its first day.

    Args:
        start_date: The earliest start of a month, as text in ``fmt`` or as a datetime.
        end_date: Where the partitions end (exclusive); never if not given.
        minute_offset: Minutes after the hour at which months begin.
        hour_offset: Hours after midnight at which months begin.
        day_offset: The day of the month on which windows begin: 1 is the first. Months without the day begin none.
        timezone: A zone of the tz database; UTC if not given.
        fmt: The ``strftime`` format of keys.
        end_offset: How many partitions beyond the last that has passed exist; 1 adds the current month.
        exclusions: Cron expressions and datetimes; months that begin at one of them are left out.

    Raises:
        DagsterInvalidDefinitionError: An argument is invalid; the error says which and why.

    Example:
        >>> from datetime import datetime
        >>> MonthlyPartitionsDefinition("2023-12-05").get_partition_keys(datetime(2024, 3, 12))
        ['2024-01-01', '2024-02-01']
    """

    if TYPE_CHECKING:

        def __init__(
            self,
            start_date: TimeLike,
            end_date: TimeLike | None = None,
            minute_offset: int = 0,
            hour_offset: int = 0,
            day_offset: int = 1,
            timezone: str | None = None,
            fmt: str | None = None,
            end_offset: int = 0,
            exclusions: Sequence[str | datetime] | None = None,
            **kwargs: Any,
        ) -> None: ...

    @staticmethod
    def _arguments(  # type: ignore[override]
        start_date: TimeLike,
        end_date: TimeLike | None = None,
        minute_offset: int = 0,
        hour_offset: int = 0,
        day_offset: int = 1,
        timezone: str | None = None,
        fmt: str | None = None,
        end_offset: int = 0,
        exclusions: Sequence[str | datetime] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        _require_no_more(kwargs)
        cron = cron_of(ScheduleType.MONTHLY, minute_offset, hour_offset, day_offset, None)
        return window_fields(start_date, fmt or _DAY_FORMAT, end_date, timezone, end_offset, cron, exclusions)


def _require_no_more(kwargs: dict[str, Any]) -> None:
    if kwargs:
        raise TypeError(f"unexpected argument {next(iter(kwargs))!r}")
