"""What becomes of the runs that ticks ask for where a policy about tags is enforced."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import earmark as em
from earmark.execute.queueing import submit_run
from earmark.guest.backfill_questions import _UnitMaker
from earmark.guest.tick_evaluator import TickMaker
from earmark.guest.tick_keeping import MadeTick, tried_tick
from earmark.runs.backfill import UnitOrder
from earmark.runs.request import RunAsk
from earmark.runs.tick import TickAsk, TickOrder
from earmark.store.open import open_store
from earmark.system.clock import now
from earmark.tags.policy import TagPolicy
from earmark.values.clock import Micros
from earmark.values.errors import TagPolicyError

TEAM = TagPolicy("team", required_on=("run",), values=("core", "growth"), enforce="refuse")


@em.job(partitions_def=em.StaticPartitionsDefinition(["eu", "us"]))
def report(): ...


ASKED = [em.RunRequest(run_key="good", tags={"team": "core"}), em.RunRequest(run_key="bad")]


@em.schedule(cron_schedule="@daily", job_name="report")
def some_good():
    return ASKED


@em.schedule(cron_schedule="@daily", job_name="report")
def none_good():
    return ASKED[1:]


@em.sensor(job_name="report")
def watched():
    return em.SensorResult(run_requests=ASKED, cursor="further")


DEFS = em.Definitions(jobs=[report], schedules=[some_good, none_good], sensors=[watched])


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[em.DagsterInstance]:
    with em.DagsterInstance(open_store("memory://", clock=now), tmp_path, tag_policies=[TEAM]) as instance:
        yield instance


def tick(instance: em.DagsterInstance, kind: str, name: str) -> MadeTick:
    ask = TickAsk(kind=kind, name=name, tick_id="t", due_at=Micros(0) if kind == "schedule" else None)
    return TickMaker(DEFS, instance, "here").make(TickOrder(ask=ask, instigator="here", begun_at=Micros(1)))


def test_a_schedule_starts_what_may_start_and_tells_which_request_was_refused_and_why(
    instance: em.DagsterInstance,
) -> None:
    made = tick(instance, "schedule", "some_good")
    assert made.result.error is None
    assert [one.run.tags["team"] for one in made.runs] == ["core"]
    good, bad = tried_tick(made)["requests"]
    assert "refused" not in good
    assert "The run of report lacks the tag team. The policy about team refuses the launch." in bad["refused"]


def test_a_tick_fails_where_all_that_it_asks_for_is_refused(instance: em.DagsterInstance) -> None:
    made = tick(instance, "schedule", "none_good")
    assert made.result.error is not None
    assert made.result.error.class_name == "TagPolicyError"
    assert made.runs == ()


def test_a_sensor_of_which_a_request_is_refused_asks_again_with_the_same_cursor(instance: em.DagsterInstance) -> None:
    made = tick(instance, "sensor", "watched")
    assert made.result.error is not None
    assert (made.runs, made.result.cursor) == ((), None)


def test_a_backfill_tells_for_each_of_its_runs_why_it_was_refused(instance: em.DagsterInstance) -> None:
    maker = _UnitMaker(DEFS, instance, "here")
    for unit, tags in enumerate([{"team": "core"}, {"team": "ml"}]):
        ask = RunAsk(partition="eu", request_tags=tags, backfill="b")
        maker.make(UnitOrder(unit=unit, run_id=str(unit), job_name="report", ask=ask))
    assert [one.run.run_id for one in maker.made] == ["0"]
    assert "has team='ml', which is not one of core, growth" in maker.failed["1"].message


def test_python_is_refused_with_the_error_and_nothing_is_stored(instance: em.DagsterInstance) -> None:
    with pytest.raises(TagPolicyError, match="lacks the tag team") as refused:
        submit_run(report, instance, code_location="here")
    assert refused.value.facts["findings"][0]["name"] == "of report"
    assert instance.get_runs() == []
    assert submit_run(report, instance, code_location="here", tags={"team": "core"}).tags["team"] == "core"


def test_an_instance_that_is_gone_with_the_process_knows_no_policies() -> None:
    with em.DagsterInstance.ephemeral() as instance:
        assert submit_run(report, instance, code_location="here").run_id
