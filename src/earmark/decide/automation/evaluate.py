"""Evaluating one asset's condition: each node of its tree becomes the subset for which it is true."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from earmark.decide.automation import older_rules
from earmark.decide.automation.known import AssetFacts, Update
from earmark.decide.automation.memory import Key, Memory, Node, name_of
from earmark.decide.automation.subset import EVERYTHING, NOTHING, Stored, restored
from earmark.decide.automation.traits import MOMENTARY
from earmark.decide.automation.world import World
from earmark.decide.freshness import freshness_state
from earmark.partitions import MultiPartitionsDefinition
from earmark.partitions.cron import Cron
from earmark.specs.automation import AutomationCondition
from earmark.values.clock import Micros, to_datetime
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey, AssetOrCheckKey

_OF_ANY_ASSET = frozenset((
    "missing", "newly_updated", "run_in_progress", "backfill_in_progress", "execution_failed", "code_version_changed",
    "data_version_changed", "executed_with_root_target", "executed_with_tags",
    "new_updates_with_tags", "freshness", "deps_not_updated", "deps_outdated", "deps_nonexistent",
))  # fmt: skip
"""What a job is where any of its assets is."""


_MOST_RUNS_SHOWN = 3


class OwnConditionError(Exception):
    """The code of a condition that a user wrote has failed; what it raised is the cause."""


class Evaluation:
    """The evaluation of the condition of one asset, check or job.

    Args:
        world: What all evaluations share.
        root: The asset, check or job.
        memory: What is remembered of the last evaluation; ``None`` at the first, and after the condition changed.
    """

    def __init__(self, world: World, root: Key, memory: Memory | None) -> None:
        self.world = world
        self.root = root
        self.memory = memory
        self.kept: dict[str, Any] = {}
        self.is_momentary = False
        """Whether anything was true that will no longer be at the next evaluation."""
        self._is_downstream = False
        self._among: Any = None
        self.next_at: Micros | None = None
        """When it may come out otherwise by the time alone, where its crons and policies do not say so."""

    def evaluate(self, condition: AutomationCondition) -> tuple[Any, Node]:
        """Return for what of the root the condition is true, and how that came about."""
        return self._node(condition, self.root, "", None)

    def candidates(self, key: Key) -> Any:
        """Return for what of the asset that a node is asked of the answer matters."""
        return self.world.full(key) if self._among is None else self._among

    def wake_at(self, at: Micros) -> None:
        """Have the condition evaluated at an instant, whatever happens until then."""
        self.next_at = at if self.next_at is None else min(at, self.next_at)

    def stored(self, data: Any) -> Stored:
        """Return a subset that a node kept, as it is stored."""
        found: Stored = msgspec.convert(data, Stored)
        return found

    def ask(self, condition: AutomationCondition, key: Key, path: str, among: Any) -> tuple[Any, Node]:
        """Return for which of some candidates a condition is true that one of a user's is made of."""
        true, node = self._node(condition, key, path, None, among)
        return true & among, node

    def _node(
        self, condition: AutomationCondition, key: Key, path: str, shown: str | None, among: Any = None
    ) -> tuple[Any, Node]:
        """Evaluate a node: ``among`` are the candidates on which alone the answer depends, ``None`` for all."""
        kind = condition.kind
        ask = _ASKS.get(kind)
        if ask is None or type(key) is AssetJobKey:
            ask = _ask_of(condition, key)
        outer, self._among = self._among, among
        true, children = ask(self, condition, key, path)
        self._among = outer
        if kind in MOMENTARY and not true.is_empty:
            self.is_momentary = True
        return true, Node(self.world.traits.of(condition).name, condition.label, shown, true.to_data(), tuple(children))

    def _operand(
        self, condition: AutomationCondition, index: int, key: Key, path: str, among: Any = None
    ) -> tuple[Any, Node]:
        return self._node(condition.operands[index], key, f"{path}.{index}", None, among)

    def _of_other(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, Node]:
        """Ask a condition of another asset or check."""
        name = key.to_user_string()
        return self._node(condition, key, f"{path}@{name}", name)

    def _before(self, path: str, key: Key) -> Any:
        """Return what a stateful node kept, or ``None``."""
        if self.memory is None or path not in self.memory.nodes:
            return None
        return restored(self.stored(self.memory.nodes[path]), self.world.partitions_of(key))

    # Joining ----------------------------------------------------------------------------------------------------

    def _and(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.full(key)
        candidates = self._among
        nodes: list[Node] = []
        for index, operand in enumerate(condition.operands):
            # What cannot change the answer is not asked, unless it has to remember that it was.
            if true.is_empty and not self.world.traits.of(operand).is_stateful:
                self._keep_cursors(operand, f"{path}.{index}")
                continue
            left = true if candidates is None else true & candidates
            found, node = self._operand(condition, index, key, path, left)
            nodes.append(node)
            true = true & found
        return true, nodes

    def _or(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.empty(key)
        nodes: list[Node] = []
        for index in range(len(condition.operands)):
            found, node = self._operand(condition, index, key, path, self._among)
            nodes.append(node)
            true = true | found
        return true, nodes

    def _not(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        found, node = self._operand(condition, 0, key, path, self._among)
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
        parents = self.world.parents(key)
        if "allow" in condition.params:
            parents &= self.world.selected(condition.params["allow"])
        if "ignore" in condition.params:
            parents -= self.world.selected(condition.params["ignore"])
        return sorted(parents) if len(parents) > 1 else list(parents)

    def _any_deps(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.empty(key)
        nodes: list[Node] = []
        for parent in self._parents(condition, key):
            found, node = self._of_other(condition.operands[0], parent, path)
            nodes.append(node)
            true = true | self.world.down(found, parent, key)
        return true, nodes

    def _all_deps(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        true = self.world.full(key)
        nodes: list[Node] = []
        for parent in self._parents(condition, key):
            found, node = self._of_other(condition.operands[0], parent, path)
            nodes.append(node)
            true = true & self.world.down(found, parent, key)
        return true, nodes

    def _checks(self, condition: AutomationCondition, key: Key, path: str) -> tuple[list[bool], list[Node]]:
        if isinstance(key, AssetCheckKey):
            return [], []
        graph = self.world.graph
        assets = self.world.index.jobs[key].assets if isinstance(key, AssetJobKey) else (key,)
        keys = sorted(graph.get_check_keys_for_assets(assets))
        if condition.params.get("blocking_only"):
            keys = [one for one in keys if graph.get_check_spec(one).blocking]
        answers: list[bool] = []
        nodes: list[Node] = []
        for one in keys:
            found, node = self._of_other(condition.operands[0], one, path)
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
                f"The condition of {name_of(self.root)} asks about {condition.params['key']!r}, which is not here."
            )
        found, node = self._of_other(condition.operands[0], other, path)
        return self.world.down(found, other, key), [node]

    def _any_downstream(self, _condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        """Ask of this asset what all that is made from it asks of itself; who asks the same in turn adds nothing."""
        true = self.world.empty(key)
        nodes: list[Node] = []
        if isinstance(key, AssetCheckKey) or self._is_downstream:
            return true, nodes
        self._is_downstream = True
        for identity, wanted in self.world.index.downstream_conditions(key).items():
            found, node = self._node(wanted, key, f"{path}>{identity}", None)
            nodes.append(node)
            true = true | found
        self._is_downstream = False
        return true, nodes

    # Jobs -------------------------------------------------------------------------------------------------------

    def _any_of_job(self, condition: AutomationCondition, key: AssetJobKey, path: str) -> tuple[Any, list[Node]]:
        """Ask each asset of a job what a job can only be by its assets."""
        return self._any_asset(condition, key, path, self.world.index.jobs[key].assets)

    def _any_asset(
        self, condition: AutomationCondition, key: AssetJobKey, path: str, assets: Iterable[AssetKey]
    ) -> tuple[Any, list[Node]]:
        true = self.world.empty(key)
        nodes: list[Node] = []
        for asset in assets:
            found, node = self._of_other(condition, asset, path)
            nodes.append(node)
            true = true | self.world.into_job(found, asset, key)
        return true, nodes

    def _any_roots(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        job = self._job(condition, key)
        return self._any_asset(condition.operands[0], job, path, self.world.index.jobs[job].roots)

    def _all_roots(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        job = self._job(condition, key)
        true = self.world.full(job)
        nodes: list[Node] = []
        for asset in self.world.index.jobs[job].roots:
            found, node = self._of_other(condition.operands[0], asset, path)
            nodes.append(node)
            true = true - self.world.into_job(self.world.full(asset) - found, asset, job)
        return true, nodes

    def _job(self, condition: AutomationCondition, key: Key) -> AssetJobKey:
        if isinstance(key, AssetJobKey):
            return key
        raise DagsterInvariantViolationError(
            f"{condition.kind} is asked of jobs, not of {name_of(key)}.",
            hint="Give the condition to a job: define_asset_job(automation_condition=...).",
        )

    # Conditions of users ----------------------------------------------------------------------------------------

    def _own(self, condition: AutomationCondition, key: Key, path: str) -> tuple[Any, list[Node]]:
        # Nobody knows what it depends on, so it is asked again as long as anything depends on it.
        self.is_momentary = True
        if self.world.ask_own is None:
            raise DagsterInvariantViolationError(f"The code of the condition {condition.name} is not at hand here.")
        candidates = self.candidates(key)
        true, nodes = self.world.ask_own(self, condition, key, path, candidates)
        return true, nodes

    def kept_at(self, path: str) -> Any:
        """Return what a condition that a user wrote kept at its last evaluation."""
        return None if self.memory is None else self.memory.nodes.get(path)

    def _keep_cursors(self, condition: AutomationCondition, path: str) -> None:
        """Go on remembering what conditions of users kept that are not asked this time."""
        if self.memory is not None and not condition.is_serializable:
            self.kept.update((name, kept) for name, kept in self.memory.nodes.items() if _is_at(name, path))

    # What an asset is -------------------------------------------------------------------------------------------

    def _missing(self, _condition: AutomationCondition, key: AssetOrCheckKey, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return (EVERYTHING if world.known.check(key).passed is None else NOTHING), []
        if not world.graph.get(key).is_executable:
            return world.empty(key), []
        return world.full(key) - world.some(key, world.facts(key).updates), []

    def _newly_updated(
        self, _condition: AutomationCondition, key: AssetOrCheckKey, _path: str
    ) -> tuple[Any, list[Node]]:
        world = self.world
        if self.memory is None or not world.is_news(key, self.memory):
            return world.empty(key), []
        seen = world.seen_of(key, self.memory)
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
        if found is None or found.is_empty:
            return self.world.empty(key), []
        # What another run is to write has to be written before the root can be.
        is_apart = not isinstance(self.root, AssetJobKey) and not self.world.is_in_one_run(key, self.root)
        return (self.world.empty(key) if is_apart else found), []

    def _initial(self, _condition: AutomationCondition, key: Key, _path: str) -> tuple[Any, list[Node]]:
        return (self.world.full(key) if self.memory is None else self.world.empty(key)), []

    def _run_in_progress(
        self, _condition: AutomationCondition, key: AssetOrCheckKey, _path: str
    ) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return (EVERYTHING if world.known.check(key).in_progress else NOTHING), []
        return world.some(key, world.facts(key).in_progress), []

    def _backfill_in_progress(
        self, condition: AutomationCondition, key: AssetOrCheckKey, _path: str
    ) -> tuple[Any, list[Node]]:
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        found = self.world.some(key, self.world.known.backfilling(key))
        if condition.params.get("all_partitions") and not found.is_empty:
            return self.world.full(key), []
        return found, []

    def _failed(self, _condition: AutomationCondition, key: AssetOrCheckKey, _path: str) -> tuple[Any, list[Node]]:
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        return self.world.some(key, self.world.facts(key).failed), []

    def _check_result(self, condition: AutomationCondition, key: AssetOrCheckKey, _path: str) -> tuple[Any, list[Node]]:
        if not isinstance(key, AssetCheckKey):
            raise DagsterInvariantViolationError(
                f"check_passed and check_failed are asked of checks, not of the asset {key.to_user_string()}.",
                hint="Put them into any_checks_match() or all_checks_match().",
            )
        passed = self.world.known.check(key).passed
        return (EVERYTHING if passed is condition.params["passed"] else NOTHING), []

    def _code_version(self, _condition: AutomationCondition, key: AssetOrCheckKey, path: str) -> tuple[Any, list[Node]]:
        world = self.world
        version = None if isinstance(key, AssetCheckKey) else world.graph.get(key).code_version
        self.kept[path] = version
        is_changed = self.memory is not None and path in self.memory.nodes and self.memory.nodes[path] != version
        return (world.full(key) if is_changed else world.empty(key)), []

    def _data_version(self, _condition: AutomationCondition, key: AssetOrCheckKey, path: str) -> tuple[Any, list[Node]]:
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

    def _with_root(self, _condition: AutomationCondition, key: AssetOrCheckKey, _path: str) -> tuple[Any, list[Node]]:
        """Compare runs: the root was written, or is still to be written, by the run that wrote this."""
        world = self.world
        if isinstance(key, AssetCheckKey) or isinstance(self.root, AssetCheckKey):
            return world.empty(key), []
        roots = world.index.jobs[self.root].assets if isinstance(self.root, AssetJobKey) else (self.root,)
        runs = {run for root in map(world.facts, roots) for run in _runs_of(root)}
        return self._where(key, lambda update: update.run_id is not None and update.run_id in runs)

    def _with_tags(self, condition: AutomationCondition, key: AssetOrCheckKey, _path: str) -> tuple[Any, list[Node]]:
        true, _ = self._where(key, lambda update: self._has_tags(condition, update.run_id))
        updates = {} if isinstance(key, AssetCheckKey) else self.world.facts(key).updates
        return true, self._runs_shown(condition, [update.run_id for update in updates.values()])

    def _new_with_tags(
        self, condition: AutomationCondition, key: AssetOrCheckKey, _path: str
    ) -> tuple[Any, list[Node]]:
        """Look at each update since the last evaluation, not only at the latest of them."""
        world = self.world
        if isinstance(key, AssetCheckKey) or self.memory is None or not world.is_news(key, self.memory):
            return world.empty(key), []
        facts = world.facts(key)
        latest = max((update.event_id for update in facts.updates.values()), default=0)
        seen = world.seen_of(key, self.memory)
        news = world.known.updates_between(key, seen, latest) if latest > seen else ()
        runs: dict[str | None, list[str | None]] = {}
        for partition, run_id in news:
            if partition in facts.updates:
                runs.setdefault(partition, []).append(run_id)
        enough = all if condition.params["every"] else any
        true = [one for one, ids in runs.items() if enough(self._has_tags(condition, run_id) for run_id in ids)]
        return world.some(key, true), self._runs_shown(condition, [one for ids in runs.values() for one in ids])

    def _has_tags(self, condition: AutomationCondition, run_id: str | None) -> bool:
        tags = {} if run_id is None else self.world.known.run_tags(run_id)
        keys, values = condition.params.get("tag_keys", ()), condition.params.get("tag_values", {})
        return all(one in tags for one in keys) and all(tags.get(one) == value for one, value in values.items())

    def _runs_shown(self, condition: AutomationCondition, run_ids: Iterable[str | None]) -> list[Node]:
        """Return, to be shown, what some runs have of the tags that are asked for; where the runs are few."""
        names = [*condition.params.get("tag_keys", ()), *condition.params.get("tag_values", {})]
        runs = list(dict.fromkeys(one for one in run_ids if one is not None))
        found = []
        for run_id in runs if len(runs) <= _MOST_RUNS_SHOWN else ():
            tags = self.world.known.run_tags(run_id)
            told = ", ".join(f"{name}={tags[name]}" if name in tags else f"no {name}" for name in names)
            found.append(Node(f"run {run_id[:8]} has {told}", true=self._has_tags(condition, run_id)))
        return found

    def _where(self, key: AssetOrCheckKey, holds: Callable[[Update], bool]) -> tuple[Any, list[Node]]:
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        updates = self.world.facts(key).updates
        return self.world.some(key, (one for one, update in updates.items() if holds(update))), []

    def _freshness(self, condition: AutomationCondition, key: AssetOrCheckKey, _path: str) -> tuple[Any, list[Node]]:
        world = self.world
        if isinstance(key, AssetCheckKey):
            return NOTHING, []
        state = freshness_state(world.graph.get(key).freshness_policy, world.written_at(key), world.now)
        return (world.full(key) if state == condition.params["state"] else world.empty(key)), []


def _is_at(name: str, path: str) -> bool:
    """Say whether a place in a tree is another, or below it."""
    return name == path or name.startswith((f"{path}.", f"{path}@", f"{path}>"))


def _runs_of(facts: AssetFacts) -> set[str | None]:
    """Return the runs that wrote an asset last, or are to."""
    return {update.run_id for update in facts.updates.values()} | {facts.planned_run_id}


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


def _ask_of(condition: AutomationCondition, key: Key) -> _Ask:
    """Return what evaluates a condition of a user, or one of a job."""
    if condition.is_own:
        return Evaluation._own
    if isinstance(key, AssetJobKey) and condition.kind in _OF_ANY_ASSET:
        return Evaluation._any_of_job
    ask = _ASKS.get(condition.kind)
    if ask is None:
        raise DagsterInvariantViolationError(f"There is no condition {condition.name!r}, which {name_of(key)} has.")
    return ask


_Ask = Callable[[Evaluation, AutomationCondition, Any, str], tuple[Any, list[Node]]]


def _of_assets(ask: _Ask) -> _Ask:
    """Return what asks a condition of assets, which is true of no check."""

    def asked(evaluation: Evaluation, condition: AutomationCondition, key: Any, path: str) -> tuple[Any, list[Node]]:
        return (NOTHING, []) if isinstance(key, AssetCheckKey) else ask(evaluation, condition, key, path)

    return asked


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
    "deps_not_updated": _of_assets(older_rules.deps_not_updated),
    "deps_outdated": _of_assets(older_rules.deps_outdated),
    "deps_nonexistent": _of_assets(older_rules.deps_nonexistent),
    "limited": older_rules.limited,
    "newly_discarded": older_rules.newly_discarded,
    "any_job_root_assets_match": Evaluation._any_roots,
    "all_job_root_assets_match": Evaluation._all_roots,
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
    "new_updates_with_tags": Evaluation._new_with_tags,
    "freshness": Evaluation._freshness,
}
