"""A host that dies at any instant while schedules and sensors tick: each tick and each run is there once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from earmark.store.open import open_store
from earmark.store.records import Instigator
from earmark.system import clock
from tests.process.automating import PROJECT, until

pytestmark = [pytest.mark.process, pytest.mark.slow]

MINUTE = 60_000_000
SPEED = 120
"""How much faster time passes for the host: two minutes in a second."""

_HOST = """
import signal, sys, threading
from pathlib import Path
from earmark.daemon.host import Host
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy
from earmark.store.open import open_store
from earmark.system import clock

home, file, base, speed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_store(home, clock=lambda: base + (clock.now() - base) * speed)
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

SCHEDULES = ("minutely", "skips", "by_default")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_host_killed_at_random_instants_leaves_each_tick_and_each_run_exactly_once(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "project.py"
    file.write_text(PROJECT)
    base = clock.now() // MINUTE * MINUTE
    rng = random.Random(seed)
    store = open_store(tmp_path, clock=clock.now)
    since = base + (clock.now() - base) * SPEED
    for name in SCHEDULES:
        store.instigators.put(
            Instigator(f"project:{name}", "schedule", name, "project", "running", data={"since": since})
        )
    store.instigators.put(Instigator("project:counts", "sensor", "counts", "project", "running"))
    command = [sys.executable, "-c", _HOST, str(tmp_path), str(file), str(base), str(SPEED)]
    for _ in range(6):
        host = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.9, 1.9))
        host.kill()
        host.wait()
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
