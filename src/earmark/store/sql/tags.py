"""The dictionary of the tags that runs carry, with counts."""

from __future__ import annotations

from earmark.store.database import Database
from earmark.store.labels import LAST, MAX_SOUGHT, NUMBER_OF_LABEL, LabelKind, key_of, storable
from earmark.store.records import TagCount


class SqlTags:
    """The port ``Tags``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(self, *, prefix: str = "", limit: int = 100) -> list[str]:
        """Return keys that runs carry or have carried, sorted."""
        with self._database.read() as session:
            rows = session.all(
                "SELECT key FROM label WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
                (int(LabelKind.KEY), prefix, prefix + LAST, limit),
            )
        return [row[0] for row in rows]

    def values(self, key: str, *, prefix: str = "", limit: int = 100) -> list[str]:
        """Return values that runs carry or have carried under a key, sorted."""
        with self._database.read() as session:
            rows = session.all(
                "SELECT coalesce(value, sought) FROM label WHERE kind = ? AND key = ? AND sought >= ? AND sought < ? "
                "ORDER BY sought LIMIT ?",
                (int(LabelKind.TAG), storable(key), prefix[:MAX_SOUGHT], prefix[:MAX_SOUGHT] + LAST, limit),
            )
        return [row[0] for row in rows if row[0].startswith(prefix)]

    def count(self, key: str, value: str | None = None) -> TagCount:
        """Return how many runs carry a tag, or a key whatever its value."""
        from earmark.store.query import find
        from earmark.store.query.compile import Labelled

        label = (LabelKind.KEY, key, "") if value is None else (LabelKind.TAG, key, value)
        with self._database.read(snapshot=True) as session:
            number = session.value(NUMBER_OF_LABEL, key_of(label))
            runs = 0 if number is None else find.count(session, Labelled((number,)))
        return TagCount(key, value, runs)
