"""First pages and counts over 1,000,000 runs with six tags each, on PostgreSQL: the first time, filled for minutes."""

from __future__ import annotations

from benchmarks.daemon import NO_QUERIES, only_earmark
from benchmarks.result import Result


def measure(api: str) -> Result:
    """Return the 99th percentile of the slowest query in milliseconds."""
    only_earmark(api, NO_QUERIES)
    from benchmarks.run_query import result_of

    return result_of("postgresql", 1_000_000, repeat=25)
