"""Keeping the segments of runs up to date."""

from __future__ import annotations

from earmark.store.database import Database


def seal(database: Database) -> int:
    """Make the segments that are missing, or that have become many or out of date; return how many were made."""
    from earmark.store.query import build  # brings pyroaring, which run workers have no use for

    with database.read() as session:
        missing = build.unsealed(session)
    for first in missing:
        database.write(lambda tx, first=first: build.seal(tx, first))  # type: ignore[misc]
    made: set[tuple[int, int]] = set()
    while True:
        with database.read() as session:
            due = [stretch for stretch in build.mergeable(session) if stretch not in made]
        if not due:
            break
        for first, end in due:
            _merge(database, first, end)
            made.add((first, end))
    database.write(build.settle)
    return len(missing) + len(made)


def _merge(database: Database, first: int, end: int) -> None:
    from earmark.store.query import build
    from earmark.store.query.segments import SegmentsMoved, segments_between

    try:
        with database.read(snapshot=True) as session:
            segments = segments_between(session, first, end)
            if not segments:
                return  # another process was quicker, and put them into a longer one
            contents, truth = build.merged(session, segments)
    except SegmentsMoved:
        return  # another process was quicker
    database.write(lambda tx: build.replace(tx, segments, contents, truth))
