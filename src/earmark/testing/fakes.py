"""Stand-ins for what tests want to decide themselves."""

from __future__ import annotations

from datetime import datetime

from earmark.values.clock import Micros


class HandClock:
    """A clock that only moves when it is told to. Give it wherever a clock is taken.

    Args:
        start: The first instant; naive datetimes are UTC.

    Example:
        >>> from datetime import datetime
        >>> clock = HandClock(datetime(2026, 1, 1))
        >>> clock.forward(seconds=1.5)
        >>> clock() - HandClock(datetime(2026, 1, 1))()
        1500000
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._now = 0 if start is None else _micros(start)

    def __call__(self) -> Micros:
        """Return the present."""
        return Micros(self._now)

    def forward(self, *, seconds: float) -> None:
        """Let some seconds pass."""
        self._now += round(seconds * 1_000_000)

    def set(self, instant: datetime) -> None:
        """Make it another time, earlier or later."""
        self._now = _micros(instant)


def _micros(instant: datetime) -> int:
    from datetime import UTC

    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000)
