"""Conditions: evaluating what was touched gives, tick after tick, what evaluating everything gives."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import earmark as em
from earmark import AutomationCondition as C
from earmark.decide.automation.index import index_of
from earmark.decide.automation.known import AssetFacts, CheckFacts, Update
from earmark.decide.automation.tick import AutomationDecision, AutomationState, evaluate_conditions
from earmark.define.automation.automation_context import OwnConditions
from earmark.graph.assets import AssetGraph
from earmark.specs.computation import ComputationSpec
from earmark.specs.job import JobSpec
from earmark.values import wire
from earmark.values.clock import Micros, from_datetime
from earmark.values.keys import AssetCheckKey, AssetKey

BEGIN = from_datetime(datetime(2026, 11, 10, 11, 30, tzinfo=UTC))
MINUTE = 60_000_000
NAMES = [f"a{number}" for number in range(6)]
CUTS = {
    "whole": None,
    "daily": em.DailyPartitionsDefinition("2026-11-08"),
    "colors": em.StaticPartitionsDefinition(["red", "blue"]),
    "shops": em.DynamicPartitionsDefinition(name="shops"),
}
FRESH = em.FreshnessPolicy.time_window(timedelta(hours=6), timedelta(hours=2))


class NowAndThen(C):
    """True at times, and at every third time that it is asked, whatever happened."""

    def __init__(self, minutes: int) -> None:
        self.minutes = minutes

    def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        times = int(context.cursor or 0) + 1
        is_time = context.evaluation_time.minute >= self.minutes or times % 3 == 0
        true = context.candidate_subset if is_time else context.get_empty_subset()
        return em.AutomationResult(context, true, cursor=str(times))


class AsksAnother(C):
    """Says what another condition says, and fails at times."""

    def __init__(self, other: C) -> None:
        self.other = other

    async def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        if context.evaluation_time.minute == 20:
            raise ValueError("not now")
        told = await context.for_child_condition(self.other, [0], context.candidate_subset).evaluate_async()
        return em.AutomationResult(context, told.true_subset)


LEAVES = [
    C.missing(),
    C.newly_updated(),
    C.newly_requested(),
    C.will_be_requested(),
    C.initial_evaluation(),
    C.in_progress(),
    C.execution_failed(),
    C.data_version_changed(),
    C.in_latest_time_window(),
    C.cron_tick_passed("0 * * * *"),
    C.freshness_failed(),
    C.freshness_warned(),
    C.executed_with_root_target(),
    C.executed_with_tags(tag_values={"kind": "hand"}),
    C.any_new_update_has_run_tags(tag_values={"kind": "hand"}),
    C.all_new_updates_have_run_tags(tag_keys=["kind"]),
    C.code_version_changed(),
    NowAndThen(40),
]
OLDER = [
    C(kind="deps_not_updated", params={"every_partition": True}),
    C(kind="deps_not_updated", params={"every_partition": False}),
    C(kind="deps_outdated"),
    C(kind="deps_nonexistent"),
    C(kind="backfill_in_progress", params={"all_partitions": True}),
]
USUAL = [
    em.AutoMaterializePolicy.eager().to_automation_condition(),
    em.AutoMaterializePolicy(
        frozenset({em.AutoMaterializeRule.materialize_on_cron("0 * * * *", all_partitions=True)}), 1
    ).to_automation_condition(),
    C.eager(),
    C.on_cron("0 */6 * * *"),
    C.on_missing(),
    C.any_downstream_conditions(),
]


def joined(below: st.SearchStrategy[C]) -> st.SearchStrategy[C]:
    pairs = st.tuples(below, below)
    return st.one_of(
        pairs.map(lambda two: two[0] & two[1]),
        pairs.map(lambda two: two[0] | two[1]),
        pairs.map(lambda two: two[0].since(two[1])),
        below.map(lambda one: ~one),
        below.map(C.newly_true),
        below.map(C.since_last_handled),
        below.map(AsksAnother),
        below.map(C.any_deps_match),
        below.map(C.all_deps_match),
        st.tuples(st.sampled_from(NAMES[:2]), below).map(lambda two: C.asset_matches(*two)),
        st.sampled_from([C.any_checks_match(C.check_failed()), C.all_checks_match(C.check_passed())]),
    )


CONDITIONS = st.one_of(st.sampled_from(USUAL), st.recursive(st.sampled_from([*LEAVES, *OLDER]), joined, max_leaves=5))


def of_jobs(below: C) -> st.SearchStrategy[C]:
    """Return conditions of jobs: those of assets, and those about the topmost assets of a job."""
    roots = [C.any_job_root_assets_match(below), C.all_job_root_assets_match(below)]
    return st.sampled_from([below, *roots, roots[0].since_last_handled() & ~C.in_progress()])


@st.composite
def graphs(draw) -> AssetGraph:
    """Return up to six assets, whole or cut, each perhaps with dependencies, a condition, a check and a policy."""
    made: list[ComputationSpec] = []
    kinds: dict[str, str] = {}
    for name in NAMES[: draw(st.integers(2, len(NAMES)))]:
        cut = draw(st.sampled_from([*CUTS, "whole", "daily"]))
        fitting = [other for other, kind in kinds.items() if kind in (cut, "whole") or cut == "whole"]
        spec = em.AssetSpec(
            name,
            deps=[other for other in fitting if draw(st.booleans())],
            partitions_def=CUTS[cut],
            automation_condition=draw(st.none() | CONDITIONS),
            freshness_policy=draw(st.sampled_from([None, FRESH])),
        )
        checks = (em.AssetCheckSpec("sound", asset=name, blocking=True),) if draw(st.booleans()) else ()
        made.append(ComputationSpec(name, (spec,), checks))
        kinds[name] = cut
    return AssetGraph(made)


@st.composite
def jobs(draw, graph: AssetGraph) -> list[JobSpec]:
    """Return up to two jobs with conditions over assets that are cut alike; or of no assets at all."""
    made = []
    for number in range(draw(st.integers(0, 2))):
        cut = draw(st.sampled_from([graph.get(key).partitions_def for key in graph.keys]))
        alike = [key for key in graph.keys if graph.get(key).partitions_def == cut]
        made.append(
            JobSpec(
                f"j{number}",
                assets=tuple(sorted(key for key in alike if draw(st.booleans()))),
                partitions_def=cut,
                automation_condition=draw(CONDITIONS.flatmap(of_jobs)),
            )
        )
    return made


class World:
    """A world that events change; it tells what each of them touched."""

    def __init__(self, graph: AssetGraph, of_jobs: Sequence[JobSpec] = ()) -> None:
        self.graph = graph
        self.jobs = of_jobs
        self.now = BEGIN
        self.events = 0
        self.facts: dict[AssetKey, dict[str, dict]] = {
            key: {"updates": {}, "in_progress": {}, "failed": {}, "backfilling": {}} for key in graph.keys
        }
        self.checks: dict[AssetCheckKey, CheckFacts] = {}
        self.planned: dict[AssetKey, str | None] = {}
        self.log: dict[AssetKey, list[tuple[int, str | None, str]]] = {}
        self.shops = ["north"]

    # What conditions ask of it

    def prefetch(self, keys):
        return None

    def asset(self, key, is_partitioned):
        facts = self.facts[key]
        return AssetFacts(facts["updates"], set(facts["in_progress"]), set(facts["failed"]), self.planned.get(key))

    def check(self, key):
        return self.checks.get(key, CheckFacts())

    def backfilling(self, key):
        return set(self.facts[key]["backfilling"])

    def updates_between(self, key, after, until):
        return [(one, run_id) for number, one, run_id in self.log.get(key, ()) if after < number <= until]

    def run_tags(self, run_id):
        return {"kind": "hand"} if run_id.endswith("h") else {}

    def get_dynamic_partitions(self, partitions_def_name):
        return list(self.shops)

    # What happens to it

    def happen(self, what: str, number: int) -> set:
        self.events += 1
        key = self.graph.keys[number % len(self.graph.keys)]
        if what == "time":
            self.now = Micros(self.now + (1, 20, 90, 1500)[number % 4] * MINUTE)
            return set()
        if what == "shop":
            name = ("south", "west")[number % 2]
            self.shops = [one for one in self.shops if one != name] + ([] if name in self.shops else [name])
            return set(index_of(self.graph, jobs=self.jobs).cut_by("shops"))
        if what == "check":
            checks = self.graph.get_check_keys_for_assets([key])
            for check in checks:
                self.checks[check] = CheckFacts(number % 2 == 0, self.events)
            return set(checks)
        partition = self.partition(key, number)
        facts = self.facts[key]
        run_id = f"r{self.events // 2}{'h' if number % 3 == 0 else ''}"
        if what == "write":
            facts["updates"][partition] = Update(self.events, run_id, f"v{number % 2}", self.now)
            self.log.setdefault(key, []).append((self.events, partition, run_id))
            for kept in ("in_progress", "failed"):
                facts[kept].pop(partition, None)
            self.planned[key] = None
        elif what == "wipe":
            facts["updates"].clear()
        else:
            facts[what].pop(partition) if partition in facts[what] else facts[what].update({partition: True})
            if what == "in_progress":
                self.planned[key] = run_id
        return {key}

    def partition(self, key: AssetKey, number: int) -> str | None:
        cut = self.graph.get(key).partitions_def
        if cut is None:
            return None
        keys = cut.get_partition_keys(self.now, self)
        return str(keys[number % len(keys)])


EVENTS = st.tuples(
    st.sampled_from(
        ["write", "write", "write", "time", "in_progress", "failed", "backfilling", "wipe", "shop", "check"]
    ),
    st.integers(0, 11),
)


def stored(state: AutomationState) -> AutomationState:
    """Return a state as it comes back from the store."""
    return wire.decode(wire.encode(state), AutomationState)


@settings(max_examples=300)
@given(data=st.data(), graph=graphs(), ticks=st.lists(st.lists(EVENTS, max_size=3), min_size=1, max_size=12))
def test_what_is_touched_decides_as_everything_does(
    data: st.DataObject, graph: AssetGraph, ticks: list[list[tuple[str, int]]]
) -> None:
    of_jobs = data.draw(jobs(graph), "jobs")
    world = World(graph, of_jobs)

    def evaluate(state: AutomationState, touched: set | None = None) -> AutomationDecision:
        ask = OwnConditions(None, logging.getLogger()).ask
        return evaluate_conditions(
            graph, stored(state), world, world.now, touched=touched, dynamic=world, jobs=of_jobs, ask_own=ask
        )

    narrow = full = evaluate(AutomationState()).state
    for tick in ticks:
        touched = {key for what, number in tick for key in world.happen(what, number)}
        one = evaluate(narrow, touched)
        all_of_them = evaluate(full)
        assert one.failed.keys() == all_of_them.failed.keys()
        assert {key: set(subset.get_partition_keys()) for key, subset in one.requested.items()} == {
            key: set(subset.get_partition_keys()) for key, subset in all_of_them.requested.items()
        }
        narrow, full = one.state, all_of_them.state
        assert {name: kept.nodes for name, kept in narrow.memory.items()} == {
            name: kept.nodes for name, kept in full.memory.items()
        }
        assert {name: kept.fingerprint for name, kept in narrow.memory.items()} == {
            name: kept.fingerprint for name, kept in full.memory.items()
        }
        assert len(one.evaluated) <= len(all_of_them.evaluated)


def test_nothing_is_evaluated_where_nothing_happens() -> None:
    specs = [em.AssetSpec("a0"), em.AssetSpec("a1", deps=["a0"], automation_condition=C.eager())]
    graph = AssetGraph([ComputationSpec(spec.key.path[-1], (spec,)) for spec in specs])
    world = World(graph)
    state = AutomationState()
    for _ in range(3):
        state = evaluate_conditions(graph, state, world, world.now).state
    decision = evaluate_conditions(graph, state, world, Micros(world.now + MINUTE), touched=())
    assert decision.evaluated == () and decision.state.memory == state.memory
