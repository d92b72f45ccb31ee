"""A project with schedules and sensors, and a host for it whose clock is set by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from earmark.daemon.host import Host
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import QueuePolicy
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.records import Tick
from earmark.system import clock
from earmark.testing.fakes import HandClock

PROJECT = """
import os, signal, time
import earmark as em


def mark(text):
    with open(os.environ["MARKS"], "a") as file:
        file.write(text + "\\n")


@em.op
def work(context):
    mark(f"run {context.run_id}")


@em.job(tags={"team": "core"})
def load():
    work()


@em.op
def nap(context):
    mark("napping")
    time.sleep(2)


@em.job
def napping():
    nap()


@em.schedule("* * * * *", job=load, tags={"kind": "minutely"}, catch_up=100)
def minutely(context):
    mark(f"minutely {context.scheduled_execution_time.isoformat()}")
    return em.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags={"source": "tick"})


@em.schedule("* * * * *", job=load, catch_up=100)
def skips(context):
    return em.SkipReason("nothing new")


@em.schedule("* * * * *", job=load)
def raises(context):
    context.log.info("before the fall")
    raise ValueError("no luck")


@em.schedule("* * * * *", job=load)
def hangs(context):
    mark(f"hangs {os.getpid()}")
    while True:
        try:
            time.sleep(300)
        except BaseException:
            pass


@em.schedule("* * * * *", job=load)
def slow(context):
    time.sleep(300)


@em.schedule("* * * * *", job=load)
def lasting(context):
    mark("lasting")
    time.sleep(1.5)
    return em.RunRequest()


@em.schedule("* * * * *", job=load)
def exits(context):
    os._exit(7)


@em.schedule("* * * * *", job=load)
def floods(context):
    line = b"x" * 65535
    for _ in range(2_000):
        os.write(1, line)
    for _ in range(2_000):
        print("y" * 65535)
    return em.RunRequest()


@em.schedule("* * * * *", job=load, catch_up=100, default_status=em.DefaultScheduleStatus.RUNNING)
def by_default(context):
    return em.RunRequest()


customers = em.DynamicPartitionsDefinition(name="customers")


@em.asset(partitions_def=customers)
def invoices(context):
    return context.partition_key


@em.asset
def orders():
    return 1


billing = em.define_asset_job("billing", "invoices", partitions_def=customers)


@em.sensor(job=load, minimum_interval_seconds=1)
def counts(context):
    at = int(context.cursor or 0) + 1
    context.update_cursor(str(at))
    mark(f"counts {at}")
    return em.RunRequest(run_key=f"key-{at % 3}")


@em.sensor(job=billing, minimum_interval_seconds=600)
def registers(context):
    return em.SensorResult(
        run_requests=[em.RunRequest(partition_key="ann")],
        dynamic_partitions_requests=[customers.build_add_request(["ann", "bob"])],
        cursor="done",
    )


@em.sensor(job=load, minimum_interval_seconds=600)
def stuck(context):
    mark(f"stuck {os.getpid()}")
    while True:
        try:
            time.sleep(300)
        except BaseException:
            pass


@em.run_status_sensor(em.DagsterRunStatus.SUCCESS, monitored_jobs=[load])
def after_load(context):
    mark(f"after {context.dagster_run.run_id}")


@em.asset_sensor(em.AssetKey("orders"), job=load)
def on_orders(context, event):
    return em.RunRequest(run_key=context.cursor)


regions = em.StaticPartitionsDefinition(["asia", "eu", "us"])


@em.asset(partitions_def=regions)
def raw(context):
    mark(f"raw {context.partition_key}")
    return context.partition_key


@em.asset
def total(raw):
    mark(f"total {','.join(sorted(raw))}")


@em.asset(deps=[orders], automation_condition=em.AutomationCondition.eager())
def report():
    mark("report")


@em.asset(
    partitions_def=regions,
    automation_condition=em.AutomationCondition.missing() & ~em.AutomationCondition.in_progress(),
)
def copied(context):
    mark(f"copied {context.partition_key}")


@em.asset(
    partitions_def=regions,
    deps=[copied],
    automation_condition=em.AutomationCondition.missing() & ~em.AutomationCondition.in_progress(),
)
def refined(context):
    mark(f"refined {context.partition_key}")


