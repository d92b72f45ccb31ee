"""Old runs are deleted with all that is theirs; what is known of assets is the same before and after."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from earmark.daemon.prune import BATCH, PruneLoop, prune_runs
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AnyFact,
    AssetCheckEvaluated,
    AssetMaterialized,
    RunEnqueued,
    RunFailed,
    RunStarted,
    RunStarting,
    RunSucceeded,
)
from earmark.runs.backfill import OPEN_BACKFILLS
from earmark.runs.machine import moves
from earmark.runs.policies import Retention
from earmark.runs.run import DagsterRun
from earmark.runs.run_keys import remembered_as
from earmark.store.ports import Store
from earmark.store.records import Backfill
from earmark.system.logs import log_path
from earmark.values.errors import QueryError
from earmark.values.keys import AssetKey
from earmark.values.states import FailureReason
from tests.store.conftest import SetClock
from tests.store.test_replay import asset_facts, run_facts

Make = Callable[..., DagsterRun]
DAY = 86_400


def _micros(days: float) -> int:
    return round(days * DAY * 1_000_000)


def _end(store: Store, run: DagsterRun, *facts: AnyFact, end: AnyFact | None = None) -> DagsterRun:
    """Store a run that has started, said some facts, and ended."""
    (made,) = store.runs.create([run], [RunEnqueued()])
    told = (RunStarting("local", "t", 1), RunStarted("h", 1), *facts, end or RunSucceeded())
    store.runs.record(made.run_id, [Event(fact, store.clock()) for fact in told])
    return store.runs.get(made.run_id)


def _state(store: Store) -> object:
    keys = [state.key for state in store.assets.all()]
    return (
        store.assets.all(),
        {key: store.assets.partitions(key) for key in keys},
        store.assets.count_partitions(keys),
        store.assets.checks(),
    )


def test_a_run_goes_when_it_is_old_enough_with_its_events_tags_output_and_values(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path
) -> None:
    old, young = make_run(tags={"team": "ml"}), make_run(tags={"team": "ml"})
    _end(store, old)
    clock.move(5 * DAY)
    _end(store, young)
    clock.move(5 * DAY)
    kept = []
    for run in (old, young):
        printed, value = log_path(tmp_path, run.run_id, "step", "out"), tmp_path / "storage" / run.run_id / "a" / "b"
        for file in (printed, value):
            file.parent.mkdir(parents=True)
            file.write_text("x")
        kept += [printed, value]
    (tmp_path / "storage" / "orders").write_text("an asset's value")

    counted = prune_runs(store, tmp_path, "tag:team=ml", _micros(7), author="ann", dry_run=True)
    assert (counted.runs, counted.kept, store.runs.count()) == (1, {}, 2)
    assert store.audit.list() == []

    assert prune_runs(store, tmp_path, "tag:team=ml", _micros(7), author="ann").runs == 1
    assert [run.run_id for run in store.runs.find().runs] == [young.run_id]
    assert store.events.of_run(old.run_id) == []
    assert store.tags.count("team", "ml").runs == 1
    assert [file.exists() for file in kept] == [False, False, True, True]
    assert (tmp_path / "storage" / "orders").exists()
    (entry,) = store.audit.list()
    assert (entry.author, entry.action, entry.data["target"], entry.data["detail"]) == (
        "ann",
        "run.prune",
        "tag:team=ml",
        "1 runs",
    )


@pytest.mark.parametrize("how", ["by retention", "one by one"])
def test_the_run_keys_of_runs_that_go_stay_known_for_what_asked_with_them(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path, how: str
) -> None:
    key = {"dagster/run_key": "x" * 5_000, "dagster/code_location": "shop"}
    by_sensor, by_schedule = {**key, "dagster/sensor_name": "a"}, {**key, "dagster/schedule_name": "a"}
    runs = [_end(store, make_run(tags=tags)) for tags in (by_sensor, by_schedule, {"team": "ml"})]
    clock.move(1)
    if how == "by retention":
        assert prune_runs(store, tmp_path, "", 0, author="ann").runs == 3
    else:
        assert [store.runs.delete([run.run_id]) for run in runs] == [1, 1, 1]
    assert store.runs.count() == 0
    names = [remembered_as(run.tags) for run in runs]
    assert names[2] is None
    assert [store.entries.get(*name) is not None for name in names if name is not None] == [True, True]
    of_another = remembered_as({**by_sensor, "dagster/sensor_name": "b"})
    assert of_another is not None and store.entries.get(*of_another) is None


def test_runs_that_wait_or_go_on_stay_however_old(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path
) -> None:
    waits, goes = make_run(), make_run()
    store.runs.create([waits, goes], [RunEnqueued()])
    store.runs.record(
        goes.run_id, [Event(fact, clock()) for fact in (RunStarting("local", "t", 1), RunStarted("h", 1))]
    )
    clock.move(1_000 * DAY)
    assert prune_runs(store, tmp_path, "", 0, author="ann").runs == 0
    assert store.runs.count() == 2


def test_runs_stay_that_another_run_or_a_backfill_still_needs(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path
) -> None:
    failed = RunFailed(FailureReason.STEP_FAILURE)
    parent = _end(store, make_run(), end=failed)
    family = {"dagster/root_run_id": parent.run_id, "dagster/parent_run_id": parent.run_id}
    child = make_run(parent_run_id=parent.run_id, root_run_id=parent.run_id, tags=family)
    store.runs.create([child], [RunEnqueued()])
    promised = _end(store, make_run(tags={"dagster/will_retry": "true"}), end=failed)
    unit = _end(store, make_run(tags={"dagster/backfill": "b1"}))
    backfill = store.backfills.create(Backfill("b1", "queued", clock()))
    clock.move(40 * DAY)
    pruned = prune_runs(store, tmp_path, "", _micros(30), author="ann")
    assert pruned.runs == 0
    assert sum(pruned.kept.values()) == 3
    assert {run.run_id for run in store.runs.find("status:failed,succeeded").runs} == {
        parent.run_id,
        promised.run_id,
        unit.run_id,
    }

    started = (RunStarting("local", "t", 1), RunStarted("h", 1), RunSucceeded())
    store.runs.record(child.run_id, [Event(fact, clock()) for fact in started])
    store.backfills.update(replace(backfill, status="succeeded"))
    assert prune_runs(store, tmp_path, "", _micros(30), author="ann").runs == 2
    assert {run.run_id for run in store.runs.find().runs} == {child.run_id, promised.run_id}


def test_a_run_stays_while_its_backfill_is_in_any_state_that_is_not_its_end(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path
) -> None:
    unit = _end(store, make_run(tags={"dagster/backfill": "b1"}))
    backfill = store.backfills.create(Backfill("b1", "queued", clock()))
    clock.move(40 * DAY)
    for status in OPEN_BACKFILLS:
        store.backfills.update(replace(backfill, status=status))
        assert prune_runs(store, tmp_path, "", _micros(30), author="ann").runs == 0, status
    assert store.runs.get(unit.run_id).is_success


def test_more_runs_than_one_transaction_takes_are_all_deleted_and_a_stop_leaves_the_rest(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path
) -> None:
    many = [make_run() for _ in range(2 * BATCH + 5)]
    store.runs.create(many, [RunEnqueued()])
    for run in many:
        store.runs.record(run.run_id, [Event(RunFailed(FailureReason.UNKNOWN), clock())])
    clock.move(DAY)
    asked = iter((False, True))
    stopped = prune_runs(store, tmp_path, "", 0, author="ann", stopped=lambda: next(asked, True))
    assert stopped.runs == BATCH
    assert prune_runs(store, tmp_path, "", 0, author="ann").runs == BATCH + 5
    assert store.runs.count() == 0


def test_a_plan_goes_with_the_last_run_that_has_it_unless_it_was_just_asked_for(
    store: Store, clock: SetClock, make_run: Make, tmp_path: Path
) -> None:
    for plan in ("old", "shared", "asked for"):
        store.plans.put(plan, b"plan")
        _end(store, make_run(plan_hash=plan))
    clock.move(10 * DAY)
    _end(store, make_run(plan_hash="shared"))
    assert store.plans.has("asked for")
    assert prune_runs(store, tmp_path, "", _micros(5), author="ann").runs == 3
    assert [store.plans.get(plan) for plan in ("old", "shared", "asked for")] == [None, b"plan", b"plan"]


def test_a_query_that_cannot_be_read_deletes_nothing(store: Store, make_run: Make, tmp_path: Path) -> None:
    _end(store, make_run())
    with pytest.raises(QueryError):
        prune_runs(store, tmp_path, "tag:team=", 0, author="ann")
    with pytest.raises(QueryError):
        prune_runs(store, tmp_path, "job:x) or (job:y", 0, author="ann")
    assert store.runs.count() == 1


def test_the_settings_delete_by_the_final_state(store: Store, clock: SetClock, make_run: Make, tmp_path: Path) -> None:
    key = AssetKey("orders")
    facts = (
        AssetMaterialized(AssetMaterialization(key, metadata={"rows": 3})),
        AssetCheckEvaluated(AssetCheckEvaluation(key, "fresh", True)),
    )
    succeeded = _end(store, make_run(), *facts)
    failed = _end(store, make_run(), end=RunFailed(FailureReason.STEP_FAILURE))
    loop = PruneLoop(store, tmp_path, Retention(runs={"success": 30, "failure": 90}), leads=lambda: True)
    before = _state(store)
    clock.move(29 * DAY)
    assert loop.round() == 0
    clock.move(2 * DAY)
    assert loop.round() == 1
    assert [run.run_id for run in store.runs.find().runs] == [failed.run_id]
    clock.move(60 * DAY)
    assert loop.round() == 1
    assert store.runs.count() == 0
    assert _state(store) == before
    event = store.assets.get(key).materialization
    assert event is not None
    assert event.run_id == succeeded.run_id
    assert {entry.author for entry in store.audit.list()} == {"retention"}


@given(st.lists(st.lists(st.one_of(asset_facts, asset_facts, run_facts), max_size=8), min_size=1, max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_is_known_of_assets_is_the_same_before_and_after(
    lasting_store: Store, tmp_path: Path, batches: list[list[AnyFact]]
) -> None:
    store = lasting_store
    unfinished = set()
    for facts in batches:
        (run,) = store.runs.create([DagsterRun(run_id=str(uuid.uuid4()), job_name="etl")], [RunEnqueued()])
        for fact in facts:
            if moves(store.runs.status(run.run_id), fact):
                store.runs.record(run.run_id, [Event(fact, store.clock())])
        if not store.runs.status(run.run_id).is_finished:
            unfinished.add(run.run_id)
    before, logs = _state(store), {run_id: store.events.of_run(run_id) for run_id in unfinished}
    prune_runs(store, tmp_path, "", 0, author="ann")
    assert _state(store) == before
    assert store.runs.count("status:succeeded,failed,canceled") == 0
    assert {run_id: store.events.of_run(run_id) for run_id in unfinished} == logs
