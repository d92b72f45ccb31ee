"""Backfills: their strips, what failed of them, and what can be changed while they are there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def failed(bakery: Instance) -> str:
    """Return a backfill of eight days, of which one failed."""
    asked = {"assets": ["visitors"], "ranges": [{"first": "2026-08-01", "last": "2026-08-08"}], "tags": {"why": "new"}}
    backfill = bakery.post("backfills", asked)["backfill_id"]
    assert bakery.wait_for_backfill(backfill)["status"] == "failed"
    return backfill


def test_a_backfill_shows_its_strip_and_what_failed_and_tries_that_again(
    baker: Person, bakery: Instance, failed: str
) -> None:
    baker.open("/runs?tab=backfills")
    baker.press(baker.page.get_by_role("row", name=re.compile("visitors")).get_by_role("link", name="visitors"))
    main = baker.page.locator("main")
    expect(main.get_by_role("img", name="8 partitions, 1 failed")).to_be_visible()
    expect(main.get_by_role("row", name=re.compile("2026-08-05"))).to_contain_text(
        "ValueError: the counter at the door was off"
    )
    before = bakery.get(f"backfills/{failed}")["runs"]
    baker.press(baker.button("Retry failed"))
    expect(baker.page.get_by_text("Retry failed: asked for")).to_be_visible()
    assert baker.presses == 2
    baker.page.wait_for_function(
        "([url, before]) => fetch(url).then(got => got.json()).then(got => got.runs > before)",
        arg=[f"{bakery.url}/api/backfills/{failed}", before],
        polling=200,
    )
    assert bakery.wait_for_backfill(failed)["status"] == "failed"


def test_tags_and_priority_of_a_backfill_are_edited_on_its_page(baker: Person, bakery: Instance, failed: str) -> None:
    priority = bakery.get(f"backfills/{failed}")["priority"]
    baker.open(f"/backfills/{failed}")
    baker.page.get_by_role("combobox", name="Add a tag").press_sequentially("reason=august")
    baker.page.keyboard.press("Enter")
    baker.press(baker.button("Save tags"))
    expect(baker.page.get_by_text("Saved; runs still to come will carry it.")).to_be_visible()
    baker.press(baker.button("Higher priority"))
    expect(baker.page.get_by_text("Saved; runs still to come will carry it.")).to_have_count(2)
    kept = bakery.get(f"backfills/{failed}")
    assert kept["tags"]["reason"] == "august" and kept["tags"]["why"] == "new"
    assert kept["priority"] == priority + 1


def test_backfills_are_filtered_by_their_own_tags_and_facets(baker: Person, failed: str) -> None:
    baker.open("/runs?tab=backfills")
    baker.press(baker.facet("new"))
    baker.page.wait_for_url(re.compile("why"))
    expect(baker.page.get_by_role("row", name=re.compile("visitors"))).to_be_visible()
    baker.open("/runs?tab=backfills&q=tag:why=nothing")
    expect(baker.page.get_by_text("No backfills match")).to_be_visible()
    baker.press(baker.page.get_by_role("button", name=re.compile("tag:why=nothing")))
    expect(baker.page.get_by_role("row", name=re.compile("visitors"))).to_be_visible()


def test_a_backfill_of_two_dimensions_is_seen_by_rows_and_columns(baker: Person, bakery: Instance) -> None:
    corners = {"first": "2026-08-02|centre", "last": "2026-08-03|north"}
    backfill = bakery.post("backfills", {"assets": ["takings"], "ranges": [corners]})["backfill_id"]
    baker.open(f"/backfills/{backfill}")
    bakery.wait_for_backfill(backfill)
    grid = baker.page.get_by_role("img", name="6 partitions: 5 materialized, 1 failed, 0 missing")
    expect(grid).to_be_visible(timeout=30_000)
    expect(baker.page.get_by_text("day × shop")).to_be_visible()
    box = grid.bounding_box()
    assert box is not None
    grid.hover(position={"x": box["width"] - 2, "y": box["height"] - 2})
    expect(baker.page.get_by_text(re.compile("north.*: Failed"))).to_be_visible()


def test_how_many_runs_go_on_at_once_is_changed_on_the_page(baker: Person, bakery: Instance, failed: str) -> None:
    most = bakery.get(f"backfills/{failed}")["max_in_flight"]
    baker.open(f"/backfills/{failed}")
    baker.press(baker.button("More runs at once"))
    expect(baker.page.get_by_text(f"At most {most + 1:,} runs at once.")).to_be_visible()
    field = baker.page.get_by_role("textbox", name="Runs at once, at most")
    expect(field).to_have_value(str(most + 1))
    field.fill("2")
    baker.page.keyboard.press("Enter")
    expect(baker.page.get_by_text("At most 2 runs at once.")).to_be_visible()
    assert bakery.get(f"backfills/{failed}")["max_in_flight"] == 2
    field.fill("none")
    baker.page.keyboard.press("Enter")
    expect(field).to_have_value("2")
