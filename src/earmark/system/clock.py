"""The real clock."""

from __future__ import annotations

import time

from earmark.values.clock import Micros


def now() -> Micros:
    """Return the instant it is, in microseconds since the epoch."""
    return Micros(time.time_ns() // 1000)
