"""One asset, one job and ``Definitions`` in a fresh process, over a bare interpreter."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

from benchmarks.result import Result

DEFINE = """
import {api} as em

@em.asset(tags={{"domain": "sales"}})
def orders():
    return 1

job = em.define_asset_job("all", tags={{"team": "growth"}})
definitions = em.Definitions(assets=[orders], jobs=[job])
"""


def measure(api: str) -> Result:
    """Return the cost in milliseconds of processor time: the median of pairs of fresh interpreters.

    One process with one thread waits for nothing, so that this is its time by the clock, where nobody else works.
    """
    program = DEFINE.format(api=api)
    processor_seconds(program)
    both = [(processor_seconds(program), processor_seconds("pass")) for _ in range(15)]
    differences = [defined - bare for defined, bare in both]
    return Result(
        name="define an asset, a job and Definitions in a fresh process",
        value=statistics.median(differences) * 1000,
        unit="ms",
        target=60,
        details={
            "least": min(differences) * 1000,
            "bare interpreter": statistics.median(bare for _, bare in both) * 1000,
        },
    )


def processor_seconds(program: str) -> float:
    """Run a program in a fresh interpreter and return the processor time that it took."""
    before = spent_by_children()
    subprocess.run([sys.executable, "-c", program], check=True)
    return spent_by_children() - before


def spent_by_children() -> float:
    """Return the processor time of all processes that were waited for, in seconds."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
