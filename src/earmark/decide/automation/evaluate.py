"""Evaluating one asset's condition: each node of its tree becomes the subset for which it is true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Union

import msgspec

from earmark.decide.automation.known import AssetFacts, Known, Update
from earmark.decide.automation.subset import EVERYTHING, NOTHING, Stored, restored
from earmark.decide.freshness import freshness_state, next_change
from earmark.graph.assets import AssetGraph
from earmark.graph.selection import queries_of
from earmark.partitions import MultiPartitionsDefinition, infer_mapping
from earmark.partitions.cron import Cron
from earmark.partitions.definition import PartitionsDefinition
from earmark.partitions.mapping import IdentityPartitionMapping
from earmark.specs.automation import AutomationCondition
from earmark.tags.query import parse
from earmark.values import wire
from earmark.values.clock import Micros, to_datetime
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetKey

Key = Union[AssetKey, AssetCheckKey]

STATEFUL = frozenset(("newly_true", "since", "code_version_changed", "data_version_changed"))
"""What is compared with, or added to, what it was at the last evaluation."""

MOMENTARY = frozenset(
    ("newly_updated", "newly_requested", "will_be_requested", "initial_evaluation", "cron_tick_passed")
)
"""What is true at one evaluation and, if nothing happens, no longer at the next."""

_REMEMBERING = STATEFUL | {"any_downstream_conditions"}


class Node(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How one node of a condition tree was evaluated: what people are shown.

    Args:
        name: What it asks.
        label: Its name of its own.
        key: The asset or check that it was asked of, where that is another than the one above.
        true: For which partitions it is true; ``True`` or ``False`` for an asset without partitions.
        children: The nodes that it is made of, as far as they were evaluated.
    """

    name: str
    label: str | None = None
    key: str | None = None
    true: Stored = False
    children: tuple[Node, ...] = ()


