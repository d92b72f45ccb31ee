"""Leadership by lease, slots of pools, leases of runs: exact under any interleaving, and none leaks."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from earmark.events.envelope import Event
from earmark.events.kinds import RunEnqueued, RunStarted, RunStarting, RunSucceeded
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.values.errors import DagsterRunNotFoundError, LeaseLostError
from tests.store.conftest import SetClock

Make = Callable[..., DagsterRun]


def test_one_leads_until_its_lease_runs_out(store: Store, clock: SetClock) -> None:
    first = store.leases.acquire("queue", "one", 10)
    assert first is not None
    assert store.leases.acquire("queue", "two", 10) is None
    clock.move(6)
    renewed = store.leases.acquire("queue", "one", 10)
    assert renewed is not None
    assert renewed.epoch == first.epoch
    clock.move(11)
    assert store.leases.get("queue") is None
    second = store.leases.acquire("queue", "two", 10)
    assert second is not None
    assert second.epoch == first.epoch + 1
    assert store.leases.get("queue") == second


def test_an_old_leader_that_wakes_up_late_writes_nothing(store: Store, clock: SetClock) -> None:
    old = store.leases.acquire("queue", "one", 10)
    assert old is not None
    clock.move(11)
    new = store.leases.acquire("queue", "two", 10)
    assert new is not None

    def admit(lease: object) -> Callable[[], None]:
        def work() -> None:
            store.leases.require(lease)  # type: ignore[arg-type]
            store.settings.set("admitted by", getattr(lease, "holder", ""))

        return work

    with pytest.raises(LeaseLostError, match="one no longer holds queue in epoch 1"):
        store.transact(admit(old))
    assert store.settings.get("admitted by") is None
    store.transact(admit(new))
    setting = store.settings.get("admitted by")
    assert setting is not None
    assert setting.value == "two"


def test_a_lease_that_was_lost_in_between_has_a_new_epoch(store: Store, clock: SetClock) -> None:
    first = store.leases.acquire("queue", "one", 10)
    clock.move(11)
    again = store.leases.acquire("queue", "one", 10)
    assert first is not None
    assert again is not None
    assert again.epoch == first.epoch + 1


def test_a_lease_given_back_is_free_at_once_and_its_epoch_is_not_used_again(store: Store) -> None:
    first = store.leases.acquire("queue", "one", 10)
    assert first is not None
    assert store.leases.release(first)
    assert not store.leases.release(first)
    second = store.leases.acquire("queue", "two", 10)
    assert second is not None
    assert second.epoch > first.epoch


def test_of_many_that_want_to_lead_one_does(lasting_url: str, clock: SetClock) -> None:
    store = open_store(lasting_url, clock=clock)
    got: list[object] = []
    start = threading.Barrier(6)

    def want(name: str) -> None:
        start.wait()
        got.append(store.leases.acquire("queue", name, 10))

    threads = [threading.Thread(target=want, args=(f"host {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert len([lease for lease in got if lease is not None]) == 1


def test_slots_go_by_priority_then_age_and_a_freed_one_goes_to_the_next(store: Store, clock: SetClock) -> None:
    def claim(run: str, priority: int = 0) -> bool:
        clock.move(0.001)
        return store.leases.claim_slot("db", run, "step", limit=1, priority=priority).granted_at is not None

    assert claim("first")
    assert not claim("second")
    assert not claim("third")
    assert not claim("urgent", priority=5)
    assert [slot.run_id for slot in store.leases.slots("db")] == ["first", "urgent", "second", "third"]
    store.leases.free_slot("db", "first", "step")
    assert not claim("second")
    assert claim("urgent", priority=5)
    store.leases.free_slot("db", "urgent", "step")
    assert not claim("third")
    assert claim("second")
    assert claim("second"), "asking again for a slot one has changes nothing"


def test_the_steps_of_a_run_share_one_slot_where_runs_have_slots_as_a_whole(store: Store) -> None:
    def claim(run_id: str, step: str) -> bool:
        return store.leases.claim_slot("db", run_id, step, limit=2, by_run=True).granted_at is not None

    assert claim("one", "a")
    assert claim("one", "b")
    assert claim("two", "a")
    assert not claim("three", "a")
    assert claim("one", "c")
    assert claim("two", "b")
    for step in "abc":
        store.leases.free_slot("db", "one", step)
    assert claim("three", "a")


def test_a_slot_whose_holder_is_gone_is_free_when_its_lease_runs_out(store: Store, clock: SetClock) -> None:
    store.leases.claim_slot("db", "gone", "step", limit=1, seconds=10)
    store.leases.claim_slot("db", "kept", "step", limit=1, seconds=10)
    clock.move(6)
    assert store.leases.renew_slots("kept", 10) == 1
    clock.move(6)
    assert store.leases.claim_slot("db", "kept", "step", limit=1).granted_at is not None


def test_a_pool_of_none_gives_nothing_and_one_without_limit_gives_all(store: Store) -> None:
    assert store.leases.claim_slot("closed", "r", "s", limit=0).granted_at is None
    assert all(store.leases.claim_slot("open", f"r{n}", "s", limit=-1).granted_at is not None for n in range(5))


def test_a_pool_is_never_overfilled(lasting_url: str, clock: SetClock) -> None:
    store = open_store(lasting_url, clock=clock)
    start = threading.Barrier(8)
    granted: list[bool] = []

    def claim(number: int) -> None:
        start.wait()
        slot = store.leases.claim_slot("db", f"run {number}", "step", limit=3)
        granted.append(slot.granted_at is not None)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [slot for slot in store.leases.slots("db") if slot.granted_at is not None]
    store.close()
    assert len(taken) == sum(granted) <= 3
    assert granted.count(True) >= 1


def test_a_run_is_held_by_one_worker_until_its_lease_runs_out(store: Store, make_run: Make, clock: SetClock) -> None:
    [run] = store.runs.create([make_run()], [RunStarted()])
    assert store.queue.hold(run.run_id, "one", 10, {"pid": 7})
    assert not store.queue.hold(run.run_id, "two", 10)
    assert store.queue.hold(run.run_id, "one", 10, {"pid": 7})
    [lease] = store.queue.held()
    assert (lease.run_id, lease.holder, lease.data) == (run.run_id, "one", {"pid": 7})
    assert store.queue.held(expired=True) == []
    clock.move(11)
    assert store.queue.held(expired=True) == [lease]
    assert store.queue.hold(run.run_id, "two", 10)
    store.runs.record(run.run_id, [Event(RunSucceeded(), clock())])
    assert store.queue.held() == []
    with pytest.raises(DagsterRunNotFoundError):
        store.queue.hold("nobody", "one", 10)


def test_a_run_that_has_ended_is_held_by_nobody_however_late_its_worker_asks(
    store: Store, make_run: Make, clock: SetClock
) -> None:
    [run] = store.runs.create([make_run()], [RunStarted()])
    assert store.queue.hold(run.run_id, "one", 10)
    store.runs.record(run.run_id, [Event(RunSucceeded(), clock())])
    assert not store.queue.hold(run.run_id, "one", 10)
    assert store.queue.held() == []


def test_the_queue_is_read_by_priority_then_age_page_by_page(store: Store, make_run: Make, clock: SetClock) -> None:
    priorities = (0, 5, -1, 5, 0)
    runs = [
        store.runs.create([make_run(tags={"dagster/priority": str(priority)})], [RunEnqueued()])[0]
        for priority in priorities
    ]
    order = [runs[index].run_id for index in (1, 3, 0, 4, 2)]
    assert [waiting.run_id for waiting in store.queue.waiting()] == order
    seen, after = [], None
    while page := store.queue.waiting(limit=2, after=after):
        seen += [waiting.run_id for waiting in page]
        after = page[-1].priority, page[-1].seq
    assert seen == order
    assert store.queue.length() == 5
    arrived = store.queue.arrived(after=store.queue.waiting()[0].seq)
    assert [waiting.run_id for waiting in arrived] == [run.run_id for run in runs[2:]]
    store.runs.record(runs[0].run_id, [Event(fact, clock()) for fact in (RunStarting(), RunStarted())])
    assert [run.run_id for run in store.queue.in_progress()] == [runs[0].run_id]
