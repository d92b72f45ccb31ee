"""An instance to look at: `earmark dev` in a process of its own, over a store with some hundred runs behind it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.store.open import open_store
from earmark.system import clock
from earmark.system.ids import new_id
from tests.api.world import SECOND, Clock, World
from tests.browser import shop
from tests.support import children

PROJECT = Path(__file__).parent
ROOT = PROJECT.parents[1]
ENDED_RUNS = 240
BATCH = 30
"""Runs that wait on a limit of none, for as long as the test looks at them."""

SETTINGS = """
[concurrency.runs]
tag_concurrency_limits = [
  { key = "team", value = "platform", limit = 1 },
  { key = "batch", value = "nightly", limit = 0 },
]
"""


@dataclass(frozen=True)
class Instance:
    """Where a host listens.

    Args:
        url: The address, without a slash at its end.
    """

    url: str

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}/api/{path}", timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self.url}/api/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def launch(self, job: str, config: str = "", **tags: str) -> str:
        """Launch a job as a script would, and return the id of its run."""
        body = {
            "job": job, "location": None, "assets": [], "q": None, "config": config, "tags": tags, "remove_tags": [],
            "op_selection": [], "partition": None, "partition_range": None, "parent": None, "mode": "all", "steps": [],
        }  # fmt: skip
        return self.post("launch", body)["run_ids"][0]

    def wait_for(self, run_id: str, *statuses: str, seconds: float = 30) -> dict[str, Any]:
        """Wait until a run is in one of some states."""
        until = time.monotonic() + seconds
        while (run := self.get(f"runs/{run_id}"))["status"] not in statuses:
            assert time.monotonic() < until, f"{run_id} is {run['status']}, not {statuses}: {run['failure']}"
            time.sleep(0.1)
        return run

    def wait_for_backfill(self, backfill_id: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until a backfill has ended."""
        until = time.monotonic() + seconds
        while (backfill := self.get(f"backfills/{backfill_id}"))["ended_at"] is None:
            assert time.monotonic() < until, f"{backfill_id} is {backfill['status']}"
            time.sleep(0.1)
        return backfill


class Past(World):
    """Runs of the last hours, with ids as a host would give them."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._ids = iter(new_id, None)


def fill(home: Path) -> None:
    """Write the past of an instance into its home."""
    home.mkdir(parents=True)
    (home / "earmark.toml").write_text(SETTINGS)
    past = Clock(clock.now() - 6 * 3600 * SECOND)
    store = open_store(home, clock=past)
    try:
        world = Past(store, past, shop.defs.manifest())
        world.many(ENDED_RUNS)
        for _ in range(BATCH):
            world.queue("sync_crm", team="growth", batch="nightly")
    finally:
        store.close()


@contextmanager
def serving(
    home: Path,
    project: str = "shop",
    assets: int = 2_001,
    folder: Path = PROJECT,
    seconds: float = 60,
    **variables: str,
) -> Iterator[Instance]:
    """Serve a home with ``earmark dev`` until the block ends.

    Args:
        home: The home of the instance.
        project: The module that it serves.
        assets: It is ready when it knows so many.
        folder: Where the module is.
        seconds: How long that may take.
        variables: What its environment has besides.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EARMARK_", "DAGSTER_"))}
    environment = {
        **kept,
        "EARMARK_HOME": str(home),
        "PYTHONPATH": os.pathsep.join(sys.path),
        children.MARK: os.environ.get(children.MARK, ""),
        **variables,
    }
    log = home.with_suffix(".log")
    command = [sys.executable, "-m", "earmark.cli.main", "dev", "-m", project, "-d", str(folder), "-p", str(port)]
    with log.open("wb") as output:
        host = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)
    try:
        instance = Instance(f"http://127.0.0.1:{port}")
        _wait_until_loaded(instance, host, log, assets, seconds)
        yield instance
    finally:
        host.send_signal(signal.SIGTERM)
        try:
            host.wait(20)
        except subprocess.TimeoutExpired:
            host.kill()
            host.wait(5)
            raise


def _wait_until_loaded(
    instance: Instance, host: subprocess.Popen[bytes], log: Path, assets: int, seconds: float
) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if instance.get("status")["assets"] >= assets:
                return
        except (urllib.error.URLError, ConnectionError):
            pass
        assert host.poll() is None and time.monotonic() < until, log.read_text()
        time.sleep(0.1)
