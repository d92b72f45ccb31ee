"""Sensors: what their functions may answer, what wakes them, what a tick comes to."""

from __future__ import annotations

import json

import pytest

import earmark as em
from earmark.events.kinds import RunStarted, RunSucceeded
from earmark.runs.run import DagsterRun
from earmark.specs.manifest import Manifest
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError
from earmark.values.states import DagsterRunStatus


@em.op
def one():
    return 1


@em.op
def boom():
    raise ValueError("b")


@em.job(tags={"team": "ml"})
def load():
    one()


@em.job
def broken():
    boom()


@em.asset
def orders(): ...


def sensed(function, **kwargs):
    return em.sensor(job=load, name="files", **kwargs)(function)


def tick(definition, **kwargs):
    return definition.evaluate_tick(em.build_sensor_context(**kwargs))


def test_a_sensor_yields_requests_and_moves_its_cursor() -> None:
    @em.sensor(job=load, tags={"a": "sensor", "b": "1"})
    def files(context):
        context.update_cursor(str(int(context.cursor) + 1))
        yield em.RunRequest(run_key="x", tags={"a": "request"})

    data = tick(files, cursor="4")
    assert data.cursor == "5"
    assert data.run_requests[0].tags == {"a": "request", "b": "1", "dagster/sensor_name": "files"}
    assert (files.name, files.minimum_interval_seconds) == ("files", 30)


@pytest.mark.parametrize(
    ("function", "keys", "skipped"),
    [
        (lambda context: None, [], "Sensor function returned an empty result"),
        (lambda context: em.SkipReason("no"), [], "no"),
        (lambda context: [em.RunRequest("x"), em.RunRequest("y")], ["x", "y"], None),
        (lambda context: em.SensorResult(skip_reason="s", cursor="3"), [], "s"),
        (lambda context: em.SensorResult([em.RunRequest("z")]), ["z"], None),
    ],
)
def test_what_a_function_answers_is_what_the_tick_comes_to(function, keys, skipped) -> None:
    data = tick(sensed(function))
    assert ([asked.run_key for asked in data.run_requests], data.skip_message) == (keys, skipped)


def both_cursors(context):
    context.update_cursor("1")
    return em.SensorResult(cursor="2")


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda context: 5, "unexpectedly returned output 5"),
        (lambda context: [em.SkipReason("a"), em.RunRequest("k")], "a single SkipReason or one or more"),
        (lambda context: em.SensorResult([em.RunRequest("k")], skip_reason="s"), "both run_requests and"),
        (both_cursors, "cannot be set if context.update_cursor"),
        (lambda context: em.RunRequest(job_name="lod"), "Did you mean 'load'"),
    ],
)
def test_what_is_no_answer_is_refused(function, said) -> None:
    with pytest.raises(DagsterInvariantViolationError, match=said):
        tick(sensed(function))


def test_a_request_of_a_sensor_with_several_jobs_names_one() -> None:
    definition = em.sensor(jobs=[load, broken], name="files")(lambda context: em.RunRequest("k"))
    with pytest.raises(DagsterInvariantViolationError, match="did not specify job_name"):
        tick(definition)
    definition = em.sensor(name="files")(lambda context: em.RunRequest("k"))
    with pytest.raises(DagsterInvariantViolationError, match="has no target"):
        tick(definition)


def test_a_sensor_takes_only_one_kind_of_target() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="job and job_name"):
        sensed(lambda context: None, job_name="other")


def test_a_sensor_of_assets_asks_for_them_by_name() -> None:
    definition = em.sensor(asset_selection="orders", name="files")(lambda context: em.RunRequest("k"))
    defs = em.Definitions([orders], sensors=[definition])
    (asked,) = tick(definition, definitions=defs).run_requests
    assert (asked.job_name, asked.asset_selection) == ("__ASSET_JOB", [orders.key])
    assert Manifest.decode(defs.manifest().encode()).sensors[0].asset_query == "orders"


