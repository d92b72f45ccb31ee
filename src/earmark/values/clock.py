"""Time as a parameter. Instants are integers: microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NewType

Micros = NewType("Micros", int)
"""An instant, in microseconds since 1970-01-01T00:00:00Z."""

Clock = Callable[[], Micros]
"""Where the time comes from. Production passes ``earmark.system.clock.now``, tests a clock they can set."""

_default: list[Callable[[], Clock]] = []

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def use_clock(load: Callable[[], Clock]) -> None:
    """Name the function that gives the clock for those who were given none; it is called when one is needed.

    The pure layers read no clock of their own; the one who composes the program names it.
    """
    _default[:] = [load]


def default_clock() -> Clock | None:
    """Return the clock for those who were given none, or ``None`` if nobody named one."""
    return _default[0]() if _default else None


def to_datetime(instant: Micros) -> datetime:
    """Return an instant as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=instant)


def from_datetime(moment: datetime) -> Micros:
    """Return a datetime as an instant; a naive one is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Micros((moment - _EPOCH) // _MICROSECOND)


def from_seconds(seconds: float) -> Micros:
    """Return POSIX seconds as an instant."""
    return Micros(round(seconds * 1_000_000))


def to_seconds(instant: Micros) -> float:
    """Return an instant as POSIX seconds."""
    return instant / 1_000_000
