"""Living below a path of somebody else's address."""

from __future__ import annotations

from litestar.types import ASGIApp, Receive, Scope, Send


class Prefixed:
    """ASGI middleware around the whole application: a proxy may hand paths on with the prefix or without it.

    Args:
        app: The application, which knows no prefix.
        prefix: The prefix, with a slash at both ends.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = str(scope.get("path", ""))
        if self._prefix != "/" and f"{path}/".startswith(self._prefix):
            below = len(self._prefix) - 1
            raw = scope.get("raw_path") or path.encode()
            scope = {**scope, "path": path[below:] or "/", "raw_path": raw[below:] or b"/"}  # type: ignore[assignment]
        await self._app(scope, receive, send)
