"""A run beside another one."""

from __future__ import annotations

import msgspec
import pytest

from earmark.events import kinds


def run_of(world, seconds: float, config=None, job="sync_crm", **tags: str) -> str:
    """Make a run that ended well; each of its steps took so long."""
    run_id = world.queue(job, **tags)
    world.start(run_id)
    world.step(run_id, "clicks", seconds)
    world.step(run_id, "orders", seconds)
    world.record(run_id, kinds.RunSucceeded())
    world.clock.go(10)
    return run_id


def compared(client, run_id: str, **more):
    return client.get(f"/api/runs/{run_id}/compare", params=more)


def test_a_run_is_compared_with_the_last_good_one_before_it(client, world):
    first, good = run_of(world, 1), run_of(world, 2, team="core")
    world.fail(world.queue())
    slow = run_of(world, 5, team="ml")
    run_of(world, 9)
    found = compared(client, slow).json()
    assert (found["run"]["id"], found["other"]["id"], found["is_last_good"]) == (slow, good, True)
    assert [(one["key"], one["seconds"], one["other_seconds"], one["change"]) for one in found["steps"]] == [
        ("clicks", 5.0, 2.0, 3.0),
        ("orders", 5.0, 2.0, 3.0),
    ]
    assert found["same_plan"]
    assert found["tags"] == [{"key": "team", "value": "ml", "other": "core", "is_system": False}]
    assert compared(client, good, **{"with": first}).json()["is_last_good"] is False


def test_a_step_that_only_one_of_them_has_is_shown_with_nothing_beside_it(client, world):
    good = run_of(world, 2)
    failed = world.start(world.queue())
    world.step(failed, "clicks", 3)
    world.record(failed, kinds.StepStarted(), kinds.StepFailed(), step="extra")
    world.record(failed, kinds.RunFailed())
    steps = {one["key"]: one for one in compared(client, failed).json()["steps"]}
    assert (steps["orders"]["status"], steps["orders"]["other_status"]) == ("not_run", "succeeded")
    assert (steps["extra"]["status"], steps["extra"]["other_status"]) == ("failed", None)
    assert steps["orders"]["change"] is None
    back = {one["key"]: one for one in compared(client, good, **{"with": failed}).json()["steps"]}
    assert (back["extra"]["status"], back["extra"]["other_status"]) == (None, "failed")


def test_the_configuration_is_compared_leaf_by_leaf(client, world, store):
    def with_config(config):
        run = store.runs.get(run_of(world, 1))
        copy = msgspec.structs.replace(run, run_id=f"0191{run.run_id[4:]}", run_config=config)
        store.runs.create([copy], [])
        return copy.run_id

    one = with_config({"ops": {"load": {"config": {"limit": 3, "path": "a"}}}})
    other = with_config({"ops": {"load": {"config": {"limit": 5, "path": "a"}}}, "loggers": {}})
    found = compared(client, one, **{"with": other}).json()
    assert found["config"] == [
        {"path": "loggers", "value": None, "other": "{}"},
        {"path": "ops.load.config.limit", "value": "3", "other": "5"},
    ]


def test_where_nothing_succeeded_before_the_answer_says_how_to_name_another(client, world):
    run_id = run_of(world, 1)
    answer = compared(client, run_id)
    assert answer.status_code == 404
    assert "?with=ID" in answer.json()["hint"]


@pytest.mark.parametrize("more", [{}, {"with": "0190ffff-0000-7000-8000-000000000000"}])
def test_a_run_that_there_is_not_is_not_compared(client, world, more):
    run_id = run_of(world, 1) if more else "0190ffff-0000-7000-8000-000000000000"
    assert compared(client, run_id, **more).status_code == 404
