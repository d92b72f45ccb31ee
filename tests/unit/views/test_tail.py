"""What changed since somebody last looked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterializationPlanned, RunStarted, RunSucceeded
from earmark.runs.run import DagsterRun
from earmark.store.memory import open_memory
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.keys import AssetKey
from earmark.views.tail import Tail

KEY = AssetKey("orders")


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_memory(clock=clock.now)
    yield store
    store.close()


def begin(store: Store, run_id: str, partition: str) -> None:
    store.runs.create([DagsterRun(run_id=run_id, job_name="load")], [RunStarted()])
    store.runs.record(run_id, [Event(AssetMaterializationPlanned(KEY, partition), clock.now())])


def end(store: Store, run_id: str) -> None:
    store.runs.record(run_id, [Event(RunSucceeded(), clock.now())])


def test_the_end_of_each_run_is_an_event_about_what_it_had_planned(store: Store) -> None:
    tail = Tail(store)
    tail.asset_states()
    begin(store, "one", "monday")
    begin(store, "two", "tuesday")
    tail.catch_up()
    assert tail.has_plans
    before = tail.version_of(KEY)
    end(store, "one")
    tail.catch_up()
    assert tail.version_of(KEY) > before, "though the other run was the last to plan the asset"
    end(store, "two")
    tail.catch_up()
    assert not tail.has_plans


def test_a_run_that_began_and_ended_between_two_looks_leaves_no_plan_behind(store: Store) -> None:
    tail = Tail(store)
    tail.asset_states()
    begin(store, "one", "monday")
    end(store, "one")
    tail.catch_up()
    assert (tail.has_plans, tail.version_of(KEY)) == (False, 1)
    assert tail.version_of(AssetKey("other")) == 0
