"""Every route that changes something: what a narrowed token may not do there, and that the audit log tells of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from litestar.testing import TestClient

from earmark.server.app import make_app
from earmark.server.document import document_of
from earmark.server.tokens import create_token

FAR = "tag:team=ml"
"""What the token is narrowed to; nothing below is of it."""

PERSONAL = {
    ("POST", "/api/login"), ("POST", "/api/logout"), ("POST", "/api/views"), ("PATCH", "/api/views/{view_id}"),
    ("DELETE", "/api/views/{view_id}"),
}  # fmt: skip
"""What is about the caller alone."""

ASKS = {("POST", "/api/launch/preview"), ("POST", "/api/automation/preview")}
"""What is sent with a body and changes nothing."""

PARTITION = {"assets": ["marts/daily"], "partitions": ["2025-11-03"]}
RUN = {"job": "sync_crm", "config": "ops: {load: {config: {limit: 3}}}", "tags": {"team": "core"}}

CHANGES = [
    ("POST", "/api/assets/wipe", {"keys": ["clicks"]}, "asset.wipe"),
    ("POST", "/api/runs/{run_id}/cancel", {}, "run.cancel"),
    ("PATCH", "/api/runs/{run_id}/tags", {"set": {"team": "ml"}}, "run.tag"),
    ("PATCH", "/api/runs/{run_id}/priority", {"priority": 3}, "run.tag"),
    ("DELETE", "/api/runs/{ended_id}", None, "run.delete"),
    ("POST", "/api/runs/bulk", {"action": "cancel", "q": "status:queued"}, "run.cancel"),
    ("POST", "/api/launch", RUN, "run.launch"),
    ("POST", "/api/backfills", PARTITION, "backfill.launch"),
    ("POST", "/api/backfills/{backfill_id}/pause", None, "backfill.pause"),
    ("PATCH", "/api/backfills/{backfill_id}", {"priority": 3}, "backfill.edit"),
    ("POST", "/api/automation/set", {"names": ["nightly"], "running": True}, "automation.start"),
    ("POST", "/api/automation/tick", {"name": "nightly"}, "automation.tick"),
    ("POST", "/api/automation/cursor", {"name": "nightly", "cursor": "7"}, "automation.cursor"),
    ("PATCH", "/api/tag?key=team", {"hue": 3}, "tag.edit"),
    ("POST", "/api/limits", {"kind": "tag", "key": "team", "value": "ml", "limit": 3}, "limit.set"),
    ("PUT", "/api/limits/max_concurrent_runs", {"kind": "runs", "limit": 7}, "limit.set"),
    ("DELETE", "/api/limits/max_concurrent_runs", None, "limit.remove"),
    ("POST", "/api/locations/reload", {"name": "shop"}, "location.reload"),
    ("POST", "/api/queue/pause", None, "queue.pause"),
    ("POST", "/api/tokens", {"owner": "bo", "role": "viewer"}, "token.create"),
    ("DELETE", "/api/tokens/{token_id}", None, "token.revoke"),
    ("POST", "/api/partitions/dynamic", {"name": "regions", "add": ["eu"]}, "partition.add"),
]

SAME_PATH = {
    "/api/runs/{ended_id}": "/api/runs/{run_id}",
    "/api/backfills/{backfill_id}/pause": "/api/backfills/{backfill_id}/{action}",
    "/api/tag?key=team": "/api/tag",
    "/api/limits/max_concurrent_runs": "/api/limits/{limit_id}",
    "/api/queue/pause": "/api/queue/{action}",
}


@pytest.fixture
def manifest():
    import earmark as em
    from tests.api.world import definitions

    defs = definitions()
    job = next(one for one in defs.jobs if one.name == "sync_crm")
    nightly = em.ScheduleDefinition("nightly", job=job, cron_schedule="0 3 * * *", tags={"team": "core"})
    return em.Definitions.merge(defs, em.Definitions(schedules=[nightly])).manifest()


@pytest.fixture
def app(store, locations, options):
    return make_app(store, locations, replace(options, host="0.0.0.0"))


@pytest.fixture
def ids(world, locations, store):
    from earmark.store.records import Backfill

    locations.answers["evaluate_ticks"] = {"reports": []}
    locations.answers["submit_run"] = lambda payload: {"run_id": world.queue(), "notices": []}
    run_id, ended_id = world.queue(team="core"), world.succeed(world.queue(team="core"))
    data = {"job": None, "location": "shop", "assets": ["marts/daily"], "partitions": ["2025-11-03"], "tags": {}}
    store.backfills.create(Backfill("b-1", "queued", store.clock(), data=data))
    token, _ = create_token(store, "old", "viewer")
    return {"run_id": run_id, "ended_id": ended_id, "backfill_id": "b-1", "token_id": token.id}


@pytest.fixture
def client(app):
    with TestClient(app, base_url="http://earmark.example", raise_server_exceptions=False) as client:
        yield client


def ask(client, store, method, path, body, ids, **narrowed):
    _, text = create_token(store, "ci", "admin", **narrowed)
    headers = {"Authorization": f"Bearer {text}"}
    return client.request(method, path.format(**ids), json=body, headers=headers)


def test_the_tables_here_name_every_route_that_changes_something(app):
    document = document_of(app)
    there = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method in ("post", "put", "patch", "delete")
    }
    listed = {(method, SAME_PATH.get(path, path)) for method, path, _, _ in CHANGES}
    assert there == listed | PERSONAL | ASKS


@pytest.mark.parametrize(("method", "path", "body", "action"), CHANGES, ids=lambda one: str(one)[:40])
def test_every_change_is_written_down_with_its_author(client, store, ids, method, path, body, action):
    answer = ask(client, store, method, path, body, ids)
    assert answer.status_code < 300, answer.text
    entry = store.audit.list()[0]
    assert (entry.author, entry.action) == ("ci", action)


def test_whoever_may_read_reads_who_changed_what(client, store, ids):
    ask(client, store, "POST", "/api/queue/pause", None, ids)
    headers = {"Authorization": f"Bearer {create_token(store, 'eve', 'viewer')[1]}"}
    (row,) = client.get("/api/audit", params={"text": "queue.p", "limit": 1}, headers=headers).json()["items"]
    assert (row["author"], row["action"], row["target"]) == ("ci", "queue.pause", "queue")


@pytest.mark.parametrize(("method", "path", "body", "action"), CHANGES, ids=lambda one: str(one)[:40])
def test_a_token_narrowed_to_other_runs_changes_nothing(client, store, ids, locations, method, path, body, action):
    answer = ask(client, store, method, path, body, ids, narrowed_to=FAR)
    if answer.status_code == 200 and "matched" in answer.json():
        done = answer.json()
        assert (done["done"], len(done["failed"])) == (0, done["matched"])
        assert done["matched"] > 0
    else:
        assert answer.status_code == 403, answer.text
        assert answer.json()["facts"]["needs"]
    assert [entry.action for entry in store.audit.list()] == []
    assert locations.asked == []
    assert store.runs.status(ids["run_id"]) == "QUEUED"


def test_a_narrowed_token_does_what_is_of_its_runs(client, store, ids, world):
    near = {"narrowed_to": "tag:team=core"}
    assert ask(client, store, "POST", "/api/runs/{run_id}/cancel", {}, ids, **near).status_code == 202
    named = {"names": ["nightly"], "running": True}
    assert ask(client, store, "POST", "/api/automation/set", named, ids, **near).json()["done"] == 1


def test_a_narrowed_token_steers_the_backfills_that_it_may_launch_and_cannot_move_them_away(client, store, ids):
    near = {"narrowed_to": FAR}
    body = {**PARTITION, "tags": {"team": "ml"}}
    made = ask(client, store, "POST", "/api/backfills", body, ids, **near)
    assert made.status_code == 201
    own = {"backfill_id": made.json()["backfill_id"]}
    assert ask(client, store, "POST", "/api/backfills/{backfill_id}/pause", None, own, **near).status_code == 202
    away = {"tags": {"set": {"team": "core"}}}
    assert ask(client, store, "PATCH", "/api/backfills/{backfill_id}", away, own, **near).status_code == 403
    more = {"priority": 5, "tags": {"set": {"reason": "late"}}}
    assert ask(client, store, "PATCH", "/api/backfills/{backfill_id}", more, own, **near).json()["priority"] == 5


def test_a_narrowed_token_does_not_have_other_automation_evaluated(client, store, ids, locations):
    answer = ask(client, store, "POST", "/api/automation/preview", {"name": "nightly"}, ids, narrowed_to=FAR)
    assert answer.status_code == 403
    assert locations.asked == []


@pytest.mark.parametrize("action", ["retry", "retry_from_failure", "tag", "prioritise", "delete"])
def test_bulk_actions_of_a_narrowed_token_leave_other_runs_alone(client, store, ids, world, locations, action):
    failed = world.fail(world.queue(team="core"))
    body = {"action": action, "q": "tag:team=core", "tags": {"set": {"team": "ml"}}, "priority": 4}
    done = ask(client, store, "POST", "/api/runs/bulk", body, ids, narrowed_to=FAR).json()
    assert done["done"] == 0
    assert {store.runs.get(one).tags["team"] for one in (ids["run_id"], ids["ended_id"], failed)} == {"core"}
    assert locations.asked == []


def test_saving_and_forgetting_a_view_is_written_down_too(client, store, ids):
    view = ask(client, store, "POST", "/api/views", {"name": "ML", "url": "runs?q=a"}, ids).json()
    path = f"/api/views/{view['id']}"
    edit = {"name": "ML runs", "url": "runs?q=a"}
    assert ask(client, store, "PATCH", path, edit, ids).status_code == 200
    assert ask(client, store, "DELETE", path, None, ids).status_code == 204
    assert [entry.action for entry in store.audit.list()] == ["view.remove", "view.save", "view.save"]


def test_logging_in_and_out_is_written_down(client, store):
    client.post("/api/login", json={"token": create_token(store, "bo", "viewer")[1]})
    client.post("/api/logout")
    assert [(entry.author, entry.action) for entry in store.audit.list()] == [
        ("bo", "session.end"),
        ("bo", "session.begin"),
    ]


@pytest.mark.parametrize(("by", "row"), [("automation", "nightly"), ("job", "sync_crm"), ("tag:team", "core")])
def test_the_time_line_shows_ticks_to_come_in_the_row_that_their_runs_will_be_in(client, store, ids, clock, by, row):
    _, text = create_token(store, "ci", "operator")
    headers = {"Authorization": f"Bearer {text}"}
    ask(client, store, "POST", "/api/automation/set", {"names": ["nightly"], "running": True}, ids)
    until = clock() + 2 * 86_400_000_000
    rows = client.get("/api/timeline", params={"by": by, "to": until}, headers=headers).json()["rows"]
    future = {one["value"]: [tick["at"] - clock() for tick in one["future"]] for one in rows if one["future"]}
    assert list(future) == [row]
    assert len(future[row]) == 2
    assert all(0 < at < 2 * 86_400_000_000 for at in future[row])
