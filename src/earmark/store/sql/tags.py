"""The dictionary of the tags that runs carry, with counts."""

from __future__ import annotations

from collections.abc import Sequence

from earmark.store.database import Database
from earmark.store.labels import LAST, MAX_SOUGHT, NUMBER_OF_LABEL, Label, LabelKind, key_of, storable
from earmark.store.records import TagCount
from earmark.tags.query.tree import All, Node
from earmark.values.clock import Clock


def _label(key: str, value: str | None) -> Label:
    return (LabelKind.KEY, key, "") if value is None else (LabelKind.TAG, key, value)


class SqlTags:
    """The port ``Tags``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

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

    def tally(self, tags: Sequence[tuple[str, str | None]], queries: Sequence[Node] = (All(),)) -> list[list[int]]:
        """Return, for each tag, how many runs carry it among those that match each query."""
        from earmark.store.query import find
        from earmark.store.query.compile import compile_query

        now = self._clock()
        with self._database.read(snapshot=True) as session:
            labels = [session.value(NUMBER_OF_LABEL, key_of(_label(key, value))) for key, value in tags]
            return find.tally(session, labels, [compile_query(session, query, now) for query in queries])

    def count(self, key: str, value: str | None = None) -> TagCount:
        """Return how many runs carry a tag, or a key whatever its value."""
        from earmark.store.query import find
        from earmark.store.query.compile import Labelled

        with self._database.read(snapshot=True) as session:
            number = session.value(NUMBER_OF_LABEL, key_of(_label(key, value)))
            runs = 0 if number is None else find.count(session, Labelled((number,)))
        return TagCount(key, value, runs)
