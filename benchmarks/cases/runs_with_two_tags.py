"""The newest 25 of 10,000 runs with two given tags, by the filter of the instance that both systems have."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

from benchmarks.result import Result, median_seconds

COUNT = {"earmark": 10_000, "dagster": 2_000}
"""How many runs; where storing one takes long, fewer tell as much."""

FILTERS = {
    "two common tags": {"env": "e1", "team": "t3"},
    "a rare tag and a common one": {"customer": "c77", "env": "e1"},
    "two tags that never meet": {"env": "e0", "half": "odd"},
}


def measure(api: str) -> Result:
    """Return the milliseconds of the slowest of three filters (its median), from the filter to the runs."""
    em = importlib.import_module(api)
    with em.DagsterInstance.get() as instance:
        fill_earmark(instance) if api == "earmark" else fill_others(em, instance)
        medians = {}
        for name, tags in FILTERS.items():
            ask = partial(instance.get_runs, filters=em.RunsFilter(tags=tags), limit=25)
            assert bool(ask()) == (name != "two tags that never meet"), name
            medians[name] = median_seconds(ask, times=15) * 1000
    return Result(
        f"the newest 25 of {COUNT[api]:,} runs with two tags", max(medians.values()), "ms", target=50, details=medians
    )


def tags_of(number: int) -> dict[str, str]:
    """Return the six tags of a run."""
    return {
        "env": f"e{number % 4}",
        "half": "odd" if number % 2 else "even",
        "team": f"t{number % 7}",
        "customer": f"c{number * 7919 % 499}",
        "tier": ("gold", "silver", "bronze")[number % 3],
        "week": f"w{number // 200}",
    }


def fill_earmark(instance: Any) -> None:
    """Store the runs, as its own launchers do."""
    from earmark.runs.run import DagsterRun
    from earmark.values.clock import Micros
    from earmark.values.ids import uuid7

    begun = instance.clock()
    runs = []
    for number in range(COUNT["earmark"]):
        created = Micros(begun + number)
        run_id = uuid7(created, number)
        runs.append(DagsterRun(job_name="etl", run_id=run_id, tags=tags_of(number), created_at=created))
    for start in range(0, len(runs), 1_000):
        instance.store.runs.create(runs[start : start + 1_000])


def fill_others(em: Any, instance: Any) -> None:
    """Store the runs, one by one."""
    for number in range(COUNT["dagster"]):
        instance.add_run(em.DagsterRun(job_name="etl", status=em.DagsterRunStatus.SUCCESS, tags=tags_of(number)))
