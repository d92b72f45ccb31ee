"""Adding runs in bulk to a million on SQLite, as against to none; the first time it takes minutes."""

from __future__ import annotations

from benchmarks.daemon import only_earmark
from benchmarks.result import Result


def measure(api: str) -> Result:
    """Return the processor time of a run in the last tenth of a million, over that in the first."""
    only_earmark(api, "Dagster accepts one run at a time.")
    from benchmarks.run_query import adding_result

    return adding_result("sqlite", 1_000_000)