class Memory(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is remembered of the last evaluation of an asset's condition.

    Args:
        at: When that was.
        condition: The content hash of the condition that it was.
        nodes: By their place in the tree, what stateful nodes keep.
        requested: For which partitions the asset was asked for.
        is_asking: Whether that is any.
        fingerprint: The content hash of all nodes.
        is_settled: Whether evaluating it again with nothing changed would give the same.
        next_at: When it may change by the time alone.
    """

    at: Micros
    condition: str
    nodes: dict[str, Any] = {}
    requested: Stored = False
    is_asking: bool = False
    fingerprint: str = ""
    is_settled: bool = False
    next_at: Micros | None = None


class Trait(msgspec.Struct, frozen=True):
    """What is known of a node of a condition tree before it is evaluated."""

    condition: AutomationCondition
    name: str
    is_stateful: bool
    is_timed: bool


class Traits:
    """The traits of conditions, found once for each object: assets share the objects of equal conditions."""

    def __init__(self) -> None:
        self._found: dict[int, Trait] = {}
        self._shared: dict[bytes, tuple[AutomationCondition, str]] = {}

    def shared(self, condition: AutomationCondition) -> tuple[AutomationCondition, str]:
        """Return the one object for all equal conditions, and its content hash."""
        data = wire.encode_canonical(condition)
        kept = self._shared.get(data)
        if kept is None:
            kept = self._shared[data] = (condition, wire.content_hash(condition))
        return kept

    def of(self, condition: AutomationCondition) -> Trait:
        """Return the traits of a node."""
        kept = self._found.get(id(condition))
        if kept is not None:
            return kept
        below = [self.of(one) for one in condition.operands]
        found = Trait(
            condition,
            condition.name,
            condition.kind in _REMEMBERING or any(one.is_stateful for one in below),
            condition.kind == "freshness" or any(one.is_timed for one in below),
        )
        self._found[id(condition)] = found
        return found


class World:
    """All that evaluations of one tick share.

    Args:
        graph: All assets.
        traits: What is known of each node of their conditions.
        known: What is known of the world.
        now: The present.
        dynamic: Where keys of dynamic partitions are found.
        touched: The assets and checks that may have changed since the last tick; ``None`` for all.
        seen: The number of the latest event of each asset that the last tick saw.
    """

    def __init__(
        self,
        graph: AssetGraph,
        traits: Traits,
        known: Known,
        now: Micros,
        dynamic: Any,
        touched: Collection[Key] | None,
        seen: Mapping[str, int],
    ) -> None:
        self.graph = graph
        self.traits = traits
        self.known = known
        self.now = now
        self.dynamic = dynamic
        self.touched = touched
        self.seen = seen
        self.requested: dict[Key, Any] = {}
        self._full: dict[int, tuple[Any, Any]] = {}
        self._queries: dict[str, frozenset[AssetKey]] = {}
        self._mappings: dict[tuple[AssetKey, AssetKey], Any] = {}
        self._next_ticks: dict[Cron, Micros] = {}

    def partitions_of(self, key: Key) -> PartitionsDefinition | None:
        """Return how an asset is cut; checks are not."""
        if isinstance(key, AssetCheckKey):
            return None
        found: PartitionsDefinition | None = self.graph.specs[self.graph.positions[key]].partitions_def
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

    def next_change(self, timers: tuple[Collection[Cron], Collection[AssetKey]]) -> Micros | None:
        """Return the first instant later than now at which one of some crons ticks, or an asset's freshness changes."""
        crons, fresh = timers
        times = [self._next_tick(cron) for cron in crons]
        for key in fresh:
            at = next_change(self.graph.get(key).freshness_policy, self.written_at(key), self.now)
            if at is not None:
                times.append(at)
        return min(times, default=None)

    def _next_tick(self, cron: Cron) -> Micros:
        if cron not in self._next_ticks:
            self._next_ticks[cron] = cron.next_after(self.now)
        return self._next_ticks[cron]

    def written_at(self, key: AssetKey) -> Micros | None:
        """Return when any of an asset was last written; ``None`` if never."""
        return max((update.at for update in self.facts(key).updates.values()), default=None)

    def down(self, subset: Any, parent: AssetKey, key: Key) -> Any:
        """Return what of an asset needs any of a subset of a dependency."""
        theirs, ours = self.partitions_of(parent), self.partitions_of(key)
        if subset.is_empty:
            return self.empty(key)
        if theirs is None or ours is None or isinstance(key, AssetCheckKey):
            return self.full(key)
        mapping = self.mapping(key, parent)
        if theirs == ours and (isinstance(mapping, IdentityPartitionMapping) or mapping == infer_mapping(theirs, ours)):
            return subset
        return mapping.downstream(subset, theirs, ours, self.now, self.dynamic)


class Evaluation:
    """The evaluation of one asset's (or check's) condition.

    Args:
        world: What all evaluations share.
        root: The asset or check.
        memory: What is remembered of the last evaluation; ``None`` at the first, and after the condition changed.
    """

    def __init__(self, world: World, root: Key, memory: Memory | None) -> None:
        self.world = world
        self.root = root
        self.memory = memory
        self.kept: dict[str, Any] = {}
        self.is_momentary = False
        """Whether anything was true that will no longer be at the next evaluation."""
        self._inside: set[Key] = {root}

    def evaluate(self, condition: AutomationCondition) -> tuple[Any, Node]:
        """Return for what of the root the condition is true, and how that came about."""
        return self._node(condition, self.root, "", None)

    def _node(self, condition: AutomationCondition, key: Key, path: str, shown: str | None) -> tuple[Any, Node]:
        ask = _ASKS.get(condition.kind)
        if ask is None:
            raise DagsterInvariantViolationError(
                f"The condition {condition.name!r} of {self.root} cannot be evaluated for an asset."
            )
        true, children = ask(self, condition, key, path)
        if condition.kind in MOMENTARY and not true.is_empty:
            self.is_momentary = True
        return true, Node(self.world.traits.of(condition).name, condition.label, shown, true.to_data(), tuple(children))

    def _operand(self, condition: AutomationCondition, index: int, key: Key, path: str) -> tuple[Any, Node]:
        return self._node(condition.operands[index], key, f"{path}.{index}", None)

    def _before(self, path: str, key: Key) -> Any:
        """Return what a stateful node kept, or ``None``."""
        if self.memory is None or path not in self.memory.nodes:
            return None
        found = msgspec.convert(self.memory.nodes[path], Stored)
        return restored(found, self.world.partitions_of(key))

    # Joining ----------------------------------------------------------------------------------------------------

    def _and(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.full(key)
        nodes: list[Node] = []
        for index, operand in enumerate(condition.operands):
            # What cannot change the answer is not asked, unless it has to remember that it was.
            if true.is_empty and not self.world.traits.of(operand).is_stateful:
                continue
            found, node = self._operand(condition, index, key, path)
            nodes.append(node)
            true = true & found
        return true, nodes

    def _or(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.empty(key)
        nodes: list[Node] = []
        for index in range(len(condition.operands)):
            found, node = self._operand(condition, index, key, path)
            nodes.append(node)
            true = true | found
        return true, nodes

    def _not(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        found, node = self._operand(condition, 0, key, path)
        return self.world.full(key) - found, [node]

    def _newly_true(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        found, node = self._operand(condition, 0, key, path)
        before = self._before(path, key)
        self.kept[path] = found.to_data()
        return (found if before is None else found - before), [node]

    def _since(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        trigger, trigger_node = self._operand(condition, 0, key, path)
        reset, reset_node = self._operand(condition, 1, key, path)
        before = self._before(path, key)
        true = (trigger if before is None else before | trigger) - reset
        self.kept[path] = true.to_data()
        return true, [trigger_node, reset_node]

    # Other assets and checks ------------------------------------------------------------------------------------

    def _parents(self, condition: AutomationCondition, key: Key) -> list[AssetKey]:
        graph = self.world.graph
        if isinstance(key, AssetCheckKey):
            spec = graph.get_check_spec(key)
            parents = {spec.asset, *(dep.asset for dep in spec.additional_deps)}
        else:
            parents = set(graph.get_parents(key)) - {key}
        parents = {one for one in parents if one in graph.positions}
        if "allow" in condition.params:
            parents &= self.world.selected(condition.params["allow"])
        if "ignore" in condition.params:
            parents -= self.world.selected(condition.params["ignore"])
        return sorted(parents) if len(parents) > 1 else list(parents)

    def _any_deps(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.empty(key)
        nodes: list[Node] = []
        for parent in self._parents(condition, key):
            name = parent.to_user_string()
            found, node = self._node(condition.operands[0], parent, f"{path}@{name}", name)
            nodes.append(node)
            true = true | self.world.down(found, parent, key)
        return true, nodes

    def _all_deps(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.full(key)
        nodes: list[Node] = []
        for parent in self._parents(condition, key):
            name = parent.to_user_string()
            found, node = self._node(condition.operands[0], parent, f"{path}@{name}", name)
            nodes.append(node)
            true = true - self.world.down(self.world.full(parent) - found, parent, key)
        return true, nodes

    def _checks(self, condition: AutomationCondition, key: Key, path: str) -> tuple[list[bool], list[Node]]:
        if isinstance(key, AssetCheckKey):
            return [], []
        graph = self.world.graph
        keys = sorted(graph.get_check_keys_for_assets([key]))
        if condition.params.get("blocking_only"):
            keys = [one for one in keys if graph.get_check_spec(one).blocking]
        answers: list[bool] = []
        nodes: list[Node] = []
        for one in keys:
            name = one.to_user_string()
            found, node = self._node(condition.operands[0], one, f"{path}@{name}", name)
            answers.append(not found.is_empty)
            nodes.append(node)
        return answers, nodes

    def _any_checks(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        answers, nodes = self._checks(condition, key, path)
        return (self.world.full(key) if any(answers) else self.world.empty(key)), nodes

    def _all_checks(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        answers, nodes = self._checks(condition, key, path)
        return (self.world.full(key) if all(answers) else self.world.empty(key)), nodes

    def _asset_matches(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        other = AssetKey.from_user_string(condition.params["key"])
        if other not in self.world.graph.positions:
            raise DagsterInvariantViolationError(
                f"The condition of {self.root} asks about {condition.params['key']!r}, which is not here."
            )
        name = other.to_user_string()
        found, node = self._node(condition.operands[0], other, f"{path}@{name}", name)
        return self.world.down(found, other, key), [node]

    def _any_downstream(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.empty(key)
        nodes: list[Node] = []
        if isinstance(key, AssetCheckKey):
            return true, nodes
        graph = self.world.graph
        for child in sorted(graph.get_children(key) - self._inside):
            wanted = graph.specs[graph.positions[child]].automation_condition
            if wanted is None:
                continue
            self._inside.add(child)
            name = child.to_user_string()
            found, node = self._node(wanted, child, f"{path}>{name}", name)
            self._inside.discard(child)
            nodes.append(node)
            true = true | self._up(found, child, key)
        return true, nodes

    def _up(self, subset: Any, child: AssetKey, key: AssetKey) -> Any:
        world = self.world
        ours, theirs = world.partitions_of(key), world.partitions_of(child)
        if subset.is_empty:
            return world.empty(key)
        if ours is None or theirs is None:
            return world.full(key)
        mapped = world.mapping(child, key).upstream(subset, theirs, ours, world.now, world.dynamic)
        return mapped.partitions_subset

    # What an asset is -------------------------------------------------------------------------------------------

    def _missing(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return (EVERYTHING if world.known.check(key).passed is None else NOTHING), []
        if not world.graph.get(key).is_executable:
            return world.empty(key), []
        return world.full(key) - world.some(key, world.facts(key).updates), []

    def _newly_updated(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if self.memory is None or (world.touched is not None and key not in world.touched):
            return world.empty(key), []
        seen = world.seen.get(key.to_user_string(), 0)
        if isinstance(key, AssetCheckKey):
            return (EVERYTHING if world.known.check(key).event_id > seen else NOTHING), []
        updates = world.facts(key).updates
        return world.some(key, (one for one, update in updates.items() if update.event_id > seen)), []

    def _newly_requested(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        if key != self.root or self.memory is None:
            return self.world.empty(key), []
        return restored(self.memory.requested, self.world.partitions_of(key)), []

    def _will_be_requested(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        found = self.world.requested.get(key)
        return (self.world.empty(key) if found is None else found), []

    def _initial(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        return (self.world.full(key) if self.memory is None else self.world.empty(key)), []

    def _run_in_progress(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return (EVERYTHING if world.known.check(key).in_progress else NOTHING), []
        return world.some(key, world.facts(key).in_progress), []

    def _backfill_in_progress(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        return self.world.some(key, self.world.known.backfilling(key)), []

    def _failed(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        return self.world.some(key, self.world.facts(key).failed), []

    def _check_result(self, condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        if not isinstance(key, AssetCheckKey):
            raise DagsterInvariantViolationError(
                f"check_passed and check_failed are asked of checks, not of the asset {key.to_user_string()}.",
                hint="Put them into any_checks_match() or all_checks_match().",
            )
        passed = self.world.known.check(key).passed
        return (EVERYTHING if passed is condition.params["passed"] else NOTHING), []

    def _code_version(self, _condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        world = self.world
        version = None if isinstance(key, AssetCheckKey) else world.graph.get(key).code_version
        self.kept[path] = version
        is_changed = self.memory is not None and path in self.memory.nodes and self.memory.nodes[path] != version
        return (world.full(key) if is_changed else world.empty(key)), []

    def _data_version(self, _condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        versions = {one or "": update.data_version for one, update in world.facts(key).updates.items()}
        self.kept[path] = versions
        if self.memory is None or path not in self.memory.nodes:
            return world.empty(key), []
        before = self.memory.nodes[path]
        changed = [one or None for one, version in versions.items() if before.get(one) != version]
        return world.some(key, changed), []

    def _latest_window(self, condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        full = world.full(key)
        definition: Any = world.partitions_of(key)
        if isinstance(definition, MultiPartitionsDefinition):
            return self._latest_of_grid(condition, key, definition), []
        if not hasattr(definition, "time_window_for_partition_key"):
            return full, []
        keys = _latest_keys(definition, world.now, condition.params.get("lookback_seconds"))
        return world.some(key, keys), []

    def _latest_of_grid(self, condition: AutomationCondition, key: Key, definition: MultiPartitionsDefinition) -> Any:
        world = self.world
        if not definition.has_time_window_dimension:
            return world.full(key)
        windows = definition.time_window_partitions_def
        latest = set(_latest_keys(windows, world.now, condition.params.get("lookback_seconds")))
        name = definition.time_window_dimension.name
        return world.some(
            key, [one for one in world.full(key).get_partition_keys() if one.keys_by_dimension[name] in latest]
        )

    def _cron_tick(self, condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        if self.memory is None:
            return self.world.empty(key), []
        cron = Cron((condition.params["cron_schedule"],), condition.params["cron_timezone"])
        has_passed = cron.next_after(self.memory.at) <= self.world.now
        return (self.world.full(key) if has_passed else self.world.empty(key)), []

    def _with_root(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        """Compare runs: the root was written, or is still to be written, by the run that wrote this."""
        world = self.world
        if isinstance(key, AssetCheckKey) or isinstance(self.root, AssetCheckKey):
            return world.empty(key), []
        root = world.facts(self.root)
        runs = {update.run_id for update in root.updates.values()} | {root.planned_run_id}
        return self._where(key, lambda update: update.run_id is not None and update.run_id in runs)

    def _with_tags(self, condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        keys, values = condition.params.get("tag_keys", ()), condition.params.get("tag_values", {})

        def has_tags(update: Update) -> bool:
            tags = {} if update.run_id is None else self.world.known.run_tags(update.run_id)
            return all(one in tags for one in keys) and all(tags.get(one) == value for one, value in values.items())

        return self._where(key, has_tags)

    def _where(self, key: Key, holds: Callable[[Update], bool]) -> tuple[Any, list[Node]]:
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        updates = self.world.facts(key).updates
        return self.world.some(key, (one for one, update in updates.items() if holds(update))), []

    def _freshness(self, condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        state = freshness_state(world.graph.get(key).freshness_policy, world.written_at(key), world.now)
        return (world.full(key) if state == condition.params["state"] else world.empty(key)), []


def _latest_keys(definition: Any, now: Micros, lookback: float | None) -> list[str]:
    last = definition.get_last_partition_key(to_datetime(now))
    if last is None:
        return []
    if lookback is None:
        return [last]
    end = definition.time_window_for_partition_key(last).end.timestamp() - lookback
    found: list[str] = []
    index = definition.index_of(last)
    while index is not None and index >= 0:
        key = definition.key_at(index)
        if definition.time_window_for_partition_key(key).end.timestamp() <= end:
            break
        found.append(key)
        index -= 1
    return found[::-1]


_Ask = Callable[[Evaluation, AutomationCondition, Key, str], tuple[Any, list[Node]]]

_ASKS: Mapping[str, _Ask] = {
    "and": Evaluation._and,
    "or": Evaluation._or,
    "not": Evaluation._not,
    "newly_true": Evaluation._newly_true,
    "since": Evaluation._since,
    "any_deps_match": Evaluation._any_deps,
    "all_deps_match": Evaluation._all_deps,
    "any_checks_match": Evaluation._any_checks,
    "all_checks_match": Evaluation._all_checks,
    "asset_matches": Evaluation._asset_matches,
    "any_downstream_conditions": Evaluation._any_downstream,
    "missing": Evaluation._missing,
    "newly_updated": Evaluation._newly_updated,
    "newly_requested": Evaluation._newly_requested,
    "will_be_requested": Evaluation._will_be_requested,
    "initial_evaluation": Evaluation._initial,
    "run_in_progress": Evaluation._run_in_progress,
    "backfill_in_progress": Evaluation._backfill_in_progress,
    "execution_failed": Evaluation._failed,
    "check_result": Evaluation._check_result,
    "code_version_changed": Evaluation._code_version,
    "data_version_changed": Evaluation._data_version,
    "in_latest_time_window": Evaluation._latest_window,
    "cron_tick_passed": Evaluation._cron_tick,
    "executed_with_root_target": Evaluation._with_root,
    "executed_with_tags": Evaluation._with_tags,
    "freshness": Evaluation._freshness,
}
