"""What every partitions definition is and can do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from inspect import Signature, signature
from typing import Any, NamedTuple

import msgspec

from earmark.partitions.loading import DynamicPartitions, Moment, PartitionLoadingContext
from earmark.partitions.paginated import PaginatedResults
from earmark.partitions.subset import PartitionsSubset, SubsetData
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterUnknownPartitionError,
    caller_location,
    did_you_mean,
)

PARTITION_TAG = "dagster/partition"
BESIDE = "beside"
"""The entry of ``_arguments`` whose values are kept beside the data (functions) and never stored."""


class TimeWindow(NamedTuple):
    """An interval of time, from ``start`` (inclusive) to ``end`` (exclusive).

    Example:
        >>> days = em.DailyPartitionsDefinition(start_date="2024-01-01")
        >>> window = days.time_window_for_partition_key("2024-01-02")
        >>> isinstance(window, TimeWindow), (window.end - window.start).days
        (True, 1)
    """

    start: datetime
    end: datetime


class PartitionKeyRange(NamedTuple):
    """The partitions from ``start`` to ``end``, both included, in the order of their definition.

    Example:
        >>> days = em.DailyPartitionsDefinition(start_date="2024-01-01")
        >>> days.get_partition_keys_in_range(PartitionKeyRange("2024-01-01", "2024-01-02"))
        ['2024-01-01', '2024-01-02']
    """

    start: str
    end: str


class AssetPartitionStatus(StrEnum):
    """The state of one partition of an asset; a partition without one is missing.

    Example:
        >>> found = {"eu": AssetPartitionStatus.MATERIALIZED, "us": AssetPartitionStatus.FAILED}
        >>> [region for region in ("eu", "us", "asia") if found.get(region) is not AssetPartitionStatus.MATERIALIZED]
        ['us', 'asia']
    """

    MATERIALIZED = "MATERIALIZED"
    IN_PROGRESS = "IN_PROGRESS"
    FAILED = "FAILED"


class Partition(msgspec.Struct, frozen=True):
    """A partition of a function-based definition: any value, and its name as key.

    Args:
        value: What the partition stands for.
        name: Its key; the value as text if not given.

    Example:
        >>> import earmark as em
        >>> years = em.DynamicPartitionsDefinition(lambda now: [Partition(2025), Partition(2026, name="this")])
        >>> years.get_partition_keys()
        ['2025', 'this']
    """

    value: Any
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            msgspec.structs.force_setattr(self, "name", str(self.value))


class _DefinitionMeta(msgspec.StructMeta):
    """Lets a struct's constructor take the arguments people write and store what they mean.

    A class that defines ``_arguments`` (a function from the public arguments to the fields) is called with those;
    decoding and copying go by the fields.
    """

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        arguments = getattr(cls, "_arguments", None)
        if arguments is None:
            return super().__call__(*args, **kwargs)
        fields = arguments(*args, **kwargs)
        beside = fields.pop(BESIDE, None)
        made = super().__call__(**fields)
        if beside:
            made.__dict__.update(beside)
        return made

    @property
    def __signature__(cls) -> Signature:
        arguments = getattr(cls, "_arguments", None)
        if arguments is None:
            raise AttributeError("__signature__")
        return signature(arguments).replace(return_annotation=Signature.empty)


def from_fields(cls: type[Any], fields: dict[str, Any], beside: dict[str, Any] | None = None) -> Any:
    """Build a definition from its stored fields instead of its public arguments."""
    made = msgspec.StructMeta.__call__(cls, **fields)
    if beside:
        made.__dict__.update(beside)
    return made


class PartitionsDefinition(msgspec.Struct, frozen=True, dict=True, metaclass=_DefinitionMeta):
    """A set of partitions, named by keys in a definite order.

    Example:
        >>> import earmark as em
        >>> regions = em.StaticPartitionsDefinition(["eu", "us"])
        >>> isinstance(regions, PartitionsDefinition), regions.get_partition_keys(), regions.has_partition_key("asia")
        (True, ['eu', 'us'], False)
    """

    def __reduce__(self) -> tuple[Any, ...]:
        fields = {name: getattr(self, name) for name in self.__struct_fields__}
        return (from_fields, (type(self), fields, self._beside()))

    def _beside(self) -> dict[str, Any]:
        return {}

    def get_partition_keys(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> list[str]:
        """Return the keys of all partitions that exist, in order.

        Args:
            current_time: The time that decides which time windows have passed; now if not given.
            dynamic_partitions_store: Where the keys of dynamic partitions are found.
        """
        raise NotImplementedError

    def get_paginated_partition_keys(
        self, context: PartitionLoadingContext, limit: int, ascending: bool, cursor: str | None = None
    ) -> PaginatedResults[str]:
        """Return a page of the keys of all partitions that exist.

        Args:
            context: The time, and where the keys of dynamic partitions are found.
            limit: How many keys a page has at most.
            ascending: Whether pages go from the first key to the last.
            cursor: That of the page before; the first page if not given.
        """
        keys = self.get_partition_keys(context.effective_dt, context.dynamic_partitions_store)
        return PaginatedResults.create_from_sequence([str(key) for key in keys], limit, ascending, cursor)

    def has_partition_key(
        self,
        partition_key: str,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> bool:
        """Say whether ``partition_key`` is one of the partitions that exist."""
        return partition_key in self.get_partition_keys(current_time, dynamic_partitions_store)

    def validate_partition_key(
        self,
        partition_key: str,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> None:
        """Check that a partition exists.

        Raises:
            DagsterUnknownPartitionError: It does not; the error names the nearest keys.
        """
        if self.has_partition_key(partition_key, current_time, dynamic_partitions_store):
            return
        raise self.unknown_key(partition_key, current_time, dynamic_partitions_store)

    def unknown_key(
        self, partition_key: str, current_time: Moment = None, dynamic: DynamicPartitions | None = None
    ) -> DagsterUnknownPartitionError:
        """Return the error that says a key is not one of these partitions."""
        near = did_you_mean(partition_key, self.get_partition_keys(current_time, dynamic)[:5000])
        return DagsterUnknownPartitionError(
            f"There is no partition {partition_key!r}.{near}",
            where=caller_location(),
            partition_key=partition_key,
        )

    def get_num_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> int:
        """Return how many partitions exist."""
        return len(self.get_partition_keys(current_time, dynamic_partitions_store))

    def get_first_partition_key(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> str | None:
        """Return the first key, or ``None`` if there is no partition."""
        keys = self.get_partition_keys(current_time, dynamic_partitions_store)
        return keys[0] if keys else None

    def get_last_partition_key(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> str | None:
        """Return the last key, or ``None`` if there is no partition."""
        keys = self.get_partition_keys(current_time, dynamic_partitions_store)
        return keys[-1] if keys else None

    def get_partition_keys_in_range(
        self,
        partition_key_range: PartitionKeyRange,
        dynamic_partitions_store: DynamicPartitions | None = None,
        current_time: Moment = None,
    ) -> list[str]:
        """Return the keys from a range's start to its end, both included; none if they are in reverse order.

        Raises:
            DagsterInvalidInvocationError: The start or the end is not a partition.
        """
        keys = self.get_partition_keys(current_time, dynamic_partitions_store)
        first, last = self._places(partition_key_range, keys)
        return keys[first : last + 1]

    def get_tags_for_partition_key(self, partition_key: str) -> dict[str, str]:
        """Return the tags of a run of this partition."""
        return {PARTITION_TAG: str(partition_key)}

    def empty_subset(self) -> PartitionsSubset:
        """Return the subset without any partition."""
        return self.subset_with_partition_keys(())

    def subset_with_partition_keys(self, partition_keys: Iterable[str]) -> PartitionsSubset:
        """Return the subset of the given keys.

        Raises:
            DagsterUnknownPartitionError: A key cannot belong to this definition.
        """
        raise NotImplementedError

    def subset_with_all_partitions(
        self, current_time: Moment = None, dynamic_partitions_store: DynamicPartitions | None = None
    ) -> PartitionsSubset:
        """Return the subset of all partitions that exist."""
        return self.subset_with_partition_keys(self.get_partition_keys(current_time, dynamic_partitions_store))

    def subset_with_range(
        self,
        partition_key_range: PartitionKeyRange,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return the subset of a range of keys, both ends included."""
        return self.subset_with_partition_keys(
            self.get_partition_keys_in_range(partition_key_range, dynamic_partitions_store, current_time)
        )

    def subset_from_data(self, data: SubsetData) -> PartitionsSubset:
        """Return the subset that was stored as ``data``; keys this definition no longer has are left out."""
        raise NotImplementedError

    def _places(self, keys: PartitionKeyRange, known: Sequence[str]) -> tuple[int, int]:
        missing = [key for key in keys if key not in known]
        if missing:
            raise DagsterInvalidInvocationError(
                f"The partition range {keys.start!r} to {keys.end!r} is not valid: there is no partition"
                f" {missing[0]!r}.{did_you_mean(missing[0], known[:5000])}",
                where=caller_location(),
                missing=missing,
            )
        return known.index(keys.start), known.index(keys.end)


def checked_keys(partition_keys: Iterable[str], what: str) -> tuple[str, ...]:
    """Return keys as a tuple after checking that each is a string and none comes twice.

    Raises:
        DagsterInvalidDefinitionError: A key is no string, holds ``...`` (the mark of ranges) or comes twice.
    """
    if isinstance(partition_keys, str):
        raise DagsterInvalidDefinitionError(
            f"{what} takes a list of keys, not the string {partition_keys!r}.", where=caller_location()
        )
    keys = tuple(partition_keys)
    for key in keys:
        if not isinstance(key, str):
            raise DagsterInvalidDefinitionError(
                f"A partition key is a string, not {key!r} ({type(key).__name__}).", where=caller_location(), key=key
            )
        if "..." in key:
            raise DagsterInvalidDefinitionError(
                f"A partition key cannot contain '...', which marks ranges: {key!r}.", where=caller_location(), key=key
            )
    if len(set(keys)) != len(keys):
        seen: set[str] = set()
        twice = sorted({key for key in keys if key in seen or seen.add(key)})  # type: ignore[func-returns-value]
        raise DagsterInvalidDefinitionError(
            f"Partition keys must be unique; these come more than once: {twice}.", where=caller_location(), keys=twice
        )
    return keys
