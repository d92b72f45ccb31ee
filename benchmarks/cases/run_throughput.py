"""How long one more run takes when a thousand wait: each in a process of its own, all events stored, on SQLite."""

from __future__ import annotations

import time

from benchmarks.daemon import PROJECT, load, running_daemon
from benchmarks.dagster_dev import running_dagster
from benchmarks.result import Result

COUNT = {"earmark": 1_000, "dagster": 20}
AT_ONCE = 8


def measure(api: str) -> Result:
    """Return milliseconds for each run of one op, from the first start to the last end."""
    count = COUNT[api]
    if api != "earmark":
        return of_dagster(count)
    with running_daemon(maximum=AT_ONCE) as daemon:
        daemon.queue(daemon.made("empty", 20))
        daemon.wait_ended(20, 60)
        runs = daemon.made("empty", count)
        before, busy = daemon.cpu(), load()
        daemon.queue(runs)
        daemon.wait_ended(20 + count, 240)
        used = daemon.cpu().since(before)
        ended = daemon.instance.store.runs.get_many([run.run_id for run in runs])
    first = min(run.starting_at or 0 for run in ended)
    last = max(run.ended_at or 0 for run in ended)
    seconds = (last - first) / 1_000_000
    return Result(
        "one run of one op, of a thousand in the queue, from end to end",
        seconds / count * 1000,
        "ms",
        target=10,
        details={
            "runs per second": count / seconds,
            "cpu milliseconds per run": used.total / count * 1000,
            "of them in the kernel": used.system / count * 1000,
            "load before": busy,
        },
    )


def of_dagster(count: int) -> Result:
    """Measure from the first launch to the last end: all are in the queue before the first has started."""
    with running_dagster(PROJECT, maximum=AT_ONCE) as dagster:
        dagster.launch("empty")
        dagster.wait_ended(1, 60)
        began = time.perf_counter()
        for _ in range(count):
            dagster.launch("empty")
        dagster.wait_ended(1 + count, 240)
        seconds = time.perf_counter() - began
    name = f"one run of one op, of {count} in the queue, from end to end"
    return Result(name, seconds / count * 1000, "ms", details={"runs per second": count / seconds})
