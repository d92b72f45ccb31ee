"""Run one case in this interpreter: ``python -m benchmarks.case NAME API`` prints its figure as JSON.

``API`` is the module whose names the workload uses: ``earmark``, or in another environment ``dagster``. Each case
runs in a process and a home of its own, so that none sees what another has loaded or stored.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile


def main(name: str, api: str) -> None:
    """Measure and print. Whatever the workload itself prints goes to the standard error."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    case = importlib.import_module(f"benchmarks.cases.{name}")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home:
        os.environ["EARMARK_HOME"] = os.environ["DAGSTER_HOME"] = home
        result = case.measure(api)
    output.write(json.dumps(result.as_data()))
    output.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
