"""When an asset should be written by itself: a tree of conditions, as data."""

from __future__ import annotations

from typing import Any

import msgspec


class AutomationCondition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A node of a condition tree: what it asks (``kind``), with which parameters, of which operands.

    Made by its static methods, combined with ``&``, ``|`` and ``~``.
    """

    kind: str
    params: dict[str, Any] = {}
    operands: tuple[AutomationCondition, ...] = ()
    label: str | None = None
