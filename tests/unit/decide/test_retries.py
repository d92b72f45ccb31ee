"""Which failures are retried, how often and when."""

from __future__ import annotations

import pytest

from earmark.decide.retries import decide_retry, end_tags, is_retry_missing, retry_ask
from earmark.runs.policies import RunRetries
from earmark.runs.request import RunTarget, request_run
from earmark.runs.run import DagsterRun
from earmark.specs.policy import Backoff
from earmark.tags.system import RetryStrategy
from earmark.values.clock import Micros
from earmark.values.states import DagsterRunStatus, FailureReason

SECOND = 1_000_000


def failed(reason: FailureReason = FailureReason.STEP_FAILURE, **tags: str) -> DagsterRun:
    return DagsterRun(
        run_id="r",
        job_name="etl",
        tags={f"dagster/{key}": value for key, value in tags.items()},
        status=DagsterRunStatus.FAILURE,
        failure_reason=reason,
        ended_at=Micros(100 * SECOND),
    )


def test_nothing_is_retried_unless_asked_for():
    decision = decide_retry(failed(), RunRetries())
    assert (decision.will_retry, decision.asked_for) == (False, False)
    assert end_tags(failed(), decision) == {"dagster/failure_reason": "STEP_FAILURE"}


def test_the_tag_acts_without_any_further_switch():
    decision = decide_retry(failed(max_retries="1"), RunRetries(enabled=False))
    assert (decision.will_retry, decision.retry_number, decision.due) == (True, 1, 100 * SECOND)
    assert end_tags(failed(), decision)["dagster/will_retry"] == "true"
    assert decision.fact.due == 100 * SECOND


def test_the_setting_holds_for_runs_that_do_not_say_and_only_while_enabled():
    assert decide_retry(failed(), RunRetries(max_retries=2)).will_retry
    assert not decide_retry(failed(), RunRetries(max_retries=2, enabled=False)).will_retry
    assert not decide_retry(failed(max_retries="0"), RunRetries(max_retries=2)).will_retry


def test_retries_are_counted_over_the_whole_family():
    assert decide_retry(failed(max_retries="2", retry_number="1"), RunRetries()).retry_number == 2
    last = decide_retry(failed(max_retries="2", retry_number="2"), RunRetries())
    assert (last.will_retry, last.why) == (False, "It was retried 2 of 2 times.")
    assert end_tags(failed(), last)["dagster/will_retry"] == "false"


@pytest.mark.parametrize("reason", list(FailureReason))
def test_without_failures_of_code_only_crashes_and_infrastructure_are_retried(reason: FailureReason):
    of_code = reason in (FailureReason.STEP_FAILURE, FailureReason.RUN_TIMEOUT)
    run = failed(reason, max_retries="1", retry_on_asset_or_op_failure="false")
    assert decide_retry(run, RunRetries()).will_retry is not of_code
    assert decide_retry(failed(reason, max_retries="1"), RunRetries()).will_retry
    by_setting = RunRetries(retry_on_asset_or_op_failure=False)
    assert decide_retry(failed(reason, max_retries="1"), by_setting).will_retry is not of_code
    run = failed(reason, max_retries="1", retry_on_asset_or_op_failure="true")
    assert decide_retry(run, by_setting).will_retry


@pytest.mark.parametrize("status", [one for one in DagsterRunStatus if one is not DagsterRunStatus.FAILURE])
def test_only_failed_runs_are_retried(status: DagsterRunStatus):
    run = DagsterRun(run_id="r", job_name="etl", tags={"dagster/max_retries": "3"}, status=status)
    assert not decide_retry(run, RunRetries()).will_retry


@pytest.mark.parametrize(
    ("backoff", "seconds"),
    [(None, [10, 10, 10]), (Backoff.LINEAR, [10, 20, 30]), (Backoff.EXPONENTIAL, [10, 30, 60])],
)
def test_the_delay_grows_to_its_longest(backoff: Backoff | None, seconds: list[int]):
    retries = RunRetries(max_retries=9, delay=10 * SECOND, backoff=backoff, longest_delay=60 * SECOND)
    dues = [decide_retry(failed(retry_number=str(number)), retries).due for number in range(3)]
    assert dues == [(100 + wait) * SECOND for wait in seconds]


def test_a_thousandth_retry_has_a_due_time_too():
    retries = RunRetries(delay=SECOND, backoff=Backoff.EXPONENTIAL)
    decision = decide_retry(failed(max_retries="5000", retry_number="2000"), retries)
    assert decision.due == 100 * SECOND + retries.longest_delay


def test_tags_that_cannot_be_read_are_the_reason():
    decision = decide_retry(failed(max_retries="often"), RunRetries())
    assert not decision.will_retry
    assert "takes an integer of 0 or more, not 'often'" in decision.why


@pytest.mark.parametrize(("strategy", "resumes"), [("FROM_FAILURE", True), ("ALL_STEPS", False)])
def test_the_retry_is_requested_as_the_strategy_says(strategy: str, resumes: bool):
    run = failed(max_retries="1", retry_strategy=strategy)
    decision = decide_retry(run, RunRetries())
    assert decision.strategy is RetryStrategy(strategy)
    made = request_run(RunTarget(job_name="etl"), retry_ask(run, decision), run_id="new", now=Micros(0))
    assert made.tags["dagster/retry_number"] == "1"
    assert made.tags["dagster/parent_run_id"] == "r"
    assert ("dagster/is_resume_retry" in made.tags) is resumes


def test_a_promised_retry_that_was_not_made_is_seen():
    assert is_retry_missing(failed(will_retry="true"))
    assert not is_retry_missing(failed(will_retry="true", auto_retry_run_id="x"))
    assert not is_retry_missing(failed(will_retry="false"))
