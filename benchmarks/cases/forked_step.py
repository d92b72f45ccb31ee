"""What one more step costs when each step runs in a process of its own."""

from __future__ import annotations

import importlib
from typing import Any

from benchmarks.result import Result, seconds_of

FEW = 4
MANY = {"earmark": 104, "dagster": 12}


def job_of(api: str, steps: int) -> Any:
    """Return a job of independent ops that do nothing, one process each, one at a time."""
    em: Any = importlib.import_module(api)

    def nothing() -> None:
        return None

    def steps_in_processes() -> None:
        for number in range(steps):
            op.alias(f"nothing_{number}")()

    op = em.op(nothing)
    executor = em.multiprocess_executor.configured({"max_concurrent": 1})
    return em.job(name=f"steps_{steps}", executor_def=executor)(steps_in_processes)


def few(api: str = "earmark") -> Any:
    """Return the small job; a function of a module, so that another process can make it again."""
    return job_of(api, FEW)


def many(api: str = "earmark") -> Any:
    """Return the large job."""
    return job_of(api, MANY[api])


def few_for_dagster() -> Any:
    """Return the small job with Dagster's names."""
    return few("dagster")


def many_for_dagster() -> Any:
    """Return the large job with Dagster's names."""
    return many("dagster")


def measure(api: str) -> Result:
    """Return milliseconds for each further step: the slope between a small job and a large one."""
    em = importlib.import_module(api)
    instance = em.DagsterInstance.get()

    def execute(make: Any) -> float:
        def run() -> None:
            with em.execute_job(em.reconstructable(make), instance=instance) as outcome:
                assert outcome.success

        return seconds_of(run)

    makers = (few, many) if api == "earmark" else (few_for_dagster, many_for_dagster)
    execute(makers[0])
    small, large = execute(makers[0]), execute(makers[1])
    further = MANY[api] - FEW
    return Result(
        "one more step in a process of its own",
        (large - small) / further * 1000,
        "ms",
        target=10,
        details={"steps": MANY[api], "seconds": large},
    )
