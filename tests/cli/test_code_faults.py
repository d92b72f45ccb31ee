"""Code that does not load or does not fit together: what a person reads, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]


def test_valid_definitions_are_counted(earmark: Command) -> None:
    answer = earmark("definitions", "validate")
    assert (answer.code, answer.out) == (0, "ok shop: 5 assets, 1 checks, 3 jobs\n")
    assert earmark("definitions", "validate", "--json").json[0]["assets"] == 5


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def broken(:\n", "SyntaxError"),
        ("x = 1\n", "defines nothing"),
        ("import earmark as em\n@em.asset(tags={'a b': 'c'})\ndef orders(): ...\n", "bad.py:2"),
        ("import earmark as em\n@em.asset\ndef total(ordrs): ...\n@em.asset\ndef orders(): ...\n", "orders"),
        (
            "import earmark as em\n@em.asset(deps=['b'])\ndef a(): ...\n@em.asset(deps=['a'])\ndef b(): ...\n",
            "circle",
        ),
        ("import earmark as em\n@em.asset(required_resource_keys={'db'})\ndef a(): ...\n", "db"),
        ("from earmark import assett\n", "Did you mean 'asset'"),
    ],
)
def test_code_that_is_wrong_is_told_in_the_users_words(text: str, says: str, earmark: Command, project: Path) -> None:
    (project / "bad.py").write_text(text)
    answer = earmark("definitions", "validate", "-f", "bad.py")
    assert answer.code in (2, 3), answer.err
    assert says in answer.err
    assert "src/earmark/" not in answer.err
    assert "error: " in answer.err


def test_one_location_that_fails_does_not_hide_the_others(earmark: Command, project: Path) -> None:
    (project / "bad.py").write_text("x = 1 / 0\n")
    (project / "pyproject.toml").unlink()
    (project / "workspace.yaml").write_text("load_from:\n  - python_file: bad.py\n  - python_file: shop.py\n")
    answer = earmark("definitions", "validate")
    assert answer.code == 3
    assert "ok shop.py: 5 assets" in answer.out
    assert "bad.py could not be imported" in answer.err
    several = earmark("asset", "list")
    assert (several.code, "Choose one with -l NAME." in several.err) == (2, True)
    assert earmark("asset", "list", "-l", "shop.py").code == 0


def test_a_job_that_is_not_there_is_said_with_what_is_near(earmark: Command) -> None:
    answer = earmark("job", "execute", "-j", "sale")
    assert answer.code == 2
    assert "Did you mean 'sales'?" in answer.err
    assert "typer" not in answer.err
    assert earmark("job", "execute").code == 2


def test_a_project_that_names_no_code_says_what_to_write(earmark: Command, project: Path) -> None:
    (project / "pyproject.toml").unlink()
    answer = earmark("asset", "list")
    assert answer.code == 2
    assert "[tool.earmark]" in answer.err


def test_an_error_that_nobody_has_foreseen_shows_its_stack_and_where_it_was_raised(
    earmark: Command, project: Path
) -> None:
    (project / "odd.py").write_text(
        "import earmark as em\n\nclass Odd(em.Definitions):\n    def resolve_all_job_defs(self):\n"
        "        raise KeyError('odd')\n\ndefs = Odd()\n"
    )
    answer = earmark("job", "list", "-f", "odd.py")
    assert answer.code == 70
    assert "Traceback" in answer.err
    assert "KeyError was raised at" in answer.err
    assert "odd.py:5" in answer.err
