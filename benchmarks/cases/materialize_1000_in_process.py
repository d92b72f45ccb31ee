"""1,000 trivial assets materialised in this process, every event stored on SQLite."""

from __future__ import annotations

import importlib

from benchmarks.result import Result, seconds_of
from benchmarks.workloads import independent_assets, name_of

COUNT = {"earmark": 1_000, "dagster": 100}
"""How many assets; where one takes long, fewer tell as much."""


def measure(api: str) -> Result:
    """Return milliseconds for each asset."""
    em = importlib.import_module(api)
    instance = em.DagsterInstance.get()
    em.materialize(independent_assets(api, 3), instance=instance)
    count = COUNT[api]
    assets = independent_assets(api, count)
    outcomes = []
    seconds = seconds_of(lambda: outcomes.append(em.materialize(assets, instance=instance)))
    assert outcomes[0].success
    stored = [instance.get_latest_materialization_event(em.AssetKey(name)) for name in (name_of(0), name_of(count - 1))]
    assert all(stored), "the events are not in the store"
    return Result(
        f"one of {count:,} trivial assets, in process, on SQLite",
        seconds / count * 1000,
        "ms",
        target=1,
        details={"seconds": seconds},
    )
