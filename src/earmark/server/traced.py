"""A span for each request, where requests are traced."""

from __future__ import annotations

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from earmark.system import tracing

_UNTRACED = frozenset(("/healthz", "/metrics", "/api/stream"))
"""What is asked for every few seconds, or stays open: spans of these would say nothing."""


class Traced:
    """ASGI middleware around the whole application.

    A request that carries a ``traceparent`` belongs to that trace; a run that it launches does too.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = str(scope.get("path", ""))
        if not tracing.are_on() or scope["type"] != ScopeType.HTTP or path in _UNTRACED or not path.startswith("/api/"):
            await self._app(scope, receive, send)
            return
        method = str(scope["method"])
        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), "")
        attributes = {"http.request.method": method, "url.path": path, "url.scheme": str(scope.get("scheme", "http"))}
        with tracing.span(method, attributes, parent=parent, kind="server") as span:

            async def noting(message: Any) -> None:
                if message["type"] == "http.response.start":
                    _note(span, scope, method, int(message["status"]))
                await send(message)

            await self._app(scope, receive, noting)


def _note(span: tracing.Span, scope: Scope, method: str, status: int) -> None:
    span.set({"http.response.status_code": status})
    route = scope.get("path_template")  # set by the router
    if route:
        span.set({"http.route": str(route)})
        span.rename(f"{method} {route}")
    if status >= 500:
        span.fail(f"The answer is {status}.")
