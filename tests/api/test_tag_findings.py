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
