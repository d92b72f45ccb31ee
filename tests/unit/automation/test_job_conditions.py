"""Conditions of jobs: when one runs by itself, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import earmark as em
from earmark import AutomationCondition as C
from earmark.decide.automation.tick import AutomationState
from earmark.values import wire
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError

NOON = datetime(2026, 11, 10, 12, 30, tzinfo=UTC)
DAYS = em.DailyPartitionsDefinition("2026-11-07")
NIGHTLY = em.AssetJobKey("nightly")


@em.asset
def raw(): ...


@em.asset
def other(): ...


@em.asset(deps=[raw])
def orders(): ...


@em.asset(deps=[orders, other])
def report(): ...


@em.asset(deps=[report])
def mail(): ...


ASSETS = [raw, other, orders, report, mail]


class World:
    """A job ``nightly`` over orders and report, below raw and other, evaluated tick after tick."""

    def __init__(self, condition: C, assets=ASSETS, selection="key:orders or key:report") -> None:
        job = em.define_asset_job("nightly", selection, automation_condition=condition)
        self.assets = assets
        self.defs = em.Definitions(assets, jobs=[job])
        self.instance = em.DagsterInstance.ephemeral()
        self.cursor = None

    def tick(self, minutes: int = 0) -> list[str | None]:
        told = em.evaluate_automation_conditions(
            self.defs, self.instance, None, NOON + timedelta(minutes=minutes), self.cursor
        )
        self.told = told
        self.cursor = wire.decode(wire.encode(told.cursor), AutomationState)
        return sorted(told.get_requested_partitions(NIGHTLY), key=str)

    def write(self, *keys: str, partition: str | None = None) -> None:
        em.materialize(self.assets, selection=list(keys), instance=self.instance, partition_key=partition)


def test_a_job_runs_when_one_of_its_topmost_assets_meets_a_condition() -> None:
    world = World(C.any_job_root_assets_match(C.any_deps_updated()))
    assert world.tick() == []
    world.write("raw")
    assert world.tick() == [None]
    assert world.tick() == []
    world.write("other")
    assert world.tick() == [], "report depends on it, but is not topmost"


def test_a_job_runs_when_all_of_its_topmost_assets_meet_a_condition() -> None:
    world = World(C.all_job_root_assets_match(C.missing()), selection="key:orders or key:other")
    assert world.tick() == [None]
    world.write("other")
    assert world.tick() == []


def test_the_usual_conditions_see_what_the_job_depends_on() -> None:
    world = World(C.eager())
    world.write("raw", "other")
    assert world.tick() == []
    world.write("other")
    assert world.tick() == [None]
    assert world.tick() == []
    world.write("report")
    assert world.tick() == [], "its own assets are none of its dependencies"


def test_a_run_that_writes_a_dependency_and_the_job_is_no_news() -> None:
    world = World(C.any_deps_updated())
    world.tick()
    world.write("raw", "orders")
    assert world.tick() == []


def test_a_job_is_what_any_of_its_assets_is() -> None:
    world = World(C.missing())
    world.write("orders")
    assert world.tick() == [None]
    world.write("report")
    assert world.tick() == []


def test_rules_of_old_code_hold_for_a_job_where_they_do_for_any_of_its_assets() -> None:
    skip = em.AutoMaterializeRule.skip_on_not_all_parents_updated()
    policy = em.AutoMaterializePolicy({em.AutoMaterializeRule.materialize_on_parent_updated(), skip}, None)
    world = World(policy.to_automation_condition(), selection="key:report")
    world.write("orders", "other", "report")
    world.tick()
    world.write("other")
    assert world.tick() == []
    world.write("orders")
    assert world.tick() == [None]


def test_on_cron_waits_for_the_dependencies_of_the_job() -> None:
    world = World(C.on_cron("0 * * * *"))
    assert world.tick() == []
    assert world.tick(31) == []
    world.write("raw", "other")
    assert world.tick(32) == [None]
    assert world.tick(33) == []


def test_a_job_of_ops_runs_by_the_time() -> None:
    @em.op
    def sweep(): ...

    @em.graph
    def cleaning():
        sweep()

    job = cleaning.to_job("nightly", automation_condition=C.on_cron("0 * * * *"))
    world = World(C.missing())
    world.defs = em.Definitions(jobs=[job])
    assert [world.tick(at) for at in (0, 31, 32, 91)] == [[], [None], [], [None]]


def test_a_partitioned_job_runs_for_the_partitions_that_are_meant() -> None:
    @em.asset(partitions_def=DAYS)
    def source(): ...

    @em.asset(partitions_def=DAYS, deps=[source])
    def orders(): ...

    world = World(C.any_job_root_assets_match(C.any_deps_updated()), [source, orders], "key:orders")
    assert world.tick() == []
    world.write("source", partition="2026-11-08")
    assert world.tick() == ["2026-11-08"]
    missing = World(C.missing() & ~C.in_latest_time_window(), [source, orders], "key:orders")
    assert missing.tick() == ["2026-11-07", "2026-11-08"]


def test_the_dependency_of_a_partitioned_job_may_be_cut_otherwise() -> None:
    weeks = em.WeeklyPartitionsDefinition("2026-10-25")

    @em.asset(partitions_def=DAYS)
    def days(): ...

    @em.asset(partitions_def=weeks, deps=[days])
    def orders(): ...

    world = World(C.any_deps_match(C.newly_updated()), [days, orders], "key:orders")
    world.tick()
    world.write("days", partition="2026-11-07")
    assert world.tick() == ["2026-11-01"]


def test_a_blocking_check_of_a_job_is_seen() -> None:
    @em.asset_check(asset=orders, blocking=True)
    def sound():
        return em.AssetCheckResult(passed=False)

    world = World(C.any_checks_match(C.check_failed(), blocking_only=True))
    world.defs = em.Definitions(ASSETS, jobs=world.defs.jobs, asset_checks=[sound])
    assert world.tick() == []
    em.materialize([*ASSETS, sound], selection=["orders"], instance=world.instance, raise_on_error=False)
    assert world.tick() == [None]


def test_an_evaluation_explains_itself_asset_by_asset() -> None:
    world = World(C.any_job_root_assets_match(C.missing()) & ~C.in_progress())
    world.tick()
    (result,) = world.told.results
    assert result.key == NIGHTLY
    text = result.pprint()
    assert "  ANY_JOB_ROOT_ASSETS_MATCH: true\n    missing of orders: true" in text
    assert "run_in_progress of report: false" in text


def test_what_is_asked_of_jobs_cannot_be_asked_of_assets() -> None:
    wrong = em.asset(name="x", automation_condition=C.any_job_root_assets_match(C.missing()))(lambda: 1)
    with pytest.raises(DagsterInvariantViolationError, match="asked of jobs, not of x"):
        em.evaluate_automation_conditions([wrong], em.DagsterInstance.ephemeral())


def sensors(**options) -> tuple[em.Definitions, em.AutomationConditionSensorDefinition]:
    nightly = em.define_asset_job("nightly", "key:orders", automation_condition=C.missing())
    sensor = em.AutomationConditionSensorDefinition("mine", **options)
    return em.Definitions(ASSETS, jobs=[nightly], sensors=[sensor]), sensor


@pytest.mark.parametrize("target", [NIGHTLY, [NIGHTLY], ["orders", NIGHTLY]])
def test_a_sensor_may_have_jobs_among_its_targets(target) -> None:
    defs, sensor = sensors(target=target, run_tags={"by": "mine"})
    assert list(sensor.asset_job_keys) == [NIGHTLY]
    assert set(defs.all_sensors) == {"mine"}
    data = sensor.evaluate_tick(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))
    (request,) = data.run_requests
    assert request.job_name == "nightly" and request.tags["by"] == "mine"


def test_a_sensor_asks_for_assets_and_jobs_at_one_tick() -> None:
    job = em.define_asset_job("nightly", "key:report", automation_condition=C.missing())
    defs = em.Definitions([*ASSETS[:-1], em.asset(name="x", automation_condition=C.missing())(lambda: 1)], jobs=[job])
    sensor = defs.get_sensor_def("default_automation_condition_sensor")
    data = sensor.evaluate_tick(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))
    assert sorted((one.job_name, one.asset_selection) for one in data.run_requests) == [
        ("__ASSET_JOB", [em.AssetKey("x")]),
        ("nightly", None),
    ]


def test_the_older_way_to_name_jobs() -> None:
    defs, sensor = sensors(target="key:orders", asset_job_keys=[NIGHTLY])
    assert sensor.spec.job_names == ("__ASSET_JOB", "nightly")
    assert set(defs.all_sensors) == {"mine"}


def test_the_default_sensor_takes_the_jobs_that_no_other_has() -> None:
    defs, _ = sensors(target="key:orders")
    default = defs.get_sensor_def("default_automation_condition_sensor")
    assert list(default.asset_job_keys) == [NIGHTLY]


def test_a_job_without_a_condition_is_refused_where_a_sensor_names_it() -> None:
    sensor = em.AutomationConditionSensorDefinition("mine", target=em.AssetJobKey("plain"))
    defs = em.Definitions(ASSETS, jobs=[em.define_asset_job("plain", "key:orders")], sensors=[sensor])
    with pytest.raises(DagsterInvalidDefinitionError, match="'plain', which has none"):
        sensor.prepared(defs)


def test_several_partitions_of_a_job_are_asked_for_as_a_backfill_of_it() -> None:
    @em.asset(partitions_def=DAYS)
    def orders(): ...

    for emits, runs, backfills in ((True, 0, {"nightly": ("2026-11-07", "2026-11-08")}), (False, 2, {})):
        job = em.define_asset_job("nightly", "key:orders", automation_condition=_Two())
        sensor = em.AutomationConditionSensorDefinition("mine", target=[job], emit_backfills=emits)
        defs = em.Definitions([orders], sensors=[sensor])
        answer = sensor.answer(em.build_sensor_context(em.DagsterInstance.ephemeral(), definitions=defs))
        assert len(answer.requests) == runs and answer.job_backfills == backfills and not answer.backfill


class _Two(C):
    def evaluate(self, context):
        two = context.candidate_subset.compute_intersection_with_partition_keys(["2026-11-07", "2026-11-08"])
        return em.AutomationResult(context, two)
