"""Reading all runs that a query matches, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.tags.query import Node


def run_pages(
    store: Store, query: Node | str, *, size: int = 1_000, ascending: bool = False
) -> Iterator[tuple[DagsterRun, ...]]:
    """Yield the runs that a query matches in pages; none is empty.

    Args:
        store: Where runs are.
        query: Which runs.
        size: How many runs a page holds at the most.
        ascending: Whether the oldest come first.

    Raises:
        QueryError: The query cannot be read.
    """
    cursor: str | None = None
    while True:
        page = store.runs.find(query, limit=size, cursor=cursor, ascending=ascending)
        if page.runs:
            yield page.runs
        cursor = page.cursor
        if cursor is None:
            return
