"""A daemon with one small code location, and runs put into its queue: what cases with real processes share."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import memory_of, tree_of

PROJECT = """
import os, time
import earmark as em


@em.op
def nothing():
    return None


@em.op
def stamp():
    with open(os.environ["STAMPS"], "a") as file:
        file.write(f"{time.time_ns()}\\n")


@em.job(tags={"team": "core"}, executor_def=em.in_process_executor)
def empty():
    nothing()


@em.job(executor_def=em.in_process_executor)
def stamped():
    stamp()


defs = em.Definitions(jobs=[empty, stamped])
"""

LOCATION = "project.py"

NO_QUERIES = "Dagster has no language of queries over runs; its filter by tags knows no `not` and no pattern."
"""Why Dagster is not asked for what queries over runs take."""


@dataclass(frozen=True)
class Cpu:
    """Seconds of processor time that a tree of processes has used, those that have ended included."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.user + self.system

    def since(self, earlier: Cpu) -> Cpu:
        """Return what was used after an earlier look."""
        return Cpu(self.user - earlier.user, self.system - earlier.system)


class Daemon:
    """A daemon in processes of its own.

    Args:
        home: Its home, a folder that exists.
        maximum: How many runs may be in progress at once.
        storage: The address of its store; SQLite in its home if empty.
    """

    def __init__(self, home: Path, maximum: int = 10, storage: str = "") -> None:
        from earmark.execute.instance import DagsterInstance
        from earmark.store.open import open_store
        from earmark.system import clock

        self.home = home
        self.stamps = home / "stamps"
        file = home / "project.py"
        file.write_text(PROJECT)
        lines = [f"storage = {storage!r}"] if storage else []
        (home / "earmark.toml").write_text("\n".join([*lines, "[run_queue]", f"max_concurrent_runs = {maximum}", ""]))
        self._jobs = runpy.run_path(str(file))
        self.instance = DagsterInstance(open_store(storage or home, clock=clock.now), home)
        environment = {**os.environ, "EARMARK_HOME": str(home), "STAMPS": str(self.stamps)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "earmark.cli.main", "daemon", "-f", str(file)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=(home / "daemon.log").open("w"),
            cwd=home,
        )
        self._wait_for_guest()

    def _wait_for_guest(self) -> None:
        until = time.monotonic() + 30
        while self.instance.store.manifests.get(LOCATION) is None or self.instance.store.leases.get("queue") is None:
            if time.monotonic() > until or self.process.poll() is not None:
                raise SystemExit(f"The daemon did not load: {(self.home / 'daemon.log').read_text()[-500:]}")
            time.sleep(0.02)

    def processes(self) -> list[int]:
        """Return the daemon's process and all below it."""
        return tree_of(self.process.pid)

    def cpu(self) -> Cpu:
        """Return what the daemon, its guest and all workers have used so far."""
        tick = os.sysconf("SC_CLK_TCK")
        times = [stat_of(pid)[11:15] for pid in self.processes()]
        user = sum(int(own[0]) + int(own[2]) for own in times)
        system = sum(int(own[1]) + int(own[3]) for own in times)
        return Cpu(user / tick, system / tick)

    def memory(self) -> float:
        """Return the proportional set size of the daemon and all below it, in MB."""
        return memory_of(self.processes())

    def made(self, name: str, count: int) -> list[Any]:
        """Return new runs of a job, not stored yet; its plan is."""
        from earmark.execute.request import made_run
        from earmark.runs.request import RunAsk
        from earmark.system.ids import new_id
        from earmark.values import wire

        job = self._jobs[name]
        plan = job.plan()
        self.instance.store.plans.put(plan.content_hash(), wire.encode(plan))
        return [
            made_run(job, plan, self.instance, RunAsk(), run_id=new_id(), code_location=LOCATION).run
            for _ in range(count)
        ]

    def queue(self, runs: Sequence[Any]) -> None:
        """Put runs into the queue, as the command line does."""
        from earmark.events.kinds import RunEnqueued
        from earmark.system.wake import wake_host

        self.instance.store.runs.create(runs, [RunEnqueued()])
        wake_host(self.home)

    def wait_ended(self, count: int, seconds: float) -> None:
        """Wait until so many runs have succeeded in all."""
        until = time.monotonic() + seconds
        while self.instance.store.runs.count("status:succeeded") < count:
            if time.monotonic() > until or self.instance.store.runs.count("status:failed"):
                raise SystemExit("Not all runs have succeeded in time.")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the daemon."""
        self.process.terminate()
        self.process.wait(30)
        self.instance.store.close()


@contextmanager
def running_daemon(maximum: int = 10, storage: str = "") -> Iterator[Daemon]:
    """Give a daemon that has loaded its code, in the home that the case was given."""
    found = Daemon(Path(os.environ["EARMARK_HOME"]), maximum, storage)
    try:
        yield found
    finally:
        found.stop()


def stat_of(pid: int) -> list[str]:
    """Return the fields of a process's ``stat`` from its state on; empty times if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["0"] * 50


def load() -> float:
    """Return how many processes have wanted to run in the last minute: above the number of cores, figures suffer."""
    return round(os.getloadavg()[0], 2)


def only_earmark(api: str, why: str) -> None:
    """End where another system is asked for something it cannot do in this form."""
    if api != "earmark":
        raise SystemExit(why)


@contextmanager
def serving(words: list[str], home: Path) -> Iterator[None]:
    """Run a command of Earmark that serves until it is told to stop."""
    log = (home / "serving.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "earmark.cli.main", *words],
        env={**os.environ, "EARMARK_HOME": str(home)},
        stdout=log,
        stderr=log,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def fetched(port: int, path: str, seconds: float = 0.0) -> bytes:
    """Return what a server of this machine answers; one that does not listen yet is asked again for some seconds."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                data: bytes = answer.read()
            return data
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
