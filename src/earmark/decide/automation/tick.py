"""One tick of automation: the conditions that an event touches are evaluated, upstream first, and runs asked for.

Evaluated are: conditions that look at something touched; those whose last evaluation changed something (what was
newly true no longer is); those whose time has come; and those that look at an asset of which this tick asks for
something, or no longer for what the last did. All others would come out as they did, so what is asked for and
remembered is what evaluating everything would give.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.decide.automation.evaluate import Evaluation, OwnConditionError
from earmark.decide.automation.index import ConditionIndex, index_of
from earmark.decide.automation.known import Known
from earmark.decide.automation.memory import Key, Memory, Node, name_of
from earmark.decide.automation.recalled import AutomationState, Kept, KeptInState, Recalled
from earmark.decide.automation.world import World
from earmark.graph.assets import AssetGraph
from earmark.partitions.loading import partition_loading_context
from earmark.specs.automation import AutomationCondition
from earmark.specs.job import JobSpec
from earmark.values import wire
from earmark.values.clock import Micros, to_datetime
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey


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
        failed: Why conditions could not be evaluated, by what has them. They ask for nothing, what happened meanwhile
            is not forgotten, and the next tick evaluates them again.
        changed: What to remember of the conditions that were evaluated, by name.
        seen: The number of the latest event of each asset and check that was not seen before.
        gone: The names of conditions that are no more.
    """

    state: AutomationState
    evaluated: tuple[Evaluated, ...]
    requested: dict[Any, Any]
    failed: dict[Any, BaseException] = {}
    changed: dict[str, Memory] = {}
    seen: dict[str, int] = {}
    gone: frozenset[str] = frozenset()


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
    kept: Kept | None = None,
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
        kept: Where what is remembered of each condition is read; ``None`` for the state, which then holds all of it.
    """
    index = index_of(graph, default, jobs)
    number = state.evaluation_id + 1
    recalled = Recalled(KeptInState(state) if kept is None else kept)
    known_names = recalled.read_all() if touched is None else ()
    world = World(index, known, now, dynamic, touched, recalled, number, ask_own)
    evaluated: list[Evaluated] = []
    failed: dict[Any, BaseException] = {}
    with partition_loading_context(to_datetime(now), dynamic):
        todo = _Round(index, among, recalled, state, touched, now)
        known.prefetch(todo.looks_at())
        for key in todo:
            try:
                evaluated.append(_one(world, key))
            except OwnConditionError as error:
                failed[key] = error.__cause__ or error
                _go_on_without(world, key)
            except DagsterInvariantViolationError as error:
                failed[key] = error
                _go_on_without(world, key)
    _see(world)
    # Only where all are evaluated may definitions have changed, and conditions have gone.
    gone = frozenset(name for name in known_names if name not in index.by_name)
    return AutomationDecision(
        _state_after(state, world, gone, is_kept_here=kept is None),
        tuple(evaluated),
        {key: subset for key, subset in world.requested.items() if not subset.is_empty},
        failed,
        recalled.changed,
        recalled.changed_seen,
        gone,
    )


def _state_after(state: AutomationState, world: World, gone: frozenset[str], *, is_kept_here: bool) -> AutomationState:
    index, recalled = world.index, world.recalled
    is_open = {name for name, memory in recalled.changed.items() if not memory.is_settled}
    late = {name: world.next_change(index.timers(index.by_name[name])[1]) for name in recalled.changed}
    late |= {name: min(at, late[name] or at) for name, at in world.wakes.items()}
    before = {} if world.touched is None else state.late
    return AutomationState(
        evaluation_id=world.number,
        at=world.now,
        open=frozenset(is_open | (state.open - recalled.changed.keys() - gone)),
        late={name: at for name, at in {**before, **late}.items() if at is not None},
        seen={**state.seen, **recalled.changed_seen} if is_kept_here else {},
        memory={name: one for name, one in {**state.memory, **recalled.changed}.items() if name not in gone}
        if is_kept_here
        else {},
    )


class _Round:
    """Gives the assets, checks and jobs to evaluate, in order; more join while it goes."""

    def __init__(
        self,
        index: ConditionIndex,
        among: Collection[Key] | None,
        recalled: Recalled,
        state: AutomationState,
        touched: Collection[Key] | None,
        now: Micros,
    ) -> None:
        self._index = index
        self._among = among
        self._recalled = recalled
        self._waiting: list[tuple[int, str, Key]] = []
        self._queued: set[Key] = set()
        if touched is None:
            self._add(index.conditions)
            return
        self._add(index.by_name[name] for name in state.open if name in index.by_name)
        self._add(index.by_name[name] for name, at in state.late.items() if at <= now and name in index.by_name)
        self._add(index.due_between(state.at, now))
        for one in touched:
            self._add(index.watchers.get(one, ()))
        recalled.read([place[1] for place in self._waiting])
        recalled.read_seen([name_of(one) for one in touched if one in index.watchers])

    def looks_at(self) -> set[AssetKey]:
        """Return the assets that the conditions which are to be evaluated look at."""
        return {seen for _, _, key in self._waiting for seen in self._index.looks_at(key)}

    def _add(self, keys: Iterable[Key]) -> None:
        for key in keys:
            if key not in self._queued and (self._among is None or key in self._among):
                self._queued.add(key)
                heapq.heappush(self._waiting, self._place(key))

    def _place(self, key: Key) -> tuple[int, str, Key]:
        return self._index.order[key], self._index.names[key], key

    def __iter__(self) -> Iterator[Key]:
        while self._waiting:
            place = heapq.heappop(self._waiting)
            key, name = place[2], place[1]
            before = self._recalled.get(name)
            yield key
            after = self._recalled.get(name)
            if after is None:
                continue
            if after.requested != (False if before is None else before.requested) or after.is_asking:
                # What comes before it in the order has been evaluated without it, touched or not.
                later = [one for one in self._index.watchers.get(key, ()) if self._place(one) > place]
                self._recalled.read([self._index.names[one] for one in later])
                self._add(later)


def _one(world: World, key: Key) -> Evaluated:
    index = world.index
    name, identity = index.names[key], index.identities[key]
    before = world.recalled.get(name)
    if before is not None and before.condition != identity:
        before = None
    evaluation = Evaluation(world, key, before)
    true, root = evaluation.evaluate(index.conditions[key])
    world.requested[key] = true
    if evaluation.next_at is not None:
        world.wakes[name] = evaluation.next_at
    fingerprint = wire.content_hash(root)
    is_same = before is not None and before.fingerprint == fingerprint
    memory = Memory(
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
    )
    world.recalled.put(name, memory)
    return Evaluated(name, world.number, world.now, root, tuple(true.get_partition_keys()), not is_same)


def _go_on_without(world: World, key: Key) -> None:
    """Remember of a condition that could not be evaluated what it has not seen."""
    name = world.index.names[key]
    before = world.recalled.get(name)
    if before is None:
        # It has no identity, so the next evaluation is still the first.
        world.recalled.put(name, Memory(world.now, ""))
        return
    looked_at = world.index.all_looked_at(key)
    missed = looked_at if world.touched is None else looked_at.intersection(world.touched)
    behind = {name_of(one): world.recalled.seen(name_of(one)) for one in missed}
    world.recalled.put(name, replace(before, is_settled=False, behind={**behind, **before.behind}))


def _see(world: World) -> None:
    """Remember the latest event of each asset and check that some condition looks at and that was touched."""
    index = world.index
    for key in index.watchers if world.touched is None else [one for one in world.touched if one in index.watchers]:
        if isinstance(key, AssetCheckKey):
            latest = world.known.check(key).event_id
        elif isinstance(key, AssetKey) and key in index.graph.positions:
            latest = max((update.event_id for update in world.facts(key).updates.values()), default=0)
        else:
            continue
        if latest > world.recalled.seen(name_of(key)):
            world.recalled.see(name_of(key), latest)


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
