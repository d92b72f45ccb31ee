"""All that the evaluations of one tick share: the graph, what is known of it, the time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from earmark.decide.automation.index import ConditionIndex
from earmark.decide.automation.known import AssetFacts, Known
from earmark.decide.automation.memory import Key, Memory, name_of
from earmark.decide.automation.recalled import Recalled
from earmark.decide.automation.subset import EVERYTHING, NOTHING
from earmark.decide.freshness import next_change
from earmark.graph.selection import queries_of
from earmark.partitions import infer_mapping
from earmark.partitions.definition import PartitionsDefinition
from earmark.partitions.mapping import IdentityPartitionMapping
from earmark.partitions.time_mapping import TimeWindowPartitionMapping
from earmark.tags.query import parse
from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey


class World:
    """All that evaluations of one tick share.

    Args:
        index: The conditions, and the graph that they are about.
        known: What is known of the world.
        now: The present.
        dynamic: Where keys of dynamic partitions are found.
        touched: The assets and checks that may have changed since the last tick; ``None`` for all.
        recalled: What is remembered.
        number: The number of this tick.
        ask_own: Asks a condition that a user wrote; ``None`` where its code is not at hand.
    """

    def __init__(
        self,
        index: ConditionIndex,
        known: Known,
        now: Micros,
        dynamic: Any,
        touched: Collection[Key] | None,
        recalled: Recalled,
        number: int = 1,
        ask_own: Callable[..., Any] | None = None,
    ) -> None:
        self.index = index
        self.graph = index.graph
        self.traits = index.traits
        self.number = number
        self.ask_own = ask_own
        self.known = known
        self.now = now
        self.dynamic = dynamic
        self.touched = touched
        self.recalled = recalled
        self.latest_event: int | None = None
        """The number of the latest event of all, once a condition has asked for it."""
        self.requested: dict[Key, Any] = {}
        self.wakes: dict[str, Micros] = {}
        """When conditions are to be evaluated by the time alone, where their crons and policies do not say so."""
        self._full: dict[int, tuple[Any, Any]] = {}
        self._queries: dict[str, frozenset[AssetKey]] = {}
        self._mappings: dict[tuple[AssetKey, AssetKey], Any] = {}

    def partitions_of(self, key: Key) -> PartitionsDefinition | None:
        """Return how an asset or job is cut; checks are not."""
        found: PartitionsDefinition | None = self.index.partitions_of(key)
        return found

    def full(self, key: Key) -> Any:
        """Return all of an asset."""
        definition = self.partitions_of(key)
        if definition is None:
            return EVERYTHING
        kept = self._full.get(id(definition))
        if kept is None:
            kept = (definition, definition.subset_with_all_partitions(self.now, self.dynamic))
            self._full[id(definition)] = kept
        return kept[1]

    def empty(self, key: Key) -> Any:
        """Return nothing of an asset."""
        definition = self.partitions_of(key)
        return NOTHING if definition is None else definition.empty_subset()

    def some(self, key: Key, partitions: Iterable[str | None]) -> Any:
        """Return the subset of some partition keys that exist."""
        definition = self.partitions_of(key)
        keys = list(partitions)
        if definition is None:
            return EVERYTHING if keys else NOTHING
        if not keys:
            return definition.empty_subset()
        return definition.subset_with_partition_keys([one for one in keys if one is not None]) & self.full(key)

    def facts(self, key: AssetKey) -> AssetFacts:
        """Return what is known of an asset."""
        return self.known.asset(key, self.partitions_of(key) is not None)

    def selected(self, query: str) -> frozenset[AssetKey]:
        """Return the assets that a query means."""
        if query not in self._queries:
            queries = queries_of(self.graph, include_external=True)
            positions = queries.select(parse(query, "asset"))
            self._queries[query] = frozenset(
                one if isinstance(one, AssetKey) else self.graph.keys[one] for one in positions
            )
        return self._queries[query]

    def mapping(self, key: AssetKey, parent: AssetKey) -> Any:
        """Return the mapping of a dependency."""
        if (key, parent) not in self._mappings:
            given = self.graph.get(key).partition_mappings.get(parent)
            if given is None:
                given = infer_mapping(self.partitions_of(parent), self.partitions_of(key))
            self._mappings[key, parent] = given
        return self._mappings[key, parent]

    def next_change(self, fresh: Iterable[AssetKey]) -> Micros | None:
        """Return the first instant later than now at which the freshness of any of some assets changes."""
        times = [next_change(self.graph.get(key).freshness_policy, self.written_at(key), self.now) for key in fresh]
        return min((at for at in times if at is not None), default=None)

    def written_at(self, key: AssetKey) -> Micros | None:
        """Return when any of an asset was last written; ``None`` if never."""
        return max((update.at for update in self.facts(key).updates.values()), default=None)

    def is_news(self, key: Key, memory: Memory) -> bool:
        """Say whether there may be an event of an asset or check that the evaluation remembered did not see."""
        return self.touched is None or key in self.touched or name_of(key) in memory.behind

    def seen_of(self, key: Key, memory: Memory) -> int:
        """Return the latest event of an asset or check that the evaluation remembered saw."""
        name = name_of(key)
        return memory.behind[name] if name in memory.behind else self.recalled.seen(name)

    def parents(self, key: Key) -> set[AssetKey]:
        """Return what an asset, check or job depends on, other than itself and as far as it is here."""
        if isinstance(key, AssetJobKey):
            found = set(self.index.jobs[key].parents)
        elif isinstance(key, AssetCheckKey):
            spec = self.graph.get_check_spec(key)
            found = {spec.asset, *(dep.asset for dep in spec.additional_deps)}
        else:
            found = set(self.graph.get_parents(key)) - {key}
        return {one for one in found if one in self.graph.positions}

    def into_job(self, found: Any, asset: AssetKey, job: AssetJobKey) -> Any:
        """Return for what of a job something is true that is true of one of its assets."""
        if found.is_empty:
            return self.empty(job)
        if self.partitions_of(asset) is None or self.partitions_of(asset) != self.partitions_of(job):
            return self.full(job)
        return found & self.full(job)

    def down(self, subset: Any, parent: AssetKey, key: Key) -> Any:
        """Return what of an asset, check or job needs any of a subset of a dependency."""
        if subset.is_empty:
            return self.empty(key)
        if isinstance(key, AssetJobKey):
            return self._down_to_job(subset, parent, key)
        theirs, ours = self.partitions_of(parent), self.partitions_of(key)
        if theirs is None or isinstance(key, AssetCheckKey):
            return self.full(key)
        if ours is None:
            return self._down_to_whole(subset, parent, key)
        if self._is_key_for_key(parent, key):
            return subset
        return self.mapping(key, parent).downstream(subset, theirs, ours, self.now, self.dynamic)

    def is_in_one_run(self, parent: Key, key: Key) -> bool:
        """Say whether one run of a partition can write both: they are cut alike, and by time or key for key related."""
        theirs, ours = self.partitions_of(parent), self.partitions_of(key)
        if theirs != ours or ours is None or not (isinstance(parent, AssetKey) and isinstance(key, AssetKey)):
            return theirs == ours
        return isinstance(self.mapping(key, parent), TimeWindowPartitionMapping) or self._is_key_for_key(parent, key)

    def _is_key_for_key(self, parent: AssetKey, key: AssetKey) -> bool:
        """Say whether each partition of an asset needs the one of the same key of another that is cut alike."""
        theirs, ours = self.partitions_of(parent), self.partitions_of(key)
        if theirs != ours:
            return False
        mapping = self.mapping(key, parent)
        return isinstance(mapping, IdentityPartitionMapping) or mapping == infer_mapping(theirs, ours)

    def _down_to_whole(self, subset: Any, parent: AssetKey, key: AssetKey) -> Any:
        """Return an asset without partitions, if what it needs of a dependency is in a subset."""
        mapping = self.graph.get(key).partition_mappings.get(parent)
        theirs = self.partitions_of(parent)
        if mapping is not None and theirs is not None:
            subset = subset & mapping.upstream(None, None, theirs, self.now, self.dynamic).partitions_subset
        return self.empty(key) if subset.is_empty else self.full(key)

    def _down_to_job(self, subset: Any, parent: AssetKey, job: AssetJobKey) -> Any:
        found = self.empty(job)
        is_near = False
        for asset in self.index.jobs[job].assets:
            if asset == parent or parent in self.graph.get_parents(asset):
                is_near = True
                needed = subset if asset == parent else self.down(subset, parent, asset)
                found = found | self.into_job(needed, asset, job)
        return found if is_near else self.full(job)

    def up(self, subset: Any, child: AssetKey, key: AssetKey) -> Any:
        """Return what of an asset a subset of what depends on it needs."""
        if subset.is_empty:
            return self.empty(key)
        ours, theirs = self.partitions_of(key), self.partitions_of(child)
        if ours is None or theirs is None:
            return self.full(key)
        mapped = self.mapping(child, key).upstream(subset, theirs, ours, self.now, self.dynamic)
        return mapped.partitions_subset
