"""Conditions: what is asked for after what happened, tick after tick."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

import earmark as em
from earmark import AutomationCondition as C
from earmark.decide.automation.known import AssetFacts, CheckFacts, Update
from earmark.decide.automation.tick import AutomationState, evaluate_conditions, runs_of
from earmark.specs.manifest import Manifest
from earmark.values import wire
from earmark.values.clock import Micros, from_datetime
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError
from earmark.values.keys import AssetKey

NOW = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
DAYS = em.DailyPartitionsDefinition("2026-11-01")


class Ticks:
    """Evaluates definitions tick after tick, and says what was asked for as text."""

    def __init__(self, *assets, checks=()) -> None:
        self.assets = list(assets)
        self.defs = em.Definitions(self.assets, asset_checks=list(checks))
        self.instance = em.DagsterInstance.ephemeral()
        self.cursor: AutomationState | None = None
        self.result: em.EvaluateAutomationConditionsResult | None = None

    def tick(self, minutes: int = 0) -> list[str]:
        at = NOW + timedelta(minutes=minutes)
        cursor = None if self.cursor is None else wire.decode(wire.encode(self.cursor), AutomationState)
        self.result = em.evaluate_automation_conditions(self.defs, self.instance, None, at, cursor)
        self.cursor = self.result.cursor
        return sorted(
            f"{key.to_user_string()}{'' if one is None else f'[{one}]'}"
            for key, subset in self.result.requested_subsets.items()
            for one in subset.get_partition_keys()
        )

    def write(self, *keys: str, partition: str | None = None) -> None:
        result = em.materialize(self.assets, selection=list(keys), instance=self.instance, partition_key=partition)
        assert result.success


@pytest.fixture
def chain() -> Iterator[Ticks]:
    @em.asset
    def a(): ...

    @em.asset(deps=[a], automation_condition=C.eager())
    def b(): ...

    @em.asset(deps=[b], automation_condition=C.eager())
    def c(): ...

    ticks = Ticks(a, b, c)
    with ticks.instance:
        yield ticks


def test_eager_asks_for_all_that_is_downstream_of_an_update_at_once(chain: Ticks) -> None:
    assert chain.tick() == []
    chain.write("a")
    assert chain.tick() == ["b", "c"]
    assert chain.tick() == []
    chain.write("b")
    assert chain.tick() == ["c"]
    chain.write("c")
    assert chain.tick() == []


def test_eager_does_not_ask_again_for_what_the_same_run_wrote(chain: Ticks) -> None:
    chain.tick()
    chain.write("a", "b", "c")
    assert chain.tick() == []
    chain.write("a", "b")
    assert chain.tick() == ["c"]
    assert chain.tick() == []


def test_eager_does_not_make_up_for_what_was_missing_when_it_began(chain: Ticks) -> None:
    chain.write("a")
    assert chain.tick() == []
    assert chain.tick() == []


def test_eager_waits_for_a_dependency_that_is_missing() -> None:
    @em.asset
    def a(): ...

    @em.asset
    def other(): ...

    @em.asset(deps=[a, other], automation_condition=C.eager())
    def b(): ...

    ticks = Ticks(a, other, b)
    ticks.tick()
    ticks.write("a")
    assert ticks.tick() == []
    ticks.write("other")
    assert ticks.tick() == ["b"]


def test_eager_narrowed_to_some_dependencies_does_not_see_the_others() -> None:
    @em.asset
    def a(): ...

    @em.asset
    def other(): ...

    @em.asset(deps=[a, other], automation_condition=C.eager().ignore(em.AssetSelection.assets("other")))
    def b(): ...

    ticks = Ticks(a, other, b)
    ticks.tick()
    ticks.write("other")
    assert ticks.tick() == []
    ticks.write("a")
    assert ticks.tick() == ["b"]


def test_on_cron_asks_once_after_each_tick_when_all_dependencies_were_updated_since() -> None:
    @em.asset
    def a(): ...

    @em.asset(deps=[a], automation_condition=C.on_cron("0 * * * *"))
    def k(): ...

    ticks = Ticks(a, k)
    assert ticks.tick() == []
    ticks.write("a")
    assert ticks.tick(1) == []
    assert ticks.tick(45) == []
    ticks.write("a")
    assert ticks.tick(46) == ["k"]
    assert ticks.tick(47) == []
    assert ticks.tick(105) == []
    ticks.write("a")
    assert ticks.tick(106) == ["k"]


def test_only_the_latest_window_is_eager() -> None:
    @em.asset(partitions_def=DAYS)
    def pa(): ...

    @em.asset(partitions_def=DAYS, deps=[pa], automation_condition=C.eager())
    def pb(): ...

    ticks = Ticks(pa, pb)
    ticks.tick()
    ticks.write("pa", partition="2026-11-05")
    assert ticks.tick() == []
    ticks.write("pa", partition="2026-11-09")
    assert ticks.tick() == ["pb[2026-11-09]"]
    assert ticks.tick() == []


def test_missing_is_true_for_each_partition_that_was_never_written() -> None:
    early = em.DailyPartitionsDefinition("2026-11-07")

    @em.asset(partitions_def=early, automation_condition=C.missing())
    def pm(): ...

    ticks = Ticks(pm)
    assert ticks.tick() == ["pm[2026-11-07]", "pm[2026-11-08]", "pm[2026-11-09]"]
    ticks.write("pm", partition="2026-11-08")
    assert ticks.tick(24 * 60) == ["pm[2026-11-07]", "pm[2026-11-09]", "pm[2026-11-10]"]


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (C.initial_evaluation(), [1, 0, 0, 0]),
        (C.newly_updated(), [0, 0, 1, 0]),
        (C.missing().newly_true(), [1, 0, 0, 0]),
        (C.newly_requested(), [0, 0, 0, 0]),
        (C.cron_tick_passed("0 * * * *"), [0, 1, 0, 0]),
        (~C.missing(), [0, 0, 1, 1]),
        (C.code_version_changed(), [0, 0, 0, 0]),
        (C.missing().since(C.newly_updated()), [1, 1, 0, 0]),
        (C.execution_failed(), [0, 0, 0, 0]),
        (C.in_latest_time_window(), [1, 1, 1, 1]),
    ],
)
def test_a_condition_is_true_when_its_words_say_so(condition: C, asked: list[int]) -> None:
    x = em.asset(name="x", automation_condition=condition)(lambda: 1)
    ticks = Ticks(x)
    found = [len(ticks.tick(0)), len(ticks.tick(40))]
    ticks.write("x")
    found += [len(ticks.tick(41)), len(ticks.tick(42))]
    assert found == asked


def test_a_window_of_days_feeds_the_week_that_holds_it() -> None:
    @em.asset(partitions_def=DAYS)
    def pa(): ...

    @em.asset(
        partitions_def=em.WeeklyPartitionsDefinition("2026-11-01"),
        deps=[pa],
        automation_condition=C.any_deps_match(C.newly_updated()),
    )
    def weekly(): ...

    ticks = Ticks(pa, weekly)
    ticks.tick()
    ticks.write("pa", partition="2026-11-05")
    assert ticks.tick() == ["weekly[2026-11-01]"]


def test_a_failed_blocking_check_of_a_dependency_holds_an_asset_back() -> None:
    good = [True]

    @em.asset
    def a(): ...

    @em.asset_check(asset=a, blocking=True)
    def looks_right():
        return em.AssetCheckResult(passed=good[0])

    wait = C.any_deps_updated() & C.all_deps_blocking_checks_passed()

    @em.asset(deps=[a], automation_condition=wait)
    def b(): ...

    ticks = Ticks(a, b, checks=[looks_right])
    ticks.tick()

    def write_a() -> None:
        em.materialize(
            [a, b, looks_right], selection=em.AssetSelection.assets("a"), instance=ticks.instance, raise_on_error=False
        )

    good[0] = False
    write_a()
    assert ticks.tick() == []
    good[0] = True
    write_a()
    assert ticks.tick() == ["b"]


def test_an_asset_asks_of_itself_what_all_that_is_made_from_it_asks_near_or_far() -> None:
    @em.asset(automation_condition=C.any_downstream_conditions())
    def up(): ...

    @em.asset(deps=[up])
    def between(): ...

    @em.asset(deps=[between], automation_condition=C.cron_tick_passed("0 * * * *") | C.missing())
    def down(): ...

    ticks = Ticks(up, between, down)
    assert ticks.tick(0) == ["down", "up"]
    ticks.write("up")
    assert ticks.tick(5) == ["down"]
    ticks.write("down")
    assert ticks.tick(10) == []
    assert ticks.tick(65) == ["down", "up"]


def test_conditions_that_ask_each_other_what_is_asked_downstream_end() -> None:
    @em.asset(automation_condition=C.any_downstream_conditions())
    def up(): ...

    @em.asset(deps=[up], automation_condition=C.any_downstream_conditions() | C.missing())
    def middle(): ...

    @em.asset(deps=[middle], automation_condition=~C.any_downstream_conditions() & C.initial_evaluation())
    def down(): ...

    ticks = Ticks(up, middle, down)
    assert ticks.tick() == ["down", "middle", "up"]
    ticks.write("up")
    assert ticks.tick() == ["middle"]
    ticks.write("middle")
    assert ticks.tick() == []


def test_freshness_is_judged_by_the_policy_and_the_time() -> None:
    policy = em.FreshnessPolicy.time_window(timedelta(hours=2))

    @em.asset(freshness_policy=policy, automation_condition=C.freshness_failed())
    def a(): ...

    ticks = Ticks(a)
    assert ticks.tick() == []
    event = em.AssetMaterialization("a")
    ticks.instance.report_runless_asset_event(event)
    at = ticks.instance.store.assets.get(AssetKey("a")).materialization.timestamp
    later = int((at - from_datetime(NOW)) / 60_000_000)
    assert ticks.tick(later + 60) == []
    assert ticks.tick(later + 121) == ["a"]


def test_another_condition_begins_anew() -> None:
    x = em.asset(name="x", automation_condition=C.initial_evaluation())(lambda: 1)
    ticks = Ticks(x)
    assert [ticks.tick(), ticks.tick()] == [["x"], []]
    other = em.asset(name="x", automation_condition=C.initial_evaluation() & C.missing())(lambda: 1)
    ticks.defs = em.Definitions([other])
    assert ticks.tick() == ["x"]


def test_an_evaluation_explains_itself(chain: Ticks) -> None:
    chain.tick()
    chain.write("a")
    chain.tick()
    found = next(one for one in chain.result.results if one.key == AssetKey("b"))
    lines = found.pprint().splitlines()
    assert lines[0] == "eager: true"
    assert "      any_deps_updated: true" in lines
    assert any("of a" in line or line.strip().startswith("OR") for line in lines)


def test_conditions_cross_to_the_host_and_back_as_data() -> None:
    @em.asset(automation_condition=C.eager().allow("tag:domain=sales") | C.on_missing())
    def a(): ...

    manifest = Manifest.decode(em.Definitions([a]).manifest().encode())
    (spec,) = manifest.computations[0].assets
    assert spec.automation_condition == a.specs_by_key[a.key].automation_condition


def test_the_usual_conditions_are_made_of_the_public_operators() -> None:
    eager = C.eager()
    assert eager.without(~C.in_progress()).replace("eager", C.missing()) == C.missing()
    assert eager.replace("newly_missing", C.newly_updated()) != eager
    assert (C.missing() & C.in_progress() & C.newly_updated()).children[2] == C.newly_updated()
    assert C.on_cron("0 0 * * *").get_label() == "on_cron(0 0 * * *, UTC)"
    assert C.in_latest_time_window(timedelta(hours=3)).params == {"lookback_seconds": 10800.0}
    with pytest.raises(DagsterInvalidDefinitionError):
        C.on_cron("every day")
    with pytest.raises(DagsterInvariantViolationError):
        C.missing().without(C.missing())


def test_what_is_asked_for_together_runs_together_partition_by_partition() -> None:
    @em.asset(partitions_def=DAYS)
    def pa(): ...

    @em.multi_asset(specs=[em.AssetSpec("m1"), em.AssetSpec("m2")])
    def both(): ...

    graph = em.Definitions([pa, both]).resolve_asset_graph()
    days = DAYS.subset_with_partition_keys(["2026-11-01", "2026-11-02"])
    runs = runs_of(graph, {AssetKey("m1"): SimpleNamespace(is_empty=False), AssetKey("pa"): days})
    assert [(run.assets, run.partition) for run in runs] == [
        ((AssetKey("m1"), AssetKey("m2")), None),
        ((AssetKey("pa"),), "2026-11-01"),
        ((AssetKey("pa"),), "2026-11-02"),
    ]


class Made:
    """A world made by hand."""

    def __init__(self) -> None:
        self.events: dict[AssetKey, int] = {}
        self.asked = 0

    def prefetch(self, keys):
        return None

    def asset(self, key, is_partitioned):
        self.asked += 1
        updates = {None: Update(self.events[key], f"r{self.events[key]}")} if key in self.events else {}
        return AssetFacts(updates)

    def check(self, key):
        return CheckFacts()

    def backfilling(self, key):
        return ()

    def run_tags(self, run_id):
        return {}


def wide(count: int):
    """Return a graph of ``count`` eager assets, each below two others."""
    specs = [em.AssetSpec(f"a{n}", deps=[f"a{n // 2 - 1}"] if n > 1 else []) for n in range(count)]
    made = [
        em.multi_asset(specs=[spec.replace_attributes(automation_condition=C.eager())], name=f"c{n}")(lambda: None)
        for n, spec in enumerate(specs)
    ]
    return em.Definitions(made).resolve_asset_graph()


def test_only_what_an_event_touches_is_evaluated_again() -> None:
    graph = wide(100)
    world = Made()
    world.events = {key: number + 1 for number, key in enumerate(graph.keys)}
    state = AutomationState()
    for second in range(3):
        state = evaluate_conditions(graph, state, world, Micros(second)).state
    quiet = evaluate_conditions(graph, state, world, Micros(10), touched=[])
    assert quiet.evaluated == ()
    leaf = AssetKey("a40")
    world.events[leaf] = 1_000
    decision = evaluate_conditions(graph, quiet.state, world, Micros(11), touched=[leaf])
    assert {one.key for one in decision.evaluated} == {"a40", "a82", "a83"}
    assert {key.to_user_string() for key in decision.requested} == {"a82", "a83"}


def test_evaluating_what_is_touched_gives_what_evaluating_all_gives() -> None:
    graph = wide(40)
    world = Made()
    world.events = {key: number + 1 for number, key in enumerate(graph.keys)}
    narrow = full = evaluate_conditions(graph, AutomationState(), world, Micros(0)).state
    updates = [["a0"], [], ["a3", "a7"], ["a7"], [], [], ["a1"], ["a15", "a16"], []]
    for number, names in enumerate(updates):
        touched = [AssetKey(name) for name in names]
        world.events.update(dict.fromkeys(touched, 1000 + number))
        one = evaluate_conditions(graph, narrow, world, Micros(number + 1), touched=touched)
        other = evaluate_conditions(graph, full, world, Micros(number + 1))
        assert one.requested.keys() == other.requested.keys()
        narrow, full = one.state, other.state
