"""Schedules, sensors and conditions: their state and ticks; and backfills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace

from earmark.store.database import Database, Row, Session, insertion
from earmark.store.records import Backfill, Instigator, Tick
from earmark.values.clock import Clock, Micros
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.wire import decode, encode

_TICK = "SELECT id, instigator, kind, status, created_at, due_at, ended_at, data FROM tick"
_INSTIGATOR = "SELECT id, kind, name, location, status, cursor, data, changed_at FROM instigator"
_NEW_INSTIGATOR = insertion("instigator", "id, kind, name, location, status, cursor, data, changed_at")
_CHANGED = ", ".join(
    f"{one} = excluded.{one}" for one in ("kind", "name", "location", "status", "cursor", "data", "changed_at")
)
_BACKFILL = "SELECT id, status, created_at, ended_at, data, version FROM backfill"


class SqlInstigators:
    """The port ``Instigators``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, instigator_id: str) -> Instigator | None:
        """Return what is kept of a schedule, sensor or condition, or ``None``."""
        with self._database.read() as session:
            row = session.one(f"{_INSTIGATOR} WHERE id = ?", (instigator_id,))
        return None if row is None else _read_instigator(row)

    def all(self, kind: str | None = None) -> list[Instigator]:
        """Return all that is kept, of one kind or of all, by id."""
        condition, parameters = (" WHERE kind = ?", [kind]) if kind is not None else ("", [])
        with self._database.read() as session:
            return [_read_instigator(row) for row in session.all(f"{_INSTIGATOR}{condition} ORDER BY id", parameters)]

    def put(self, instigator: Instigator) -> Instigator:
        """Keep the state of a schedule, sensor or condition; return it with the time of the change."""
        kept = replace(instigator, changed_at=self._clock())

        def work(tx: Session) -> None:
            tx.run(f"{_NEW_INSTIGATOR} ON CONFLICT (id) DO UPDATE SET {_CHANGED}", _instigator_row(kept))
            tx.notify("instigators")

        self._database.write(work)
        return kept

    def change(self, instigator_id: str, to: Callable[[Instigator | None], Instigator | None]) -> Instigator | None:
        """Keep what ``to`` makes of a state, with no other change between; return what is kept then."""

        def work(tx: Session) -> Instigator | None:
            while True:
                row = tx.one(f"{_INSTIGATOR} WHERE id = ?{tx.lock}", (instigator_id,))
                before = None if row is None else _read_instigator(row)
                after = to(before)
                if after is None or after == before:
                    return before
                if before is not None:
                    return self.put(after)
                kept = replace(after, changed_at=self._clock())
                if tx.run(f"{_NEW_INSTIGATOR} ON CONFLICT (id) DO NOTHING", _instigator_row(kept)):
                    tx.notify("instigators")
                    return kept
                # Another has kept one between the two statements: what is to come is made of that.

        return self._database.write(work)


