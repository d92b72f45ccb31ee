"""What runs of one op cost on PostgreSQL: processor time of Earmark and of the server, room, connections, memory."""

from __future__ import annotations

import threading
from typing import Any

from benchmarks.daemon import load, only_earmark, running_daemon
from benchmarks.postgres import kept_database
from benchmarks.result import Result

FIRST, COUNT = 300, 1_200
AT_ONCE = 8


def measure(api: str) -> Result:
    """Return milliseconds of processor time for each run, the daemon, its guest and all workers together."""
    only_earmark(api, "Dagster takes another package, and a server, for PostgreSQL.")
    import psycopg

    with kept_database("runs") as url, psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP SCHEMA IF EXISTS earmark CASCADE")
        with running_daemon(maximum=AT_ONCE, storage=url) as daemon:
            # The first runs fill what grows once: caches, supervisors, segments.
            daemon.queue(daemon.made("empty", FIRST))
            daemon.wait_ended(FIRST, 120)
            busy, before, used = load(), daemon.cpu(), _bytes(admin)
            memory = daemon.memory()
            done, most = threading.Event(), list[int]()
            watching = threading.Thread(target=_watch, args=(url, done, most))
            watching.start()
            daemon.queue(daemon.made("empty", COUNT))
            daemon.wait_ended(FIRST + COUNT, 240)
            done.set()
            watching.join()
            cpu = daemon.cpu().since(before)
            log = (daemon.home / "daemon.log").stat().st_size
            grown = daemon.memory() - memory
            row = admin.execute(
                "SELECT sum(n_dead_tup), max(n_dead_tup) FROM pg_stat_user_tables WHERE schemaname = 'earmark'"
            ).fetchone()
            used = _bytes(admin) - used
    return Result(
        "processor time of one run of one op on PostgreSQL",
        cpu.total / COUNT * 1000,
        "ms",
        target=25,
        details={
            "of them in the kernel": cpu.system / COUNT * 1000,
            "bytes of the store per run": used / COUNT,
            "connections at most": max(most),
            "MB of memory more after all of them": grown,
            "bytes of the log": log,
            "dead rows at the end": 0 if row is None else int(row[0]),
            "load before": busy,
        },
    )


def _bytes(admin: Any) -> int:
    row = admin.execute(
        "SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE schemaname = 'earmark'"
    ).fetchone()
    return int(row[0])


def _watch(url: str, done: threading.Event, most: list[int]) -> None:
    """Note, ten times a second, how many connections of Earmark there are."""
    import psycopg

    counted = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'earmark'"
    )
    with psycopg.connect(url, autocommit=True) as admin:
        while not done.wait(0.1):
            row = admin.execute(counted).fetchone()
            most.append(0 if row is None else int(row[0]))
