"""How long one more run takes when a thousand wait: each in a process of its own, all events stored, on SQLite."""

from __future__ import annotations

from benchmarks.daemon import load, only_earmark, running_daemon
from benchmarks.result import Result

COUNT = 1_000


def measure(api: str) -> Result:
    """Return milliseconds for each run of one op, from the first start to the last end."""
    only_earmark(api, "Dagster's queue starts one process of an interpreter for each run; see run_latency.")
    with running_daemon(maximum=8) as daemon:
        daemon.queue(daemon.made("empty", 20))
        daemon.wait_ended(20, 60)
        runs = daemon.made("empty", COUNT)
        before, busy = daemon.cpu(), load()
        daemon.queue(runs)
        daemon.wait_ended(20 + COUNT, 240)
        used = daemon.cpu().since(before)
        ended = daemon.instance.store.runs.get_many([run.run_id for run in runs])
    first = min(run.starting_at or 0 for run in ended)
    last = max(run.ended_at or 0 for run in ended)
    seconds = (last - first) / 1_000_000
    return Result(
        "one run of one op, of a thousand in the queue, from end to end",
        seconds / COUNT * 1000,
        "ms",
        target=10,
        details={
            "runs per second": COUNT / seconds,
            "cpu milliseconds per run": used.total / COUNT * 1000,
            "of them in the kernel": used.system / COUNT * 1000,
            "load before": busy,
        },
    )
