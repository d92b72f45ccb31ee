"""A small project and a host for it, for tests with real processes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
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
    for _ in range(16_384):
        os.write(1, line)
    os.write(2, b"\\xff\\xfe not text\\n")


@em.job
def floods():
    flood_op()


@em.op
def lambda_op():
    return lambda: 1


@em.job
def unpicklable():
    lambda_op()


@em.op
def fork_op(context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} {child.pid}\\n")


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


@em.op
def chat_op(context):
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} {os.getpid()}\\n")
    for number in range(int(context.get_tag("words") or 60)):
        context.log.info(f"word {number}")
        time.sleep(0.02)


@em.job
def chatty():
    chat_op()


@em.op
def one_op(context):
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} {os.getpid()}\\n")
    time.sleep(0.03)
    return 1


@em.op
def two_op(context, value):
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} two\\n")
    time.sleep(0.03)
    return value


@em.job(executor_def=em.in_process_executor)
def steps():
    two_op(one_op())


@em.op(pool="line")
def pooled_op(context):
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{context.run_id} {os.getpid()}\\n")
    time.sleep(float(context.get_tag("seconds") or 0.1))


@em.job
def pooled():
    pooled_op()


class DyingIOManager(em.IOManager):
    def handle_output(self, context, obj):
        with open(os.environ["MARKS"], "a") as file:
            file.write(f"{context.run_id} stored\\n")
        os.kill(os.getpid(), signal.SIGKILL)

    def load_input(self, context):
        return None


@em.op
def value_op():
    return 1


@em.job(resource_defs={"io_manager": em.IOManagerDefinition.hardcoded_io_manager(DyingIOManager())})
def dies_after_storing():
    value_op()


@em.asset(tags={"domain": "sales"})
def orders():
    return [1, 2, 3]


@em.asset(tags={"domain": "sales"})
def order_count(orders):
    return len(orders)


defs = em.Definitions(
    assets=[orders, order_count],
    jobs=[
        quick, sleepy, deaf, killed, leaves, floods, leaves_a_child, flaky, chatty, steps, pooled, dies_after_storing,
        unpicklable
    ],
)
"""


SEED = int(os.environ.get("EARMARK_TEST_SEED", random.SystemRandom().randrange(2**32)))
"""What random tests do; read here, because each test begins without the variable."""

_HOST = """
import json, signal, sys, threading
from pathlib import Path
from earmark.daemon.host import Host
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy, read_limit
from earmark.runs.policies import RunMonitoring
from earmark.store.open import open_store
from earmark.system import clock

told = json.loads(sys.argv[1])
home = Path(told["home"])
policy = QueuePolicy(
    max_concurrent_runs=told["maximum"], limits=tuple(read_limit(limit) for limit in told["limits"])
)
store = open_store(told["store"], clock=clock.now)
host = Host(
    store,
    home,
    [LocationOrder(name="project", file=told["file"])],
    policy=lambda: policy,
    monitoring=RunMonitoring(start_timeout=5_000_000),
    worker_settings={"cancel_grace": 2.0},
    environment={"MARKS": told["marks"]},
    lease_seconds=told["lease_seconds"],
)
host.start()
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
while not stop.wait(0.2):
    pass
host.stop()
store.close()
"""


class OutsideHost:
    """A host in a process of its own, to be killed.

    Args:
        home: Its home folder.
        file: The project's file.
        store: What it opens; the home's file if ``None``.
        marks: Where user code leaves its marks; in the home if ``None``.
        limits: The limits that hold.
        maximum: How many runs may be in progress.
        lease_seconds: How long it leads without renewing its lease.
    """

    def __init__(
        self,
        home: Path,
        file: Path,
        *,
        store: str | None = None,
        marks: Path | None = None,
        limits: Sequence[dict[str, Any]] = ({"key": "team", "value": "ml", "limit": 2},),
        maximum: int = 6,
        lease_seconds: float = 15.0,
    ) -> None:
        home.mkdir(exist_ok=True)
        told = {
            "home": str(home),
            "file": str(file),
            "store": store or str(home),
            "marks": str(marks or home / "marks"),
            "limits": list(limits),
            "maximum": maximum,
            "lease_seconds": lease_seconds,
        }
        self._argument = json.dumps(told)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", _HOST, self._argument], stdout=subprocess.DEVNULL)

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def kill(self) -> None:
        """Kill it and start another."""
        self.end()
        self.process = self._start()

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Let it end."""
        self.process.terminate()
        self.process.wait(30)

    def __enter__(self) -> OutsideHost:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.stop()


class Hosted:
    """A host with its store, and what tests ask of them.

    Args:
        home: The home folder.
        folder: Where the project's file lies, or is written.
        policy: Returns the limits that hold now.
        options: ``store`` (what is opened; the home's file if not given), ``max_pages`` of it, and those of the host.
    """

    def __init__(
        self, home: Path, folder: Path, policy: Callable[[], QueuePolicy] = QueuePolicy, **options: Any
    ) -> None:
        self.home = home
        self.marks: Path = options.pop("marks", home / "marks")
        file = folder / "project.py"
        if not file.exists():
            file.write_text(PROJECT)
        where = options.pop("store", None) or home
        self.store: Store = open_store(where, clock=clock.now, max_pages=options.pop("max_pages", None))
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


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has forked; none if it is gone."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill(pid: int) -> None:
    """Kill a process, unless it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


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


def queue_runs(
    store: Store,
    home: Path,
    file: Path,
    jobs: Sequence[str],
    tags: dict[str, object] | None = None,
    location: str = "project",
) -> list[str]:
    """Put runs into the queue from outside any host, as the command line does."""
    from earmark.events.kinds import RunEnqueued
    from earmark.execute.instance import DagsterInstance
    from earmark.execute.request import new_run
    from earmark.guest.loader import load
    from earmark.guest.project import CodeTarget
    from earmark.runs.request import RunAsk
    from earmark.system.wake import wake_host

    definitions = load(CodeTarget(file=file, name="project")).definitions
    instance = DagsterInstance(store, home)
    found = []
    for name in jobs:
        job = definitions.get_job_def(name)
        ask = RunAsk(tags=tags or {})
        asked = new_run(job, job.plan(), instance, ask, facts=(RunEnqueued(),), code_location=location)
        found.append(asked.run.run_id)
    wake_host(home)
    return found


def until(holds: Callable[[], object], seconds: float = 40.0, what: str = "it did not come true") -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
