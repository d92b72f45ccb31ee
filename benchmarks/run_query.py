"""First pages and counts of queries over many runs, kind and unkind, cold and warm.

    python -m benchmarks.run_query --runs 1000000 --store sqlite
    python -m benchmarks.run_query --runs 1000000 --store postgresql://...

Cold means: the store has just been opened, and on SQLite the system has dropped the file from memory. Warm means that
the same store has answered before.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.result import Result
from earmark.events.envelope import Event
from earmark.events.kinds import RunFailed, RunStarted, RunSucceeded
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.ids import uuid7

START = 1_750_000_000_000_000
BATCH = 3_000
TARGET = 50
KINDS = ("page_cold", "page_warm", "count_cold", "count_warm")

QUERIES = {
    "one common tag": "tag:env=prod",
    "two common tags that never meet": "tag:left=1 tag:right=1",
    "a common tag minus itself": "tag:env=prod not tag:env=prod",
    "a common tag only on the oldest half": "tag:era=old",
    "the oldest half and a status": "tag:era=old status:failed",
    "a rare tag with a changing status": "tag:rare=yes status:running",
    "either of two rare tags": "tag:customer=c77 or tag:rare=yes",
    "a key whatever its value": "tag:customer",
    "without a key": "not tag:left",
    "a pattern": "tag:customer=c1*",
    "five terms": "tag:env=prod tag:team=t3 not tag:left=1 tag:era=old -tag:customer=c1*",
    "a status and a tag": "status:failed tag:team=t5",
    "a job and a tag": "job:etl_3 tag:env=test",
    "a tag that nobody has": "tag:nobody=x",
    "a tag and a time": "tag:env=dev created:>-1h",
    "everything": "*",
}


def main() -> int:
    """Load, ask, print a table and, if asked, write it as JSON; return 1 if a first page or a count missed 50 ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--store", default="sqlite", help="`sqlite`, a home, or postgresql://...")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    where = arguments.store
    if where == "sqlite":
        where = str(kept_home(arguments.runs))
    rates = filled(where, arguments.runs)
    if rates:
        print("runs accepted per second, by tenths of the load:", [round(rate) for rate in rates])
    rows = ask_all(where, arguments.runs, arguments.repeat)
    for row in rows:
        print(
            f"{row['name']:40} {row['matches']:>9,}  page cold {row['page_cold']:6.1f} warm {row['page_warm']:6.1f}  "
            f"count cold {row['count_cold']:6.1f} warm {row['count_warm']:6.1f} ms"
        )
    print(f"worst p99: {worst(rows)[0]:.1f} ms (target {TARGET})")
    if arguments.json:
        data = {"runs": arguments.runs, "rows": rows, "worst": worst(rows)[0]}
        arguments.json.write_text(json.dumps(data, indent=1))
    return 0 if worst(rows)[0] < TARGET else 1


def kept_home(runs: int) -> Path:
    """Return a home for so many runs that is kept between benchmarks, because filling it takes minutes."""
    home = Path(tempfile.gettempdir()) / f"earmark-benchmark-{runs}-runs"
    home.mkdir(exist_ok=True)
    return home


def filled(where: str, runs: int) -> list[float]:
    """Fill a store with runs, unless it has been filled before; return the rates by tenths of the load."""
    clock = Ticking()
    store = open_store(where, clock=clock)
    rates: list[float] = []
    have = store.runs.count()
    if have < runs:
        clock.now += have * 1_000_000
        rates = load(store, have, runs, clock)
        finish(store, where)
    store.close()
    return rates


def ask_all(where: str, runs: int, repeat: int) -> list[dict[str, Any]]:
    """Return the figures of every query."""
    clock = Ticking()
    clock.now = START + runs * 1_000_000
    store = open_store(where, clock=clock)
    page(store, "tag:a=b not tag:c")  # the parser and the bitmaps are imported once per process
    store.close()
    return [measure(where, clock, name, text, repeat) for name, text in QUERIES.items()]


def worst(rows: list[dict[str, Any]]) -> tuple[float, str]:
    """Return the slowest of all figures in milliseconds, and the name of its query."""
    return max((row[key], row["name"]) for row in rows for key in KINDS)


def result_of(runs: int, repeat: int) -> Result:
    """Return the slowest page or count over a kept home with so many runs, as a figure."""
    where = str(kept_home(runs))
    rates = filled(where, runs)
    rows = ask_all(where, runs, repeat)
    slowest, name = worst(rows)
    return Result(
        f"slowest first page or count of {len(rows)} queries over {runs:,} runs, cold or warm (p99)",
        slowest,
        "ms",
        target=TARGET,
        details={
            "slowest query": name,
            "slowest page": max(max(row["page_cold"], row["page_warm"]) for row in rows),
            "queries beyond the target": sum(any(row[key] > TARGET for key in KINDS) for row in rows),
            "last over first tenth of the load": rates[-1] / rates[0] if rates else None,
        },
    )


