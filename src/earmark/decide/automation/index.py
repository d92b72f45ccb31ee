"""Which conditions look at which assets, so that an event makes only those be evaluated again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from earmark.decide.automation.jobs import conditioned_jobs
from earmark.decide.automation.memory import Key, name_of
from earmark.decide.automation.traits import Traits
from earmark.graph.assets import AssetGraph
from earmark.partitions import MultiPartitionsDefinition
from earmark.partitions.cron import Cron
from earmark.partitions.dynamic import DynamicPartitionsDefinition
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.specs.automation import (
    OVER_ANCESTORS,
    OVER_CHECKS,
    OVER_DEPS,
    OVER_PARENTS,
    OVER_ROOTS,
    AutomationCondition,
)
from earmark.specs.job import JobSpec
from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey

Timers = tuple[frozenset[Cron], frozenset[AssetKey]]
"""What changes by the time alone: at the ticks of cron expressions, and how fresh assets are."""

_JUMPS = frozenset((
    *OVER_DEPS, *OVER_CHECKS, *OVER_ROOTS, *OVER_PARENTS, *OVER_ANCESTORS, "asset_matches", "any_downstream_conditions",
))  # fmt: skip


class ConditionIndex:
    """The conditions of a graph, in the order in which they are evaluated, and what each looks at.

    Args:
        graph: All assets.
        default: The condition of assets that have none of their own, if they are to have one.
        jobs: The jobs, of which those with conditions count.
    """

    def __init__(
        self, graph: AssetGraph, default: AutomationCondition | None = None, jobs: Sequence[JobSpec] = ()
    ) -> None:
        self.graph = graph
        self.jobs = conditioned_jobs(graph, jobs)
        self.traits = Traits()
        self.identities: dict[Key, str] = {}
        """The content hash of each condition."""
        self._jumps: dict[int, list[AutomationCondition]] = {}
        self._crons: dict[int, frozenset[Cron]] = {}
        self._looks: dict[Key, frozenset[AssetKey]] = {}
        self._timers: dict[Key, Timers] = {}
        self._shared_timers: dict[Timers, Timers] = {}
        self._downstream: dict[Key, Mapping[str, AutomationCondition]] | None = None
        self._by_crons: Mapping[frozenset[Cron], Sequence[Key]] | None = None
        self._cut_by: Mapping[str, Collection[Key]] | None = None
        self._cuts: dict[Key, Any] = {spec.key: spec.partitions_def for spec in graph.specs if spec.partitions_def}
        self._cuts.update((key, job.partitions_def) for key, job in self.jobs.items() if job.partitions_def)
        self.conditions = self._conditions(default)
        self.names: dict[Key, str] = {key: name_of(key) for key in self.conditions}
        """The name under which each is remembered."""
        self.by_name: dict[str, Key] = {name: key for key, name in self.names.items()}
        self._place = {key: number for number, key in enumerate(graph.topological_keys)}
        self.order: dict[Key, int] = {key: self._order(key) for key in self.conditions}
        self.watchers: Mapping[Key, Collection[Key]] = self._watchers()

    def _conditions(self, default: AutomationCondition | None) -> dict[Key, AutomationCondition]:
        found: dict[Key, AutomationCondition] = {}
        for spec in self.graph.specs:
            wanted = spec.automation_condition or default
            if wanted is not None and self.graph.computation_of(spec.key).is_executable:
                found[spec.key], self.identities[spec.key] = self.traits.shared(wanted)
        for check in self.graph.asset_check_keys:
            of_check = self.graph.get_check_spec(check).automation_condition
            if of_check is not None:
                found[check], self.identities[check] = self.traits.shared(of_check)
        for key, job in self.jobs.items():
            found[key], self.identities[key] = self.traits.shared(job.condition)
        return found

    def _order(self, key: Key) -> int:
        """Return the place of an asset, check or job in the order: checks after their asset, jobs after all assets."""
        if isinstance(key, AssetJobKey):
            return len(self._place) * 2
        return self._place[key.asset_key] * 2 + 1 if isinstance(key, AssetCheckKey) else self._place[key] * 2

    def _watchers(self) -> dict[Key, set[Key]]:
        found: dict[Key, set[Key]] = defaultdict(set)
        for key, condition in self.conditions.items():
            for seen, _ in self._looks_at(condition, key):
                found[seen].add(key)
        return found

    def all_looked_at(self, key: Key) -> set[Key]:
        """Return the assets and checks that a condition looks at; the asset, check or job that has it is among them."""
        return {seen for seen, _ in self._looks_at(self.conditions[key], key)}

    def looks_at(self, key: Key) -> frozenset[AssetKey]:
        """Return the assets that the condition of an asset or check looks at, or at whose checks."""
        kept = self._looks.get(key)
        if kept is None:
            seen = (one for one, _ in self._looks_at(self.conditions[key], key))
            assets = frozenset(one.asset_key if isinstance(one, AssetCheckKey) else one for one in seen)
            kept = frozenset(one for one in assets if isinstance(one, AssetKey) and one in self.graph.positions)
            self._looks[key] = kept
        return kept

    def _looks_at(
        self, condition: AutomationCondition, key: Key, is_downstream: bool = False
    ) -> Iterator[tuple[Key, AutomationCondition]]:
        """Give each asset and check that a condition looks at, with what it asks of it."""
        yield key, condition
        if isinstance(key, AssetJobKey):
            for asset in self.jobs[key].assets:
                yield asset, condition
        for jump in self._jumps_of(condition):
            if jump.is_own:
                # It may ask anything of what is near.
                for other in self._near(key):
                    yield other, jump
                continue
            if jump.kind in (*OVER_PARENTS, *OVER_ANCESTORS):
                for parent in self._parents_of(key) if jump.kind in OVER_PARENTS else self._ancestors_of(key):
                    yield parent, jump
                continue
            if jump.kind == "any_downstream_conditions":
                for wanted in () if is_downstream else self.downstream_conditions(key).values():
                    yield from self._looks_at(wanted, key, is_downstream=True)
                continue
            for other in self._targets(jump, key):
                yield from self._looks_at(jump.operands[0], other, is_downstream)

    def downstream_conditions(self, key: Key) -> Mapping[str, AutomationCondition]:
        """Return the different conditions of all that is made from an asset or job, near or far, by what each is."""
        if isinstance(key, AssetCheckKey):
            return {}
        if isinstance(key, AssetJobKey):
            return self._downstream_of(self.jobs[key].children)
        if self._downstream is None:
            self._downstream = {}
            for one in reversed(self.graph.topological_keys):
                found = self._downstream_of(self.graph.get_children(one) - {one})
                if found:
                    self._downstream[one] = found
        return self._downstream.get(key, {})

    def _downstream_of(self, children: Iterable[AssetKey]) -> dict[str, AutomationCondition]:
        found: dict[str, AutomationCondition] = {}
        for child in sorted(children):
            own = self.conditions.get(child)
            if own is not None:
                # What a user wrote is more than its data tell, so it is the same only for the same asset.
                found[self.identities[child] + ("" if own.is_serializable else f":{child.to_user_string()}")] = own
            found |= self.downstream_conditions(child)
        return found

    def _targets(self, jump: AutomationCondition, key: Key) -> Collection[Key]:
        if jump.kind == "asset_matches":
            return (AssetKey.from_user_string(jump.params["key"]),)
        if jump.kind in OVER_CHECKS:
            return self._checks_of(key)
        if jump.kind in OVER_ROOTS:
            return self.jobs[key].roots if isinstance(key, AssetJobKey) else ()
        return self._parents_of(key)

    def _near(self, key: Key) -> set[Key]:
        return {*self._parents_of(key), *self._checks_of(key)}

    def _checks_of(self, key: Key) -> Collection[AssetCheckKey]:
        if isinstance(key, AssetCheckKey):
            return ()
        return self.graph.get_check_keys_for_assets(self.jobs[key].assets if isinstance(key, AssetJobKey) else [key])

    def _parents_of(self, key: Key) -> Collection[AssetKey]:
        if isinstance(key, AssetCheckKey):
            spec = self.graph.get_check_spec(key)
            return {spec.asset, *(dep.asset for dep in spec.additional_deps)}
        return self.jobs[key].parents if isinstance(key, AssetJobKey) else self.graph.get_parents(key)

    def _ancestors_of(self, key: Key) -> set[AssetKey]:
        """Return all that an asset is made from, near or far."""
        found: set[AssetKey] = set()
        waiting = list(self._parents_of(key))
        while waiting:
            one = waiting.pop()
            if one not in found and one in self.graph.positions:
                found.add(one)
                waiting.extend(self.graph.get_parents(one))
        return found

    def _jumps_of(self, condition: AutomationCondition) -> list[AutomationCondition]:
        """Return the nodes of a tree that look at other assets, not going beyond them."""
        kept = self._jumps.get(id(condition))
        if kept is None:
            kept = [condition] if condition.is_own or condition.kind in _JUMPS else []
            if condition.is_own or not kept:
                for one in condition.operands:
                    kept += self._jumps_of(one)
            self._jumps[id(condition)] = kept
        return kept

    def timers(self, key: Key) -> Timers:
        """Return what makes the answer of a condition another by the time alone, of all that it looks at."""
        kept = self._timers.get(key)
        if kept is None:
            crons: set[Cron] = set()
            fresh: set[AssetKey] = set()
            for seen, condition in self._looks_at(self.conditions[key], key):
                crons |= self._crons_of(condition)
                crons |= _windows_of(self.partitions_of(seen))
                if self.traits.of(condition).is_timed and isinstance(seen, AssetKey) and seen in self.graph.positions:
                    fresh |= {seen} if self.graph.get(seen).freshness_policy is not None else set()
            kept = (frozenset(crons), frozenset(fresh))
            kept = self._timers[key] = self._shared_timers.setdefault(kept, kept)
        return kept

    def due_between(self, since: Micros, now: Micros) -> Iterator[Key]:
        """Give what has a condition that may come out otherwise as time has passed, because of a cron expression."""
        if self._by_crons is None:
            found: dict[frozenset[Cron], list[Key]] = defaultdict(list)
            for key in self.conditions:
                found[self.timers(key)[0]].append(key)
            self._by_crons = found
        for crons, keys in self._by_crons.items():
            if any(cron.next_after(since) <= now for cron in crons):
                yield from keys

    def _crons_of(self, condition: AutomationCondition) -> frozenset[Cron]:
        kept = self._crons.get(id(condition))
        if kept is None:
            kept = self._crons[id(condition)] = frozenset(
                Cron((one.params["cron_schedule"],), one.params["cron_timezone"])
                for one in _walk(condition)
                if one.kind == "cron_tick_passed"
            )
        return kept

    def cut_by(self, name: str) -> Collection[Key]:
        """Return the assets and jobs whose partitions are, or are made of, the dynamic partitions of a name."""
        return self._dynamic().get(name, ())

    @property
    def dynamic_names(self) -> Collection[str]:
        """The names of the dynamic partitions by which assets and jobs are cut that some condition looks at."""
        return self._dynamic().keys()

    def _dynamic(self) -> Mapping[str, Collection[Key]]:
        if self._cut_by is None:
            found: dict[str, set[Key]] = defaultdict(set)
            for key in self.watchers:
                for name in _dynamic_names(self.partitions_of(key)):
                    found[name].add(key)
            self._cut_by = found
        return self._cut_by

    def partitions_of(self, key: Key) -> Any:
        """Return how an asset or job is cut; checks are not, nor is what is not here."""
        return self._cuts.get(key)


def _windows_of(definition: Any) -> frozenset[Cron]:
    """Return when there are other partitions than before: whenever a window of time ends."""
    if isinstance(definition, MultiPartitionsDefinition) and definition.has_time_window_dimension:
        definition = definition.time_window_partitions_def
    if not isinstance(definition, TimeWindowPartitionsDefinition):
        return frozenset()
    return frozenset((Cron((definition.cron_schedule,), definition.timezone),))


def _dynamic_names(definition: Any) -> Iterator[str]:
    if isinstance(definition, DynamicPartitionsDefinition) and definition.name is not None:
        yield definition.name
    if isinstance(definition, MultiPartitionsDefinition):
        for dimension in definition.partitions_defs:
            yield from _dynamic_names(dimension.partitions_def)


def _walk(condition: AutomationCondition) -> Iterator[AutomationCondition]:
    yield condition
    for one in condition.operands:
        yield from _walk(one)


def index_of(
    graph: AssetGraph, default: AutomationCondition | None = None, jobs: Sequence[JobSpec] = ()
) -> ConditionIndex:
    """Return the index of a graph and some jobs, made once."""
    name = f"conditions {default!r} {[job.name for job in jobs]}"
    kept: ConditionIndex | None = graph.kept.get(name)
    if kept is None:
        kept = graph.kept[name] = ConditionIndex(graph, default, jobs)
    return kept
