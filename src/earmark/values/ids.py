"""Identifiers for people: UUIDs of version 7 (RFC 9562), which sort by the time they were made."""

from __future__ import annotations

from collections.abc import Callable

from earmark.values.clock import Micros

IdSource = Callable[[], str]
"""Where run ids come from. Production passes ``earmark.system.ids.new_id``, tests one that counts."""


def uuid7(instant: Micros, random_bits: int) -> str:
    """Return the UUIDv7 of an instant.

    Args:
        instant: Microseconds since the epoch. Milliseconds fill the timestamp field; the remaining
            microseconds fill ``rand_a``, so ids of one process sort within a millisecond too.
        random_bits: At least 62 random bits; lower bits are used.
    """
    milliseconds, rest = divmod(instant, 1000)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (rest * 4096 // 1000) << 64
    value |= 0b10 << 62
    value |= random_bits & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
