"""The door: who calls, by which name, from which page; before any handler is reached."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import anyio.to_thread
import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from earmark.server.options import ServerOptions, is_loopback
from earmark.server.problems import MEDIA_TYPE, NotAllowedError, NotLoggedInError, TooManyTriesError, problem_of
from earmark.server.tokens import COOKIE, Access, Tokens
from earmark.values.errors import DagsterError, StoreError
from earmark.views.faults import BadRequestError

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_OPEN = frozenset(("/api/session", "/api/login", "/api/logout"))
_LOCAL_NAMES = frozenset(("localhost", "127.0.0.1", "[::1]", "::1"))
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", _POLICY.encode()),
)


class Gate:
    """ASGI middleware that lets in who may come in, and says to handlers who it is.

    Args:
        app: What lies behind.
        options: How the server is set up.
        tokens: Who is known.
    """

    def __init__(self, app: ASGIApp, options: ServerOptions, tokens: Tokens) -> None:
        self._app = app
        self._options = options
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = str(scope["method"]), str(scope["path"])
        try:
            self._check_host(headers)
            self._check_origin(method, headers)
            access = await self._access(path, headers, _caller(scope))
        except DagsterError as error:
            await _refuse(error, send)
            return
        scope["access"] = access  # type: ignore[typeddict-unknown-key]

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _HEADERS if one[0] not in present)]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _check_host(self, headers: dict[str, str]) -> None:
        """A page elsewhere can point its own name at this machine; what it then sends is called by that name."""
        name = _host_name(headers.get("host", ""))
        allowed = {one.lower() for one in self._options.allowed_hosts}
        if is_loopback(self._options.host):
            allowed |= _LOCAL_NAMES
        elif not allowed:
            return
        if name not in allowed:
            raise BadRequestError(
                f"This server is not called {name!r}.",
                hint="Name it in allowed_hosts if it should be.",
                host=name,
            )

    def _check_origin(self, method: str, headers: dict[str, str]) -> None:
        if method in _SAFE:
            return
        origin = headers.get("origin")
        if origin is not None and _netloc(origin) != headers.get("host", "").lower():
            raise NotAllowedError(f"A page of {origin} may not change anything here.", needs="the same origin")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise NotAllowedError("Another site's page may not change anything here.", needs="the same origin")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_body and kind != "application/json":
            raise BadRequestError("A body is application/json.", content_type=kind)

    async def _access(self, path: str, headers: dict[str, str], caller: str) -> Access | None:
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and text:
            return await anyio.to_thread.run_sync(self._tokens.access_of_token, text, caller)
        if not self._options.needs_token:
            return Access(self._options.local_user, "admin")
        secret = _cookie(headers.get("cookie", ""))
        if secret:
            access = await anyio.to_thread.run_sync(self._tokens.access_of_session, secret)
            if access is not None:
                return access
        if path in _OPEN or not (path.startswith("/api/") or path == "/metrics"):
            return None
        raise NotLoggedInError("Log in with a token first.", hint="POST it to /api/login, or send it as Bearer.")


def _caller(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _host_name(host: str) -> str:
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


async def _refuse(error: DagsterError, send: Send) -> None:
    problem = problem_of(error)
    body = msgspec.json.encode(problem)
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()), *_HEADERS]
    if isinstance(error, TooManyTriesError):
        headers.append((b"retry-after", str(error.facts.get("seconds", 60)).encode()))
    if isinstance(error, NotLoggedInError):
        headers.append((b"www-authenticate", b'Bearer realm="earmark"'))
    if isinstance(error, StoreError):
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
