"""The store over SQL: every port on one database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from earmark.store.database import Database
from earmark.store.sql.access import SqlAccessTokens, SqlAudit
from earmark.store.sql.artifacts import SqlManifests, SqlPlans
from earmark.store.sql.assets import SqlAssets
from earmark.store.sql.automation import SqlBackfills, SqlInstigators, SqlTicks
from earmark.store.sql.events import SqlEvents
from earmark.store.sql.leases import SqlLeases
from earmark.store.sql.partitions import SqlDynamicPartitions
from earmark.store.sql.queue import SqlQueue
from earmark.store.sql.runs import SqlRuns
from earmark.store.sql.settings import SqlEntries, SqlSettings
from earmark.store.sql.tags import SqlTags
from earmark.store.version import require_same
from earmark.values.clock import Clock

T = TypeVar("T")


class SqlStore:
    """The ports of :class:`earmark.store.ports.Store` on one database.

    Args:
        database: Where everything lies; this object closes it.
        clock: Where the time comes from.
        url: What the store was opened by, for people; without a password.
        address: What opens the same store in another process; may hold a password. ``url`` if not given.
    """

    def __init__(self, database: Database, clock: Clock, url: str, address: str | None = None) -> None:
        self._database = database
        self.clock = clock
        self.url = url
        self.address = address or url
        self.runs = SqlRuns(database, clock)
        self.events = SqlEvents(database)
        self.assets = SqlAssets(database)
        self.tags = SqlTags(database)
        self.queue = SqlQueue(database, clock)
        self.leases = SqlLeases(database, clock)
        self.ticks = SqlTicks(database)
        self.instigators = SqlInstigators(database, clock)
        self.backfills = SqlBackfills(database)
        self.settings = SqlSettings(database, clock)
        self.dynamic_partitions = SqlDynamicPartitions(database, clock)
        self.plans = SqlPlans(database, clock)
        self.manifests = SqlManifests(database, clock)
        self.entries = SqlEntries(database, clock)
        self.access_tokens = SqlAccessTokens(database)
        self.audit = SqlAudit(database, clock)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._database.dialect

    def transact(self, work: Callable[[], T]) -> T:
        """Do all that ``work`` asks of the ports in one transaction; see ``Store.transact``."""
        return self._database.write(lambda _: work())

    def notify(self, topic: str) -> None:
        """Wake whoever waits for ``topic``, once what this thread is writing is committed."""
        self._database.write(lambda tx: tx.notify(topic))

    def wait(self, topics: Iterable[str], timeout: float) -> set[str]:
        """Wait until one of ``topics`` is notified; see ``Store.wait``."""
        return self._database.wait(topics, timeout)

    def require_same(self) -> None:
        """Refuse a store that is of another version than when it was opened; see ``Store.require_same``."""
        with self._database.read() as session:
            if self._database.version:
                found = session.value("SELECT version_num FROM schema_version")
                require_same(self.url, self._database.version, found)

    def disconnect(self) -> None:
        """Close idle connections, as before a fork; the next use opens new ones."""
        self._database.disconnect()

    def close(self) -> None:
        """Close the store for good."""
        self._database.close()
