"""Coroutines: side by side in one process; generators of every kind."""

from __future__ import annotations

import asyncio
import threading

from earmark import Out, Output, asset, job, materialize, op


def test_async_steps_of_one_run_go_on_side_by_side():
    # Each waits for the other: one after the other, neither would end.
    first_came, second_came = threading.Event(), threading.Event()

    async def wait_for(event):
        for _ in range(1000):
            if event.is_set():
                return True
            await asyncio.sleep(0.01)
        return False

    @asset
    async def first():
        first_came.set()
        return await wait_for(second_came)

    @asset
    async def second():
        second_came.set()
        return await wait_for(first_came)

    @asset
    def both(first, second):
        return first and second

    assert materialize([first, second, both]).asset_value("both") is True


def test_an_async_step_that_raises_fails_alone():
    @asset
    async def bad():
        raise ValueError("x")

    @asset
    async def good():
        return 1

    result = materialize([bad, good], raise_on_error=False)
    assert result.get_failed_step_keys() == {"bad"}
    assert result.asset_value("good") == 1


def test_async_generators_give_their_outputs_one_by_one():
    @op(out={"x": Out(), "y": Out()})
    async def two():
        yield Output(1, "x")
        await asyncio.sleep(0)
        yield Output(2, "y")

    @job
    def j():
        two()

    result = j.execute_in_process()
    assert (result.output_for_node("two", "x"), result.output_for_node("two", "y")) == (1, 2)


def test_plain_generators_store_each_output_before_they_go_on():
    told = []

    @op(out={"x": Out(), "y": Out()})
    def two(context):
        yield Output(1, "x")
        told.extend(event.event_type for event in context._scope.run.recorder.events)
        told.append("went on")
        yield Output(2, "y")

    @job
    def j():
        two()

    result = j.execute_in_process()
    assert told[-1] == "went on"
    assert [event.event_type_value for event in result.all_events if event.step_key == "two"][-5:] == [
        "STEP_OUTPUT",
        "HANDLED_OUTPUT",
        "STEP_OUTPUT",
        "HANDLED_OUTPUT",
        "STEP_SUCCESS",
    ]
