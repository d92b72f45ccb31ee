"""What happened to an asset: its events, checks and partitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.query.evaluate import Facts, predicate
from earmark.values.keys import AssetKey
from earmark.views.faults import BadRequestError
from earmark.views.listing import fitting, read_cursor, read_query, write_cursor
from earmark.views.shapes.assets import (
    AssetEvent,
    CheckRow,
    CheckRowHistory,
)
from earmark.views.shapes.common import Page
from earmark.views.values import first_line, metadata_of, shown

_KINDS: Mapping[str, type[Any]] = {
    "materialization": kinds.AssetMaterialized,
    "observation": kinds.AssetObserved,
    "failure": kinds.AssetFailedToMaterialize,
    "check": kinds.AssetCheckEvaluated,
}
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
            kind, partition = "skip" if event.fact.skipped else "failure", event.fact.partition
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
        kind: ``materialization``, ``observation``, ``failure`` (skips among them) or ``check``; all if ``None``.
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
            if wanted is not None and (run is None or not wanted(facts_of_run(run))):
                continue
            found.append(asset_event(event, runs))
            if len(found) == limit:
                break
        if len(events) < max(limit, 100):
            break
    items = fitting(found)
    more = len(items) < len(found) or (len(found) == limit and bool(events))
    return Page(items=items, next_cursor=write_cursor(items[-1].seq) if items and more else None, total=len(items))


def facts_of_run(run: DagsterRun) -> Facts:
    """Return what a query over runs asks of a run."""
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
