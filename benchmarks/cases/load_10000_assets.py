"""10,000 assets with 5 tags and 3 dependencies each, from their decorators to a resolved job over all."""

from __future__ import annotations

import importlib

from benchmarks.result import Result, seconds_of
from benchmarks.workloads import tagged_assets

COUNT = 10_000


def measure(api: str) -> Result:
    """Return the seconds it takes; the import of the API is not counted."""
    em = importlib.import_module(api)
    tagged_assets(api, 10)

    def load() -> None:
        assets = tagged_assets(api, COUNT)
        definitions = em.Definitions(assets=assets, jobs=[em.define_asset_job("everything")])
        job = definitions.get_job_def("everything")
        assert job.name == "everything"

    return Result(f"{COUNT:,} assets to a resolved graph and a job over all", seconds_of(load), "s", target=1.5)
