"""What admission asks: who waits, who is in progress, and who holds it."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.runs.run import DagsterRun
from earmark.store.database import Database, Session
from earmark.store.records import RunLease, Waiting
from earmark.store.rows import FIRST_FINISHED, RUN_COLUMNS, STATUS_NUMBERS, read_run, read_tags
from earmark.values.clock import Clock
from earmark.values.errors import DagsterRunNotFoundError
from earmark.values.states import IN_PROGRESS_STATES, DagsterRunStatus
from earmark.values.wire import decode, encode

_QUEUED = STATUS_NUMBERS[DagsterRunStatus.QUEUED]
_IN_PROGRESS = sorted(STATUS_NUMBERS[status] for status in IN_PROGRESS_STATES)
_WAITING = "SELECT r.seq, r.id, r.job_name, r.priority, coalesce(r.queued_at, r.created_at), q.tags, q.request"
_asked = msgspec.json.Decoder(DagsterRun)


class SqlQueue:
    """The port ``Queue``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def waiting(self, *, limit: int = 1_000, after: tuple[int, int] | None = None) -> list[Waiting]:
        """Return queued runs, high priority first, then old; see ``Queue.waiting``."""
        condition, parameters = "", []
        if after is not None:
            condition = "AND r.priority <= ? AND (r.priority < ? OR r.seq > ?) "
            parameters = [after[0], after[0], after[1]]
        with self._database.read() as session:
            sql = (
                f"{_WAITING} FROM run r{session.by_index('run_in_queue')} JOIN run_request q ON q.seq = r.seq "
                f"WHERE r.status = {_QUEUED} {condition}ORDER BY r.priority DESC, r.seq LIMIT ?"
            )
            return [_read_waiting(row) for row in session.all(sql, (*parameters, limit))]

    def arrived(self, *, after: int, limit: int = 10_000) -> list[Waiting]:
        """Return runs that are queued now and whose number is above ``after``, by number."""
        sql = (
            f"{_WAITING} FROM run r JOIN run_request q ON q.seq = r.seq "
            f"WHERE r.status = {_QUEUED} AND r.seq > ? ORDER BY r.seq LIMIT ?"
        )
        with self._database.read() as session:
            return [_read_waiting(row) for row in session.all(sql, (after, limit))]

    def length(self) -> int:
        """Return how many runs are queued."""
        with self._database.read() as session:
            return int(session.value(f"SELECT count(*) FROM run WHERE status = {_QUEUED}"))

    def in_progress(self) -> list[DagsterRun]:
        """Return the runs that hold slots of limits: starting, started or canceling."""
        sql = (
            f"SELECT {RUN_COLUMNS}, q.request, q.tags, q.origins FROM run r JOIN run_request q ON q.seq = r.seq "
            "WHERE r.status = ? ORDER BY r.seq"
        )
        with self._database.read(snapshot=True) as session:
            rows = [row for number in _IN_PROGRESS for row in session.all(sql, (number,))]
        return [read_run(row[:17], *row[17:]) for row in sorted(rows)]

    def hold(self, run_id: str, holder: str, seconds: float, data: dict[str, Any] | None = None) -> bool:
        """Take or renew a run's lease for its worker; see ``Queue.hold``."""
        now = self._clock()
        expires = now + round(seconds * 1_000_000)

        def work(tx: Session) -> int:
            # The row stays held until commit: an end that is being stored either sees the lease, or is seen here.
            row = tx.one(f"SELECT seq, status FROM run WHERE id = ?{tx.lock}", (run_id,))
            if row is None:
                raise DagsterRunNotFoundError(f"There is no run {run_id}.", run_id=run_id)
            seq, status = row
            if status >= FIRST_FINISHED:
                return 0
            return tx.run(
                "INSERT INTO run_lease (run_seq, holder, expires_at, data) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (run_seq) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, "
                "data = excluded.data WHERE run_lease.holder = excluded.holder OR run_lease.expires_at <= ?",
                (seq, holder, expires, encode(data or {}), now),
            )

        return self._database.write(work) == 1

    def held(self, *, expired: bool = False) -> list[RunLease]:
        """Return the leases of runs in progress, or only those that have run out."""
        sql = "SELECT r.id, l.holder, l.expires_at, l.data FROM run_lease l JOIN run r ON r.seq = l.run_seq"
        with self._database.read() as session:
            if expired:
                rows = session.all(f"{sql} WHERE l.expires_at <= ? ORDER BY l.expires_at", (self._clock(),))
            else:
                rows = session.all(f"{sql} ORDER BY r.seq")
        return [RunLease(run_id, holder, until, decode(data, dict[str, Any])) for run_id, holder, until, data in rows]


def _read_waiting(row: tuple[Any, ...]) -> Waiting:
    seq, run_id, job_name, priority, queued_at, tags, request = row
    asked = _asked.decode(request)
    return Waiting(seq, run_id, job_name, priority, queued_at, read_tags(tags), asked.code_location, asked.pools)
