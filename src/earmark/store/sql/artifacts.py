"""Plans by the hash of their content, and the last good manifest of each code location."""

from __future__ import annotations

from earmark.store.database import Database
from earmark.values.clock import Clock, Micros


class SqlPlans:
    """The port ``Plans``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, plan_hash: str, data: bytes) -> None:
        """Keep a plan; one that is there already costs a look."""
        if self.has(plan_hash):
            return
        sql = "INSERT INTO plan (hash, data, stored_at) VALUES (?, ?, ?) ON CONFLICT (hash) DO NOTHING"
        self._database.write(lambda tx: tx.run(sql, (plan_hash, data, self._clock())))

    def has(self, plan_hash: str) -> bool:
        """Say whether a plan is kept."""
        with self._database.read() as session:
            return session.one("SELECT 1 FROM plan WHERE hash = ?", (plan_hash,)) is not None

    def get(self, plan_hash: str) -> bytes | None:
        """Return a plan, or ``None``."""
        with self._database.read() as session:
            data: bytes | None = session.value("SELECT data FROM plan WHERE hash = ?", (plan_hash,))
        return data


class SqlManifests:
    """The port ``Manifests``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, location: str, data: bytes) -> None:
        """Keep the manifest of a location that has just loaded."""
        self._database.write(
            lambda tx: tx.run(
                "INSERT INTO manifest (location, data, loaded_at) VALUES (?, ?, ?) ON CONFLICT (location) DO UPDATE "
                "SET data = excluded.data, loaded_at = excluded.loaded_at",
                (location, data, self._clock()),
            )
        )

    def get(self, location: str) -> tuple[Micros, bytes] | None:
        """Return when a location last loaded, and its manifest; ``None`` if it never did."""
        with self._database.read() as session:
            row = session.one("SELECT loaded_at, data FROM manifest WHERE location = ?", (location,))
        return None if row is None else (row[0], row[1])
