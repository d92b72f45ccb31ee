"""Several servers over one store, below a path of a proxy, with a daemon beside them that does the work."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
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

@em.op(config_schema={"loud": em.Field(bool, default_value=False)})
def greet():
    return 1

@em.job(tags={"team": "core"})
def hello():
    greet()

@em.schedule(job=hello, cron_schedule="@daily")
def daily(context):
    return em.RunRequest(tags={"asked": "by the code"})

defs = em.Definitions(jobs=[hello], schedules=[daily])
"""

MORE = """
@em.job
def goodbye():
    greet()

defs = em.Definitions(jobs=[hello, goodbye], schedules=[daily])
"""


@contextmanager
def started(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{command[0]}-{command[-1]}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "earmark.cli.main", *command],
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, "EARMARK_HOME": str(folder / "home")},
        )
    try:
        yield process
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


def refused(port: int, path: str, body: Any) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(port, path, body)
    return caught.value.code, json.loads(caught.value.read())["detail"]


def locations(port: int) -> list[tuple[str, int]] | None:
    """Return how each code location stands, and how many jobs it has; ``None`` while the server is not up."""
    try:
        return [(one["status"], one["jobs"]) for one in ask(port, "/api/locations")["items"]]
    except OSError:
        return None


def is_ready(port: int) -> bool:
    return [status for status, _ in locations(port) or ()] == ["loaded"]


def test_what_is_asked_of_one_server_the_daemon_does_and_the_other_server_shows(tmp_path: Path) -> None:
    (tmp_path / "project.py").write_text(PROJECT)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "earmark.toml").write_text('[server]\nprefix = "/earmark/"\n')
    one, other = free_port(), free_port()
    with ExitStack() as running:
        running.enter_context(started(tmp_path, "daemon", "-f", "project.py"))
        running.enter_context(started(tmp_path, "server", "-f", "project.py", "-p", str(one)))
        running.enter_context(started(tmp_path, "server", "-p", str(other)))  # it has no code, and asks the daemon
        for port in (one, other):
            until(lambda port=port: is_ready(port), 60, "a server did not come up")

        run_id = ask(other, "/earmark/api/launch", {"job": "hello", "tags": {"note": "both"}})["run_ids"][0]
        until(lambda: ask(one, f"/earmark/api/runs/{run_id}")["ended_at"], 60, "the run did not end")
        assert ask(other, f"/api/runs/{run_id}")["status"] == "SUCCESS"
        assert ask(other, "/api/runs?q=tag:note%3Dboth")["total"] == 1

        edit = {"kind": "tag", "key": "team", "value": "core", "limit": 0}
        ask(other, "/api/limits", edit)
        waiting = ask(one, "/api/launch", {"job": "hello"})["run_ids"][0]
        until(lambda: ask(one, f"/api/runs/{waiting}/explain")["gates"], 20, "nothing says why it waits")
        ask(one, f"/api/runs/{waiting}/cancel", {})
        until(lambda: ask(other, f"/api/runs/{waiting}")["status"] == "CANCELED", 20, "it was not canceled")
        assert [row["action"] for row in ask(other, "/api/audit")["items"]][:2] == ["run.cancel", "run.launch"]


@pytest.mark.postgres
def test_servers_without_code_show_what_a_daemon_has_and_ask_it_what_only_code_can_say(
    tmp_path: Path, postgres_url: str
) -> None:
    code, empty = tmp_path / "code", tmp_path / "empty"
    for folder in (code, empty):
        (folder / "home").mkdir(parents=True)  # of its own, as on a machine of its own
        (folder / "home" / "earmark.toml").write_text(f"storage = {json.dumps(postgres_url)}\n")
    (code / "project.py").write_text(PROJECT)
    one, other = free_port(), free_port()
    with ExitStack() as running:
        for port in (one, other):
            running.enter_context(started(empty, "server", "-p", str(port)))
        until(lambda: locations(one) == [], 60, "a server did not come up")
        assert refused(one, "/api/launch", {"job": "hello"})[0] == 404

        with started(code, "daemon", "-f", "project.py") as daemon:
            for port in (one, other):
                until(lambda port=port: locations(port) == [("loaded", 1)], 60, "a server does not show the code")
            assert f"process {daemon.pid} on " in ask(one, "/api/locations")["items"][0]["served_by"]
            config = json.dumps({"ops": {"greet": {"config": {"loud": True}}}})
            run_id = ask(one, "/api/launch", {"job": "hello", "config": config})["run_ids"][0]
            until(lambda: ask(other, f"/api/runs/{run_id}")["status"] == "SUCCESS", 60, "the run did not end")
            tried = ask(other, "/api/automation/preview", {"name": "daily"})
            assert tried["requests"][0]["tags"]["asked"] == "by the code"

        until(lambda: locations(one) == [("gone", 1)], 30, "the server did not notice that the daemon is gone")
        status, said = refused(one, "/api/launch", {"job": "hello"})
        assert (status, said[:32]) == (503, "No host serves it any more: the ")

        (code / "project.py").write_text(PROJECT + MORE)
        with started(code, "daemon", "-f", "project.py"):
            until(lambda: locations(other) == [("loaded", 2)], 60, "the server does not show the new code")
            assert [row["name"] for row in ask(other, "/api/jobs")["items"]] == ["goodbye", "hello"]