class SqlTicks:
    """The port ``Ticks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, tick: Tick) -> bool:
        """Store a new tick; return ``False`` if there is one of the same id, or instigator and due instant."""
        sql = (
            "INSERT INTO tick (id, instigator, kind, status, created_at, due_at, ended_at, data) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        )
        return self._database.write(lambda tx: tx.run(sql, _tick_row(tick))) == 1

    def update(self, tick: Tick) -> None:
        """Store how a tick stands now."""
        sql = "UPDATE tick SET status = ?, ended_at = ?, data = ? WHERE id = ?"

        def work(tx: Session) -> None:
            if tx.run(sql, (tick.status, tick.ended_at, encode(tick.data), tick.id)) == 0:
                raise DagsterInvariantViolationError(f"There is no tick {tick.id}.", tick_id=tick.id)
            tx.notify("ticks")

        self._database.write(work)

    def get(self, tick_id: str) -> Tick | None:
        """Return a tick, or ``None``."""
        with self._database.read() as session:
            row = session.one(f"{_TICK} WHERE id = ?", (tick_id,))
        return None if row is None else _read_tick(row)

    def list(
        self,
        instigator: str | None = None,
        *,
        statuses: Sequence[str] = (),
        before: Micros | None = None,
        limit: int = 100,
    ) -> list[Tick]:
        """Return ticks, the latest first."""
        conditions, parameters = ["created_at < ?"], [1 << 62 if before is None else before]
        with self._database.read() as session:
            if instigator is not None:
                conditions.append("instigator = ?")
                parameters.append(instigator)  # type: ignore[arg-type]
            if statuses:
                among, value = session.among(statuses)
                conditions.append(f"status {among}")
                parameters.append(value)
            rows = session.all(
                f"{_TICK} WHERE {' AND '.join(conditions)} ORDER BY created_at DESC, id DESC LIMIT ?",
                (*parameters, limit),
            )
        return [_read_tick(row) for row in rows]

    def prune(self, before: Micros, *, statuses: Sequence[str] = (), kind: str | None = None) -> int:
        """Delete ticks that ended before an instant, of some statuses and one kind or of all; return how many."""

        def work(tx: Session) -> int:
            condition = "ended_at < ?"
            parameters: list[Any] = [before]
            if statuses:
                among, value = tx.among(statuses)
                condition, parameters = f"{condition} AND status {among}", [*parameters, value]
            if kind is not None:
                condition, parameters = f"{condition} AND kind = ?", [*parameters, kind]
            return tx.run(f"DELETE FROM tick WHERE {condition}", parameters)

        return self._database.write(work)


class SqlBackfills:
    """The port ``Backfills``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, backfill: Backfill) -> Backfill:
        """Store a new backfill; return it with its version."""
        stored = replace(backfill, version=1)

        def work(tx: Session) -> None:
            added = tx.run(
                "INSERT INTO backfill (id, status, created_at, ended_at, data, version) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                (stored.id, stored.status, stored.created_at, stored.ended_at, encode(stored.data), stored.version),
            )
            if not added:
                raise DagsterInvariantViolationError(f"There is a backfill {stored.id} already.", backfill_id=stored.id)
            tx.notify("backfills")

        self._database.write(work)
        return stored

    def update(self, backfill: Backfill) -> Backfill | None:
        """Store how a backfill stands now; return it with its new version, or ``None`` if another was quicker."""
        stored = replace(backfill, version=backfill.version + 1)

        def work(tx: Session) -> bool:
            tx.notify("backfills")
            return (
                tx.run(
                    "UPDATE backfill SET status = ?, ended_at = ?, data = ?, version = ? WHERE id = ? AND version = ?",
                    (
                        stored.status,
                        stored.ended_at,
                        encode(stored.data),
                        stored.version,
                        stored.id,
                        backfill.version,
                    ),
                )
                == 1
            )

        return stored if self._database.write(work) else None

    def get(self, backfill_id: str) -> Backfill | None:
        """Return a backfill, or ``None``."""
        with self._database.read() as session:
            row = session.one(f"{_BACKFILL} WHERE id = ?", (backfill_id,))
        return None if row is None else _read_backfill(row)

    def list(self, *, statuses: Sequence[str] = (), before: Micros | None = None, limit: int = 100) -> list[Backfill]:
        """Return backfills, the latest first."""
        condition, parameters = "created_at < ?", [1 << 62 if before is None else before]
        with self._database.read() as session:
            if statuses:
                among, value = session.among(statuses)
                condition, parameters = f"{condition} AND status {among}", [*parameters, value]
            rows = session.all(
                f"{_BACKFILL} WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT ?", (*parameters, limit)
            )
        return [_read_backfill(row) for row in rows]


def _read_instigator(row: Row) -> Instigator:
    return Instigator(row[0], row[1], row[2], row[3], row[4], row[5], decode(row[6], dict[str, Any]), row[7])


def _instigator_row(one: Instigator) -> Row:
    return (one.id, one.kind, one.name, one.location, one.status, one.cursor, encode(one.data), one.changed_at)


def _tick_row(tick: Tick) -> Row:
    return (
        tick.id,
        tick.instigator,
        tick.kind,
        tick.status,
        tick.created_at,
        tick.due_at,
        tick.ended_at,
        encode(tick.data),
    )


def _read_tick(row: Row) -> Tick:
    return Tick(row[0], row[1], row[2], row[3], row[4], row[5], row[6], decode(row[7], dict[str, Any]))


def _read_backfill(row: Row) -> Backfill:
    return Backfill(row[0], row[1], row[2], row[3], decode(row[4], dict[str, Any]), row[5])
