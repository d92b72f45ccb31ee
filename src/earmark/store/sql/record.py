"""Storing events, and moving with them, in one transaction, the run and the assets they are about."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from earmark.events.envelope import Event
from earmark.events.kinds import RunTagged
from earmark.runs.fold import apply, mark_late
from earmark.runs.run import DagsterRun
from earmark.store.database import Session
from earmark.store.labels import LabelDictionary, labels_of_tags, pack, unpack
from earmark.store.query.touched import touch
from earmark.store.rows import (
    RUN_COLUMNS,
    read_origins,
    read_run,
    read_tags,
    write_fact,
    write_json,
    write_run,
    write_tags,
)
from earmark.store.sql.asset_fold import AssetNumbers, end_plans, fold_asset, lock_assets
from earmark.store.sql.facts import KIND_OF, asset_of, topic_of
from earmark.values.errors import DagsterRunNotFoundError

_EVENT = "id, run_seq, timestamp, kind, step_key, asset_id, partition, topic, late, fact"
_UPDATE_RUN = (
    "UPDATE run SET status = ?, priority = ?, queued_at = ?, starting_at = ?, started_at = ?, ended_at = ?, "
    "launch_token = ?, launch_attempt = ?, failure_reason = ?, failure_message = ?, steps_succeeded = ?, "
    "steps_failed = ?, steps_skipped = ? WHERE seq = ?"
)
_RUN_OF_ID = f"SELECT {RUN_COLUMNS} FROM run r WHERE r.id = ?"


class Recorder:
    """Appends events to the log and folds them."""

    def __init__(self, labels: LabelDictionary) -> None:
        self._labels = labels
        self._assets = AssetNumbers()

    def locked_run(self, tx: Session, run_id: str) -> tuple[int, DagsterRun]:
        """Return a run's number and state, held until commit.

        Raises:
            DagsterRunNotFoundError: No run has the id.
        """
        row = tx.one(_RUN_OF_ID + tx.lock, (run_id,))
        if row is None:
            raise DagsterRunNotFoundError(f"There is no run {run_id}.", run_id=run_id)
        return row[0], read_run(row)

    def record(self, tx: Session, run_id: str, events: Sequence[Event]) -> list[Event]:
        """Store events of a run; see ``Runs.record``."""
        seq, before = self.locked_run(tx, run_id)
        return self.record_on(tx, seq, before, events)

    def record_on(self, tx: Session, seq: int, before: DagsterRun, events: Sequence[Event]) -> list[Event]:
        """Store events of a run whose row this transaction holds."""
        if any(isinstance(event.fact, RunTagged) for event in events):
            before = _with_tags(tx, seq, before)
        marked: list[Event] = []
        after, end = before, 0
        for event in events:
            is_stamped = event.run_id == before.run_id and not event.late
            stamped = mark_late(after, event if is_stamped else replace(event, run_id=before.run_id, late=False))
            if not after.is_finished:
                end = len(marked)
            after = apply(after, stamped)
            marked.append(stamped)
        stored = self.append(tx, seq, marked)
        if after is before:
            return stored
        row = write_run(seq, after)
        tx.run(_UPDATE_RUN, (*row[3:5], *row[6:], seq))
        if after.tags != before.tags or after.tag_origins != before.tag_origins:
            self._retag(tx, seq, before, after)
        if after.status is not before.status:
            tx.notify("runs")
        if after.is_finished and not before.is_finished:
            _settle(tx, seq, after, stored[end])
        return stored

    def append(self, tx: Session, seq: int | None, events: Sequence[Event]) -> list[Event]:
        """Store events that are marked already, and fold what they say about assets."""
        return self.append_of_many(tx, [(seq, event) for event in events])

    def append_of_many(self, tx: Session, numbered: Sequence[tuple[int | None, Event]]) -> list[Event]:
        """Store events of several runs, each with its run's number."""
        if not numbered:
            return []
        abouts = [asset_of(event.fact) for _, event in numbered]
        keys = {about[0] for about in abouts if about is not None}
        assets = self._assets.of(tx, keys) if keys else {}
        if keys:
            lock_assets(tx, assets.values())
        # Numbers are taken after the runs and the assets are held: within each, numbers grow with commits.
        numbers = _take_event_numbers(tx, len(numbered))
        stored = [(seq, replace(event, id=number)) for number, (seq, event) in zip(numbers, numbered, strict=True)]
        tx.insert(
            "event",
            _EVENT,
            [
                (
                    event.id,
                    seq,
                    event.timestamp,
                    KIND_OF[type(event.fact)],
                    event.step_key,
                    assets[about[0]] if about else None,
                    about[1] if about else None,
                    topic_of(event.fact),
                    int(event.late),
                    write_fact(event.fact),
                )
                for (seq, event), about in zip(stored, abouts, strict=True)
            ],
        )
        if keys:
            for (seq, event), about in zip(stored, abouts, strict=True):
                if about is not None:
                    fold_asset(tx, event, seq, assets[about[0]], about[1])
            tx.notify("assets")
        return [event for _, event in stored]

    def _retag(self, tx: Session, seq: int, before: DagsterRun, after: DagsterRun) -> None:
        old, new = set(labels_of_tags(before.tags)), set(labels_of_tags(after.tags))
        numbers = self._labels.numbers(tx, (old - new) | (new - old))
        gone = {numbers[label] for label in old - new}
        come = {numbers[label] for label in new - old}
        packed = tx.value("SELECT labels FROM run_request WHERE seq = ?", (seq,))
        kept = [number for number in unpack(packed) if number not in gone]
        labels = pack([*kept, *sorted(come)])
        touch(tx, {seq: labels})
        tx.run(
            "UPDATE run_request SET tags = ?, origins = ?, labels = ? WHERE seq = ?",
            (write_tags(after.tags), write_json(after.tag_origins), labels, seq),
        )


def _settle(tx: Session, seq: int, run: DagsterRun, end: Event) -> None:
    """Free what a run held, now that it has ended by the event ``end``."""
    end_plans(tx, seq, end, run.status)
    tx.run("DELETE FROM slot WHERE run_id = ?", (run.run_id,))
    tx.run("DELETE FROM run_lease WHERE run_seq = ?", (seq,))


def _take_event_numbers(tx: Session, count: int) -> Sequence[int]:
    if tx.dialect == "sqlite":
        first = tx.take_numbers("event", count)
        return range(first, first + count)
    # A sequence, because a counter's row would make every writer wait for every other one's commit.
    return [row[0] for row in tx.all("SELECT nextval('event_number') FROM generate_series(1, ?)", (count,))]


def _with_tags(tx: Session, seq: int, run: DagsterRun) -> DagsterRun:
    row = tx.one("SELECT tags, origins FROM run_request WHERE seq = ?", (seq,))
    if row is None:
        raise DagsterRunNotFoundError(f"The run {run.run_id} has lost its request.", run_id=run.run_id)
    return replace(run, tags=read_tags(row[0]), tag_origins=read_origins(row[1]))
