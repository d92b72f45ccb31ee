"""Reading the log.

Numbers of events grow with commits within one run and within one asset, because whoever writes holds the run's row, or
the asset's, from before it takes numbers until it commits. Readers of one run or one asset therefore go by number.

Across runs they cannot on PostgreSQL: a lower number may be committed after a higher one. There every event carries the
number of its transaction (``xid``), and readers go by (xid, id) up to the oldest writer that is still open: what lies
below can no longer change, and what commits later lies above. See :mod:`earmark.store.sql.horizon`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact, AssetMaterialized
from earmark.store.database import Database, Session
from earmark.store.records import EventPage
from earmark.store.rows import EVENT_COLUMNS, read_event, write_json, write_key
from earmark.store.sql.facts import KIND_OF
from earmark.store.sql.horizon import horizon
from earmark.store.topics import Topic
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey

_EVENTS = f"SELECT {EVENT_COLUMNS} FROM event e LEFT JOIN run r ON r.seq = e.run_seq"
_MATERIALIZED = KIND_OF[AssetMaterialized]
_PAGE = 1_000
_MOST = (1 << 63) - 1
_DAY = 86_400_000_000
START = "0"
"""The cursor before the first event."""


class SqlEvents:
    """The port ``Events``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_run(
        self,
        run_id: str,
        *,
        after: int = 0,
        limit: int = 1_000,
        kinds: Sequence[type[AnyFact]] = (),
        step_key: str | None = None,
        newest: bool = False,
    ) -> list[Event]:
        """Return events of a run; see ``Events.of_run``."""
        conditions, parameters = ["r.id = ?", "e.id > ?"], [run_id, after]
        if step_key is not None:
            conditions.append("e.step_key = ?")
            parameters.append(step_key)
        sql = f"SELECT {EVENT_COLUMNS} FROM run r JOIN event e ON e.run_seq = r.seq"
        return self._select(sql, conditions, parameters, kinds, limit, newest)

    def of_asset(
        self,
        key: AssetKey,
        *,
        kinds: Sequence[type[AnyFact]] = (),
        partition: str | None = None,
        before: int | None = None,
        after: int = 0,
        limit: int = 100,
        newest: bool = True,
    ) -> list[Event]:
        """Return events about an asset; see ``Events.of_asset``."""
        conditions, parameters = (
            ["e.asset_id = (SELECT id FROM asset WHERE key = ?)", "e.id > ?"],
            [write_key(key), after],
        )
        if partition is not None:
            conditions.append("e.partition = ?")
            parameters.append(partition)
        if before is not None:
            conditions.append("e.id < ?")
            parameters.append(before)
        return self._select(_EVENTS, conditions, parameters, kinds, limit, newest)

    def materializations(
        self, since: Micros | None = None, *, mention: str = "", limit: int = sys.maxsize
    ) -> Iterator[Event]:
        """Yield materializations of all assets, the latest first; see ``Events.materializations``."""
        with self._database.read() as session:
            wanted, parameters = f"e.topic = {int(Topic.ASSETS)} AND e.kind = ? AND e.id < ?", [_MATERIALIZED]
            if mention:
                find = "instr(e.fact, ?)" if session.dialect == "sqlite" else "position(? in e.fact)"
                wanted += f" AND {find} > 0"
            below, left = _MOST, limit
            told = () if not mention else (f"{write_json(mention).decode()}:".encode(),)
            if since is not None:
                wanted += " AND e.id >= ? AND e.timestamp >= ?"
                told = (*told, _first_since(session, since), since)
            while left > 0:
                size = min(_PAGE, left)
                rows = session.all(
                    f"{_EVENTS} WHERE {wanted} ORDER BY e.id DESC LIMIT ?", (*parameters, below, *told, size)
                )
                yield from (read_event(row) for row in rows)
                if len(rows) < size:
                    return
                below, left = rows[-1][0], left - size

    def get(self, event_id: int) -> Event | None:
        """Return one event by its number."""
        found = self._select(_EVENTS, ["e.id = ?"], [event_id], (), 1, False)
        return found[0] if found else None

    def follow(self, cursor: str = START, *, topic: Topic | None = None, limit: int = 1_000) -> EventPage:
        """Return what was committed after ``cursor``; see ``Events.follow``."""
        with self._database.read() as session:
            if session.dialect == "sqlite":
                return _follow_by_number(session, cursor, topic, limit)
            return follow_by_commit(session, cursor, topic, limit, horizon(session))

    def head(self) -> str:
        """Return the cursor after all that can be read now."""
        with self._database.read() as session:
            if session.dialect == "sqlite":
                return str(session.value("SELECT coalesce(max(id), 0) FROM event"))
            row = session.one(
                # e.xid: the bare word would mean the text that is selected, in which 999 is above 1000.
                "SELECT e.xid::text, e.id FROM event e WHERE e.xid < ?::xid8 ORDER BY e.xid DESC, e.id DESC LIMIT 1",
                (str(horizon(session)),),
            )
            return f"{row[0]}.{row[1]}" if row else START

    def _select(
        self,
        sql: str,
        conditions: list[str],
        parameters: list[object],
        kinds: Sequence[type[AnyFact]],
        limit: int,
        newest: bool,
    ) -> list[Event]:
        with self._database.read() as session:
            if kinds:
                among, value = session.among([KIND_OF[kind] for kind in kinds])
                conditions = [*conditions, f"e.kind {among}"]
                parameters = [*parameters, value]
            order = "DESC" if newest else "ASC"
            rows = session.all(
                f"{sql} WHERE {' AND '.join(conditions)} ORDER BY e.id {order} LIMIT ?", (*parameters, limit)
            )
        return [read_event(row) for row in rows]


