"""A larger project, said in Dagster's own words. Every line here must hold under Dagster and under Earmark."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from wholesale import assets, automation, jobs
from wholesale.calendar import DAYS, DAYS_AND_DEPOTS, DEPOTS, SUPPLIERS, WEEKS
from wholesale.definitions import defs
from wholesale.resources import Currency, Scanner, Shelf

TABLES = [each for each in defs.assets if isinstance(each, dg.AssetsDefinition)]
MAY_FIRST = dg.MultiPartitionKey({"day": "2024-05-01", "depot": "aalsmeer"})


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as made:
        yield made


@pytest.fixture
def resources(tmp_path: Path) -> Mapping[str, Any]:
    currency = Currency(symbol="guilders")
    return {
        "currency": currency,
        "scanner": Scanner(currency=currency),
        "io_manager": Shelf(root=str(tmp_path)),
    }


@pytest.fixture
def make(instance: dg.DagsterInstance, resources: Mapping[str, Any]) -> Any:
    def made(selection: str, **more: Any) -> dg.ExecuteInProcessResult:
        return dg.materialize([*defs.assets], selection=selection, resources=resources, instance=instance, **more)

    return made


def take_in(make: Any, *days: str) -> None:
    for day in days:
        for depot in DEPOTS.get_partition_keys():
            key = dg.MultiPartitionKey({"day": day, "depot": depot})
            assert make("intake", partition_key=key).success


# Partitions.


def test_a_table_of_two_dimensions_has_a_partition_for_each_pair() -> None:
    assert len(DAYS_AND_DEPOTS.get_partition_keys()) == 19 * 3
    assert str(MAY_FIRST) == "2024-05-01|aalsmeer"
    assert DAYS_AND_DEPOTS.has_partition_key(MAY_FIRST)
    assert WEEKS.get_partition_keys() == ["2024-05-06", "2024-05-13"]


def test_one_partition_is_made_with_the_tags_of_its_dimensions(make: Any, instance: dg.DagsterInstance) -> None:
    result = make("intake", partition_key=MAY_FIRST)
    assert result.output_for_node("intake") == 90
    tags = result.dagster_run.tags
    assert tags["dagster/partition"] == "2024-05-01|aalsmeer"
    assert (tags["dagster/partition/day"], tags["dagster/partition/depot"]) == ("2024-05-01", "aalsmeer")
    (made,) = result.asset_materializations_for_node("intake")
    assert made.partition == "2024-05-01|aalsmeer"
    assert instance.get_materialized_partitions(dg.AssetKey("intake")) == {"2024-05-01|aalsmeer"}


def test_one_dimension_is_gathered_for_a_day(make: Any) -> None:
    take_in(make, "2024-05-01")
    result = make("day_total", partition_key="2024-05-01")
    assert result.asset_materializations_for_node("day_total")[0].metadata["depots"].value == 3
    assert result.output_for_node("day_total") == 96 * 95 // 100


def test_a_day_takes_what_the_day_before_left(make: Any) -> None:
    take_in(make, "2024-05-01", "2024-05-02")
    for day in ("2024-05-01", "2024-05-02"):
        make("day_total", partition_key=day, run_config=dg.RunConfig(ops={"day_total": assets.Waste(percent=0)}))
    first = make("running_stock", partition_key="2024-05-01").output_for_node("running_stock")
    second = make("running_stock", partition_key="2024-05-02").output_for_node("running_stock")
    assert (first, second) == (96, 96 + 117)


def test_a_week_gathers_those_of_its_days_that_are_there(make: Any, resources: Mapping[str, Any]) -> None:
    take_in(make, "2024-05-06", "2024-05-07")
    for day in ("2024-05-06", "2024-05-07"):
        make("day_total", partition_key=day)
    result = make("week_report", partition_key="2024-05-06")
    assert result.output_for_node("week_report") == {
        "from": "2024-05-06", "to": "2024-05-13", "days": 2, "best": "2024-05-07",
    }  # fmt: skip
    stored = Path(resources["io_manager"].root, "week_report", "2024-05-06.json")
    assert json.loads(stored.read_text())["days"] == 2


def test_a_graph_asset_and_a_graph_of_two_assets_read_a_given_partition(make: Any) -> None:
    take_in(make, "2024-05-08")
    make("day_total", partition_key="2024-05-08")
    make("week_report", partition_key="2024-05-06")
    shout = {"ops": {"poster": {"ops": {"set_in_type": {"config": {"shout": True}}}}}}
    poster = make("poster", partition_key="2024-05-06", run_config=shout)
    assert poster.output_for_node("poster") == "BEST DAY: 2024-05-08"
    pages = make("key:leaflet_front or key:leaflet_back")
    assert pages.output_for_node("leaflet", "leaflet_front") == "BEST"
    assert pages.output_for_node("leaflet.fold", "back") == " DAY: 2024-05-08"


def test_a_range_of_partitions_is_made_by_one_run(make: Any) -> None:
    result = make(
        "depot_offer",
        tags={
            "dagster/asset_partition_range_start": "aalsmeer",
            "dagster/asset_partition_range_end": "naaldwijk",
        },
    )
    made = result.asset_materializations_for_node("depot_offer")
    assert sorted(each.partition for each in made) == ["aalsmeer", "naaldwijk"]
    assert {each.metadata["depots"].value for each in made} == {"aalsmeer, naaldwijk"}


def test_a_key_that_is_no_partition_is_refused(make: Any) -> None:
    with pytest.raises(dg.DagsterUnknownPartitionError):
        make("depot_offer", partition_key="rotterdam")


def test_dynamic_partitions_come_and_go(make: Any, instance: dg.DagsterInstance) -> None:
    with pytest.raises(dg.DagsterUnknownPartitionError):
        make("supplier_file", partition_key="rozen bv")
    instance.add_dynamic_partitions("suppliers", ["rozen bv", "tulp nv"])
    assert make("supplier_file", partition_key="rozen bv").output_for_node("supplier_file") == "rozen bv is known"
    instance.delete_dynamic_partition("suppliers", "tulp nv")
    assert list(instance.get_dynamic_partitions("suppliers")) == ["rozen bv"]
    assert SUPPLIERS.get_partition_keys(dynamic_partitions_store=instance) == ["rozen bv"]


# Assets.


def test_a_function_for_two_assets_makes_what_is_asked_for(make: Any) -> None:
    both = make("key:price_list or key:discounts")
    assert [event.asset_key.to_user_string() for event in both.get_asset_materialization_events()] == [
        "price_list", "discounts",
    ]  # fmt: skip
    assert both.asset_materializations_for_node("prices")[0].metadata["rose"].value == "1.20 guilders"
    assert [check.passed for check in both.get_asset_check_evaluations()] == [True]
    one = make("discounts")
    assert [event.asset_key.to_user_string() for event in one.get_asset_materialization_events()] == ["discounts"]
    assert not one.get_asset_check_evaluations()


def test_assets_made_by_a_factory_have_names_tags_and_folders(make: Any) -> None:
    result = make("group:signs")
    assert result.asset_value(["signs", "aalsmeer_sign"]) == "Welcome to aalsmeer"
    specs = {spec.key.to_user_string(): spec for each in assets.signs for spec in each.specs}
    assert specs["signs/rijnsburg_sign"].tags == {"depot": "rijnsburg"}


def test_a_source_is_observed_with_its_version(instance: dg.DagsterInstance) -> None:
    look = dg.define_asset_job("look", selection=[assets.auction_clock])
    result = (
        dg.Definitions([assets.auction_clock], jobs=[look])
        .resolve_job_def("look")
        .execute_in_process(instance=instance)
    )
    (seen,) = result.asset_observations_for_node("auction_clock")
    assert seen.tags["dagster/data_version"] == "round-7"


def test_checks_of_several_assets_come_from_one_look(instance: dg.DagsterInstance) -> None:
    result = dg.materialize(
        [assets.papers, *[each for each in TABLES if each.keys == {dg.AssetKey("depot_offer")}]],
        selection=dg.AssetSelection.checks(assets.papers),
        instance=instance,
    )
    found = {
        each.check_name: (each.asset_key.to_user_string(), each.passed) for each in result.get_asset_check_evaluations()
    }
    assert found == {"has_a_depot": ("depot_offer", True), "is_signed": ("contracts", False)}
    assert result.success


def test_a_resource_is_open_during_the_run_and_closed_before_it(resources: Mapping[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="closed"):
        resources["scanner"].stems("2024-05-01", "aalsmeer")
    assert assets.intake(dg.build_asset_context(partition_key=MAY_FIRST), scanner=_Constant(currency=Currency())) == 5


class _Constant(Scanner):
    """A scanner for tests."""

    def stems(self, day: str, depot: str) -> int:
        return 5


def test_an_environment_variable_is_read_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHOLESALE_CURRENCY", "florins")

    @dg.asset
    def price(currency: Currency) -> str:
        return currency.words(250)

    result = dg.materialize_to_memory([price], resources={"currency": Currency(symbol=dg.EnvVar("WHOLESALE_CURRENCY"))})
    assert result.output_for_node("price") == "2.50 florins"


# Jobs.


def test_a_fan_out_is_as_wide_as_the_configuration_says(resources: Mapping[str, Any]) -> None:
    jobs.seen.clear()
    result = defs.resolve_job_def("round_trip").execute_in_process(
        run_config=dg.RunConfig(
            ops={"trucks": jobs.Trucks(count=4)}, resources={"currency": {"config": {"symbol": "EUR"}}}
        )
    )
    assert result.output_for_node("drive") == {"t0": 100, "t1": 200, "t2": 300, "t3": 400}
    assert result.output_for_node("count_money") == 1000
    assert {event.step_key for event in result.get_step_success_events()} == {
        "trucks", "drive[t0]", "drive[t1]", "drive[t2]", "drive[t3]", "count_money",
    }  # fmt: skip
    assert sorted(jobs.seen) == sorted([("good", "trucks"), *[("good", "drive")] * 4, ("good", "count_money")])


def test_a_fan_out_of_nothing_is_a_sum_of_nothing(resources: Mapping[str, Any]) -> None:
    job = jobs.round_trip.execute_in_process(
        run_config={"ops": {"trucks": {"config": {"count": 0}}}}, resources={"currency": Currency()}
    )
    assert job.success
    assert job.output_for_node("count_money") == 0


def test_a_failure_is_told_to_hooks_with_its_exception() -> None:
    jobs.seen.clear()

    @dg.op
    def stall() -> None:
        raise ValueError("no petrol")

    @dg.job(hooks={jobs.sigh, jobs.cheer})
    def short_trip() -> None:
        stall()

    assert not short_trip.execute_in_process(raise_on_error=False).success
    assert jobs.seen == [("bad", "no petrol")]


def test_a_job_cut_by_configuration_gets_it_and_its_tags_from_the_partition() -> None:
    job = defs.resolve_job_def("cleaning")
    result = job.execute_in_process(partition_key="2024-05-03")
    assert result.output_for_node("sweep") == "2024-05-03: hall"
    assert result.dagster_run.tags["weekday"] == "5"
    with pytest.raises(dg.DagsterUnknownPartitionError):
        job.execute_in_process(partition_key="1999-01-01")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"ops": {"sweep": {"config": {"day": 3}}}}, "day"),
        ({"ops": {"sweep": {"config": {"day": "x", "rooms": "hall"}}}}, "rooms"),
        ({"ops": {"sweep": {"config": {"day": "x", "room": ["hall"]}}}}, "room"),
        ({"ops": {"sweep": {}}}, "config"),
    ],
)
def test_configuration_that_does_not_fit_is_refused_with_its_path(config: dict[str, Any], told: str) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match=told):
        jobs.cleaning.execute_in_process(run_config=config)


@pytest.mark.parametrize(("bunch", "shown"), [("3", "to_window"), ("4", "to_cellar")])
def test_only_the_branch_that_got_something_runs(bunch: str, shown: str) -> None:
    result = jobs.evening.execute_in_process(tags={"bunch": bunch})
    ran = {event.step_key for event in result.get_step_success_events()}
    assert ran == {"sort_bunch", shown}
    assert {event.step_key for event in result.get_step_skipped_events()} == {"to_window", "to_cellar"} - {shown}
    assert result.dagster_run.tags == {"shift": "late", "bunch": bunch}


def test_a_single_op_of_a_job_is_executed_alone() -> None:
    result = jobs.evening.execute_in_process(op_selection=["sort_bunch"], tags={"bunch": "8"})
    assert {event.step_key for event in result.get_step_success_events()} == {"sort_bunch"}
    assert result.output_for_node("sort_bunch", "even") == 8


def test_an_op_is_called_with_a_context_made_by_hand() -> None:
    context = dg.build_op_context(resources={"currency": Currency()})
    assert jobs.drive(context, "truck 4") == 500
    assert jobs.sweep(dg.build_op_context(op_config={"day": "today"})) == "today: hall"
    assert [output.mapping_key for output in jobs.trucks(config=jobs.Trucks(count=2))] == ["t0", "t1"]


# What starts by itself.


def at(*moment: int) -> dg.ScheduleEvaluationContext:
    return dg.build_schedule_context(
        scheduled_execution_time=datetime(*moment), repository_def=defs.get_repository_def()
    )


def test_a_schedule_for_a_partitioned_job_asks_for_the_day_before() -> None:
    schedule = defs.get_repository_def().get_schedule_def("count_days_schedule")
    assert schedule.cron_schedule == "15 4 * * *"
    [request] = schedule.evaluate_tick(at(2024, 5, 4, 4, 15)).run_requests
    assert request.partition_key == "2024-05-03"
    assert request.tags["dagster/partition"] == "2024-05-03"


def test_a_schedule_asks_for_many_runs_or_says_why_for_none() -> None:
    friday = automation.departures.evaluate_tick(at(2024, 5, 3, 5, 0))
    assert [(one.run_key, one.tags["shift"]) for one in friday.run_requests] == [
        ("2024-05-03-early", "early"), ("2024-05-03-late", "late"),
    ]  # fmt: skip
    assert friday.run_requests[0].run_config == {"ops": {"trucks": {"config": {"count": 2}}}}
    holiday = automation.departures.evaluate_tick(at(2024, 4, 27, 9, 0))
    assert (list(holiday.run_requests or []), holiday.skip_message) == ([], "the king's birthday")
    assert automation.departures.default_status == dg.DefaultScheduleStatus.RUNNING


def test_a_sensor_adds_a_partition_and_asks_for_it(instance: dg.DagsterInstance) -> None:
    with dg.build_sensor_context(instance=instance, cursor="4", definitions=defs) as context:
        tick = automation.letters(context)
    assert tick.cursor == "5"
    assert list(tick.dynamic_partitions_requests[0].partition_keys) == ["supplier-5"]
    [request] = tick.run_requests
    assert (request.partition_key, request.tags["letter"]) == ("supplier-5", "5")


def test_a_sensor_of_an_asset_sees_its_metadata(make: Any, instance: dg.DagsterInstance) -> None:
    with dg.build_sensor_context(instance=instance, definitions=defs) as context:
        assert not automation.after_discounts.evaluate_tick(context).run_requests
    make("discounts")
    with dg.build_sensor_context(instance=instance, definitions=defs) as context:
        [request] = automation.after_discounts.evaluate_tick(context).run_requests
    assert request.tags["bunch"] == "10"


def test_a_sensor_of_two_assets_waits_for_both(make: Any, instance: dg.DagsterInstance) -> None:
    def look(cursor: str | None) -> Any:
        keys = [dg.AssetKey("price_list"), dg.AssetKey("discounts")]
        with dg.build_multi_asset_sensor_context(
            monitored_assets=keys, instance=instance, definitions=defs, cursor=cursor
        ) as context:
            return automation.when_both_moved.evaluate_tick(context)

    make("price_list")
    first = look(None)
    assert first.skip_message == "one of them is as it was"
    make("discounts")
    second = look(first.cursor)
    assert [request.tags["because"] for request in second.run_requests] == ["both"]
    assert look(second.cursor).skip_message == "one of them is as it was"


def test_a_sensor_of_failures_reads_the_run_and_its_error(instance: dg.DagsterInstance) -> None:
    failed = jobs.round_trip.execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config={"ops": {"trucks": {"config": {"count": 1}}}},
        resources={"currency": _Broke()},
    )
    context = dg.build_run_status_sensor_context(
        sensor_name="tell_the_garage",
        dagster_instance=instance,
        dagster_run=failed.dagster_run,
        dagster_event=failed.get_run_failure_event(),
    ).for_run_failure()
    told = automation.tell_the_garage(context)
    assert told.skip_message.startswith("round_trip: ")
    assert "drive[t0]" in told.skip_message


class _Broke(Currency):
    def words(self, cents: int) -> str:
        raise ValueError("no money")


def test_a_sensor_of_ended_runs_asks_for_another_job(instance: dg.DagsterInstance) -> None:
    def told(result: dg.ExecuteInProcessResult) -> Any:
        with dg.build_run_status_sensor_context(
            sensor_name="clean_after",
            dagster_instance=instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_success_event(),
        ) as context:
            return automation.clean_after(context)

    worked = told(jobs.evening.execute_in_process(instance=instance))
    assert worked.partition_key == DAYS.get_first_partition_key()
    cleaned = told(jobs.cleaning.execute_in_process(partition_key="2024-05-01", instance=instance))
    assert cleaned.skip_message == "clean already"


def test_a_week_is_asked_for_when_its_days_are_there(make: Any, instance: dg.DagsterInstance) -> None:
    week = "2024-05-13"
    first = dg.evaluate_automation_conditions(defs=defs, instance=instance)
    assert first.get_num_requested(dg.AssetKey("week_report")) == 0
    for day in range(13, 20):
        instance.report_runless_asset_event(dg.AssetMaterialization("day_total", partition=f"2024-05-{day}"))
    second = dg.evaluate_automation_conditions(defs=defs, instance=instance, cursor=first.cursor)
    assert second.get_requested_partitions(dg.AssetKey("week_report")) == {week}
    third = dg.evaluate_automation_conditions(defs=defs, instance=instance, cursor=second.cursor)
    assert third.total_requested == 0


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        ("+week_report", {"day_total", "week_report"}),
        ("*week_report", {"intake", "day_total", "week_report"}),
        ("tag:tier=gold", {"week_report"}),
        ("key:signs/*", {"signs/aalsmeer_sign", "signs/naaldwijk_sign", "signs/rijnsburg_sign"}),
        ("group:press", {"leaflet_front", "leaflet_back"}),
        ('owner:"team:floor" or kind:json', {"intake"}),
        ("leaflet_front", {"leaflet_front"}),
        ("tag:domain=stock and not group:stock", {"intake", "week_report"}),
        ("sinks(group:stock or group:intake)", {"running_stock"}),
    ],
)
def test_a_selection_over_the_wholesaler_takes(selection: str, taken: set[str]) -> None:
    chosen = dg.AssetSelection.from_string(selection).resolve(defs.assets)
    assert {key.to_user_string() for key in chosen} == taken
