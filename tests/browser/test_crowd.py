"""Ten thousand assets, two hundred jobs, a hundred thousand runs: the pages answer, and draw what is in sight."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from benchmarks.crowd import ASSETS, EVENTS, RUNS, TALKER, run
from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser

THREE_TERMS = "tag:team=t3 tag:env=prod tag:region=south"


@pytest.fixture
def reader(page: Page, crowd: Instance) -> Person:
    """Return someone who looks at the large instance."""
    page.set_default_timeout(30_000)
    return Person(page, crowd.url)


def test_the_catalog_of_ten_thousand_assets_filters_by_its_facets(reader: Person) -> None:
    reader.open("/assets")
    expect(reader.page.get_by_text(f"{ASSETS:,}", exact=True).first).to_be_visible(timeout=30_000)
    reader.press(reader.facet("d0"))
    expect(reader.page.get_by_text(f"{ASSETS // 20:,}", exact=True).first).to_be_visible(timeout=30_000)
    assert reader.query == "tag:domain=d0"
    rows = reader.page.get_by_role("row", name=re.compile("asset_"))
    expect(rows.first).to_contain_text("d0")
    assert rows.count() < 100, "only what is in sight is drawn"


def test_runs_by_three_tags_are_counted_exactly(reader: Person, crowd: Instance) -> None:
    tags = [run(number, 1).tags for number in range(RUNS)]
    wanted = sum((one["team"], one["env"], one["region"]) == ("t3", "prod", "south") for one in tags)
    reader.open(f"/runs?q={THREE_TERMS}&cols=tag:team,tag:env,tag:region".replace(" ", "+"))
    expect(reader.page.get_by_role("tab", name=re.compile(f"^All {wanted:,}"))).to_be_visible(timeout=30_000)
    row = reader.page.locator("[data-index='0']")
    for value in ("t3", "prod", "south"):
        expect(row).to_contain_text(value)


def test_the_lineage_of_ten_thousand_assets_is_drawn_in_groups_that_open(reader: Person) -> None:
    reader.open("/assets?view=graph")
    expect(reader.page.get_by_text(f"{ASSETS:,} assets")).to_be_visible(timeout=30_000)
    groups = reader.page.locator(".react-flow__node-pack")
    expect(groups.first).to_be_visible()
    assert 0 < groups.count() <= 50
    expect(reader.page.locator(".react-flow__node-asset")).to_have_count(0)
    reader.press(groups.filter(has_text="group_7").first)
    reader.page.wait_for_url(re.compile("expand="))
    expect(reader.page.locator(".react-flow__node-asset").first).to_be_visible(timeout=30_000)


def test_a_log_of_a_hundred_thousand_events_is_there_at_once_and_scrolls_to_its_end(
    reader: Person, crowd: Instance
) -> None:
    talker = crowd.get(f"runs?q=job:{TALKER}&limit=1")["items"][0]["id"]
    reader.open(f"/runs/{talker}")
    expect(reader.page.get_by_text(f"line 0 of {EVENTS}")).to_be_visible(timeout=30_000)
    last = reader.page.get_by_text(f"line {EVENTS - 10} of {EVENTS}")
    scroller = reader.page.get_by_role("log", name="Events")
    for _ in range(240):
        scroller.evaluate("it => it.scrollTo(0, it.scrollHeight)")
        if last.count():
            break
        reader.page.wait_for_timeout(250)
    expect(last).to_be_visible()
    assert scroller.locator("[data-index]").count() < 100, "only what is in sight is drawn"
