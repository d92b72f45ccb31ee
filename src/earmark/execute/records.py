"""Filters and records of runs and events, under their public names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.events.envelope import Event
from earmark.execute.dagster_event import DagsterEventType, EventLogEntry, entry_of, type_of_fact
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import AssetState
from earmark.store.topics import Topic
from earmark.tags.query import NOTHING, All, Comparison, Exact, Node, Term, all_of
from earmark.values.clock import from_seconds, to_datetime, to_seconds
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus

_PAGE = 1_000


class RunsFilter(msgspec.Struct, frozen=True):
    """Which runs are meant. What is not given does not matter.

    Example:
        >>> RunsFilter(tags={"team": "ml"}, statuses=[DagsterRunStatus.FAILURE]).job_name is None
        True
    """

    run_ids: Sequence[str] | None = None
    job_name: str | None = None
    statuses: Sequence[DagsterRunStatus] | None = None
    tags: Mapping[str, str | Sequence[str]] = msgspec.field(default_factory=dict)
    snapshot_id: str | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    exclude_subruns: bool | None = None


class RunRecord(msgspec.Struct, frozen=True):
    """A run with its times. Times are POSIX seconds, or ``None``; ``create_timestamp`` is a datetime.

    Example:
        >>> from earmark import DagsterRun
        >>> RunRecord.of(DagsterRun(run_id="r", job_name="nightly")).dagster_run.job_name
        'nightly'
    """

    dagster_run: DagsterRun
    storage_id: str
    create_timestamp: datetime
    update_timestamp: datetime
    start_time: float | None
    end_time: float | None

    @staticmethod
    def of(run: DagsterRun) -> RunRecord:
        """Return the record of a run."""
        latest = run.ended_at or run.started_at or run.starting_at or run.queued_at or run.created_at
        return RunRecord(
            run,
            run.run_id,
            to_datetime(run.created_at),
            to_datetime(latest),
            None if run.started_at is None else to_seconds(run.started_at),
            None if run.ended_at is None else to_seconds(run.ended_at),
        )


class DataProvenance(msgspec.Struct, frozen=True):
    """What a materialization was made from: the code version, and the data versions of its inputs.

    Example:
        >>> DataProvenance("2", {}).code_version
        '2'
    """

    code_version: str
    input_data_versions: Mapping[AssetKey, str]
    input_storage_ids: Mapping[AssetKey, int | None] = msgspec.field(default_factory=dict)
    is_user_provided: bool = False


class AssetRecordsFilter(msgspec.Struct, frozen=True):
    """Which events of an asset are meant.

    Example:
        >>> AssetRecordsFilter(AssetKey("orders"), asset_partitions=["2026-11-01"]).asset_key
        AssetKey(['orders'])
    """

    asset_key: AssetKey
    asset_partitions: Sequence[str] | None = None
    after_timestamp: float | None = None
    before_timestamp: float | None = None
    after_storage_id: int | None = None
    before_storage_id: int | None = None
    storage_ids: Sequence[int] | None = None


class EventLogRecord(msgspec.Struct, frozen=True):
    """A row of a log with the store's number of it.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders():
        ...     return em.MaterializeResult(metadata={"rows": 3})
        >>> instance = em.DagsterInstance.ephemeral()
        >>> _ = em.materialize([orders], instance=instance)
        >>> [record] = instance.fetch_materializations(em.AssetKey("orders"), limit=1).records
        >>> record.asset_key, record.asset_materialization.metadata["rows"].value
        (AssetKey(['orders']), 3)
    """

    storage_id: int
    event_log_entry: EventLogEntry

    @property
    def run_id(self) -> str | None:
        """The run."""
        return self.event_log_entry.run_id

    @property
    def timestamp(self) -> float:
        """When, in POSIX seconds."""
        return self.event_log_entry.timestamp

    @property
    def asset_key(self) -> AssetKey | None:
        """The asset that the event is about."""
        event = self.event_log_entry.dagster_event
        return None if event is None else event.asset_key

    @property
    def partition_key(self) -> str | None:
        """The partition that the event is about."""
        event = self.event_log_entry.dagster_event
        return None if event is None else event.partition

    @property
    def asset_materialization(self) -> Any:
        """The materialization, if it is one."""
        return self.event_log_entry.asset_materialization

    @property
    def asset_observation(self) -> Any:
        """The observation, if it is one."""
        return self.event_log_entry.asset_observation


class EventRecordsResult(msgspec.Struct, frozen=True):
    """A page of events, and where the next begins.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> instance = em.DagsterInstance.ephemeral()
        >>> for _ in range(3):
        ...     _ = em.materialize([orders], instance=instance)
        >>> page = instance.fetch_materializations(em.AssetKey("orders"), limit=2)
        >>> len(page.records), page.has_more
        (2, True)
        >>> len(instance.fetch_materializations(em.AssetKey("orders"), limit=2, cursor=page.cursor).records)
        1
    """

    records: Sequence[EventLogRecord]
    cursor: str
    has_more: bool


def run_query(filters: RunsFilter | Node | str | None) -> Node | str:
    """Return a filter as a query over runs."""
    if filters is None:
        return All()
    if not isinstance(filters, RunsFilter):
        return filters
    wanted: list[Node] = []
    if filters.run_ids is not None:
        wanted.append(_one_of("id", filters.run_ids))
    if filters.job_name is not None:
        wanted.append(_one_of("job", [filters.job_name]))
    if filters.statuses is not None:
        wanted.append(_one_of("status", [status.value.lower() for status in filters.statuses]))
    for key, value in filters.tags.items():
        values = [value] if isinstance(value, str) else list(value)
        wanted.append(Term("tag", tuple(Exact(one) for one in values), key=Exact(key)))
    for moment, comparison in ((filters.created_after, ">"), (filters.created_before, "<")):
        if moment is not None:
            wanted.append(Term("created", (Exact(moment.isoformat()),), Comparison(comparison)))
    return all_of(wanted) if wanted else All()


def _one_of(name: str, values: Sequence[str]) -> Node:
    return Term(name, tuple(Exact(value) for value in values)) if values else NOTHING


def asset_records(
    store: Store, kind: Any, records_filter: Any, limit: int, cursor: str | None, ascending: bool
) -> EventRecordsResult:
    """Return a page of events of one kind about an asset."""
    wanted = records_filter if isinstance(records_filter, AssetRecordsFilter) else AssetRecordsFilter(records_filter)
    place = None if cursor is None else int(cursor)
    if place is not None and ascending:
        wanted = replace(wanted, after_storage_id=place)
    elif place is not None:
        wanted = replace(wanted, before_storage_id=place)
    streams = [
        _asset_events(store, kind, wanted, partition, ascending, min(limit + 1, _PAGE))
        for partition in wanted.asset_partitions or (None,)
    ]
    found = merge(*streams, key=lambda event: event.id, reverse=not ascending)
    kept = list(islice((event for event in found if _is_in(event, wanted)), limit + 1))
    records = [EventLogRecord(event.id, entry_of(event)) for event in kept[:limit]]
    last = str(records[-1].storage_id) if records else (cursor or "0")
    return EventRecordsResult(records, last, len(kept) > limit)


def _asset_events(
    store: Store, kind: Any, wanted: AssetRecordsFilter, partition: str | None, ascending: bool, size: int
) -> Iterator[Event]:
    """Yield the events of an asset in order, read page by page as far as anybody asks."""
    after, before = wanted.after_storage_id or 0, wanted.before_storage_id
    while True:
        page = store.events.of_asset(
            wanted.asset_key,
            kinds=(kind,),
            partition=partition,
            after=after,
            before=before,
            limit=size,
            newest=not ascending,
        )
        yield from page
        if len(page) < size:
            return
        after, before = (page[-1].id, before) if ascending else (after, page[-1].id)


def _is_in(event: Event, wanted: AssetRecordsFilter) -> bool:
    after, before = wanted.after_timestamp, wanted.before_timestamp
    if after is not None and event.timestamp <= from_seconds(after):
        return False
    if wanted.storage_ids is not None and event.id not in wanted.storage_ids:
        return False
    return before is None or event.timestamp < from_seconds(before)


class AssetRecord(msgspec.Struct, frozen=True):
    """What is known of an asset now."""

    asset_key: AssetKey
    last_materialization: EventLogEntry | None
    last_observation: EventLogEntry | None
    last_run_id: str | None

    @staticmethod
    def of(state: AssetState) -> AssetRecord:
        """Return the record of an asset's state in the store."""
        latest = state.materialization
        return AssetRecord(
            state.key,
            None if latest is None else entry_of(latest),
            None if state.observation is None else entry_of(state.observation),
            state.planned_run_id or (None if latest is None else latest.run_id),
        )

    @property
    def asset_entry(self) -> AssetRecord:
        """The record itself, under the name by which older code asks for it."""
        return self