class Ticking:
    """A clock that is set by hand."""

    now = START

    def __call__(self) -> Micros:
        return Micros(self.now)


def load(store: Store, have: int, count: int, clock: Ticking) -> list[float]:
    """Create runs in batches, as a queue would accept them, from ``have`` to ``count``; return the rates by tenths."""
    made, rates = have, []
    per_tenth = max(BATCH, (count - have) // 10)
    while made < count:
        begin, before = time.perf_counter(), made
        while made < count and made - before < per_tenth:
            size = min(BATCH, count - made)
            store.runs.create([run(made + offset, count) for offset in range(size)])
            made += size
            clock.now += size * 1_000_000
        rates.append((made - before) / (time.perf_counter() - begin))
    return rates


def run(number: int, count: int) -> DagsterRun:
    """Return one of the runs: six tags, one of them like no other's."""
    tags = {
        "left" if number % 2 else "right": "1",
        "era": "old" if number < count // 2 else "new",
        "env": ("prod", "dev", "test", "prod")[number // 7 % 4],
        "team": f"t{number // 3 % 20}",
        "customer": f"c{number * 7919 % 5000}",
        "rare" if number % 10_000 == 5 else "request": "yes" if number % 10_000 == 5 else f"q{number}",
    }
    created = Micros(START + number * 1_000_000)
    return DagsterRun(
        run_id=uuid7(created, number),
        job_name=f"etl_{number % 10}",
        tags=tags,
        created_at=created,
        code_location="main",
    )


def finish(store: Store, where: str) -> None:
    """Let all but the last runs end, without the events that a million runs would have had, and seal."""
    sql = (
        "UPDATE run SET status = CASE WHEN seq % 19 = 0 THEN 6 ELSE 5 END, started_at = created_at + 1000000, "
        "ended_at = created_at + 60000000 WHERE seq <= (SELECT value FROM counter WHERE name = 'run') - 2000"
    )
    store._database.write(lambda tx: tx.run(sql))  # type: ignore[attr-defined]
    if store.dialect == "postgresql":
        import psycopg

        with psycopg.connect(where, autocommit=True, options="-c search_path=earmark") as connection:
            connection.execute("VACUUM ANALYZE")
    begin = time.perf_counter()
    chunks = store.runs.seal()
    print(f"sealed {chunks} chunks in {time.perf_counter() - begin:.1f} s")


def measure(where: str, clock: Ticking, name: str, text: str, repeat: int) -> dict[str, Any]:
    """Return the 99th percentiles of a first page and of a count, cold and warm, in milliseconds."""
    changes = changing(where, clock) if "changing" in name else None
    figures: dict[str, Any] = {"name": name, "query": text}
    for kind, ask in (("page", page), ("count", count_of)):
        cold = []
        for _ in range(max(5, repeat // 2)):
            forget(where)
            store = open_store(where, clock=clock)
            cold.append(timed(lambda store=store, ask=ask: ask(store, text)))  # type: ignore[misc]
            store.close()
        store = open_store(where, clock=clock)
        ask(store, text)
        warm = []
        for _ in range(repeat):
            if changes is not None:
                next(changes)
            warm.append(timed(lambda store=store, ask=ask: ask(store, text)))  # type: ignore[misc]
        figures[f"{kind}_cold"], figures[f"{kind}_warm"] = p99(cold), p99(warm)
        figures["matches"] = store.runs.count(text)
        store.close()
    return figures


def page(store: Store, text: str) -> object:
    """Ask for a first page."""
    return store.runs.find(text, limit=25)


def count_of(store: Store, text: str) -> object:
    """Ask for a count."""
    return store.runs.count(text)


def changing(where: str, clock: Ticking) -> Iterator[None]:
    """Move one rare run after another, old and new, with each step."""
    store = open_store(where, clock=clock)
    while True:
        fresh = DagsterRun(
            run_id=uuid7(Micros(clock.now), time.perf_counter_ns()), job_name="etl_1", tags={"rare": "yes"}
        )
        store.runs.create([fresh])
        yield
        store.runs.record(fresh.run_id, [Event(RunStarted(), clock())])
        yield
        store.runs.record(fresh.run_id, [Event(RunSucceeded(), clock())])
        yield
        again = DagsterRun(
            run_id=uuid7(Micros(clock.now), time.perf_counter_ns()), job_name="etl_1", tags={"rare": "yes"}
        )
        store.runs.create([again], [RunStarted(), RunFailed()])
        yield


def forget(where: str) -> None:
    """Ask the system to drop the store's file from memory."""
    file = Path(where) / "earmark.db"
    if "://" in where or not file.exists():
        return
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(work: Callable[[], object]) -> float:
    """Return how many milliseconds one call takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[98]


if __name__ == "__main__":
    sys.exit(main())