def test_a_partition_that_the_same_tick_adds_may_be_asked_for() -> None:
    cities = em.DynamicPartitionsDefinition(name="cities")

    @em.job(partitions_def=cities)
    def by_city():
        one()

    @em.sensor(job=by_city)
    def arrivals(context):
        return em.SensorResult(
            [em.RunRequest(partition_key="Turku")], dynamic_partitions_requests=[cities.build_add_request(["Turku"])]
        )

    (asked,) = tick(arrivals).run_requests
    assert asked.tags["dagster/partition"] == "Turku"


def test_an_asset_sensor_is_asked_once_for_the_latest_materialization() -> None:
    @em.asset_sensor(em.AssetKey("orders"), job=load)
    def on_orders(context, event):
        return em.RunRequest(run_key=event.run_id)

    with em.DagsterInstance.ephemeral() as instance:
        assert "No new materialization" in tick(on_orders, instance=instance).skip_message
        em.materialize([orders], instance=instance)
        last = em.materialize([orders], instance=instance)
        data = tick(on_orders, instance=instance)
        assert [asked.run_key for asked in data.run_requests] == [last.run_id]
        assert tick(on_orders, instance=instance, cursor=data.cursor).run_requests == []


def test_a_failure_sensor_is_asked_once_for_each_failed_run_after_it_began() -> None:
    @em.run_failure_sensor(request_job=load)
    def alarm(context):
        assert [event.step_key for event in context.get_step_failure_events()] == ["boom"]
        return em.RunRequest(run_key=context.dagster_run.run_id)

    with em.DagsterInstance.ephemeral() as instance:
        broken.execute_in_process(instance=instance, raise_on_error=False)
        first = tick(alarm, instance=instance)
        assert "Initiating" in first.skip_message
        failed = broken.execute_in_process(instance=instance, raise_on_error=False)
        load.execute_in_process(instance=instance)
        second = tick(alarm, instance=instance, cursor=first.cursor)
        assert [asked.run_key for asked in second.run_requests] == [failed.run_id]
        third = tick(alarm, instance=instance, cursor=second.cursor)
        assert third.run_requests == []


def test_a_run_for_which_a_sensor_raises_does_not_keep_the_others_waiting() -> None:
    seen = []

    @em.run_status_sensor(DagsterRunStatus.SUCCESS, monitored_jobs=[load])
    def watch(context):
        seen.append(context.dagster_run.run_id)
        if len(seen) == 1:
            raise ValueError("first")

    with em.DagsterInstance.ephemeral() as instance:
        cursor = tick(watch, instance=instance).cursor
        for _ in range(2):
            load.execute_in_process(instance=instance)
        reactions = tick(watch, instance=instance, cursor=cursor).dagster_run_reactions
        assert [one.run_id for one in reactions] == seen
        assert [str(one.error) for one in reactions] == ["first", "None"]


ELSEWHERE = [("load", "here"), ("broken", "here"), ("load", "there"), ("other", "there"), ("load", "far")]


@pytest.mark.parametrize(
    ("watched", "seen"),
    [
        ({"monitored_jobs": [load]}, [0]),
        ({"monitored_jobs": ["broken"]}, [1]),
        ({}, [0, 1]),
        ({"monitored_jobs": [em.JobSelector(location_name="there", repository_name="repo", job_name="load")]}, [2]),
        ({"monitored_jobs": [load, em.CodeLocationSelector(location_name="there")]}, [0, 2, 3]),
        ({"monitored_jobs": [em.RepositorySelector(location_name="far", repository_name="repo")]}, [4]),
        ({"monitor_all_code_locations": True}, [0, 1, 2, 3, 4]),
    ],
)
def test_a_run_status_sensor_watches_the_jobs_it_names_in_its_own_and_other_code_locations(watched, seen) -> None:
    @em.run_status_sensor(DagsterRunStatus.SUCCESS, request_job=load, **watched)
    def watch(context):
        return em.RunRequest(run_key=context.dagster_run.run_id)

    with em.DagsterInstance.ephemeral() as instance:
        cursor = tick(watch, instance=instance, repository_name="here").cursor
        for number, (job, location) in enumerate(ELSEWHERE):
            run = DagsterRun(run_id=f"run-{number}", job_name=job, code_location=location)
            instance.store.runs.create([run], [RunStarted(), RunSucceeded()])
        asked = tick(watch, instance=instance, repository_name="here", cursor=cursor).run_requests
        assert [one.run_key for one in asked] == [f"run-{number}" for number in seen]


