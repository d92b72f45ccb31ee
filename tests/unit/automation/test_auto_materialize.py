"""Policies of rules: another way to write conditions, for old code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import earmark as em
from earmark import AutoMaterializeAssetPartitionsFilter as Filter
from earmark import AutoMaterializePolicy as Policy
from earmark import AutoMaterializeRule as Rule
from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.recalled import AutomationState
from earmark.decide.automation.tick import evaluate_conditions
from earmark.values import wire
from earmark.values.clock import from_datetime
from earmark.values.errors import DagsterInvalidDefinitionError
from earmark.values.keys import AssetKey

NOON = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
DAYS = em.DailyPartitionsDefinition("2026-11-07")


def world(policy: Policy):
    @em.asset
    def above(): ...

    @em.asset(deps=[above], auto_materialize_policy=policy)
    def below(): ...

    return above, below


def asked_after(policy: Policy, *, tags: dict[str, str] | None = None) -> list[bool]:
    """Say for four ticks whether the asset is asked for: at first, the upstream asset written, nothing, once more."""
    assets = world(policy)
    defs, cursor, found = em.Definitions(list(assets)), None, []
    with em.DagsterInstance.ephemeral() as instance:
        for number, is_written in enumerate((False, True, False, True)):
            if is_written:
                em.materialize([assets[0]], instance=instance, tags=tags)
            told = em.evaluate_automation_conditions(defs, instance, None, NOON + timedelta(minutes=number), cursor)
            cursor = told.cursor
            found.append(told.get_num_requested("below") == 1)
    return found


def test_the_eager_policy_writes_what_is_missing_and_what_has_an_updated_dependency() -> None:
    assert asked_after(Policy.eager()) == [False, True, False, True]


def test_rules_are_added_and_taken_away() -> None:
    policy = Policy.eager().without_rules(Rule.materialize_on_missing(), Rule.skip_on_parent_missing())
    assert {rule.name for rule in policy.materialize_rules} == {"materialize_on_parent_updated"}
    assert policy.with_rules(Rule.materialize_on_missing(), Rule.skip_on_parent_missing()) == Policy.eager()
    with pytest.raises(DagsterInvalidDefinitionError, match="has no rule materialize_on_missing"):
        policy.without_rules(Rule.materialize_on_missing())


def test_updates_may_count_only_by_runs_with_some_tags() -> None:
    rule = Rule.materialize_on_parent_updated(Filter(latest_run_required_tags={"source": "hand"}))
    policy = Policy(frozenset({rule}))
    assert asked_after(policy) == [False, False, False, False]
    assert asked_after(policy, tags={"source": "hand"}) == [False, True, False, True]


def test_a_policy_is_kept_as_the_condition_that_it_means() -> None:
    _, below = world(Policy.eager())
    spec = below.specs_by_key[below.key]
    assert spec.automation_condition == Policy.eager().to_automation_condition()
    condition = em.AutomationCondition.on_missing()
    assert Policy.from_automation_condition(condition).to_automation_condition() == condition


@pytest.mark.parametrize(
    "build",
    [
        Policy,
        lambda: Policy(frozenset({Rule.skip_on_parent_missing()})).to_automation_condition(),
        lambda: Policy(frozenset({"eager"})),
        lambda: Policy.from_automation_condition(em.AutomationCondition.eager()).with_rules(),
        lambda: Policy.eager(max_materializations_per_minute=0),
        lambda: Rule.materialize_on_cron("every day"),
    ],
)
def test_what_says_nothing_is_refused(build) -> None:
    with pytest.raises(DagsterInvalidDefinitionError):
        build()


class Ticks:
    """An instance and assets whose conditions are evaluated tick after tick."""

    def __init__(self, *assets) -> None:
        self.assets = list(assets)
        self.instance = em.DagsterInstance.ephemeral()
        self.cursor = None

    def tick(self, minutes: float = 0) -> list[str | None]:
        """Return the partitions of the last asset that are asked for."""
        at = NOON + timedelta(minutes=minutes)
        told = em.evaluate_automation_conditions(self.assets, self.instance, None, at, self.cursor)
        self.cursor = wire.decode(wire.encode(told.cursor), AutomationState)
        return sorted(told.get_requested_partitions(self.assets[-1].key), key=str)

    def write(self, *keys: str, partition: str | None = None) -> None:
        em.materialize(self.assets, selection=list(keys), instance=self.instance, partition_key=partition)


def asset(name: str, *deps, rules=(), limit: int | None = None, **options):
    policy = Policy(frozenset(rules), limit) if rules else None
    return em.asset(name=name, deps=list(deps), auto_materialize_policy=policy, **options)(lambda: None)


UPDATED = Rule.materialize_on_parent_updated()


def test_on_cron_writes_the_latest_partition_or_all_of_them() -> None:
    latest = Ticks(asset("x", rules=[Rule.materialize_on_cron("0 * * * *")], partitions_def=DAYS))
    assert [latest.tick(0), latest.tick(40), latest.tick(41)] == [[], ["2026-11-09"], []]
    every = Ticks(asset("x", rules=[Rule.materialize_on_cron("0 * * * *", all_partitions=True)], partitions_def=DAYS))
    assert [every.tick(0), every.tick(40), every.tick(41)] == [[], ["2026-11-07", "2026-11-08", "2026-11-09"], []]


def test_an_asset_waits_until_all_its_dependencies_were_updated_since_it_was() -> None:
    a, b = asset("a"), asset("b")
    ticks = Ticks(a, b, asset("x", a, b, rules=[UPDATED, Rule.skip_on_not_all_parents_updated()]))
    ticks.write("a", "b", "x")
    ticks.tick()
    ticks.write("a")
    assert ticks.tick() == []
    ticks.write("b")
    assert ticks.tick() == [None]


@pytest.mark.parametrize(("every", "asked"), [(False, [[None], []]), (True, [[], [None]])])
def test_of_several_partitions_any_or_all_must_have_been_updated(every: bool, asked: list) -> None:
    colors = em.StaticPartitionsDefinition(["red", "blue"])
    up = asset("up", partitions_def=colors)
    ticks = Ticks(up, asset("x", up, rules=[UPDATED, Rule.skip_on_not_all_parents_updated(every)]))
    for color in ("red", "blue"):
        ticks.write("up", partition=color)
    ticks.instance.report_runless_asset_event(em.AssetMaterialization("x"))
    ticks.tick()
    found = []
    for color in ("red", "blue"):
        ticks.write("up", partition=color)
        found.append(ticks.tick())
    assert found == asked


def test_an_asset_waits_while_a_dependency_is_older_than_what_it_was_made_from() -> None:
    root, middle, other = asset("root"), asset("middle", "root"), asset("other")
    ticks = Ticks(root, middle, other, asset("x", middle, other, rules=[UPDATED, Rule.skip_on_parent_outdated()]))
    ticks.write("root", "middle", "other", "x")
    ticks.tick()
    ticks.write("root")
    ticks.write("other")
    assert ticks.tick() == []
    ticks.write("middle")
    assert ticks.tick() == [None]


def test_a_partition_that_needs_one_that_there_is_not_is_not_written() -> None:
    late = asset("late", partitions_def=em.DailyPartitionsDefinition("2026-11-09"))
    cron = Rule.materialize_on_cron("0 * * * *", all_partitions=True)
    for rules, asked in (([], 3), ([Rule.skip_on_required_but_nonexistent_parents()], 1)):
        dep = em.AssetDep(late, partition_mapping=em.TimeWindowPartitionMapping())
        ticks = Ticks(late, asset("x", dep, rules=[cron, *rules], partitions_def=DAYS))
        ticks.tick(0)
        assert ticks.tick(40) == ["2026-11-07", "2026-11-08", "2026-11-09"][-asked:]


@pytest.mark.parametrize(("every", "asked"), [(False, ["2026-11-09"]), (True, [])])
def test_a_backfill_of_other_partitions_holds_an_asset_back_if_it_is_to(every: bool, asked: list) -> None:
    rules = [Rule.materialize_on_cron("0 * * * *"), Rule.skip_on_backfill_in_progress(all_partitions=every)]
    graph = em.Definitions([asset("x", rules=rules, partitions_def=DAYS)]).resolve_asset_graph()
    known = KnownOfStore.of(em.DagsterInstance.ephemeral().store, {AssetKey("x"): {"2026-11-07"}})
    state, found = AutomationState(), {}
    for minutes in (0, 40):
        decision = evaluate_conditions(graph, state, known, from_datetime(NOON + timedelta(minutes=minutes)))
        state, found = decision.state, decision.requested
    assert [one for subset in found.values() for one in subset.get_partition_keys()] == asked


def test_partitions_over_the_limit_of_a_minute_are_discarded() -> None:
    up = asset("up", partitions_def=DAYS)
    rules = [Rule.materialize_on_cron("0 * * * *", all_partitions=True)]
    ticks = Ticks(up, asset("x", up, rules=rules, limit=2, partitions_def=DAYS))
    ticks.tick(0)
    assert ticks.tick(40) == ["2026-11-07", "2026-11-08"]
    assert [ticks.tick(40.5), ticks.tick(42), ticks.tick(50)] == [[], [], []]
    assert ticks.tick(95) == ["2026-11-07", "2026-11-08"]


def test_an_asset_without_partitions_waits_for_its_minute() -> None:
    up = asset("up")
    ticks = Ticks(up, asset("x", up, rules=[UPDATED], limit=1))
    ticks.tick(0)
    ticks.write("up")
    assert [ticks.tick(1), ticks.tick(1.1)] == [[None], []]
    ticks.write("up")
    assert [ticks.tick(1.2), ticks.tick(1.5), ticks.tick(2.1), ticks.tick(2.2)] == [[], [], [None], []]


def test_what_waits_for_its_minute_is_evaluated_when_it_has_come() -> None:
    up = asset("up")
    graph = em.Definitions([up, asset("x", up, rules=[UPDATED], limit=1)]).resolve_asset_graph()
    instance = em.DagsterInstance.ephemeral()
    state, asked = AutomationState(), []
    for seconds, is_written in ((0, False), (1, True), (2, False), (5, True), (6, False), (50, False), (61.5, False)):
        if is_written:
            instance.report_runless_asset_event(em.AssetMaterialization("up"))
        touched = None if seconds == 0 else [AssetKey("up")] if is_written else []
        now = from_datetime(NOON + timedelta(seconds=seconds))
        decision = evaluate_conditions(graph, state, KnownOfStore.of(instance.store), now, touched=touched)
        state = decision.state
        asked += [seconds] * len(decision.requested)
    assert asked == [1, 61.5]
