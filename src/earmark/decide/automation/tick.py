"""One tick of automation: the conditions that an event touches are evaluated, upstream first, and runs asked for.

Evaluated are: conditions that look at something touched; those whose last evaluation changed something (what was
newly true no longer is); those whose time has come; and those that look at an asset of which this tick asks for
something, or no longer for what the last did. All others would come out as they did, so what is asked for and
remembered is what evaluating everything would give.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.decide.automation.evaluate import Evaluation, OwnConditionError
from earmark.decide.automation.index import ConditionIndex, index_of
from earmark.decide.automation.known import Known
from earmark.decide.automation.memory import Key, Memory, Node, name_of
from earmark.decide.automation.world import World
from earmark.graph.assets import AssetGraph
from earmark.partitions.loading import partition_loading_context
from earmark.specs.automation import AutomationCondition
from earmark.specs.job import JobSpec
from earmark.values import wire
from earmark.values.clock import Micros, to_datetime
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey


class AutomationState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered between ticks.

    Args:
        evaluation_id: The number of the last tick.
        seen: The number of the latest event of each asset that was seen.
        memory: What is remembered of each condition, by the name of the asset, check or job that has it.
    """

    evaluation_id: int = 0
    seen: dict[str, int] = {}
    memory: dict[str, Memory] = {}


