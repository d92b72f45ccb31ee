"""Reading the log: of a run, of an asset, across runs, and never past what may still be committed."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetMaterialized,
    AssetWiped,
    Logged,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepStarted,
    StepSucceeded,
)
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.topics import Topic
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey
from earmark.values.states import FailureReason

Make = Callable[..., DagsterRun]
Says = Callable[..., Event]


def test_events_of_a_run_are_narrowed_by_kind_step_and_number(store: Store, make_run: Make, says: Says) -> None:
    [run], [other] = store.runs.create([make_run()]), store.runs.create([make_run()])
    stored = store.runs.record(
        run.run_id,
        [
            says(RunStarted()),
            says(StepStarted(), "a"),
            says(StepStarted(), "b"),
            says(StepSucceeded(), "a"),
            says(Logged(20, "x\x00é"), "b"),
        ],
    )
    store.runs.record(other.run_id, [says(RunStarted())])
    of_run = store.events.of_run
    assert of_run(run.run_id) == stored
    assert of_run(run.run_id, step_key="a") == [stored[1], stored[3]]
    assert of_run(run.run_id, kinds=[StepStarted]) == stored[1:3]
    assert of_run(run.run_id, after=stored[2].id, limit=1) == [stored[3]]
    assert of_run(run.run_id, newest=True, limit=2) == [stored[4], stored[3]]
    assert of_run("nobody") == []
    assert store.events.get(stored[0].id) == stored[0]
    assert store.events.get(10**12) is None


def test_text_that_is_no_text_is_stored_all_the_same(store: Store, make_run: Make, says: Says) -> None:
    odd = "a\x00b\udcffc"
    [run] = store.runs.create([make_run(tags={"odd": odd}, run_config={odd: odd})], [RunStarted()])
    store.runs.record(run.run_id, [says(Logged(20, odd)), says(RunFailed(FailureReason.UNKNOWN, odd))])
    [logged] = store.events.of_run(run.run_id, kinds=[Logged])
    assert logged.fact == Logged(20, "a\x00b?c")
    assert store.runs.get(run.run_id).tags == {"odd": "a\x00b?c"}
    assert store.tags.values("odd") == ["a\ufffdb?c"]


def test_events_outside_any_run_tell_of_assets(store: Store, says: Says) -> None:
    reported = store.runs.report([says(AssetMaterialized(AssetMaterialization("a", partition="x")))])
    reported += store.runs.report([says(AssetMaterialized(AssetMaterialization("a", partition="y")))])
    assert store.events.of_asset(AssetKey("a")) == reported[::-1]
    assert store.events.of_asset(AssetKey("a"), partition="x") == reported[:1]
    assert store.events.of_asset(AssetKey("a"), before=reported[1].id) == reported[:1]
    assert store.events.of_asset(AssetKey("a"), kinds=[AssetWiped]) == []
    assert [row.status for row in store.assets.partitions(AssetKey("a"))] == ["materialized", "materialized"]
    store.runs.report([says(AssetWiped(AssetKey("a"), ("x",)))])
    assert [row.partition for row in store.assets.partitions(AssetKey("a"))] == ["y"]


def test_materializations_of_all_assets_are_found_by_a_name_and_an_instant(store: Store) -> None:
    day = 86_400_000_000

    def wrote(asset: str, at: int, **metadata: float) -> Event:
        (event,) = store.runs.report([Event(AssetMaterialized(AssetMaterialization(asset, metadata=metadata)), at)])
        return event

    old, new = wrote("a", 1, cost_usd=1.5), wrote("a", 40 * day, cost_usd=2)
    other, last = wrote("b", 41 * day, cost_usd_net=3), wrote("b", 42 * day, cost_usd=4)
    store.runs.report([Event(AssetWiped(AssetKey("b")), 43 * day)])
    assert list(store.events.materializations()) == [last, other, new, old]
    assert list(store.events.materializations(40 * day)) == [last, other, new]
    assert list(store.events.materializations(mention="cost_usd")) == [last, new, old]
    assert list(store.events.materializations(41 * day, mention="cost_usd")) == [last]
    assert list(store.events.materializations(limit=2)) == [last, other]


def test_following_gives_each_event_once_and_tells_topics_apart(store: Store, make_run: Make, says: Says) -> None:
    begin = store.events.head()
    [run] = store.runs.create([make_run()])
    stored = store.runs.record(
        run.run_id,
        [says(RunStarted()), says(Logged(20, "x")), says(AssetMaterialized(AssetMaterialization("a")))],
    )
    stored += store.runs.record(run.run_id, [says(RunSucceeded())])
    cursor, seen = begin, []
    while page := store.events.follow(cursor, limit=2):
        seen += page.events
        if page.cursor == cursor:
            break
        cursor = page.cursor
    assert seen == stored
    assert cursor == store.events.head()
    assert list(store.events.follow(begin, topic=Topic.RUNS).events) == [stored[0], stored[3]]
    assert list(store.events.follow(begin, topic=Topic.ASSETS).events) == [stored[2]]
    with pytest.raises(DagsterInvariantViolationError, match="not a cursor"):
        store.events.follow("yesterday")


@pytest.mark.postgres
def test_a_reader_never_passes_an_event_whose_transaction_is_still_open(
    postgres_url: str, clock: Callable[[], int], make_run: Make, says: Says
) -> None:
    store = open_store(postgres_url, clock=clock)
    slow, quick = store.runs.create([make_run(), make_run()], [RunStarted()])
    begin = store.events.head()
    written, may_commit = threading.Event(), threading.Event()
    slow_events: list[Event] = []

    def write_slowly() -> None:
        def work() -> list[Event]:
            events = store.runs.record(slow.run_id, [says(Logged(20, "slow"))])
            written.set()
            may_commit.wait(60)
            return events

        slow_events.extend(store.transact(work))

    thread = threading.Thread(target=write_slowly)
    thread.start()
    assert written.wait(60)
    later = [store.runs.record(quick.run_id, [says(Logged(20, f"quick {number}"))])[0] for number in range(3)]
    first = store.events.follow(begin)
    assert not {event.id for event in first.events} & {event.id for event in later}, "a lower number is still open"
    # Within its own run a reader sees what is committed at once, whatever others have open.
    assert store.events.of_run(quick.run_id, kinds=[Logged]) == later
    may_commit.set()
    thread.join()
    assert slow_events[0].id < later[0].id
    seen = [*first.events, *store.events.follow(first.cursor).events]
    logged = [event.id for event in seen if isinstance(event.fact, Logged)]
    assert sorted(logged) == [slow_events[0].id, *(event.id for event in later)]
    store.close()


def test_many_writers_at_once_lose_nothing_and_readers_see_each_event_once(
    lasting_url: str, clock: Callable[[], int], make_run: Make, says: Says
) -> None:
    store = open_store(lasting_url, clock=clock)
    begin = store.events.head()
    writers, batches = 6, 15
    runs = store.runs.create([make_run() for _ in range(writers)])
    shared = AssetMaterialized(AssetMaterialization("shared"))

    def write(run: DagsterRun) -> None:
        store.runs.record(run.run_id, [says(RunStarted())])
        for number in range(batches):
            store.runs.record(run.run_id, [says(Logged(20, str(number))), says(shared)])
        store.runs.record(run.run_id, [says(RunSucceeded())])

    threads = [threading.Thread(target=write, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    cursor, seen = begin, []
    while True:
        alive = any(thread.is_alive() for thread in threads)
        page = store.events.follow(cursor)
        seen += [event.id for event in page.events]
        cursor = page.cursor
        if not alive and not page.events:
            break
    for thread in threads:
        thread.join()
    assert len(seen) == len(set(seen)) == writers * (2 * batches + 2)
    for run in runs:
        told = [event.fact.message for event in store.events.of_run(run.run_id, kinds=[Logged])]
        assert told == [str(number) for number in range(batches)]
    latest = store.assets.get(AssetKey("shared")).materialization
    assert latest == store.events.of_asset(AssetKey("shared"), limit=1)[0]
    store.close()
