"""Who is there, and what the shell shows on every page."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Role = Literal["viewer", "operator", "admin"]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in, and to what."""

    user: str | None
    role: Role | None
    login_required: bool
    """False on loopback, where the author is the user of the operating system."""
    narrowed_to: str | None
    """Set when the token is narrowed: it may act only on what this query matches."""
    version: str
    instance: str
    now: int
    """The server's clock, so that ages are right on a machine whose own is not."""


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token, to be exchanged for a session."""

    token: str


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token, without its secret."""

    id: str
    owner: str
    """The author of what is done with it."""
    role: Role
    narrowed_to: str | None
    created_at: int
    expires_at: int | None


class TokenMade(TokenRow, frozen=True, kw_only=True):
    """A new token, with its text, which is not told again."""

    token: str


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token that is asked for."""

    owner: str
    role: Role = "operator"
    narrowed_to: str | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] | None = None
    """For how long it holds; for ever if ``None``."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What the shell shows on every page."""

    queued: int
    running: int
    failed_today: int
    queue_paused: bool
    locations_failed: int
    daemons_unhealthy: int
    assets: int
    jobs: int
