"""Runs: lists, logs, why they wait, and what can be done with them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Redirect

from earmark.server.acting import bulk, cancel, edit_tags, remove, set_priority
from earmark.server.pages import Pages
from earmark.server.verbs import (
    AnyRequest,
    Caller,
    Cursor,
    FromInstant,
    Here,
    Instant,
    Limit,
    MaybeName,
    Name,
    Query,
    Sort,
    commas,
    operator,
)
from earmark.values.errors import DagsterRunNotFoundError
from earmark.views.compare import compare_runs
from earmark.views.costs import PeriodName, as_csv
from earmark.views.logs import MOST_OUTPUT, events_of, output_of
from earmark.views.shapes.common import Page
from earmark.views.shapes.finding import CostReport, Insights, Timeline
from earmark.views.shapes.runs import (
    BulkResult,
    BulkRuns,
    Explanation,
    RunComparison,
    RunCounts,
    RunDetail,
    RunEvents,
    RunOutput,
    RunRow,
)
from earmark.views.shapes.tags import TagEdit, TagWithOrigin

LogLength = Annotated[int, QueryParameter(ge=1, le=1_000)]
OtherRun = Annotated[str | None, QueryParameter(name="with", max_length=100, description="The run to compare it with.")]
Periods = Annotated[int, QueryParameter(ge=1, le=120, description="How many periods, the last of which is going on.")]
Tail = Annotated[int | None, QueryParameter(ge=1, le=1_000)]

_ROWS_OF_A_TABLE = 10_000


class CancelRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a run is to be ended."""

    force: bool = False


class PriorityRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The priority that a queued run should have."""

    priority: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


@get("/api/runs", sync_to_thread=True)
def runs(
    pages: Here,
    q: Query = "",
    ids: MaybeName = None,
    sort: Sort = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RunRow]:
    """List runs."""
    pages.tail.catch_up()
    if ids is not None:
        return pages.runs.some(commas(ids)[:200])
    return pages.runs.find(q, sort, cursor, limit)


@get("/api/runs/counts", sync_to_thread=True)
def counts(pages: Here, q: Query = "") -> RunCounts:
    """Count runs by state."""
    return pages.runs.counts(q)


@get("/api/runs/{run_id:str}", sync_to_thread=True)
def run(pages: Here, run_id: FromPath[str]) -> RunDetail:
    """Show a run; the beginning of an id leads to the run that it means."""
    pages.tail.catch_up()
    return pages.runs.detail(run_id)


@get("/api/runs/{run_id:str}/events", sync_to_thread=True)
def events(
    pages: Here,
    run_id: FromPath[str],
    cursor: Cursor = None,
    level: MaybeName = None,
    step: MaybeName = None,
    kind: MaybeName = None,
    text: Name = "",
    noise: FromQuery[bool] = False,
    limit: LogLength = 200,
    tail: Tail = None,
) -> RunEvents:
    """Read the log of a run."""
    return events_of(
        pages.store, run_id, cursor=cursor, level=level, step=step, kind=kind, text=text, noise=noise, limit=limit,
        tail=tail,
    )  # fmt: skip


@get("/api/runs/{run_id:str}/output", sync_to_thread=True)
def output(
    pages: Here,
    run_id: FromPath[str],
    step: MaybeName = None,
    stream: Name = "stdout",
    offset: Annotated[int, QueryParameter(ge=-(2**53), le=2**53)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_OUTPUT)] = 65_536,
) -> RunOutput:
    """Read what a step printed."""
    known = pages.runs.get(run_id).run_id
    return output_of(pages.options.home, known, step or None, stream, offset, limit)


@get("/api/runs/{run_id:str}/compare", sync_to_thread=True)
def compare(pages: Here, run_id: FromPath[str], other: OtherRun = None) -> RunComparison:
    """Put a run beside another, by default the last good one before it."""
    return compare_runs(pages.store, pages.runs, run_id, other)


@get("/api/runs/{run_id:str}/explain", sync_to_thread=True)
def explain(pages: Here, run_id: FromPath[str]) -> Explanation:
    """Say why a run waits."""
    return pages.boards.get().explain(pages.runs.get(run_id))


@post("/api/runs/{run_id:str}/cancel", status_code=202, guards=[operator], sync_to_thread=True)
def cancel_run(pages: Here, access: Caller, run_id: FromPath[str], data: JSONBody[CancelRequest]) -> None:
    """Ask for the end of a run."""
    cancel(pages, access, run_id, data.force)


@patch("/api/runs/{run_id:str}/tags", guards=[operator], sync_to_thread=True)
def tags(pages: Here, access: Caller, run_id: FromPath[str], data: JSONBody[TagEdit]) -> list[TagWithOrigin]:
    """Edit the tags of a run."""
    edit_tags(pages, access, run_id, data)
    return pages.runs.tag_rows(pages.runs.get(run_id))


@patch("/api/runs/{run_id:str}/priority", status_code=204, guards=[operator], sync_to_thread=True)
def priority(
    pages: Here,
    access: Caller,
    run_id: FromPath[str],
    data: JSONBody[PriorityRequest],
) -> None:
    """Set the priority of a queued run."""
    set_priority(pages, access, run_id, data.priority)


@delete("/api/runs/{run_id:str}", guards=[operator], sync_to_thread=True)
def remove_run(pages: Here, access: Caller, run_id: FromPath[str]) -> None:
    """Delete a finished run."""
    remove(pages, access, run_id)


@post("/api/runs/bulk", status_code=200, guards=[operator], sync_to_thread=True)
def bulk_runs(pages: Here, access: Caller, data: JSONBody[BulkRuns]) -> BulkResult:
    """Do something to all runs that match."""
    return bulk(pages, access, data)


@get("/api/timeline", sync_to_thread=True)
def timeline(
    pages: Here,
    q: Query = "",
    by: Name = "job",
    from_: FromInstant = None,
    to: Instant = None,
    limit: Limit = 60,
) -> Timeline:
    """Show runs over time, in rows."""
    return pages.insights.timeline(q, by, from_, to, limit)


@get("/api/insights", sync_to_thread=True)
def insights(
    pages: Here,
    q: Query = "",
    by: Name = "job",
    from_: FromInstant = None,
    to: Instant = None,
    buckets: Annotated[int, QueryParameter(ge=1, le=120)] = 24,
    limit: Limit = 12,
) -> Insights:
    """Show what runs come to by a tag, over time."""
    return pages.insights.insights(q, by, from_, to, buckets, limit)


@get("/api/costs", sync_to_thread=True)
def costs(
    pages: Here,
    q: Query = "",
    by: Name = "job",
    measure: Name = "run_time",
    period: FromQuery[PeriodName] = "month",
    count: Periods = 6,
    zone: Name = "UTC",
    limit: Limit = 50,
) -> CostReport:
    """Say what runs cost by a tag, a job or an asset, period by period."""
    return pages.costs.report(q, by, measure, period=period, count=count, zone=zone, limit=limit)


@get("/api/costs.csv", sync_to_thread=True, media_type="text/csv")
def costs_as_csv(
    pages: Here,
    q: Query = "",
    by: Name = "job",
    measure: Name = "run_time",
    period: FromQuery[PeriodName] = "month",
    count: Periods = 6,
    zone: Name = "UTC",
) -> Response[str]:
    """Say what runs cost as a table for spreadsheets, with every row."""
    report = pages.costs.report(q, by, measure, period=period, count=count, zone=zone, limit=_ROWS_OF_A_TABLE)
    name = "".join(one if one.isalnum() else "-" for one in f"{measure} by {by}")
    attached = f'attachment; filename="{name}.csv"'
    return Response(as_csv(report, zone), media_type="text/csv", headers={"Content-Disposition": attached})


def to_whole_id(request: AnyRequest, pages: Pages, run_id: str, error: DagsterRunNotFoundError) -> Response[None]:
    """Lead from the beginning of an id to the run that it means.

    Raises:
        DagsterRunNotFoundError: It means none.
    """
    whole = pages.runs.resolve(run_id)
    rest = request.url.path.partition(f"/api/runs/{run_id}")[2]
    query = urlencode(list(request.query_params.multi_items()))
    path = f"{pages.options.prefix}api/runs/{quote(whole)}{rest}{f'?{query}' if query else ''}"
    return Redirect(path, status_code=307)


HANDLERS = [
    runs, counts, run, events, output, compare,
    explain, cancel_run, tags, priority, remove_run, bulk_runs, timeline, insights,
    costs, costs_as_csv,
]  # fmt: skip
