"""A page of the API with three tag terms, over 1,000,000 runs, from a server in a process of its own."""

from __future__ import annotations

from benchmarks.cases.api_runs_page import page_of
from benchmarks.result import Result


def measure(api: str) -> Result:
    """Return the median in milliseconds; the connection is new each time."""
    return page_of(api, 1_000_000)
