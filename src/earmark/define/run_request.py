"""What schedules and sensors answer: the runs that they ask for, or why there are none."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from earmark.define.config.run_config import run_config_dict
from earmark.define.tags import run_request_tags
from earmark.partitions import PartitionKeyRange
from earmark.partitions.dynamic import AddDynamicPartitionsRequest
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    caller_location,
    did_you_mean,
)
from earmark.values.keys import AssetCheckKey, AssetKey

PARTITION = "dagster/partition"
PARTITION_SET = "dagster/partition_set"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


@dataclass(frozen=True)
class SkipReason:
    """Why a schedule or sensor asks for no run this time.

    Args:
        skip_message: The reason, for people.

    Example:
        >>> SkipReason("no new files").skip_message
        'no new files'
    """

    skip_message: str | None = None

    def __post_init__(self) -> None:
        if self.skip_message is not None and not isinstance(self.skip_message, str):
            raise DagsterInvariantViolationError(
                f"A skip message is a string, not {self.skip_message!r}.", where=caller_location()
            )


@dataclass(frozen=True)
class RunRequest:
    """A run that a schedule or sensor asks for.

    Args:
        run_key: What makes the request unique: a second one with the same key makes no second run.
        run_config: The run's configuration: a dict or a :class:`RunConfig`; the job's own if empty.
        tags: Labels of the run; values are strings or JSON values.
        job_name: Which job, where the schedule or sensor has several.
        asset_selection: Only these assets of the job.
        stale_assets_only: Only those of the assets that are stale.
        partition_key: The partition.
        asset_check_keys: Only these checks.
        asset_graph_subset: The subsets of assets that a condition asks for.

    Raises:
        DagsterInvalidDefinitionError: A tag is one that only the system sets, or has a value that it does not take.
        DagsterInvariantViolationError: An argument is of the wrong type.

    Example:
        >>> RunRequest(run_key="2026-11-01", tags={"team": "ml", "attempts": 3}).tags
        {'team': 'ml', 'attempts': '3'}
    """

    run_key: str | None = None
    run_config: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    job_name: str | None = None
    asset_selection: Sequence[AssetKey] | None = None
    stale_assets_only: bool = False
    partition_key: str | None = None
    asset_check_keys: Sequence[AssetCheckKey] | None = None
    asset_graph_subset: Any = None

    def __post_init__(self) -> None:
        for name in ("run_key", "job_name", "partition_key"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise DagsterInvariantViolationError(
                    f"RunRequest({name}=...) is a string, not {value!r}.", where=caller_location()
                )
        _set(self, "run_config", run_config_dict(self.run_config))
        _set(self, "tags", run_request_tags(self.tags))
        if self.asset_selection is not None:
            _set(self, "asset_selection", [AssetKey.from_coercible(key) for key in self.asset_selection])

    @property
    def entity_keys(self) -> Sequence[AssetKey | AssetCheckKey]:
        """The assets and checks that it names."""
        return [*(self.asset_selection or ()), *(self.asset_check_keys or ())]

    @property
    def partition_key_range(self) -> PartitionKeyRange | None:
        """The range of partitions that its tags name, if they do."""
        start, end = self.tags.get(RANGE_START), self.tags.get(RANGE_END)
        return None if start is None or end is None else PartitionKeyRange(start, end)

    def has_resolved_partition(self) -> bool:
        """Say whether the tags of its partition stand among its tags."""
        return self.partition_key is not None and self.tags.get(PARTITION) == self.partition_key

    def requires_backfill_daemon(self) -> bool:
        """Say whether it asks for subsets of assets, which takes several runs."""
        return self.asset_graph_subset is not None

    def with_replaced_attrs(self, **kwargs: Any) -> RunRequest:
        """Return it with other attributes. The system's own tags are allowed here."""
        made = copy.copy(self)
        for name, value in kwargs.items():
            if name not in self.__dataclass_fields__:
                raise DagsterInvariantViolationError(
                    f"A RunRequest has no attribute {name!r}.{did_you_mean(name, self.__dataclass_fields__)}",
                    where=caller_location(),
                )
            _set(made, name, value)
        return made

    def with_resolved_tags_and_config(
        self,
        target_definition: Any,
        dynamic_partitions_requests: Iterable[Any] = (),
        dynamic_partitions_store: Any = None,
        current_time: Any = None,
    ) -> RunRequest:
        """Return it with the tags and the configuration that its partition gives.

        Args:
            target_definition: The job.
            dynamic_partitions_requests: Partitions that are to be added with it: they count as existing.
            dynamic_partitions_store: Where keys of dynamic partitions are kept.
            current_time: The time that decides which windows have passed; now if ``None``.

        Raises:
            DagsterInvalidDefinitionError: The job has no partitions.
            DagsterUnknownPartitionError: It has no such partition.
        """
        if self.partition_key is None:
            return self
        partitions = partitions_of(target_definition)
        store = WithAdded(dynamic_partitions_store, dynamic_partitions_requests)
        partitions.validate_partition_key(self.partition_key, current_time, store)
        tags = partition_tags(target_definition, self.partition_key)
        config = self.run_config or partition_run_config(target_definition, self.partition_key)
        return self.with_replaced_attrs(tags={**self.tags, **tags}, run_config=config)


class WithAdded:
    """Dynamic partitions as they will be once some requests to add keys have been served.

    Args:
        store: Where the keys are kept now, or ``None``.
        requests: Requests to add and to delete keys.

    Example:
        >>> WithAdded(None, [AddDynamicPartitionsRequest("cities", ["Turku"])]).get_dynamic_partitions("cities")
        ['Turku']
    """

    def __init__(self, store: Any, requests: Iterable[Any]) -> None:
        self._store = store
        self._requests = list(requests)

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """Return the keys that a definition then has."""
        known = dict.fromkeys([] if self._store is None else self._store.get_dynamic_partitions(partitions_def_name))
        for request in self._requests:
            if request.partitions_def_name != partitions_def_name:
                continue
            for key in request.partition_keys:
                if isinstance(request, AddDynamicPartitionsRequest):
                    known[key] = None
                else:
                    known.pop(key, None)
        return list(known)


def partitions_of(job: Any) -> Any:
    """Return how a job is cut.

    Raises:
        DagsterInvalidDefinitionError: It is not.
    """
    config = _partitioned_config(job)
    found = job.partitions_def if config is None or job.partitions_def is not None else config.partitions_def
    if found is not None:
        return found
    raise DagsterInvalidDefinitionError(
        f"The job {job.name!r} is not partitioned, so no run of it is about a partition.",
        hint="Give it a partitions_def or a partitioned config.",
        where=caller_location(),
    )


def partition_tags(job: Any, partition_key: str) -> dict[str, str]:
    """Return the tags of a run of one partition of a job: those of its partition function and the system's."""
    config = _partitioned_config(job)
    own = {} if config is None else config.get_tags_for_partition_key(partition_key)
    of_key = partitions_of(job).get_tags_for_partition_key(partition_key)
    return {**own, **of_key, PARTITION_SET: f"{job.name}_partition_set"}


def partition_run_config(job: Any, partition_key: str) -> dict[str, Any]:
    """Return the configuration that a job's partition function gives for a partition; empty where it has none."""
    config = _partitioned_config(job)
    return {} if config is None else run_config_dict(config.get_run_config_for_partition_key(partition_key))


def _partitioned_config(job: Any) -> Any:
    config = getattr(job, "partitioned_config", None)
    if config is None and hasattr(getattr(job, "config", None), "get_run_config_for_partition_key"):
        config = job.config
    return config


_set = object.__setattr__
