"""Every limit of an instance in one table: on runs, on tags, on starts in a period, on pools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from earmark.decide.buckets import Bucketing
from earmark.runs.limits import MAX_CONCURRENT_RUNS, UNLIMITED, RunLimit
from earmark.store.ports import Store
from earmark.store.records import Setting, SettingChange, Slot
from earmark.values.errors import did_you_mean
from earmark.views.catalog import CatalogCache
from earmark.views.faults import BadBodyError, NotFoundError
from earmark.views.queue import Board, BoardCache, Count, holder_of, kind_of_limit, label_of
from earmark.views.setup import Rules
from earmark.views.shapes.deployment import (
    Holder,
    LimitChange,
    LimitEdit,
    LimitRow,
    LimitRowGroup,
    LimitRowWaiter,
)

RUNS = "limits/"
"""Before the names of limits on runs in the settings of the store."""

POOLS = "pools/"
"""Before the names of pools in the settings of the store."""

NOTES = "limit_notes"
"""The entries that hold what people noted beside limits, by id."""

_POOL_ID = "pool:"
_SHOWN = 20
_SECOND = 1_000_000


class LimitPages:
    """Everything that the table of limits asks.

    Args:
        store: The store.
        rules: The limits.
        boards: The queue.
        catalogs: The definitions, for pools that steps name.
    """

    def __init__(self, store: Store, rules: Rules, boards: BoardCache, catalogs: CatalogCache) -> None:
        self._store = store
        self._rules = rules
        self._boards = boards
        self._catalogs = catalogs

    def all(self) -> list[LimitRow]:
        """Return all limits, the one on all runs first, pools last."""
        board = self._boards.get()
        changed = {one.key: one for one in self._store.settings.all(RUNS)}
        changed |= {one.key: one for one in self._store.settings.all(POOLS)}
        notes = self._store.entries.all(NOTES)
        rows = [] if self._has_maximum(board) else [self._unlimited(changed, notes)]
        by_run: dict[str, LimitRow] = {}
        for limit, counts in zip(board.limits, board.counts, strict=True):
            row = self._row(board, limit, counts, changed, notes)
            if limit.limit.pool is None:
                rows.append(row)
            else:
                by_run[limit.limit.pool] = row
        pools = self._pools(changed, notes, by_run)
        return [*rows, *(_with_runs(row, by_run[row.label]) if row.label in by_run else row for row in pools)]

    def _has_maximum(self, board: Board) -> bool:
        return any(limit.limit.name == MAX_CONCURRENT_RUNS for limit in board.limits)

    def get(self, limit_id: str) -> LimitRow:
        """Return one limit.

        Raises:
            NotFoundError: There is none of that id.
        """
        rows = {row.id: row for row in self.all()}
        if limit_id in rows:
            return rows[limit_id]
        raise NotFoundError(f"There is no limit {limit_id!r}.{did_you_mean(limit_id, rows)}", limit=limit_id)

    def of_key(self, key: str) -> list[LimitRow]:
        """Return the limits that a tag key is bound to."""
        return [row for row in self.all() if row.key == key or key in row.per or f"tag:{key}" in (row.where or "")]

    def _row(
        self,
        board: Board,
        bucketing: Bucketing,
        counts: Mapping[Any, Count],
        changed: Mapping[str, Setting],
        notes: Mapping[str, bytes],
    ) -> LimitRow:
        limit = bucketing.limit
        groups = sorted(counts.items(), key=lambda pair: (-pair[1].used - pair[1].waiting, str(pair[0])))
        holders = [holder_of(run, limit) for _, count in groups for run in count.holders]
        waiters = [one for _, count in groups for one in count.waiters]
        setting = changed.get(f"{RUNS}{limit.name}")
        return LimitRow(
            id=limit.name,
            kind=kind_of_limit(limit),
            label="runs in progress" if limit.name == MAX_CONCURRENT_RUNS else limit.name,
            key=limit.key,
            value=limit.value,
            per_unique_value=limit.per_value,
            where=limit.where,
            per=list(limit.per),
            limit=limit.limit,
            period=None if limit.period is None else limit.period / _SECOND,
            used=sum(count.used for count in counts.values()),
            waiting=sum(count.waiting for count in counts.values()),
            groups=[
                LimitRowGroup(value=label_of(bucketing, key), used=count.used, waiting=count.waiting)
                for key, count in groups[:_SHOWN]
            ]
            if bucketing.is_split
            else [],
            holders=holders[:_SHOWN],
            waiters=[
                LimitRowWaiter(
                    run_id=one.run_id,
                    job=one.job_name,
                    priority=one.priority,
                    position=board.places.get(one.run_id, 0),
                    since=one.queued_at,
                )
                for one in waiters[:_SHOWN]
            ],
            source=self._source(limit, setting),
            note=_note(notes, limit.name),
            updated_by=None if setting is None else setting.author or None,
            updated_at=None if setting is None else setting.changed_at,
        )

    def _source(self, limit: RunLimit, setting: Setting | None) -> Any:
        if setting is not None:
            return "edited"
        return "default" if limit.name == MAX_CONCURRENT_RUNS and self._rules.file_policy.limits == () else "settings"

    def _unlimited(self, changed: Mapping[str, Setting], notes: Mapping[str, bytes]) -> LimitRow:
        setting = changed.get(f"{RUNS}{MAX_CONCURRENT_RUNS}")
        running = self._store.queue.in_progress()
        return LimitRow(
            id=MAX_CONCURRENT_RUNS,
            kind="runs",
            label="runs in progress",
            key=None,
            value=None,
            per_unique_value=False,
            where=None,
            per=[],
            limit=UNLIMITED,
            period=None,
            used=len(running),
            waiting=0,
            groups=[],
            holders=[holder_of(run) for run in running[:_SHOWN]],
            waiters=[],
            source="settings" if setting is None else "edited",
            note=_note(notes, MAX_CONCURRENT_RUNS),
            updated_by=None if setting is None else setting.author or None,
            updated_at=None if setting is None else setting.changed_at,
        )

    def _pools(
        self, changed: Mapping[str, Setting], notes: Mapping[str, bytes], by_run: Iterable[str]
    ) -> list[LimitRow]:
        limits = self._rules.pools()
        slots: dict[str, list[Slot]] = {}
        for slot in self._store.leases.slots():
            slots.setdefault(slot.pool, []).append(slot)
        named = {op.step.pool for op in self._catalogs.get().ops if op.step.pool is not None}
        jobs = self._jobs_of([one.run_id for some in slots.values() for one in some])
        return [
            self._pool(name, limits.of(name), slots.get(name, []), jobs, changed.get(f"{POOLS}{name}"), notes)
            for name in sorted({*limits.limits, *slots, *named, *by_run})
        ]

    def _jobs_of(self, ids: Sequence[str]) -> dict[str, str]:
        return {run.run_id: run.job_name for run in self._store.runs.get_many(sorted(set(ids)))}

    def _pool(
        self,
        name: str,
        limit: int,
        slots: Sequence[Slot],
        jobs: Mapping[str, str],
        setting: Setting | None,
        notes: Mapping[str, bytes],
    ) -> LimitRow:
        taken = [slot for slot in slots if slot.granted_at is not None]
        asked = [slot for slot in slots if slot.granted_at is None]
        is_named = name in self._rules.file_pools.limits
        return LimitRow(
            id=f"{_POOL_ID}{name}",
            kind="pool",
            label=name,
            key=name,
            value=None,
            per_unique_value=False,
            where=None,
            per=[],
            limit=limit,
            period=None,
            used=len(taken),
            waiting=len(asked),
            groups=[],
            holders=[
                Holder(
                    run_id=slot.run_id,
                    job=jobs.get(slot.run_id),
                    step=slot.step_key,
                    since=slot.granted_at or slot.asked_at,
                    value=None,
                )
                for slot in taken[:_SHOWN]
            ],
            waiters=[
                LimitRowWaiter(
                    run_id=slot.run_id,
                    job=jobs.get(slot.run_id),
                    priority=slot.priority,
                    position=position,
                    since=slot.asked_at,
                )
                for position, slot in enumerate(asked[:_SHOWN], start=1)
            ],
            source="edited" if setting is not None else "settings" if is_named else "default",
            note=_note(notes, f"{_POOL_ID}{name}"),
            updated_by=None if setting is None else setting.author or None,
            updated_at=None if setting is None else setting.changed_at,
        )

    def history(self, limit_id: str) -> list[LimitChange]:
        """Return the changes of a limit, the latest first.

        Raises:
            NotFoundError: There is none of that id, and never was.
        """
        key = setting_key(limit_id)
        changes = self._store.settings.history(key, limit=200)
        if not changes:
            self.get(limit_id)
        return [_change(one) for one in changes]

    def note(self, limit_id: str, text: str | None) -> None:
        """Keep what a person noted beside a limit; ``None`` forgets it."""
        if text:
            self._store.entries.set(NOTES, limit_id, text.encode())
        else:
            self._store.entries.remove(NOTES, limit_id)


def setting_key(limit_id: str) -> str:
    """Return the setting of the store that holds a limit."""
    if limit_id.startswith(_POOL_ID):
        return f"{POOLS}{limit_id.removeprefix(_POOL_ID)}"
    return f"{RUNS}{limit_id}"


def pool_of(limit_id: str) -> str | None:
    """Return the pool that an id of a limit means, or ``None``."""
    return limit_id.removeprefix(_POOL_ID) if limit_id.startswith(_POOL_ID) else None


def read_edit(edit: LimitEdit, name: str | None = None) -> dict[str, Any]:
    """Return a limit on runs as settings hold it.

    Args:
        edit: The limit as it should be.
        name: The name that it has already.

    Raises:
        BadBodyError: The edit does not say what the kind needs.
    """
    if edit.kind in ("tag", "rate") and not edit.key and not edit.where:
        raise BadBodyError("A limit by tag needs the tag's key.", path="key")
    if edit.kind == "query" and not edit.where:
        raise BadBodyError("A limit by query needs the query.", path="where")
    if edit.kind == "rate" and not edit.period:
        raise BadBodyError("A limit on starts needs a period.", path="period")
    raw: dict[str, Any] = {"limit": edit.limit, "per": list(edit.per)}
    if name:
        raw["name"] = name
    if edit.where:
        raw["where"] = edit.where
    elif edit.key:
        raw["key"] = edit.key
        if edit.per_unique_value:
            raw["value"] = {"applyLimitPerUniqueValue": True}
        elif edit.value is not None:
            raw["value"] = edit.value
    if edit.period:
        raw["period"] = edit.period
    return raw


def _with_runs(pool: LimitRow, runs: LimitRow) -> LimitRow:
    """Return the row of a pool with the runs that hold it as a whole, and those that wait for it in the queue."""
    return replace(pool, used=runs.used, waiting=runs.waiting, holders=runs.holders, waiters=runs.waiters)


def _note(notes: Mapping[str, bytes], limit_id: str) -> str | None:
    found = notes.get(limit_id)
    return None if found is None else found.decode()


def _number(raw: Any) -> int | None:
    if isinstance(raw, Mapping):
        raw = raw.get("limit")
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _change(one: SettingChange) -> LimitChange:
    return LimitChange(
        at=one.changed_at, author=one.author, before=_number(one.before), after=_number(one.after), note=None
    )
