"""What is done about runs whose workers are late, gone, slow or asked to stop."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from earmark.decide.rescue import Action, Life, Sight, judge_run
from earmark.events.kinds import RunCanceled, RunFailed, RunRequeued
from earmark.runs.machine import moves
from earmark.runs.policies import RunMonitoring
from earmark.runs.run import DagsterRun
from earmark.values.clock import Micros
from earmark.values.states import DagsterRunStatus, FailureReason

SECOND = 1_000_000
TIMES = RunMonitoring(start_timeout=60 * SECOND, cancel_timeout=10 * SECOND, start_attempts=3)
STARTING = DagsterRun(
    run_id="r", job_name="etl", status=DagsterRunStatus.STARTING, starting_at=Micros(0), launch_attempt=1
)
STARTED = DagsterRun(
    run_id="r", job_name="etl", status=DagsterRunStatus.STARTED, started_at=Micros(0), launch_token="t"
)
TIMED = replace(STARTED, tags={"dagster/max_runtime": "100"})
CANCELING = replace(STARTED, status=DagsterRunStatus.CANCELING)
ALIVE, GONE, UNKNOWN = Sight(Life.ALIVE), Sight(Life.GONE, "killed by SIGKILL"), Sight()


def at(run: DagsterRun, sight: Sight, seconds: int, since: int | None = None, times: RunMonitoring = TIMES):
    canceling = None if since is None else Micros(since * SECOND)
    return judge_run(run, sight, times, Micros(seconds * SECOND), canceling)


def test_a_start_has_its_time_and_is_then_tried_again():
    early = at(STARTING, UNKNOWN, 59)
    assert (early.action, early.look_again) == (Action.NONE, 60 * SECOND)
    late = at(STARTING, UNKNOWN, 60)
    assert late.action is Action.REQUEUE
    assert isinstance(late.fact, RunRequeued)
    assert "within 60 seconds" in late.message


def test_a_start_that_failed_too_often_fails_the_run():
    verdict = at(replace(STARTING, launch_attempt=3), UNKNOWN, 60)
    assert isinstance(verdict.fact, RunFailed)
    assert verdict.fact.reason is FailureReason.START_TIMEOUT


def test_a_worker_that_dies_before_its_claim_is_not_waited_for():
    assert at(STARTING, GONE, 1).action is Action.REQUEUE


def test_a_dead_worker_fails_its_run_with_the_signal_named():
    verdict = at(STARTED, GONE, 1)
    assert isinstance(verdict.fact, RunFailed)
    assert verdict.fact.reason is FailureReason.UNEXPECTED_TERMINATION
    assert "killed by SIGKILL" in verdict.fact.message


def test_a_living_worker_is_not_taken_for_dead_by_its_lease():
    assert at(STARTED, Sight(Life.ALIVE, lease_until=Micros(5 * SECOND)), 50).action is Action.NONE


def test_a_worker_elsewhere_is_lost_with_its_lease():
    sight = Sight(lease_until=Micros(30 * SECOND))
    assert at(STARTED, sight, 29).look_again == 30 * SECOND
    assert at(STARTED, sight, 30).action is Action.FAIL


def test_a_run_over_its_time_is_asked_to_end_then_killed_then_failed():
    assert at(TIMED, ALIVE, 99).look_again == 100 * SECOND
    asked = at(TIMED, ALIVE, 100)
    assert (asked.action, asked.look_again, asked.fact) == (Action.ASK_TO_END, 110 * SECOND, None)
    assert at(TIMED, ALIVE, 110).action is Action.KILL
    ended = at(TIMED, GONE, 111)
    assert isinstance(ended.fact, RunFailed)
    assert ended.fact.reason is FailureReason.RUN_TIMEOUT
    assert "longer than 100 seconds" in ended.fact.message


def test_the_settings_limit_runs_that_carry_no_limit_of_their_own():
    times = RunMonitoring(max_runtime=50 * SECOND)
    assert at(STARTED, ALIVE, 50, times=times).action is Action.ASK_TO_END
    assert at(TIMED, ALIVE, 50, times=times).action is Action.NONE


def test_a_canceled_run_has_its_grace_and_is_then_killed():
    asked = at(CANCELING, ALIVE, 25, since=20)
    assert (asked.action, asked.look_again) == (Action.ASK_TO_END, 30 * SECOND)
    assert at(CANCELING, ALIVE, 30, since=20).action is Action.KILL
    assert isinstance(at(CANCELING, GONE, 21, since=20).fact, RunCanceled)


@pytest.mark.parametrize("status", list(DagsterRunStatus))
@pytest.mark.parametrize("sight", [ALIVE, GONE, UNKNOWN, Sight(lease_until=Micros(0))])
@pytest.mark.parametrize("seconds", [0, 1_000_000])
def test_every_verdict_is_one_that_the_run_can_take(status: DagsterRunStatus, sight: Sight, seconds: int):
    run = replace(TIMED, status=status, starting_at=Micros(0), launch_attempt=1)
    verdict = at(run, sight, seconds, since=0)
    assert verdict.fact is None or moves(status, verdict.fact)
    if run.is_finished or status in (DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED):
        assert verdict.action is Action.NONE
