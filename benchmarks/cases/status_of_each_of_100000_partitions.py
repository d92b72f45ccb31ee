"""The status of each partition of an asset with 100,000, asked by the public name that both systems have."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta

from benchmarks.result import Result, median_seconds

COUNT = 100_000
WRITTEN = 5_000
"""As many as are written within a minute in both."""

KEY = "readings"


def measure(api: str) -> Result:
    """Return the milliseconds of one answer."""
    em = importlib.import_module(api)
    first = datetime(2010, 1, 1, tzinfo=UTC)
    hours = em.HourlyPartitionsDefinition(first, end_date=first + timedelta(hours=COUNT))
    keys = hours.get_partition_keys()
    assert len(keys) == COUNT
    asset = em.AssetKey(KEY)
    with em.DagsterInstance.get() as instance:
        for partition in keys[:WRITTEN]:
            instance.report_runless_asset_event(em.AssetMaterialization(KEY, partition=partition))
        status = instance.get_status_by_partition(asset, keys, hours)
        assert len(status) == COUNT
        taken = median_seconds(lambda: instance.get_status_by_partition(asset, keys, hours), times=3) * 1000
    name = f"the status of each of {COUNT:,} partitions, {WRITTEN:,} of them written"
    return Result(name, taken, "ms")
