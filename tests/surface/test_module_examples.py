"""The examples in the docstrings of every module run, public or not."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "earmark"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules_with_examples() -> list[str]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>> " not in path.read_text():
            continue
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_of_a_module_run(name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    names = {"em": importlib.import_module("earmark")}
    failures: list[str] = []
    attempted = 0
    for test in doctest.DocTestFinder().find(module, extraglobs=names):
        outcome = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=failures.append)
        attempted += outcome.attempted
    assert failures == [], "".join(failures)
    assert attempted > 0
