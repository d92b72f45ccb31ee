"""Schedules of partitioned jobs: each partition run once, when it is complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from earmark.define.automation.schedule import DefaultScheduleStatus, ScheduleDefinition, ScheduleEvaluationContext
from earmark.define.run_request import RunRequest, SkipReason, partitions_of
from earmark.partitions import MultiPartitionKey, MultiPartitionsDefinition
from earmark.specs.naming import check_name
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, caller_location


def build_schedule_from_partitioned_job(
    job: Any,
    description: str | None = None,
    name: str | None = None,
    minute_of_hour: int | None = None,
    hour_of_day: int | None = None,
    day_of_week: int | None = None,
    day_of_month: int | None = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
    tags: Mapping[str, Any] | None = None,
    cron_schedule: str | None = None,
    execution_timezone: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    owners: Sequence[str] | None = None,
) -> Any:
    """Make the schedule that runs each partition of a job once: windows of time when they end, all others together.

    Args:
        job: A job with partitions. Those of a job over assets may be those of its assets; then :class:`Definitions`
            makes the schedule, and until then only its name and job are known.
        description: Text for people.
        name: Its name; the job's with ``_schedule`` if ``None``.
        minute_of_hour: The minute at which it ticks, 0 to 59.
        hour_of_day: The hour, 0 to 23.
        day_of_week: The day, 0 (Sunday) to 6, for weekly partitions.
        day_of_month: The day, 1 to 31, for monthly partitions.
        default_status: Whether it ticks before anybody switched it on.
        tags: Labels of the schedule and of its runs.
        cron_schedule: When it ticks, for partitions that are no windows of time.
        execution_timezone: The zone of ``cron_schedule``.
        metadata: Facts about it.
        owners: E-mail addresses or ``team:NAME``.

    Raises:
        DagsterInvalidDefinitionError: The job has no partitions, or partitions that say no time and no
            ``cron_schedule`` was given, or windows of time and a ``cron_schedule``.

    Returns:
        The :class:`ScheduleDefinition`.

    Example:
        >>> from earmark.define.assets.asset_job import define_asset_job
        >>> from earmark.partitions.grains import DailyPartitionsDefinition
        >>> job = define_asset_job("daily", partitions_def=DailyPartitionsDefinition("2026-11-01"))
        >>> build_schedule_from_partitioned_job(job, hour_of_day=2, minute_of_hour=30).cron_schedule
        '30 2 * * *'
    """
    planned = PartitionedSchedule(
        job,
        check_name(name or f"{job.name}_schedule", "schedule"),
        (minute_of_hour, hour_of_day, day_of_week, day_of_month),
        cron_schedule,
        execution_timezone,
        {
            "description": description,
            "default_status": default_status,
            "tags": tags,
            "metadata": metadata,
            "owners": owners,
        },
        caller_location(),
    )
    if job.partitions_def is None and hasattr(job, "selection") and getattr(job, "config", None) is None:
        return planned
    return planned.made_for(job)


@dataclass(frozen=True, eq=False)
class PartitionedSchedule:
    """The schedule of a job whose assets say how it is cut; :class:`Definitions` makes the schedule of it.

    Args:
        job: The job over assets.
        name: The schedule's name.
        offsets: Minute, hour, day of the week and day of the month, each a number or ``None``.
        cron_schedule: When it ticks, for partitions that are no windows of time.
        execution_timezone: The zone of ``cron_schedule``.
        options: Other arguments of :class:`ScheduleDefinition`.
        location: Where it was written.
    """

    job: Any
    name: str
    offsets: tuple[int | None, int | None, int | None, int | None]
    cron_schedule: str | None
    execution_timezone: str | None
    options: Mapping[str, Any]
    location: SourceLocation | None = None
    automation_type: ClassVar[str] = "schedule"

    @property
    def targeted_jobs(self) -> Sequence[Any]:
        """The job."""
        return (self.job,)

    @property
    def targeted_job_names(self) -> Sequence[str]:
        """The job's name."""
        return (self.job.name,)

    @property
    def job_name(self) -> str:
        """The job's name."""
        name: str = self.job.name
        return name

    def made_for(self, job: Any) -> ScheduleDefinition:
        """Return the schedule, for the job with its partitions known.

        Raises:
            DagsterInvalidDefinitionError: The job has no partitions, or the arguments do not go with them.
        """
        partitions = partitions_of(job)
        windows = _windows(partitions)
        cron, zone = self.cron_schedule, self.execution_timezone
        if windows is None:
            if cron is None or any(one is not None for one in self.offsets):
                raise DagsterInvalidDefinitionError(
                    f"The partitions of {job.name!r} are no windows of time, so they do not say when a schedule ticks.",
                    hint="Give cron_schedule, and no minute_of_hour, hour_of_day, day_of_week or day_of_month.",
                    where=self.location,
                )
        elif cron is not None or zone is not None:
            raise DagsterInvalidDefinitionError(
                f"The windows of {job.name!r} say when its schedule ticks; cron_schedule and execution_timezone are for"
                " other partitions.",
                where=self.location,
            )
        else:
            cron, zone = windows.get_cron_schedule(*self.offsets), windows.timezone
        return ScheduleDefinition(
            name=self.name,
            cron_schedule=cron,
            execution_timezone=zone,
            execution_fn=_requests(job, partitions, windows),
            job=job,
            **self.options,
        )


def _windows(partitions: Any) -> Any:
    if isinstance(partitions, MultiPartitionsDefinition):
        return partitions.time_window_partitions_def if partitions.has_time_window_dimension else None
    return partitions if hasattr(partitions, "time_window_for_partition_key") else None


def _requests(job: Any, partitions: Any, windows: Any) -> Any:
    def requests(context: ScheduleEvaluationContext) -> Any:
        now = context.scheduled_execution_time if context.has_scheduled_execution_time else None
        dynamic = context.around.given_instance
        if windows is None:
            keys = partitions.get_partition_keys(now, dynamic)
        else:
            last = windows.get_last_partition_key(now)
            keys = [] if last is None else _keys_of_window(partitions, last, now, dynamic)
        if not keys:
            return SkipReason("The job's PartitionsDefinition has no partitions")
        return [RunRequest(run_key=key, partition_key=key, job_name=job.name) for key in keys]

    return requests


def _keys_of_window(partitions: Any, window: str, now: Any, dynamic: Any) -> list[str]:
    if not isinstance(partitions, MultiPartitionsDefinition):
        return [window]
    time, other = partitions.time_window_dimension, partitions.secondary_dimension
    keys = other.partitions_def.get_partition_keys(now, dynamic)
    return [MultiPartitionKey({time.name: window, other.name: key}) for key in keys]
