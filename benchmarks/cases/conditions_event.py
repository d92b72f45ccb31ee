"""One asset of 10,000 was written: which conditions does that make true?"""

from __future__ import annotations

import gc
import importlib
import statistics
from typing import Any

from benchmarks.result import Result, seconds_of
from benchmarks.workloads import eager_assets, name_of

COUNT = 10_000
TIMES = 9
SETTLING = 4


def measure(api: str) -> Result:
    """Return the milliseconds from a written asset to what is asked for, with reading and encoding what is kept."""
    em = importlib.import_module(api)
    definitions = em.Definitions(assets=eager_assets(api, COUNT))
    with em.DagsterInstance.ephemeral() as instance:
        for number in range(COUNT):
            instance.report_runless_asset_event(em.AssetMaterialization(name_of(number)))
        decide = (
            ticks_of_earmark(definitions, instance) if api == "earmark" else ticks_of_others(em, definitions, instance)
        )
        times, asked = [], []
        for number in range(TIMES):
            # One with few assets below it, whose dependencies were all written.
            instance.report_runless_asset_event(em.AssetMaterialization(name_of(3_000 + 20 * number)))
            asked.append(0)

            def once() -> None:
                asked[-1] = decide()

            times.append(seconds_of(once) * 1000)
    assert all(asked), "what is downstream of a written asset is asked for"
    name = "one event under conditions over 10,000 assets decided"
    details = {"slowest": max(times), "asked_for": asked}
    return Result(name, statistics.median(times), "ms", target=50, details=details)


def ticks_of_earmark(definitions: Any, instance: Any) -> Any:
    """Return what makes the tick of the sensor in charge, as its process does, and says how much it asks for."""
    import earmark as em
    from earmark.define.automation.kept_conditions import space_of

    sensor = definitions.get_sensor_def("default_automation_condition_sensor")
    sensor.prepared(definitions)
    gc.collect()
    gc.freeze()
    cursor: list[str | None] = [None]

    def decide() -> int:
        context = em.build_sensor_context(instance=instance, definitions=definitions, cursor=cursor[0])
        context.kept_under, context.log_key = "bench:conditions", (sensor.name, "first")
        answer = sensor.answer(context)
        cursor[0] = answer.cursor
        for what, entries in answer.remembered.items():
            kept = {name: bytes(entry) for name, entry in entries.items()}
            instance.store.entries.put(space_of(what, context.kept_under), kept)
        return sum(len(request.asset_selection or ()) for request in answer.requests)

    for _ in range(SETTLING):
        decide()
    return decide


def ticks_of_others(em: Any, definitions: Any, instance: Any) -> Any:
    """Return what evaluates conditions by the public function, and says how much it asks for."""
    last = [em.evaluate_automation_conditions(definitions, instance)]

    def decide() -> int:
        last[0] = em.evaluate_automation_conditions(definitions, instance, cursor=last[0].cursor)
        return int(last[0].total_requested)

    return decide
