"""The table of figures on the page of benchmarks is that of the committed file, and of cases that there are."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.chdir(ROOT)
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_every_committed_figure_is_of_a_case_and_stands_in_the_table(hooks: ModuleType) -> None:
    rows = json.loads((ROOT / "benchmarks" / "results" / "latest.json").read_text())["rows"]
    cases = {path.stem for path in (ROOT / "benchmarks" / "cases").glob("*.py")}
    assert {row["case"] for row in rows} <= cases
    table = hooks.figures()
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in table.splitlines()}
    for row in rows:
        line = lines[row["earmark"]["name"]]
        assert hooks.figure(row["earmark"]) in line
        assert hooks.figure(row["dagster"]) in line


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (None, ""),
        ({"value": 0.0312, "unit": "ms"}, "0.0312 ms"),
        ({"value": 2024.6, "unit": "ms"}, "2,025 ms"),
        ({"value": 748_836.1, "unit": "ms"}, "749 s"),
        ({"error": "SystemExit: Dagster has no counts."}, "Dagster has no counts."),
    ],
)
def test_a_figure_is_written_as_a_person_reads_it(hooks: ModuleType, result: dict[str, object], told: str) -> None:
    assert hooks.figure(result) == told
