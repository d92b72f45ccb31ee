"""Who may do what: tokens, sessions, roles, narrowing, other sites' pages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from litestar.testing import TestClient

from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.server.tokens import COOKIE, Tokens, create_token, list_tokens, revoke_token
from earmark.system.serving import ServerSettings
from earmark.system.settings import Settings
from earmark.values.clock import Micros
from earmark.values.errors import QueryError, SettingsError


@pytest.fixture
def guarded(store, locations, options):
    """A server that everybody has to log in to."""
    app = make_app(store, locations, replace(options, host="0.0.0.0"))
    with TestClient(app, base_url="http://earmark.example", raise_server_exceptions=False) as client:
        yield client


def bearer(store, role: str, **more) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(store, role, role, **more)[1]}"}


def test_on_loopback_the_author_is_the_user_of_the_operating_system(client):
    session = client.get("/api/session").json()
    assert (session["user"], session["role"], session["login_required"]) == ("ana", "admin", False)


def test_elsewhere_nothing_is_told_without_a_token(guarded):
    assert guarded.get("/api/session").json()["user"] is None
    for path in ("/api/status", "/api/assets", "/api/openapi.json", "/metrics", "/api/stream"):
        answer = guarded.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_the_page_itself_is_shown_so_that_people_can_log_in(guarded):
    assert guarded.get("/").status_code == 200


def test_a_token_is_kept_hashed(store):
    kept, text = create_token(store, "ci", "operator")
    secret = text.split("_", 2)[2]
    assert kept.data["hash"].startswith("$argon2id$")
    assert secret not in repr(list_tokens(store))


def test_a_login_gives_a_cookie_that_scripts_cannot_read_and_other_sites_do_not_send(guarded, store):
    answer = guarded.post("/api/login", json={"token": create_token(store, "bo", "viewer")[1]})
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 204
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert guarded.get("/api/session").json()["user"] == "bo"
    assert guarded.get("/api/assets").status_code == 200


def test_logging_out_ends_the_session_on_the_server_too(guarded, store):
    guarded.post("/api/login", json={"token": create_token(store, "bo", "viewer")[1]})
    secret = guarded.cookies[COOKIE]
    assert guarded.post("/api/logout").status_code == 204
    assert guarded.get("/api/assets", headers={"Cookie": f"{COOKIE}={secret}"}).status_code == 401


def test_a_session_ends_by_itself(guarded, store, clock):
    guarded.post("/api/login", json={"token": create_token(store, "bo", "viewer")[1]})
    clock.go(12 * 3600 + 1)
    assert guarded.get("/api/assets").status_code == 401


def test_a_revoked_token_takes_its_sessions_with_it(guarded, store):
    kept, text = create_token(store, "bo", "viewer")
    guarded.post("/api/login", json={"token": text})
    revoke_token(store, kept.id)
    assert guarded.get("/api/assets").status_code == 401
    assert guarded.get("/api/assets", headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_an_expired_token_does_not_hold(guarded, store, clock):
    headers = bearer(store, "viewer", expires_at=Micros(clock() + 1_000_000))
    assert guarded.get("/api/assets", headers=headers).status_code == 200
    clock.go(2)
    assert guarded.get("/api/assets", headers=headers).status_code == 401


def test_after_five_wrong_tries_a_minute_even_the_right_token_waits(guarded, store):
    text = create_token(store, "bo", "viewer")[1]
    tries = [guarded.post("/api/login", json={"token": f"em_{number}_x"}).status_code for number in range(5)]
    assert tries == [401] * 5
    answer = guarded.post("/api/login", json={"token": text})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_tries_are_counted_by_all_servers_of_a_store_together(store, locations, options, clock):
    text = create_token(store, "bo", "viewer")[1]
    app = partial(make_app, store, locations, replace(options, host="0.0.0.0"))
    with (
        TestClient(app(), base_url="http://one.example") as one,
        TestClient(app(), base_url="http://two.example") as two,
    ):
        tries = [
            client.post("/api/login", json={"token": f"em_{n}_x"}).status_code
            for n in range(4)
            for client in (one, two)
        ]
        assert tries == [401] * 5 + [429] * 3
        assert two.post("/api/login", json={"token": text}).status_code == 429
        clock.go(61)
        assert one.post("/api/login", json={"token": text}).status_code == 204
        assert store.entries.all("wrong_tries") == {}


def test_a_token_in_use_does_not_wait_for_others_behind_the_same_address(guarded, store):
    headers = bearer(store, "viewer")
    assert guarded.get("/api/assets", headers=headers).status_code == 200
    for number in range(6):
        guarded.post("/api/login", json={"token": f"em_{number}_x"})
    assert guarded.post("/api/login", json={"token": "em_7_x"}).status_code == 429
    assert guarded.get("/api/assets", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("role", "method", "path", "body", "status"),
    [
        ("viewer", "GET", "/api/runs", None, 200),
        ("viewer", "POST", "/api/runs/bulk", {"action": "cancel", "ids": []}, 403),
        ("viewer", "POST", "/api/launch/preview", {"job": "sync_crm"}, 403),
        ("operator", "POST", "/api/runs/bulk", {"action": "cancel", "ids": []}, 200),
        ("operator", "POST", "/api/limits", {"kind": "runs", "limit": 3}, 403),
        ("operator", "POST", "/api/queue/pause", None, 403),
        ("admin", "POST", "/api/limits", {"kind": "runs", "limit": 3}, 201),
        ("admin", "POST", "/api/queue/pause", None, 204),
    ],
)
def test_each_role_may_what_the_ones_before_it_may_and_more(guarded, store, role, method, path, body, status):
    answer = guarded.request(method, path, json=body, headers=bearer(store, role))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["facts"]["needs"] in ("operator", "admin")


def test_a_narrowed_token_acts_only_on_the_runs_that_it_is_narrowed_to(guarded, store, world):
    mine, other = world.queue(team="ml"), world.queue(team="core")
    headers = bearer(store, "operator", narrowed_to="tag:team=ml")
    assert guarded.post(f"/api/runs/{mine}/cancel", json={}, headers=headers).status_code == 202
    refused = guarded.post(f"/api/runs/{other}/cancel", json={}, headers=headers)
    assert (refused.status_code, refused.json()["facts"]["needs"]) == (403, "tag:team=ml")
    assert store.runs.status(other) == "QUEUED"


def test_a_narrowed_token_cannot_edit_a_run_out_of_its_reach(guarded, store, world):
    mine = world.queue(team="ml")
    headers = bearer(store, "operator", narrowed_to="tag:team=ml")
    edit = {"set": {"team": "core"}, "remove": []}
    assert guarded.patch(f"/api/runs/{mine}/tags", json=edit, headers=headers).status_code == 403


def test_a_narrowed_token_launches_only_runs_with_its_tags(guarded, store, world, locations):
    locations.answers["submit_run"] = lambda payload: {"run_id": world.queue(), "notices": []}
    headers = bearer(store, "operator", narrowed_to="tag:team=ml")
    body = {"job": "sync_crm", "config": "ops: {load: {config: {limit: 3}}}"}
    assert guarded.post("/api/launch", json=body, headers=headers).status_code == 403
    assert locations.asked == []
    assert guarded.post("/api/launch", json={**body, "tags": {"team": "ml"}}, headers=headers).status_code == 201


def test_a_bulk_action_of_a_narrowed_token_leaves_other_runs_alone(guarded, store, world):
    mine, other = world.queue(team="ml"), world.queue(team="core")
    headers = bearer(store, "operator", narrowed_to="tag:team=ml")
    done = guarded.post("/api/runs/bulk", json={"action": "cancel", "q": "status:queued"}, headers=headers).json()
    assert (done["done"], [one["id"] for one in done["failed"]]) == (1, [other])
    assert store.runs.status(mine) == "CANCELED"


def test_a_narrowed_admin_cannot_change_what_is_about_all(guarded, store):
    headers = bearer(store, "admin", narrowed_to="tag:team=ml")
    assert guarded.post("/api/limits", json={"kind": "runs", "limit": 3}, headers=headers).status_code == 403


def test_a_token_of_no_role_or_with_a_query_that_cannot_be_read_is_not_made(store):
    with pytest.raises(SettingsError, match="Did you mean 'operator'"):
        create_token(store, "ci", "operater")
    with pytest.raises(QueryError):
        create_token(store, "ci", "viewer", narrowed_to="tag:team=(")
    assert list_tokens(store) == []


def test_a_name_that_somebody_else_points_here_is_not_answered(client):
    answer = client.get("/api/status", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["facts"]["host"]) == (400, "evil.example")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Content-Type": "text/plain"}],
)
def test_a_page_of_another_site_changes_nothing(client, store, world, headers):
    run_id = world.queue()
    answer = client.post(f"/api/runs/{run_id}/cancel", content=b'{"force": false}', headers=headers)
    assert answer.status_code in (400, 403)
    assert store.runs.status(run_id) == "QUEUED"


def test_a_body_that_is_too_large_is_refused(client):
    answer = client.post("/api/views", json={"name": "x" * (1 << 21), "url": "runs"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_body_of_another_shape_says_where(client):
    answer = client.post("/api/runs/bulk", json={"action": "explode"})
    assert answer.status_code == 422
    assert "action" in answer.text


def test_answers_cannot_be_framed_nor_taken_for_another_kind(client):
    headers = client.get("/api/status").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_what_was_right_is_remembered_but_not_beyond_its_revocation(store):
    tokens = Tokens(store)
    kept, text = create_token(store, "ci", "operator")
    assert tokens.access_of_token(text).user == tokens.access_of_token(text).user == "ci"
    revoke_token(store, kept.id)
    with pytest.raises(Exception, match="does not hold"):
        tokens.access_of_token(text)


def test_a_body_that_does_not_say_its_size_is_refused_when_it_grows_too_large(client):
    def parts():
        for _ in range(40):
            yield b" " * (1 << 16)

    answer = client.post("/api/views", content=parts(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_a_caller_who_asks_too_much_waits_and_others_do_not(store, locations, options):
    app = make_app(store, locations, replace(options, host="0.0.0.0", requests_per_minute=5))
    busy, other = bearer(store, "viewer"), bearer(store, "operator")
    with TestClient(app, base_url="http://earmark.example", raise_server_exceptions=False) as client:
        answers = [client.get("/api/tags/system", headers=busy) for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        refused = answers[-1]
        assert refused.headers["content-type"] == "application/problem+json"
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.json()["facts"]["seconds"] == int(refused.headers["retry-after"])
        assert client.get("/api/tags/system", headers=other).status_code == 200
        assert client.get("/metrics", headers=busy).status_code == 200, "what is beside the API is not counted"


def test_a_login_does_not_begin_the_count_anew(store, locations, options):
    app = make_app(store, locations, replace(options, host="0.0.0.0", requests_per_minute=3))
    text = create_token(store, "bo", "viewer")[1]
    with TestClient(app, base_url="http://earmark.example", raise_server_exceptions=False) as client:
        for _ in range(3):
            client.get("/api/status", headers={"Authorization": f"Bearer {text}"})
        client.post("/api/login", json={"token": text})
        assert client.get("/api/status").status_code == 429


def test_on_loopback_nobody_counts_unless_the_settings_say_so(tmp_path):
    def made(host: str, said: ServerSettings = ServerSettings()) -> ServerOptions:
        settings = Settings(server=said)
        return ServerOptions.of_settings(tmp_path, host, settings, wake=lambda: None, cancel=lambda *_: None)

    assert made("127.0.0.1").requests_per_minute == 0
    assert made("0.0.0.0").requests_per_minute == 3_000
    assert made("0.0.0.0", ServerSettings(requests_per_minute=0)).requests_per_minute == 0
    behind_a_proxy = made("127.0.0.1", ServerSettings(login_required=True))
    assert (behind_a_proxy.needs_token, behind_a_proxy.requests_per_minute) == (True, 3_000)