class RunStatusChangeRecordsFilter(msgspec.Struct, frozen=True):
    """Which changes of runs' states are meant.

    Example:
        >>> from earmark import DagsterEventType
        >>> RunStatusChangeRecordsFilter(DagsterEventType.RUN_FAILURE, job_names=["nightly"]).job_names
        ['nightly']
    """

    event_type: DagsterEventType
    after_timestamp: float | None = None
    before_timestamp: float | None = None
    after_storage_id: int | None = None
    before_storage_id: int | None = None
    storage_ids: Sequence[int] | None = None
    job_names: Sequence[str] | None = None


def status_changes(
    store: Store, records_filter: Any, limit: int, cursor: str | None, ascending: bool
) -> EventRecordsResult:
    """Return a page of changes of runs' states."""
    given = isinstance(records_filter, RunStatusChangeRecordsFilter)
    wanted = records_filter if given else RunStatusChangeRecordsFilter(records_filter)
    found = [event for event in _run_events(store) if type_of_fact(event.fact) is wanted.event_type]
    place = None if cursor is None else int(cursor)
    found.sort(key=lambda event: event.id, reverse=not ascending)
    kept = [event for event in found if _is_meant(event, wanted, store) and _is_beyond(event.id, place, ascending)]
    records = [EventLogRecord(event.id, entry_of(event)) for event in kept[:limit]]
    last = str(records[-1].storage_id) if records else (cursor or "0")
    return EventRecordsResult(records, last, len(kept) > limit)


def _run_events(store: Store) -> Iterator[Event]:
    cursor = "0"
    while True:
        page = store.events.follow(cursor, topic=Topic.RUNS)
        yield from page.events
        if not page.events:
            return
        cursor = page.cursor


def _is_beyond(number: int, place: int | None, ascending: bool) -> bool:
    return place is None or (number > place if ascending else number < place)


def _is_meant(event: Event, wanted: RunStatusChangeRecordsFilter, store: Store) -> bool:
    after, before = wanted.after_timestamp, wanted.before_timestamp
    if after is not None and event.timestamp <= from_seconds(after):
        return False
    if before is not None and event.timestamp >= from_seconds(before):
        return False
    if wanted.after_storage_id is not None and event.id <= wanted.after_storage_id:
        return False
    if wanted.before_storage_id is not None and event.id >= wanted.before_storage_id:
        return False
    if wanted.storage_ids is not None and event.id not in wanted.storage_ids:
        return False
    if wanted.job_names is None or event.run_id is None:
        return wanted.job_names is None
    return any(run.job_name in wanted.job_names for run in store.runs.get_many([event.run_id]))
