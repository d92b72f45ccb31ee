"""What handlers share: parameters, roles, ETags, the audit log."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter

from earmark.runs.run import DagsterRun
from earmark.server.pages import Pages
from earmark.server.problems import NotAllowedError, NotLoggedInError
from earmark.server.tokens import Access, Role
from earmark.tags.query.evaluate import predicate
from earmark.views.faults import BadRequestError
from earmark.views.run_words import facts_of

T = TypeVar("T")

AnyRequest = Request[Any, Any, Any]
Here = NamedDependency[Pages]
Caller = NamedDependency[Access]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="How many rows at most.")]
Query = Annotated[str, QueryParameter(max_length=4_000, description="A query; empty means all.")]
Cursor = Annotated[str | None, QueryParameter(max_length=400, description="The next_cursor of the page before.")]
Sort = Annotated[str | None, QueryParameter(max_length=60, description="A field; -field for the highest first.")]
Name = Annotated[str, QueryParameter(max_length=2_000)]
ScopeName = Annotated[str, QueryParameter(name="scope", max_length=40, description="What is looked for.")]
MaybeName = Annotated[str | None, QueryParameter(max_length=2_000)]
LAST_INSTANT = 253_402_300_799_000_000
Instant = Annotated[int | None, QueryParameter(ge=0, le=LAST_INSTANT, description="Microseconds since 1970.")]
FromInstant = Annotated[  # of its own: of two annotations, one inside the other, only the inner one counts
    int | None, QueryParameter(name="from", ge=0, le=LAST_INSTANT, description="Microseconds since 1970.")
]


def provide_access(request: AnyRequest) -> Access:
    """Return who calls; the gate has let nobody pass without being known."""
    access = request.scope.get("access")
    if not isinstance(access, Access):
        raise NotLoggedInError("Log in first.")
    return access


def _require(role: Role) -> Any:
    def guard(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
        access = connection.scope.get("access")
        if not isinstance(access, Access):
            raise NotLoggedInError("Log in first.")
        if not access.has(role):
            raise NotAllowedError(f"That takes the role {role}; {access.user} is {access.role}.", needs=role)

    return guard


operator: Any = _require("operator")
"""The guard of what operators may do."""

admin: Any = _require("admin")
"""The guard of what admins may do."""


def require_unnarrowed(access: Access, what: str) -> None:
    """Refuse a token that is narrowed to some runs what is about all.

    Raises:
        NotAllowedError: It is narrowed.
    """
    if access.narrowed is not None:
        raise NotAllowedError(
            f"{what} is about more than {access.narrowed_to}, to which this token is narrowed.",
            needs="a token that is not narrowed",
        )


def may_touch(pages: Pages, access: Access, run: DagsterRun) -> bool:
    """Say whether a caller may act on a run."""
    if access.narrowed is None:
        return True
    return predicate(access.narrowed, "run", pages.store.clock())(facts_of(run))


def require_touch(pages: Pages, access: Access, run: DagsterRun) -> None:
    """Refuse what a caller may not act on.

    Raises:
        NotAllowedError: The caller's token is narrowed to other runs.
    """
    if not may_touch(pages, access, run):
        raise NotAllowedError(
            f"This token may only act on {access.narrowed_to}; the run is none of these.", needs=access.narrowed_to
        )


def note(pages: Pages, access: Access, action: str, target: str, detail: str = "") -> None:
    """Write down who did what."""
    data = {"target": target, "detail": detail} if detail else {"target": target}
    pages.store.audit.add(access.user, action, data)


def etagged(request: AnyRequest, content: T) -> Response[T]:
    """Return content with its ETag; nothing but that where the caller has it already."""
    tag = f'"{hashlib.blake2b(msgspec.json.encode(content), digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if tag in known:
        return Response(None, status_code=304, headers=headers)  # type: ignore[arg-type]
    return Response(content, headers=headers)


def commas(text: str | None) -> list[str]:
    """Return the parts of a list that stands in one parameter."""
    return [part for part in (text or "").split(",") if part]


def whole_number(text: str | None) -> int | None:
    """Return a cursor that is a number, or ``None`` where there is none.

    Raises:
        BadRequestError: It is no number.
    """
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise BadRequestError("This is no cursor of this list.", cursor=text)
