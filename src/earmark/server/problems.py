"""Errors as ``application/problem+json`` (RFC 9457), with the facts that our errors carry."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from earmark.locations.guest_process import GuestError
from earmark.locations.remote import NotServedError
from earmark.system.ids import new_id
from earmark.values.errors import (
    DagsterError,
    DagsterInvalidConfigError,
    DagsterInvariantViolationError,
    DagsterRunNotFoundError,
    DagsterUnknownPartitionError,
    QueryError,
    StoreError,
    TagPolicyError,
    nearest,
)
from earmark.views.faults import BadBodyError, BadRequestError, ConflictError, NotFoundError
from earmark.views.shapes.common import Problem

MEDIA_TYPE = "application/problem+json"
LOG = structlog.get_logger("earmark.server")


class NotLoggedInError(DagsterError):
    """The caller has to say who they are."""


class NotAllowedError(DagsterError):
    """The caller may not do that; ``facts['needs']`` says what it takes."""


class TooManyTriesError(DagsterError):
    """Too many wrong tries; ``facts['seconds']`` says how long to wait."""


_STATUS: tuple[tuple[type[DagsterError], int, str], ...] = (
    (QueryError, 400, "The query cannot be read"),
    (BadRequestError, 400, "The request makes no sense"),
    (NotLoggedInError, 401, "Log in first"),
    (NotAllowedError, 403, "Not allowed"),
    (NotFoundError, 404, "Not found"),
    (DagsterRunNotFoundError, 404, "Not found"),
    (ConflictError, 409, "The state does not allow it"),
    (BadBodyError, 422, "The body does not fit"),
    (TooManyTriesError, 429, "Too many tries"),
    (TagPolicyError, 422, "A policy about tags refuses it"),
    (StoreError, 503, "The store is out of reach"),
    (NotServedError, 503, "Nobody serves the code location"),
    (GuestError, 422, "The code location refused it"),
    (DagsterInvalidConfigError, 422, "The configuration does not fit"),
    (DagsterUnknownPartitionError, 422, "There is no such partition"),
    (DagsterInvariantViolationError, 409, "The state does not allow it"),
    (DagsterError, 422, "It cannot be done"),
)
_TITLES = {
    400: "Bad request",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    429: "Too many requests",
    415: "Not JSON",
}


def problem_of(error: DagsterError) -> Problem:
    """Return one of our errors as a problem."""
    status, title = next((status, title) for kind, status, title in _STATUS if isinstance(error, kind))
    facts = {name: plain(value) for name, value in error.facts.items()}
    kind = "about:blank"
    if isinstance(error, QueryError):
        kind = "/problems/query"
        facts = query_facts(error)
    return Problem(
        type=kind,
        title=title,
        status=status,
        detail=error.message,
        hint=error.hint,
        where=None if error.where is None else str(error.where),
        facts=facts,
    )


def query_facts(error: QueryError) -> dict[str, Any]:
    """Return where a query cannot be read, what was expected there, and what is near."""
    text, position = str(error.facts.get("text", "")), int(error.facts.get("position", 0) or 0)
    word = text[position:].split(maxsplit=1)[0] if text[position:].split() else ""
    expected = [str(one) for one in error.facts.get("expected", ())]
    return {
        "position": position,
        "length": max(1, len(word)) if position < len(text) else 0,
        "expected": expected,
        "suggestions": nearest(word.strip(':"'), expected) if word else [],
    }


def plain(value: Any) -> Any:
    """Return a fact as JSON has it; what JSON has no form for, as text."""
    try:
        return msgspec.to_builtins(value, str_keys=True, enc_hook=str)
    except (TypeError, ValueError, RecursionError):
        return str(value)


def respond(problem: Problem, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    """Return a problem as a response."""
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def on_own_error(request: Request[Any, Any, Any], error: DagsterError) -> Response[Problem]:
    """Answer one of our errors."""
    problem = problem_of(error)
    if problem.status == 429:
        return respond(problem, {"Retry-After": str(error.facts.get("seconds", 60))})
    if problem.status == 401:
        return respond(problem, {"WWW-Authenticate": 'Bearer realm="earmark"'})
    return respond(problem)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Answer what the framework refuses: a wrong path, a parameter or a body of another shape."""
    facts: dict[str, Any] = {}
    status, detail = error.status_code, error.detail
    if isinstance(error, ValidationException):
        faults = [one for one in (error.extra or []) if isinstance(one, dict)]
        facts["faults"] = [plain(one) for one in faults]
        detail = "; ".join(f"{one.get('key', '')}: {one.get('message', '')}".strip(": ") for one in faults) or detail
        if any(one.get("source", "body") == "body" for one in faults):
            status = 422
            facts["path"] = next((str(one.get("key", "")) for one in faults), "")
    headers = dict(error.headers or {})
    if status == 429:
        seconds = headers.get("RateLimit-Reset", "60")
        headers["Retry-After"] = seconds
        detail = f"Too many requests; wait {seconds} seconds."
        facts["seconds"] = int(seconds)
    title = _TITLES.get(status, "It cannot be done")
    problem = Problem(type="about:blank", title=title, status=status, detail=detail, hint=None, where=None, facts=facts)
    return respond(problem, headers)


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer what should not happen: the traceback goes to the log, its number to the caller."""
    number = new_id()
    text = "".join(traceback.format_exception(error))
    LOG.error("request failed", id=number, method=request.method, path=request.url.path, traceback=text)
    problem = Problem(
        type="about:blank",
        title="The server failed",
        status=500,
        detail="Something went wrong in the server.",
        hint="The log of the server says more under the id.",
        where=None,
        facts={"id": number},
    )
    return respond(problem)


HANDLERS: dict[type[Exception] | int, Callable[..., Response[Problem]]] = {
    DagsterError: on_own_error,
    HTTPException: on_http_error,
    Exception: on_bug,
}
