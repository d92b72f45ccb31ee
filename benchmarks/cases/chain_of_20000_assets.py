"""A chain of 20,000 assets loads, plans and runs, at a cost linear in its length."""

from __future__ import annotations

import importlib

from benchmarks.result import Result, processor_seconds_of
from benchmarks.workloads import chained_assets

COUNT = {"earmark": 20_000, "dagster": 200}
"""How long the chain is; where one step takes long, a shorter one tells as much."""


def measure(api: str) -> Result:
    """Return how many times as much an asset costs in the chain as in one of a quarter of its length: 1 is linear.

    The cost is processor time, which others who use the machine change least.
    """
    em = importlib.import_module(api)
    instance = em.DagsterInstance.get()

    def load_and_run(count: int) -> None:
        assets = chained_assets(api, count)
        definitions = em.Definitions(assets=assets, jobs=[em.define_asset_job("chain")])
        outcome = definitions.get_job_def("chain").execute_in_process(instance=instance)
        assert outcome.success

    count = COUNT[api]
    load_and_run(10)
    quarter = processor_seconds_of(lambda: load_and_run(count // 4))
    whole = processor_seconds_of(lambda: load_and_run(count))
    return Result(
        f"cost of an asset in a chain of {count:,}, over one in a quarter of it",
        whole / (quarter * 4),
        "x",
        target=1.25,
        details={"seconds": whole, "seconds of a quarter": quarter, "milliseconds of an asset": whole / count * 1000},
    )
