"""Which assets and partitions are stale: their code changed since they were written, or what they are made from did."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from earmark.decide.newer import Relation
from earmark.events.kinds import AssetMaterialized
from earmark.graph.assets import AssetGraph
from earmark.partitions import infer_mapping
from earmark.partitions.multi_mapping import UserPartitionMapping
from earmark.values.clock import Micros
from earmark.values.keys import AssetKey

NEWER_DATA = "has newer data"
OTHER_CODE = "has another code version"
_FEW = 5_000
"""The states of so many partitions are read by their keys; where there are more, all are read."""


class KnownAssets(Protocol):
    """What a store knows of assets."""

    def get(self, key: AssetKey) -> Any:
        """Return the state of an asset."""

    def partitions(self, key: AssetKey, among: Sequence[str] | None = None) -> Sequence[Any]:
        """Return the states of the partitions of an asset that were ever heard of."""


@dataclass(frozen=True)
class StaleCause:
    """Why something is stale.

    Args:
        asset: The asset itself, or one that it is made from.
        reason: What it has, in words.
        partitions: The partitions of the stale asset for which it is so; ``None`` for an asset without.
    """

    asset: AssetKey
    reason: str
    partitions: frozenset[str] | None = None


class Staleness:
    """Judges assets and their partitions.

    A partition is stale where a partition that it needs by the mapping of the dependency has changed since it was
    written, or where it was written by another version of the code. Written again with the same data version, a
    partition has not changed. Partitions that were never written are missing, not stale. What only a user's own mapping
    could tell is not judged where that is not loaded.

    Args:
        graph: All assets.
        known: What is known of them.
        now: The time that decides which partitions exist.
        dynamic: Where keys of dynamic partitions are found.
    """

    def __init__(self, graph: AssetGraph, known: KnownAssets, now: Micros, dynamic: Any = None) -> None:
        self._graph = graph
        self._known = known
        self._now = now
        self._dynamic = dynamic

    def causes(self, key: AssetKey, among: Collection[str] | None = None) -> list[StaleCause]:
        """Return why an asset, or partitions of it, are stale; nothing where none is.

        Args:
            key: The asset.
            among: The partitions to judge; all if ``None``.
        """
        if self._graph.get(key).partitions_def is None:
            return [StaleCause(cause, reason) for cause, reason in self._causes_of_whole(key)]
        return list(self._causes_of_partitions(key, among))

    def _causes_of_whole(self, key: AssetKey) -> Iterable[tuple[AssetKey, str]]:
        own = self._known.get(key).materialization
        if own is None or not isinstance(own.fact, AssetMaterialized):
            return
        yield from whole_causes(self._graph, key, self._known.get)
        for parent in self._parents(key):
            cut = self._graph.get(parent).partitions_def
            if parent == key or cut is None:
                continue
            given = self._graph.get(key).partition_mappings.get(parent) or infer_mapping(cut, None)
            if isinstance(given, UserPartitionMapping):
                continue
            needed = given.upstream(None, None, cut, self._now, self._dynamic).partitions_subset
            if any(at > own.id and one in needed for one, at in self._changes(parent).items()):
                yield parent, NEWER_DATA

    def _causes_of_partitions(self, key: AssetKey, among: Collection[str] | None) -> Iterable[StaleCause]:
        node = self._graph.get(key)
        states = [one for one in self._states(key, among) if one.event_id is not None]
        code = node.code_version
        if code is not None:
            others = frozenset(one.partition for one in states if one.code_version not in (None, code))
            if others:
                yield StaleCause(key, OTHER_CODE, others)
        written = {one.partition: one.event_id for one in states}
        for parent in self._parents(key):
            found = self._outdated(key, parent, written)
            if found:
                yield StaleCause(parent, NEWER_DATA, frozenset(found))

    def _outdated(self, key: AssetKey, parent: AssetKey, written: dict[str, int]) -> set[str]:
        ours, theirs = self._graph.get(key).partitions_def, self._graph.get(parent).partitions_def
        if theirs is None:
            changed_id = self._known.get(parent).changed_id or 0
            return {one for one, at in written.items() if changed_id > at}
        mapping = self._graph.get(key).partition_mappings.get(parent)
        if isinstance(mapping, UserPartitionMapping):
            return set()
        relation = Relation(mapping, ours, theirs, self._now, self._dynamic)
        among: list[str] | None = None
        if len(written) == 1:
            (only,) = written
            if only not in ours.subset_with_all_partitions(self._now, self._dynamic):
                return set()
            among = relation.needed(only)
            return set(written) if any(at > written[only] for at in self._changes(parent, among).values()) else set()
        return relation.outdated(written, self._changes(parent))

    def _changes(self, key: AssetKey, among: Collection[str] | None = None) -> dict[str, int]:
        return {one.partition: one.changed_id for one in self._states(key, among) if one.changed_id is not None}

    def _states(self, key: AssetKey, among: Collection[str] | None) -> Sequence[Any]:
        if among is None or len(among) > _FEW:
            found = self._known.partitions(key)
            return found if among is None else [one for one in found if one.partition in set(among)]
        return self._known.partitions(key, sorted(among))

    def _parents(self, key: AssetKey) -> list[AssetKey]:
        return [self._graph.keys[at] for at in self._graph.parents[self._graph.positions[key]]]

    def not_up_to_date(
        self, keys: Iterable[AssetKey], meant: Callable[[AssetKey], Collection[str] | None]
    ) -> list[AssetKey]:
        """Return those of some assets that are missing or stale, or made from such ones among them, upstream first.

        Args:
            keys: The assets.
            meant: Which partitions are meant of an asset; ``None`` for one without, or where none is said.
        """
        chosen = set(keys)
        found: dict[AssetKey, None] = {}
        for key in self._graph.topological_keys:
            if key not in chosen:
                continue
            below = any(parent in found for parent in self._parents(key) if parent != key)
            if below or not self._is_written(key, meant(key)) or self.causes(key, meant(key)):
                found[key] = None
        return list(found)

    def _is_written(self, key: AssetKey, partitions: Collection[str] | None) -> bool:
        if partitions is None or self._graph.get(key).partitions_def is None:
            return self._known.get(key).materialization is not None
        states = self._states(key, partitions)
        return len([one for one in states if one.status == "materialized"]) == len(set(partitions))


def whole_causes(graph: AssetGraph, key: AssetKey, state_of: Callable[[AssetKey], Any]) -> list[tuple[AssetKey, str]]:
    """Return why an asset without partitions is stale, as far as assets without partitions are concerned.

    Args:
        graph: All assets.
        key: The asset.
        state_of: What is known of it and of what it is made from.
    """
    spec, own = graph.get(key), state_of(key).materialization
    if own is None or spec.partitions_def is not None or not isinstance(own.fact, AssetMaterialized):
        return []
    causes = []
    if spec.code_version is not None and own.fact.code_version not in (None, spec.code_version):
        causes.append((key, OTHER_CODE))
    for position in graph.parents[graph.positions[key]]:
        parent = graph.specs[position]
        if parent.key == key or parent.partitions_def is not None:
            continue
        if _is_newer(own, state_of(parent.key), parent.key):
            causes.append((parent.key, NEWER_DATA))
    return causes


def _is_newer(own: Any, above: Any, parent: AssetKey) -> bool:
    known = [event for event in (above.materialization, above.observation) if event is not None]
    versions = [event for event in known if event.fact.data_version is not None]
    read = own.fact.input_data_versions.get(parent.to_user_string())
    if read is not None and versions:
        return bool(read != max(versions, key=lambda event: event.id).fact.data_version)
    return bool((above.changed_id or 0) > own.id)
