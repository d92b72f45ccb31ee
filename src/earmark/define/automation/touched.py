"""What has happened since a sensor of conditions last looked, as the assets and checks that it touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from earmark.decide.automation.index import ConditionIndex
from earmark.decide.backfills import BackfillPlan, UnitStatus, spread
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetCheckEvaluated,
    AssetCheckPlanned,
    AssetFailedToMaterialize,
    AssetMaterializationPlanned,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
    RunCanceled,
    RunFailed,
    RunSucceeded,
    RunTagged,
)
from earmark.graph.assets import AssetGraph
from earmark.partitions.definition import PartitionKeyRange
from earmark.runs.backfill import OPEN_BACKFILLS, PLANS
from earmark.values import wire
from earmark.values.errors import DagsterError
from earmark.values.keys import AssetKey

MOST_EVENTS = 5_000
"""After how many events everything is evaluated rather than what they touch."""


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a sensor of conditions has seen what happens.

    Args:
        log: How far the log was read.
        dynamic: A hash of the keys of dynamic partitions, by their name.
        backfilling: A hash of the partitions that backfills are to write, by asset.
    """

    log: str | None = None
    dynamic: dict[str, str] = {}
    backfilling: dict[str, str] = {}


class News(msgspec.Struct, frozen=True):
    """What has happened.

    Args:
        touched: The assets and checks about which something happened; ``None`` for all.
        backfilling: The partitions that backfills which are not over are to write, by asset.
        seen: How far it has been seen now.
    """

    touched: set[Any] | None
    backfilling: Mapping[AssetKey, Collection[str | None]]
    seen: Seen


def news_since(seen: Seen, index: ConditionIndex, instance: Any) -> News:
    """Return what has happened since ``seen``.

    Args:
        seen: How far it was seen.
        index: The conditions.
        instance: Whose store tells it.
    """
    store = instance.store
    log, touched = _touched_since(store, seen.log)
    dynamic = {name: wire.content_hash(store.dynamic_partitions.get(name)) for name in index.dynamic_names}
    backfilling = _backfilling(index.graph, instance)
    hashes = {key.to_user_string(): wire.content_hash(sorted(map(str, keys))) for key, keys in backfilling.items()}
    if touched is not None:
        for name in _changed(seen.dynamic, dynamic):
            touched |= set(index.cut_by(name))
        touched |= {AssetKey.from_user_string(name) for name in _changed(seen.backfilling, hashes)}
    return News(touched, backfilling, Seen(log, dynamic, hashes))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _touched_since(store: Any, cursor: str | None) -> tuple[str, set[Any] | None]:
    """Return where the log ends now, and the assets and checks about which there are events since a cursor.

    The assets of runs that ended are among them: they are no longer in progress. ``None`` stands for all, where there
    is no cursor or too much has happened.
    """
    if cursor is None:
        return store.events.head(), None
    touched: set[Any] = set()
    seen = 0
    while True:
        page = store.events.follow(cursor, limit=1_000)
        cursor = page.cursor
        seen += len(page.events)
        if seen > MOST_EVENTS:
            return store.events.head(), None
        for event in page.events:
            touched |= _touched_by(store, event)
        if len(page.events) < 1_000:
            return cursor, touched


def _touched_by(store: Any, event: Event) -> set[Any]:
    fact = event.fact
    if isinstance(fact, AssetMaterialized):
        return {fact.materialization.asset_key}
    if isinstance(fact, AssetObserved):
        return {fact.observation.asset_key}
    if isinstance(fact, (AssetMaterializationPlanned, AssetFailedToMaterialize, AssetWiped)):
        return {fact.asset_key}
    if isinstance(fact, AssetCheckPlanned):
        return {fact.check_key}
    if isinstance(fact, AssetCheckEvaluated):
        return {fact.evaluation.asset_check_key}
    if isinstance(fact, (RunSucceeded, RunFailed, RunCanceled, RunTagged)) and event.run_id is not None:
        planned = store.events.of_run(event.run_id, kinds=(AssetMaterializationPlanned, AssetCheckPlanned))
        return {
            one.fact.asset_key if isinstance(one.fact, AssetMaterializationPlanned) else one.fact.check_key
            for one in planned
        }
    return set()


def _backfilling(graph: AssetGraph, instance: Any) -> dict[AssetKey, set[str | None]]:
    """Return the partitions (``None`` for an asset without) that backfills are still to write, by asset."""
    found: dict[AssetKey, set[str | None]] = {}
    for backfill in instance.store.backfills.list(statuses=OPEN_BACKFILLS, limit=1_000):
        plan = instance.store.entries.get(PLANS, backfill.id)
        open_ones = (
            _not_planned(graph, backfill.data, instance)
            if plan is None
            else _not_done(graph, wire.decode(plan, BackfillPlan), backfill.data.get("units"), instance)
        )
        for key, partitions in open_ones:
            if key in graph:
                found.setdefault(key, set()).update(partitions)
    return found


def _not_planned(
    graph: AssetGraph, data: Mapping[str, Any], instance: Any
) -> Iterator[tuple[AssetKey, Iterable[str | None]]]:
    if data.get("wanted"):
        for name, partitions in data["wanted"].items():
            yield AssetKey.from_user_string(name), partitions or (None,)
        return
    keys = [key for key in map(AssetKey.from_user_string, data.get("assets") or ()) if key in graph]
    try:
        wanted = spread(graph, keys, data.get("partitions") or (), now=instance.clock(), dynamic=instance)
    except DagsterError:
        # The host refuses what cannot be cut, so it writes nothing.
        return
    for key, subset in wanted.items():
        yield key, (None,) if subset is None else map(str, subset.get_partition_keys())


def _not_done(
    graph: AssetGraph, plan: BackfillPlan, letters: str | None, instance: Any
) -> Iterator[tuple[AssetKey, Iterable[str | None]]]:
    for unit, letter in zip(plan.units, letters or UnitStatus.WAITING * len(plan.units), strict=True):
        if letter not in (UnitStatus.WAITING, UnitStatus.REQUESTED):
            continue
        for key in plan.groups[unit.group]:
            if unit.first is None or unit.last is None or key not in graph:
                yield key, (unit.first,)
                continue
            span = PartitionKeyRange(unit.first, unit.last)
            yield key, graph.get(key).partitions_def.get_partition_keys_in_range(span, instance, instance.clock())
