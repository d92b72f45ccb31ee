"""Ticks as data: what is asked of user code, and what it may do without harm to other ticks."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import earmark as em
from earmark.execute.ticks import TickPlace, evaluate_tick, evaluate_ticks
from earmark.runs.request import RunTarget, request_run
from earmark.runs.tick import TickAsk, TickResult
from earmark.values import wire
from earmark.values.clock import Micros, from_datetime

DUE = from_datetime(datetime(2026, 11, 5, tzinfo=UTC))
DAYS = em.DailyPartitionsDefinition("2026-11-01")


@em.daily_partitioned_config("2026-11-01", tags_for_partition_fn=lambda start, end: {"weekday": start.weekday()})
def by_day(start, end):
    return {"ops": {"one": {"config": {"day": start.day}}}}


@em.op(config_schema=em.Permissive())
def one(): ...


@em.job(config=by_day, tags={"team": "ml"})
def daily():
    one()


@em.job
def plain():
    one()


@em.sensor(job=plain)
def raises(context):
    context.log.info("looking")
    raise ValueError("no network")


@em.sensor(job=plain)
def hangs(context):
    while True:
        time.sleep(0.01)


@em.sensor(job=plain)
def floods(context):
    for _ in range(300):
        print("x" * 1000)
    return em.SkipReason("done")


@em.sensor(job=plain)
def exits(context):
    raise SystemExit(3)


@em.sensor(job=plain, tags={"from": "sensor"})
def works(context):
    return em.SensorResult(
        [em.RunRequest("k", tags={"own": "1"})], cursor="9", asset_events=[em.AssetMaterialization("orders")]
    )


PLACE = TickPlace(
    em.Definitions(
        jobs=[plain, daily],
        schedules=[em.build_schedule_from_partitioned_job(daily, tags={"st": "1"})],
        sensors=[raises, hangs, floods, exits, works],
    ),
    None,
    lambda: Micros(DUE + 1_000_000),
    "shop",
)


def sensor_ask(name: str, **kwargs) -> TickAsk:
    return TickAsk(kind="sensor", name=name, tick_id=f"tick-{name}", **kwargs)


def test_a_partitioned_tick_becomes_a_run_with_all_its_tags_and_their_origins() -> None:
    result = evaluate_tick(TickAsk(kind="schedule", name="daily_schedule", tick_id="t", due_at=DUE), PLACE)
    assert result.error is None
    (asked,) = wire.decode(wire.encode(result), TickResult).runs
    assert (asked.job_name, asked.run_key, asked.ask.partition) == ("daily", "2026-11-04", "2026-11-04")
    assert asked.ask.run_config == {"ops": {"one": {"config": {"day": 4}}}}
    assert asked.ask.request_tags == {}
    run = request_run(RunTarget(job_name="daily", job_tags={"team": "ml"}), asked.ask, run_id="r", now=DUE).run
    assert run.tags == {
        "team": "ml",
        "st": "1",
        "dagster/partition": "2026-11-04",
        "dagster/schedule_name": "daily_schedule",
        "dagster/tick": "t",
        "dagster/run_key": "2026-11-04",
    }
    assert (run.tag_origins["st"].kind, run.tag_origins["st"].name) == ("schedule", "daily_schedule")


def test_a_sensor_says_its_cursor_its_events_and_its_runs() -> None:
    result = evaluate_tick(sensor_ask("works", cursor="8"), PLACE)
    assert (result.status, result.cursor, result.facts[0].event_type) == ("succeeded", "9", "ASSET_MATERIALIZATION")
    ask = result.runs[0].ask
    assert (ask.request_tags, ask.asked_by.tags, ask.asked_by.kind) == ({"own": "1"}, {"from": "sensor"}, "sensor")


def test_whatever_the_code_of_one_tick_does_the_others_go_on() -> None:
    names = ["raises", "hangs", "floods", "exits", "nobody", "works"]
    results = list(evaluate_ticks([sensor_ask(name, seconds=0.2) for name in names], PLACE))
    by_name = {result.name: result for result in results}
    assert [result.status for result in results] == ["failed", "failed", "skipped", "failed", "failed", "succeeded"]
    assert by_name["raises"].error.message == "no network"
    assert "raises" in "".join(by_name["raises"].error.stack)
    assert [line.message for line in by_name["raises"].lines] == ["looking"]
    assert by_name["hangs"].timed_out
    assert "time.sleep(0.01)" in "".join(by_name["hangs"].error.stack)
    assert len(by_name["floods"].output) + by_name["floods"].output_dropped == 300 * 1001
    assert by_name["floods"].skip_message == "done"
    assert by_name["exits"].error.class_name == "SystemExit"
    assert "Could not find sensor 'nobody'" in by_name["nobody"].error.message


def test_a_tick_of_a_schedule_without_an_instant_fails() -> None:
    result = evaluate_tick(TickAsk(kind="schedule", name="daily_schedule", tick_id="t"), PLACE)
    assert "stands for an instant" in result.error.message
