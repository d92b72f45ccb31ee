"""Which conditions look at which assets, so that an event makes only those be evaluated again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from earmark.decide.automation.evaluate import Key, Traits
from earmark.graph.assets import AssetGraph
from earmark.partitions import MultiPartitionsDefinition
from earmark.partitions.cron import Cron
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.specs.automation import OVER_CHECKS, OVER_DEPS, AutomationCondition
from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetKey

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
        self._crons: dict[int, tuple[Cron, ...]] = {}
        self.conditions = self._conditions(default)
        self.names: dict[Key, str] = {key: key.to_user_string() for key in self.conditions}
        """The name under which each is remembered."""
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
            for seen in self._looks_at(condition, key, frozenset()):
                found[seen].add(key)
        return found

    def _looks_at(self, condition: AutomationCondition, key: Key, inside: frozenset[Key]) -> Iterator[Key]:
        yield key
        for jump in self._jumps_of(condition):
            if jump.kind == "any_downstream_conditions":
                if isinstance(key, AssetKey):
                    yield from self._downstream(key, inside | {key})
                continue
            for other in self._targets(jump, key):
                yield from self._looks_at(jump.operands[0], other, inside)

    def _downstream(self, key: AssetKey, inside: frozenset[Key]) -> Iterator[Key]:
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

    def next_change(self, key: Key, now: Micros) -> Micros | None:
        """Return when the answer of a condition may change by the time alone."""
        condition = self.conditions[key]
        times = [cron.next_after(now) for cron in self._crons_of(condition)]
        definition: Any = None if isinstance(key, AssetCheckKey) else self.graph.get(key).partitions_def
        if isinstance(definition, MultiPartitionsDefinition) and definition.has_time_window_dimension:
            definition = definition.time_window_partitions_def
        if isinstance(definition, TimeWindowPartitionsDefinition):
            # Which partitions there are changes when a window ends.
            times.append(Cron((definition.cron_schedule,), definition.timezone).next_after(now))
        if self.traits.of(condition).is_timed:
            # The state may change at any instant; a minute is as exact as policies are.
            times.append(Micros(now + 60_000_000))
        return min(times, default=None)

    def _crons_of(self, condition: AutomationCondition) -> tuple[Cron, ...]:
        kept = self._crons.get(id(condition))
        if kept is None:
            ticks = {
                (one.params["cron_schedule"], one.params["cron_timezone"])
                for one in _walk(condition)
                if one.kind == "cron_tick_passed"
            }
            kept = self._crons[id(condition)] = tuple(Cron((cron,), zone) for cron, zone in sorted(ticks))
        return kept


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