class Evaluated(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """How the condition of an asset, check or job was evaluated in a tick.

    Args:
        key: The asset, the check (``asset:check``) or the job (``job: name``).
        evaluation_id: The number of the tick.
        at: When.
        root: The tree.
        partitions: What was asked for: partition keys, or ``[None]`` for an asset without partitions.
        is_changed: Whether anything is other than at the evaluation before; only then need it be stored.
    """

    key: str
    evaluation_id: int
    at: Micros
    root: Node
    partitions: tuple[str | None, ...] = ()
    is_changed: bool = True


class AutomationDecision(msgspec.Struct, frozen=True):
    """What a tick came to.

    Args:
        state: What to remember.
        evaluated: The conditions evaluated, in order.
        requested: What is asked for, as subsets.
        next_at: When a condition may change by the time alone; ``None`` if none will.
        failed: Why conditions could not be evaluated, by what has them. They ask for nothing, what happened meanwhile
            is not forgotten, and the next tick evaluates them again.
    """

    state: AutomationState
    evaluated: tuple[Evaluated, ...]
    requested: dict[Any, Any]
    next_at: Micros | None
    failed: dict[Any, BaseException] = {}


class AutomationRun(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run that a tick asks for: assets and checks, or a job; of one partition or of none."""

    assets: tuple[AssetKey, ...] = ()
    checks: tuple[AssetCheckKey, ...] = ()
    partition: str | None = None
    job: str | None = None


def evaluate_conditions(
    graph: AssetGraph,
    state: AutomationState,
    known: Known,
    now: Micros,
    *,
    touched: Collection[Key] | None = None,
    dynamic: Any = None,
    among: Collection[Key] | None = None,
    default: AutomationCondition | None = None,
    jobs: Sequence[JobSpec] = (),
    ask_own: Callable[..., Any] | None = None,
) -> AutomationDecision:
    """Evaluate conditions, and return what is asked for and what to remember.

    Args:
        graph: All assets.
        state: What the last tick returned.
        known: What is known of the world.
        now: The present.
        touched: The assets and checks about which there are events since the last tick, or whose runs began or ended;
            ``None`` if that is not known, or after definitions changed.
        dynamic: Where keys of dynamic partitions are found.
        among: Only the conditions of these assets and checks.
        default: The condition of assets that have none of their own.
        jobs: The jobs whose conditions are evaluated, too.
        ask_own: Asks a condition that a user wrote: given the evaluation, the condition, what it is asked of, its
            place in the tree and the candidates, it returns for what it is true, and the nodes that it asked.
    """
    index = index_of(graph, default, jobs)
    number = state.evaluation_id + 1
    world = World(index, known, now, dynamic, touched, state.seen, number, ask_own)
    memory = dict(state.memory)
    evaluated: list[Evaluated] = []
    failed: dict[Any, BaseException] = {}
    with partition_loading_context(to_datetime(now), dynamic):
        todo = _Round(index, among, memory, touched, now)
        known.prefetch(todo.looks_at())
        for key in todo:
            try:
                evaluated.append(_one(world, key, memory))
            except OwnConditionError as error:
                failed[key] = error.__cause__ or error
                _go_on_without(world, key, memory)
            except DagsterInvariantViolationError as error:
                failed[key] = error
                _go_on_without(world, key, memory)
    if touched is None:
        # Only then may definitions have changed, and conditions have gone.
        memory = {name: kept for name, kept in memory.items() if name in index.by_name}
    return AutomationDecision(
        AutomationState(number, _seen(index, world, state.seen), memory),
        tuple(evaluated),
        {key: subset for key, subset in world.requested.items() if not subset.is_empty},
        min((one.next_at for one in memory.values() if one.next_at is not None), default=None),
        failed,
    )


class _Round:
    """Gives the assets and checks to evaluate, in order; more join while it goes."""

    def __init__(
        self,
        index: ConditionIndex,
        among: Collection[Key] | None,
        memory: Mapping[str, Memory],
        touched: Collection[Key] | None,
        now: Micros,
    ) -> None:
        self._index = index
        self._among = among
        self._memory = memory
        self._waiting: list[tuple[int, str, Key]] = []
        self._queued: set[Key] = set()
        if touched is None:
            for key in index.conditions:
                self._add(key)
            return
        by_name = index.by_name
        for name, kept in memory.items():
            # It may come out otherwise although nothing touched it.
            if not kept.is_settled or (kept.next_at is not None and kept.next_at <= now):
                self._add(by_name[name])
        for one in touched:
            for watcher in index.watchers.get(one, ()):
                self._add(watcher)

    def looks_at(self) -> set[AssetKey]:
        """Return the assets that the conditions which are to be evaluated look at."""
        return {seen for _, _, key in self._waiting for seen in self._index.looks_at(key)}

    def _add(self, key: Key) -> None:
        if key not in self._queued and (self._among is None or key in self._among):
            self._queued.add(key)
            heapq.heappush(self._waiting, self._place(key))

    def _place(self, key: Key) -> tuple[int, str, Key]:
        return self._index.order[key], self._index.names[key], key

    def __iter__(self) -> Iterator[Key]:
        while self._waiting:
            place = heapq.heappop(self._waiting)
            key, name = place[2], place[1]
            before = self._memory.get(name)
            yield key
            after = self._memory[name]
            if after.requested != (False if before is None else before.requested) or after.is_asking:
                for watcher in self._index.watchers.get(key, ()):
                    # What comes before it in the order has been evaluated without it, touched or not.
                    if self._place(watcher) > place:
                        self._add(watcher)


def _one(world: World, key: Key, memory: dict[str, Memory]) -> Evaluated:
    index = world.index
    condition = index.conditions[key]
    name = index.names[key]
    identity = index.identities[key]
    before = memory.get(name)
    if before is not None and before.condition != identity:
        before = None
    evaluation = Evaluation(world, key, before)
    true, root = evaluation.evaluate(condition)
    world.requested[key] = true
    fingerprint = wire.content_hash(root)
    is_same = before is not None and before.fingerprint == fingerprint
    memory[name] = Memory(
        at=world.now,
        condition=identity,
        nodes=evaluation.kept,
        requested=true.to_data(),
        is_asking=not true.is_empty,
        fingerprint=fingerprint,
        is_settled=is_same
        and true.is_empty
        and not evaluation.is_momentary
        and before is not None
        and before.nodes == evaluation.kept,
        next_at=world.next_change(index.timers(key)),
    )
    return Evaluated(name, world.number, world.now, root, tuple(true.get_partition_keys()), not is_same)


def _go_on_without(world: World, key: Key, memory: dict[str, Memory]) -> None:
    """Remember of a condition that could not be evaluated what it has not seen."""
    before = memory.get(world.index.names[key])
    if before is None:
        # It has no identity, so the next evaluation is still the first.
        memory[world.index.names[key]] = Memory(world.now, "")
        return
    looked_at = world.index.all_looked_at(key)
    missed = looked_at if world.touched is None else looked_at.intersection(world.touched)
    behind = {name_of(one): world.seen.get(name_of(one), 0) for one in missed}
    memory[world.index.names[key]] = replace(before, is_settled=False, behind={**behind, **before.behind})


def _seen(index: ConditionIndex, world: World, before: Mapping[str, int]) -> dict[str, int]:
    """Return the latest event of each asset and check that some condition looks at and that was touched."""
    seen = dict(before)
    keys = index.watchers if world.touched is None else [one for one in world.touched if one in index.watchers]
    for key in keys:
        if isinstance(key, AssetCheckKey):
            latest = world.known.check(key).event_id
        elif isinstance(key, AssetKey) and key in index.graph.positions:
            latest = max((update.event_id for update in world.facts(key).updates.values()), default=0)
        else:
            continue
        if latest > seen.get(name_of(key), 0):
            seen[name_of(key)] = latest
    return seen


def runs_of(graph: AssetGraph, requested: Mapping[Any, Any]) -> list[AutomationRun]:
    """Return the runs for what is asked for: assets that are cut alike run together, partition by partition.

    Each job runs alone. An asset that is computed together with others, and not without them, brings those along.
    """
    whole: list[Key] = []
    by_partition: dict[tuple[int, str], list[AssetKey]] = {}
    kinds: list[Any] = []
    jobs: list[AutomationRun] = []
    for key, subset in requested.items():
        if isinstance(key, AssetJobKey):
            jobs += [AutomationRun(job=key.job_name, partition=one) for one in subset.get_partition_keys()]
            continue
        definition = None if isinstance(key, AssetCheckKey) else graph.get(key).partitions_def
        if definition is None:
            whole.append(key)
            continue
        if definition not in kinds:
            kinds.append(definition)
        for partition in subset.get_partition_keys():
            by_partition.setdefault((kinds.index(definition), partition), []).append(key)
    found = []
    if whole:
        assets = [key for key in whole if isinstance(key, AssetKey)]
        checks = sorted(key for key in whole if isinstance(key, AssetCheckKey))
        found.append(AutomationRun(tuple(sorted(graph.with_those_computed_together(assets))), tuple(checks)))
    for (_, partition), keys in by_partition.items():
        found.append(AutomationRun(tuple(sorted(graph.with_those_computed_together(keys))), (), partition))
    return found + jobs
