"""Runs: rows of the list, counts for the tabs, a run's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from earmark.events import kinds
from earmark.plan.plan import Plan
from earmark.runs.run import DagsterRun
from earmark.specs.job import ASSET_JOB
from earmark.store.ports import Store
from earmark.tags import system
from earmark.tags.query import All, Exact, Glob, Node, Term, all_of
from earmark.values import wire
from earmark.values.errors import DagsterRunNotFoundError
from earmark.values.states import IN_PROGRESS_STATES, DagsterRunStatus
from earmark.views.catalog import CatalogCache
from earmark.views.faults import BadRequestError
from earmark.views.listing import cut, fitting, ordered, read_query, read_sort, without
from earmark.views.queue import BoardCache
from earmark.views.shapes.common import Page
from earmark.views.shapes.runs import (
    RunAction,
    RunCounts,
    RunDetail,
    RunDetailFirstFailure,
    RunDetailFlowConflict,
    RunDetailLastGood,
    RunDetailTagHistory,
    RunDetailWorker,
    RunRow,
    RunRowFailure,
    RunSource,
    StepCounts,
    StepRow,
)
from earmark.views.shapes.tags import TagWithOrigin
from earmark.views.steps import STEP_FACTS, StepState, count_steps, fold_steps, step_rows
from earmark.views.values import ORIGINS, error_of, error_of_text, first_line, shown, tag_row

SORTS = ("created_at", "started_at", "duration", "priority")
MOST_SORTED = 2_000
"""Up to so many runs can be put into another order than that of their creation."""

_SECOND = 1_000_000
_FAMILY = 50
_SHOWN_ASSETS = 3
_MOST_EVENTS = 50_000


class RunPages:
    """Everything that pages about runs ask.

    Args:
        store: The store.
        catalogs: The definitions.
        boards: The queue.
    """

    def __init__(self, store: Store, catalogs: CatalogCache, boards: BoardCache) -> None:
        self._store = store
        self._catalogs = catalogs
        self._boards = boards
        self._plan = lru_cache(maxsize=512)(self._read_plan)
        self._end = lru_cache(maxsize=4_096)(self._read_end)  # of a run that has failed; it stays as it is

    # The list --------------------------------------------------------------------------------------------------------

    def find(self, q: str, sort: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[RunRow]:
        """Return a page of the runs that a query matches.

        Raises:
            QueryError: The query cannot be read.
            BadRequestError: There is no such order, or too many runs match for it.
        """
        field, descending = read_sort(sort, SORTS, "-created_at")
        node = read_query("runs", q)
        total = self._store.runs.count(node)
        if field != "created_at":
            return self._sorted(node, field, descending, total, cursor, limit)
        page = self._store.runs.find(node, limit=limit, cursor=cursor or None, ascending=not descending)
        rows = fitting(self.rows(page.runs))
        following = page.cursor if len(rows) == len(page.runs) else rows[-1].id
        return Page(items=rows, next_cursor=following, total=total)

    def _sorted(
        self, node: Node, field: str, descending: bool, total: int, cursor: str | None, limit: int
    ) -> Page[RunRow]:
        if total > MOST_SORTED:
            raise BadRequestError(
                f"{total:,} runs match; by {field} at most {MOST_SORTED:,} can be ordered.",
                hint="Narrow the query, for example with created:>-24h.",
                total=total,
            )
        now = self._store.clock()
        runs = self._store.runs.find(node, limit=MOST_SORTED).runs

        def value(run: DagsterRun) -> Any:
            match field:
                case "started_at":
                    return run.started_at
                case "duration":
                    return None if run.started_at is None else (run.ended_at or now) - run.started_at
                case _:
                    return run.priority

        return cut(ordered(runs, value, descending), cursor, limit, self.rows)

    def some(self, ids: Sequence[str]) -> Page[RunRow]:
        """Return just these runs, those that exist."""
        rows = self.rows(self._store.runs.get_many(ids))
        return Page(items=rows, next_cursor=None, total=len(rows))

    def rows(self, runs: Iterable[DagsterRun]) -> list[RunRow]:
        """Return runs as rows."""
        return [self.row(run) for run in runs]

    def row(self, run: DagsterRun) -> RunRow:
        """Return a run as a row."""
        now = self._store.clock()
        plan = self._plan(run.plan_hash)
        assets = self._assets(run, plan)
        begun = run.started_at or run.ended_at
        left = run.starting_at or begun
        wait_until = left if left is not None else (now if run.status is DagsterRunStatus.QUEUED else None)
        queued = None if run.queued_at is None or wait_until is None else max(0, wait_until - run.queued_at) / _SECOND
        duration = None if run.started_at is None else max(0, (run.ended_at or now) - run.started_at) / _SECOND
        return RunRow(
            id=run.run_id,
            job=None if run.job_name == ASSET_JOB else run.job_name,
            location=run.code_location or "",
            status=run.status.value,  # type: ignore[arg-type]
            tags=shown(run.tags),
            priority=run.priority,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            duration=duration,
            queued=queued,
            partition=partition_of(run),
            assets=assets[:_SHOWN_ASSETS],
            asset_count=len(assets),
            source=source_of(run),
            steps=self._steps(run, plan),
            wait=self._boards.get().wait_of(run) if run.status is DagsterRunStatus.QUEUED else None,
            failure=self._failure(run),
            parent=run.parent_run_id,
            root=run.root_run_id,
            actions=actions_of(run),
        )

    def _steps(self, run: DagsterRun, plan: Plan | None) -> StepCounts:
        total = len(plan.steps) if plan is not None else len(run.step_keys_to_execute or ())
        done = run.steps_succeeded + run.steps_failed + run.steps_skipped
        if run.status in IN_PROGRESS_STATES:
            return count_steps(total, self._states(run, limit=2_000))
        return StepCounts(
            total=max(total, done),
            succeeded=run.steps_succeeded,
            failed=run.steps_failed,
            running=0,
            skipped=run.steps_skipped,
        )

    def _failure(self, run: DagsterRun) -> RunRowFailure | None:
        """Return why a run failed, in a line: what the first step that failed raised, where one did."""
        if not run.is_failure:
            return None
        end = self._end(run.run_id)
        reason = run.failure_reason.value if run.failure_reason else "UNKNOWN"
        error = None if end is None else end.error
        message = first_line(error, run.failure_message or f"The run failed: {reason}.")
        return RunRowFailure(step=next(iter(end.failed_steps), None) if end else None, message=message, reason=reason)

    def _read_end(self, run_id: str) -> kinds.RunFailed | None:
        for event in self._store.events.of_run(run_id, kinds=(kinds.RunFailed,)):
            if isinstance(event.fact, kinds.RunFailed) and not event.late:
                return event.fact
        return None

    def _states(self, run: DagsterRun, limit: int = _MOST_EVENTS) -> dict[str, StepState]:
        return fold_steps(self._store.events.of_run(run.run_id, kinds=STEP_FACTS, limit=limit))

    def _assets(self, run: DagsterRun, plan: Plan | None) -> list[str]:
        if run.asset_selection is not None:
            return sorted(key.to_user_string() for key in run.asset_selection)
        return [key.to_user_string() for key in plan.assets] if plan is not None else []

    def _read_plan(self, plan_hash: str | None) -> Plan | None:
        data = None if plan_hash is None else self._store.plans.get(plan_hash)
        return None if data is None else wire.decode(data, Plan)

    def counts(self, q: str) -> RunCounts:
        """Return how many runs are in each state, whatever states the query names."""
        node = without(read_query("runs", q), lambda term: term.field == "status" and term.key is None)

        tabs = {
            "queued": ("queued", "not_started"),
            "running": ("starting", "running", "canceling"),
            "failed": ("failed",),
            "succeeded": ("succeeded",),
            "canceled": ("canceled",),
        }
        states = [Term("status", tuple(map(Exact, words))) for words in tabs.values()]
        total, *counts = self._store.runs.count_each(node, [All(), *states])
        return RunCounts(
            all=total,
            **dict(zip(tabs, counts, strict=True)),
            backfills=len(self._store.backfills.list(limit=1_000)),
        )

    # One run ---------------------------------------------------------------------------------------------------------

    def get(self, run_id: str) -> DagsterRun:
        """Return a run by its id.

        Raises:
            DagsterRunNotFoundError: There is none.
        """
        return self._store.runs.get(run_id)

    def resolve(self, prefix: str) -> str:
        """Return the id of the one run that begins with a prefix.

        Raises:
            DagsterRunNotFoundError: None does, or several do, or the prefix has fewer than 8 characters.
        """
        if len(prefix) >= 8 and prefix.replace("-", "").isalnum():
            found = self._store.runs.find(Term("id", (Glob(f"{prefix}*"),)), limit=2).runs
            if len(found) == 1:
                return found[0].run_id
        raise DagsterRunNotFoundError(f"There is no run {prefix!r}.", run_id=prefix)

    def detail(self, run_id: str) -> RunDetail:
        """Return a run's page.

        Raises:
            DagsterRunNotFoundError: There is no such run.
        """
        run = self.get(run_id)
        row = self.row(run)
        plan = self._plan(run.plan_hash)
        states = self._states(run)
        good, good_steps = self._last_good(run)
        noted = self._store.events.of_run(run_id, kinds=(kinds.RunTagged, kinds.RunStarted, kinds.EngineNoted))
        return RunDetail(
            **{name: getattr(row, name) for name in RunRow.__struct_fields__},
            tag_rows=self.tag_rows(run),
            step_rows=step_rows(plan, states, good_steps, is_finished=run.is_finished, begun_at=run.started_at),
            first_failure=self._first_failure(run, states),
            config=config_text(run.run_config),
            op_selection=list(run.op_selection or ()),
            asset_selection=self._assets(run, plan),
            family=self._family(run),
            last_good=good,
            flow_conflicts=_conflicts(noted),
            tag_history=_tag_history(noted),
            worker=_worker(noted, run),
            trace_id=run.trace_id,
        )

    def step_rows(self, run: DagsterRun) -> list[StepRow]:
        """Return the steps of a run."""
        plan, states = self._plan(run.plan_hash), self._states(run)
        return step_rows(plan, states, {}, is_finished=run.is_finished, begun_at=run.started_at)

    def tag_rows(self, run: DagsterRun) -> list[TagWithOrigin]:
        """Return the tags of a run with what set each; edits count as the origin of what they set."""
        edits: dict[str, str] = {}
        for event in self._store.events.of_run(run.run_id, kinds=(kinds.RunTagged,)):
            assert isinstance(event.fact, kinds.RunTagged)
            edits.update({key: event.fact.author for key, value in event.fact.tags.items() if value is not None})
        rows = []
        for key, value in shown(run.tags).items():
            origin = run.tag_origins.get(key)
            if key in edits:
                rows.append(tag_row(key, value, "edit", edits[key]))
            elif origin is None:
                rows.append(tag_row(key, value, "system"))
            else:
                rows.append(tag_row(key, value, ORIGINS.get(origin.kind, "system"), origin.name))
        return rows

    def _last_good(self, run: DagsterRun) -> tuple[RunDetailLastGood | None, dict[str, float]]:
        node = all_of([Term("job", (Exact(run.job_name),)), Term("status", (Exact("succeeded"),))])
        for good in self._store.runs.find(node, limit=2).runs:
            if good.run_id == run.run_id or good.started_at is None or good.ended_at is None:
                continue
            events = self._store.events.of_run(good.run_id, kinds=(kinds.StepSucceeded,), limit=5_000)
            seconds = {
                event.step_key: event.fact.duration / _SECOND
                for event in events
                if event.step_key is not None and isinstance(event.fact, kinds.StepSucceeded)
            }
            return RunDetailLastGood(id=good.run_id, duration=(good.ended_at - good.started_at) / _SECOND), seconds
        return None, {}

    def _family(self, run: DagsterRun) -> list[RunRow]:
        root = run.root_run_id or run.run_id
        node = Term("root", (Exact(root),))
        others = self._store.runs.find(node, limit=_FAMILY, ascending=True).runs
        if not others and run.root_run_id is None:
            return [self.row(run)]
        known = {one.run_id: one for one in (*self._store.runs.get_many([root]), *others, run)}
        return self.rows(sorted(known.values(), key=lambda one: one.created_at))

    def _first_failure(self, run: DagsterRun, states: dict[str, StepState]) -> RunDetailFirstFailure | None:
        failed = [
            (state.failed_at, key)
            for key, state in states.items()
            if state.status == "failed" and state.failed_at is not None
        ]
        if failed:
            at, key = min(failed)
            known = error_of(states[key].error) or error_of_text("StepFailed", states[key].failure_message)
            return RunDetailFirstFailure(step=key, at=at, error=known)
        if not run.is_failure:
            return None
        for event in self._store.events.of_run(run.run_id, kinds=(kinds.RunFailed, kinds.ResourceInitFailed)):
            error = error_of(getattr(event.fact, "error", None))
            if error is not None:
                return RunDetailFirstFailure(step=event.step_key, at=event.timestamp, error=error)
        reason = run.failure_reason.value if run.failure_reason else "UNKNOWN"
        error = error_of_text(reason, run.failure_message or f"The run failed: {reason}.")
        return RunDetailFirstFailure(step=None, at=run.ended_at or run.created_at, error=error)


def partition_of(run: DagsterRun) -> str | None:
    """Return the partition of a run, or its range as ``first...last``."""
    if system.PARTITION in run.tags:
        return run.tags[system.PARTITION]
    first = run.tags.get(system.PARTITION_RANGE_START)
    return None if first is None else f"{first}...{run.tags.get(system.PARTITION_RANGE_END, '')}"


def source_of(run: DagsterRun) -> RunSource:
    """Return what asked for a run, as its tags say."""
    tags = run.tags
    tick = tags.get(system.TICK)
    if system.FROM_AUTOMATION_CONDITION in tags:
        return RunSource(kind="automation", name=tags.get(system.SENSOR_NAME), tick=tick)
    if system.BACKFILL in tags:
        return RunSource(kind="backfill", name=tags[system.BACKFILL], tick=None)
    if system.RETRY_NUMBER in tags:
        return RunSource(kind="retry", name=tags.get(system.PARENT_RUN_ID), tick=None)
    if system.SCHEDULE_NAME in tags:
        return RunSource(kind="schedule", name=tags[system.SCHEDULE_NAME], tick=tick)
    if system.SENSOR_NAME in tags:
        return RunSource(kind="sensor", name=tags[system.SENSOR_NAME], tick=tick)
    surface = next((origin.name for origin in run.tag_origins.values() if origin.kind == "launch"), "")
    user = tags.get(system.USER)
    if surface in ("cli", "api"):
        return RunSource(kind="cli" if surface == "cli" else "api", name=user, tick=None)
    return RunSource(kind="manual", name=user, tick=None)


def actions_of(run: DagsterRun) -> list[RunAction]:
    """Return what can be done with a run as it stands."""
    if not run.is_finished:
        found: list[RunAction] = ["cancel", "tag"]
        return [*found, "prioritise"] if run.status is DagsterRunStatus.QUEUED else found
    retries: list[RunAction] = ["retry", "retry_from_failure"] if run.is_failure_or_canceled else ["retry"]
    return [*retries, "tag", "delete"]


def config_text(config: dict[str, Any]) -> str:
    """Return a configuration as YAML; none is the empty text."""
    if not config:
        return ""
    import yaml

    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _conflicts(events: Iterable[Any]) -> list[RunDetailFlowConflict]:
    found = []
    for event in events:
        if isinstance(event.fact, kinds.EngineNoted) and event.fact.message.startswith("The assets disagree about"):
            text = event.fact.message
            key = text.partition("'")[2].partition("'")[0]
            values, _, resolution = text.partition(": ")[2].partition(". ")
            found.append(
                RunDetailFlowConflict(key=key, values=[one.strip() for one in values.split(",")], resolution=resolution)
            )
    return found


def _tag_history(events: Iterable[Any]) -> list[RunDetailTagHistory]:
    found = [
        RunDetailTagHistory(
            at=event.timestamp,
            author=event.fact.author,
            set={key: value for key, value in event.fact.tags.items() if value is not None},
            remove=[key for key, value in event.fact.tags.items() if value is None],
        )
        for event in events
        if isinstance(event.fact, kinds.RunTagged)
    ]
    return found[::-1]


def _worker(events: Iterable[Any], run: DagsterRun) -> RunDetailWorker | None:
    for event in events:
        if isinstance(event.fact, kinds.RunStarted):
            fact = event.fact
            image = fact.image or run.tags.get(system.IMAGE)
            return RunDetailWorker(pid=fact.pid or None, host=fact.host or None, image=image)
    return None
