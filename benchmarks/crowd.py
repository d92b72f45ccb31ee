"""An instance as large as they get: 10,000 assets, 200 jobs, 100,000 runs and a run with a log of 100,000 events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import earmark as em
from benchmarks.workloads import tagged_assets
from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.clock import Micros
from earmark.values.ids import uuid7

ASSETS, JOBS, RUNS, EVENTS = 10_000, 200, 100_000, 100_000
SECOND = 1_000_000
APART = 10 * SECOND
"""Between one run and the next."""

TALKER = "talker"
"""The job whose run has the long log."""

ENDS: tuple[kinds.AnyFact, ...] = (
    kinds.RunSucceeded(),
    kinds.RunSucceeded(),
    kinds.RunSucceeded(),
    kinds.RunFailed(message="Step load failed."),
    kinds.RunCanceled(),
)


def definitions() -> em.Definitions:
    """Return the assets and jobs; each job refreshes what one team has in one group."""
    jobs = [
        em.define_asset_job(
            f"refresh_{number:03}",
            selection=f"tag:cost_center=c{number % 100} tag:tier={('gold', 'silver')[number % 2]}",
            tags={"team": f"t{number % 10}", "env": "prod" if number % 3 else "dev"},
        )
        for number in range(JOBS)
    ]
    return em.Definitions(assets=tagged_assets("earmark", ASSETS), jobs=jobs)


def fill(home: Path, count: int = RUNS) -> None:
    """Write the runs into a store, as quickly as it takes them: with how they ended, but not what they did.

    Args:
        home: Where the store is.
        count: How many runs, in thousands.
    """
    home.mkdir(parents=True, exist_ok=True)
    now = clock.now()
    store = open_store(home, clock=lambda: Micros(now))
    try:
        begin = now - (count + 1) * APART
        for first in range(0, count, 1_000):
            # Runs of a batch end alike, in the order of creation all the same.
            by_end: dict[int, list[DagsterRun]] = {}
            for number in range(first, first + 1_000):
                by_end.setdefault(number // 100 % len(ENDS), []).append(run(number, begin + number * APART))
            for end, runs in by_end.items():
                store.runs.create(runs, [kinds.RunStarted("build-1", 1), ENDS[end]])
        talk(store, now)
    finally:
        store.close()


def run(number: int, at: int) -> DagsterRun:
    """Return one of the runs, not started yet."""
    job = number * 7 % JOBS
    return DagsterRun(
        run_id=uuid7(Micros(at), number),
        job_name=f"refresh_{job:03}",
        tags={
            "team": f"t{job % 10}",
            "env": "prod" if job % 3 else "dev",
            "region": ("north", "south", "east", "west")[number % 4],
            "customer": f"c{number * 7919 % 5_000}",
        },
        created_at=Micros(at),
        code_location="crowded",
    )


def talk(store: Store, now: int) -> None:
    """Write the run with the long log."""
    begin = now - 3600 * SECOND
    [run] = store.runs.create(
        [
            DagsterRun(
                run_id=uuid7(Micros(begin), 1), job_name=TALKER, created_at=Micros(begin), code_location="crowded"
            )
        ],
        [kinds.RunStarted("build-1", 1)],
    )
    lines = talk_of(begin)
    while some := list(islice(lines, 10_000)):
        store.runs.record(run.run_id, some)
    store.runs.record(run.run_id, [Event(kinds.RunSucceeded(), Micros(now))])


def talk_of(begin: int) -> Iterator[Event]:
    """Yield the lines of the long log."""
    for number in range(EVENTS):
        line = kinds.Logged(30 if number % 50 == 0 else 20, f"line {number} of {EVENTS}", "talker")
        yield Event(line, Micros(begin + number * 30_000), step_key="talk")
