"""How many requests of one caller are answered."""

from __future__ import annotations

from litestar.middleware import DefineMiddleware
from litestar.middleware.rate_limit import RateLimitConfig

from earmark.server.tokens import Access
from earmark.server.verbs import AnyRequest


def rate_bound(per_minute: int) -> list[DefineMiddleware]:
    """Return what refuses a caller's requests beyond so many a minute; nothing where any number is answered.

    It stands behind the gate, so that callers are told apart by their tokens, wherever they come from.

    Args:
        per_minute: How many; 0 for any number.
    """
    if not per_minute:
        return []
    bound = RateLimitConfig(
        rate_limit=("minute", per_minute), identifier_for_request=caller_of, check_throttle_handler=is_counted
    )
    return [bound.middleware]


def is_counted(request: AnyRequest) -> bool:
    """Say whether a request counts: what is beside the API is files, and what watches the server."""
    return request.url.path.startswith("/api/")


def caller_of(request: AnyRequest) -> str:
    """Return who makes a request: the token, else the address."""
    access = request.scope.get("access")
    if isinstance(access, Access) and access.token is not None:
        return f"token {access.token}"
    return f"address {request.client.host if request.client is not None else ''}"
