"""A page of the API with three tag terms, over 100,000 runs, from a server in a process of its own."""

from __future__ import annotations

import os
import urllib.parse
from pathlib import Path

from benchmarks.daemon import PROJECT, fetched, load, only_earmark, serving
from benchmarks.processes import free_port
from benchmarks.result import Result, median_seconds

QUERY = "tag:env=prod tag:team=t3 not tag:left=1"
TIMES = 40


def measure(api: str) -> Result:
    """Return the median in milliseconds; the connection is new each time."""
    return page_of(api, 100_000)


def page_of(api: str, runs: int) -> Result:
    """Return the median for a page over so many runs on SQLite, and beside it that of the counts by state."""
    only_earmark(api, "Dagster's pages ask GraphQL for what they show; its filter by tags knows no `not`.")
    from benchmarks.run_query import filled, kept_store

    file = Path(os.environ["EARMARK_HOME"]) / "project.py"
    file.write_text(PROJECT)
    port = free_port()
    path = f"/api/runs?{urllib.parse.urlencode({'q': QUERY, 'limit': 25})}"
    counts = f"/api/runs/counts?{urllib.parse.urlencode({'q': QUERY})}"
    with kept_store("sqlite", runs) as home:
        filled(home, runs)
        with serving(["server", "-f", str(file), "-p", str(port)], Path(home)):
            size = len(fetched(port, path, seconds=60))
            busy = load()
            seconds = median_seconds(lambda: fetched(port, path), TIMES)
            counting = median_seconds(lambda: fetched(port, counts), TIMES)
    return Result(
        f"a page of runs with three tag terms over {runs:,} runs, through the API",
        seconds * 1000,
        "ms",
        target=100,
        details={"bytes": size, "milliseconds for the counts by state": counting * 1000, "load before": busy},
    )
