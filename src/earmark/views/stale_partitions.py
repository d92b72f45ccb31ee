"""Which assets with partitions are stale, judged again only where something has happened to them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from earmark.decide.staleness import Staleness
from earmark.graph.assets import AssetGraph
from earmark.store.ports import Store
from earmark.store.records import AssetState, PartitionState
from earmark.values.clock import Micros
from earmark.values.keys import AssetKey
from earmark.views.dynamic import dynamic_partitions
from earmark.views.tail import Tail

_NOTHING_KNOWN = AssetState(AssetKey(("-",)))
_HELD = 50_000
"""The partitions of so many, at the most, are held while assets that share them are judged one after the other."""

_FREE = 20_000
_WAIT = 100
"""An asset about which more rows than these are read is judged at most once in so many microseconds for each row: that
is about a hundredth of the time."""


@dataclass(frozen=True)
class _Verdict:
    is_stale: bool
    at: Micros
    rows: int
    definitions: tuple[Any, ...]


class StalePartitions:
    """Keeps of each asset that has partitions, or is made from one that has, whether it is stale. For one thread.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._verdicts: dict[AssetKey, _Verdict] = {}
        self._seen: dict[AssetKey, int] = {}
        self._late: set[AssetKey] = set()
        self._looked: tuple[AssetGraph, int] | None = None
        self.version = 0
        """Grows whenever an asset becomes stale or is so no longer."""

    @property
    def keys(self) -> frozenset[AssetKey]:
        """The assets that are stale."""
        return frozenset(key for key, verdict in self._verdicts.items() if verdict.is_stale)

    def look(self, graph: AssetGraph, states: Mapping[AssetKey, AssetState], tail: Tail) -> None:
        """Judge anew what may have changed.

        Args:
            graph: All assets.
            states: What is known of those that an event has named.
            tail: What has changed.
        """
        before, present = self._looked, (graph, tail.assets_version)
        if before is not None and before[0] is graph and before[1] == present[1] and not self._late:
            return
        self._looked = present
        versions = tail.versions
        touched = [key for key, version in versions.items() if self._seen.get(key) != version]
        self._seen = versions
        wanted = set() if before is not None and before[0] is graph else self._redefined(graph)
        for key in touched:
            if key in graph:
                wanted |= {key, *(graph.keys[at] for at in graph.children[graph.positions[key]])}
        due = {key for key in wanted | self._late if _is_judged(graph, key)}
        self._late = set()
        if due:
            self._judge(graph, states, due)

    def _redefined(self, graph: AssetGraph) -> set[AssetKey]:
        """Return the assets that are new, or whose definition or parents' definitions have changed."""
        for gone in self._verdicts.keys() - graph.positions.keys():
            del self._verdicts[gone]
        return {
            key
            for key in graph.keys
            if _is_judged(graph, key)
            and (key not in self._verdicts or self._verdicts[key].definitions != _definitions(graph, key))
        }

    def _judge(self, graph: AssetGraph, states: Mapping[AssetKey, AssetState], due: Iterable[AssetKey]) -> None:
        now = self._store.clock()
        known = _Known(self._store, states)
        staleness = Staleness(graph, known, now, dynamic_partitions(self._store))
        # Neighbours in the order of the graph share what they are made from.
        for key in sorted(due, key=graph.positions.__getitem__):
            before, definitions = self._verdicts.get(key), _definitions(graph, key)
            if (
                before is not None
                and before.definitions == definitions
                and before.rows > _FREE
                and now - before.at < before.rows * _WAIT
            ):
                self._late.add(key)
                continue
            known.rows = 0
            has_data = key in states and states[key].materialization is not None
            is_stale = has_data and bool(staleness.causes(key))
            if is_stale != (before is not None and before.is_stale):
                self.version += 1
            self._verdicts[key] = _Verdict(is_stale, now, known.rows, definitions)


def _is_judged(graph: AssetGraph, key: AssetKey) -> bool:
    """Say whether partitions have to do with whether an asset is stale; else its own state and its parents' tell."""
    if graph.get(key).partitions_def is not None:
        return True
    return any(graph.specs[at].partitions_def is not None for at in graph.parents[graph.positions[key]])


def _definitions(graph: AssetGraph, key: AssetKey) -> tuple[Any, ...]:
    at = graph.positions[key]
    return (graph.specs[at], *(graph.specs[one].partitions_def for one in graph.parents[at]))


class _Known:
    """What is known of assets, with the partitions of a few held, and the rows counted that were read or used."""

    def __init__(self, store: Store, states: Mapping[AssetKey, AssetState]) -> None:
        self._store = store
        self._states = states
        self._held: OrderedDict[AssetKey, list[PartitionState]] = OrderedDict()
        self._size = 0
        self.rows = 0

    def get(self, key: AssetKey) -> AssetState:
        return self._states.get(key, _NOTHING_KNOWN)

    def partitions(self, key: AssetKey, among: Sequence[str] | None = None) -> Sequence[PartitionState]:
        if key in self._held:
            self._held.move_to_end(key)
            found = self._held[key]
        elif among is not None:
            found = self._store.assets.partitions(key, among)
        else:
            found = self._held[key] = self._store.assets.partitions(key)
            self._size += len(found)
            while len(self._held) > 1 and self._size > _HELD:
                _, dropped = self._held.popitem(last=False)
                self._size -= len(dropped)
        self.rows += len(found)
        return found