def test_what_names_no_job_is_refused_where_it_is_written() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="jobs, their names, or selectors"):
        em.run_status_sensor(DagsterRunStatus.SUCCESS, name="x", monitored_jobs=[7])(lambda context: None)
    with pytest.raises(DagsterInvalidDefinitionError, match="has no job_name"):
        em.JobSelector("there")


def test_a_run_status_sensor_can_be_called_with_a_context_of_a_test() -> None:
    @em.run_status_sensor(run_status=DagsterRunStatus.SUCCESS, request_job=load)
    def again(context):
        return em.RunRequest(run_key=context.dagster_run.job_name)

    with em.DagsterInstance.ephemeral() as instance:
        result = load.execute_in_process(instance=instance)
        event = result.get_run_success_event()
        context = em.build_run_status_sensor_context("again", event, instance, result.dagster_run)
        assert again(context).run_key == "load"


@pytest.mark.parametrize("on", ["enter", "leave"])
def test_a_tag_query_sensor_is_asked_for_runs_that_cross_its_edge(on: str) -> None:
    @em.tag_query_sensor("tag:team=ml status:succeeded", on=on, job=broken)
    def watch(context):
        return em.RunRequest(run_key=context.dagster_run.run_id)

    with em.DagsterInstance.ephemeral() as instance:
        kept = load.execute_in_process(instance=instance)
        first = tick(watch, instance=instance)
        assert json.loads(first.cursor) == [kept.run_id]
        broken.execute_in_process(instance=instance, raise_on_error=False)
        entered = load.execute_in_process(instance=instance)
        second = tick(watch, instance=instance, cursor=first.cursor)
        assert [asked.run_key for asked in second.run_requests] == ([entered.run_id] if on == "enter" else [])


def test_a_tag_query_sensor_refuses_a_query_that_cannot_be_read() -> None:
    with pytest.raises(em.QueryError):
        em.tag_query_sensor("tag:team=", on="enter", name="x")(lambda context: None)
    with pytest.raises(DagsterInvalidDefinitionError, match="'enter' or on 'leave'"):
        em.tag_query_sensor("tag:team=ml", on="enters", name="x")(lambda context: None)


REGIONS = em.StaticPartitionsDefinition(["a", "b", "c"])


@em.asset(partitions_def=REGIONS)
def parts(): ...


@em.asset(partitions_def=REGIONS, deps=[parts])
def below(): ...


WATCHED = em.Definitions([parts, below, orders])


def watching(instance, cursor=None, keys=("parts",)):
    return em.build_multi_asset_sensor_context(
        monitored_assets=[em.AssetKey(key) for key in keys], instance=instance, cursor=cursor, definitions=WATCHED
    )


