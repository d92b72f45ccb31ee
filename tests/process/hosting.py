"""A small project and a host for it, for tests with real processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from earmark.daemon.host import Host
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock

PROJECT = """
import os, signal, subprocess, sys, time
import earmark as em


@em.op
def mark(context):
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} {os.getpid()}\\n")


@em.job(tags={"team": "core"})
def quick():
    mark()


@em.op
def nap(context):
    mark_file = os.environ["MARKS"]
    with open(mark_file, "a") as file:
        file.write(f"{context.run_id} {os.getpid()}\\n")
    try:
        time.sleep(float(context.get_tag("seconds") or 60))
    finally:
        with open(mark_file, "a") as file:
            file.write(f"{context.run_id} cleaned\\n")


@em.job
def sleepy():
    nap()


@em.op
def deaf_op(context):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("deaf", flush=True)
    while True:
        time.sleep(1)


@em.job
def deaf():
    deaf_op()


@em.op
def kill_op():
    os.kill(os.getpid(), signal.SIGKILL)


@em.job
def killed():
    kill_op()


@em.op
def exit_op():
    os._exit(7)


@em.job
def leaves():
    exit_op()


@em.op
def flood_op():
    line = b"x" * 65535 + b"\\n"
    for _ in range(600):
        os.write(1, line)
    os.write(2, b"\\xff\\xfe not text\\n")


@em.job
def floods():
    flood_op()


@em.op
def fork_op():
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])


@em.job
def leaves_a_child():
    fork_op()


@em.op
def first_op(context):
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} first\\n")
    return 1


@em.op
def flaky_op(context, value):
    if not context.has_tag("dagster/retry_number"):
        raise ValueError("not the first time")
    return value


@em.job
def flaky():
    flaky_op(first_op())


@em.asset(tags={"domain": "sales"})
def orders():
    return [1, 2, 3]


@em.asset(tags={"domain": "sales"})
def order_count(orders):
    return len(orders)


defs = em.Definitions(
    assets=[orders, order_count],
    jobs=[quick, sleepy, deaf, killed, leaves, floods, leaves_a_child, flaky],
)
"""


class Hosted:
    """A host with its store, and what tests ask of them."""

    def __init__(
        self, home: Path, folder: Path, policy: Callable[[], QueuePolicy] = QueuePolicy, **options: Any
    ) -> None:
        self.home = home
        self.marks = home / "marks"
        file = folder / "project.py"
        if not file.exists():
            file.write_text(PROJECT)
        self.store: Store = open_store(home, clock=clock.now)
        settings = options.pop("worker_settings", {"cancel_grace": 2.0})
        self.host = Host(
            self.store,
            home,
            options.pop("orders", [LocationOrder(name="project", file=str(file))]),
            policy=policy,
            worker_settings=settings,
            environment={"MARKS": str(self.marks), **options.pop("environment", {})},
            **options,
        )

    def __enter__(self) -> Hosted:
        self.host.start()
        self.host.registry.wait_loaded(60)
        return self

    def __exit__(self, *_exc: object) -> None:
        for run in self.store.queue.in_progress():
            self.host.cancel(run.run_id, "test")
        deadline = time.monotonic() + 15
        while self.store.queue.in_progress() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.host.stop()
        self.store.close()

    def submit(self, job: str, tags: dict[str, Any] | None = None) -> str:
        """Ask for a run and return its id."""
        answer = self.host.submit({"job_name": job, "ask": {"tags": tags or {}}}, "project")
        return str(answer["run_id"])

    def run(self, run_id: str) -> DagsterRun:
        """Return a run as it stands."""
        return self.store.runs.get(run_id)

    def ended(self, run_id: str, seconds: float = 30.0) -> DagsterRun:
        """Wait until a run has finished and return it."""
        return self.until(run_id, lambda run: run.is_finished, seconds)

    def until(self, run_id: str, holds: Callable[[DagsterRun], bool], seconds: float = 30.0) -> DagsterRun:
        """Wait until something holds of a run and return it."""
        deadline = time.monotonic() + seconds
        while True:
            run = self.run(run_id)
            if holds(run):
                return run
            assert time.monotonic() < deadline, f"run {run_id} is still {run.status.value}"
            time.sleep(0.01)

    def marked(self, run_id: str, seconds: float = 20.0) -> int:
        """Wait until the user code of a run has begun and return its process."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in self.lines():
                name, _, rest = line.partition(" ")
                if name == run_id and rest.isdigit():
                    return int(rest)
            time.sleep(0.01)
        raise AssertionError(f"the user code of run {run_id} never began")

    def lines(self) -> list[str]:
        """Return what user code wrote."""
        return self.marks.read_text().splitlines() if self.marks.exists() else []

    def supervisor_of(self, run_id: str) -> int:
        """Return the process of a run's supervisor."""
        (lease,) = (one for one in self.store.queue.held() if one.run_id == run_id)
        return int(lease.data["pid"])


def is_gone(pid: int, seconds: float = 5.0) -> bool:
    """Say whether a process ends within so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False
