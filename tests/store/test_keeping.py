"""The small ports: settings, entries, partitions, ticks, backfills, plans, manifests, tokens, audit, checks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetCheckEvaluated,
    AssetCheckPlanned,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
    RunStarted,
)
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.records import AccessToken, Backfill, Instigator, Tick
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetKey
from tests.store.conftest import SetClock

Make = Callable[..., DagsterRun]


def test_settings_keep_who_changed_what_and_when(store: Store, clock: SetClock) -> None:
    assert store.settings.get("limits/total") is None
    assert store.settings.set("limits/total", {"max": 3}, author="ann")
    assert not store.settings.set("limits/total", {"max": 3}, author="bob"), "the same again is no change"
    clock.move(5)
    assert store.settings.set("limits/total", {"max": 4}, author="bob")
    assert store.settings.set("paused", True)
    setting = store.settings.get("limits/total")
    assert setting is not None
    assert (setting.value, setting.author, setting.changed_at) == ({"max": 4}, "bob", clock())
    assert [each.key for each in store.settings.all("limits/")] == ["limits/total"]
    assert store.settings.remove("limits/total", author="cy")
    assert not store.settings.remove("limits/total")
    assert store.settings.get("limits/total") is None
    told = [(change.before, change.after, change.author) for change in store.settings.history("limits/total")]
    assert told == [({"max": 4}, None, "cy"), ({"max": 3}, {"max": 4}, "bob"), (None, {"max": 3}, "ann")]
    assert len(store.settings.history()) == 4


def test_entries_are_kept_by_space(store: Store) -> None:
    store.entries.set("views", "mine", b"\x00\xff")
    store.entries.set("views", "mine", b"2")
    store.entries.set("cursors", "mine", b"3")
    assert store.entries.get("views", "mine") == b"2"
    assert store.entries.all("views") == {"mine": b"2"}
    assert store.entries.remove("views", "mine")
    assert not store.entries.remove("views", "mine")
    assert store.entries.get("views", "mine") is None
    assert store.entries.get("cursors", "mine") == b"3"


def test_many_entries_are_kept_read_and_removed_at_once(store: Store) -> None:
    store.entries.put("conditions", {name: name.encode() for name in ("a", "b", "c")})
    store.entries.put("conditions", {"a": b"2", "b": None})
    assert store.entries.some("conditions", ["a", "b", "x"]) == {"a": b"2"}
    assert store.entries.some("conditions", []) == {}
    assert store.entries.some("conditions", None) == {"a": b"2", "c": b"c"}


def test_an_entry_is_changed_by_one_at_a_time(store: Store) -> None:
    def add(_: int) -> None:
        store.entries.change("tries", "here", lambda kept: kept + b"x")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(20)))
    assert store.entries.get("tries", "here") == b"x" * 20


def test_dynamic_partitions_keep_the_order_they_were_added_in(store: Store) -> None:
    partitions = store.dynamic_partitions
    assert partitions.add("regions", ["eu", "us", "eu"]) == ["eu", "us"]
    assert partitions.add("regions", ["us", "asia"]) == ["asia"]
    assert partitions.get("regions") == ["eu", "us", "asia"]
    assert partitions.get("others") == []
    assert partitions.has("regions", "us")
    assert partitions.remove("regions", "us")
    assert not partitions.remove("regions", "us")
    assert not partitions.has("regions", "us")
    assert partitions.add("regions", ["us"]) == ["us"]
    assert partitions.get("regions") == ["eu", "asia", "us"]
    assert partitions.add("regions", []) == []


def test_two_that_add_the_same_partition_add_it_once(lasting_url: str, clock: SetClock) -> None:
    store = open_store(lasting_url, clock=clock)
    added: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: added.append(store.dynamic_partitions.add("days", ["1", "2"])))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [[], [], [], ["1", "2"]]
    store.close()


def test_a_due_instant_ticks_once(store: Store, clock: SetClock) -> None:
    tick = Tick("t1", "loc:nightly", "schedule", "started", clock(), due_at=Micros(5))
    assert store.ticks.begin(tick)
    assert not store.ticks.begin(tick)
    assert not store.ticks.begin(replace(tick, id="t2"))
    assert store.ticks.begin(replace(tick, id="t3", due_at=Micros(6)))
    assert store.ticks.begin(Tick("s1", "loc:watch", "sensor", "started", clock()))
    assert store.ticks.begin(Tick("s2", "loc:watch", "sensor", "started", clock())), (
        "a sensor's ticks are due at no instant"
    )
    assert [each.id for each in store.ticks.list("loc:nightly")] == ["t3", "t1"]


def test_ticks_are_updated_listed_and_pruned(store: Store, clock: SetClock) -> None:
    for number in range(4):
        clock.move(1)
        tick = Tick(f"t{number}", "loc:watch", "sensor", "started", clock())
        store.ticks.begin(tick)
        store.ticks.update(
            replace(tick, status="skipped" if number % 2 else "succeeded", ended_at=clock(), data={"run_ids": ["r"]})
        )
    assert [tick.id for tick in store.ticks.list(statuses=["skipped"])] == ["t3", "t1"]
    assert [tick.id for tick in store.ticks.list(limit=2, before=clock())] == ["t2", "t1"]
    found = store.ticks.get("t0")
    assert found is not None
    assert found.data == {"run_ids": ["r"]}
    assert store.ticks.prune(clock(), statuses=["skipped"]) == 1
    assert store.ticks.get("t1") is None
    with pytest.raises(DagsterInvariantViolationError, match="no tick nobody"):
        store.ticks.update(replace(found, id="nobody"))


def test_instigators_keep_their_cursor(store: Store, clock: SetClock) -> None:
    assert store.instigators.get("loc:watch") is None
    kept = store.instigators.put(Instigator("loc:watch", "sensor", "watch", "loc", "running"))
    assert kept.changed_at == clock()
    store.instigators.put(replace(kept, cursor="17", status="stopped", data={"runs": 2}))
    found = store.instigators.get("loc:watch")
    assert found is not None
    assert (found.cursor, found.status, found.data) == ("17", "stopped", {"runs": 2})
    store.instigators.put(Instigator("loc:nightly", "schedule", "nightly", "loc", "running"))
    assert [each.id for each in store.instigators.all()] == ["loc:nightly", "loc:watch"]
    assert [each.id for each in store.instigators.all("sensor")] == ["loc:watch"]


def test_what_others_change_about_an_instigator_at_the_same_time_is_not_lost(store: Store) -> None:
    def count(state: Instigator | None) -> Instigator:
        state = state or Instigator("loc:watch", "sensor", "watch", "loc", "running")
        return replace(state, data={"seen": int(state.data.get("seen", 0)) + 1})

    def many() -> None:
        for _ in range(20):
            store.instigators.change("loc:watch", count)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.instigators.get("loc:watch")
    assert found is not None and found.data == {"seen": 80}


def test_an_instigator_that_is_to_stay_as_it_is_is_not_written(store: Store, clock: SetClock) -> None:
    assert store.instigators.change("loc:watch", lambda state: state) is None
    kept = store.instigators.put(Instigator("loc:watch", "sensor", "watch", "loc", "running"))
    clock.move(5)
    assert store.instigators.change("loc:watch", lambda state: state) == kept
    assert store.instigators.change("loc:watch", lambda state: None) == kept


def test_of_two_changes_to_a_backfill_from_the_same_state_one_holds(store: Store, clock: SetClock) -> None:
    stored = store.backfills.create(Backfill("b", "queued", clock(), data={"partitions": ["1"]}))
    with pytest.raises(DagsterInvariantViolationError, match="backfill b already"):
        store.backfills.create(stored)
    first = store.backfills.update(replace(stored, status="running"))
    assert first is not None
    assert store.backfills.update(replace(stored, status="canceled")) is None
    assert store.backfills.get("b") == first
    assert [each.id for each in store.backfills.list(statuses=["running", "queued"])] == ["b"]
    assert store.backfills.list(statuses=["queued"]) == []
    assert store.backfills.get("nobody") is None


def test_plans_are_kept_once_and_manifests_replaced(store: Store, clock: SetClock) -> None:
    store.plans.put("abc", b"plan")
    store.plans.put("abc", b"another would not have this hash")
    assert store.plans.get("abc") == b"plan"
    assert store.plans.get("xyz") is None
    store.manifests.put("loc", b"1")
    clock.move(3)
    store.manifests.put("loc", b"2")
    assert store.manifests.get("loc") == (clock(), b"2")
    assert store.manifests.get("nobody") is None


def test_tokens_are_known_by_their_digest_and_what_was_done_is_kept(store: Store, clock: SetClock) -> None:
    token = AccessToken("t", "session", "ann", b"\x01" * 32, clock(), data={"scopes": ["read"]})
    store.access_tokens.add(token)
    assert store.access_tokens.by_digest(b"\x01" * 32) == token
    assert store.access_tokens.by_digest(b"\x02" * 32) is None
    assert store.access_tokens.list("ann") == [token]
    assert store.access_tokens.list("bob") == []
    assert store.access_tokens.remove("t")
    assert not store.access_tokens.remove("t")
    for action in ("run.cancel", "limit.set"):
        store.audit.add("ann", action, {"run": "r"})
    entries = store.audit.list()
    assert [entry.action for entry in entries] == ["limit.set", "run.cancel"]
    assert store.audit.list(before=entries[0].id) == entries[1:]
    assert store.audit.list(since=Micros(clock() + 1)) == []


def test_the_latest_of_a_check_is_kept(store: Store, make_run: Make, clock: SetClock) -> None:
    key = AssetCheckKey(AssetKey("a"), "fresh")
    [run] = store.runs.create([make_run()], [RunStarted()])
    store.runs.record(run.run_id, [Event(AssetCheckPlanned(key), clock())])
    [planned] = store.assets.checks()
    assert (planned.key, planned.evaluation, planned.planned_run_id) == (key, None, run.run_id)
    [event] = store.runs.record(
        run.run_id, [Event(AssetCheckEvaluated(AssetCheckEvaluation(AssetKey("a"), "fresh", False)), clock())]
    )
    [state] = store.assets.checks([AssetKey("a"), AssetKey("b")])
    assert (state.evaluation, state.planned_run_id) == (event, None)
    assert store.assets.checks([AssetKey("b")]) == []


def test_data_written_or_observed_again_with_the_same_version_has_not_changed(store: Store, clock: SetClock) -> None:
    key = AssetKey("rates")

    def report(fact: AssetMaterialized | AssetObserved) -> None:
        store.runs.report([Event(fact, clock())])

    def changed() -> tuple[int | None, list[int | None]]:
        return store.assets.get(key).changed_id, [one.changed_id for one in store.assets.partitions(key)]

    report(AssetMaterialized(AssetMaterialization(key), None, "c1", "v1"))
    first, _ = changed()
    report(AssetMaterialized(AssetMaterialization(key), None, "c1", "v1"))
    report(AssetObserved(AssetObservation(key), "v1"))
    report(AssetObserved(AssetObservation(key)))
    assert changed() == (first, [])
    report(AssetObserved(AssetObservation(key), "v2"))
    second, _ = changed()
    assert first is not None and second is not None and second > first
    report(AssetMaterialized(AssetMaterialization(key)))
    third, _ = changed()
    assert third is not None and third > second, "data of no known version is new each time"
    report(AssetMaterialized(AssetMaterialization(key, partition="mon"), None, "c1", "v3"))
    report(AssetMaterialized(AssetMaterialization(key, partition="tue"), None, "c1", "v3"))
    _, parts = changed()
    report(AssetMaterialized(AssetMaterialization(key, partition="mon"), None, "c2", "v3"))
    assert changed()[1] == parts
    monday, tuesday = store.assets.partitions(key)
    assert (monday.code_version, tuesday.code_version) == ("c2", "c1")
    report(AssetObserved(AssetObservation(key, partition="wed"), "v4"))
    assert store.assets.partitions(key)[2].status == "missing"
    store.runs.report([Event(AssetWiped(key), clock())])
    assert changed() == (None, [])
