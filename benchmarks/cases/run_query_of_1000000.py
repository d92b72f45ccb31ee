"""First pages and counts over 1,000,000 runs with six tags each; the first time, filling the store takes minutes.

Name it with a time limit that allows for that: ``python -m benchmarks.run run_query_of_1000000 --timeout 3600``.
"""

from __future__ import annotations

from benchmarks.daemon import only_earmark
from benchmarks.result import Result

RUNS = 1_000_000


def measure(api: str) -> Result:
    """Return the 99th percentile of the slowest query in milliseconds."""
    only_earmark(api, "Dagster has no language of queries over runs; its filter by tags knows no `not` and no pattern.")
    from benchmarks.run_query import result_of

    return result_of(RUNS, repeat=20)
