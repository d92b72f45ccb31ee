"""What all answers share."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list. ``next_cursor`` is ``None`` on the last page; ``total`` counts all that match ``q``."""

    items: list[T]
    next_cursor: str | None
    total: int


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """``application/problem+json`` (RFC 9457) with our members."""

    type: str
    title: str
    status: int
    detail: str
    hint: str | None
    where: str | None
    """``file:line`` in the user's code, where known."""
    facts: dict[str, Any]
    """For a query error: ``position``, ``length``, ``expected``, ``suggestions``."""
