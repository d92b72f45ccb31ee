"""The benchmark report: what a line says, when a ratio stands, what a partial run keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.result import Result
from benchmarks.run import BY_NAME, every_case, line_of, parse, ratio, run_case, usual_cases, write

OURS = {"name": "a step", "value": 5.0, "unit": "ms", "target": 10.0, "details": {}}
THEIRS = {**OURS, "value": 50.0}


def test_a_figure_at_its_target_holds_and_one_above_does_not() -> None:
    assert Result("a", 10, "ms", target=10).holds is True
    assert Result("a", 10.1, "ms", target=10).holds is False
    assert Result("a", 10, "ms").holds is None


def test_a_ratio_above_one_says_that_earmark_is_faster() -> None:
    assert ratio(OURS, THEIRS) == 10.0
    assert ratio(OURS, {"error": "not done"}) is None
    assert ratio(OURS, None) is None


def test_a_line_says_the_figure_the_target_and_whether_it_holds() -> None:
    line = line_of({"case": "step", "earmark": OURS, "dagster": THEIRS, "ratio": 10.0})
    assert "5.00 ms" in line and "target 10 ms" in line and "holds" in line and "ratio 10.0" in line
    missed = line_of({"case": "step", "earmark": {**OURS, "value": 11.0}, "dagster": None, "ratio": None})
    assert "MISSED" in missed
    failed = line_of({"case": "step", "earmark": {"error": "boom"}, "dagster": None, "ratio": None})
    assert failed == "step                   FAILED: boom"


def test_a_run_of_one_case_keeps_the_others_and_the_last_comparison(tmp_path: Path) -> None:
    target = tmp_path / "figures.json"
    both = [{"case": name, "earmark": OURS, "dagster": THEIRS, "ratio": 10.0} for name in ("a", "b")]
    write(target, both)
    write(target, [{"case": "b", "earmark": {**OURS, "value": 25.0}, "dagster": None, "ratio": None}])
    first, second = json.loads(target.read_text())["rows"]
    assert first == both[0]
    assert (second["earmark"]["value"], second["dagster"], second["ratio"]) == (25.0, THEIRS, 2.0)


def test_an_unknown_case_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parse(["forked_stepp"])
    assert refused.value.code == 2
    assert "forked_step" in capsys.readouterr().err
    assert parse(["forked_step"]).cases == ["forked_step"]
    assert len(every_case()) >= 7


def test_what_takes_many_minutes_is_run_only_by_its_name() -> None:
    assert set(every_case()) >= BY_NAME
    assert set(usual_cases()) == set(every_case()) - BY_NAME
    assert parse(sorted(BY_NAME)).cases == sorted(BY_NAME)


def test_a_case_that_fails_gives_its_last_line(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ValueError: not today' >&2\nexit 3\n")
    python.chmod(0o755)
    assert run_case(str(python), "anything", "earmark", timeout=10) == {"error": "ValueError: not today"}
    python.write_text("#!/bin/sh\nexec sleep 30\n")
    assert run_case(str(python), "anything", "earmark", timeout=0.2) == {"error": "not done after 0.2 s"}
