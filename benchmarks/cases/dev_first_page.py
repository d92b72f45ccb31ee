"""From the command `earmark dev` to its first answer, on a small project."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

from benchmarks.daemon import PROJECT, fetched, load, only_earmark, serving
from benchmarks.processes import free_port
from benchmarks.result import Result

TIMES = 5


def measure(api: str) -> Result:
    """Return the median in seconds; the first time, which writes bytecode and the store, is not counted."""
    only_earmark(api, "Dagster's `dev` is measured by hand; see the documentation.")
    home = Path(os.environ["EARMARK_HOME"])
    file = home / "project.py"
    file.write_text(PROJECT)

    def once() -> float:
        port = free_port()
        began = time.perf_counter()
        with serving(["dev", "-f", str(file), "-p", str(port)], home):
            fetched(port, "/api/runs", seconds=60)
            return time.perf_counter() - began

    busy, first = load(), once()
    waits = [once() for _ in range(TIMES)]
    return Result(
        "from `earmark dev` to its first answer",
        statistics.median(waits),
        "s",
        target=1,
        details={"first": first, "slowest": max(waits), "load before": busy},
    )
