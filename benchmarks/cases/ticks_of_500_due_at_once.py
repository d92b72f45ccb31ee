"""500 schedules, then 500 sensors, all due at the same instant: how long until each tick has ended, with its run."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.dagster_dev import running_dagster
from benchmarks.hosted import hosted, wait_for
from benchmarks.result import Result

COUNT = 500
COUNT_OF_OTHERS = 100
IDLE_SECONDS = 6.0
SECONDS_TO_LOAD = 100
CODE = f"""
import earmark as em


@em.op
def work(): ...


@em.job
def load():
    work()


def schedule_of(number):
    @em.schedule("* * * * *", job=load, name=f"schedule_{{number}}")
    def ask(context):
        return em.RunRequest(tags={{"number": str(number)}})

    return ask


def sensor_of(number):
    @em.sensor(job=load, name=f"sensor_{{number}}", minimum_interval_seconds=3600)
    def look(context):
        return em.RunRequest(run_key=str(number))

    return look


defs = em.Definitions(
    jobs=[load],
    schedules=[schedule_of(number) for number in range({COUNT})],
    sensors=[sensor_of(number) for number in range({COUNT})],
)
"""


def measure(api: str) -> Result:
    """Return the seconds of the slower of the two rounds, from the instant at which they are due.

    The queue starts no run, so that only ticks are measured. Afterwards the host idles, with all of them switched on.
    """
    if api != "earmark":
        return of_dagster()
    from earmark.store.records import Instigator
    from earmark.system import clock as system_clock
    from earmark.testing.fakes import HandClock
    from earmark.values.clock import to_datetime

    # Time stands but for one step over the full minute, so that all are due once.
    hand = HandClock(to_datetime(system_clock.now()).replace(second=30, microsecond=0))
    # The lease of the leader has to outlive that step.
    with hosted(CODE, clock=hand, lease_seconds=3_600.0) as (host, store):

        def switch_on(kind: str) -> None:
            def all_of_them() -> None:
                for number in range(COUNT):
                    name = f"{kind}_{number}"
                    data = {"since": store.clock()}
                    store.instigators.put(Instigator(f"project:{name}", kind, name, "project", "running", data=data))

            store.transact(all_of_them)

        def ended(kind: str) -> bool:
            return store.queue.length() >= COUNT * (1 if kind == "schedule" else 2) and not started()

        def started() -> list[Any]:
            found: list[Any] = store.ticks.list(statuses=("started",), limit=1)
            return found

        switch_on("schedule")
        host.schedules.wake()
        time.sleep(1.5)
        seconds = {}
        began = time.perf_counter()
        hand.forward(seconds=30)
        host.schedules.wake()
        wait_for(lambda: ended("schedule"))
        seconds["schedules"] = time.perf_counter() - began
        time.sleep(1.0)
        began = time.perf_counter()
        switch_on("sensor")
        host.sensors.wake()
        wait_for(lambda: ended("sensor"))
        seconds["sensors"] = time.perf_counter() - began
        time.sleep(1.0)
        before, began = sum(os.times()[:2]), time.perf_counter()
        time.sleep(IDLE_SECONDS)
        idle = (sum(os.times()[:2]) - before) / (time.perf_counter() - began) * 100
    details = {**seconds, "percent_of_a_core_when_idle": idle}
    return Result(f"{COUNT} ticks due at once", max(seconds.values()), "s", target=1.0, details=details)


def of_dagster() -> Result:
    """Measure the schedules only, a fifth of them, from the full minute at which they are due; no run is started."""
    due = (datetime.now(UTC) + timedelta(seconds=SECONDS_TO_LOAD)).replace(second=0, microsecond=0)
    # Due once, and on from the beginning: its clock cannot be set.
    code = (
        CODE.replace(f"range({COUNT})", f"range({COUNT_OF_OTHERS})")
        .replace('"* * * * *"', f'"{due.minute} {due.hour} * * *"')
        .replace('name=f"schedule_', 'default_status=em.DefaultScheduleStatus.RUNNING, name=f"schedule_')
    )
    with running_dagster(code, maximum=0) as dagster:
        if datetime.now(UTC) >= due:
            raise SystemExit(f"Dagster has not loaded {2 * COUNT_OF_OTHERS} definitions in time.")
        dagster.wait_for(lambda: dagster.instance.get_runs_count() >= COUNT_OF_OTHERS, 180)
        seconds = (datetime.now(UTC) - due).total_seconds()
    name = f"{COUNT} schedules due at once, by {COUNT_OF_OTHERS} of them"
    return Result(name, seconds / COUNT_OF_OTHERS * COUNT, "s", details={"seconds": seconds})
