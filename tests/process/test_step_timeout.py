"""A step that takes longer than its op's tag allows is ended, alone, and says so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from earmark import (
    DagsterInstance,
    ExecutorDefinition,
    OpExecutionContext,
    in_process_executor,
    instance_for_test,
    job,
    multiprocess_executor,
    op,
)
from earmark import execute_job as execute
from earmark.events.kinds import StepFailed
from earmark.values.errors import InvalidTagError
from earmark.values.states import DagsterRunStatus, FailureReason
from tests.process.hosting import Hosted

pytestmark = pytest.mark.process

PROJECT = """
import os, time
import earmark as em

@em.op(tags={"earmark/step_timeout": 0.5})
def slow(context):
    try:
        time.sleep(60)
    finally:
        with open(os.environ["MARKS"], "a") as file:
            file.write("cleaned\\n")

@em.job
def alone():
    slow()

defs = em.Definitions(jobs=[alone])
"""


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with instance_for_test() as made:
        yield made


def _executor(forked: bool) -> ExecutorDefinition:
    return multiprocess_executor.configured({"max_concurrent": 2}) if forked else in_process_executor


def _sleepers(forked: bool) -> Any:
    @op(tags={"earmark/step_timeout": 0.4})
    def slow(context: OpExecutionContext) -> None:
        time.sleep(60 if forked else 0.6)

    @op
    def steady() -> None:
        time.sleep(0.8)

    @job(executor_def=_executor(forked))
    def sleepers() -> None:
        slow()
        steady()

    return sleepers


def test_a_step_past_its_time_fails_and_the_others_go_on(instance: DagsterInstance) -> None:
    began = time.monotonic()
    with execute(_sleepers(True), instance, raise_on_error=False) as result:
        assert time.monotonic() - began < 30
        assert [event.event_type_value for event in result.events_for_node("slow")].count("STEP_FAILURE") == 1
        assert "STEP_SUCCESS" in [event.event_type_value for event in result.events_for_node("steady")]
        (failed,) = instance.store.events.of_run(result.run_id, kinds=(StepFailed,))
    assert isinstance(failed.fact, StepFailed)
    assert "'slow' took longer than 0.4 seconds (earmark/step_timeout)" in failed.fact.message


def test_steps_that_share_the_process_of_their_run_are_not_timed_and_the_log_says_so(instance: DagsterInstance) -> None:
    with execute(_sleepers(False), instance) as result:
        assert result.success
        said = [event.message for event in result.all_events]
    assert any("earmark/step_timeout does not hold here" in str(text) for text in said)


@pytest.mark.parametrize("value", ["0", "-1", "soon", ""])
def test_a_timeout_that_is_no_time_is_refused_where_it_is_set(value: str) -> None:
    with pytest.raises(InvalidTagError, match="earmark/step_timeout"):

        @op(tags={"earmark/step_timeout": value})
        def slow() -> None: ...


def test_the_only_step_of_a_launched_run_is_timed_too(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "project.py").write_text(PROJECT)
    with Hosted(home, tmp_path) as hosted:
        run = hosted.ended(hosted.submit("alone"))
        assert run.status is DagsterRunStatus.FAILURE
        assert run.failure_reason is FailureReason.STEP_FAILURE
        assert hosted.lines() == ["cleaned"]
