"""Runs over time: rows of a time line, and what runs come to by a tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from earmark.partitions.cron import Cron
from earmark.runs.run import DagsterRun
from earmark.specs.job import ASSET_JOB
from earmark.specs.schedule import ScheduleSpec
from earmark.store.ports import Store
from earmark.tags import system
from earmark.tags.query import Comparison, Exact, Node, Term, all_of
from earmark.tags.query.tree import Or
from earmark.values.clock import Micros, to_datetime
from earmark.views.catalog import Automation, CatalogCache
from earmark.views.faults import BadRequestError
from earmark.views.listing import read_query
from earmark.views.runs import source_of
from earmark.views.shapes.finding import (
    Insights,
    Timeline,
    TimelineRow,
    TimelineRowFuture,
    TimelineRun,
)
from earmark.views.tally import COST_KEYS, Tally
from earmark.views.values import shown

MOST_RUNS = 250_000
"""So many runs are summed up at most, the newest."""

_DAY = 86_400_000_000
_SECOND = 1_000_000
_SHOWN_RUNS = 200
"""So many runs of a row are drawn at most, the newest."""
_DRAWN_RUNS = 1_200
"""So many of all rows, shared evenly."""
_TIMELINE_RUNS = 5_000
_MOST_FUTURE = 50
_SOURCE_KEYS = (
    system.TICK, system.FROM_AUTOMATION_CONDITION, system.BACKFILL, system.RETRY_NUMBER, system.PARENT_RUN_ID,
    system.SCHEDULE_NAME, system.SENSOR_NAME, system.USER,
)  # fmt: skip
"""What says what asked for a run."""

Grouping = Callable[[DagsterRun], str | None]


def grouping(by: str) -> Grouping:
    """Return what puts a run into a row: ``job``, ``location``, ``source``, ``automation`` or ``tag:KEY``.

    Raises:
        BadRequestError: It is none of these.
    """
    if by.startswith("tag:") and len(by) > 4:
        key = by[4:]
        return lambda run: run.tags.get(key)
    match by:
        case "job":
            return lambda run: None if run.job_name == ASSET_JOB else run.job_name
        case "location":
            return lambda run: run.code_location
        case "source":
            return lambda run: source_of(run).kind
        case "automation":
            return _automation_of
        case _:
            raise BadRequestError(
                f"Runs cannot be grouped by {by!r}.", hint="By job, automation, location, source or tag:KEY."
            )


def keys_of(by: str) -> Sequence[str]:
    """Return the keys of the tags by which a grouping goes."""
    if by.startswith("tag:"):
        return (by[4:],)
    return _SOURCE_KEYS if by in ("source", "automation") else ()


def _automation_of(run: DagsterRun) -> str | None:
    source = source_of(run)
    return source.name if source.kind in ("schedule", "sensor", "automation") else None


def _instant(at: int) -> Exact:
    return Exact(to_datetime(Micros(at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


def between(node: Node, start: int, end: int) -> Node:
    """Return the runs of a query that were created within a stretch of time."""
    return all_of(
        [node, Term("created", (_instant(start),), Comparison.GE), Term("created", (_instant(end),), Comparison.LE)]
    )


class InsightPages:
    """Everything that time lines and insights ask.

    Args:
        store: The store.
        catalogs: The definitions.
    """

    def __init__(self, store: Store, catalogs: CatalogCache) -> None:
        self._store = store
        self._catalogs = catalogs

    def timeline(self, q: str, by: str, start: int | None, end: int | None, limit: int) -> Timeline:
        """Return runs in rows, with the ticks to come.

        Args:
            q: A query over runs.
            by: What makes a row.
            start: Where the time line begins; a day ago if ``None``.
            end: Where it ends; now if ``None``.
            limit: How many rows at most, those with most runs first.
        """
        now = self._store.clock()
        end = now if end is None else end
        start = end - _DAY if start is None else start
        start, end = _checked(start, end)
        row_of = grouping(by)
        node = read_query("runs", q)
        # A run that was created before and went on into the stretch belongs to it too.
        unfinished = Term("status", tuple(Exact(word) for word in ("queued", "starting", "running", "canceling")))
        late = Term("ended", (_instant(start),), Comparison.GE)
        wanted = all_of([node, Term("created", (_instant(end),), Comparison.LE), Or((unfinished, late))])
        rows: dict[str | None, list[DagsterRun]] = {}
        found = self._store.runs.sketches(wanted, keys=keys_of(by), limit=_TIMELINE_RUNS, with_origins=by == "source")
        for run in sorted(found, key=lambda run: run.created_at, reverse=True):
            rows.setdefault(row_of(run), []).append(run)
        future = self._future(by, now, end) if end > now else {}
        for value in future:
            rows.setdefault(value, [])
        ranked = sorted(rows, key=lambda value: (value is None, -len(rows[value]), value or ""))
        shown = ranked[:limit]
        most = min(_SHOWN_RUNS, _DRAWN_RUNS // max(1, len(shown)))
        return Timeline(
            by=by,
            from_=start,
            to=end,
            now=now,
            rows=[self._row(value, rows[value], future.get(value, []), most) for value in shown],
            omitted_rows=max(0, len(ranked) - limit),
        )

    def _row(
        self, value: str | None, runs: Sequence[DagsterRun], future: list[TimelineRowFuture], most: int
    ) -> TimelineRow:
        return TimelineRow(
            value=value,
            runs=[
                TimelineRun(
                    id=run.run_id,
                    status=run.status.value,  # type: ignore[arg-type]
                    job=None if run.job_name == ASSET_JOB else run.job_name,
                    start=run.started_at or run.queued_at or run.created_at,
                    end=run.ended_at,
                )
                for run in runs[:most]
            ],
            omitted=max(0, len(runs) - most),
            future=future[:_MOST_FUTURE],
            total=len(runs),
            failed=sum(run.is_failure for run in runs),
        )

    def _future(self, by: str, now: Micros, end: int) -> dict[str | None, list[TimelineRowFuture]]:
        states = {one.id: one for one in self._store.instigators.all("schedule")}
        found: dict[str | None, list[TimelineRowFuture]] = {}
        for one in self._catalogs.get().automations:
            known = states.get(one.id)
            is_on = one.spec.runs_by_default if known is None else known.status == "running"
            if not isinstance(one.spec, ScheduleSpec) or not is_on:
                continue
            row = _row_of_automation(one, by)
            for count, tick in enumerate(cron_of(one.spec).ticks_between(now, Micros(end))):
                if count == _MOST_FUTURE:
                    break
                found.setdefault(row, []).append(TimelineRowFuture(at=tick, name=one.name))
        return found

    def insights(self, q: str, by: str, start: int | None, end: int | None, buckets: int, limit: int) -> Insights:
        """Return what runs come to by a tag, over time.

        Args:
            q: A query over runs.
            by: What makes a series.
            start: Where it begins; a week ago if ``None``.
            end: Where it ends; now if ``None``.
            buckets: Into how many stretches time is cut.
            limit: How many series at most; the rest is summed as ``(other)``.
        """
        now = self._store.clock()
        end = now if end is None else end
        start = end - 7 * _DAY if start is None else start
        start, end = _checked(start, end)
        series_of = grouping(by)
        node = between(read_query("runs", q), start, end)
        total = self._store.runs.count(node)
        size = max(1, -(-(end - start) // buckets))
        tally = Tally(start, size, buckets)
        keys = {*COST_KEYS, *keys_of(by)}
        for run in self._store.runs.sketches(node, keys=keys, limit=MOST_RUNS, with_origins=by == "source"):
            tally.add(series_of(run), run)
        totals, series = tally.summed(limit)
        return Insights(
            by=by,
            buckets=[start + size * at for at in range(buckets)],
            bucket_size=size / _SECOND,
            totals=totals,
            omitted=max(0, total - MOST_RUNS),
            series=series,
        )


def cron_of(spec: ScheduleSpec) -> Cron:
    """Return when a schedule ticks."""
    return Cron(spec.cron_schedules, spec.timezone or "UTC")


def _row_of_automation(one: Automation, by: str) -> str | None:
    match by:
        case "automation":
            return one.name
        case "job":
            return one.jobs[0] if one.jobs else None
        case "location":
            return one.location
        case "source":
            return one.kind
        case _:
            return shown(one.spec.tags).get(by.removeprefix("tag:"))


def _checked(start: int, end: int) -> tuple[int, int]:
    if not 0 <= start < end < 1 << 53:
        raise BadRequestError("The time begins after it ends.", hint="from and to are microseconds, from the lower.")
    if end > 253_402_300_799_000_000:
        raise BadRequestError("The time ends after the year 9999.")
    return start, end
