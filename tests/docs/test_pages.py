"""The code on every page runs as it stands.

A page is read from its top: blocks with a title are written to the file they name, the other Python blocks are run
as one script (and those that begin with ``>>>`` as one doctest), then the commands of its console blocks that call
``earmark``, ``python``, ``curl`` or ``kill`` are run in the same folder.
A block after ``<!-- not run: reason -->`` is left out; one after ``<!-- within: 30 -->`` is tried again for so many
seconds, where something else has to happen first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.pages import Block, blocks_of, commands_of, script_of, shows

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUNNABLE = ("earmark ", "python ", "kill ", "curl ")
DOCTEST = ["-m", "doctest", "-o", "ELLIPSIS", "-o", "NORMALIZE_WHITESPACE"]


def runs_something(page: Path) -> bool:
    return any(
        block.skipped is None
        and (
            block.language == "python"
            or (
                block.language == "console" and any(command.text.startswith(RUNNABLE) for command in commands_of(block))
            )
        )
        for block in blocks_of(page)
    )


def environment(home: Path) -> dict[str, str]:
    binaries = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "EARMARK_HOME": str(home),
        "COLUMNS": "120",
        "NO_COLOR": "1",
        "TERM": "dumb",
    }


@pytest.mark.parametrize(
    "page", [page for page in PAGES if runs_something(page)], ids=lambda page: str(page.relative_to(ROOT))
)
def test_the_code_of_a_page_runs_as_it_stands(page: Path, tmp_path: Path, home: Path) -> None:
    blocks = [block for block in blocks_of(page) if block.skipped is None]
    for block in blocks:
        if block.title is not None:
            target = tmp_path / block.title
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.body)
    untitled = [block for block in blocks if block.language == "python" and not block.title]
    run_python([block for block in untitled if not is_session(block)], page, tmp_path, home, [])
    run_python([block for block in untitled if is_session(block)], page, tmp_path, home, DOCTEST)
    for block in blocks:
        if block.language == "console":
            run_commands(block, page, tmp_path, home)


def is_session(block: Block) -> bool:
    return block.body.lstrip().startswith(">>> ")


def run_python(blocks: list[Block], page: Path, folder: Path, home: Path, options: list[str]) -> None:
    if not blocks:
        return
    script = folder / f"{page.stem}_page.{'txt' if options else 'py'}"
    script.write_text(script_of(blocks))
    outcome = subprocess.run(
        [sys.executable, *options, script.name],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome.returncode == 0, f"{page}: (line numbers are those of the page)\n{outcome.stdout}{outcome.stderr}"


def run_commands(block: Block, page: Path, folder: Path, home: Path) -> None:
    for command in commands_of(block):
        if not command.text.startswith(RUNNABLE):
            continue
        until = time.monotonic() + command.within
        code, printed = run_command(command.text, folder, home)
        while not shows(command.shown, printed) and time.monotonic() < until:
            time.sleep(0.5)
            code, printed = run_command(command.text, folder, home)
        where = f"{page}:{command.line}: $ {command.text}"
        assert code == command.exits, f"{where}\n{printed}"
        assert shows(command.shown, printed), f"{where}\nthe page shows:\n{command.shown}\nit printed:\n{printed}"


def run_command(text: str, folder: Path, home: Path) -> tuple[int, str]:
    outcome = subprocess.run(
        ["bash", "-c", text],
        cwd=folder,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return outcome.returncode, outcome.stdout + outcome.stderr


def test_blocks_keep_their_titles_reasons_and_line_numbers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        'A\n```python title="a.py"\nx = 1\n```\n<!-- not run: needs a cluster -->\n```console\n$ a\n```\n'
        "<!-- exits: 2 -->\n```console\n$ earmark a \\\n  b\nout\n```\n"
        "<!-- within: 30 -->\n```console\n$ earmark c\n```\n"
    )
    first, second, third, fourth = blocks_of(page)
    assert (first.title, first.body, first.line, first.skipped) == ("a.py", "x = 1\n", 3, None)
    assert second.skipped == "needs a cluster"
    (command,) = commands_of(third)
    assert (command.text, command.shown, command.line, command.exits) == ("earmark a b", "out", 11, 2)
    assert [command.within for block in (third, fourth) for command in commands_of(block)] == [0, 30]
    assert script_of([first]).splitlines() == ["", "", "x = 1"]


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("3 assets", "3  assets\n", True),
        ("run ... succeeded", "run 0193 succeeded in 2 s", True),
        ("run ... failed", "run 0193 succeeded", False),
        ("a+b", "aab", False),
    ],
)
def test_output_on_a_page_may_leave_out_what_varies(shown: str, printed: str, expected: bool) -> None:
    assert shows(shown, printed) is expected
