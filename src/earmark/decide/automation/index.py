"""Which conditions look at which assets, so that an event makes only those be evaluated again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from earmark.decide.automation.evaluate import Key, Traits
from earmark.graph.assets import AssetGraph
from earmark.partitions import MultiPartitionsDefinition
from earmark.partitions.cron import Cron
from earmark.partitions.dynamic import DynamicPartitionsDefinition
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.specs.automation import OVER_CHECKS, OVER_DEPS, AutomationCondition
from earmark.values.keys import AssetCheckKey, AssetKey

Timers = tuple[frozenset[Cron], frozenset[AssetKey]]
"""What changes by the time alone: at the ticks of cron expressions, and how fresh assets are."""

_JUMPS = frozenset((*OVER_DEPS, *OVER_CHECKS, "asset_matches", "any_downstream_conditions"))


class ConditionIndex:
    """The conditions of a graph, in the order in which they are evaluated, and what each looks at.

    Args:
        graph: All assets.
        default: The condition of assets that have none of their own, if they are to have one.
    """

    def __init__(self, graph: AssetGraph, default: AutomationCondition | None = None) -> None:
        self.graph = graph
        self.traits = Traits()
        self.identities: dict[Key, str] = {}
        """The content hash of each condition."""
        self._jumps: dict[int, list[AutomationCondition]] = {}
        self._crons: dict[int, frozenset[Cron]] = {}
        self._looks: dict[Key, frozenset[AssetKey]] = {}
        self._timers: dict[Key, Timers] = {}
        self._shared_timers: dict[Timers, Timers] = {}
        self._cut_by: Mapping[str, Collection[AssetKey]] | None = None
        self.conditions = self._conditions(default)
        self.names: dict[Key, str] = {key: key.to_user_string() for key in self.conditions}
        """The name under which each is remembered."""
        self.by_name: dict[str, Key] = {name: key for key, name in self.names.items()}
        place = {key: number for number, key in enumerate(graph.topological_keys)}
        self.order: dict[Key, int] = {
            key: place[key.asset_key] * 2 + 1 if isinstance(key, AssetCheckKey) else place[key] * 2
            for key in self.conditions
        }
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
        return found

    def _watchers(self) -> dict[Key, set[Key]]:
        found: dict[Key, set[Key]] = defaultdict(set)
        for key, condition in self.conditions.items():
            for seen, _ in self._looks_at(condition, key, frozenset()):
                found[seen].add(key)
        return found

    def looks_at(self, key: Key) -> frozenset[AssetKey]:
        """Return the assets that the condition of an asset or check looks at, or at whose checks."""
        kept = self._looks.get(key)
        if kept is None:
            seen = (one for one, _ in self._looks_at(self.conditions[key], key, frozenset()))
            kept = frozenset(one.asset_key if isinstance(one, AssetCheckKey) else one for one in seen)
            self._looks[key] = kept = frozenset(one for one in kept if one in self.graph.positions)
        return kept

    def _looks_at(
        self, condition: AutomationCondition, key: Key, inside: frozenset[Key]
    ) -> Iterator[tuple[Key, AutomationCondition]]:
        """Give each asset and check that a condition looks at, with what it asks of it."""
        yield key, condition
        for jump in self._jumps_of(condition):
            if jump.kind == "any_downstream_conditions":
                if isinstance(key, AssetKey):
                    yield from self._downstream(key, inside | {key})
                continue
            for other in self._targets(jump, key):
                yield from self._looks_at(jump.operands[0], other, inside)

    def _downstream(self, key: AssetKey, inside: frozenset[Key]) -> Iterator[tuple[Key, AutomationCondition]]:
        for child in self.graph.get_children(key) - inside:
            wanted = self.conditions.get(child)
            if wanted is not None:
                yield from self._looks_at(wanted, child, inside | {child})

    def _targets(self, jump: AutomationCondition, key: Key) -> Collection[Key]:
        if jump.kind == "asset_matches":
            return (AssetKey.from_user_string(jump.params["key"]),)
        if jump.kind in OVER_CHECKS:
            return () if isinstance(key, AssetCheckKey) else self.graph.get_check_keys_for_assets([key])
        if isinstance(key, AssetCheckKey):
            spec = self.graph.get_check_spec(key)
            return {spec.asset, *(dep.asset for dep in spec.additional_deps)}
        return self.graph.get_parents(key)

    def _jumps_of(self, condition: AutomationCondition) -> list[AutomationCondition]:
        """Return the nodes of a tree that look at other assets, not going beyond them."""
        kept = self._jumps.get(id(condition))
        if kept is None:
            kept = []
            if condition.kind in _JUMPS:
                kept.append(condition)
            else:
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
            for seen, condition in self._looks_at(self.conditions[key], key, frozenset()):
                crons |= self._crons_of(condition)
                if isinstance(seen, AssetKey) and seen in self.graph.positions:
                    crons |= self._windows_of(seen)
                    if self.traits.of(condition).is_timed and self.graph.get(seen).freshness_policy is not None:
                        fresh.add(seen)
            kept = (frozenset(crons), frozenset(fresh))
            kept = self._timers[key] = self._shared_timers.setdefault(kept, kept)
        return kept

    def _windows_of(self, key: AssetKey) -> frozenset[Cron]:
        """Return when there are other partitions of an asset than before: whenever a window of time ends."""
        definition: Any = self.graph.specs[self.graph.positions[key]].partitions_def
        if isinstance(definition, MultiPartitionsDefinition) and definition.has_time_window_dimension:
            definition = definition.time_window_partitions_def
        if not isinstance(definition, TimeWindowPartitionsDefinition):
            return frozenset()
        return frozenset((Cron((definition.cron_schedule,), definition.timezone),))

    def _crons_of(self, condition: AutomationCondition) -> frozenset[Cron]:
        kept = self._crons.get(id(condition))
        if kept is None:
            kept = self._crons[id(condition)] = frozenset(
                Cron((one.params["cron_schedule"],), one.params["cron_timezone"])
                for one in _walk(condition)
                if one.kind == "cron_tick_passed"
            )
        return kept

    def cut_by(self, name: str) -> Collection[AssetKey]:
        """Return the assets whose partitions are, or are made of, the dynamic partitions of a name."""
        return self._dynamic().get(name, ())

    @property
    def dynamic_names(self) -> Collection[str]:
        """The names of the dynamic partitions by which assets are cut that some condition looks at."""
        return self._dynamic().keys()

    def _dynamic(self) -> Mapping[str, Collection[AssetKey]]:
        if self._cut_by is None:
            found: dict[str, set[AssetKey]] = defaultdict(set)
            for key in self.watchers:
                if isinstance(key, AssetKey) and key in self.graph.positions:
                    definition = self.graph.specs[self.graph.positions[key]].partitions_def
                    for name in _dynamic_names(definition):
                        found[name].add(key)
            self._cut_by = found
        return self._cut_by


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


def index_of(graph: AssetGraph, default: AutomationCondition | None = None) -> ConditionIndex:
    """Return the index of a graph, made once."""
    name = f"conditions {default!r}"
    kept: ConditionIndex | None = graph.kept.get(name)
    if kept is None:
        kept = graph.kept[name] = ConditionIndex(graph, default)
    return kept
