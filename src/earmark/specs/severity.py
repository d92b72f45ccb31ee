"""How bad a failed check is."""

from __future__ import annotations

from enum import StrEnum


class AssetCheckSeverity(StrEnum):
    """How bad a check that does not pass is: ``WARN`` is shown, ``ERROR`` also blocks where the check blocks.

    Example:
        >>> AssetCheckSeverity("WARN") is AssetCheckSeverity.WARN
        True
    """

    WARN = "WARN"
    ERROR = "ERROR"
