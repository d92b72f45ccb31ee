"""Executing a run again: from its failure, or with some of its steps; what is not repeated is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from earmark import (
    DagsterInstance,
    DagsterInvariantViolationError,
    DynamicOut,
    DynamicOutput,
    Out,
    Output,
    ReexecutionOptions,
    execute_job,
    in_process_executor,
    instance_for_test,
    job,
    op,
)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with instance_for_test() as made:
        yield made


@pytest.fixture
def broken() -> set[str]:
    """The names of what fails for now."""
    return set()


def ran(result: Any) -> list[str]:
    return [event.step_key for event in result.all_events if event.is_step_start]


def test_from_failure_only_what_failed_and_what_it_held_back_runs_again(
    instance: DagsterInstance, broken: set[str]
) -> None:
    @op
    def load() -> list[int]:
        return [1, 2]

    @op
    def clean(rows: list[int]) -> list[int]:
        if "clean" in broken:
            raise ValueError("broken")
        return [row * 10 for row in rows]

    @op
    def train(rows: list[int]) -> int:
        return sum(rows)

    @op
    def aside() -> int:
        return 0

    @job(executor_def=in_process_executor)
    def nightly() -> None:
        train(clean(load()))
        aside()

    broken.add("clean")
    first = execute_job(nightly, instance, tags={"team": "ml"})
    assert not first.success
    broken.clear()
    options = ReexecutionOptions.from_failure(first.run_id, instance)
    assert list(options.step_selection) == ["clean", "train"]
    with execute_job(nightly, instance, reexecution_options=options) as again:
        assert again.success
        assert ran(again) == ["clean", "train"]
        assert again.output_for_node("train") == 30
    run = again.dagster_run
    assert (run.parent_run_id, run.root_run_id) == (first.run_id, first.run_id)
    assert run.tags["team"] == "ml"


def test_a_run_that_did_not_fail_has_no_failure_to_go_on_from(instance: DagsterInstance) -> None:
    @job(executor_def=in_process_executor)
    def nothing() -> None: ...

    run_id = execute_job(nothing, instance).run_id
    with pytest.raises(DagsterInvariantViolationError, match="only a failed run"):
        ReexecutionOptions.from_failure(run_id, instance)


@pytest.fixture
def squares(broken: set[str]) -> Any:
    @op(out=DynamicOut())
    def numbers() -> Iterator[DynamicOutput[int]]:
        for number in (1, 2, 3):
            yield DynamicOutput(number, mapping_key=f"k{number}")

    @op(out=Out(is_required=False))
    def square(number: int) -> Iterator[Output[int]]:
        if str(number) in broken:
            raise ValueError("broken")
        if number != 3 or "give three" in broken:
            yield Output(number * number)

    @op
    def negate(number: int) -> int:
        return -number

    @op
    def total(found: list[int]) -> int:
        return sum(found)

    @job(executor_def=in_process_executor)
    def squares() -> None:
        total(numbers().map(lambda number: negate(square(number))).collect())

    return squares


def test_of_mapped_steps_only_the_elements_that_failed_run_again_and_all_are_collected(
    instance: DagsterInstance, broken: set[str], squares: Any
) -> None:
    broken.add("2")
    first = execute_job(squares, instance)
    assert first.get_failed_step_keys() == {"square[k2]"}
    broken.clear()
    options = ReexecutionOptions.from_failure(first.run_id, instance)
    assert list(options.step_selection) == ["square[k2]", "negate[k2]", "total"]
    with execute_job(squares, instance, reexecution_options=options) as again:
        assert again.success
        assert ran(again) == ["square[k2]", "negate[k2]", "total"]
        # k3 was skipped in the first run: its optional output never came, then or now.
        assert again.output_for_node("total") == -5


def test_a_second_failure_goes_on_from_what_both_runs_got_done(
    instance: DagsterInstance, broken: set[str], squares: Any
) -> None:
    broken |= {"1", "2"}
    first = execute_job(squares, instance)
    broken.remove("1")
    second = execute_job(squares, instance, reexecution_options=ReexecutionOptions.from_failure(first.run_id, instance))
    assert second.get_failed_step_keys() == {"square[k2]"}
    broken.clear()
    options = ReexecutionOptions.from_failure(second.run_id, instance)
    assert list(options.step_selection) == ["square[k2]", "negate[k2]", "total"]
    with execute_job(squares, instance, reexecution_options=options) as third:
        assert third.output_for_node("total") == -5
    assert third.dagster_run.root_run_id == first.run_id


def test_selected_steps_are_repeated_and_read_their_inputs_from_the_parent(instance: DagsterInstance) -> None:
    values = [1]

    @op
    def source() -> int:
        return values[0]

    @op
    def double(value: int) -> int:
        return value * 2

    @op
    def show(value: int) -> str:
        return f"<{value}>"

    @job(executor_def=in_process_executor)
    def chain() -> None:
        show(double(source()))

    first = execute_job(chain, instance)
    values[0] = 50
    options = ReexecutionOptions(first.run_id, step_selection=["double*"])
    with execute_job(chain, instance, reexecution_options=options) as again:
        assert ran(again) == ["double", "show"]
        assert again.output_for_node("show") == "<2>"
