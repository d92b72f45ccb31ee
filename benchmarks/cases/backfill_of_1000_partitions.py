"""A backfill of 1,000 partitions: how long until a run for each waits in the queue."""

from __future__ import annotations

import statistics
import time

from benchmarks.daemon import only_earmark
from benchmarks.hosted import hosted, wait_for
from benchmarks.result import Result

COUNT = 1_000
TIMES = 3
CODE = f"""
import earmark as em

numbers = em.StaticPartitionsDefinition([f"n{{number:04}}" for number in range({COUNT})])


@em.asset(partitions_def=numbers)
def readings(): ...


defs = em.Definitions([readings])
"""


def measure(api: str) -> Result:
    """Return the seconds from asking for the backfill until all its runs are queued (the median)."""
    only_earmark(api, "Only Earmark's daemon can be measured from within.")
    from earmark.store.records import Backfill

    taken = []
    with hosted(CODE) as (host, store):
        for number in range(TIMES):
            keys = [f"n{one:04}" for one in range(COUNT)]
            data = {"location": "project", "assets": ["readings"], "partitions": keys}
            began = time.perf_counter()
            store.backfills.create(Backfill(f"b{number}", "requested", store.clock(), data=data))
            host.backfills.wake()
            wait_for(lambda: store.queue.length() == COUNT * (number + 1))  # noqa: B023
            taken.append(time.perf_counter() - began)
    return Result(
        "1,000 partitions of a backfill queued", statistics.median(taken), "s", target=2.0, details={"all": taken}
    )
