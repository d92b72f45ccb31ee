"""``earmark asset materialize`` of two assets, from the command to its end."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.result import Result, seconds_of

PROJECT = """
import {api} as em

@em.asset(tags={{"domain": "sales"}})
def orders():
    return [1, 2]

@em.asset(tags={{"domain": "sales"}})
def revenue(orders):
    return sum(orders)

defs = em.Definitions(assets=[orders, revenue])
"""


def measure(api: str) -> Result:
    """Return the median wall time in seconds, the first run (which makes the store) not counted."""
    folder = Path(os.environ["EARMARK_HOME"])
    project = folder / "project.py"
    project.write_text(PROJECT.format(api=api))
    command = [str(Path(sys.executable).with_name(api)), "asset", "materialize", "--select", "*", "-f", str(project)]

    def run() -> None:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    first = seconds_of(run)
    rest = [seconds_of(run) for _ in range(7 if api == "earmark" else 3)]
    return Result(
        "asset materialize of two assets on the command line",
        statistics.median(rest),
        "s",
        target=0.6,
        details={"first": first, "slowest": max(rest)},
    )
