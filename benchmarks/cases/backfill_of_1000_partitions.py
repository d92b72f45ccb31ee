"""A backfill of 1,000 partitions: how long until a run for each waits in the queue."""

from __future__ import annotations

import statistics
import time

from benchmarks.dagster_dev import running_dagster
from benchmarks.hosted import hosted, wait_for
from benchmarks.result import Result

COUNT = 1_000
TIMES = 3
COUNT_OF_OTHERS = 100
CODE = f"""
import earmark as em

numbers = em.StaticPartitionsDefinition([f"n{{number:04}}" for number in range({COUNT})])


@em.asset(partitions_def=numbers)
def readings(): ...


defs = em.Definitions([readings])
"""


def measure(api: str) -> Result:
    """Return the seconds from asking for the backfill until all its runs are queued (the median)."""
    if api != "earmark":
        return of_dagster()
    from earmark.store.records import Backfill

    taken = []
    with hosted(CODE) as (host, store):
        for number in range(TIMES):
            keys = [f"n{one:04}" for one in range(COUNT)]
            data = {"location": "project", "assets": ["readings"], "partitions": keys}
            began = time.perf_counter()
            store.backfills.create(Backfill(f"b{number}", "queued", store.clock(), data=data))
            host.backfills.wake()
            wait_for(lambda: store.queue.length() == COUNT * (number + 1))  # noqa: B023
            taken.append(time.perf_counter() - began)
    return Result(
        "1,000 partitions of a backfill queued", statistics.median(taken), "s", target=2.0, details={"all": taken}
    )


def of_dagster() -> Result:
    """Measure a tenth of them, from the answer to the launch of the backfill; the queue starts no run."""
    keys = [f"n{one:04}" for one in range(COUNT_OF_OTHERS)]
    with running_dagster(CODE, maximum=0) as dagster:
        dagster.backfill("readings", keys)
        began = time.perf_counter()
        dagster.wait_for(lambda: dagster.instance.get_runs_count() >= COUNT_OF_OTHERS, 280)
        seconds = time.perf_counter() - began
    name = f"1,000 partitions of a backfill queued, by {COUNT_OF_OTHERS} of them"
    return Result(name, seconds / COUNT_OF_OTHERS * COUNT, "s", details={"seconds": seconds})
