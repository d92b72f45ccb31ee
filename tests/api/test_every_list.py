"""What every list has in common: the query language, completion, facets, pages; and ETags where only code decides."""

from __future__ import annotations

import pytest

import earmark as em
from earmark.store.records import Backfill, Tick
from tests.api.world import definitions

LISTS = {
    "assets": ("assets", "tag:domain=sales", {"orders"}, "key"),
    "jobs": ("jobs", "tag:tier=gold", {"sync_crm"}, "name"),
    "ops": ("ops", "tag:engine=duckdb", {"extract"}, "name"),
    "runs": ("runs", "tag:note=one", {"sync_crm"}, "job"),
    "automation": ("automation", "tag:team=core", {"nightly"}, "name"),
    "ticks": ("ticks", "status:failed", {"t-2"}, "id"),
    "backfills": ("backfills", "tag:reason=late", {"b-1"}, "id"),
}
"""By scope: the route, a query, what it finds, and the field of a row that names it."""


@pytest.fixture
def manifest():
    defs = definitions()
    job = next(one for one in defs.jobs if one.name == "sync_crm")
    schedules = [
        em.ScheduleDefinition(name, job=job, cron_schedule="0 3 * * *", tags={"team": team})
        for name, team in (("nightly", "core"), ("hourly", "ml"))
    ]
    return em.Definitions.merge(defs, em.Definitions(schedules=schedules)).manifest()


@pytest.fixture
def filled(client, world, store, clock):
    world.queue(note="one")
    world.queue(job="daily_marketing", note="two")
    for number, status in enumerate(("succeeded", "failed"), start=1):
        store.ticks.begin(Tick(f"t-{number}", "shop:nightly", "schedule", status, clock(), clock.at + number))
    for number, tags in enumerate(({"reason": "late"}, {}), start=1):
        data = {"job": None, "location": "shop", "assets": ["marts/daily"], "partitions": ["2025-11-03"], "tags": tags}
        store.backfills.create(Backfill(f"b-{number}", "queued", clock(), data=data))
    return client


@pytest.mark.parametrize("scope", LISTS)
def test_a_list_is_narrowed_by_the_query_language_and_says_what_is_wrong_with_a_query(filled, scope):
    route, q, names, field = LISTS[scope]
    whole = filled.get(f"/api/{route}").json()
    found = filled.get(f"/api/{route}", params={"q": q}).json()
    assert {row[field] for row in found["items"]} == names
    assert found["total"] == len(found["items"]) < whole["total"]
    wrong = filled.get(f"/api/{route}", params={"q": "nosuchfield:1"})
    assert (wrong.status_code, wrong.json()["type"]) == (400, "/problems/query")


@pytest.mark.parametrize("scope", LISTS)
def test_a_list_comes_in_pages_of_which_each_thing_is_on_one(filled, scope):
    route, _, _, field = LISTS[scope]
    whole = [str(row) for row in filled.get(f"/api/{route}", params={"limit": 200}).json()["items"]]
    rows, cursor = [], None
    while True:
        page = filled.get(f"/api/{route}", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        rows += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [str(row) for row in rows] == whole
    assert len(whole) >= 2
    assert all(row[field] for row in rows)


@pytest.mark.parametrize("scope", LISTS)
def test_a_query_is_completed_and_narrowed_with_counts(filled, scope):
    asked = {"scope": scope, "q": "sta"}
    offered = filled.get("/api/complete", params=asked).json()["items"]
    assert all(one["text"] for one in offered)
    facets = filled.get("/api/facets", params={"scope": scope}).json()
    assert facets["total"] == filled.get(f"/api/{LISTS[scope][0]}").json()["total"]
    assert any(value["count"] > 0 for facet in facets["facets"] for value in facet["values"])


@pytest.mark.parametrize(("q", "text"), [("group:ma", "marts"), ("owner:team", "team:data"), ("kind:py", "python")])
def test_groups_owners_and_kinds_are_completed_with_counts(filled, q, text):
    offered = filled.get("/api/complete", params={"scope": "assets", "q": q}).json()["items"]
    (found,) = [one for one in offered if text in one["text"]]
    assert found["count"] >= 1


@pytest.mark.parametrize("path", ["graph", "jobs/graph?name=sync_crm", "tags/system", "config"])
def test_what_only_definitions_decide_is_not_sent_twice(filled, path):
    first = filled.get(f"/api/{path}")
    assert first.status_code == 200
    again = filled.get(f"/api/{path}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
