"""Schedules: what they take, what their ticks come to, what is refused where it was written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import earmark as em
from earmark.specs.manifest import Manifest
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    ScheduleExecutionError,
)

DAY = datetime(2026, 11, 5, tzinfo=UTC)


@em.op
def one():
    return 1


@em.job(tags={"j": "t"})
def etl():
    one()


def at(day: datetime = DAY, **kwargs):
    return em.build_schedule_context(scheduled_execution_time=day, **kwargs)


def scheduled(function, **kwargs):
    return em.schedule("0 0 * * *", job=etl, name="nightly", **kwargs)(function)


def test_a_schedule_is_named_after_its_job_and_stopped_by_default() -> None:
    schedule = em.ScheduleDefinition(job=etl, cron_schedule="0 0 * * *")
    assert schedule.name == "etl_schedule"
    assert schedule.job_name == "etl"
    assert schedule.default_status is em.DefaultScheduleStatus.STOPPED
    assert schedule.spec.runs_by_default is False


def test_tags_of_the_definition_lie_under_those_of_the_request() -> None:
    schedule = scheduled(lambda: em.RunRequest(run_key="k", tags={"a": "request"}), tags={"a": "schedule", "b": "1"})
    (asked,) = schedule.evaluate_tick(at()).run_requests
    assert asked.tags == {"a": "request", "b": "1", "dagster/schedule_name": "nightly"}
    answer = schedule.answer(at())
    assert (answer.definition_tags, answer.requests[0].tags) == ({"a": "schedule", "b": "1"}, {"a": "request"})


def test_tags_fn_and_run_config_fn_see_the_tick() -> None:
    schedule = em.ScheduleDefinition(
        job=etl,
        cron_schedule="0 0 * * *",
        tags_fn=lambda context: {"day": context.scheduled_execution_time.day},
        run_config_fn=lambda context: {"ops": {"one": {"config": context.scheduled_execution_time.month}}},
    )
    (asked,) = schedule.evaluate_tick(at()).run_requests
    assert asked.tags["day"] == "5"
    assert asked.run_config == {"ops": {"one": {"config": 11}}}


@pytest.mark.parametrize(
    ("function", "keys", "skipped"),
    [
        (lambda: None, [], "Schedule function returned an empty result"),
        (lambda: [][:], [], "Schedule function returned an empty result"),
        (lambda: em.SkipReason("no"), [], "no"),
        (dict, [None], None),
        (lambda: [em.RunRequest("a"), em.RunRequest("b")], ["a", "b"], None),
        (lambda: (em.RunRequest(key) for key in "ab"), ["a", "b"], None),
    ],
)
def test_what_a_function_answers_is_what_the_tick_comes_to(function, keys, skipped) -> None:
    data = scheduled(function).evaluate_tick(at())
    assert ([one.run_key for one in data.run_requests], data.skip_message) == (keys, skipped)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda: 5, "answered 5"),
        (lambda: [em.SkipReason("a"), em.RunRequest("b")], "answered SkipReason"),
        (lambda: [em.RunRequest(), em.RunRequest()], "must specify a run_key"),
    ],
)
def test_what_is_no_answer_is_refused(function, said) -> None:
    with pytest.raises(DagsterInvariantViolationError, match=said):
        scheduled(function).evaluate_tick(at())


def test_what_a_function_raises_is_the_cause() -> None:
    def broken(context):
        raise ValueError("x")

    with pytest.raises(ScheduleExecutionError, match="evaluation of schedule nightly") as caught:
        scheduled(broken).evaluate_tick(at())
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(ScheduleExecutionError, match="execution of should_execute for schedule nightly"):
        scheduled(dict, should_execute=broken).evaluate_tick(at())


def test_should_execute_decides_before_anything_else() -> None:
    schedule = scheduled(lambda: pytest.fail("was called"), should_execute=lambda context: False)
    assert schedule.evaluate_tick(at()).skip_message == "should_execute function for nightly returned false."


class Client(em.ConfigurableResource):
    city: str = "Turku"


def test_a_function_takes_resources_and_the_context_under_any_name() -> None:
    def function(tick, client: Client):
        return em.RunRequest(run_key=f"{client.city} {tick.scheduled_execution_time.day}")

    schedule = scheduled(function)
    assert schedule.required_resource_keys == {"client"}
    with at(resources={"client": Client(city="Oulu")}) as context:
        assert schedule.evaluate_tick(context).run_requests[0].run_key == "Oulu 5"
    assert schedule(at(), client=Client()).run_key == "Turku 5"
    with pytest.raises(DagsterInvalidInvocationError, match="'tick'"):
        schedule()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cron_schedule": "bad"}, "bad"),
        ({"cron_schedule": "0 0 31 2 *"}, "0 0 31 2"),
        ({"cron_schedule": ""}, "cannot tick"),
        ({"cron_schedule": []}, "needs a cron expression"),
        ({"cron_schedule": "0 0 * * *", "execution_timezone": "Nope/Zone"}, "Nope/Zone"),
        ({"cron_schedule": "0 0 * * *", "tags": {}, "tags_fn": dict}, "only one of tags and tags_fn"),
        ({"cron_schedule": "0 0 * * *", "job_name": "other"}, "only one of"),
        ({"cron_schedule": "0 0 * * *", "catch_up": -1}, "catches up"),
    ],
)
def test_a_bad_schedule_is_refused_where_it_is_written(given, said) -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match=said) as caught:
        em.ScheduleDefinition(name="z", job=etl, **given)
    assert __file__ in str(caught.value)


def test_a_schedule_of_assets_makes_a_job_of_its_selection() -> None:
    @em.asset(tags={"domain": "sales"})
    def orders(): ...

    @em.asset
    def other(): ...

    schedule = em.ScheduleDefinition("sales", cron_schedule=["0 0 * * *", "@hourly"], target="tag:domain=sales")
    defs = em.Definitions([orders, other], schedules=[schedule])
    job = defs.get_job_def(schedule.job_name)
    assert job.asset_layer.selected_asset_keys == {orders.key}
    em.Definitions.validate_loadable(defs)
    spec = Manifest.decode(defs.manifest().encode()).schedules[0]
    assert (spec.cron_schedules, spec.asset_query) == (("0 0 * * *", "@hourly"), "tag:domain=sales")


def test_a_job_that_is_not_there_is_said_when_loading() -> None:
    schedule = em.ScheduleDefinition("s", cron_schedule="0 0 * * *", job_name="etll")
    with pytest.raises(DagsterInvalidDefinitionError, match="Did you mean 'etl'"):
        em.Definitions.validate_loadable(em.Definitions(jobs=[etl], schedules=[schedule]))


def test_a_partitioned_job_runs_its_last_complete_window_at_its_end() -> None:
    days = em.DailyPartitionsDefinition("2026-11-01", timezone="Europe/Helsinki")

    @em.asset(partitions_def=days)
    def orders(): ...

    job = em.define_asset_job("daily", [orders], tags={"jt": "x"})
    planned = em.build_schedule_from_partitioned_job(job, hour_of_day=3, tags={"st": "1"})
    defs = em.Definitions([orders], jobs=[job], schedules=[planned])
    schedule = defs.get_schedule_def("daily_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "Europe/Helsinki")
    (asked,) = schedule.evaluate_tick(at(datetime(2026, 11, 5, 1, tzinfo=UTC))).run_requests
    assert (asked.run_key, asked.partition_key) == ("2026-11-04", "2026-11-04")
    assert asked.tags == {
        "st": "1",
        "dagster/partition": "2026-11-04",
        "dagster/partition_set": "daily_partition_set",
        "dagster/schedule_name": "daily_schedule",
    }
    skipped = schedule.evaluate_tick(at(datetime(2026, 10, 5, tzinfo=UTC)))
    assert "no partitions" in skipped.skip_message


def test_a_partition_of_a_job_whose_assets_are_not_known_is_refused_until_they_are_given() -> None:
    @em.asset(partitions_def=em.StaticPartitionsDefinition(["eu", "us"]))
    def sales(): ...

    job = em.define_asset_job("by_region", [sales])

    @em.schedule("0 6 * * *", job=job)
    def morning(context):
        return em.RunRequest(partition_key="eu")

    with pytest.raises(em.DagsterInvalidDefinitionError, match=r"which are not known here.*repository_def"):
        morning.evaluate_tick(em.build_schedule_context())
    known = em.Definitions([sales], jobs=[job], schedules=[morning])
    tick = morning.evaluate_tick(em.build_schedule_context(repository_def=known.get_repository_def()))
    assert tick.run_requests[0].tags["dagster/partition"] == "eu"


def test_each_static_partition_is_asked_for_at_a_given_cron() -> None:
    @em.job(partitions_def=em.StaticPartitionsDefinition(["eu", "us"]))
    def by_region():
        one()

    with pytest.raises(DagsterInvalidDefinitionError, match="no windows of time"):
        em.build_schedule_from_partitioned_job(by_region)
    schedule = em.build_schedule_from_partitioned_job(by_region, cron_schedule="0 5 * * *")
    assert [asked.run_key for asked in schedule.evaluate_tick(at()).run_requests] == ["eu", "us"]


def test_a_window_of_a_grid_is_run_for_each_key_of_the_other_dimension() -> None:
    grid = em.MultiPartitionsDefinition(
        {"day": em.DailyPartitionsDefinition("2026-11-01"), "region": em.StaticPartitionsDefinition(["eu", "us"])}
    )

    @em.job(partitions_def=grid)
    def gridded():
        one()

    schedule = em.build_schedule_from_partitioned_job(gridded)
    asked = schedule.evaluate_tick(at()).run_requests
    assert [one.partition_key for one in asked] == ["2026-11-04|eu", "2026-11-04|us"]
    assert asked[1].tags["dagster/partition/region"] == "us"
