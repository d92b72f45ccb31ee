"""Decisions over 100,000 queued runs under five limits, one of them with a bucket for each of thousands of values."""

from __future__ import annotations

import statistics
import time
import tracemalloc

from benchmarks.daemon import only_earmark
from benchmarks.result import Result

COUNT = 100_000
STARTS = 5_000


def measure(api: str) -> Result:
    """Return the milliseconds of decision for each started run: one run ends, the next is found, all gates looked at.

    The slots are full throughout. Half of the runs wait behind limits that hardly ever open, and each customer has a
    limit of its own.
    """
    only_earmark(api, "Only Earmark's decision can be measured apart from its effects.")
    from earmark.decide.queue import QueueBoard, Queued
    from earmark.runs.limits import QueuePolicy, RunLimit
    from earmark.values.clock import Micros

    policy = QueuePolicy(
        max_concurrent_runs=100,
        limits=(
            RunLimit(key="team", per_value=True, limit=40),
            RunLimit(key="env", value="prod", limit=3),
            RunLimit(where="tag:tier=bronze not tag:team=t1", limit=10),
            RunLimit(key="customer", per_value=True, limit=1),
        ),
    )

    def run(seq: int) -> Queued:
        tags = {
            "team": f"t{seq % 7}",
            "env": "prod" if seq % 2 else "dev",
            "tier": ("gold", "silver", "bronze")[seq % 3],
            "customer": str(seq * 7919 % 20_000),
            "dagster/run_key": f"key-{seq}",
            "user": "someone@example.com",
        }
        return Queued(seq, f"run-{seq}", "etl", seq % 5, Micros(seq), tags)

    tracemalloc.start()
    few = QueueBoard(policy, waiting=(run(seq) for seq in range(COUNT // 10)))
    memory = tracemalloc.get_traced_memory()[0] / few.waiting
    tracemalloc.stop()
    started = time.perf_counter()
    board = QueueBoard(policy, waiting=(run(seq) for seq in range(COUNT)))
    filling = time.perf_counter() - started
    now = Micros(COUNT)
    running = [start.run_id for start in board.starts(now)]
    assert running and not board.starts(now), "the slots are full"
    decisions = []
    for _ in range(STARTS):
        began = time.perf_counter()
        board.left(running.pop(0))
        starts = board.starts(now)
        decisions.append((time.perf_counter() - began) / max(1, len(starts)))
        running += [start.run_id for start in starts]
    return Result(
        f"decision for a started run, with {COUNT:,} queued under {len(policy.all_limits())} limits",
        statistics.fmean(decisions) * 1000,
        "ms",
        target=1,
        details={
            "slowest": max(decisions) * 1000,
            "bytes for each queued run": memory,
            "seconds to take in all": filling,
        },
    )
