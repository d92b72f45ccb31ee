"""How each partition of an asset stands, in the order of its keys; kept until something about it happens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from earmark.decide.staleness import StaleCause, Staleness
from earmark.graph.assets import AssetGraph
from earmark.partitions import MultiPartitionsDefinition, PartitionsDefinition
from earmark.partitions.dynamic import DynamicPartitionsDefinition
from earmark.store.ports import Store
from earmark.store.records import PartitionState
from earmark.values.keys import AssetKey
from earmark.views.asset_index import AssetIndexCache
from earmark.views.dynamic import dynamic_partitions
from earmark.views.shapes.assets import PartitionStatus
from earmark.views.tail import Tail

_KEPT = 8
_WORDS: Mapping[str, PartitionStatus] = {
    "materialized": "materialized",
    "failed": "failed",
    "in_progress": "running",
    "missing": "missing",
}


@dataclass(frozen=True)
class PartitionBoard:
    """How the partitions of an asset stand at one moment.

    Args:
        keys: Their keys, in order.
        statuses: The status of each.
        causes: Why some are stale, or the asset is.
    """

    keys: Sequence[str]
    statuses: Sequence[PartitionStatus]
    causes: Sequence[StaleCause] = ()

    @cached_property
    def status_of(self) -> Mapping[str, PartitionStatus]:
        """The status of each key."""
        return dict(zip(self.keys, self.statuses, strict=True))

    def causes_of(self, key: str) -> list[str]:
        """Return in words why a partition is stale."""
        return [
            f"{cause.asset.to_user_string()} {cause.reason}"
            for cause in self.causes
            if cause.partitions is not None and key in cause.partitions
        ]


def read_board(store: Store, graph: AssetGraph, key: AssetKey, keys: Sequence[str] | None = None) -> PartitionBoard:
    """Return how the partitions of an asset stand now.

    Args:
        store: The store.
        graph: All assets.
        key: The asset; one without partitions has an empty board, with the causes for which it is stale.
        keys: The keys of its partitions, where they are known.
    """
    now, dynamic = store.clock(), dynamic_partitions(store)
    if keys is None:
        definition = graph.get(key).partitions_def
        keys = [] if definition is None else [str(one) for one in definition.get_partition_keys(now, dynamic)]
    known = _ReadOnce(store)
    states = known.partitions(key) if keys else ()
    status_of = {state.partition: _WORDS.get(state.status, "missing") for state in states}
    causes = Staleness(graph, known, now, dynamic).causes(key)
    for cause in causes:
        for one in cause.partitions or ():
            if status_of.get(one) == "materialized":
                status_of[one] = "stale"
    return PartitionBoard(keys, [status_of.get(one, "missing") for one in keys], causes)


class _ReadOnce:
    """What a store knows of assets, with the partitions of each read once."""

    def __init__(self, store: Store) -> None:
        self._assets = store.assets
        self._read: dict[AssetKey, list[PartitionState]] = {}

    def get(self, key: AssetKey) -> Any:
        return self._assets.get(key)

    def partitions(self, key: AssetKey, among: Sequence[str] | None = None) -> Sequence[PartitionState]:
        if key in self._read:
            return self._read[key]
        if among is not None:
            return self._assets.partitions(key, among)
        self._read[key] = self._assets.partitions(key)
        return self._read[key]


class PartitionBoards:
    """Gives boards, read anew where something has happened to the asset, or to what it is made from.

    Args:
        store: The store.
        indexes: The assets and their states.
        tail: What has changed.
    """

    def __init__(self, store: Store, indexes: AssetIndexCache, tail: Tail) -> None:
        self._store = store
        self._indexes = indexes
        self._tail = tail
        self._lock = threading.Lock()
        self._kept: OrderedDict[AssetKey, tuple[Any, PartitionBoard]] = OrderedDict()

    def get(self, key: AssetKey) -> PartitionBoard:
        """Return how the partitions of an asset stand now."""
        index = self._indexes.get()
        node = index.graph.get(key)
        around = sorted({key, *node.parent_keys})
        cut = (index.catalog.version, self._stamp(node.partitions_def))
        version = (cut, [self._tail.version_of(one) for one in around], self._tail.runs_version)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            return kept[1]
        if kept is not None and kept[0][:2] == version[:2] and "running" not in kept[1].statuses:
            board = kept[1]
        else:
            same_keys = kept is not None and kept[0][0] == cut
            board = read_board(self._store, index.graph, key, kept[1].keys if kept and same_keys else None)
        with self._lock:
            self._kept[key] = (version, board)
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return board

    def _stamp(self, definition: PartitionsDefinition | None) -> Any:
        """Return what changes whenever there are other partitions of a definition than before."""
        if definition is None:
            return None
        if isinstance(definition, MultiPartitionsDefinition):
            return [self._stamp(each.partitions_def) for each in definition.partitions_defs]
        if isinstance(definition, DynamicPartitionsDefinition):
            return definition.get_partition_keys(self._store.clock(), dynamic_partitions(self._store))
        return definition.get_num_partitions(self._store.clock())
