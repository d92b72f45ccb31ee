"""Runs: created, moved by the transition table, claimed once, deleted."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetMaterialized,
    Logged,
    RunCanceled,
    RunCanceling,
    RunEnqueued,
    RunFailed,
    RunStarted,
    RunStarting,
    RunSucceeded,
    RunTagged,
    StepFailed,
    StepSucceeded,
)
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.tags.query.tree import Exact, Term
from earmark.values.errors import DagsterInvariantViolationError, DagsterRunNotFoundError
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.states import DagsterRunStatus, FailureReason

Make = Callable[..., DagsterRun]
Says = Callable[..., Event]


def test_a_run_comes_back_as_it_was_asked_for(store: Store, make_run: Make) -> None:
    asked = make_run(
        run_config={"ops": {"a": {"config": {"x": [1, None, "é\x00"]}}}},
        tags={"team": "ml", "dagster/priority": "-3", "odd": '{"a":\x00 "\u20ac"}'},
        tag_origins={"team": TagOrigin("job", "etl")},
        asset_selection=frozenset({AssetKey("a"), AssetKey(["b", "c/d"])}),
        asset_check_selection=frozenset({AssetCheckKey(AssetKey("a"), "fresh")}),
        op_selection=("a*",),
        resolved_op_selection=frozenset({"a", "b"}),
        step_keys_to_execute=("a",),
        parent_run_id="p",
        root_run_id="r",
        code_location="warehouse",
        plan_hash="0" * 32,
    )
    [created] = store.runs.create([asked])
    assert store.runs.get(asked.run_id) == created
    assert created.priority == -3
    assert created.created_at == store.clock()
    assert {name: getattr(created, name) for name in ("run_config", "tags", "tag_origins", "asset_selection")} == {
        name: getattr(asked, name) for name in ("run_config", "tags", "tag_origins", "asset_selection")
    }


def test_facts_given_with_a_new_run_are_stored_and_folded(store: Store, make_run: Make) -> None:
    [run] = store.runs.create([make_run()], [RunEnqueued()])
    assert run.status is DagsterRunStatus.QUEUED
    assert run.queued_at == store.clock()
    assert [event.fact for event in store.events.of_run(run.run_id)] == [RunEnqueued()]


def test_of_two_runs_with_one_id_neither_is_created(store: Store, make_run: Make) -> None:
    first, second = make_run(), make_run()
    store.runs.create([first])
    with pytest.raises(DagsterInvariantViolationError, match=first.run_id):
        store.runs.create([second, first])
    with pytest.raises(DagsterInvariantViolationError):
        store.runs.create([second, second])
    assert store.runs.count() == 1
    store.runs.create([second])
    assert store.runs.count() == 2


def test_an_event_the_table_refuses_leaves_nothing_of_its_batch(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run()], [RunEnqueued()])
    with pytest.raises(DagsterInvariantViolationError, match="RUN_SUCCESS cannot happen to a run that is QUEUED"):
        store.runs.record(run.run_id, [says(Logged(20, "hello")), says(RunSucceeded())])
    assert len(store.events.of_run(run.run_id)) == 1
    assert store.runs.status(run.run_id) is DagsterRunStatus.QUEUED


def test_an_event_after_the_end_is_kept_and_marked_late(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run()])
    stored = store.runs.record(
        run.run_id,
        [says(RunStarted()), says(RunSucceeded()), says(StepSucceeded(), "a"), says(RunFailed())],
    )
    assert [event.late for event in stored] == [False, False, True, True]
    assert store.events.of_run(run.run_id) == stored
    after = store.runs.get(run.run_id)
    assert (after.status, after.steps_succeeded) == (DagsterRunStatus.SUCCESS, 0)


def test_a_materialization_after_the_end_still_tells_of_the_asset(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run()])
    store.runs.record(run.run_id, [says(RunStarted()), says(RunCanceled())])
    [late] = store.runs.record(run.run_id, [says(AssetMaterialized(AssetMaterialization("a")))])
    assert late.late
    assert store.assets.get(AssetKey("a")).materialization == late


def test_counts_of_steps_and_the_reason_of_a_failure_are_kept(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run()])
    store.runs.record(run.run_id, [says(RunStarted()), says(StepSucceeded(), "a"), says(StepFailed(), "b")])
    store.runs.record(run.run_id, [says(RunFailed(FailureReason.STEP_FAILURE, "b failed"))])
    after = store.runs.get(run.run_id)
    assert (after.steps_succeeded, after.steps_failed) == (1, 1)
    assert (after.failure_reason, after.failure_message) == (FailureReason.STEP_FAILURE, "b failed")


def test_only_the_token_that_was_launched_claims_a_run_and_only_once(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run()], [RunEnqueued(), RunStarting(launch_token="mine")])
    assert not store.runs.claim(run.run_id, "another", says(RunStarted()))
    assert store.runs.claim(run.run_id, "mine", says(RunStarted(pid=7)))
    assert not store.runs.claim(run.run_id, "mine", says(RunStarted()))
    assert [event.fact for event in store.events.of_run(run.run_id, kinds=[RunStarted])] == [RunStarted(pid=7)]


def test_of_many_claims_at_once_one_wins(
    lasting_url: str, clock: Callable[[], int], make_run: Make, says: Says
) -> None:
    store = open_store(lasting_url, clock=clock)
    [run] = store.runs.create([make_run()], [RunEnqueued(), RunStarting(launch_token="mine")])
    won: list[bool] = []
    start = threading.Barrier(6)

    def claim() -> None:
        start.wait()
        won.append(store.runs.claim(run.run_id, "mine", says(RunStarted())))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert sorted(won) == [False] * 5 + [True]


def test_an_unknown_run_is_named(store: Store, says: Says) -> None:
    for ask in (
        lambda: store.runs.get("nobody"),
        lambda: store.runs.status("nobody"),
        lambda: store.runs.record("nobody", [says(RunStarted())]),
        lambda: store.runs.claim("nobody", "", says(RunStarted())),
    ):
        with pytest.raises(DagsterRunNotFoundError, match="nobody"):
            ask()


def test_runs_asked_for_by_id_come_in_the_order_asked(store: Store, make_run: Make) -> None:
    runs = store.runs.create([make_run() for _ in range(3)])
    ids = [runs[2].run_id, "nobody", runs[0].run_id]
    assert [run.run_id for run in store.runs.get_many(ids)] == [runs[2].run_id, runs[0].run_id]


def test_edited_tags_are_found_and_tell_who_edited_them(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run(tags={"team": "ml", "tier": "gold"})], [RunEnqueued()])
    store.runs.record(
        run.run_id, [says(RunTagged({"team": "de", "tier": None, "dagster/priority": "5"}, author="ann"))]
    )
    after = store.runs.get(run.run_id)
    assert after.tags == {"team": "de", "dagster/priority": "5"}
    assert after.tag_origins["team"] == TagOrigin("edit", "ann")
    assert after.priority == 5
    found = {query: store.runs.count(query) for query in ("tag:team=de", "tag:team=ml", "tag:tier", "tag:team")}
    assert found == {"tag:team=de": 1, "tag:team=ml": 0, "tag:tier": 0, "tag:team": 1}
    assert [waiting.priority for waiting in store.queue.waiting()] == [5]


def test_a_canceled_run_frees_its_slots_and_its_lease(store: Store, make_run: Make, says: Says) -> None:
    [run] = store.runs.create([make_run()], [RunStarted()])
    store.leases.claim_slot("db", run.run_id, "a", limit=1)
    assert store.queue.hold(run.run_id, "worker", 30)
    store.runs.record(run.run_id, [says(RunCanceling()), says(RunCanceled())])
    assert store.leases.slots() == []
    assert store.queue.held() == []


def test_deleting_runs_takes_their_events_and_leaves_the_state_of_assets(
    store: Store, make_run: Make, says: Says
) -> None:
    gone, kept = store.runs.create([make_run(tags={"team": "ml"}) for _ in range(2)], [RunStarted()])
    store.runs.record(gone.run_id, [says(AssetMaterialized(AssetMaterialization("a"))), says(RunSucceeded())])
    with pytest.raises(DagsterInvariantViolationError, match="has not ended"):
        store.runs.delete([gone.run_id, kept.run_id])
    assert store.runs.delete([gone.run_id, "nobody"]) == 1
    assert store.runs.count() == 1
    assert store.runs.count("tag:team=ml") == 1
    assert store.events.of_run(gone.run_id) == []
    state = store.assets.get(AssetKey("a"))
    assert state.materialization is not None
    assert state.materialization.run_id == gone.run_id


def test_what_is_done_in_one_transaction_is_done_wholly_or_not_at_all(store: Store, make_run: Make) -> None:
    def work() -> None:
        store.runs.create([make_run(tags={"only": "here"})])
        store.settings.set("limit", 1)
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        store.transact(work)
    assert (store.runs.count(), store.settings.get("limit")) == (0, None)
    # What the transaction had numbered must not be remembered after it was rolled back.
    store.runs.create([make_run(tags={"only": "here"})])
    assert store.runs.count("tag:only=here") == 1


def test_a_transaction_reads_what_it_has_written(store: Store, make_run: Make) -> None:
    def work() -> int:
        store.runs.create([make_run()])
        return store.runs.count()

    assert store.transact(work) == 1


def test_many_runs_and_events_at_once_are_stored_as_few_are(store: Store, make_run: Make, says: Says) -> None:
    asked = [make_run(tags={"n": f"tab\t{number}\\\n", "even": str(number % 2 == 0)}) for number in range(200)]
    runs = store.runs.create(asked, [RunEnqueued(), RunStarting(), RunStarted()])
    assert store.runs.get_many(run.run_id for run in asked) == runs
    assert store.runs.count("tag:even=True") == 100
    wanted = Term("tag", (Exact("tab\t7\\\n"),), key=Exact("n"))
    assert [run.run_id for run in store.runs.find(wanted).runs] == [asked[7].run_id]
    stored = store.runs.record(
        runs[0].run_id, [says(Logged(20, f"tab\t{number}\\\n\x00"), "a") for number in range(300)]
    )
    assert store.events.of_run(runs[0].run_id, kinds=[Logged]) == stored
    assert store.runs.create([]) == []
    assert store.runs.record(runs[0].run_id, []) == []
