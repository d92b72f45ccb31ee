"""What a daemon and its guest hold and use while nothing happens."""

from __future__ import annotations

import time

from benchmarks.daemon import PROJECT, running_daemon
from benchmarks.dagster_dev import running_dagster
from benchmarks.processes import memory_of, tree_of
from benchmarks.result import Result

SECONDS = 30
MOST_OF_A_CORE = 0.01


def measure(api: str) -> Result:
    """Return the proportional set size of both together in MB."""
    if api != "earmark":
        return of_dagster()
    with running_daemon() as daemon:
        daemon.queue(daemon.made("empty", 3))
        daemon.wait_ended(3, 60)
        time.sleep(15)  # until workers without a run are let go
        before = daemon.cpu()
        time.sleep(SECONDS)
        used = daemon.cpu().since(before)
        share = used.total / SECONDS
        if share > MOST_OF_A_CORE:
            raise SystemExit(f"An idle daemon uses {share:.2%} of a core, more than {MOST_OF_A_CORE:.0%}.")
        return Result(
            "memory of an idle daemon with one code location",
            daemon.memory(),
            "MB",
            target=150,
            details={"share of a core": share, "processes": len(daemon.processes())},
        )


def of_dagster() -> Result:
    """Measure ``dagster dev``: its daemon works with a web server beside it, which Earmark's has not here."""
    with running_dagster(PROJECT) as dagster:
        dagster.launch("empty")
        dagster.wait_ended(1, 60)
        time.sleep(15)
        processes = tree_of(dagster.pid)
        held = memory_of(processes)
    return Result(
        "memory of an idle `dagster dev`, web server included", held, "MB", details={"processes": len(processes)}
    )
