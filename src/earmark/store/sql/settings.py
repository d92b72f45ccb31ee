"""Settings that change while Earmark works, with their history; and small values by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from earmark.store.database import Database, Session
from earmark.store.records import Setting, SettingChange
from earmark.values.clock import Clock, Micros
from earmark.values.wire import decode, encode


class SqlSettings:
    """The port ``Settings``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, key: str) -> Setting | None:
        """Return a setting, or ``None``."""
        with self._database.read() as session:
            row = session.one("SELECT key, value, author, changed_at FROM setting WHERE key = ?", (key,))
        return None if row is None else Setting(row[0], decode(row[1], Any), row[2], row[3])

    def all(self, prefix: str = "") -> list[Setting]:
        """Return the settings whose key begins with ``prefix``, by key."""
        with self._database.read() as session:
            rows = session.all(
                "SELECT key, value, author, changed_at FROM setting WHERE key >= ? AND key < ? ORDER BY key",
                (prefix, prefix + "\U0010ffff"),
            )
        return [Setting(key, decode(value, Any), author, at) for key, value, author, at in rows]

    def set(self, key: str, value: Any, *, author: str = "") -> bool:
        """Set a setting; return whether that changed it."""
        return self._database.write(lambda tx: self._change(tx, key, encode(value), author))

    def remove(self, key: str, *, author: str = "") -> bool:
        """Remove a setting; return whether there was one."""
        return self._database.write(lambda tx: self._change(tx, key, None, author))

    def history(self, key: str | None = None, *, limit: int = 100) -> list[SettingChange]:
        """Return changes, of one setting or of all, the latest first."""
        condition, parameters = ("WHERE key = ? ", [key]) if key is not None else ("", [])
        with self._database.read() as session:
            rows = session.all(
                "SELECT key, before, after, author, changed_at FROM setting_change "
                f"{condition}ORDER BY id DESC LIMIT ?",
                (*parameters, limit),
            )
        return [
            SettingChange(name, _value(before), _value(after), author, at) for name, before, after, author, at in rows
        ]

    def _change(self, tx: Session, key: str, after: bytes | None, author: str) -> bool:
        number, now = tx.take_numbers("setting_change", 1), self._clock()  # also keeps changes one behind the other
        before = tx.value("SELECT value FROM setting WHERE key = ?", (key,))
        if before == after:
            return False
        if after is None:
            tx.run("DELETE FROM setting WHERE key = ?", (key,))
        else:
            tx.run(
                "INSERT INTO setting (key, value, author, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
                "SET value = excluded.value, author = excluded.author, changed_at = excluded.changed_at",
                (key, after, author, now),
            )
        tx.run(
            "INSERT INTO setting_change (id, key, before, after, author, changed_at) VALUES (?, ?, ?, ?, ?, ?)",
            (number, key, before, after, author, now),
        )
        tx.notify("settings")
        return True


def keep_entries(tx: Session, entries: Iterable[tuple[str, str, bytes]], now: Micros) -> None:
    """Keep small values, each given with its space and its key."""
    tx.many(
        "INSERT INTO entry (space, key, value, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (space, key) "
        "DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at",
        [(*entry, now) for entry in entries],
    )


class SqlEntries:
    """The port ``Entries``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def get(self, space: str, key: str) -> bytes | None:
        """Return a value, or ``None``."""
        with self._database.read() as session:
            value: bytes | None = session.value("SELECT value FROM entry WHERE space = ? AND key = ?", (space, key))
        return value

    def keys(self, space: str) -> set[str]:
        """Return the keys of a space."""
        with self._database.read() as session:
            return {key for (key,) in session.all("SELECT key FROM entry WHERE space = ?", (space,))}

    def all(self, space: str) -> dict[str, bytes]:
        """Return the values of a space by key."""
        with self._database.read() as session:
            return dict(session.all("SELECT key, value FROM entry WHERE space = ? ORDER BY key", (space,)))

    def some(self, space: str, keys: Collection[str] | None) -> dict[str, bytes]:
        """Return the values of some keys of a space, or of all, by key."""
        if keys is None:
            return self.all(space)
        with self._database.read() as session:
            among, value = session.among(keys)
            return dict(session.all(f"SELECT key, value FROM entry WHERE space = ? AND key {among}", (space, value)))

    def set(self, space: str, key: str, value: bytes) -> None:
        """Keep a value."""
        self.put(space, {key: value})

    def put(self, space: str, values: Mapping[str, bytes | None]) -> None:
        """Keep many values, and remove those that are ``None``."""

        def work(tx: Session) -> None:
            kept = [(space, key, value) for key, value in values.items() if value is not None]
            keep_entries(tx, kept, self._clock())
            gone = [(space, key) for key, value in values.items() if value is None]
            if gone:
                tx.many("DELETE FROM entry WHERE space = ? AND key = ?", gone)

        self._database.write(work)

    def change(self, space: str, key: str, to: Callable[[bytes], bytes]) -> bytes:
        """Keep what ``to`` makes of a value, with no other change between; return it."""

        def work(tx: Session) -> bytes:
            # A row there is can be locked, so one is there first: whoever else changes it waits for the commit.
            new = "INSERT INTO entry (space, key, value, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
            tx.run(new, (space, key, b"", self._clock()))
            value = to(tx.value(f"SELECT value FROM entry WHERE space = ? AND key = ?{tx.lock}", (space, key)))
            self.set(space, key, value)
            return value

        return self._database.write(work)

    def remove(self, space: str, key: str) -> bool:
        """Remove a value; return whether there was one."""
        sql = "DELETE FROM entry WHERE space = ? AND key = ?"
        return self._database.write(lambda tx: tx.run(sql, (space, key))) == 1


def _value(data: bytes | None) -> Any:
    return None if data is None else decode(data, Any)
