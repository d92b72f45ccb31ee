"""What breaks the policies that a project declares about its tags."""

from __future__ import annotations

from dataclasses import replace

import pytest
from litestar.testing import TestClient

from earmark.server.app import make_app
from earmark.system.settings import Settings
from earmark.tags.policy import TagPolicy

POLICIES = (
    TagPolicy("team", required_on=("asset", "run"), values=("growth", "core")),
    TagPolicy("tier", required_on=("job",), pattern="gold|silver"),
    TagPolicy("engine", values=("spark",)),
)


@pytest.fixture
def declared(store, locations, options):
    app = make_app(store, locations, replace(options, settings=Settings(tag_policies=POLICIES)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def broken(client, **asked):
    items = client.get("/api/tags/findings", params=asked).json()["items"]
    return {(one["kind"], one["name"], one["key"], one["value"], one["rule"]) for one in items}


def test_whatever_breaks_a_policy_is_found_with_the_rule_that_it_breaks(declared, world):
    good, wrong = world.queue(team="core"), world.queue(team="ml")
    assert broken(declared) == {
        ("asset", "marts/spend", "team", None, "required"),
        ("asset", "marts/daily", "team", None, "required"),
        ("job", "daily_marketing", "tier", None, "required"),
        ("op", "extract", "engine", "duckdb", "values"),
        ("run", wrong, "team", "ml", "values"),
    }
    assert good


def test_what_breaks_the_policy_of_one_key_comes_in_pages_and_says_what_was_meant(declared, world):
    world.queue(team="growht")
    page = declared.get("/api/tags/findings", params={"key": "team", "limit": 2}).json()
    assert (len(page["items"]), page["total"]) == (2, 3)
    rest = declared.get("/api/tags/findings", params={"key": "team", "cursor": page["next_cursor"]}).json()
    assert rest["items"][-1]["message"].endswith("is not one of growth, core. Did you mean 'growth'?")


def test_a_preview_of_a_launch_warns_of_the_policies_that_the_run_would_break(declared, world):
    def warnings(**tags):
        return declared.post("/api/launch/preview", json={"job": "daily_marketing", "tags": tags}).json()["warnings"]

    assert warnings() == []  # its team is growth
    assert warnings(team="ml") == ["The run of daily_marketing has team='ml', which is not one of growth, core."]


@pytest.fixture
def enforced(store, locations, options):
    policies = (
        TagPolicy("team", required_on=("run",), values=("growth", "core"), enforce="refuse"),
        TagPolicy("engine", required_on=("asset",)),
    )
    app = make_app(store, locations, replace(options, settings=Settings(tag_policies=policies)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_a_launch_that_breaks_an_enforced_policy_is_refused_with_who_broke_it_and_what_to_do(enforced, locations):
    body = {"job": "daily_marketing", "partition": "2025-11-03", "tags": {"team": "ml"}}
    preview = enforced.post("/api/launch/preview", json=body).json()
    assert [(one["key"], one["rule"], one["enforce"]) for one in preview["refused"]] == [("team", "values", "refuse")]
    assert preview["warnings"] == []
    answer = enforced.post("/api/launch", json=body)
    assert (answer.status_code, answer.json()["title"]) == (422, "A policy about tags refuses it")
    assert answer.json()["detail"] == (
        "The run of daily_marketing has team='ml', which is not one of growth, core. "
        "The policy about team refuses the launch."
    )
    assert answer.json()["hint"].startswith("Launch it with the tag team=growth (or core)")


def test_definitions_that_break_an_enforced_policy_block_the_launches_that_they_are_part_of(store, locations, options):
    policies = (TagPolicy("owner", required_on=("asset", "job"), enforce="refuse"),)
    app = make_app(store, locations, replace(options, settings=Settings(tag_policies=policies)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        preview = client.post("/api/launch/preview", json={"job": "daily_marketing"}).json()
        assert ("job", "daily_marketing") in {(one["kind"], one["name"]) for one in preview["refused"]}
        assert {one["kind"] for one in preview["refused"]} == {"asset", "job"}
        found = client.get("/api/tags/findings").json()["items"]
        assert {one["enforce"] for one in found} == {"refuse"}


def test_words_that_look_like_one_come_in_pages(declared, world):
    for team in ("platform", "platfrom", "marketing", "marketting"):
        world.queue(team=team)
    page = declared.get("/api/tags/near", params={"limit": 1}).json()
    assert page["total"] == 2
    rest = declared.get("/api/tags/near", params={"limit": 1, "cursor": page["next_cursor"]}).json()
    words = [{word["word"] for word in one["words"]} for one in page["items"] + rest["items"]]
    assert sorted(map(sorted, words)) == [["marketing", "marketting"], ["platform", "platfrom"]]


def test_where_nothing_is_declared_nothing_is_broken(client, world):
    world.queue(team="whatever")
    assert client.get("/api/tags/findings").json()["items"] == []
