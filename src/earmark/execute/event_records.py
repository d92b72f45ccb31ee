"""Records of events by one filter for all kinds, as older code asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from earmark.events.kinds import AssetMaterialized, AssetObserved
from earmark.execute.dagster_event import DagsterEventType
from earmark.execute.records import (
    AssetRecordsFilter,
    EventLogRecord,
    RunStatusChangeRecordsFilter,
    asset_records,
    status_changes,
)
from earmark.runs.tick import FACT_OF_STATUS
from earmark.store.ports import Store
from earmark.values.errors import DagsterInvalidInvocationError, caller_location
from earmark.values.keys import AssetKey

_ASSET_FACTS = {
    DagsterEventType.ASSET_MATERIALIZATION: AssetMaterialized,
    DagsterEventType.ASSET_OBSERVATION: AssetObserved,
}
_RUN_TYPES = frozenset(DagsterEventType[fact.event_type] for fact in FACT_OF_STATUS.values())
_ALL = 1 << 31


class RunShardedEventsCursor(NamedTuple):
    """A place among events, as code for stores with a file for each run writes it.

    Args:
        id: The ``storage_id`` of an event. It is unique in the whole store here, so it alone says the place.
        run_updated_after: When the run of the event was last updated; nothing needs it here.

    Example:
        >>> import datetime as dt
        >>> place = RunShardedEventsCursor(id=17, run_updated_after=dt.datetime(2026, 11, 1))
        >>> wanted = EventRecordsFilter(
        ...     em.DagsterEventType.ASSET_MATERIALIZATION, em.AssetKey("orders"), after_cursor=place
        ... )
        >>> wanted.after_cursor
        17
    """

    id: int
    run_updated_after: datetime


@dataclass(frozen=True)
class EventRecordsFilter:
    """Which events are meant: of an asset, or changes of runs' states. What is not given does not matter.

    Args:
        event_type: ``ASSET_MATERIALIZATION``, ``ASSET_OBSERVATION``, or one that changes the state of a run.
        asset_key: The asset; needed for events of assets.
        asset_partitions: Its partitions.
        after_cursor: Only events with a greater ``storage_id``.
        before_cursor: Only events with a smaller ``storage_id``.
        after_timestamp: Only later events, in POSIX seconds.
        before_timestamp: Only earlier events, in POSIX seconds.
        storage_ids: Only these events.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> instance = em.DagsterInstance.ephemeral()
        >>> _ = em.materialize([orders], instance=instance)
        >>> wanted = EventRecordsFilter(em.DagsterEventType.ASSET_MATERIALIZATION, asset_key=em.AssetKey("orders"))
        >>> [record.asset_key for record in instance.get_event_records(wanted, limit=1)]
        [AssetKey(['orders'])]
    """

    event_type: DagsterEventType
    asset_key: AssetKey | None = None
    asset_partitions: Sequence[str] | None = None
    after_cursor: int | RunShardedEventsCursor | None = None
    before_cursor: int | RunShardedEventsCursor | None = None
    after_timestamp: float | None = None
    before_timestamp: float | None = None
    storage_ids: Sequence[int] | None = None

    def __post_init__(self) -> None:
        for name in ("after_cursor", "before_cursor"):
            place = getattr(self, name)
            if isinstance(place, RunShardedEventsCursor):
                object.__setattr__(self, name, place.id)
        if self.event_type not in _RUN_TYPES and self.event_type not in _ASSET_FACTS:
            known = ", ".join(sorted(one.value for one in (*_ASSET_FACTS, *_RUN_TYPES)))
            raise DagsterInvalidInvocationError(
                f"Records of events are of one of the types {known}, not {self.event_type}.", where=caller_location()
            )
        if self.event_type in _ASSET_FACTS and self.asset_key is None:
            raise DagsterInvalidInvocationError(
                f"Records of {self.event_type.value} are of an asset: give its asset_key.", where=caller_location()
            )


def event_records(
    store: Store, wanted: EventRecordsFilter, limit: int | None, ascending: bool
) -> Sequence[EventLogRecord]:
    """Return the events that a filter means, the latest first unless ``ascending``."""
    between: dict[str, Any] = {
        "after_timestamp": wanted.after_timestamp,
        "before_timestamp": wanted.before_timestamp,
        "after_storage_id": wanted.after_cursor,
        "before_storage_id": wanted.before_cursor,
        "storage_ids": wanted.storage_ids,
    }
    most = _ALL if limit is None else limit
    if wanted.asset_key is None or wanted.event_type not in _ASSET_FACTS:
        runs = RunStatusChangeRecordsFilter(wanted.event_type, **between)
        return status_changes(store, runs, most, None, ascending).records
    asset = AssetRecordsFilter(wanted.asset_key, wanted.asset_partitions, **between)
    return asset_records(store, _ASSET_FACTS[wanted.event_type], asset, most, None, ascending).records