def _first_since(session: Session, since: Micros) -> int:
    """Return a number below which all events about assets are older than an instant.

    Numbers grow with time, but for what waited to be written: nothing waits for a day.
    """
    early = since - _DAY
    low, high = 0, int(session.value("SELECT coalesce(max(id), 0) FROM event")) + 1
    while low < high:
        middle = (low + high) // 2
        row = session.one(
            f"SELECT timestamp FROM event WHERE topic = {int(Topic.ASSETS)} AND id >= ? ORDER BY id LIMIT 1", (middle,)
        )
        if row is not None and row[0] < early:
            low = middle + 1
        else:
            high = middle
    return low


def _follow_by_number(session: Session, cursor: str, topic: Topic | None, limit: int) -> EventPage:
    after = _number(cursor, cursor)
    wanted, parameters = ("e.topic = ? AND ", [int(topic)]) if topic else ("", [])
    rows = session.all(f"{_EVENTS} WHERE {wanted}e.id > ? ORDER BY e.id LIMIT ?", (*parameters, after, limit))
    events = tuple(read_event(row) for row in rows)
    return EventPage(events, str(events[-1].id) if events else cursor)


def follow_by_commit(session: Session, cursor: str, topic: Topic | None, limit: int, below: int) -> EventPage:
    """Return what was committed after ``cursor`` by transactions below one."""
    transaction, _, number = cursor.partition(".")
    after = str(_number(transaction, cursor)), _number(number or "0", cursor)
    if int(transaction) >= below:
        # It is from before the store was restored here: its event has another transaction now (``settle_here``).
        near = session.value("SELECT xid::text FROM event WHERE id <= ? ORDER BY id DESC LIMIT 1", (after[1],))
        after = near or after[0], after[1]
    wanted, parameters = ("e.topic = ? AND ", [int(topic)]) if topic else ("", [])
    rows = session.all(
        f"SELECT {EVENT_COLUMNS}, e.xid::text FROM event e LEFT JOIN run r ON r.seq = e.run_seq "
        f"WHERE {wanted}(e.xid, e.id) > (?::xid8, ?) AND e.xid < ?::xid8 ORDER BY e.xid, e.id LIMIT ?",
        (*parameters, *after, str(below), limit),
    )
    events = tuple(read_event(row[:6]) for row in rows)
    return EventPage(events, f"{rows[-1][6]}.{rows[-1][0]}" if rows else cursor)


def _number(text: str, cursor: str) -> int:
    if not text.isdigit():
        raise DagsterInvariantViolationError(f"{cursor!r} is not a cursor of this store's events.", cursor=cursor)
    return int(text)
