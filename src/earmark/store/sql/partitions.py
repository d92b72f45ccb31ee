"""The keys of dynamic partitions."""

from __future__ import annotations

from collections.abc import Iterable

from earmark.store.database import Database, Session
from earmark.values.clock import Clock


class SqlDynamicPartitions:
    """The port ``DynamicPartitions``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, definition: str, partitions: Iterable[str]) -> list[str]:
        """Add keys to a definition; return those that were new, in order."""
        wanted = list(dict.fromkeys(partitions))
        return self._database.write(lambda tx: self._add(tx, definition, wanted))

    def remove(self, definition: str, partition: str) -> bool:
        """Remove a key; return whether it was there."""
        sql = "DELETE FROM dynamic_partition WHERE definition = ? AND partition = ?"
        return self._database.write(lambda tx: tx.run(sql, (definition, partition))) == 1

    def has(self, definition: str, partition: str) -> bool:
        """Say whether a key is there."""
        sql = "SELECT 1 FROM dynamic_partition WHERE definition = ? AND partition = ?"
        with self._database.read() as session:
            return session.one(sql, (definition, partition)) is not None

    def get(self, definition: str) -> list[str]:
        """Return the keys of a definition in the order they were added."""
        with self._database.read() as session:
            rows = session.all(
                "SELECT partition FROM dynamic_partition WHERE definition = ? ORDER BY id", (definition,)
            )
        return [row[0] for row in rows]

    def _add(self, tx: Session, definition: str, partitions: list[str]) -> list[str]:
        first = tx.take_numbers("dynamic_partition", len(partitions)) if partitions else 0
        among, value = tx.among(partitions)
        there = {
            row[0]
            for row in tx.all(
                f"SELECT partition FROM dynamic_partition WHERE definition = ? AND partition {among}",
                (definition, value),
            )
        }
        new = [partition for partition in partitions if partition not in there]
        now = self._clock()
        tx.many(
            "INSERT INTO dynamic_partition (id, definition, partition, added_at) VALUES (?, ?, ?, ?)",
            [(first + offset, definition, partition, now) for offset, partition in enumerate(new)],
        )
        if new:
            tx.notify("partitions")
        return new
