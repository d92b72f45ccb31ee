"""What happened to an asset: its events, checks and partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.partitions import MultiPartitionsDefinition, PartitionsDefinition
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.store.records import PartitionState
from earmark.tags.query.evaluate import Facts, predicate
from earmark.values.errors import QueryError
from earmark.values.keys import AssetKey
from earmark.views.dynamic import dynamic_partitions
from earmark.views.faults import BadRequestError
from earmark.views.listing import cut, fitting, read_cursor, read_query, write_cursor
from earmark.views.shapes.assets import (
    AssetEvent,
    CheckRow,
    CheckRowHistory,
    PartitionCounts,
    PartitionMap,
    PartitionMapDimension,
    PartitionMapRow,
    PartitionRow,
    PartitionSpan,
    PartitionStatus,
)
from earmark.views.shapes.common import Page
from earmark.views.values import first_line, metadata_of, shown

_KINDS: Mapping[str, type[Any]] = {
    "materialization": kinds.AssetMaterialized,
    "observation": kinds.AssetObserved,
    "failure": kinds.AssetFailedToMaterialize,
    "check": kinds.AssetCheckEvaluated,
}
_WORDS: Mapping[str, PartitionStatus] = {
    "materialized": "materialized",
    "failed": "failed",
    "in_progress": "running",
    "missing": "missing",
}
_MOST_ROWS_OF_MAP = 400
_HISTORY = 20


def asset_event(event: Event, runs: Mapping[str, DagsterRun]) -> AssetEvent:
    """Return an event of an asset as a row."""
    partition, tags, metadata, message, kind = None, {}, {}, None, "materialization"
    match event.fact:
        case kinds.AssetMaterialized():
            said = event.fact.materialization
            partition, tags, metadata, message = said.partition, said.tags, said.metadata, said.description
        case kinds.AssetObserved():
            seen = event.fact.observation
            kind = "observation"
            partition, tags, metadata, message = seen.partition, seen.tags, seen.metadata, seen.description
        case kinds.AssetFailedToMaterialize():
            kind, partition = "failure", event.fact.partition
            otherwise = "An asset upstream failed." if event.fact.skipped else ""
            message = first_line(event.fact.error, otherwise) or None
        case kinds.AssetCheckEvaluated():
            found = event.fact.evaluation
            verdict = "passed" if found.passed else f"did not pass ({found.severity.value})"
            kind, partition, metadata = "check", found.partition, found.metadata
            message = f"{found.check_name} {verdict}"
        case _:
            raise AssertionError(f"{event.event_type} is no event of an asset's page.")
    run = runs.get(event.run_id or "")
    return AssetEvent(
        seq=event.id,
        at=event.timestamp,
        kind=kind,  # type: ignore[arg-type]
        run_id=event.run_id,
        job=None if run is None else run.job_name,
        partition=partition,
        tags=shown(tags),
        metadata=metadata_of(metadata),
        message=message,
    )


def events_page(
    store: Store,
    key: AssetKey,
    q: str = "",
    kind: str | None = None,
    partition: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AssetEvent]:
    """Return what happened to an asset, the latest first.

    Args:
        store: The store.
        key: The asset.
        q: A query over the runs that it happened in.
        kind: ``materialization``, ``observation``, ``failure`` or ``check``; all if ``None``.
        partition: Only of this partition.
        cursor: The cursor of the page before.
        limit: How many at most.

    Raises:
        BadRequestError: There is no such kind.
    """
    if kind is not None and kind not in _KINDS:
        raise BadRequestError(f"There is no kind of event {kind!r}.", hint=f"One of: {', '.join(_KINDS)}.")
    chosen = [_KINDS[kind]] if kind else list(_KINDS.values())
    wanted = predicate(read_query("runs", q), "run", store.clock()) if q.strip() else None
    before = read_cursor(cursor) or None
    found: list[AssetEvent] = []
    events: Sequence[Event] = ()
    while len(found) < limit:
        events = store.events.of_asset(key, kinds=chosen, partition=partition, before=before, limit=max(limit, 100))
        ids = {event.run_id for event in events if event.run_id}
        runs = {run.run_id: run for run in store.runs.get_many(sorted(ids))}
        for event in events:
            run = runs.get(event.run_id or "")
            before = event.id
            if wanted is not None and (run is None or not wanted(_facts_of_run(run))):
                continue
            found.append(asset_event(event, runs))
            if len(found) == limit:
                break
        if len(events) < max(limit, 100):
            break
    items = fitting(found)
    more = len(items) < len(found) or (len(found) == limit and bool(events))
    return Page(items=items, next_cursor=write_cursor(items[-1].seq) if items and more else None, total=len(items))


def _facts_of_run(run: DagsterRun) -> Facts:
    from earmark.tags.query.fields import WORD_OF_STATUS

    values = {"id": (run.run_id,), "job": (run.job_name,), "status": (WORD_OF_STATUS.get(run.status, ""),)}
    return Facts(run.tags, values, {"created": run.created_at, "priority": run.priority})


def check_rows(store: Store, key: AssetKey, specs: Sequence[Any]) -> list[CheckRow]:
    """Return the checks of an asset with their latest results."""
    latest = {state.key.name: state for state in store.assets.checks([key])}
    history: dict[str, list[CheckRowHistory]] = {}
    for event in store.events.of_asset(key, kinds=(kinds.AssetCheckEvaluated,), limit=_HISTORY * max(1, len(specs))):
        assert isinstance(event.fact, kinds.AssetCheckEvaluated)
        found = event.fact.evaluation
        history.setdefault(found.check_name, []).append(
            CheckRowHistory(at=event.timestamp, passed=found.passed, run_id=event.run_id or "")
        )
    rows = []
    for spec in specs:
        state = latest.get(spec.name)
        known = state.evaluation if state is not None else None
        fact = known.fact if known is not None else None
        status = "never"
        if isinstance(fact, kinds.AssetCheckEvaluated):
            status = "passed" if fact.evaluation.passed else "warned"
            if not fact.evaluation.passed and fact.evaluation.severity.value == "ERROR":
                status = "failed"
        if state is not None and state.planned_run_id is not None:
            status = "running"
        rows.append(
            CheckRow(
                asset=key.to_user_string(),
                name=spec.name,
                description=spec.description,
                is_blocking=spec.blocking,
                status=status,  # type: ignore[arg-type]
                at=None if known is None else known.timestamp,
                run_id=None if known is None else known.run_id,
                metadata=metadata_of(fact.evaluation.metadata) if isinstance(fact, kinds.AssetCheckEvaluated) else [],
                history=history.get(spec.name, [])[:_HISTORY][::-1],
            )
        )
    return rows


# Partitions --------------------------------------------------------------------------------------------------------


def partition_rows(
    store: Store, key: AssetKey, definition: PartitionsDefinition | None, q: str, cursor: str | None, limit: int
) -> Page[PartitionRow]:
    """Return the partitions of an asset, the newest first.

    Args:
        store: The store.
        key: The asset.
        definition: How it is cut.
        q: ``status:`` of partitions, and whatever holds of the runs that wrote them.
        cursor: The cursor of the page before.
        limit: How many at most.

    Raises:
        QueryError: The query cannot be read.
    """
    if definition is None:
        return Page(items=[], next_cursor=None, total=0)
    keys = definition.get_partition_keys(store.clock(), dynamic_partitions(store))[::-1]
    states = {state.partition: state for state in store.assets.partitions(key)}
    keys = _narrowed(store, keys, states, q)

    def rows(part: Sequence[str]) -> list[PartitionRow]:
        ids = {states[one].run_id for one in part if one in states}
        runs = {run.run_id: run for run in store.runs.get_many(sorted(one for one in ids if one))}
        return [_partition_row(one, states.get(one), runs, _error_of(store, key, states.get(one))) for one in part]

    return cut(keys, cursor, limit, rows)


def _error_of(store: Store, key: AssetKey, state: PartitionState | None) -> str | None:
    if state is None or state.status != "failed":
        return None
    failed = (kinds.AssetFailedToMaterialize,)
    for event in store.events.of_asset(key, kinds=failed, partition=state.partition, limit=1):
        assert isinstance(event.fact, kinds.AssetFailedToMaterialize)
        return first_line(event.fact.error, "An asset upstream failed." if event.fact.skipped else "") or None
    return None


def _partition_row(
    key: str, state: PartitionState | None, runs: Mapping[str, DagsterRun], error: str | None
) -> PartitionRow:
    if state is None:
        return PartitionRow(key=key, status="missing", at=None, run_id=None, run_tags={}, error=None)
    run = runs.get(state.run_id or "")
    return PartitionRow(
        key=key,
        status=_WORDS.get(state.status, "missing"),
        at=state.materialized_at,
        run_id=state.run_id,
        run_tags={} if run is None else shown(run.tags),
        error=error,
    )


def _narrowed(store: Store, keys: Sequence[str], states: Mapping[str, PartitionState], q: str) -> list[str]:
    """Return the keys whose status and run a query matches; only ``status:`` terms are about the partition itself."""
    if not q.strip():
        return list(keys)
    text = " ".join(part for part in q.split() if not part.startswith(("status:", "-status:")))
    kept = list(keys)
    for part in q.split():
        if not part.startswith(("status:", "-status:")):
            continue
        wanted = {_PARTITION_WORDS.get(one, one) for one in part.partition(":")[2].split(",")}
        unknown = wanted - set(_WORDS.values())
        if unknown:
            raise QueryError(
                f"A partition is {', '.join(_WORDS.values())}, not {sorted(unknown)[0]}.",
                text=q, position=q.index(part), expected=list(_WORDS.values()),
            )  # fmt: skip
        negated = part.startswith("-")
        kept = [one for one in kept if (_status_of(states.get(one)) in wanted) is not negated]
    if not text:
        return kept
    node = read_query("runs", text)
    fits = predicate(node, "run", store.clock())
    ids = sorted({state.run_id for one in kept if (state := states.get(one)) is not None and state.run_id})
    matching = {run.run_id for run in store.runs.get_many(ids) if fits(_facts_of_run(run))}
    return [one for one in kept if one in states and states[one].run_id in matching]


_PARTITION_WORDS = {
    "success": "materialized",
    "succeeded": "materialized",
    "failure": "failed",
    "in_progress": "running",
}


def _status_of(state: PartitionState | None) -> PartitionStatus:
    return "missing" if state is None else _WORDS.get(state.status, "missing")


def partition_map(store: Store, key: AssetKey, definition: PartitionsDefinition | None, q: str = "") -> PartitionMap:
    """Return all partitions of an asset as spans of the same status.

    Args:
        store: The store.
        key: The asset.
        definition: How it is cut.
        q: Partitions that it does not match count as missing.
    """
    if definition is None:
        return PartitionMap(dimensions=[], rows=[], counts=count_statuses([]))
    now, dynamic = store.clock(), dynamic_partitions(store)
    states = {state.partition: state for state in store.assets.partitions(key)}
    keys = definition.get_partition_keys(now, dynamic)
    if q.strip():
        matching = set(_narrowed(store, keys, states, q))
        states = {one: state for one, state in states.items() if one in matching}
    counts = count_statuses([_status_of(states.get(one)) for one in keys])
    if not isinstance(definition, MultiPartitionsDefinition):
        first, last = (keys[0], keys[-1]) if keys else ("", "")
        dimension = PartitionMapDimension(name="partition", total=len(keys), first=first, last=last)
        spans = spans_of(keys, [_status_of(states.get(one)) for one in keys])
        return PartitionMap(dimensions=[dimension], rows=[PartitionMapRow(key=None, spans=spans)], counts=counts)
    primary, secondary = definition.partitions_defs[0], definition.partitions_defs[1]
    outer = primary.partitions_def.get_partition_keys(now, dynamic)
    inner = secondary.partitions_def.get_partition_keys(now, dynamic)
    by_pair = {tuple(sorted(one.items())): _status_of(state) for one, state in _split(definition, states)}
    rows = []
    for one in outer[-_MOST_ROWS_OF_MAP:]:
        pairs = [tuple(sorted({primary.name: one, secondary.name: other}.items())) for other in inner]
        statuses: list[PartitionStatus] = [by_pair.get(pair, "missing") for pair in pairs]
        rows.append(PartitionMapRow(key=one, spans=spans_of(inner, statuses)))
    dimensions = [
        PartitionMapDimension(
            name=name, total=len(found), first=found[0] if found else "", last=found[-1] if found else ""
        )
        for name, found in ((primary.name, outer), (secondary.name, inner))
    ]
    return PartitionMap(dimensions=dimensions, rows=rows, counts=counts)


def _split(
    definition: MultiPartitionsDefinition, states: Mapping[str, PartitionState]
) -> list[tuple[dict[str, str], PartitionState]]:
    names = sorted(definition.partition_dimension_names)
    return [(dict(zip(names, one.split("|"), strict=False)), state) for one, state in states.items()]


def spans_of(keys: Sequence[str], statuses: Sequence[PartitionStatus]) -> list[PartitionSpan]:
    """Return neighbours of the same status as one span each.

    Example:
        >>> [(span.from_, span.to, span.status) for span in spans_of("abc", ["failed", "missing", "missing"])]
        [(0, 1, 'failed'), (1, 3, 'missing')]
    """
    spans: list[PartitionSpan] = []
    start = 0
    for at in range(1, len(statuses) + 1):
        if at < len(statuses) and statuses[at] == statuses[start]:
            continue
        span = PartitionSpan(from_=start, to=at, status=statuses[start], first=keys[start], last=keys[at - 1])
        spans.append(span)
        start = at
    return spans


def count_statuses(statuses: Sequence[PartitionStatus]) -> PartitionCounts:
    """Return how many partitions are in each status."""
    return PartitionCounts(
        total=len(statuses),
        materialized=statuses.count("materialized"),
        failed=statuses.count("failed"),
        running=statuses.count("running"),
        missing=statuses.count("missing"),
    )
