"""Run the benchmarks, print a table and write it as JSON.

Each case is a module in ``benchmarks/cases`` with a ``measure(api) -> Result``. With ``--dagster PYTHON`` the same
workload runs in that interpreter, which must have Dagster, and the ratio is printed: above 1, Earmark is faster.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.result import Result, machine

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
LATEST = FOLDER / "results" / "latest.json"
BY_NAME = frozenset(path.stem for path in (FOLDER / "cases").glob("*1000000*.py"))
"""Cases that take minutes, and are run only when they are named."""


def main() -> int:
    """Run what was asked for; return 1 if a case failed. A missed target is said, and is no failure."""
    arguments = parse(sys.argv[1:])
    rows: list[dict[str, Any]] = []
    for name in arguments.cases or usual_cases():
        ours = run_case(sys.executable, name, "earmark", arguments.timeout)
        theirs = run_case(arguments.dagster, name, "dagster", arguments.timeout) if arguments.dagster else None
        rows.append({"case": name, "earmark": ours, "dagster": theirs, "ratio": ratio(ours, theirs)})
        print(line_of(rows[-1]), flush=True)
    write(arguments.json, rows)
    return 1 if any("error" in row["earmark"] for row in rows) else 0


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__.splitlines()[0])
    parser.add_argument(
        "cases",
        nargs="*",
        metavar="CASE",
        help=f"of {', '.join(every_case())}; without names: all but {', '.join(sorted(BY_NAME))}",
    )
    parser.add_argument("--dagster", metavar="PYTHON", help="an interpreter that has Dagster, to compare with")
    parser.add_argument("--json", type=Path, default=LATEST, help="where to write the figures")
    parser.add_argument("--timeout", type=float, default=300, metavar="SECONDS", help="for one case (300)")
    arguments = parser.parse_args(words)
    unknown = set(arguments.cases) - set(every_case())
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are: {', '.join(every_case())}")
    return arguments


def every_case() -> list[str]:
    """Return the names of all cases, in order."""
    return sorted(path.stem for path in (FOLDER / "cases").glob("*.py") if path.stem != "__init__")


def usual_cases() -> list[str]:
    """Return the names of the cases that are run when none is named, in order."""
    return [name for name in every_case() if name not in BY_NAME]


def run_case(python: str, name: str, api: str, timeout: float) -> dict[str, Any]:
    """Run one case in a process of its own and return its figure, or ``{"error": ...}``."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    try:
        outcome = subprocess.run(
            [python, "-m", "benchmarks.case", name, api],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not done after {timeout:g} s"}
    if outcome.returncode != 0:
        last = outcome.stderr.strip().splitlines() or [f"exit code {outcome.returncode}"]
        return {"error": last[-1][:200]}
    figure: dict[str, Any] = json.loads(outcome.stdout)
    return figure


def ratio(ours: dict[str, Any], theirs: dict[str, Any] | None) -> float | None:
    """Return how many times as long the other takes, where both were measured. A factor of its own has no such."""
    if theirs is None or "error" in ours or "error" in theirs or not ours["value"] or ours["unit"] == "x":
        return None
    return round(float(theirs["value"]) / float(ours["value"]), 2)


def line_of(row: dict[str, Any]) -> str:
    """Say one row in one line."""
    ours, theirs = row["earmark"], row["dagster"]
    if "error" in ours:
        line = f"{row['case']:<22} FAILED: {ours['error']}"
    else:
        result = Result(**ours)
        against = "" if result.target is None else f"target {result.target:g} {result.unit}"
        verdict = {True: "holds", False: "MISSED", None: ""}[result.holds]
        line = f"{row['case']:<22} {result.value:>10.2f} {result.unit:<4} {against:<18} {verdict:<7} {result.name}"
    if theirs is None:
        return line
    if "error" in theirs:
        return f"{line}\n{'':<22} Dagster: {theirs['error']}"
    return f"{line}\n{'':<22} {theirs['value']:>10.2f} {theirs['unit']:<4} Dagster, ratio {row['ratio'] or '-'}"


def write(target: Path, rows: list[dict[str, Any]]) -> None:
    """Write the figures. A run of some of the cases leaves the others in the file as they were."""
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = {}
    if target.exists():
        kept = {row["case"]: row for row in json.loads(target.read_text())["rows"]}
    for row in rows:
        earlier = kept.get(row["case"], {}).get("dagster")
        theirs = row["dagster"] or earlier
        kept[row["case"]] = {**row, "dagster": theirs, "ratio": ratio(row["earmark"], theirs)}
    report = {
        "measured": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "rows": [kept[name] for name in sorted(kept)],
    }
    target.write_text(json.dumps(report, indent=2) + "\n")
    print(f"written: {os.path.relpath(target)}")


if __name__ == "__main__":
    sys.exit(main())
