"""A host that dies at any instant while schedules and sensors tick: each tick and each run is there once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.store.open import open_store
from earmark.store.records import Backfill, Instigator
from earmark.system import clock
from earmark.values.keys import AssetKey
from tests.process.automating import PROJECT, Automated, until

pytestmark = [pytest.mark.process, pytest.mark.slow]

MINUTE = 60_000_000
SPEED = 120
"""How much faster time passes for the host: two minutes in a second."""

SEED = os.environ.get("EARMARK_KILL_SEED", "7")
"""Decides the instants of the kills, as far as chance is ours to decide."""

_HOST = """
import signal, sys, threading
from pathlib import Path
from earmark.daemon.host import Host
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy
from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.store.open import open_store
from earmark.system import clock
from earmark.values.keys import AssetKey

home, file, base, speed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_store(sys.argv[5], clock=lambda: base + (clock.now() - base) * speed)
host = Host(store, home, [LocationOrder(name="project", file=file)],
            policy=lambda: QueuePolicy(max_concurrent_runs=0), lease_seconds=3600.0,
            environment={"MARKS": str(home / "marks")})
host.start()
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
while not stop.wait(0.2):
    pass
host.stop()
"""

_NONE = Backfill("", "", clock.now())
SCHEDULES = ("minutely", "skips", "by_default")


def test_a_host_killed_at_random_instants_leaves_each_tick_and_each_run_exactly_once(
    tmp_path: Path, address: str | Path
) -> None:
    file = tmp_path / "project.py"
    file.write_text(PROJECT)
    base = clock.now() // MINUTE * MINUTE
    rng = random.Random(f"{SEED} {str(address) == str(tmp_path)}")
    store = open_store(address, clock=clock.now)
    since = base + (clock.now() - base) * SPEED
    for name in SCHEDULES:
        store.instigators.put(
            Instigator(f"project:{name}", "schedule", name, "project", "running", data={"since": since})
        )
    store.instigators.put(Instigator("project:counts", "sensor", "counts", "project", "running"))
    command = [sys.executable, "-c", _HOST, str(tmp_path), str(file), str(base), str(SPEED), str(address)]
    for _ in range(6):
        host = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.9, 1.9))
        host.kill()
        host.wait()
        lease = store.leases.get("queue")
        if lease is not None:
            # Its lease would run out too; with time so fast, a lease that a living host can keep takes too long to.
            store.leases.release(lease)
    host = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: len(store.ticks.list("project:minutely")) >= 16, 30.0, "16 ticks")
        stopped = base + (clock.now() - base) * SPEED
        for state in store.instigators.all():
            store.instigators.put(
                Instigator(state.id, state.kind, state.name, state.location, "stopped", state.cursor, state.data)
            )
        until(lambda: not store.ticks.list(statuses=("started",)), 20.0, "the end of all ticks")
    finally:
        host.terminate()
        host.wait(30)
    for name in SCHEDULES:
        ticks = [tick for tick in store.ticks.list(f"project:{name}") if (tick.due_at or 0) <= stopped - 2 * MINUTE]
        due = sorted(tick.due_at or 0 for tick in ticks)
        assert due == list(range(due[0], due[-1] + 1, MINUTE)), "a tick is missing, or there twice"
        assert Counter(tick.status for tick in ticks) == {"skipped" if name == "skips" else "succeeded": len(ticks)}
        if name != "skips":
            assert all(len(tick.data["run_ids"]) == 1 for tick in ticks)
    for name in ("minutely", "by_default", "counts"):
        owner = "sensor" if name == "counts" else "schedule"
        runs = store.runs.find(f"tag:dagster/{owner}_name={name}", limit=10_000).runs
        asked = [
            run_id
            for tick in store.ticks.list(f"project:{name}", limit=10_000)
            for run_id in tick.data.get("run_ids", [])
        ]
        assert sorted(run.run_id for run in runs) == sorted(asked)
        ticks_of_runs = Counter(run.tags["dagster/tick"] for run in runs)
        assert set(ticks_of_runs.values()) <= {1}
    store.close()


CONDITIONS = """
import time
import earmark as em

C = em.AutomationCondition


class TakesAWhile(C):
    def evaluate(self, context: em.AutomationContext) -> em.AutomationResult:
        time.sleep(0.02)
        return em.AutomationResult(context, context.candidate_subset, cursor=str(int(context.cursor or 0) + 1))


