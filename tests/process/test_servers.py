"""Several servers over one store, below a path of a proxy, with a daemon beside them that does the work."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.process.hosting import until

pytestmark = pytest.mark.process

PROJECT = """
import earmark as em

@em.op
def greet():
    return 1

@em.job(tags={"team": "core"})
def hello():
    greet()

defs = em.Definitions(jobs=[hello])
"""


@contextmanager
def started(folder: Path, *command: str) -> Iterator[None]:
    with (folder / f"{command[0]}-{command[-1]}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "earmark.cli.main", command[0], "-f", "project.py", *command[1:]],
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "EARMARK_HOME": str(folder / "home")},
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def ask(port: int, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def is_ready(port: int) -> bool:
    try:
        return [one["status"] for one in ask(port, "/api/locations")["items"]] == ["loaded"]
    except OSError:
        return False


def test_what_is_asked_of_one_server_the_daemon_does_and_the_other_server_shows(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "earmark.toml").write_text('[server]\nprefix = "/earmark/"\n')
    one, other = free_port(), free_port()
    with ExitStack() as running:
        running.enter_context(started(tmp_path, "daemon"))
        for port in (one, other):
            running.enter_context(started(tmp_path, "server", "-p", str(port)))
        for port in (one, other):
            until(lambda port=port: is_ready(port), 60, "a server did not come up")

        run_id = ask(one, "/earmark/api/launch", {"job": "hello", "tags": {"note": "both"}})["run_ids"][0]
        until(lambda: ask(other, f"/earmark/api/runs/{run_id}")["ended_at"], 60, "the run did not end")
        assert ask(other, f"/api/runs/{run_id}")["status"] == "SUCCESS"
        assert ask(other, "/api/runs?q=tag:note%3Dboth")["total"] == 1

        edit = {"kind": "tag", "key": "team", "value": "core", "limit": 0}
        ask(other, "/api/limits", edit)
        waiting = ask(one, "/api/launch", {"job": "hello"})["run_ids"][0]
        until(lambda: ask(one, f"/api/runs/{waiting}/explain")["gates"], 20, "nothing says why it waits")
        ask(one, f"/api/runs/{waiting}/cancel", {})
        until(lambda: ask(other, f"/api/runs/{waiting}")["status"] == "CANCELED", 20, "it was not canceled")
        assert [row["action"] for row in ask(other, "/api/audit")["items"]][:2] == ["run.cancel", "run.launch"]
