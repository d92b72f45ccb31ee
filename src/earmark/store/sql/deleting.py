"""Runs that go, with all that is theirs; what they were asked for with stays known."""

from __future__ import annotations

from collections.abc import Sequence

from earmark.runs.run_keys import remembered_as
from earmark.store.database import Session
from earmark.store.rows import FIRST_FINISHED, read_tags
from earmark.store.sql.settings import keep_entries
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError


def delete_runs(tx: Session, run_ids: Sequence[str], now: Micros) -> int:
    """Delete finished runs with their events; see ``Runs.delete``.

    Raises:
        DagsterInvariantViolationError: One of them has not finished.
    """
    from earmark.store.query import build

    among, value = tx.among(run_ids)
    rows = tx.all(f"SELECT seq, id, status FROM run WHERE id {among} ORDER BY seq" + tx.lock, (value,))
    for _, run_id, status in rows:
        if status < FIRST_FINISHED:
            raise DagsterInvariantViolationError(
                f"The run {run_id} has not ended, so it cannot be deleted.", run_id=run_id
            )
    if not rows:
        return 0
    numbers = [row[0] for row in rows]
    _remember_keys(tx, numbers, now)
    build.bury(tx, numbers)
    among, value = tx.among(numbers)
    for table, column in (("event", "run_seq"), ("run_request", "seq"), ("run", "seq")):
        tx.run(f"DELETE FROM {table} WHERE {column} {among}", (value,))
    return len(numbers)


def _remember_keys(tx: Session, numbers: Sequence[int], now: Micros) -> None:
    """Keep the run keys of runs, so that what asked with them does not ask again."""
    among, value = tx.among(numbers)
    rows = tx.all(f"SELECT r.id, q.tags FROM run r JOIN run_request q ON q.seq = r.seq WHERE r.seq {among}", (value,))
    names = [(remembered_as(read_tags(tags)), run_id) for run_id, tags in rows]
    keep_entries(tx, [(*name, run_id.encode()) for name, run_id in names if name is not None], now)
