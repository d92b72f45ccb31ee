"""What the command line does, the API does too: each command beside the route that does the same."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from earmark.cli.main import NOUNS
from earmark.server.app import make_app
from earmark.server.document import document_of

SAME = {
    "asset list": "GET /api/assets", "asset show": "GET /api/asset", "asset materialize": "POST /api/launch",
    "asset wipe": "POST /api/assets/wipe", "asset explain": "GET /api/asset/automation",
    "job list": "GET /api/jobs", "job show": "GET /api/job", "job execute": "POST /api/launch",
    "job launch": "POST /api/launch", "job explain": "GET /api/job/automation", "op list": "GET /api/ops",
    "run launch": "POST /api/launch", "run list": "GET /api/runs", "run show": "GET /api/runs/{run_id}",
    "run logs": "GET /api/runs/{run_id}/events", "run explain": "GET /api/runs/{run_id}/explain",
    "run cancel": "POST /api/runs/bulk", "run retry": "POST /api/runs/bulk", "run tag": "POST /api/runs/bulk",
    "run prune": "POST /api/runs/bulk",
    "schedule list": "GET /api/automation", "schedule start": "POST /api/automation/set",
    "schedule stop": "POST /api/automation/set", "schedule preview": "GET /api/automation/one",
    "sensor list": "GET /api/automation", "sensor start": "POST /api/automation/set",
    "sensor stop": "POST /api/automation/set", "sensor cursor get": "GET /api/automation/one",
    "sensor cursor set": "POST /api/automation/cursor",
    "schedule tick": "POST /api/automation/tick", "sensor tick": "POST /api/automation/tick",
    "backfill launch": "POST /api/backfills", "backfill list": "GET /api/backfills",
    "backfill show": "GET /api/backfills/{backfill_id}", "backfill edit": "PATCH /api/backfills/{backfill_id}",
    **dict.fromkeys(
        ("backfill cancel", "backfill pause", "backfill resume", "backfill retry"),
        "POST /api/backfills/{backfill_id}/{action}",
    ),
    "partition list": "GET /api/asset/partitions", "partition add": "POST /api/partitions/dynamic",
    "partition remove": "POST /api/partitions/dynamic",
    "limits list": "GET /api/limits", "limits set": "POST /api/limits",
    "limits remove": "DELETE /api/limits/{limit_id}", "limits history": "GET /api/limits/{limit_id}",
    "limits pause": "POST /api/queue/{action}",
    "limits resume": "POST /api/queue/{action}",
    "tags list": "GET /api/tags", "tags check": "GET /api/tags/findings", "tags system": "GET /api/tags/system",
    "token create": "POST /api/tokens", "token list": "GET /api/tokens",
    "token revoke": "DELETE /api/tokens/{token_id}",
    "audit list": "GET /api/audit", "store show": "GET /api/config",
}  # fmt: skip

HERE_ONLY = {
    "definitions validate", "dev", "daemon", "server",
    "component list", "component show", "component check", "component scaffold", "component refresh",
    "store upgrade", "store backup", "store verify", "store restore",
}  # fmt: skip
"""What is about the machine on which it is called: its files, its store, its processes."""


def commands(group: Any, name: str) -> Iterator[str]:
    inner = getattr(group, "commands", {})
    if not inner:
        yield name
    for word, one in inner.items():
        yield from commands(one, f"{name} {word}")


def test_what_the_command_line_does_the_api_does_too(store, locations, options):
    there = {
        command
        for noun, (module, _) in NOUNS.items()
        for command in commands(typer.main.get_command(importlib.import_module(module).app), noun)
    }
    assert there == set(SAME) | HERE_ONLY
    paths = document_of(make_app(store, locations, options))["paths"]
    routes = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    assert set(SAME.values()) <= routes


def test_a_token_is_made_shown_once_used_and_revoked(client, store):
    made = client.post("/api/tokens", json={"owner": "ci", "narrowed_to": "tag:team=ml", "days": 3})
    assert made.status_code == 201
    token = made.json()
    (row,) = client.get("/api/tokens").json()["items"]
    assert row == {key: value for key, value in token.items() if key != "token"}
    assert (row["owner"], row["role"], row["narrowed_to"]) == ("ci", "operator", "tag:team=ml")
    assert row["expires_at"] - row["created_at"] == 3 * 86_400_000_000
    as_ci = {"Authorization": f"Bearer {token['token']}"}
    assert client.get("/api/session", headers=as_ci).json()["user"] == "ci"
    assert client.delete(f"/api/tokens/{row['id']}").status_code == 204
    assert client.get("/api/session", headers=as_ci).status_code == 401
    assert client.delete(f"/api/tokens/{row['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"owner": ""},
        {"owner": "ci", "role": "king"},
        {"owner": "ci", "narrowed_to": "tag:"},
        {"owner": "ci", "days": 0},
    ],
)
def test_a_token_of_nobody_or_for_nothing_is_refused(client, store, body):
    answer = client.post("/api/tokens", json=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]
    assert client.get("/api/tokens").json()["items"] == []


def test_dynamic_partitions_are_added_and_removed(client, store):
    path = "/api/partitions/dynamic"
    assert client.post(path, json={"name": "regions", "add": ["eu", "us"]}).json()["add"] == ["eu", "us"]
    changed = client.post(path, json={"name": "regions", "add": ["us", "ap"], "remove": ["eu", "gone"]}).json()
    assert (changed["add"], changed["remove"]) == (["ap"], ["eu"])
    page = client.get(path, params={"name": "regions", "limit": 1}).json()
    assert (page["items"], page["total"]) == (["us"], 2)
    assert client.get(path, params={"name": "regions", "cursor": page["next_cursor"]}).json()["items"] == ["ap"]
    assert client.post(path, json={"name": "regions", "add": ["a,b..."]}).status_code in (200, 422)
