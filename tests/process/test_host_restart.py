"""A host that dies at any instant: nothing is launched twice, nothing is forgotten, workers go on."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from earmark.events.kinds import RunStarted
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy, RunLimit
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.states import DagsterRunStatus
from tests.process.hosting import PROJECT, SEED, Hosted, OutsideHost, children_of, kill, queue_runs, until
from tests.process.truth import UNFINISHED, check_limit, check_truth, describe

pytestmark = [pytest.mark.process, pytest.mark.slow]


def test_workers_go_on_without_their_host_and_the_next_host_finds_them(tmp_path: Path) -> None:
    home, file = _prepare(tmp_path)
    with Hosted(home, tmp_path) as hosted:
        run_id = hosted.submit("sleepy", {"seconds": 4})
        hosted.marked(run_id)
    # Leaving the block cancels what is in progress: so ask in a host that is killed instead.
    outside = OutsideHost(home, file)
    try:
        store = open_store(home, clock=clock.now)
        ids = queue_runs(store, home, file, ["sleepy"], {"seconds": 3})
        until(lambda: store.runs.get(ids[0]).status is DagsterRunStatus.STARTED)
        outside.kill()
        until(lambda: store.runs.get(ids[0]).is_finished)
        assert store.runs.get(ids[0]).status is DagsterRunStatus.SUCCESS
        assert len(store.events.of_run(ids[0], kinds=(RunStarted,))) == 1
        store.close()
    finally:
        outside.stop()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_two_hundred_runs_survive_the_random_death_of_workers_guests_and_hosts(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    print(f"seed {SEED}: replay with EARMARK_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    home, file = _prepare(tmp_path)
    address = str(home) if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))
    # On PostgreSQL another host leads only when the lease of the one that was killed has run out.
    limits = ({"key": "team", "value": "ml", "limit": 4},)
    lease = 15.0 if kind == "sqlite" else 1.0
    outside = OutsideHost(home, file, store=address, limits=limits, maximum=8, lease_seconds=lease)
    store = open_store(address, clock=clock.now)
    try:
        ids = queue_runs(store, home, file, ["quick"] * 150, {"team": "ml"})
        ids += queue_runs(store, home, file, ["sleepy"] * 50, {"team": "web", "seconds": "0.2"})
        deadline = time.monotonic() + 180
        # How many runs are left each time somebody dies: the harm comes in step with the work, however fast that is.
        harms = sorted(chance.sample(range(50, len(ids)), 25 if kind == "sqlite" else 10))
        while left := store.runs.count(UNFINISHED):
            assert time.monotonic() < deadline, describe(store)
            time.sleep(chance.uniform(0.0, 0.2))
            while harms and left <= harms[-1]:
                harms.pop()
                _do_harm(chance, store, outside)
        assert not harms
        check_truth(store, ids, home / "marks")
        check_limit(store, ids, 4, lambda run: run.tags.get("team") == "ml")
        check_limit(store, ids, 8)
    finally:
        store.close()
        outside.stop()


def _do_harm(chance: random.Random, store: Store, outside: OutsideHost) -> None:
    match chance.choice(("worker", "worker", "worker", "worker", "guest", "host")):
        case "worker":
            leases = store.queue.held()
            if leases:
                kill(int(chance.choice(leases).data["pid"]))
        case "guest":
            for pid in children_of(outside.process.pid):
                kill(pid)
        case "host":
            outside.kill()


def _prepare(tmp_path: Path) -> tuple[Path, Path]:
    home, file = tmp_path / "home", tmp_path / "project.py"
    home.mkdir()
    file.write_text(PROJECT)
    return home, file


def test_limits_are_read_from_the_policy(tmp_path: Path) -> None:
    policy = QueuePolicy(max_concurrent_runs=0, limits=(RunLimit(key="team", limit=1),))
    home, _ = _prepare(tmp_path)
    orders = [LocationOrder(name="project", file=str(tmp_path / "project.py"))]
    with Hosted(home, tmp_path, lambda: policy, orders=orders) as hosted:
        run_id = hosted.submit("quick")
        time.sleep(0.5)
        assert hosted.run(run_id).status is DagsterRunStatus.QUEUED
        explained = hosted.host.queue.explain(run_id)
        assert explained is not None
        assert [gate.limit for gate in explained.blocked_by] == ["max_concurrent_runs"]
