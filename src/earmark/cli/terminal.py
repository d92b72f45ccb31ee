"""How things look: tables, tags, times, JSON, and the two streams."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from earmark.cli.lines import Line, Screen


@cache
def out() -> Screen:
    """Return what is said on stdout."""
    return Screen("stdout")


@cache
def err() -> Screen:
    """Return what is said on stderr."""
    return Screen("stderr")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> None:
    """Print rows under column titles, or ``empty`` if there are none. Text is printed as it is, without markup."""
    made = [tuple(row) for row in rows]
    if not made:
        err().print(empty, style="dim")
        return
    widths = [max(len(row[at]) for row in (columns, *made)) for at in range(len(columns))]
    screen = out()
    if not screen.is_terminal:
        # All at once: ten thousand lines one by one take ten times as long.
        sys.stdout.write("".join(f"{_row(row, widths)}\n" for row in (columns, *made)))
        return
    screen.print(_row(columns, widths), style="bold", soft_wrap=True)
    for row in made:
        cells = zip(row, widths, strict=True)
        screen.print(Line(*((f"{cell:<{width}}  ", _STYLES.get(cell, "")) for cell, width in cells)), soft_wrap=True)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


_STYLES = {
    "succeeded": "green",
    "failed": "red",
    "canceled": "yellow",
    "canceling": "yellow",
    "running": "cyan",
    "queued": "blue",
    "starting": "cyan",
}


def count(number: int, noun: str) -> str:
    """Return ``1 asset``, ``2 assets``."""
    plural = noun if number == 1 else noun[:-1] + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {plural}"


def tags_text(tags: Mapping[str, str]) -> str:
    """Return tags on one line: ``domain=sales pii``; kinds and internal tags are left out."""
    shown = (
        f"{key}={value}" if value else key
        for key, value in sorted(tags.items())
        if not key.startswith((".dagster/", "dagster/kind/"))
    )
    return " ".join(shown)


def own_tags_text(tags: Mapping[str, str]) -> str:
    """Return the tags that people gave, on one line, and how many of the system's there are besides.

    Example:
        >>> own_tags_text({"team": "ml", "dagster/partition": "eu", "dagster/priority": "3"})
        'team=ml +2'
    """
    from earmark.tags.tag import is_hidden, is_system

    own = {key: value for key, value in tags.items() if not is_system(key)}
    others = sum(is_system(key) and not is_hidden(key) for key in tags)
    return " ".join(filter(None, (tags_text(own), f"+{others}" if others else "")))


def time_text(micros: int | None) -> str:
    """Return an instant in the time zone of this machine, to the second."""
    if micros is None:
        return ""
    return datetime.fromtimestamp(micros / 1_000_000).strftime("%Y-%m-%d %H:%M:%S")


def clock_text(micros: int) -> str:
    """Return the time of day of an instant, to the millisecond."""
    return datetime.fromtimestamp(micros / 1_000_000).strftime("%H:%M:%S.%f")[:-3]


def duration_text(micros: int | None) -> str:
    """Return a duration in the unit that suits it.

    Example:
        >>> duration_text(12_300), duration_text(2_340_000), duration_text(125_000_000)
        ('12 ms', '2.3 s', '2 min 5 s')
    """
    if micros is None:
        return ""
    seconds = micros / 1_000_000
    if seconds < 1:
        return f"{round(micros / 1000)} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    import msgspec

    from earmark.values import wire

    sys.stdout.write(msgspec.json.format(wire.encode(value), indent=2).decode() + "\n")


def tell_warnings() -> None:
    """Tell warnings in one line each, where they arise in the user's code."""

    def show(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        print(f"warning: {message} ({filename}:{lineno})", file=file or sys.stderr)

    warnings.showwarning = show
