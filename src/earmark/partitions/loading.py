"""What partitions are loaded against: the time, and the keys that were added while running."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Protocol, Union

import msgspec

from earmark.values.clock import Micros, default_clock, from_datetime, to_datetime
from earmark.values.errors import DagsterInvariantViolationError, caller_location


class DynamicPartitions(Protocol):
    """Where the keys of dynamic partitions are kept. ``DagsterInstance`` is one."""

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """Return the keys of the definition with this name, in the order they were added."""
        ...


class PartitionLoadingContext(msgspec.Struct, frozen=True):
    """The time and the dynamic keys that partition methods use where they are not given."""

    effective_dt: datetime | None = None
    dynamic_partitions_store: DynamicPartitions | None = None


Moment = Union[datetime, int, None]
"""A time given as a datetime (a naive one is UTC) or as microseconds; ``None`` takes it from the context."""

_CONTEXT: ContextVar[PartitionLoadingContext] = ContextVar("partition_loading_context")
_NOTHING = PartitionLoadingContext()


@contextmanager
def partition_loading_context(
    effective_dt: datetime | None = None,
    dynamic_partitions_store: DynamicPartitions | None = None,
    new_ctx: PartitionLoadingContext | None = None,
) -> Iterator[PartitionLoadingContext]:
    """Let partition methods called inside use this time and this store.

    Args:
        effective_dt: The time to take for now; a naive one is UTC.
        dynamic_partitions_store: Where dynamic keys are found.
        new_ctx: A whole context, instead of the two.

    Example:
        >>> from datetime import datetime
        >>> from earmark.partitions.grains import DailyPartitionsDefinition
        >>> with partition_loading_context(effective_dt=datetime(2024, 3, 3)):
        ...     DailyPartitionsDefinition("2024-03-01").get_partition_keys()
        ['2024-03-01', '2024-03-02']
    """
    outer = _CONTEXT.get(_NOTHING)
    context = new_ctx or PartitionLoadingContext(
        effective_dt=effective_dt or outer.effective_dt,
        dynamic_partitions_store=dynamic_partitions_store or outer.dynamic_partitions_store,
    )
    token = _CONTEXT.set(context)
    try:
        yield context
    finally:
        _CONTEXT.reset(token)


def resolve_now(moment: Moment) -> Micros:
    """Return the given time, or that of the context, or that of the clock.

    Raises:
        DagsterInvariantViolationError: There is none of these.
    """
    if isinstance(moment, datetime):
        return from_datetime(moment)
    if moment is not None:
        return Micros(moment)
    effective = _CONTEXT.get(_NOTHING).effective_dt
    if effective is not None:
        return from_datetime(effective)
    clock = default_clock()
    if clock is not None:
        return clock()
    raise DagsterInvariantViolationError(
        "Which partitions there are depends on the time, and none is known here.",
        hint="Pass current_time, or call inside `with partition_loading_context(effective_dt=...)`.",
        where=caller_location(),
    )


def resolve_datetime(moment: Moment) -> datetime:
    """Return the same as an aware datetime in UTC."""
    return to_datetime(resolve_now(moment))


def resolve_dynamic(store: DynamicPartitions | None, name: str) -> DynamicPartitions:
    """Return the given store, or that of the context.

    Raises:
        DagsterInvariantViolationError: There is neither.
    """
    found = store if store is not None else _CONTEXT.get(_NOTHING).dynamic_partitions_store
    if found is not None:
        return found
    raise DagsterInvariantViolationError(
        f"The keys of the dynamic partitions {name!r} are kept by an instance, and none is known here.",
        hint="Pass dynamic_partitions_store=instance, or call inside"
        " `with partition_loading_context(dynamic_partitions_store=instance)`.",
        where=caller_location(),
        partitions_def_name=name,
    )
