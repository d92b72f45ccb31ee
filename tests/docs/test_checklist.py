"""What the checklist ticks is shown by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKLIST = (ROOT / "docs" / "design" / "checklist.md").read_text()
TICKED = [" ".join(item.split()) for item in re.findall(r"^- \[x\] (.*(?:\n  .*)*)", CHECKLIST, re.MULTILINE)]


@pytest.mark.parametrize("line", TICKED)
def test_a_ticked_line_names_tests_that_exist(line: str) -> None:
    named = re.findall(r"`((?:tests|examples)/[\w/.]+)`", line)
    assert named, f"{line} names no test"
    assert [name for name in named if not (ROOT / name).exists()] == []
