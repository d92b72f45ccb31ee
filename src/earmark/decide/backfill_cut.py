"""How a backfill of assets is cut into runs: which assets run together, which partitions, and what comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from earmark.graph.assets import AssetGraph
from earmark.partitions import infer_mapping
from earmark.partitions.loading import partition_loading_context
from earmark.partitions.mapping import IdentityPartitionMapping
from earmark.partitions.subset import PartitionsSubset
from earmark.specs.policy import BackfillPolicy
from earmark.values.clock import Micros, to_datetime
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey

UnitFields = tuple[int, str | None, str | None, int, tuple[int, ...]]
"""Group, first and last key, number of partitions, and the units that come before."""

EACH = BackfillPolicy.multi_run(1)


class _Group:
    """Assets that run together."""

    def __init__(self, number: int, kind: Any, subset: PartitionsSubset | None, policy: BackfillPolicy) -> None:
        self.number = number
        self.kind = kind
        self.subset = subset
        self.policy = policy
        self.keys: list[AssetKey] = []
        self.after: set[int] = set()
        """The groups that it comes after, directly or not."""


class Cut:
    """A backfill of assets, cut.

    Args:
        graph: All assets.
        wanted: The partitions of each asset, as keys or a subset; ``None`` for an asset without partitions.
        now: The time that decides which partitions exist.
        dynamic: Where keys of dynamic partitions are found.
        policy: How partitions are cut into runs, instead of each asset's own policy.
    """

    def __init__(
        self,
        graph: AssetGraph,
        wanted: Mapping[AssetKey, Iterable[str] | None],
        now: Micros,
        dynamic: Any,
        policy: BackfillPolicy | None,
    ) -> None:
        self.graph = graph
        self.now = now
        self.dynamic = dynamic
        self.policy = policy
        self.wanted = {key: self._subset(key, keys) for key, keys in wanted.items()}
        self._groups: list[_Group] = []
        self._group_of: dict[AssetKey, _Group] = {}
        for keys in self._nodes():
            self._place(keys)

    def _subset(self, key: AssetKey, keys: Iterable[str] | None) -> PartitionsSubset | None:
        node = self.graph.get(key)
        if not node.is_executable:
            raise DagsterInvariantViolationError(f"{key.to_user_string()} cannot be written, so nothing fills it.")
        if node.partitions_def is None:
            if keys is not None:
                raise DagsterInvariantViolationError(f"{key.to_user_string()} has no partitions.")
            return None
        with partition_loading_context(to_datetime(self.now), self.dynamic):
            if keys is None:
                every: PartitionsSubset = node.partitions_def.subset_with_all_partitions(self.now, self.dynamic)
                return every
            if isinstance(keys, PartitionsSubset):
                return keys
            some: PartitionsSubset = node.partitions_def.subset_with_partition_keys(keys)
            return some

    def _nodes(self) -> Iterator[list[AssetKey]]:
        """Yield what cannot be taken apart, upstream first: an asset, or all that one computation gives at once."""
        done: set[str] = set()
        for key in self.graph.topological_keys:
            if key not in self.wanted:
                continue
            spec = self.graph.computation_of(key)
            if spec.can_subset or len(spec.assets) == 1:
                yield [key]
            elif spec.name not in done:
                done.add(spec.name)
                yield [asset.key for asset in spec.assets if asset.key in self.wanted]

    def _place(self, keys: list[AssetKey]) -> None:
        """Put assets into the group of a parent, or beside others without parents, or into a group of their own."""
        parents = {parent for key in keys for parent in self.graph.get_parents(key)}
        before = {parent for parent in parents if parent in self.wanted and parent not in keys}
        needed = {self._group_of[parent].number for parent in before}
        kind = self.graph.get(keys[0]).partitions_def
        subset = self.wanted[keys[0]]
        policy = self.policy or self.graph.get(keys[0]).backfill_policy or EACH
        home = self._home(keys, before, needed, (kind, subset, policy))
        if home is None:
            home = _Group(len(self._groups), kind, subset, policy)
            self._groups.append(home)
        home.keys += keys
        for number in needed - {home.number}:
            home.after |= {number, *self._groups[number].after}
        for group in self._groups:
            if home.number in group.after:
                group.after |= home.after
        for key in keys:
            self._group_of[key] = home

    def _home(
        self, keys: list[AssetKey], before: set[AssetKey], needed: set[int], like: tuple[Any, Any, Any]
    ) -> _Group | None:
        for group in self._groups:
            if (group.kind, group.subset, group.policy) != like:
                continue
            if before and group.number not in needed:
                continue
            # What is needed besides must not itself come after the group, and nothing may come after the group yet
            # that the new assets bring before it.
            if any(group.number in self._groups[number].after for number in needed):
                continue
            later = {one.number for one in self._groups if group.number in one.after}
            if any(number in later or later & self._groups[number].after for number in needed - {group.number}):
                continue
            if all(self._is_same_partition(key, parent) for key in keys for parent in self._inside(key, group)):
                return group
        return None

    def _inside(self, key: AssetKey, group: _Group) -> list[AssetKey]:
        return [parent for parent in self.graph.get_parents(key) if self._group_of.get(parent) is group]

    def _mapping(self, key: AssetKey, parent: AssetKey) -> Any:
        given = self.graph.get(key).partition_mappings.get(parent)
        if given is not None:
            return given
        return infer_mapping(self.graph.get(parent).partitions_def, self.graph.get(key).partitions_def)

    def _is_same_partition(self, key: AssetKey, parent: AssetKey) -> bool:
        ours, theirs = self.graph.get(key).partitions_def, self.graph.get(parent).partitions_def
        if ours is None and theirs is None:
            return True
        if ours != theirs:
            return False
        mapping = self._mapping(key, parent)
        return isinstance(mapping, IdentityPartitionMapping) or mapping == infer_mapping(theirs, ours)

    def groups(self) -> tuple[tuple[AssetKey, ...], ...]:
        """Return the assets that run together, in the order in which groups come."""
        return tuple(tuple(group.keys) for group in self._ordered())

    def _ordered(self) -> list[_Group]:
        return sorted(self._groups, key=lambda group: (len(group.after), group.number))

    def units(self) -> Iterator[UnitFields]:
        """Yield the runs, each after those that it needs."""
        with partition_loading_context(to_datetime(self.now), self.dynamic):
            place = {group.number: position for position, group in enumerate(self._ordered())}
            unit_of: dict[int, dict[str | None, int]] = {}
            number = 0
            for group in self._ordered():
                own = unit_of.setdefault(group.number, {})
                for keys in self._chunks(group):
                    needs = self._needs(group, keys, unit_of, number)
                    for key in keys or (None,):
                        own[key] = number
                    last = keys[-1] if len(keys) > 1 else None
                    yield place[group.number], keys[0] if keys else None, last, max(len(keys), 1), needs
                    number += 1

    def _chunks(self, group: _Group) -> Iterator[Sequence[str]]:
        """Yield the partitions of each run: neighbours, as many as the policy allows."""
        if group.subset is None:
            yield ()
            return
        most = group.policy.max_partitions_per_run
        keys = group.subset.get_partition_keys()
        if most == 1:
            for key in keys:
                yield (key,)
            return
        chunk: list[str] = []
        for key, is_next in zip(keys, self._follows(group, keys), strict=True):
            if chunk and (not is_next or len(chunk) == most):
                yield chunk
                chunk = []
            chunk.append(key)
        if chunk:
            yield chunk

    def _follows(self, group: _Group, keys: Sequence[str]) -> Iterator[bool]:
        """Say for each key whether it is the one right after the key before it."""
        every = group.kind.get_partition_keys(self.now, self.dynamic)
        position = {key: index for index, key in enumerate(every)}
        before = -2
        for key in keys:
            here = position.get(key, -2)
            yield here == before + 1
            before = here

    def _needs(
        self, group: _Group, keys: Sequence[str], unit_of: Mapping[int, Mapping[str | None, int]], own: int
    ) -> tuple[int, ...]:
        found: set[int] = set()
        for key in group.keys:
            for parent in self.graph.get_parents(key):
                home = self._group_of.get(parent)
                if home is None or (home is group and parent != key):
                    continue
                units = unit_of.get(home.number, {})
                found.update(units[one] for one in self._upstream(key, parent, home, keys) if one in units)
        found.discard(own)
        return tuple(sorted(found))

    def _upstream(self, key: AssetKey, parent: AssetKey, home: _Group, keys: Sequence[str]) -> Iterable[str | None]:
        """Return which partitions of a parent some partitions of an asset need."""
        theirs = self.graph.get(parent).partitions_def
        if theirs is None:
            return (None,)
        if parent != key and self._is_same_partition(key, parent):
            return keys
        ours = self.graph.get(key).partitions_def
        subset = None if ours is None else ours.subset_with_partition_keys(keys)
        mapped = self._mapping(key, parent).upstream(subset, ours, theirs, self.now, self.dynamic)
        asked = self.wanted[parent]
        needed: PartitionsSubset = mapped.partitions_subset if asked is None else mapped.partitions_subset & asked
        return needed.get_partition_keys()

    @staticmethod
    def spread(
        graph: AssetGraph, assets: Iterable[AssetKey], keys: Sequence[str], now: Micros, dynamic: Any
    ) -> dict[AssetKey, Any]:
        """Return which partitions of each asset are meant by keys of the topmost partitioned ones."""
        chosen = set(assets)
        found: dict[AssetKey, Any] = {}
        root: Any = None
        with partition_loading_context(to_datetime(now), dynamic):
            for key in graph.topological_keys:
                if key not in chosen:
                    continue
                ours = graph.get(key).partitions_def
                if ours is None:
                    found[key] = None
                    continue
                parents = [one for one in graph.get_parents(key) if found.get(one) is not None and one != key]
                if not parents and root is not None and ours != root:
                    raise DagsterInvariantViolationError(
                        f"{key.to_user_string()} is cut otherwise than the topmost assets before it, so one list of"
                        " keys cannot mean partitions of both.",
                        hint="Fill them in two backfills, or say the partitions of each.",
                    )
                root = ours if root is None else root
                if ours == root:
                    found[key] = ours.subset_with_partition_keys(keys)
                    continue
                fed = ours.empty_subset()
                for parent in parents:
                    node = graph.get(key)
                    theirs = graph.get(parent).partitions_def
                    mapping = node.partition_mappings.get(parent) or infer_mapping(theirs, ours)
                    fed = fed | mapping.downstream(found[parent], theirs, ours, now, dynamic)
                found[key] = fed
        return found
