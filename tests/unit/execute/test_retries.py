"""Trying again: by policy, by request, with backoff; and when to give up."""

from __future__ import annotations

import pytest

from earmark import (
    Backoff,
    DagsterInstance,
    DagsterMaxRetriesExceededError,
    Failure,
    RetryPolicy,
    RetryRequested,
    failure_hook,
    job,
    op,
)
from earmark.execute.executors.loop import StepLoop
from earmark.execute.executors.same_process import InProcessWorkers
from earmark.execute.request import new_run
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.runs.request import RunAsk


def types(result):
    return [event.event_type_value for event in result.all_events if event.is_step_event]


def single(one, **kwargs):
    @job(**kwargs)
    def j():
        one()

    return j


def test_a_policy_gives_so_many_more_attempts_and_the_last_failure_says_that_they_are_used_up():
    attempts = []

    @op(retry_policy=RetryPolicy(max_retries=1))
    def boom(context):
        attempts.append(context.retry_number)
        raise ValueError("x")

    result = single(boom).execute_in_process(raise_on_error=False)
    assert attempts == [0, 1]
    assert types(result) == ["STEP_START", "STEP_UP_FOR_RETRY", "STEP_RESTARTED", "STEP_FAILURE"]
    assert result.retry_attempts_for_node("boom") == 1
    with pytest.raises(DagsterMaxRetriesExceededError, match="max_retries of 1") as raised:
        single(boom).execute_in_process()
    assert isinstance(raised.value.__cause__, ValueError)


def test_a_request_to_try_again_is_granted_so_often_as_it_says():
    @op
    def asks(context):
        if context.retry_number < 2:
            raise RetryRequested(max_retries=2, seconds_to_wait=0)
        return context.retry_number

    result = single(asks).execute_in_process()
    assert result.output_for_node("asks") == 2
    assert types(result)[:5] == [
        "STEP_START",
        "STEP_UP_FOR_RETRY",
        "STEP_RESTARTED",
        "STEP_UP_FOR_RETRY",
        "STEP_RESTARTED",
    ]


def test_a_request_beyond_its_number_ends_the_step_with_its_cause():
    @op
    def asks():
        try:
            raise KeyError("k")
        except KeyError as error:
            raise RetryRequested(max_retries=1) from error

    with pytest.raises(DagsterMaxRetriesExceededError) as raised:
        single(asks).execute_in_process()
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_failure_that_allows_no_retries_is_the_last():
    @op(retry_policy=RetryPolicy(max_retries=2))
    def never():
        raise Failure("never", metadata={"rows": 0}, allow_retries=False)

    result = single(never).execute_in_process(raise_on_error=False)
    assert types(result) == ["STEP_START", "STEP_FAILURE"]
    with pytest.raises(Failure):
        single(never).execute_in_process()


def test_a_job_gives_its_policy_to_ops_that_have_none():
    @op
    def boom():
        raise ValueError("x")

    result = single(boom, op_retry_policy=RetryPolicy(max_retries=2)).execute_in_process(raise_on_error=False)
    assert result.retry_attempts_for_node("boom") == 2


def test_a_hook_after_the_last_failure_sees_what_the_user_code_raised():
    seen = []

    @failure_hook
    def note(context):
        seen.append(context.op_exception)

    @op(retry_policy=RetryPolicy(max_retries=1))
    def boom():
        raise ValueError("x")

    single(boom, hooks={note}).execute_in_process(raise_on_error=False)
    assert [str(error) for error in seen] == ["x"]
    assert isinstance(seen[0], ValueError)


class FakeTime:
    """A clock that goes forward when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_attempts_wait_for_the_delays_of_the_policy_and_other_steps_do_not():
    began: list[tuple[str, float]] = []
    clock = FakeTime()

    @op(retry_policy=RetryPolicy(max_retries=3, delay=0.2, backoff=Backoff.EXPONENTIAL))
    def flaky(context):
        began.append(("flaky", clock.now))
        if context.retry_number < 3:
            raise ValueError("x")

    @op
    def other():
        began.append(("other", clock.now))

    @job
    def j():
        flaky()
        other()

    def execute(run, *, stop_at_first_failure=False, pools=None):
        loop = StepLoop(run, InProcessWorkers(run), sleep=clock.sleep, monotonic=clock)
        run.resources = {"io_manager": _Forgets()}
        return loop.execute()

    with DagsterInstance.ephemeral() as instance:
        plan = j.plan()
        run = new_run(j, plan, instance, RunAsk()).run
        ended = RunExecution(j, run, plan, instance, resolve_run_config(j, plan, None), execute=execute).execute()
    assert ended.is_success
    times = [round(moment - 100.0, 3) for name, moment in began if name == "flaky"]
    assert times == [0.0, 0.2, 0.8, 2.2]  # the delay grows: 0.2, 0.6, 1.4 seconds
    assert began[1] == ("other", 100.0)


class _Forgets:
    def handle_output(self, context, obj):
        return None

    def load_input(self, context):
        return None
