"""What steps print: shown as it comes, kept by step, and read again; and the bar on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]

TALKERS = """
import os, sys, time
import earmark as em

ME = os.getpid()

@em.op
def one():
    print("one speaks", os.getpid() == ME)

@em.op
def two():
    print("two complains", file=sys.stderr)

@em.job
def together():
    one()
    two()

@em.job(executor_def=em.multiprocess_executor)
def apart():
    one()
    two()
"""


@pytest.fixture
def talkers(project: Path) -> Path:
    (project / "talkers.py").write_text(TALKERS)
    return project


def test_what_steps_print_is_shown_and_kept_by_step(talkers: Path, earmark: Command) -> None:
    answer = earmark("job", "execute", "-f", "talkers.py", "-j", "together")
    assert "one speaks True" in answer.out
    assert "two complains" in answer.err
    assert earmark("run", "logs", "--output").out.splitlines() == [
        "--- stdout of one",
        "one speaks True",
        "--- stderr of two",
        "two complains",
    ]
    assert earmark("run", "logs", "--output", "--step", "two").out.splitlines()[0] == "--- stderr of two"
    assert sys.stdout.write.__self__.__class__.__name__ != "_Tee"


@pytest.mark.process
def test_steps_of_a_job_with_processes_print_into_the_logs(talkers: Path, earmark_process: Command) -> None:
    answer = earmark_process("job", "execute", "-f", "talkers.py", "-j", "apart")
    assert answer.code == 0, answer.out + answer.err
    assert "ok      one" in answer.out
    assert "one speaks False" in earmark_process("run", "logs", "--output").out


@pytest.mark.process
@pytest.mark.parametrize("job", ["together", "apart"])
def test_a_terminal_shows_a_bar_that_ends_full(job: str, talkers: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "earmark.cli.main", "job", "execute", "-f", "talkers.py", "-j", job],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        shown += data
    _, complaints = process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 0, complaints
    text = shown.decode()
    assert "0/2" in text
    assert "2/2" in text
    assert "succeeded" in text[text.rindex("2/2") :]
