"""Small pictures for the pages of the reports: SVG written by hand, shown as an image inside markdown.

Every function returns markdown text, so it needs no plotting library and is easy to test: a picture is a string.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape

import polars as pl

INK, PALE, ACCENT = "#334155", "#e2e8f0", "#2563eb"
_FONT = 'font-family="system-ui, sans-serif" font-size="12"'


def markdown_table(frame: pl.DataFrame) -> str:
    """A frame as a markdown table; floats keep two decimals, nulls stay blank.

    Example:
        >>> print(markdown_table(pl.DataFrame({"carrier": ["AA"], "delay": [7.126]})))
        | carrier | delay |
        | --- | --- |
        | AA | 7.13 |
    """
    lines = [frame.columns, ["---"] * frame.width, *([_cell(v) for v in row] for row in frame.iter_rows())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bars(title: str, values: Iterable[tuple[str, float]], unit: str) -> str:
    """A horizontal bar per value, longest scaled to the width. Negative values get an empty bar."""
    rows = list(values)
    longest = max((value for _, value in rows), default=0.0) or 1.0
    marks = []
    for line, (name, value) in enumerate(rows):
        y, length = 34 + 22 * line, 330 * max(value, 0.0) / longest
        marks += [
            f'<text x="190" y="{y + 12}" text-anchor="end" fill="{INK}">{escape(name)}</text>',
            f'<rect x="200" y="{y}" width="{length:.1f}" height="16" rx="3" fill="{ACCENT}"/>',
            f'<text x="{206 + length:.1f}" y="{y + 12}" fill="{INK}">{value:.1f} {escape(unit)}</text>',
        ]
    return _picture(title, 640, 44 + 22 * len(rows), marks)


def heat_map(title: str, rows: Sequence[str], columns: Sequence[str], cells: dict[tuple[str, str], float]) -> str:
    """A grid of squares, the darker the greater. `cells` is keyed by (row, column); a missing cell stays pale."""
    hottest = max(cells.values(), default=0.0) or 1.0
    marks = [_label(60 + 26 * x, 36, name) for x, name in enumerate(columns)]
    for y, row in enumerate(rows):
        marks.append(_label(20, 60 + 26 * y, row))
        for x, column in enumerate(columns):
            heat = max(cells.get((row, column), 0.0), 0.0) / hottest
            square = f'x="{48 + 26 * x}" y="{44 + 26 * y}" width="24" height="24" rx="3"'
            marks.append(f'<rect {square} fill="{PALE}"/>')
            marks.append(f'<rect {square} fill="{ACCENT}" fill-opacity="{heat:.2f}"/>')
    return _picture(title, 60 + 26 * len(columns), 54 + 26 * len(rows), marks)


def route_map(title: str, origin: tuple[float, float], ends: Iterable[tuple[float, float, float]]) -> str:
    """Lines from one place to many on a plain map of longitudes and latitudes.

    Args:
        title: What the picture shows.
        origin: Longitude and latitude in degrees where all lines begin.
        ends: Longitude, latitude and weight (0 to 1, the width of the line) of every end.
    """
    x0, y0 = _on_map(*origin)
    marks = []
    for longitude, latitude, weight in ends:
        x, y = _on_map(longitude, latitude)
        bend = min(y, y0) - abs(x - x0) / 6
        curve = f"M{x0:.1f},{y0:.1f} Q{(x + x0) / 2:.1f},{bend:.1f} {x:.1f},{y:.1f}"
        width, opacity = 0.4 + 3 * weight, 0.25 + 0.6 * weight
        marks += [
            f'<path d="{curve}" fill="none" stroke="{ACCENT}" stroke-width="{width:.2f}" opacity="{opacity:.2f}"/>',
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{INK}"/>',
        ]
    return _picture(title, 720, 400, marks)


def _on_map(longitude: float, latitude: float) -> tuple[float, float]:
    """Degrees to pixels: 162 W to 62 W across 700 pixels, 63 N to 17 N down 360 pixels."""
    return 10 + 7.0 * (longitude + 162), 35 + 7.8 * (63 - latitude)


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="{INK}">{escape(text)}</text>'


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _picture(title: str, width: int, height: int, marks: Iterable[str]) -> str:
    heading = f'<text x="10" y="18" font-weight="600" fill="{INK}">{escape(title)}</text>'
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    paper = '<rect width="100%" height="100%" rx="6" fill="white"/>'  # readable on a dark page too
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT}>{paper}{heading}{"".join(marks)}</svg>'
    return f"![{title}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"
