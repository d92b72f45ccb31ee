"""From a launch that is accepted to the first line of user code, while nothing else runs."""

from __future__ import annotations

import statistics
import time

from benchmarks.daemon import load, only_earmark, running_daemon
from benchmarks.result import Result

TIMES = 60


def measure(api: str) -> Result:
    """Return the median in milliseconds; the clock starts when the run is stored and the daemon is woken."""
    only_earmark(api, "Dagster starts an interpreter for each run, a few seconds each.")
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
        "from the launch of a run to the first line of its code",
        statistics.median(ordered),
        "ms",
        target=30,
        details={"first": waits[0], "nine in ten": ordered[TIMES * 9 // 10], "load before": busy},
    )
