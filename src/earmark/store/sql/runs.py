"""Runs: created, moved by their events, found, deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING

from msgspec.structs import replace

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact
from earmark.runs.fold import apply
from earmark.runs.run import DagsterRun
from earmark.store.database import Database, Session
from earmark.store.labels import LabelDictionary, labels_of_request, labels_of_tags, pack
from earmark.store.query import touched
from earmark.store.records import RunPage
from earmark.store.rows import RUN_COLUMNS, read_run, write_json, write_request, write_run, write_tags
from earmark.store.sql import sealing
from earmark.store.sql.deleting import delete_runs
from earmark.store.sql.record import Recorder
from earmark.tags.query.parse import parse
from earmark.tags.query.tree import All, Node
from earmark.tags.system import priority
from earmark.values.clock import Clock, Micros
from earmark.values.errors import DagsterInvariantViolationError, DagsterRunNotFoundError, StoreError
from earmark.values.states import DagsterRunStatus

if TYPE_CHECKING:
    from earmark.store.query.compile import Condition

_WHOLE_RUN = f"SELECT {RUN_COLUMNS}, q.request, q.tags, q.origins FROM run r JOIN run_request q ON q.seq = r.seq"
_PAGE = 1_000
EVERYTHING = All()


class SqlRuns:
    """The port ``Runs``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._labels = LabelDictionary()
        self._recorder = Recorder(self._labels)

    def create(self, runs: Sequence[DagsterRun], facts: Sequence[AnyFact] = ()) -> list[DagsterRun]:
        """Store new runs and, for each, ``facts`` that become true with it; see ``Runs.create``."""
        if not runs:
            return []
        now = self._clock()
        asked = [_as_asked(run, now) for run in runs]
        return self._database.write(lambda tx: self._create(tx, asked, facts, now))

    def get(self, run_id: str) -> DagsterRun:
        """Return a run; see ``Runs.get``."""
        found = self.get_many([run_id])
        if not found:
            raise DagsterRunNotFoundError(f"There is no run {run_id}.", run_id=run_id)
        return found[0]

    def get_many(self, run_ids: Iterable[str]) -> list[DagsterRun]:
        """Return those of the runs that exist, in the order asked for; see ``Runs.get_many``."""
        wanted = list(run_ids)
        with self._database.read() as session:
            among, value = session.among(wanted)
            rows = session.all(f"{_WHOLE_RUN} WHERE r.id {among}", (value,))
        by_id = {row[1]: read_run(row[:17], *row[17:]) for row in rows}
        return [by_id[run_id] for run_id in wanted if run_id in by_id]

    def status(self, run_id: str) -> DagsterRunStatus:
        """Return the state of a run, without the rest of it; see ``Runs.status``."""
        with self._database.read() as session:
            row = session.one(f"SELECT {RUN_COLUMNS} FROM run r WHERE r.id = ?", (run_id,))
        if row is None:
            raise DagsterRunNotFoundError(f"There is no run {run_id}.", run_id=run_id)
        return read_run(row).status

    def record(self, run_id: str, events: Sequence[Event]) -> list[Event]:
        """Store events of a run and fold them; see ``Runs.record``."""
        if not events:
            return []
        return self._database.write(lambda tx: self._recorder.record(tx, run_id, events))

    def record_if_unmoved(self, run: DagsterRun, events: Sequence[Event]) -> bool:
        """Store events of a run unless it has moved on since it was read; see ``Runs.record_if_unmoved``."""
        return self._database.write(lambda tx: self._record_if_unmoved(tx, run, events))

    def report(self, events: Sequence[Event]) -> list[Event]:
        """Store events that belong to no run; see ``Runs.report``."""
        apart = [replace(event, run_id=None, late=False) for event in events]
        return self._database.write(lambda tx: self._recorder.append(tx, None, apart))

    def claim(self, run_id: str, launch_token: str, event: Event) -> bool:
        """Take a starting run for this worker; see ``Runs.claim``."""
        return self._database.write(lambda tx: self._claim(tx, run_id, launch_token, event))

    def find(
        self,
        query: Node | str = EVERYTHING,
        *,
        limit: int = 25,
        cursor: str | None = None,
        ascending: bool = False,
    ) -> RunPage:
        """Return a page of the runs that match a query; see ``Runs.find``."""
        from earmark.store.query import find  # brings pyroaring, which run workers have no use for

        with self._database.read(snapshot=True) as session:
            condition = self._compile(session, query)
            start = None if cursor is None else _number_of_cursor(session, cursor)
            walk = find.oldest if ascending else find.newest
            numbers = walk(session, condition, limit + 1, start)
            rows = find.fetch(session, numbers[:limit])
        runs = tuple(read_run(row[:17], *row[17:]) for row in rows)
        return RunPage(runs, str(numbers[limit - 1]) if len(numbers) > limit else None)

    def count(self, query: Node | str = EVERYTHING) -> int:
        """Return how many runs match a query, exactly; see ``Runs.count``."""
        from earmark.store.query import find

        with self._database.read(snapshot=True) as session:
            return find.count(session, self._compile(session, query))

    def count_each(self, query: Node | str, others: Sequence[Node | str]) -> list[int]:
        """Return how many runs match a query and one of others, for each of them; see ``Runs.count_each``."""
        from earmark.store.query import find

        with self._database.read(snapshot=True) as session:
            conditions = [self._compile(session, other) for other in others]
            return find.count_each(session, self._compile(session, query), conditions)

    def ids(self, query: Node | str = EVERYTHING, *, ascending: bool = False) -> Iterator[str]:
        """Yield the ids of all runs that match a query; see ``Runs.ids``."""
        from earmark.store.query import find

        start: int | None = None
        while True:
            with self._database.read(snapshot=True) as session:
                walk = find.oldest if ascending else find.newest
                numbers = walk(session, self._compile(session, query), _PAGE, start)
                among, value = session.among(numbers)
                names: dict[int, str] = dict(session.all(f"SELECT seq, id FROM run WHERE seq {among}", (value,)))
            yield from (names[number] for number in numbers if number in names)
            if len(numbers) < _PAGE:
                return
            start = numbers[-1]

    def sketches(
        self, query: Node | str = EVERYTHING, *, keys: Collection[str], limit: int, with_origins: bool = False
    ) -> Iterator[DagsterRun]:
        """Yield the newest runs that match a query, with little of each; see ``Runs.sketches``."""
        from earmark.store.sql.sketches import sketches

        with self._database.read(snapshot=True) as session:
            yield from sketches(session, self._compile(session, query), keys, limit, with_origins)

    def delete(self, run_ids: Iterable[str]) -> int:
        """Delete finished runs with their events; see ``Runs.delete``."""
        wanted = list(run_ids)
        return self._database.write(lambda tx: delete_runs(tx, wanted, self._clock()))

    def seal(self) -> int:
        """Make segments that are missing or out of date; see ``Runs.seal``."""
        return sealing.seal(self._database)

    def _compile(self, session: Session, query: Node | str) -> Condition:
        from earmark.store.query.compile import compile_query

        node = parse(query, "run", bare="text") if isinstance(query, str) else query
        return compile_query(session, node, self._clock())

    def _claim(self, tx: Session, run_id: str, launch_token: str, event: Event) -> bool:
        seq, run = self._recorder.locked_run(tx, run_id)
        if run.status is not DagsterRunStatus.STARTING or run.launch_token != launch_token:
            return False
        self._recorder.record_on(tx, seq, run, [event])
        return True

    def _record_if_unmoved(self, tx: Session, run: DagsterRun, events: Sequence[Event]) -> bool:
        seq, found = self._recorder.locked_run(tx, run.run_id)
        if (found.status, found.launch_token) != (run.status, run.launch_token):
            return False
        self._recorder.record_on(tx, seq, found, events)
        return True

    def _create(
        self, tx: Session, runs: Sequence[DagsterRun], facts: Sequence[AnyFact], now: Micros
    ) -> list[DagsterRun]:
        # The counter's row stays locked until commit, so runs are numbered, and stretches filled, in commit order.
        first = tx.take_numbers("run", len(runs))
        taken = _already_there(tx, runs)
        if taken:
            raise DagsterInvariantViolationError(f"There is a run {taken} already.", run_id=taken)
        events = [[Event(fact, now, run.run_id) for fact in facts] for run in runs]
        numbered = [(first + offset, run) for offset, run in enumerate(runs)]
        moved = [(seq, _after(run, own)) for (seq, run), own in zip(numbered, events, strict=True)]
        labels = [list(chain(labels_of_tags(run.tags), labels_of_request(run))) for run in runs]
        numbers = self._labels.numbers(tx, set(chain.from_iterable(labels)))
        own_numbers = [[numbers[label] for label in own] for own in labels]
        tx.insert("run", RUN_COLUMNS.replace("r.", ""), [write_run(seq, run) for seq, run in moved])
        tx.insert(
            "run_request",
            "seq, request, tags, origins, labels",
            [
                (seq, write_request(run), write_tags(run.tags), write_json(run.tag_origins), pack(own))
                for (seq, run), own in zip(moved, own_numbers, strict=True)
            ],
        )
        self._recorder.append_of_many(
            tx, [(seq, event) for (seq, _), own in zip(moved, events, strict=True) for event in own]
        )
        tx.notify("runs")
        if (first ^ (first + len(runs))) >> touched.BASE_BITS:
            tx.after_commit.append(self._seal_behind)
        return [run for _, run in moved]

    def _seal_behind(self) -> None:
        """Make the segments that new runs have completed, once they are committed."""
        # The runs are there by now: whoever made them must not hear of a failure. The next to complete one makes both.
        with suppress(StoreError):
            self.seal()


def _as_asked(run: DagsterRun, now: Micros) -> DagsterRun:
    return replace(run, created_at=run.created_at or now, priority=priority(run.tags))


def _after(run: DagsterRun, events: Iterable[Event]) -> DagsterRun:
    for event in events:
        run = apply(run, event)
    return run


def _already_there(tx: Session, runs: Sequence[DagsterRun]) -> str | None:
    ids = [run.run_id for run in runs]
    if len(set(ids)) < len(ids):
        return next(run_id for run_id in ids if ids.count(run_id) > 1)
    among, value = tx.among(ids)
    found = tx.value(f"SELECT id FROM run WHERE id {among} LIMIT 1", (value,))
    return None if found is None else str(found)


def _number_of_cursor(session: Session, cursor: str) -> int:
    if cursor.isdigit():
        return int(cursor)
    number = session.value("SELECT seq FROM run WHERE id = ?", (cursor,))
    if number is None:
        raise DagsterRunNotFoundError(f"There is no run {cursor} to continue from.", run_id=cursor)
    return int(number)
