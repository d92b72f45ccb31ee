"""Partition keys as text: a ``strftime`` format, read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from earmark.partitions.fields import CronFields
from earmark.partitions.timeline import Stretch
from earmark.partitions.zones import DAY, HOUR, MINUTE, SECOND

_EPOCH = date(1970, 1, 1).toordinal()
_PLAIN = {"Y": ("{0:04d}", r"(\d{4})"), "m": ("{1:02d}", r"(\d{2})"), "d": ("{2:02d}", r"(\d{2})"),
          "H": ("{3:02d}", r"(\d{2})"), "M": ("{4:02d}", r"(\d{2})"), "S": ("{5:02d}", r"(\d{2})")}  # fmt: skip
_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?$")


class KeyFormat:
    """A ``strftime`` format of keys.

    The directives ``%Y %m %d %H %M %S`` are read and written by arithmetic; with any other, ``strptime`` does it.

    Args:
        fmt: The format.
    """

    def __init__(self, fmt: str) -> None:
        self.fmt = fmt
        self.directives = re.findall(r"%(.)", fmt)
        self.shows_offset = "z" in self.directives
        self.shows_hour = any(letter in "HIcXT" for letter in self.directives)
        self.is_plain = len(set(self.directives)) == len(self.directives) and set(self.directives) <= set(_PLAIN)
        self.is_plain = self.is_plain and "Y" in self.directives
        if not self.is_plain:
            return
        pieces = re.split(r"%(.)", fmt)
        self._order = ["YmdHMS".index(letter) for letter in self.directives]
        self._template = "".join(
            _PLAIN[piece][0] if odd else piece.replace("{", "{{").replace("}", "}}")
            for odd, piece in _alternating(pieces)
        )
        self._pattern = re.compile(
            "".join(_PLAIN[piece][1] if odd else re.escape(piece) for odd, piece in _alternating(pieces)), re.ASCII
        )

    def write(self, wall: int, offset: int) -> str:
        """Return the key of a wall-clock time; ``offset`` matters to formats with ``%z`` only."""
        days, rest = divmod(wall, DAY)
        if not self.is_plain:
            zone = timezone(timedelta(microseconds=offset))
            return (datetime(1970, 1, 1, tzinfo=zone) + timedelta(microseconds=wall)).strftime(self.fmt)
        day = date.fromordinal(days + _EPOCH)
        return self._template.format(
            day.year, day.month, day.day, rest // HOUR, rest // MINUTE % 60, rest // SECOND % 60
        )

    def write_all(self, stretch: Stretch, mark_repeated: bool) -> Iterator[str]:
        """Yield the keys of a stretch of ticks, with the offset after those shown before if asked to."""
        offset, repeated_until, walls = stretch
        suffix = offset_suffix(offset)
        if not self.is_plain:
            for wall in walls:
                key = self.write(wall, offset)
                yield key + suffix if mark_repeated and wall < repeated_until else key
            return
        template, today, year, month, day_of_month = self._template, None, 0, 0, 0
        for wall in walls:
            days, rest = divmod(wall, DAY)
            if days != today:
                day = date.fromordinal(days + _EPOCH)
                today, year, month, day_of_month = days, day.year, day.month, day.day
            key = template.format(year, month, day_of_month, rest // HOUR, rest // MINUTE % 60, rest // SECOND % 60)
            yield key + suffix if mark_repeated and wall < repeated_until else key

    def read(self, key: str) -> tuple[int, int | None] | None:
        """Return the wall-clock time of a key and the offset it names, or ``None`` if it is not of this format."""
        if not self.is_plain:
            return self._read_any(key)
        match = self._pattern.match(key)
        if match is None:
            return None
        offset = None
        if match.end() != len(key):
            offset = _read_offset(key[match.end() :])
            if offset is None:
                return None
        parts = [1, 1, 1, 0, 0, 0]
        for place, text in zip(self._order, match.groups(), strict=True):
            parts[place] = int(text)
        year, month, day, hour, minute, second = parts
        if hour > 23 or minute > 59 or second > 59:
            return None
        try:
            days = date(year, month, day).toordinal() - _EPOCH
        except ValueError:
            return None
        return days * DAY + hour * HOUR + minute * MINUTE + second * SECOND, offset

    def _read_any(self, key: str) -> tuple[int, int | None] | None:
        for fmt in (self.fmt, self.fmt + "%z"):
            try:
                moment = datetime.strptime(key, fmt)
            except ValueError:
                continue
            shown = moment.utcoffset()
            wall = (moment.replace(tzinfo=None) - datetime(1970, 1, 1)) // datetime.resolution
            return wall, None if shown is None else shown // datetime.resolution
        return None

    def cannot_tell(self, fields: CronFields) -> str | None:
        """Return the part of a date that ticks of ``fields`` differ in and the format does not show."""
        if not self.is_plain:
            return None
        needed = [("year", "Y", True), ("month", "m", len(fields.months) > 1)]
        days = len(fields.days) + fields.last_day
        needed.append(("day", "d", (fields.any_day or days > 1) or not fields.any_weekday))
        needed.append(("hour", "H", len(fields.hours) > 1))
        needed.append(("minute", "M", len(fields.minutes) > 1))
        return next((name for name, letter, varies in needed if varies and letter not in self.directives), None)


def offset_suffix(offset: int) -> str:
    """Return an offset as ``%z`` writes it, for example ``-0500``."""
    sign = "-" if offset < 0 else "+"
    minutes, seconds = divmod(abs(offset) // SECOND, 60)
    tail = f"{seconds:02d}" if seconds else ""
    return f"{sign}{minutes // 60:02d}{minutes % 60:02d}{tail}"


def _read_offset(text: str) -> int | None:
    match = _OFFSET.match(text)
    if match is None:
        return None
    size = int(match[2]) * HOUR + int(match[3]) * MINUTE + int(match[4] or 0) * SECOND
    return -size if match[1] == "-" else size


def _alternating(pieces: list[str]) -> Iterator[tuple[bool, str]]:
    for index, piece in enumerate(pieces):
        yield index % 2 == 1, piece


@lru_cache(maxsize=512)
def key_format(fmt: str) -> KeyFormat:
    """Return the reader and writer of a format; equal formats share it."""
    return KeyFormat(fmt)
