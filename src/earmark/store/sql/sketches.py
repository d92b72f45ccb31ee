"""Many runs with little of each: when they moved, how they stand, and a few of their tags."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from earmark.runs.run import DagsterRun, TagOrigin
from earmark.store.database import Session
from earmark.store.labels import LabelKind, storable, unpack
from earmark.store.query import find
from earmark.store.query.compile import Condition
from earmark.store.rows import STATUSES, read_origins

_PAGE = 10_000
_WORDS = "SELECT id, coalesce(value, sought) FROM label WHERE kind = ? AND key = ?"
_COLUMNS = (
    "r.id, r.job_name, r.status, r.created_at, r.queued_at, r.starting_at, r.started_at, r.ended_at, "
    "q.labels, q.origins"
)

_LOCATION = ""
"""Stands for the code location among the keys of tags; no tag has it."""


def sketches(
    tx: Session, condition: Condition, keys: Collection[str], limit: int, with_origins: bool
) -> Iterator[DagsterRun]:
    """Yield the newest runs that meet a condition; see ``Runs.sketches``."""
    # Tags are read from the numbers of the labels, of which few mean anything here; the tags themselves are JSON.
    words = {number: (_LOCATION, word) for number, word in tx.all(_WORDS, (int(LabelKind.LOCATION), ""))}
    for key in keys:
        words.update({number: (key, word) for number, word in tx.all(_WORDS, (int(LabelKind.TAG), storable(key)))})
    numbers = find.newest(tx, condition, limit)
    none: dict[str, TagOrigin] = {}
    for start in range(0, len(numbers), _PAGE):
        among, value = tx.among(numbers[start : start + _PAGE])
        rows = tx.all(f"SELECT {_COLUMNS} FROM run r JOIN run_request q ON q.seq = r.seq WHERE r.seq {among}", (value,))
        for run_id, job, status, created, queued, starting, started, ended, labels, origins in rows:
            own = dict(words[number] for number in unpack(labels) if number in words)
            location = own.pop(_LOCATION, None)
            yield DagsterRun(
                run_id=run_id,
                job_name=job,
                status=STATUSES[status],
                created_at=created,
                queued_at=queued,
                starting_at=starting,
                started_at=started,
                ended_at=ended,
                tags=own,
                tag_origins=read_origins(origins) if with_origins else none,
                code_location=location,
            )
