"""First pages and counts over 100,000 runs with six tags each, the unkind queries included, on SQLite."""

from __future__ import annotations

from benchmarks.daemon import only_earmark
from benchmarks.result import Result

RUNS = 100_000


def measure(api: str) -> Result:
    """Return the 99th percentile of the slowest query in milliseconds."""
    only_earmark(api, "Dagster has no language of queries over runs; its filter by tags knows no `not` and no pattern.")
    from benchmarks.run_query import result_of

    return result_of(RUNS, repeat=12)
