"""What a daemon and its guest hold and use while nothing happens."""

from __future__ import annotations

import time

from benchmarks.daemon import only_earmark, running_daemon
from benchmarks.result import Result

SECONDS = 30
MOST_OF_A_CORE = 0.01


def measure(api: str) -> Result:
    """Return the proportional set size of both together in MB."""
    only_earmark(api, "Dagster's daemon, web server and code server are measured by hand; see the documentation.")
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