def pair(number):
    source = em.asset(name=f"source{number}")(lambda: None)
    is_new = C.any_deps_match(C.newly_updated())
    if number % 2:
        made = em.asset(name=f"made{number}", deps=[source], automation_condition=is_new & TakesAWhile())(lambda: None)
        return [source, made], []
    made = em.asset(name=f"made{number}", deps=[source])(lambda: None)
    return [source, made], [em.define_asset_job(f"job{number}", [made], automation_condition=is_new & TakesAWhile())]


pairs = [pair(number) for number in range(12)]
defs = em.Definitions([one for two, _ in pairs for one in two], jobs=[one for _, jobs in pairs for one in jobs])
"""


def test_each_update_is_decided_once_by_conditions_whose_host_is_killed_at_random_instants(
    tmp_path: Path, address: str | Path
) -> None:
    file = tmp_path / "project.py"
    file.write_text(CONDITIONS)
    rng = random.Random(str(address) == str(tmp_path))
    store = open_store(address, clock=clock.now)
    name = "project:default_automation_condition_sensor"
    store.instigators.put(Instigator(name, "automation", name.partition(":")[2], "project", "running"))
    command = [sys.executable, "-c", _HOST, str(tmp_path), str(file), str(clock.now()), "1", str(address)]
    sources = [f"source{number}" for number in range(12)]
    rng.shuffle(sources)

    def begin() -> subprocess.Popen[bytes]:
        lease = store.leases.get("queue")
        if lease is not None:
            store.leases.release(lease)
        return subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def write(source: str) -> None:
        fact = AssetMaterialized(AssetMaterialization(AssetKey(source)))
        store.runs.report([Event(fact, clock.now())])

    def asked_for() -> list[str]:
        runs = store.runs.find("tag:dagster/from_automation_condition=true", limit=100).runs
        of_jobs = [run.job_name for run in runs if run.job_name.startswith("job")]
        keys = [key for run in runs if not run.job_name.startswith("job") for key in run.asset_selection or ()]
        return [*of_jobs, *(key.to_user_string() for key in keys)]

    host = begin()
    try:
        until(lambda: store.ticks.list(name, statuses=("skipped",)) != [], 30.0, "the first evaluation")
        while sources:
            for source in (sources.pop(), sources.pop()):
                time.sleep(rng.uniform(0, 0.5))
                write(source)
            time.sleep(rng.uniform(0, 0.4))
            host.kill()
            host.wait()
            host = begin()
        until(lambda: len(asked_for()) >= 12, 30.0, "a decision about each")
        time.sleep(1.5)
        until(lambda: not store.ticks.list(statuses=("started",)), 20.0, "the end of all ticks")
    finally:
        host.terminate()
        host.wait(30)
    assert sorted(asked_for()) == sorted(f"made{number}" if number % 2 else f"job{number}" for number in range(12))
    store.close()


def test_a_backfill_goes_on_after_its_host_was_killed_and_asks_for_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "project.py"
    file.write_text(PROJECT)
    rng = random.Random(SEED)
    store = open_store(tmp_path, clock=clock.now)
    keys = [f"n{number:04}" for number in range(400)]
    store.backfills.create(
        Backfill("b1", "queued", clock.now(), data={"location": "project", "job": "many", "partitions": keys})
    )
    command = [sys.executable, "-c", _HOST, str(tmp_path), str(file), str(clock.now()), "1", str(tmp_path)]
    for _ in range(3):
        host = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.8, 1.6))
        host.kill()
        host.wait()
    host = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: store.queue.length() == 400, 30.0, "400 queued runs")
        until(lambda: (store.backfills.get("b1") or _NONE).data.get("units") == "r" * 400, 10.0, "the backfill's state")
    finally:
        host.terminate()
        host.wait(30)
    runs = store.runs.find("tag:dagster/backfill=b1", limit=1_000).runs
    assert sorted(run.tags["dagster/partition"] for run in runs) == keys
    store.close()


def test_ticks_in_flight_are_evaluated_again_when_their_code_location_was_killed(
    tmp_path: Path, address: str | Path
) -> None:
    with Automated(tmp_path, tmp_path, tick_seconds=20.0, address=address) as one:
        one.switch("lasting")
        until(lambda: len(one.lines("lasting")) == 1)
        os.kill(one.host.registry.location("project").pid, signal.SIGKILL)
        (tick,) = one.ended("lasting", 1)
        assert tick.status == "succeeded"
        (run,) = one.runs("tag:dagster/schedule_name=lasting")
        assert tick.data["run_ids"] == [run.run_id]
