"""What loops follow across runs."""

from __future__ import annotations

from enum import IntEnum


class Topic(IntEnum):
    """A part of the log that can be followed without reading the rest."""

    RUNS = 1
    """Facts that move runs, or edit their tags."""
    ASSETS = 2
    """Facts about assets and checks."""
