"""One asset, one job and ``Definitions`` in a fresh process, over a bare interpreter."""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.result import Result, seconds_of

DEFINE = """
import {api} as em

@em.asset(tags={{"domain": "sales"}})
def orders():
    return 1

job = em.define_asset_job("all", tags={{"team": "growth"}})
definitions = em.Definitions(assets=[orders], jobs=[job])
"""


def measure(api: str) -> Result:
    """Return the cost in milliseconds: the median of pairs, so that a slow moment of the machine hits both."""
    program = DEFINE.format(api=api)
    run(program)
    differences = [seconds_of(lambda: run(program)) - seconds_of(lambda: run("pass")) for _ in range(15)]
    return Result(
        name="define an asset, a job and Definitions in a fresh process",
        value=statistics.median(differences) * 1000,
        unit="ms",
        target=60,
    )


def run(program: str) -> None:
    """Run a program in a fresh interpreter."""
    subprocess.run([sys.executable, "-c", program], check=True)
