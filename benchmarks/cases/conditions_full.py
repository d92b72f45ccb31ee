"""Every condition of 10,000 eager assets evaluated: nothing is left out, as after definitions have changed."""

from __future__ import annotations

import gc
import importlib
import statistics
from typing import Any

from benchmarks.result import Result, seconds_of
from benchmarks.workloads import eager_assets, name_of

COUNT = 10_000
TIMES = 3


def measure(api: str) -> Result:
    """Return the seconds of a full evaluation (the median), one asset having been written before each."""
    em = importlib.import_module(api)
    definitions = em.Definitions(assets=eager_assets(api, COUNT))
    with em.DagsterInstance.ephemeral() as instance:
        for number in range(COUNT):
            instance.report_runless_asset_event(em.AssetMaterialization(name_of(number)))
        # As in the process that evaluates conditions: definitions are no longer looked at by the collector.
        gc.collect()
        gc.freeze()
        last: Any = em.evaluate_automation_conditions(definitions, instance)
        times, asked = [], []
        for number in range(TIMES):
            instance.report_runless_asset_event(em.AssetMaterialization(name_of(3_000 + 20 * number)))

            def once() -> None:
                nonlocal last
                last = em.evaluate_automation_conditions(definitions, instance, cursor=last.cursor)

            times.append(seconds_of(once))
            asked.append(last.total_requested)
    assert all(asked), "what is downstream of a written asset is asked for"
    name = "a full evaluation of conditions over 10,000 assets"
    return Result(name, statistics.median(times), "s", target=2.0, details={"asked_for": asked})
