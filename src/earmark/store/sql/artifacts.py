"""Plans by the hash of their content, and the last good manifest of each code location."""

from __future__ import annotations

from collections.abc import Iterable

from earmark.store.database import Database, Session
from earmark.values.clock import Clock, Micros

_NOTED_EVERY = 12 * 3600 * 1_000_000


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
        """Say whether a plan is kept, and note now and then that it was asked for; see ``Plans.has``."""
        with self._database.read() as session:
            stored_at = session.value("SELECT stored_at FROM plan WHERE hash = ?", (plan_hash,))
        if stored_at is None:
            return False
        now = self._clock()
        if now - stored_at < _NOTED_EVERY:
            return True
        noted = "UPDATE plan SET stored_at = ? WHERE hash = ?"
        return self._database.write(lambda tx: tx.run(noted, (now, plan_hash))) == 1

    def get(self, plan_hash: str) -> bytes | None:
        """Return a plan, or ``None``."""
        with self._database.read() as session:
            data: bytes | None = session.value("SELECT data FROM plan WHERE hash = ?", (plan_hash,))
        return data

    def prune(self, plan_hashes: Iterable[str], before: Micros) -> int:
        """Delete plans that were neither put nor asked for since an instant; see ``Plans.prune``."""
        wanted = list(plan_hashes)

        def work(tx: Session) -> int:
            among, value = tx.among(wanted)
            return tx.run(f"DELETE FROM plan WHERE hash {among} AND stored_at < ?", (value, before))

        return self._database.write(work) if wanted else 0


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
