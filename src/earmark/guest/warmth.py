"""Warming a guest: whatever every worker runs through is run here before, so that no worker starts cold.

A fresh child pays for each page it is first to write to, and for each function that Python has not yet adapted to its
arguments. What is done here is done once, and every worker finds it done.
"""

from __future__ import annotations

import gc
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from earmark.define.definitions import Definitions
from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, RunDequeued, RunEnqueued, RunStarting
from earmark.execute.event_log import all_events
from earmark.execute.executors.warmth import warming_job
from earmark.execute.instance import DagsterInstance
from earmark.execute.request import new_run
from earmark.guest.order import GuestOrder, WorkerOrder
from earmark.guest.run_process import claim_and_execute
from earmark.runs.request import RunAsk
from earmark.store.open import POSTGRES_SCHEMES

_ROUNDS = 8
"""Python adapts a function after so many calls."""

_TOKEN = "warm"


def warm(order: GuestOrder) -> None:
    """Import and run what workers need: some runs of no consequence, on a store of their own that is gone afterwards.

    Args:
        order: How the guest was started.
    """
    # What the first run of a command does without, any worker's code may ask for: imported here, it is there for all.

    import earmark.execute.executors.forked
    import earmark.execute.records
    import earmark.partitions.multi_mapping

    if order.store.startswith(POSTGRES_SCHEMES):
        import earmark.store.postgres.open
    if order.worker.get("traces"):
        with suppress(ImportError):  # where it is missing, each worker says so itself
            import earmark.system.trace_export  # noqa: F401
    job = warming_job()
    definitions = Definitions(jobs=[job])
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with tempfile.TemporaryDirectory(prefix="earmark-") as home, DagsterInstance.local_temp(home) as instance:
            starting: list[AnyFact] = [RunEnqueued(), RunDequeued(1), RunStarting("local", _TOKEN, 1)]
            for _ in range(_ROUNDS):
                run = new_run(job, job.plan(), instance, RunAsk(), facts=(starting[0],)).run
                instance.store.runs.record(run.run_id, [Event(fact, instance.clock()) for fact in starting[1:]])
                told = WorkerOrder(run.run_id, _TOKEN, home, str(Path(home)), "warm")
                claim_and_execute(told, lambda: definitions, os.getpid(), {}, nowhere)
                all_events(instance.store, run.run_id)
    finally:
        os.close(nowhere)
    gc.collect()
    gc.freeze()


def prepare_conditions(definitions: Definitions) -> None:
    """Find out once what all ticks of conditions have in common: which look at which assets."""
    from earmark.define.automation.automation_sensor import AutomationConditionSensorDefinition

    for sensor in definitions.all_sensors.values():
        if isinstance(sensor, AutomationConditionSensorDefinition):
            sensor.prepared(definitions)