filler = em.AutomationConditionSensorDefinition(
    "filler", target=["copied", "refined"], minimum_interval_seconds=1, run_tags={"tier": "gold"}
)


@em.op
def prepare(context):
    mark(f"prepare {context.partition_key}")


@em.op(ins={"after": em.In(em.Nothing)})
def regional_op(context):
    mark(f"regional {context.partition_key}")
    if context.partition_key == "us" and not os.path.exists(os.environ["MARKS"] + ".mended"):
        raise ValueError("not yet")


@em.job(partitions_def=regions)
def regional():
    regional_op(prepare())


grid = em.MultiPartitionsDefinition(
    {
        "day": em.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-05"),
        "shop": em.StaticPartitionsDefinition(["north", "centre"]),
    }
)


@em.asset(partitions_def=grid)
def takings(context):
    mark(f"takings {context.partition_key}")
    if context.partition_key == "2026-01-02|north":
        raise ValueError("the till is shut")


@em.job(partitions_def=grid)
def count_tills():
    work()


weeks = em.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-06")


def mark_range(name, context):
    mark(f"{name} {context.partition_key_range.start}...{context.partition_key_range.end}")


@em.asset(partitions_def=weeks, backfill_policy=em.BackfillPolicy.single_run())
def at_once(context) -> None:
    mark_range("at_once", context)


@em.asset(partitions_def=weeks, backfill_policy=em.BackfillPolicy.multi_run(max_partitions_per_run=2))
def in_pairs(context) -> None:
    mark_range("in_pairs", context)


numbers = em.StaticPartitionsDefinition([f"n{number:04}" for number in range(1000)])


@em.job(partitions_def=numbers)
def many():
    work()


defs = em.Definitions(
    assets=[invoices, orders, raw, total, report, copied, refined, takings, at_once, in_pairs],
    jobs=[load, napping, billing, regional, many, count_tills],
    schedules=[minutely, skips, raises, hangs, slow, lasting, exits, floods, by_default],
    sensors=[counts, registers, stuck, after_load, on_orders, filler],
)
"""

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


class Automated:
    """A host of that project; its clock stands until a test moves it."""

    def __init__(
        self, home: Path, folder: Path, *, hand_clock: bool = True, address: str | Path | None = None, **options: Any
    ) -> None:
        self.home = home
        self.marks = home / "marks"
        self.clock = HandClock(NOON)
        file = folder / "project.py"
        if not file.exists():
            file.write_text(PROJECT)
        self.store: Store = open_store(address or home, clock=self.clock if hand_clock else clock.now)
        self.host = Host(
            self.store,
            home,
            [LocationOrder(name="project", file=str(file))],
            policy=lambda: QueuePolicy(max_concurrent_runs=4),
            worker_settings={"cancel_grace": 2.0},
            environment={"MARKS": str(self.marks)},
            **options,
        )

    def __enter__(self) -> Automated:
        self.host.start()
        self.host.registry.wait_loaded(60)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.host.stop()
        self.store.close()

    def switch(self, *names: str, kind: str = "schedule", running: bool = True) -> None:
        """Switch schedules or sensors on or off."""
        from earmark.store.records import Instigator

        for name in names:
            new = Instigator(f"project:{name}", kind, name, "project", "stopped")
            now = self.store.clock()
            self.store.instigators.change(new.id, lambda state, new=new: (state or new).switched(running, now))
        self.host.wake_all()

    def ticks(self, name: str, *statuses: str) -> list[Tick]:
        """Return the ticks of a schedule or sensor, the latest first."""
        return self.store.ticks.list(f"project:{name}", statuses=statuses)

    def ended(self, name: str, count: int, seconds: float = 20.0) -> list[Tick]:
        """Wait until so many ticks have ended, and return them."""
        until(lambda: len(self.ticks(name, "succeeded", "skipped", "failed")) >= count, seconds, name)
        return self.ticks(name)

    def runs(self, query: str) -> list[DagsterRun]:
        """Return the runs that a query matches."""
        return self.store.runs.find(query, limit=1_000).runs

    def lines(self, first: str) -> list[str]:
        """Return what user code wrote in lines that begin with a word."""
        if not self.marks.exists():
            return []
        return [line for line in self.marks.read_text().splitlines() if line.split(" ")[0] == first]


def until(holds: Callable[[], bool], seconds: float = 20.0, what: str = "") -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} not in time"
        time.sleep(0.01)
