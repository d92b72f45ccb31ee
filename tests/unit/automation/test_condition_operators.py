"""What each condition asks, of partitions and through mappings, too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import earmark as em
from earmark import AutomationCondition as C
from earmark.decide.automation.known import AssetFacts, KnownOfStore, Update
from earmark.decide.automation.recalled import AutomationState
from earmark.decide.automation.tick import evaluate_conditions
from earmark.values import wire
from earmark.values.clock import Micros, from_datetime
from earmark.values.keys import AssetKey

NOON = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
DAYS = em.DailyPartitionsDefinition("2026-11-07")
WEEKS = em.WeeklyPartitionsDefinition("2026-10-25")
COLORS = em.StaticPartitionsDefinition(["blue", "red"])


def asset(name: str, *deps: Any, asks: C | None = None, **options: Any) -> Any:
    return em.asset(name=name, deps=list(deps), automation_condition=asks, **options)(lambda: None)


class Ticks:
    """Assets, evaluated tick after tick; what is asked for of the last one is told."""

    def __init__(self, *assets: Any, checks: Any = ()) -> None:
        self.assets = list(assets)
        self.checks = list(checks)
        self.instance = em.DagsterInstance.ephemeral()
        self.cursor: AutomationState | None = None
        self.told: Any = None

    def tick(self, minutes: float = 0) -> list[str | None]:
        defs = em.Definitions(self.assets, asset_checks=self.checks)
        at = NOON + timedelta(minutes=minutes)
        self.told = em.evaluate_automation_conditions(defs, self.instance, None, at, self.cursor)
        self.cursor = wire.decode(wire.encode(self.told.cursor), AutomationState)
        return sorted(self.told.get_requested_partitions(self.assets[-1].key), key=str)

    def write(self, name: str, partition: str | None = None, **tags: str) -> None:
        em.materialize(
            [*self.assets, *self.checks],
            selection=em.AssetSelection.assets(name),
            instance=self.instance,
            partition_key=partition,
            tags=tags,
            raise_on_error=False,
        )

    def report(self, name: str, partition: str | None = None, version: str | None = None) -> None:
        tags = {} if version is None else {"dagster/data_version": version}
        self.instance.report_runless_asset_event(em.AssetMaterialization(name, partition=partition, tags=tags))


# Tags of runs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (C.any_new_update_has_run_tags(tag_values={"team": "ml"}), [[], [None], [None], [], []]),
        (C.all_new_updates_have_run_tags(tag_values={"team": "ml"}), [[], [None], [], [], []]),
        (C.any_new_update_has_run_tags(tag_keys=["team"]), [[], [None], [None], [None], []]),
        (C.executed_with_tags(tag_values={"team": "ml"}), [[], [None], [], [], []]),
    ],
)
def test_conditions_on_tags_look_at_each_run_since_the_last_evaluation(condition: C, asked: list) -> None:
    ticks = Ticks(asset("up"), asset("x", "up", asks=C.any_deps_match(condition)))
    found = [ticks.tick()]
    for teams in (["ml"], ["ml", "web"], ["web"], []):
        for team in teams:
            ticks.write("up", team=team)
        found.append(ticks.tick())
    assert found == asked


def test_conditions_on_tags_look_at_partitions_apart() -> None:
    condition = C.any_deps_match(C.any_new_update_has_run_tags(tag_values={"team": "ml"}))
    ticks = Ticks(asset("up", partitions_def=COLORS), asset("x", "up", asks=condition, partitions_def=COLORS))
    ticks.tick()
    ticks.write("up", "red", team="ml")
    ticks.write("up", "red", team="web")
    ticks.write("up", "blue", team="web")
    assert ticks.tick() == ["red"]


def test_an_explanation_says_what_the_runs_have_of_the_tags() -> None:
    condition = C.any_deps_match(C.any_new_update_has_run_tags(["source"], {"team": "ml"}))
    ticks = Ticks(asset("up"), asset("x", "up", asks=condition))
    ticks.tick()
    ticks.write("up", team="web")
    run_id = ticks.instance.store.runs.find("", limit=1).runs[0].run_id
    ticks.tick()
    assert ticks.told.results[-1].pprint().splitlines() == [
        "ANY_DEPS_MATCH: false",
        "  any_new_update_has_run_tags(source, team=ml) of up: false",
        f"    run {run_id[:8]} has no source, team=web: false",
    ]


# Versions -------------------------------------------------------------------------------------------------------------


def test_the_data_version_of_each_partition_is_compared() -> None:
    ticks = Ticks(asset("x", asks=C.data_version_changed(), partitions_def=COLORS))
    ticks.report("x", "red", "1")
    ticks.report("x", "blue", "1")
    assert ticks.tick() == []
    ticks.report("x", "red", "2")
    ticks.report("x", "blue", "1")
    assert [ticks.tick(), ticks.tick()] == [["red"], []]


def test_an_observed_source_is_news_only_with_another_data_version() -> None:
    version = ["1"]

    @em.observable_source_asset
    def source(): ...

    below = asset("x", source, asks=C.any_deps_match(C.data_version_changed()))
    ticks = Ticks(source, below)

    def observe() -> None:
        tags = {"dagster/data_version": version[0]}
        ticks.instance.report_runless_asset_event(em.AssetObservation("source", tags=tags))

    observe()
    assert ticks.tick() == []
    observe()
    assert ticks.tick() == []
    version[0] = "2"
    observe()
    assert [ticks.tick(), ticks.tick()] == [[None], []]


def test_an_observable_source_is_observed_by_its_condition() -> None:
    @em.observable_source_asset(automation_condition=C.on_cron("0 * * * *"))
    def source():
        return em.DataVersion("1")

    ticks = Ticks(source)
    assert [ticks.tick(0), ticks.tick(31), ticks.tick(32)] == [[], [None], []]


def test_an_external_asset_is_a_dependency_like_another_and_never_missing() -> None:
    ticks = Ticks(em.AssetSpec("feed"), asset("x", "feed", asks=C.eager()))
    assert ticks.tick() == []
    ticks.report("feed")
    assert [ticks.tick(), ticks.tick()] == [[None], []]


def test_a_code_version_that_changed_is_told_once() -> None:
    ticks = Ticks(asset("x", asks=C.code_version_changed(), code_version="1", partitions_def=COLORS))
    assert [ticks.tick(), ticks.tick()] == [[], []]
    ticks.assets = [asset("x", asks=C.code_version_changed(), code_version="2", partitions_def=COLORS)]
    assert [ticks.tick(), ticks.tick()] == [["blue", "red"], []]


# Freshness ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "asked"),
    [(C.freshness_passed(), [60]), (C.freshness_warned(), [120]), (C.freshness_failed(), [240])],
)
@pytest.mark.parametrize("partition", [None, "red"])
def test_a_window_of_freshness_passes_warns_and_fails(condition: C, asked: list, partition: str | None) -> None:
    policy = em.FreshnessPolicy.time_window(fail_window=timedelta(hours=3), warn_window=timedelta(hours=1, minutes=30))
    cut = COLORS if partition else None
    known = Known({AssetKey("x"): AssetFacts({partition: Update(1, at=from_datetime(NOON))})})
    assert known.minutes([asset("x", asks=condition, freshness_policy=policy, partitions_def=cut)]) == asked


def test_a_deadline_passes_or_fails() -> None:
    policy = em.FreshnessPolicy.cron(deadline_cron="30 13 * * *", lower_bound_delta=timedelta(hours=2))
    known = Known({AssetKey("x"): AssetFacts({None: Update(1, at=from_datetime(NOON - timedelta(hours=20)))})})
    assert known.minutes([asset("x", asks=C.freshness_failed(), freshness_policy=policy)]) == [60, 120, 240]


class Known(KnownOfStore):
    """What is known of assets, said by hand."""

    def __init__(self, facts: dict[AssetKey, AssetFacts], backfills: Any = None) -> None:
        super().__init__(em.DagsterInstance.ephemeral().store.assets, backfills=backfills)
        self.said = facts

    def asset(self, key: AssetKey, is_partitioned: bool) -> AssetFacts:
        return self.said.get(key, AssetFacts({}))

    def ask(self, assets: list[Any], state: AutomationState | None = None, now: datetime = NOON) -> Any:
        graph = em.Definitions(assets).resolve_asset_graph()
        decision = evaluate_conditions(graph, state or AutomationState(), self, from_datetime(now))
        return decision, sorted(
            one or key.to_user_string()
            for key, subset in decision.requested.items()
            for one in subset.get_partition_keys()
        )

    def minutes(self, assets: list[Any]) -> list[int]:
        """Return after how many minutes something is asked for, where nothing but time passes."""
        graph = em.Definitions(assets).resolve_asset_graph()
        state, found = AutomationState(), []
        for minutes in (60, 120, 240):
            now = Micros(from_datetime(NOON) + minutes * 60_000_000)
            touched = None if state.evaluation_id == 0 else ()
            decision = evaluate_conditions(graph, state, self, now, touched=touched)
            state = decision.state
            found += [minutes] if decision.requested else []
        return found


# What stands in the way -----------------------------------------------------------------------------------------------


def test_what_is_in_progress_or_failed_is_known_of_each_partition() -> None:
    facts = {AssetKey("x"): AssetFacts({}, in_progress=["red"], failed=["blue"])}
    backfills = {AssetKey("x"): {"blue"}}
    for condition, asked in (
        (C.run_in_progress(), ["red"]),
        (C.backfill_in_progress(), ["blue"]),
        (C.in_progress(), ["blue", "red"]),
        (C.execution_failed(), ["blue"]),
        (~C.in_progress(), []),
        (~C.execution_failed(), ["red"]),
    ):
        one = Known(facts, backfills)
        assert one.ask([asset("x", asks=condition, partitions_def=COLORS)])[1] == asked


def test_what_is_in_progress_upstream_holds_back_what_needs_it() -> None:
    one = Known({AssetKey("days"): AssetFacts({}, in_progress=["2026-11-07"])})
    days = asset("days", partitions_def=DAYS)
    assets = [days, asset("weeks", days, asks=C.any_deps_in_progress(), partitions_def=WEEKS)]
    assert one.ask(assets)[1] == ["2026-11-01"]


def test_what_is_wiped_is_newly_missing() -> None:
    ticks = Ticks(asset("x", asks=C.newly_missing(), partitions_def=COLORS))
    for color in ("blue", "red"):
        ticks.report("x", color)
    assert ticks.tick() == []
    ticks.instance.wipe_assets([AssetKey("x")])
    assert [ticks.tick(), ticks.tick()] == [["blue", "red"], []]


# Dependencies and mappings --------------------------------------------------------------------------------------------


def through_weeks(condition: C) -> Ticks:
    """Weeks below days, of which the seven of the first week and one of the second were written."""
    early = em.DailyPartitionsDefinition("2026-10-25")
    ticks = Ticks(asset("days", partitions_def=early), asset("weeks", "days", asks=condition, partitions_def=WEEKS))
    for day in ("10-25", "10-26", "10-27", "10-28", "10-29", "10-30", "10-31", "11-01"):
        ticks.report("days", f"2026-{day}")
    return ticks


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        (C.any_deps_missing(), ["2026-11-01"]),
        (C.any_deps_match(~C.missing()), ["2026-10-25", "2026-11-01"]),
        (C.all_deps_match(~C.missing()), ["2026-10-25", "2026-11-01"]),
        (C.all_deps_match(~C.missing()) & ~C.any_deps_missing(), ["2026-10-25"]),
        (C.asset_matches("days", C.missing()), ["2026-11-01"]),
        (C.any_deps_match(C.missing()).ignore("days"), []),
        (C.all_deps_match(C.missing()).allow("other"), ["2026-10-25", "2026-11-01"]),
        (C.in_latest_time_window(), ["2026-11-01"]),
        (C.in_latest_time_window(timedelta(days=14)), ["2026-10-25", "2026-11-01"]),
    ],
)
def test_a_week_is_what_its_days_are(condition: C, asked: list) -> None:
    assert through_weeks(condition).tick() == asked


@pytest.mark.parametrize(("cut", "asked"), [(DAYS, ["2026-11-09"]), (WEEKS, []), (None, [])])
def test_what_is_cut_otherwise_waits_for_the_run_that_will_be_requested(
    cut: em.PartitionsDefinition, asked: list
) -> None:
    days = asset("days", asks=C.in_latest_time_window(), partitions_def=DAYS)
    below = asset("below", days, asks=C.any_deps_match(C.will_be_requested()), partitions_def=cut)
    requested = Known({}).ask([days, below])[0].requested
    assert list(requested[below.key].get_partition_keys() if below.key in requested else ()) == asked


def test_an_asset_as_a_whole_looks_only_at_the_partitions_that_its_mapping_names() -> None:
    last = em.AssetDep("days", partition_mapping=em.LastPartitionMapping())
    ticks = Ticks(asset("days", partitions_def=DAYS), asset("report", last, asks=C.any_deps_missing()))
    assert ticks.tick() == [None]
    ticks.report("days", "2026-11-08")
    assert ticks.tick() == [None]
    ticks.report("days", "2026-11-09")
    assert ticks.tick() == []


def test_what_was_requested_is_handled() -> None:
    ticks = Ticks(asset("x", asks=C.missing().since_last_handled() | C.newly_requested(), partitions_def=COLORS))
    assert ticks.tick() == []
    since = Ticks(asset("x", asks=C.missing().since(C.newly_requested()), partitions_def=COLORS))
    assert [since.tick(), since.tick(), since.tick()] == [["blue", "red"], [], ["blue", "red"]]


# Checks ---------------------------------------------------------------------------------------------------------------


def test_checks_are_asked_of_an_asset_and_have_conditions_of_their_own() -> None:
    passes = [True]
    up = asset("up")

    @em.asset_check(asset="up", blocking=True)
    def sound():
        return em.AssetCheckResult(passed=passes[0])

    @em.asset_check(asset="up", automation_condition=C.asset_matches("up", C.newly_updated()))
    def later():
        return em.AssetCheckResult(passed=False)

    both = [
        asset("any_failed", up, asks=C.any_deps_match(C.any_checks_match(C.check_failed()))),
        asset("all_passed", up, asks=C.all_deps_match(C.all_checks_match(C.check_passed()))),
        asset("blocking", up, asks=C.all_deps_blocking_checks_passed()),
    ]
    ticks = Ticks(up, *both, checks=[sound, later])

    def asked() -> list[str]:
        ticks.tick()
        return sorted(key.to_user_string() for key in ticks.told.requested_subsets)

    assert asked() == []
    ticks.write("up")
    assert asked() == ["any_failed", "blocking", "up:later"]
    passes[0] = False
    ticks.write("up")
    assert asked() == ["any_failed", "up:later"]


# Trees ----------------------------------------------------------------------------------------------------------------


def test_a_tree_is_taken_apart_and_put_together_again() -> None:
    eager = C.eager().without(~C.in_progress()).replace("newly_missing", C.code_version_changed()).with_label("mine")
    assert eager.get_label() == "mine"
    assert C.code_version_changed() in eager.operands[1].operands[0].operands
    assert len(eager.children) == len(C.eager().children) - 1
    assert C.newly_missing().get_label() == "newly_missing"
    assert C.missing().description == "missing"
