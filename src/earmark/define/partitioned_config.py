"""Configuration that depends on the partition, and the tags that a run of a partition gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import update_wrapper
from typing import Any

from earmark.define.config.run_config import run_config_dict
from earmark.define.run_request import RunRequest
from earmark.define.tags import run_request_tags
from earmark.partitions import PartitionsDefinition
from earmark.partitions.definition import Partition
from earmark.partitions.dynamic import DynamicPartitionsDefinition
from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    caller_location,
)

KeyConfigFn = Callable[[str], Any]
PartitionConfigFn = Callable[[Any], Any]
TagsFn = Callable[..., Mapping[str, Any]]


class PartitionedConfig:
    """The configuration of a job, by partition.

    Exactly one of the two config functions is given, and at most one of the two for tags.

    Args:
        partitions_def: How the job is cut.
        run_config_for_partition_fn: From a :class:`Partition` (its name and value) to configuration.
        decorated_fn: The user's own function, which calling this object calls.
        tags_for_partition_fn: From a :class:`Partition` to tags.
        run_config_for_partition_key_fn: From a key to configuration.
        tags_for_partition_key_fn: From a key to tags.

    Raises:
        DagsterInvalidDefinitionError: No config function was given, or both, or both for tags.

    Example:
        >>> regions = StaticPartitionsDefinition(["eu", "us"])
        >>> config = PartitionedConfig(
        ...     regions,
        ...     run_config_for_partition_key_fn=lambda key: {"ops": {"load": {"config": {"region": key}}}},
        ...     tags_for_partition_key_fn=lambda key: {"region": key},
        ... )
        >>> config.get_tags_for_partition_key("eu")
        {'region': 'eu', 'dagster/partition': 'eu'}
    """

    def __init__(
        self,
        partitions_def: PartitionsDefinition,
        run_config_for_partition_fn: PartitionConfigFn | None = None,
        decorated_fn: Callable[..., Any] | None = None,
        tags_for_partition_fn: TagsFn | None = None,
        run_config_for_partition_key_fn: KeyConfigFn | None = None,
        tags_for_partition_key_fn: TagsFn | None = None,
    ) -> None:
        if not isinstance(partitions_def, PartitionsDefinition):
            raise DagsterInvalidDefinitionError(
                f"partitions_def is a partitions definition, not {partitions_def!r}.", where=caller_location()
            )
        if (run_config_for_partition_fn is None) == (run_config_for_partition_key_fn is None):
            raise DagsterInvalidDefinitionError(
                "A partitioned config takes exactly one of run_config_for_partition_fn and"
                " run_config_for_partition_key_fn.",
                where=caller_location(),
            )
        if tags_for_partition_fn is not None and tags_for_partition_key_fn is not None:
            raise DagsterInvalidDefinitionError(
                "A partitioned config takes only one of tags_for_partition_fn and tags_for_partition_key_fn.",
                where=caller_location(),
            )
        self._partitions_def = partitions_def
        self._config_fn = run_config_for_partition_fn
        self._config_key_fn = run_config_for_partition_key_fn
        self._tags_fn = tags_for_partition_fn
        self._tags_key_fn = tags_for_partition_key_fn
        self._decorated = decorated_fn
        if decorated_fn is not None:
            update_wrapper(self, decorated_fn)

    @property
    def name(self) -> str:
        """The name of the user's function, for saying where a run's tags came from."""
        function = self._decorated or self._tags_key_fn or self._tags_fn or self._config_key_fn or self._config_fn
        return getattr(function, "__name__", "") or ""

    @property
    def partitions_def(self) -> Any:
        """How the job is cut."""
        return self._partitions_def

    @property
    def run_config_for_partition_fn(self) -> PartitionConfigFn | None:
        """The function from a :class:`Partition` to configuration, if that was given."""
        return self._config_fn

    @property
    def run_config_for_partition_key_fn(self) -> KeyConfigFn | None:
        """The function from a key to configuration, if that was given."""
        return self._config_key_fn

    @property
    def tags_for_partition_fn(self) -> TagsFn | None:
        """The function from a :class:`Partition` to tags, if that was given."""
        return self._tags_fn

    @property
    def tags_for_partition_key_fn(self) -> TagsFn | None:
        """The function from a key to tags, if that was given."""
        return self._tags_key_fn

    def get_partition_keys(self, current_time: datetime | None = None) -> Sequence[str]:
        """Return the keys of the partitions that exist at a time, now if ``None``."""
        keys: Sequence[str] = self._partitions_def.get_partition_keys(current_time)
        return keys

    def get_run_config_for_partition_key(self, partition_key: str) -> dict[str, Any]:
        """Return the configuration of a run of one partition.

        Raises:
            DagsterInvalidConfigError: The user's function gave no configuration.
            Exception: What the user's function raised.
        """
        if self._config_key_fn is not None:
            return run_config_dict(self._config_key_fn(partition_key))
        assert self._config_fn is not None
        return run_config_dict(self._config_fn(self._partition(partition_key)))

    def get_tags_for_partition_key(self, partition_key: str, job_name: str | None = None) -> dict[str, str]:
        """Return the tags of a run of one partition: the user's, and those that name the partition.

        Raises:
            DagsterInvalidDefinitionError: The user's function set a tag that only the system sets.
            Exception: What the user's function raised.
        """
        if self._tags_key_fn is not None:
            own = self._tags_key_fn(partition_key)
        elif self._tags_fn is not None:
            own = self._tags_fn(self._partition(partition_key))
        else:
            own = {}
        tags = {**run_request_tags(own), **self._partitions_def.get_tags_for_partition_key(partition_key)}
        return tags if job_name is None else {**tags, "dagster/partition_set": f"{job_name}_partition_set"}

    def _partition(self, partition_key: str) -> Any:
        definition: Any = self._partitions_def
        if hasattr(definition, "time_window_for_partition_key"):
            return Partition(definition.time_window_for_partition_key(partition_key), partition_key)
        return Partition(partition_key, partition_key)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._decorated is None:
            raise DagsterInvalidInvocationError(
                "Only a partitioned config that decorates a function can be called.", where=caller_location()
            )
        return self._decorated(*args, **kwargs)

    @staticmethod
    def from_flexible_config(config: Any, partitions_def: PartitionsDefinition) -> PartitionedConfig:
        """Return configuration in any form as one by partition: the same for each, unless it is one already.

        Raises:
            DagsterInvalidDefinitionError: It is one already, with other partitions.
        """
        if isinstance(config, PartitionedConfig):
            if config.partitions_def != partitions_def:
                raise DagsterInvalidDefinitionError(
                    f"The partitioned config has {config.partitions_def}, but {partitions_def} was given beside it.",
                    where=caller_location(),
                )
            return config
        return PartitionedConfig(partitions_def, run_config_for_partition_key_fn=lambda _key: run_config_dict(config))

    def __repr__(self) -> str:
        return f"<PartitionedConfig {self.name!r} of {self._partitions_def}>"


def partitioned_config(
    partitions_def: PartitionsDefinition, tags_for_partition_key_fn: TagsFn | None = None
) -> Callable[[KeyConfigFn], PartitionedConfig]:
    """Make a partitioned config of a function from a partition key to configuration.

    Args:
        partitions_def: How the job is cut.
        tags_for_partition_key_fn: From a key to the tags of its runs.

    Example:
        >>> @partitioned_config(StaticPartitionsDefinition(["eu", "us"]))
        ... def by_region(key):
        ...     return {"ops": {"load": {"config": {"region": key}}}}
        >>> by_region.get_run_config_for_partition_key("us")
        {'ops': {'load': {'config': {'region': 'us'}}}}
    """
    _check_called_with(partitions_def, "partitioned_config")

    def decorate(fn: KeyConfigFn) -> PartitionedConfig:
        return PartitionedConfig(
            partitions_def,
            decorated_fn=fn,
            run_config_for_partition_key_fn=fn,
            tags_for_partition_key_fn=tags_for_partition_key_fn,
        )

    return decorate


def static_partitioned_config(
    partition_keys: Sequence[str],
    tags_for_partition_fn: TagsFn | None = None,
    tags_for_partition_key_fn: TagsFn | None = None,
) -> Callable[[KeyConfigFn], PartitionedConfig]:
    """Make a config by fixed partition keys of a function from a key to configuration.

    Args:
        partition_keys: The keys.
        tags_for_partition_fn: The older name of the next.
        tags_for_partition_key_fn: From a key to the tags of its runs.

    Example:
        >>> @static_partitioned_config(["eu", "us"], tags_for_partition_key_fn=lambda key: {"region": key})
        ... def by_region(key):
        ...     return {"ops": {"load": {"config": {"region": key}}}}
        >>> by_region.get_partition_keys()
        ['eu', 'us']
    """
    _check_called_with(partition_keys, "static_partitioned_config")
    return partitioned_config(
        StaticPartitionsDefinition(partition_keys), tags_for_partition_key_fn or tags_for_partition_fn
    )


def dynamic_partitioned_config(
    partition_fn: Callable[[datetime | None], Sequence[str]],
    tags_for_partition_fn: TagsFn | None = None,
    tags_for_partition_key_fn: TagsFn | None = None,
) -> Callable[[KeyConfigFn], PartitionedConfig]:
    """Make a config by the keys that a function computes, of a function from a key to configuration.

    Args:
        partition_fn: From the time (or ``None``) to the keys.
        tags_for_partition_fn: The older name of the next.
        tags_for_partition_key_fn: From a key to the tags of its runs.

    Example:
        >>> @dynamic_partitioned_config(lambda time=None: ["a", "b"])
        ... def by_letter(key):
        ...     return {"ops": {"load": {"config": {"letter": key}}}}
        >>> by_letter.get_run_config_for_partition_key("b")
        {'ops': {'load': {'config': {'letter': 'b'}}}}
    """

    def decorate(fn: KeyConfigFn) -> PartitionedConfig:
        return PartitionedConfig(
            DynamicPartitionsDefinition(partition_fn),
            decorated_fn=fn,
            run_config_for_partition_key_fn=fn,
            tags_for_partition_key_fn=tags_for_partition_key_fn or tags_for_partition_fn,
        )

    return decorate


def hourly_partitioned_config(
    start_date: datetime | str,
    minute_offset: int = 0,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsFn | None = None,
    exclusions: Sequence[str | datetime] | None = None,
) -> Callable[[Callable[[datetime, datetime], Any]], PartitionedConfig]:
    """Make a config by hours; the function takes the start and the end of the hour, as does that for tags.

    Arguments as :class:`HourlyPartitionsDefinition`, and:

    Args:
        tags_for_partition_fn: From the start and the end to the tags of the hour's runs.

    Example:
        >>> @hourly_partitioned_config("2026-11-01-00:00")
        ... def by_hour(start, end):
        ...     return {"ops": {"load": {"config": {"until": end.isoformat()}}}}
        >>> by_hour.get_run_config_for_partition_key("2026-11-01-05:00")
        {'ops': {'load': {'config': {'until': '2026-11-01T06:00:00+00:00'}}}}
    """
    _check_called_with(start_date, "hourly_partitioned_config")
    definition = HourlyPartitionsDefinition(
        start_date=start_date,
        minute_offset=minute_offset,
        timezone=timezone,
        fmt=fmt,
        end_offset=end_offset,
        exclusions=exclusions,
    )
    return _by_window(definition, tags_for_partition_fn)


def daily_partitioned_config(
    start_date: datetime | str,
    minute_offset: int = 0,
    hour_offset: int = 0,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsFn | None = None,
    exclusions: Sequence[str | datetime] | None = None,
) -> Callable[[Callable[[datetime, datetime], Any]], PartitionedConfig]:
    """Make a config by days; the function takes the start and the end of the day, as does that for tags.

    Arguments as :class:`DailyPartitionsDefinition`, and:

    Args:
        tags_for_partition_fn: From the start and the end to the tags of the day's runs.

    Example:
        >>> @daily_partitioned_config("2026-11-01", tags_for_partition_fn=lambda start, end: {"day": start.day})
        ... def by_day(start, end):
        ...     return {"ops": {"load": {"config": {"day": start.strftime("%Y-%m-%d")}}}}
        >>> by_day.get_tags_for_partition_key("2026-11-02")
        {'day': '2', 'dagster/partition': '2026-11-02'}
    """
    _check_called_with(start_date, "daily_partitioned_config")
    definition = DailyPartitionsDefinition(
        start_date=start_date,
        minute_offset=minute_offset,
        hour_offset=hour_offset,
        timezone=timezone,
        fmt=fmt,
        end_offset=end_offset,
        exclusions=exclusions,
    )
    return _by_window(definition, tags_for_partition_fn)


def weekly_partitioned_config(
    start_date: datetime | str,
    minute_offset: int = 0,
    hour_offset: int = 0,
    day_offset: int = 0,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsFn | None = None,
    exclusions: Sequence[str | datetime] | None = None,
) -> Callable[[Callable[[datetime, datetime], Any]], PartitionedConfig]:
    """Make a config by weeks; the function takes the start and the end of the week, as does that for tags.

    Arguments as :class:`WeeklyPartitionsDefinition`, and:

    Args:
        tags_for_partition_fn: From the start and the end to the tags of the week's runs.

    Example:
        >>> @weekly_partitioned_config("2026-11-01")
        ... def by_week(start, end):
        ...     return {"ops": {"load": {"config": {"days": (end - start).days}}}}
        >>> by_week.get_run_config_for_partition_key("2026-11-01")
        {'ops': {'load': {'config': {'days': 7}}}}
    """
    _check_called_with(start_date, "weekly_partitioned_config")
    definition = WeeklyPartitionsDefinition(
        start_date=start_date,
        minute_offset=minute_offset,
        hour_offset=hour_offset,
        day_offset=day_offset,
        timezone=timezone,
        fmt=fmt,
        end_offset=end_offset,
        exclusions=exclusions,
    )
    return _by_window(definition, tags_for_partition_fn)


def monthly_partitioned_config(
    start_date: datetime | str,
    minute_offset: int = 0,
    hour_offset: int = 0,
    day_offset: int = 1,
    timezone: str | None = None,
    fmt: str | None = None,
    end_offset: int = 0,
    tags_for_partition_fn: TagsFn | None = None,
    exclusions: Sequence[str | datetime] | None = None,
) -> Callable[[Callable[[datetime, datetime], Any]], PartitionedConfig]:
    """Make a config by months; the function takes the start and the end of the month, as does that for tags.

    Arguments as :class:`MonthlyPartitionsDefinition`, and:

    Args:
        tags_for_partition_fn: From the start and the end to the tags of the month's runs.

    Example:
        >>> @monthly_partitioned_config("2026-11-01")
        ... def by_month(start, end):
        ...     return {"ops": {"load": {"config": {"days": (end - start).days}}}}
        >>> by_month.get_run_config_for_partition_key("2026-11-01")
        {'ops': {'load': {'config': {'days': 30}}}}
    """
    _check_called_with(start_date, "monthly_partitioned_config")
    definition = MonthlyPartitionsDefinition(
        start_date=start_date,
        minute_offset=minute_offset,
        hour_offset=hour_offset,
        day_offset=day_offset,
        timezone=timezone,
        fmt=fmt,
        end_offset=end_offset,
        exclusions=exclusions,
    )
    return _by_window(definition, tags_for_partition_fn)


def run_request_for_partition(
    job: Any,
    partition_key: str,
    run_key: str | None = None,
    tags: Mapping[str, Any] | None = None,
    asset_selection: Sequence[Any] | None = None,
    run_config: Any = None,
    current_time: Any = None,
    dynamic_partitions_store: Any = None,
) -> RunRequest:
    """Return the request for a run of one partition of a job, with the tags and configuration that it gives.

    Raises:
        DagsterInvalidDefinitionError: The job is not partitioned.
        DagsterUnknownPartitionError: It has no such partition.
    """
    asked = RunRequest(
        run_key=run_key,
        run_config=run_config or {},
        tags=tags or {},
        job_name=job.name,
        asset_selection=asset_selection,
        partition_key=partition_key,
    )
    return asked.with_resolved_tags_and_config(
        job, dynamic_partitions_store=dynamic_partitions_store, current_time=current_time
    )


def _by_window(definition: Any, tags_fn: TagsFn | None) -> Callable[[Callable[..., Any]], PartitionedConfig]:
    def decorate(fn: Callable[[datetime, datetime], Any]) -> PartitionedConfig:
        return PartitionedConfig(
            definition,
            decorated_fn=fn,
            run_config_for_partition_fn=lambda partition: fn(*partition.value),
            tags_for_partition_fn=None if tags_fn is None else (lambda partition: tags_fn(*partition.value)),
        )

    return decorate


def _check_called_with(argument: Any, name: str) -> None:
    if callable(argument):
        raise DagsterInvalidDefinitionError(
            f"@{name} needs arguments: the first says which partitions there are.",
            where=caller_location(),
            hint=f"Write @{name}(...) with them.",
        )
