"""What conditions are asked about: a part of an asset, check or job, and the assets seen as such parts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from earmark.decide.automation.memory import Key, name_of
from earmark.decide.automation.world import World
from earmark.graph.assets import AssetGraph
from earmark.values.clock import to_datetime
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


class EntitySubset:
    """A part of an asset, check or job: some of its partitions; where it has none, all of it or nothing.

    Args:
        view: What it is seen in.
        key: The asset, check or job.
        value: The partitions as a subset.

    Example:
        >>> days = em.StaticPartitionsDefinition(["monday", "tuesday"])
        >>> @em.asset(partitions_def=days, automation_condition=em.AutomationCondition.missing())
        ... def orders(): ...
        >>> told = em.evaluate_automation_conditions([orders], em.DagsterInstance.ephemeral())
        >>> subset = told.results[0].true_subset
        >>> subset.size, sorted(subset.expensively_compute_partition_keys())
        (2, ['monday', 'tuesday'])
    """

    __slots__ = ("key", "value", "view")

    def __init__(self, view: AssetGraphView, key: Key, value: Any) -> None:
        self.view = view
        self.key = key
        self.value = value

    @property
    def is_empty(self) -> bool:
        """Whether it is nothing."""
        return bool(self.value.is_empty)

    @property
    def size(self) -> int:
        """How many partitions it is; 1 or 0 where there are none."""
        return len(self.value)

    @property
    def partitions_def(self) -> Any:
        """How the asset or job is cut."""
        return self.view.world.partitions_of(self.key)

    @property
    def is_partitioned(self) -> bool:
        """Whether the asset or job is cut."""
        return self.partitions_def is not None

    def expensively_compute_partition_keys(self) -> set[str]:
        """Return the keys of its partitions, which may be many; none where there are no partitions."""
        return {key for key in self.value.get_partition_keys() if key is not None}

    def compute_union(self, other: EntitySubset) -> EntitySubset:
        """Return what is in either."""
        return EntitySubset(self.view, self.key, self.value | self._fitting(other))

    def compute_intersection(self, other: EntitySubset) -> EntitySubset:
        """Return what is in both."""
        return EntitySubset(self.view, self.key, self.value & self._fitting(other))

    def compute_difference(self, other: EntitySubset) -> EntitySubset:
        """Return what is in this and not in the other."""
        return EntitySubset(self.view, self.key, self.value - self._fitting(other))

    def compute_intersection_with_partition_keys(self, partition_keys: Iterable[str]) -> EntitySubset:
        """Return those of some partitions that are in it."""
        return self.compute_intersection(self.view.get_subset(self.key, partition_keys))

    def compute_parent_subset(self, parent_key: AssetKey) -> EntitySubset:
        """Return the part of a dependency that it needs."""
        world = self.view.world
        return EntitySubset(self.view, parent_key, world.up(self.value, self._asset(), parent_key))

    def compute_child_subset(self, child_key: Key) -> EntitySubset:
        """Return the part of what depends on it that needs any of it."""
        return EntitySubset(self.view, child_key, self.view.world.down(self.value, self._asset(), child_key))

    __or__ = compute_union
    __and__ = compute_intersection
    __sub__ = compute_difference

    def __len__(self) -> int:
        return self.size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EntitySubset) and other.key == self.key and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"EntitySubset({name_of(self.key)}, {self.value.get_partition_keys()})"

    def _asset(self) -> AssetKey:
        if isinstance(self.key, AssetKey):
            return self.key
        raise DagsterInvariantViolationError(f"{name_of(self.key)} is no asset, so none depends on it by partitions.")

    def _fitting(self, other: Any) -> Any:
        if isinstance(other, EntitySubset) and other.key == self.key:
            return other.value
        raise DagsterInvariantViolationError(
            f"A subset of {name_of(self.key)} can be combined with another of it only, not with {other!r}.",
            hint="compute_parent_subset() and compute_child_subset() lead from one asset to another.",
        )


class AssetGraphView:
    """All assets, checks and jobs at one instant, seen as parts of them.

    Args:
        world: What is known of them.
        instance: The instance, whose store knows more.

    Example:
        >>> class OnlyEven(em.AutomationCondition):
        ...     def evaluate(self, context):
        ...         view = context.asset_graph_view
        ...         return em.AutomationResult(context, view.get_subset(context.key, ["0", "2"]))
        >>> shards = em.StaticPartitionsDefinition(["0", "1", "2"])
        >>> @em.asset(partitions_def=shards, automation_condition=OnlyEven())
        ... def numbers(): ...
        >>> told = em.evaluate_automation_conditions([numbers], em.DagsterInstance.ephemeral())
        >>> sorted(told.get_requested_partitions("numbers"))
        ['0', '2']
    """

    def __init__(self, world: World, instance: Any = None) -> None:
        self.world = world
        self.instance = instance

    @property
    def asset_graph(self) -> AssetGraph:
        """What depends on what."""
        return self.world.graph

    @property
    def effective_dt(self) -> datetime:
        """The present, as the evaluation sees it."""
        return to_datetime(self.world.now)

    def get_full_subset(self, *, key: Key) -> EntitySubset:
        """Return all of an asset, check or job."""
        return EntitySubset(self, key, self.world.full(key))

    def get_empty_subset(self, *, key: Key) -> EntitySubset:
        """Return nothing of an asset, check or job."""
        return EntitySubset(self, key, self.world.empty(key))

    def get_subset(self, key: Key, partition_keys: Iterable[str]) -> EntitySubset:
        """Return those of some partitions that there are."""
        return EntitySubset(self, key, self.world.some(key, partition_keys))
