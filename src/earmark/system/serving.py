"""How the API and the UI are served, as a settings file says it."""

from __future__ import annotations

import msgspec

REQUESTS_PER_MINUTE = 3_000
"""How many requests a caller may make a minute where a token is needed and no settings file says otherwise."""


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the API and the UI are served.

    Args:
        prefix: The path under which a proxy serves it, with a slash at both ends.
        allowed_hosts: Names by which it may be called, besides those of loopback.
        login_required: Whether a token is needed; ``None``: on every address but loopback.
        session_hours: How long a login holds.
        requests_per_minute: How many requests of one caller are answered; 0 for any number, ``None`` for
            :data:`REQUESTS_PER_MINUTE` where a token is needed and any number elsewhere.
        max_body_bytes: The largest body of a request.
        metric_tags: The tag keys by which ``/metrics`` counts runs; those with a policy if empty.
    """

    prefix: str = "/"
    allowed_hosts: tuple[str, ...] = ()
    login_required: bool | None = None
    session_hours: int = 12
    requests_per_minute: int | None = None
    max_body_bytes: int = 1 << 20
    metric_tags: tuple[str, ...] = ()
