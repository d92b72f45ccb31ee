"""From a launch that is accepted to the first line of user code, while nothing else runs."""

from __future__ import annotations

import statistics
import time

from benchmarks.daemon import PROJECT, load, running_daemon
from benchmarks.dagster_dev import running_dagster
from benchmarks.result import Result

TIMES = 60
TIMES_OF_OTHERS = 5
NAME = "from the launch of a run to the first line of its code"


def measure(api: str) -> Result:
    """Return the median in milliseconds; the clock starts when the run is stored and the daemon is woken."""
    if api != "earmark":
        return of_dagster()
    with running_daemon() as daemon:
        busy = load()
        waits = []
        for number in range(TIMES):
            (run,) = daemon.made("stamped", 1)
            accepted = time.time_ns()
            daemon.queue([run])
            daemon.wait_ended(number + 1, 30)
            began = int(daemon.stamps.read_text().splitlines()[-1])
            waits.append((began - accepted) / 1_000_000)
            time.sleep(0.05)
    ordered = sorted(waits)
    return Result(
        NAME,
        statistics.median(ordered),
        "ms",
        target=30,
        details={"first": waits[0], "nine in ten": ordered[TIMES * 9 // 10], "load before": busy},
    )


def of_dagster() -> Result:
    """Measure from the answer to the launch, with the queue and the launcher that it has by default."""
    waits = []
    with running_dagster(PROJECT) as dagster:
        for number in range(TIMES_OF_OTHERS):
            dagster.launch("stamped")
            accepted = time.time_ns()
            dagster.wait_ended(number + 1, 60)
            began = int((dagster.home / "stamps").read_text().splitlines()[-1])
            waits.append((began - accepted) / 1_000_000)
    return Result(NAME, statistics.median(waits), "ms", details={"all": waits})
