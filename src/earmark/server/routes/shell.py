"""The session, what the shell shows, the stream, the palette, help with queries, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import anyio.to_thread
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter
from litestar.response import Stream

from earmark.server.metrics import CONTENT_TYPE, metrics_text
from earmark.server.problems import TooManyTriesError
from earmark.server.stream import Hub
from earmark.server.tokens import COOKIE, Access, Tokens
from earmark.server.verbs import AnyRequest, Cursor, Here, Limit, MaybeName, Name, Query, ScopeName, commas, note
from earmark.values.version import __version__
from earmark.views.shapes.common import Page
from earmark.views.shapes.finding import SearchResult
from earmark.views.shapes.queries import Completions, Facets, TermCosts
from earmark.views.shapes.session import Login, Session, Status
from earmark.views.shapes.tags import TagSuggestion

_NOTHING = {204: ResponseSpec(None, description="Done.")}


@get("/api/session", sync_to_thread=False)
def session(request: AnyRequest, pages: Here) -> Session:
    """Say who is logged in, and to what."""
    access = request.scope.get("access")
    known = access if isinstance(access, Access) else None
    return Session(
        user=None if known is None else known.user,
        role=None if known is None else known.role,
        login_required=pages.options.needs_token,
        narrowed_to=None if known is None else known.narrowed_to,
        version=__version__,
        instance=pages.options.instance,
        now=pages.store.clock(),
    )


@post("/api/login", status_code=204, responses=_NOTHING, sync_to_thread=True)
def login(request: AnyRequest, pages: Here, tokens: NamedDependency[Tokens], data: JSONBody[Login]) -> Response[None]:
    """Exchange a token for a session."""
    caller = request.client.host if request.client is not None else ""
    access, secret = tokens.log_in(data.token, caller)
    note(pages, access, "session.begin", access.user)
    cookie = Cookie(
        COOKIE,
        value=secret,
        path=pages.options.prefix,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=round(pages.options.session_seconds),
    )
    return Response(None, status_code=204, cookies=[cookie])


@post("/api/logout", status_code=204, responses=_NOTHING, sync_to_thread=True)
def logout(request: AnyRequest, pages: Here, tokens: NamedDependency[Tokens]) -> Response[None]:
    """End the session."""
    access = request.scope.get("access")
    if isinstance(access, Access) and access.session is not None:
        tokens.log_out(access)
        note(pages, access, "session.end", access.user)
    gone = Cookie(COOKIE, value="", path=pages.options.prefix, httponly=True, samesite="strict", max_age=0)
    return Response(None, status_code=204, cookies=[gone])


@get("/api/status", sync_to_thread=True)
def status(pages: Here) -> Status:
    """Say how the instance stands."""
    catalog = pages.catalogs.get()
    return pages.deployment.status(len(catalog.graph), len(catalog.jobs), pages.is_paused())


@get("/api/search", sync_to_thread=True)
def search(pages: Here, text: Name = "", limit: Limit = 24) -> SearchResult:
    """Find things of all kinds by a few letters."""
    return pages.palette.find(text, limit)


@get("/api/complete", sync_to_thread=True)
def complete(
    pages: Here,
    thing: ScopeName,
    q: Query = "",
    at: Annotated[int | None, QueryParameter(ge=0, le=100_000)] = None,
    limit: Limit = 20,
) -> Completions:
    """Say what may stand at the caret of a query."""
    return pages.queries.complete(thing, q, len(q) * 2 if at is None else at, limit)


@get("/api/facets", sync_to_thread=True)
def facets(pages: Here, thing: ScopeName, q: Query = "", fields: Name = "", limit: Limit = 8) -> Facets:
    """Say by which fields what matches can be narrowed, with counts."""
    return pages.queries.facets(thing, q, commas(fields)[:40], limit)


@get("/api/terms", sync_to_thread=True)
def terms(pages: Here, thing: ScopeName, q: Query = "") -> TermCosts:
    """Say how much would match without each term."""
    return pages.queries.terms(thing, q)


@get("/api/tags/complete", sync_to_thread=True)
def complete_tags(
    pages: Here,
    thing: ScopeName = "runs",
    key: Name = "",
    value: MaybeName = None,
    limit: Limit = 20,
) -> Page[TagSuggestion]:
    """Offer keys, or values of a key."""
    found = pages.tags.complete(thing, key, value, limit)
    return Page(items=found, next_cursor=None, total=len(found))


@get("/api/stream", include_in_schema=False, is_sent_as_it_is=True)
async def stream(
    request: Request[Any, Any, Any], hub: NamedDependency[Hub], cursor: Cursor = None, run: MaybeName = None
) -> Stream:
    """Tell what changes, as server-sent events."""
    if run is not None:
        await anyio.to_thread.run_sync(hub.require_run, run)
    listener = hub.join(asyncio.get_running_loop())
    if listener is None:
        raise TooManyTriesError("Too many pages listen already.", seconds=10)
    begin = request.headers.get("last-event-id") or cursor or ""
    messages: AsyncIterator[bytes] = hub.messages(listener, begin, run)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Stream(messages, media_type="text/event-stream", headers=headers)


@get("/metrics", include_in_schema=False, sync_to_thread=True)
def metrics(pages: Here) -> Response[bytes]:
    """Give what Prometheus reads."""
    return Response(metrics_text(pages), media_type=CONTENT_TYPE)


HANDLERS = [
    session, login, logout, status, search, complete, facets, terms, complete_tags, stream, metrics,
]  # fmt: skip
