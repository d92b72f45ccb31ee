"""What the server says of an address: a page that is there, one that is not, and things that a page would name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from litestar.testing import TestClient

from earmark.server.addresses import ADDRESSES, SECTIONS
from earmark.server.app import make_app
from earmark.server.prefixed import Prefixed
from earmark.server.tokens import create_token
from earmark.values.errors import StoreError

WEB = Path(__file__).parents[2] / "web" / "src"


def test_the_server_knows_the_routes_of_the_pages():
    text = (WEB / "routes" / "router.tsx").read_text()
    routes = set(re.findall(r'page\("([^"]+)"', text)) | set(
        re.findall(r'getParentRoute: \(\) => root, path: "(.+?)"', text)
    )
    routes |= {f"/assets{path.rstrip('/')}" for path in re.findall(r'=> assets,\s+path: "(.+?)"', text)}
    routes |= set(re.findall(r'=> root,\s+path: "(.+?)"', text))
    assert routes == set(ADDRESSES)


def test_the_server_knows_the_parts_of_the_deployment_page():
    text = (WEB / "features" / "deployment" / "DeploymentPage.tsx").read_text()
    assert set(re.findall(r'\{ id: "(\w+)"', text)) == SECTIONS


@pytest.fixture
def built(tmp_path):
    (tmp_path / "ui").mkdir()
    (tmp_path / "ui" / "index.html").write_text('<html><head><base href="/"></head></html>')
    return tmp_path / "ui"


@pytest.fixture
def pages(store, locations, options, built):
    with TestClient(make_app(store, locations, replace(options, ui=built)), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/", "/assets", "/assets/", "/assets/marts/daily", "/assets/marts/daily/-/events", "/assets/clicks/-",
        "/jobs/sync_crm", "/jobs/sync_crm/launch", "/jobs/sync_crm/", "/launch?select=x", "/runs", "/automation",
        "/tags/team", "/tags/team/growth", "/tags/dagster%2Fpriority", "/deployment", "/deployment/config", "/login",
    ],
)  # fmt: skip
def test_an_address_of_a_page_is_answered_by_200(pages, world, path):
    assert pages.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/asets", "/runs/0190aaaa-0000-7000-8000-000000000009", "/runs/x", "/runs/a/b", "/assets/marts/dayly/-/events",
        "/assets/%22", "/jobs/gone", "/jobs/gone/launch", "/jobs/sync_crm/lunch", "/backfills/gone", "/backfills",
        "/automation/gone", "/tags/gone", "/tags/gone/growth", "/deployment/nowhere", "/index.html", "/%ff",
    ],
)  # fmt: skip
def test_an_address_that_names_nothing_is_answered_by_the_page_with_404(pages, world, path):
    answer = pages.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert '<base href="/">' in answer.text


def test_the_page_of_a_run_is_there_as_long_as_the_run_is(pages, world):
    run_id = world.succeed(world.queue())
    assert pages.get(f"/runs/{run_id}").status_code == 200
    assert pages.get(f"/runs/{run_id[:-2]}").status_code == 200
    pages.delete(f"/api/runs/{run_id}")
    assert pages.get(f"/runs/{run_id}").status_code == 404


def test_a_name_with_a_slash_is_one_name(pages, world):
    world.queue(**{"area/team": "a/b"})
    assert pages.get("/tags/area%2Fteam/a%2Fb").status_code == 200
    assert pages.get("/tags/area/team/a").status_code == 404


def test_while_a_location_has_not_loaded_what_it_may_define_is_not_denied(pages, locations):
    locations.change("shop", manifest=None, status="loading")
    assert pages.get("/assets/soon").status_code == 200
    assert pages.get("/jobs/soon").status_code == 200
    assert pages.get("/asets").status_code == 404


def test_a_stranger_is_not_told_what_there_is(store, locations, options, built):
    app = make_app(store, locations, replace(options, ui=built, login_required=True))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/jobs/gone").status_code == 200
        assert client.get("/asets").status_code == 404
        _, token = create_token(store, "ana", "viewer")
        assert client.get("/jobs/gone", headers={"Authorization": f"Bearer {token}"}).status_code == 404


def test_where_the_store_is_out_of_reach_the_page_comes_with_503(pages, store, monkeypatch):
    def gone(backfill_id):
        raise StoreError("The store is out of reach.")

    monkeypatch.setattr(store.backfills, "get", gone)
    answer = pages.get("/backfills/b1")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")


@pytest.mark.parametrize("below", ["", "/earmark"])
def test_a_proxy_may_leave_the_prefix_or_take_it_away(store, locations, options, built, below):
    app = Prefixed(make_app(store, locations, replace(options, ui=built, prefix="/earmark/")), "/earmark/")
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for path, status in (("/", 200), ("/jobs/sync_crm", 200), ("/jobs/gone", 404), ("/api/status", 200)):
            answer = client.get(f"{below}{path}")
            assert answer.status_code == status
            if not path.startswith("/api"):
                assert '<base href="/earmark/">' in answer.text
        assert client.get("/earmark").status_code == 200
        assert client.get("/earmarks").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_unknown_address_of_the_api_is_a_problem_that_names_what_is_near(client, method):
    answer = client.request(method, "/api/run")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"].startswith("There is nothing at /api/run. Did you mean '/api/runs' or ")


def test_another_method_than_those_of_a_route_is_refused_with_the_ones_it_has(client):
    answer = client.put("/api/jobs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, OPTIONS")