def test_a_sensor_of_several_assets_deals_with_partitions_in_any_order_and_forgets_none() -> None:
    @em.multi_asset_sensor([em.AssetKey("parts")], request_assets="below")
    def each(context):
        records = context.latest_materialization_records_by_partition(em.AssetKey("parts"))
        if "b" in records:
            context.advance_cursor({em.AssetKey("parts"): records["b"]})
            return em.RunRequest(partition_key="b")
        for partition, record in records.items():
            context.advance_cursor({em.AssetKey("parts"): record})
            return em.RunRequest(partition_key=partition)
        return em.SkipReason("nothing left")

    with em.DagsterInstance.ephemeral() as instance:
        for key in ("a", "b"):
            em.materialize([parts], partition_key=key, instance=instance)
        first = watching(instance)
        asked = each.evaluate_tick(first).run_requests
        assert [(one.partition_key, one.asset_selection) for one in asked] == [("b", [below.key])]
        second = watching(instance, first.cursor)
        assert second.get_cursor_partition(parts.key) == "b"
        assert [record.partition_key for record in second.get_trailing_unconsumed_events(parts.key)] == ["a"]
        assert [one.partition_key for one in each.evaluate_tick(second).run_requests] == ["a"]
        third = watching(instance, second.cursor)
        assert each.evaluate_tick(third).run_requests == []


def test_a_sensor_of_several_assets_sees_what_is_new_until_it_says_it_was_dealt_with() -> None:
    with em.DagsterInstance.ephemeral() as instance:
        em.materialize([orders], instance=instance)
        em.materialize([parts], partition_key="a", instance=instance)
        context = watching(instance, keys=("parts", "orders"))
        assert all(context.latest_materialization_records_by_key().values())
        assert context.all_partitions_materialized(parts.key, ["a"])
        assert not context.all_partitions_materialized(parts.key)
        assert context.get_downstream_partition_keys("a", parts.key, below.key) == ["a"]
        with pytest.raises(DagsterInvariantViolationError, match="kept per asset"):
            context.update_cursor("5")
        context.advance_all_cursors()
        context.update_cursor_after_evaluation()
        later = watching(instance, context.cursor, keys=("parts", "orders"))
        assert not any(later.latest_materialization_records_by_key().values())


def test_an_email_tells_of_a_failed_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import smtplib

    sent = []

    class FakeServer:
        def __init__(self, host, port, **_):
            self.server = (host, port)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def login(self, user, password):
            self.user = user

        def send_message(self, mail):
            sent.append((self.server, self.user, mail))

    monkeypatch.setattr(smtplib, "SMTP_SSL", FakeServer)
    mailer = em.make_email_on_run_failure_sensor(
        "etl@example.com", "secret", ["team@example.com"], smtp_host="mail", webserver_base_url="https://ui"
    )
    with em.DagsterInstance.ephemeral() as instance:
        cursor = tick(mailer, instance=instance).cursor
        failed = broken.execute_in_process(instance=instance, raise_on_error=False)
        assert tick(mailer, instance=instance, cursor=cursor).dagster_run_reactions[0].error is None
    (server, user, mail) = sent[0]
    assert (server, user, mail["Subject"]) == (("mail", 465), "etl@example.com", "Run of broken failed")
    assert f"https://ui/runs/{failed.run_id}" in mail.get_content()
    assert "Steps: boom" in mail.get_content()


def test_a_sensor_of_conditions_asks_for_what_they_say_and_remembers() -> None:
    @em.asset(deps=[orders], automation_condition=em.AutomationCondition.eager())
    def report(): ...

    @em.asset(deps=[orders], automation_condition=em.AutomationCondition.eager())
    def other(): ...

    conditions = em.AutomationConditionSensorDefinition("conditions", target=[report], run_tags={"why": "fresh"})
    defs = em.Definitions([orders, report, other], sensors=[conditions])
    with em.DagsterInstance.ephemeral() as instance:
        first = tick(conditions, instance=instance, definitions=defs)
        assert first.run_requests == []
        em.materialize([orders], instance=instance)
        second = tick(conditions, instance=instance, definitions=defs, cursor=first.cursor)
        (asked,) = second.run_requests
        assert (asked.asset_selection, asked.tags["why"]) == ([report.key], "fresh")
        assert second.automation_condition_evaluations[0]["key"] == "report"
        third = tick(conditions, instance=instance, definitions=defs, cursor=second.cursor)
        assert third.run_requests == []
