"""Schedules, sensors, conditions, their ticks; and backfills."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec.structs import replace

from earmark.daemon.dispatch import tick_order
from earmark.locations.remote import NotServedError
from earmark.server.launching import require_backfill
from earmark.server.problems import NotAllowedError
from earmark.server.tokens import Access
from earmark.server.verbs import (
    LAST_INSTANT,
    Caller,
    Cursor,
    Here,
    Limit,
    MaybeName,
    Name,
    Query,
    Sort,
    note,
    operator,
)
from earmark.store.records import Tick
from earmark.system import tracing
from earmark.tags.query.evaluate import Facts, predicate
from earmark.tags.system import Place, check_user_tags
from earmark.tags.tag import normalize_run_tags
from earmark.values.clock import Micros
from earmark.views.automation import tried_detail
from earmark.views.backfills import tags_of
from earmark.views.catalog import Automation
from earmark.views.faults import BadBodyError
from earmark.views.shapes.assets import PartitionMap
from earmark.views.shapes.automation import AutomationDetail, AutomationRow, TickDetail, TickRow
from earmark.views.shapes.backfills import BackfillDetail, BackfillRow
from earmark.views.shapes.common import Page
from earmark.views.shapes.runs import BulkResult, BulkResultFailed
from earmark.views.shapes.tags import TagEdit
from earmark.views.values import edited_tags

PREVIEW_SECONDS = 25.0
"""How long the code of a tick that is only tried may take."""


class SetRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be switched on or off: by name, or by a query."""

    running: bool
    names: list[str] | None = None
    q: str | None = None
    dry_run: bool = False


class TickPreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule or sensor to be evaluated without consequences."""

    name: str
    at: Annotated[int, msgspec.Meta(ge=0, le=LAST_INSTANT)] | None = None
    cursor: str | None = None


class TickRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule or sensor to be evaluated now, with consequences."""

    name: str
    location: str | None = None
    at: Annotated[int, msgspec.Meta(ge=0, le=LAST_INSTANT)] | None = None
    """The instant that a schedule's tick stands for; the last one that was due if ``None``."""


class CursorRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the next evaluation is given."""

    name: str
    cursor: str | None = None


class BackfillEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change about a backfill."""

    tags: TagEdit | None = None
    priority: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] | None = None
    max_in_flight: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None


