"""Limits, code locations, daemons, configuration, the audit log."""

from __future__ import annotations

import anyio.to_thread
import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from earmark.daemon.policy import PAUSED, remove_limit, set_limit, set_maximum
from earmark.runs.limits import MAX_CONCURRENT_RUNS
from earmark.server.configuration import instance_config
from earmark.server.pages import Pages
from earmark.server.tokens import Access
from earmark.server.verbs import (
    AnyRequest,
    Caller,
    Cursor,
    Here,
    Limit,
    Name,
    admin,
    etagged,
    note,
    require_unnarrowed,
    whole_number,
)
from earmark.values.errors import DagsterInvariantViolationError, SettingsError
from earmark.views.audit import find_audit
from earmark.views.faults import BadBodyError, NotFoundError
from earmark.views.limits import pool_of, read_edit, setting_key
from earmark.views.listing import whole
from earmark.views.shapes.common import Page
from earmark.views.shapes.deployment import (
    AuditRow,
    DaemonRow,
    InstanceConfig,
    LimitChange,
    LimitEdit,
    LimitRow,
    LocationRow,
)


class ReloadRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code location to load anew; all if ``None``."""

    name: str | None = None


@get("/api/limits", sync_to_thread=True)
def limits(pages: Here) -> Page[LimitRow]:
    """List all limits."""
    return whole(pages.limits.all())


@post("/api/limits", guards=[admin], sync_to_thread=True)
def add_limit(pages: Here, access: Caller, data: JSONBody[LimitEdit]) -> LimitRow:
    """Set a limit."""
    return _set(pages, access, data, None)


# The framework wraps a synchronous handler once for each method of its path but awaits it once; these three share one.
@put("/api/limits/{limit_id:path}", guards=[admin])
async def change_limit(pages: Here, access: Caller, limit_id: FromPath[str], data: JSONBody[LimitEdit]) -> LimitRow:
    """Change a limit; it holds at once."""
    return await anyio.to_thread.run_sync(_change, pages, access, limit_id, data)


def _change(pages: Pages, access: Access, limit_id: str, edit: LimitEdit) -> LimitRow:
    return _set(pages, access, edit, pages.limits.get(limit_id.removeprefix("/")).id)


def _set(pages: Pages, access: Access, edit: LimitEdit, limit_id: str | None) -> LimitRow:
    require_unnarrowed(access, "A limit")
    if not -1 <= edit.limit <= 1_000_000_000:
        raise BadBodyError("A limit is 0 or more, or -1 for any number.", path="limit")
    if edit.kind == "pool" or (limit_id is not None and pool_of(limit_id) is not None):
        name = pool_of(limit_id) if limit_id is not None else edit.key
        if not name:
            raise BadBodyError("A pool has a name: its key.", path="key")
        limit_id = f"pool:{name}"
        pages.store.settings.set(setting_key(limit_id), edit.limit, author=access.user)
    elif edit.kind == "runs" or limit_id == MAX_CONCURRENT_RUNS:
        limit_id = MAX_CONCURRENT_RUNS
        set_maximum(pages.store, edit.limit, access.user)
    else:
        try:
            kept = set_limit(pages.options.file_policy, pages.store, read_edit(edit, limit_id), access.user)
        except SettingsError as error:
            raise BadBodyError(error.message, hint=error.hint, path="limit", **error.facts) from error
        limit_id = kept.name
    pages.limits.note(limit_id, edit.note)
    note(pages, access, "limit.set", limit_id, str(edit.limit))
    pages.options.wake()
    return pages.limits.get(limit_id)


@delete("/api/limits/{limit_id:path}", guards=[admin])
async def drop_limit(pages: Here, access: Caller, limit_id: FromPath[str]) -> None:
    """Remove a limit."""
    await anyio.to_thread.run_sync(_drop, pages, access, limit_id)


def _drop(pages: Pages, access: Access, limit_id: str) -> None:
    require_unnarrowed(access, "A limit")
    known = pages.limits.get(limit_id.removeprefix("/"))
    if pool_of(known.id) is not None or known.id == MAX_CONCURRENT_RUNS:
        pages.store.settings.remove(setting_key(known.id), author=access.user)
    else:
        try:
            remove_limit(pages.options.file_policy, pages.store, known.id, access.user)
        except DagsterInvariantViolationError as error:
            raise NotFoundError(error.message) from error
    pages.limits.note(known.id, None)
    note(pages, access, "limit.remove", known.id)
    pages.options.wake()


@get("/api/limits/{limit_id:path}")
async def limit_history(pages: Here, limit_id: FromPath[str]) -> Page[LimitChange]:
    """List the changes of a limit, under ``/api/limits/ID/history``: an id may hold slashes."""
    name = limit_id.removeprefix("/")
    if not name.endswith("/history"):
        raise NotFoundError(f"There is nothing at /api/limits/{name}.", hint="Its changes are under /history.")
    return whole(await anyio.to_thread.run_sync(pages.limits.history, name.removesuffix("/history")))


@get("/api/locations", sync_to_thread=True)
def locations(pages: Here) -> Page[LocationRow]:
    """List code locations."""
    return whole(pages.deployment.locations())


@post("/api/locations/reload", status_code=202, guards=[admin], sync_to_thread=True)
def reload_locations(pages: Here, access: Caller, data: JSONBody[ReloadRequest]) -> None:
    """Load code locations anew."""
    require_unnarrowed(access, "A code location")
    names = [state.name for state in pages.registry.locations()]
    if data.name is not None and data.name not in names:
        raise NotFoundError(f"There is no code location {data.name!r}.", location=data.name)
    for name in names if data.name is None else [data.name]:
        pages.registry.reload(name)
        note(pages, access, "location.reload", name)


@get("/api/daemons", sync_to_thread=True)
def daemons(pages: Here) -> Page[DaemonRow]:
    """List who does what is done without being asked."""
    return whole(pages.deployment.daemons())


@get("/api/config", sync_to_thread=True)
def config(request: AnyRequest, pages: Here) -> Response[InstanceConfig]:
    """Show the configuration; secrets are masked."""
    return etagged(request, instance_config(pages))


@post("/api/queue/{action:str}", status_code=204, guards=[admin], sync_to_thread=True)
def queue(pages: Here, access: Caller, action: FromPath[str]) -> None:
    """Pause or resume the queue."""
    require_unnarrowed(access, "The queue")
    if action not in ("pause", "resume"):
        raise NotFoundError(f"The queue cannot {action!r}.", action=action)
    pages.store.settings.set(PAUSED, action == "pause", author=access.user)
    note(pages, access, f"queue.{action}", "queue")
    pages.options.wake()


@get("/api/audit", sync_to_thread=True)
def audit(pages: Here, text: Name = "", cursor: Cursor = None, limit: Limit = 50) -> Page[AuditRow]:
    """List what somebody did."""
    return find_audit(pages.store, text, whole_number(cursor), limit)


HANDLERS = [
    limits, add_limit, change_limit, drop_limit, limit_history, locations, reload_locations, daemons, config, queue,
    audit,
]  # fmt: skip
