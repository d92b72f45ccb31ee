"""Asking for a backfill: which partitions, and what is kept of it. The API and the command line both do it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from earmark.partitions import PartitionKeyRange, PartitionsDefinition
from earmark.store.ports import Store
from earmark.store.records import Backfill
from earmark.values.keys import AssetKey
from earmark.views.dynamic import dynamic_partitions
from earmark.views.faults import BadBodyError
from earmark.views.partitions import unwritten

MOST_PARTITIONS = 1_000_000


class Filling(msgspec.Struct, frozen=True, kw_only=True):
    """A backfill to ask for.

    Args:
        job: The job; ``None`` for one of assets.
        location: The code location.
        assets: The assets, of a job those that it writes.
        partitions: The keys: of the job, or of the topmost of the assets.
        tags: The tags of its runs.
        run_config: The configuration of its runs.
        max_in_flight: How many of its runs are queued or running at once.
        from_failure: Whether only the steps are executed that did not succeed before.
        author: Who asks.
        traceparent: The span in which it is asked for.
    """

    job: str | None
    location: str
    assets: Sequence[AssetKey]
    partitions: Sequence[str]
    tags: Mapping[str, str]
    run_config: Mapping[str, Any] | None = None
    max_in_flight: int | None = None
    from_failure: bool = False
    author: str | None = None
    traceparent: str | None = None


def partitions_to_fill(
    store: Store,
    definition: PartitionsDefinition | None,
    assets: Sequence[AssetKey],
    *,
    keys: Iterable[str] = (),
    ranges: Iterable[PartitionKeyRange] = (),
    only: str = "all",
) -> list[str]:
    """Return the partitions that keys and ranges name, each once; all, if they name none. Arguments as below.

    Raises:
        BadBodyError: None is left, or as below.
        DagsterUnknownPartitionError: A key is no partition.
    """
    found = partitions_named(store, definition, assets, keys=keys, ranges=ranges, only=only)
    if not found:
        raise BadBodyError("No partition is left to be written.", path="partitions")
    return found


def partitions_named(
    store: Store,
    definition: PartitionsDefinition | None,
    assets: Sequence[AssetKey],
    *,
    keys: Iterable[str] = (),
    ranges: Iterable[PartitionKeyRange] = (),
    only: str = "all",
) -> list[str]:
    """Return those of the partitions that keys and ranges name (all, if they name none) that are still to be written.

    Args:
        store: The store.
        definition: How what is filled is cut.
        assets: The assets that are filled.
        keys: Some keys.
        ranges: Some ranges.
        only: ``all``, ``missing`` or ``failed``; see :func:`earmark.views.partitions.unwritten`.

    Raises:
        BadBodyError: Nothing is cut, there are too many, or ``only`` is asked of a job without assets.
        DagsterUnknownPartitionError: A key is no partition.
    """
    if definition is None:
        raise BadBodyError("Nothing of what is to be filled has partitions.", path="partitions")
    if only != "all" and not assets:
        raise BadBodyError(
            f"Which partitions are {only} is known of assets; what a job without assets has done is seen in its runs.",
            path="only",
        )
    now, dynamic = store.clock(), dynamic_partitions(store)
    found, spans = [str(key) for key in keys], list(ranges)
    for key in found:
        definition.validate_partition_key(key, now, dynamic)
    if not found and not spans:
        found = [str(key) for key in definition.get_partition_keys(now, dynamic)]
    for span in spans:
        found += map(str, definition.get_partition_keys_in_range(span, dynamic, now))
    found = unwritten(store, only, assets, list(dict.fromkeys(found)))
    if len(found) > MOST_PARTITIONS:
        raise BadBodyError(
            f"A backfill is of at most {MOST_PARTITIONS:,} partitions, not {len(found):,}.",
            hint="Fill them in several backfills.",
            path="partitions",
        )
    return found


def ask_for(store: Store, filling: Filling, backfill_id: str) -> Backfill:
    """Keep a backfill, for the host to cut into runs."""
    data = {
        "job": filling.job,
        "location": filling.location,
        "assets": [key.to_user_string() for key in filling.assets],
        "partitions": list(filling.partitions),
        "tags": dict(filling.tags),
        "run_config": None if filling.run_config is None else dict(filling.run_config),
        "max_in_flight": filling.max_in_flight,
        "from_failure": filling.from_failure,
        "author": filling.author,
        "traceparent": filling.traceparent,
    }
    return store.backfills.create(Backfill(backfill_id, "queued", store.clock(), data=data))
