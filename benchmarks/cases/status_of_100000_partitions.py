"""What is known of an asset with 100,000 partitions: how many are written, failed, running, missing, and which."""

from __future__ import annotations

import importlib
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.daemon import only_earmark
from benchmarks.result import Result, median_seconds

COUNT = 100_000
KEY = "readings"


def measure(api: str) -> Result:
    """Return the milliseconds of the counts by status; every third partition is missing, every tenth failed."""
    only_earmark(api, "Dagster has no counts; see status_of_each_of_100000_partitions.")
    em = importlib.import_module(api)
    first = datetime(2010, 1, 1, tzinfo=UTC)
    hours = em.HourlyPartitionsDefinition(first, end_date=first + timedelta(hours=COUNT))
    keys = hours.get_partition_keys()
    assert len(keys) == COUNT
    from earmark.events.envelope import Event
    from earmark.events.kinds import AssetFailedToMaterialize, AssetMaterialized
    from earmark.store.open import open_store
    from earmark.system import clock
    from earmark.values.keys import AssetKey
    from earmark.views.partition_board import read_board
    from earmark.views.partitions import partition_map

    key = AssetKey((KEY,))
    with tempfile.TemporaryDirectory() as home:
        store = open_store(Path(home), clock=clock.now)
        events = []
        for number, partition in enumerate(keys):
            if number % 3 == 0:
                continue
            fact: Any = AssetMaterialized(em.AssetMaterialization(KEY, partition=partition))
            if number % 10 == 0:
                fact = AssetFailedToMaterialize(key, partition)
            events.append(Event(fact, clock.now()))
        for start in range(0, len(events), 5_000):
            store.runs.report(events[start : start + 5_000])
        counts = store.assets.count_partitions([key])[key]
        assert sum(counts.values()) == len(events)
        counting = median_seconds(lambda: store.assets.count_partitions([key]), times=9) * 1000

        graph = em.Definitions([em.AssetSpec(KEY, partitions_def=hours)]).resolve_asset_graph()
        board = read_board(store, graph, key)
        reading = median_seconds(partial(read_board, store, graph, key, board.keys), times=5) * 1000
        mapping = median_seconds(partial(partition_map, store, key, hours, board), times=5) * 1000
        store.close()
    name = "status of an asset with 100,000 partitions"
    details = {"of each of them, read anew": reading, "map of them": mapping}
    return Result(name, counting, "ms", target=20, details=details)
