"""The graph of assets: who depends on whom, over specs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from earmark.graph.dag import CycleFound, topological_order
from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey


class AssetGraph:
    """Assets with their parents and children. Built in one pass; every question is answered without recursion.

    Args:
        computations: What gives the assets and checks. Every asset that another one depends on must be among them,
            as an external one if nothing here writes it.

    Raises:
        DagsterInvalidDefinitionError: Two computations give one asset or one check, or a dependency is missing.

    Example:
        >>> raw = ComputationSpec("raw", (AssetSpec("raw"),))
        >>> mart = ComputationSpec("mart", (AssetSpec("mart", deps=["raw"]),))
        >>> AssetGraph([mart, raw]).topological_keys
        (AssetKey(['raw']), AssetKey(['mart']))
    """

    def __init__(self, computations: Iterable[ComputationSpec]) -> None:
        self.computations = tuple(computations)
        self.specs: list[AssetSpec] = []
        self._computation_of: list[ComputationSpec] = []
        self.positions: dict[AssetKey, int] = {}
        self._checks: dict[AssetCheckKey, tuple[AssetCheckSpec, ComputationSpec]] = {}
        self._checks_of: dict[AssetKey, list[AssetCheckKey]] = {}
        self.kept: dict[str, Any] = {}  # what others have derived from the graph, which never changes
        for computation in self.computations:
            for spec in computation.assets:
                self._add(spec, computation)
            for check in computation.checks:
                self._add_check(check, computation)
        self.parents: list[tuple[int, ...]] = [self._parents(spec) for spec in self.specs]

    def _add(self, spec: AssetSpec, computation: ComputationSpec) -> None:
        if spec.key in self.positions:
            other = self._computation_of[self.positions[spec.key]]
            raise DagsterInvalidDefinitionError(
                f"The asset {spec.key.to_user_string()!r} is given by two computations: {other.name!r} and"
                f" {computation.name!r}.",
                asset_key=spec.key,
            )
        self.positions[spec.key] = len(self.specs)
        self.specs.append(spec)
        self._computation_of.append(computation)

    def _add_check(self, check: AssetCheckSpec, computation: ComputationSpec) -> None:
        key = check.key
        if key in self._checks:
            raise DagsterInvalidDefinitionError(
                f"The check {key.to_user_string()!r} is evaluated by two computations:"
                f" {self._checks[key][1].name!r} and {computation.name!r}.",
                check_key=key,
            )
        self._checks[key] = (check, computation)
        self._checks_of.setdefault(check.asset, []).append(key)

    def _parents(self, spec: AssetSpec) -> tuple[int, ...]:
        try:
            return tuple([self.positions[dep.asset] for dep in spec.deps])
        except KeyError as missing:
            key: AssetKey = missing.args[0]
            raise DagsterInvalidDefinitionError(
                f"{spec.key.to_user_string()!r} depends on {key.to_user_string()!r}, which is not in the graph.",
                asset_key=key,
            ) from None

    @cached_property
    def keys(self) -> tuple[AssetKey, ...]:
        """All keys, in the order of their definition."""
        return tuple(spec.key for spec in self.specs)

    @cached_property
    def children(self) -> list[list[int]]:
        """For each position, the positions of the assets that depend on it."""
        found: list[list[int]] = [[] for _ in self.specs]
        for position, parents in enumerate(self.parents):
            for parent in parents:
                found[parent].append(position)
        return found

    @cached_property
    def topological_keys(self) -> tuple[AssetKey, ...]:
        """All keys, each after the assets it depends on. A dependency on itself (by partitions) does not count.

        Raises:
            DagsterInvalidDefinitionError: Assets depend on each other in a circle; the error names it.
        """
        parents = {
            position: [parent for parent in found if parent != position] for position, found in enumerate(self.parents)
        }
        try:
            return tuple(self.keys[position] for position in topological_order(parents))
        except CycleFound as error:
            cycle = [self.keys[position] for position in error.cycle if isinstance(position, int)]
            shown = " -> ".join(key.to_user_string() for key in cycle)
            raise DagsterInvalidDefinitionError(
                f"Assets depend on each other in a circle: {shown}.", cycle=cycle
            ) from None

    def with_those_computed_together(self, keys: Iterable[AssetKey]) -> frozenset[AssetKey]:
        """Return assets with those that are computed together with them, and not without them."""
        found: set[AssetKey] = set()
        for key in keys:
            spec = self.computation_of(key)
            found.update((key,) if spec.can_subset else (asset.key for asset in spec.assets))
        return frozenset(found)

    def __contains__(self, key: object) -> bool:
        return key in self.positions

    def __len__(self) -> int:
        return len(self.specs)

    def has(self, key: AssetKey | AssetCheckKey) -> bool:
        """Say whether the graph has an asset or check of that key."""
        return key in self.positions or key in self._checks

    def get(self, key: AssetKey) -> AssetNode:
        """Return an asset with its place in the graph.

        Raises:
            DagsterInvariantViolationError: There is no such asset.
        """
        if key in self.positions:
            return AssetNode(self, self.positions[key])
        name = key.to_user_string()
        raise DagsterInvariantViolationError(
            f"There is no asset {name!r}.{did_you_mean(name, self.names)}", asset_key=key
        )

    @property
    def names(self) -> list[str]:
        """All keys as people write them."""
        return [key.to_user_string() for key in self.keys]

    def computation_of(self, key: AssetKey) -> ComputationSpec:
        """Return what gives an asset."""
        return self._computation_of[self.positions[key]]

    def keys_of(self, positions: Iterable[int]) -> frozenset[AssetKey]:
        """Return the keys at some positions."""
        specs = self.specs
        return frozenset([specs[position].key for position in positions])

    def get_parents(self, key: AssetKey) -> frozenset[AssetKey]:
        """Return the assets that an asset depends on."""
        return self.keys_of(self.parents[self.positions[key]])

    def get_children(self, key: AssetKey) -> frozenset[AssetKey]:
        """Return the assets that depend on an asset."""
        return self.keys_of(self.children[self.positions[key]])

    def get_all_asset_keys(self) -> frozenset[AssetKey]:
        """Return all keys."""
        return frozenset(self.keys)

    def _of_type(self, *types: ExecutionType) -> frozenset[AssetKey]:
        return frozenset(
            spec.key
            for spec, computation in zip(self.specs, self._computation_of, strict=True)
            if computation.execution_type in types
        )

    @cached_property
    def materializable_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that a run can write."""
        return self._of_type(ExecutionType.MATERIALIZATION)

    @cached_property
    def observable_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that a run can observe."""
        return self._of_type(ExecutionType.OBSERVATION)

    @property
    def executable_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that a run can write or observe."""
        return self.materializable_asset_keys | self.observable_asset_keys

    @cached_property
    def external_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that something else writes, observable ones included."""
        return self._of_type(ExecutionType.OBSERVATION, ExecutionType.UNEXECUTABLE)

    @cached_property
    def unexecutable_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that a run can neither write nor observe."""
        return self._of_type(ExecutionType.UNEXECUTABLE)

    @property
    def toposorted_asset_keys(self) -> Sequence[AssetKey]:
        """All keys, each after the assets it depends on."""
        return self.topological_keys

    @property
    def root_materializable_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that a run can write and that depend on no other such asset."""
        written = self.materializable_asset_keys
        return frozenset(key for key in written if not (self.get_parents(key) & written))

    @property
    def all_group_names(self) -> frozenset[str]:
        """The groups in use."""
        return frozenset(spec.group for spec in self.specs)

    def asset_keys_for_group(self, group_name: str) -> frozenset[AssetKey]:
        """Return the assets of a group."""
        return frozenset(spec.key for spec in self.specs if spec.group == group_name)

    @property
    def asset_check_keys(self) -> frozenset[AssetCheckKey]:
        """The keys of all checks."""
        return frozenset(self._checks)

    def get_check_spec(self, key: AssetCheckKey) -> AssetCheckSpec:
        """Return a check as data.

        Raises:
            DagsterInvariantViolationError: There is no such check.
        """
        if key in self._checks:
            return self._checks[key][0]
        known = [one.to_user_string() for one in self._checks]
        name = key.to_user_string()
        raise DagsterInvariantViolationError(f"There is no check {name!r}.{did_you_mean(name, known)}", check_key=key)

    def computation_of_check(self, key: AssetCheckKey) -> ComputationSpec:
        """Return what evaluates a check."""
        return self._checks[key][1]

    def get_check_keys_for_assets(self, keys: Iterable[AssetKey]) -> frozenset[AssetCheckKey]:
        """Return the checks of some assets."""
        if not self._checks:
            return frozenset()
        return frozenset(check for key in keys for check in self._checks_of.get(key, ()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self.specs)} assets>"


class AssetNode:
    """One asset of a graph: its spec, and its place."""

    __slots__ = ("_graph", "_position")

    def __init__(self, graph: AssetGraph, position: int) -> None:
        self._graph = graph
        self._position = position

    @property
    def spec(self) -> AssetSpec:
        """The asset as data."""
        return self._graph.specs[self._position]

    @property
    def computation(self) -> ComputationSpec:
        """What gives it."""
        return self._graph._computation_of[self._position]

    @property
    def key(self) -> AssetKey:
        """Its key."""
        return self.spec.key

    @property
    def parent_keys(self) -> frozenset[AssetKey]:
        """The assets it depends on."""
        return self._graph.keys_of(self._graph.parents[self._position])

    @property
    def child_keys(self) -> frozenset[AssetKey]:
        """The assets that depend on it."""
        return self._graph.keys_of(self._graph.children[self._position])

    @property
    def check_keys(self) -> frozenset[AssetCheckKey]:
        """Its checks."""
        return self._graph.get_check_keys_for_assets((self.key,))

    @property
    def group_name(self) -> str:
        """Its one group."""
        return self.spec.group

    @property
    def tags(self) -> Mapping[str, str]:
        """Its labels."""
        return self.spec.tags

    @property
    def kinds(self) -> frozenset[str]:
        """What it is made with."""
        return self.spec.kinds

    @property
    def owners(self) -> Sequence[str]:
        """Its owners."""
        return self.spec.owners

    @property
    def description(self) -> str | None:
        """Text for people."""
        return self.spec.description

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about it."""
        return self.spec.metadata

    @property
    def code_version(self) -> str | None:
        """Its code version."""
        return self.spec.code_version

    @property
    def partitions_def(self) -> Any:
        """How it is cut."""
        return self.spec.partitions_def

    @property
    def is_partitioned(self) -> bool:
        """Whether it is cut."""
        return self.spec.partitions_def is not None

    @property
    def partition_mappings(self) -> Mapping[AssetKey, Any]:
        """Which upstream partitions it needs, where that was said."""
        return {dep.asset: dep.partition_mapping for dep in self.spec.deps if dep.partition_mapping is not None}

    @property
    def automation_condition(self) -> Any:
        """When it should be written by itself."""
        return self.spec.automation_condition

    @property
    def freshness_policy(self) -> Any:
        """How old it may be."""
        return self.spec.freshness_policy

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How a backfill cuts its partitions into runs."""
        return self.computation.backfill_policy

    @property
    def execution_type(self) -> ExecutionType:
        """What running it does."""
        return self.computation.execution_type

    @property
    def is_materializable(self) -> bool:
        """Whether a run can write it."""
        return self.execution_type is ExecutionType.MATERIALIZATION

    @property
    def is_observable(self) -> bool:
        """Whether a run can observe it."""
        return self.execution_type is ExecutionType.OBSERVATION

    @property
    def is_executable(self) -> bool:
        """Whether a run can write or observe it."""
        return self.computation.is_executable

    @property
    def is_external(self) -> bool:
        """Whether something else writes it."""
        return not self.is_materializable

    @property
    def execution_set_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that a run can only write together with it, itself included."""
        computation = self.computation
        if computation.can_subset:
            return frozenset((self.key,))
        return frozenset(spec.key for spec in computation.assets)

    def to_asset_spec(self) -> AssetSpec:
        """Return the asset as data."""
        return self.spec