@get("/api/automation", sync_to_thread=True)
def automations(
    pages: Here, q: Query = "", sort: Sort = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[AutomationRow]:
    """List schedules, sensors and conditions."""
    return pages.automation.find(q, sort, cursor, limit)


@get("/api/automation/one", sync_to_thread=True)
def automation(pages: Here, name: Name, location: MaybeName = None) -> AutomationDetail:
    """Show a schedule, sensor or condition."""
    return pages.automation.detail(name, location)


@post("/api/automation/set", status_code=200, guards=[operator], sync_to_thread=True)
def set_running(pages: Here, access: Caller, data: JSONBody[SetRequest]) -> BulkResult:
    """Switch schedules, sensors and conditions on or off."""
    if data.names is None and data.q is None:
        raise BadBodyError("Say which: by names, or by a query.", path="names")
    catalog = pages.catalogs.get()
    chosen = [catalog.automation(name) for name in data.names or ()]
    if data.q is not None:
        chosen += [one for one in pages.automation.select(data.q) if one not in chosen]
    allowed = [one for one in chosen if _may_switch(access, one)]
    failed = [
        BulkResultFailed(id=one.name, detail=f"This token may only act on {access.narrowed_to}.")
        for one in chosen
        if one not in allowed
    ]
    if not data.dry_run:
        for one in allowed:
            pages.automation.set_running(one, data.running)
            note(pages, access, "automation.start" if data.running else "automation.stop", one.name)
        pages.options.wake()
    return BulkResult(matched=len(chosen), done=len(allowed), run_ids=[], failed=failed)


def _may_switch(access: Access, one: Automation) -> bool:
    """A narrowed token may switch what gives its runs tags that it may act on."""
    if access.narrowed is None:
        return True
    values = {"job": one.jobs, one.kind: (one.name,), "code_location": (one.location,)}
    return predicate(access.narrowed, "run")(Facts(one.spec.tags, values))


def _require_switch(access: Access, one: Automation) -> None:
    if not _may_switch(access, one):
        raise NotAllowedError(
            f"This token may only act on {access.narrowed_to}; what {one.name!r} asks for is none of these.",
            needs=access.narrowed_to,
        )


@post("/api/automation/preview", status_code=200, guards=[operator], sync_to_thread=True)
def preview(pages: Here, access: Caller, data: JSONBody[TickPreviewRequest]) -> TickDetail:
    """Evaluate a schedule or sensor; nothing is stored."""
    one = pages.catalogs.get().automation(data.name)
    _require_switch(access, one)
    now = pages.store.clock()
    tick = Tick("preview", one.id, one.kind, "started", now, Micros(now if data.at is None else data.at))
    state = pages.automation.state_of(one)
    if data.cursor is not None:
        state = replace(state, cursor=data.cursor)
    order = tick_order(tick, state, PREVIEW_SECONDS)
    answer = pages.registry.ask(one.location, "preview_tick", msgspec.to_builtins(order), PREVIEW_SECONDS + 5.0)
    return tried_detail(tick, answer, pages.store.clock())


@post("/api/automation/tick", status_code=200, guards=[operator], sync_to_thread=True)
def tick_now(pages: Here, access: Caller, data: JSONBody[TickRequest]) -> TickDetail:
    """Evaluate a schedule or sensor now, and queue the runs that it asks for."""
    one = pages.catalogs.get().automation(data.name, data.location)
    _require_switch(access, one)
    at = pages.automation.last_due(one) if data.at is None else Micros(data.at)
    begun = pages.automation.begin_by_hand(one, pages.new_id(), at)
    note(pages, access, "automation.tick", one.name, begun.id)
    order = tick_order(begun, pages.automation.state_of(one), PREVIEW_SECONDS)
    order = replace(order, traceparent=tracing.current())
    payload = {"ticks": [msgspec.to_builtins(order)]}
    try:
        pages.registry.ask(one.location, "evaluate_ticks", payload, PREVIEW_SECONDS + 5.0)
    except NotServedError as error:
        # Nobody else will end it.
        told = {"class_name": type(error).__name__, "message": error.message}
        now = pages.store.clock()
        pages.store.ticks.update(replace(begun, status="failed", ended_at=now, data={**begun.data, "error": told}))
        raise
    pages.options.wake()
    return pages.automation.tick(begun.id)


@post("/api/automation/cursor", status_code=204, guards=[operator], sync_to_thread=True)
def cursor(pages: Here, access: Caller, data: JSONBody[CursorRequest]) -> None:
    """Set what the next evaluation is given."""
    one = pages.catalogs.get().automation(data.name)
    _require_switch(access, one)
    pages.automation.set_cursor(one, data.cursor)
    note(pages, access, "automation.cursor", one.name, "" if data.cursor is None else data.cursor[:200])
    pages.options.wake()


@get("/api/ticks", sync_to_thread=True)
def ticks(pages: Here, q: Query = "", cursor: Cursor = None, limit: Limit = 50) -> Page[TickRow]:
    """List ticks."""
    return pages.automation.find_ticks(q, cursor, limit)


@get("/api/ticks/{tick_id:str}", sync_to_thread=True)
def tick(pages: Here, tick_id: FromPath[str]) -> TickDetail:
    """Show a tick."""
    return pages.automation.tick(tick_id)


@get("/api/backfills", sync_to_thread=True)
def backfills(pages: Here, q: Query = "", cursor: Cursor = None, limit: Limit = 50) -> Page[BackfillRow]:
    """List backfills."""
    return pages.backfills.find(q, cursor, limit)


@get("/api/backfills/{backfill_id:str}", sync_to_thread=True)
def backfill(pages: Here, backfill_id: FromPath[str]) -> BackfillDetail:
    """Show a backfill."""
    return pages.backfills.detail(backfill_id)


@get("/api/backfills/{backfill_id:str}/grid", sync_to_thread=True)
def backfill_grid(pages: Here, backfill_id: FromPath[str], asset: MaybeName = None) -> PartitionMap:
    """Show how far a backfill has come with one asset of two dimensions, or with the job, as rows of spans."""
    return pages.backfills.grid(backfill_id, asset)


@post("/api/backfills/{backfill_id:str}/{action:str}", status_code=202, guards=[operator], sync_to_thread=True)
def act_on_backfill(pages: Here, access: Caller, backfill_id: FromPath[str], action: FromPath[str]) -> None:
    """Cancel, pause or resume a backfill, or have its failures tried again."""
    require_backfill(pages, access, pages.backfills.get(backfill_id))
    pages.backfills.act(backfill_id, action)
    note(pages, access, f"backfill.{action}", backfill_id)
    pages.options.wake()


@patch("/api/backfills/{backfill_id:str}", guards=[operator], sync_to_thread=True)
def edit_backfill(
    pages: Here,
    access: Caller,
    backfill_id: FromPath[str],
    data: JSONBody[BackfillEdit],
) -> BackfillRow:
    """Change the tags, the priority or the width of a backfill."""
    one = pages.backfills.get(backfill_id)
    require_backfill(pages, access, one)
    tags = None
    if data.tags is not None:
        put = normalize_run_tags(data.tags.set, strict=True)
        check_user_tags(put, Place.LAUNCH, strict=True)
        tags = edited_tags(tags_of(one), put, data.tags.remove)
        require_backfill(pages, access, one, tags)
    row = pages.backfills.edit(backfill_id, tags, data.priority, data.max_in_flight)
    note(pages, access, "backfill.edit", backfill_id)
    pages.options.wake()
    return row


HANDLERS = [
    automations, automation, set_running, preview, tick_now, cursor, ticks, tick,
    backfills, backfill, backfill_grid, act_on_backfill, edit_backfill,
]  # fmt: skip
