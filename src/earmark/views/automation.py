"""Schedules, sensors and conditions, and their ticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from msgspec.structs import replace

from earmark.specs.schedule import ScheduleSpec
from earmark.store.ports import Store
from earmark.store.records import Instigator, Tick
from earmark.tags.query.evaluate import Facts, evaluate_set, predicate
from earmark.values.clock import Micros
from earmark.views.catalog import Automation, CatalogCache
from earmark.views.faults import NotFoundError
from earmark.views.insights import cron_of
from earmark.views.jobs import indexed
from earmark.views.listing import cut, ordered, read_query, read_sort
from earmark.views.shapes.automation import (
    AutomationDetail,
    AutomationKind,
    AutomationRow,
    AutomationRowRecent,
    TickDetail,
    TickDetailLog,
    TickDetailPartitions,
    TickDetailRequest,
    TickRow,
    TickStatus,
)
from earmark.views.shapes.common import Page
from earmark.views.values import definition_tags, error_of_raw, shown

SORTS = ("failing", "name", "next_at")
TICKS_LOOKED_AT = 5_000
_RECENT = 20
_UPCOMING = 5
_DAY = 86_400_000_000


class AutomationPages:
    """Everything that pages about automation ask.

    Args:
        store: The store.
        catalogs: The definitions.
    """

    def __init__(self, store: Store, catalogs: CatalogCache) -> None:
        self._store = store
        self._catalogs = catalogs

    def facts(self) -> tuple[Sequence[Automation], list[Facts]]:
        """Return what is defined, and what each has in the fields of queries."""
        automations = self._catalogs.get().automations
        states = {one.id: one for one in self._store.instigators.all()}
        found = []
        for one in automations:
            last = self._store.ticks.list(one.id, limit=1)
            values = {
                "key": (one.name,),
                "name": (one.name,),
                "type": (one.kind,),
                "status": ("running" if is_running(one, states.get(one.id)) else "stopped",),
                "tick": tuple(status_of(tick) for tick in last),
                "job": one.jobs,
                "owner": one.spec.owners,
                "code_location": (one.location,),
            }
            found.append(Facts(one.spec.tags, values))
        return automations, found

    def select(self, q: str) -> list[Automation]:
        """Return what a query matches, by name.

        Raises:
            QueryError: The query cannot be read.
        """
        automations, facts = self.facts()
        matched = evaluate_set(read_query("automation", q), indexed("automation", facts), None, self._store.clock())
        return [automations[at] for at in sorted(matched)]

    def find(self, q: str, sort: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[AutomationRow]:
        """Return a page of what a query matches, failing ones first.

        Raises:
            QueryError: The query cannot be read.
        """
        field, descending = read_sort(sort, SORTS, "-failing")
        rows = [self.row(one) for one in self.select(q)]

        def value(row: AutomationRow) -> Any:
            match field:
                case "failing":
                    return row.last_tick is not None and row.last_tick.status == "failed"
                case "next_at":
                    return row.next_at
                case _:
                    return row.name

        return cut(ordered(rows, value, descending), cursor, limit, list)

    def row(self, one: Automation) -> AutomationRow:
        """Return a schedule, sensor or condition as a row."""
        state = self._store.instigators.get(one.id)
        ticks = self._store.ticks.list(one.id, limit=_RECENT)
        running = is_running(one, state)
        now = self._store.clock()
        next_at: int | None = None
        if isinstance(one.spec, ScheduleSpec):
            cron = cron_of(one.spec)
            rhythm, words, zone = " | ".join(one.spec.cron_schedules), cron.describe(), one.spec.timezone or "UTC"
            next_at = cron.next_after(now) if running else None
        else:
            seconds = one.spec.minimum_interval_seconds
            rhythm, words, zone = f"every {seconds} s", f"every {seconds} seconds", None
        today = self._store.ticks.list(one.id, limit=500)
        return AutomationRow(
            name=one.name,
            kind=_kind(one.kind),
            location=one.location,
            is_running=running,
            tags=shown(one.spec.tags),
            rhythm=rhythm,
            rhythm_words=words,
            timezone=zone,
            targets=[*one.jobs, *([one.asset_query] if one.asset_query else [])],
            last_tick=tick_row(ticks[0]) if ticks else None,
            next_at=next_at,
            recent=[
                AutomationRowRecent(id=tick.id, status=status_of(tick), at=tick.created_at, runs=len(run_ids(tick)))
                for tick in reversed(ticks)
            ],
            runs_today=sum(len(run_ids(tick)) for tick in today if tick.created_at > now - _DAY),
        )

    def detail(self, name: str, location: str | None) -> AutomationDetail:
        """Return the page of a schedule, sensor or condition.

        Raises:
            NotFoundError: There is none of that name.
        """
        one = self._catalogs.get().automation(name, location)
        row = self.row(one)
        state = self._store.instigators.get(one.id)
        upcoming: list[int] = []
        if isinstance(one.spec, ScheduleSpec):
            at, cron = self._store.clock(), cron_of(one.spec)
            for _ in range(_UPCOMING):
                at = cron.next_after(at)
                upcoming.append(at)
        interval = None if isinstance(one.spec, ScheduleSpec) else float(one.spec.minimum_interval_seconds)
        return AutomationDetail(
            **{field: getattr(row, field) for field in AutomationRow.__struct_fields__},
            description=one.spec.description,
            cursor=None if state is None else state.cursor,
            minimum_interval=interval,
            default_status="running" if one.spec.runs_by_default else "stopped",
            tag_rows=definition_tags(one.spec.tags, _kind(one.kind), one.name),
            upcoming=upcoming,
        )

    def set_running(self, one: Automation, running: bool) -> None:
        """Switch a schedule, sensor or condition on or off; see :meth:`Instigator.switched`."""
        now = self._store.clock()
        self._store.instigators.change(one.id, lambda state: (state or _new_state(one)).switched(running, now))

    def set_cursor(self, one: Automation, cursor: str | None) -> None:
        """Set what the next evaluation is given."""
        self._store.instigators.change(one.id, lambda state: replace(state or _new_state(one), cursor=cursor))

    def state_of(self, one: Automation) -> Instigator:
        """Return what is remembered of a schedule, sensor or condition, or what would be."""
        return self._store.instigators.get(one.id) or _new_state(one)

    # Ticks -----------------------------------------------------------------------------------------------------------

    def tick_facts(self) -> tuple[list[Tick], list[Facts]]:
        """Return the latest ticks, and what each has in the fields of queries."""
        ticks = self._store.ticks.list(limit=TICKS_LOOKED_AT)
        tags = {one.id: one.spec.tags for one in self._catalogs.get().automations}
        return ticks, [_tick_facts(tick, tags.get(tick.instigator, {})) for tick in ticks]

    def find_ticks(self, q: str, cursor: str | None = None, limit: int = 50) -> Page[TickRow]:
        """Return a page of the ticks that a query matches, the latest first; only the latest 5,000 are looked at.

        Raises:
            QueryError: The query cannot be read.
        """
        node = read_query("ticks", q)
        ticks, facts = self.tick_facts()
        fits = predicate(node, "tick", self._store.clock())
        found = [tick for tick, one in zip(ticks, facts, strict=True) if fits(one)]
        return cut(found, cursor, limit, lambda part: [tick_row(tick) for tick in part])

    def tick(self, tick_id: str) -> TickDetail:
        """Return a tick with its log and what it asked for.

        Raises:
            NotFoundError: There is no such tick.
        """
        tick = self._store.ticks.get(tick_id)
        if tick is None:
            raise NotFoundError(f"There is no tick {tick_id!r}.", tick=tick_id)
        return tick_detail(tick)

    def last_due(self, one: Automation) -> Micros | None:
        """Return the last instant at which a schedule was due; ``None`` for what is due at no instant."""
        if not isinstance(one.spec, ScheduleSpec):
            return None
        return one.spec.cron.previous_before(Micros(self._store.clock() + 1))

    def begin_by_hand(self, one: Automation, tick_id: str, at: Micros | None) -> Tick:
        """Note as begun a tick that somebody asked for, and return it as it is to be evaluated.

        Args:
            one: The schedule, sensor or condition.
            tick_id: The id of the tick.
            at: The instant that a schedule's tick stands for. It is stored beside the tick that is due at that instant,
                which the host begins itself.
        """
        begun = Tick(tick_id, one.id, one.kind, "started", self._store.clock(), data={"by_hand": True, "at": at})
        if one.kind != "schedule":
            self._store.instigators.change(one.id, lambda kept: kept or _new_state(one))
        self._store.ticks.begin(begun)
        return replace(begun, due_at=at)


def _new_state(one: Automation) -> Instigator:
    status = "running" if one.spec.runs_by_default else "stopped"
    return Instigator(one.id, one.kind, one.name, one.location, status)


def is_running(one: Automation, state: Instigator | None) -> bool:
    """Say whether a schedule, sensor or condition is on."""
    return one.spec.runs_by_default if state is None else state.is_running


def _kind(kind: str) -> AutomationKind:
    return "schedule" if kind == "schedule" else "automation" if kind == "automation" else "sensor"


def status_of(tick: Tick) -> TickStatus:
    """Return the outcome of a tick."""
    return cast(TickStatus, tick.status)


def run_ids(tick: Tick) -> list[str]:
    """Return the runs that a tick asked for."""
    found = tick.data.get("run_ids", [])
    return [str(one) for one in found] if isinstance(found, list) else []


def name_of(tick: Tick) -> str:
    """Return the name of what ticked."""
    return tick.instigator.rpartition(":")[2]


def _tick_facts(tick: Tick, tags: Mapping[str, str]) -> Facts:
    values = {
        "id": (tick.id,),
        "status": (status_of(tick),),
        "name": (name_of(tick),),
        "type": (_kind(tick.kind),),
        "run": run_ids(tick),
        "code_location": (tick.instigator.rpartition(":")[0],),
    }
    amounts: dict[str, float] = {"created": tick.created_at, "runs": len(run_ids(tick))}
    if tick.ended_at is not None:
        amounts |= {"ended": tick.ended_at, "duration": tick.ended_at - tick.created_at}
    return Facts(tags, values, amounts)


def tick_row(tick: Tick) -> TickRow:
    """Return a tick as a row."""
    ids = run_ids(tick)
    reason = tick.data.get("skip_reason") or tick.data.get("reason")
    cursor = tick.data.get("cursor")
    return TickRow(
        id=tick.id,
        automation=name_of(tick),
        kind=_kind(tick.kind),
        at=tick.due_at or tick.created_at,
        ended_at=tick.ended_at,
        status=status_of(tick),
        run_ids=ids[:100],
        requested=int(tick.data.get("requested", len(ids))),
        refused=sum("refused" in one for one in tick.data.get("requests", ())),
        skip_reason=None if reason is None else str(reason),
        error=error_of_raw(tick.data.get("error")),
        cursor=None if cursor is None else str(cursor),
    )


def tick_detail(tick: Tick) -> TickDetail:
    """Return a tick with its log and what it asked for."""
    row = tick_row(tick)
    logs = [one for one in tick.data.get("logs", []) if isinstance(one, dict)]
    asked = [one for one in tick.data.get("requests", []) if isinstance(one, dict)]
    return TickDetail(
        **{field: getattr(row, field) for field in TickRow.__struct_fields__},
        logs=[
            TickDetailLog(
                at=Micros(int(one.get("at", tick.created_at))),
                level=_level(one.get("level")),
                message=str(one.get("message", "")),
            )
            for one in logs[:1_000]
        ],
        requests=[
            TickDetailRequest(
                run_key=one.get("run_key"),
                job=one.get("job") or one.get("job_name"),
                partition=one.get("partition") or one.get("partition_key"),
                tags={str(key): str(value) for key, value in (one.get("tags") or {}).items()},
                run_config=one.get("run_config") or {},
                refused=one.get("refused"),
            )
            for one in asked[:1_000]
        ],
        partitions=[
            TickDetailPartitions(
                definition=str(one["partitions_def_name"]), action=one["type"], keys=list(one["partition_keys"])
            )
            for one in tick.data.get("partitions", [])
        ],
        output=str(tick.data.get("output", "")),
    )


def tried_detail(tick: Tick, told: Mapping[str, Any], now: Micros) -> TickDetail:
    """Return a tick that was only tried.

    Args:
        tick: The tick as it would have begun.
        told: What it came to, as the process that holds user code tells it.
        now: When that was.
    """
    return tick_detail(replace(tick, status=str(told.get("status", "skipped")), ended_at=now, data=dict(told)))


def _level(raw: Any) -> Any:
    word = str(raw or "info").lower()
    return word if word in ("debug", "info", "warning", "error", "critical") else "info"
