"""What only rules of old code ask (:mod:`earmark.specs.auto_materialize`): what is older than what, and limits."""

from __future__ import annotations

from typing import Any, Protocol

from earmark.decide.automation.memory import Key, Memory, Node
from earmark.decide.automation.subset import Stored, Whole, restored
from earmark.decide.automation.world import World
from earmark.specs.automation import AutomationCondition
from earmark.values.clock import Micros
from earmark.values.keys import AssetKey

MINUTE = 60_000_000


class Evaluation(Protocol):
    """What these rules need of the evaluation that they are a part of."""

    world: World
    memory: Memory | None
    kept: dict[str, Any]
    is_momentary: bool

    def candidates(self, key: Key) -> Any:
        """Return for what of the asset the answer matters."""

    def wake_at(self, at: Micros) -> None:
        """Have the condition evaluated at an instant."""

    def stored(self, data: Any) -> Stored:
        """Return a subset that a node kept."""

    def ask(self, condition: AutomationCondition, key: Key, path: str, among: Any) -> tuple[Any, Node]:
        """Return for which of some candidates another condition is true."""


def deps_not_updated(
    evaluation: Evaluation, condition: AutomationCondition, key: AssetKey, _path: str
) -> tuple[Any, list[Node]]:
    """True where a dependency was not updated since the asset was, and is not about to be."""
    world, every = evaluation.world, condition.params["every_partition"]
    parents = [one for one in sorted(world.parents(key)) if _is_known(world, one)]
    waiting = [
        partition
        for partition in evaluation.candidates(key).get_partition_keys()
        if not all(_is_updated(evaluation, key, partition, parent, every=every) for parent in parents)
    ]
    return world.some(key, waiting), []


def _is_known(world: World, key: AssetKey) -> bool:
    """Say whether anybody tells of the updates of an asset."""
    return world.graph.get(key).is_executable or bool(world.facts(key).updates)


def _is_updated(evaluation: Evaluation, key: AssetKey, partition: str | None, parent: AssetKey, *, every: bool) -> bool:
    world = evaluation.world
    own = world.facts(key).updates.get(partition)
    since = 0 if own is None else own.event_id
    needed = world.up(world.some(key, [partition]), key, parent)
    asked = _asked_for(evaluation, parent)
    updates = world.facts(parent).updates
    newer = world.some(parent, [one for one, update in updates.items() if update.event_id > since]) | asked
    return (needed - newer).is_empty if every else needed.is_empty or not (needed & newer).is_empty


def _asked_for(evaluation: Evaluation, key: AssetKey) -> Any:
    """Return what this tick asks for of an asset, which at the next it does no more."""
    asked = evaluation.world.requested.get(key)
    if asked is None or asked.is_empty:
        return evaluation.world.empty(key)
    evaluation.is_momentary = True
    return asked


def deps_outdated(
    evaluation: Evaluation, _condition: AutomationCondition, key: AssetKey, _path: str
) -> tuple[Any, list[Node]]:
    """True where a dependency is older than what it, or any above it, was made from, and is not about to be written."""
    world = evaluation.world
    true = world.empty(key)
    outdated: dict[AssetKey, Any] = {}
    for parent in sorted(world.parents(key)):
        found = _outdated(world, parent, outdated) - _asked_for(evaluation, parent)
        true = true | world.down(found, parent, key)
    return true, []


def _outdated(world: World, key: AssetKey, kept: dict[AssetKey, Any]) -> Any:
    if key in kept:
        return kept[key]
    updates = world.facts(key).updates
    true = world.empty(key)
    for parent in sorted(world.parents(key)):
        true = true | world.down(_outdated(world, parent, kept), parent, key)
        above = world.facts(parent).updates
        for partition, own in updates.items():
            newer = world.some(parent, [one for one, update in above.items() if update.event_id > own.event_id])
            mine = world.some(key, [partition])
            if not (world.up(mine, key, parent) & newer).is_empty:
                true = true | mine
    kept[key] = true & world.some(key, updates)
    return kept[key]


def deps_nonexistent(
    evaluation: Evaluation, _condition: AutomationCondition, key: AssetKey, _path: str
) -> tuple[Any, list[Node]]:
    """True where a partition is needed of a dependency that there is not."""
    world = evaluation.world
    ours = world.partitions_of(key)
    found: list[str | None] = []
    for parent in sorted(world.parents(key)):
        theirs = world.partitions_of(parent)
        if ours is None or theirs is None:
            continue
        mapping = world.mapping(key, parent)
        for partition in evaluation.candidates(key).get_partition_keys():
            mapped = mapping.upstream(world.some(key, [partition]), ours, theirs, world.now, world.dynamic)
            if not mapped.required_but_nonexistent_subset.is_empty:
                found.append(partition)
    return world.some(key, found), []


def limited(evaluation: Evaluation, condition: AutomationCondition, key: AssetKey, path: str) -> tuple[Any, list[Node]]:
    """True for so many partitions a minute of those for which the operand is, the first ones; others are discarded.

    An asset without partitions is not discarded but waits, as its next update is the same as this one.
    """
    world, limit = evaluation.world, condition.params["per_minute"]
    wanted, node = evaluation.ask(condition.operands[0], key, f"{path}.0", world.full(key))
    before = {} if evaluation.memory is None else evaluation.memory.nodes.get(path, {})
    kept = before.get("times", [])
    times = [at for at in kept if at > world.now - MINUTE]
    keys = wanted.get_partition_keys()
    allowed = keys[: max(0, limit - len(times))]
    true = world.some(key, allowed)
    left = wanted - true
    # Instants that are past are dropped where others come, so that time alone changes nothing that is remembered.
    asked = times + [int(world.now)] * len(allowed) if allowed else kept
    evaluation.kept[path] = {"times": asked, "left": left.to_data()}
    if not left.is_empty and isinstance(left, Whole):
        evaluation.wake_at(Micros(times[0] + MINUTE))
    elif not left.is_empty:
        # What was discarded is no longer asked for at the next evaluation.
        evaluation.is_momentary = True
    return true, [node]


def newly_discarded(
    evaluation: Evaluation, _condition: AutomationCondition, key: AssetKey, _path: str
) -> tuple[Any, list[Node]]:
    """True for the partitions that the limit of the asset's condition left out at the last evaluation."""
    world = evaluation.world
    kept = None if evaluation.memory is None else evaluation.memory.nodes.get("")
    if world.partitions_of(key) is None or not isinstance(kept, dict) or "left" not in kept:
        return world.empty(key), []
    return restored(evaluation.stored(kept["left"]), world.partitions_of(key)), []
