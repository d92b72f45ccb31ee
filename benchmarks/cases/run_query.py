"""First pages and counts over 100,000 runs with six tags each, the unkind queries included, on SQLite."""

from __future__ import annotations

from benchmarks.daemon import NO_QUERIES, only_earmark
from benchmarks.result import Result


def measure(api: str) -> Result:
    """Return the 99th percentile of the slowest query in milliseconds."""
    only_earmark(api, NO_QUERIES)
    from benchmarks.run_query import result_of

    return result_of("sqlite", 100_000, repeat=20)
