"""Ten thousand assets, two hundred jobs, a hundred thousand runs: the pages answer, and draw what is in sight."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Response, expect

from benchmarks.crowd import ASSETS, EVENTS, JOBS, RUNS, TALKER, run
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


def test_every_page_of_the_large_instance_gets_all_its_answers(reader: Person) -> None:
    answers: list[Response] = []
    reader.page.on("response", lambda got: answers.append(got) if "/api/" in got.url else None)
    pages = {
        "/": "timeline", "/assets": "assets", "/assets?view=tree": "assets/tree", "/assets?view=graph": "graph",
        "/jobs": "jobs", "/runs": "runs", "/runs?view=timeline": "timeline", "/runs?view=insights": "insights",
        "/tags": "tags", "/tags/customer": "tag/values",
    }  # fmt: skip
    for path, asked in pages.items():
        with reader.page.expect_response(re.compile(rf"/api/{asked}(\?|$)"), timeout=30_000):
            reader.open(path)
        expect(reader.page.get_by_role("status", name="Loading")).to_have_count(0, timeout=30_000)
    assert len(answers) > 2 * len(pages)
    assert [(got.status, got.url) for got in answers if got.status >= 400] == []
    streams = [got.headers for got in answers if "/api/stream" in got.url]
    assert streams and all("content-encoding" not in headers for headers in streams), "a change goes out at once"


def test_insights_over_all_runs_count_each_of_them(reader: Person, crowd: Instance) -> None:
    reader.open("/runs?view=insights&range=7d")
    total = crowd.get("runs?limit=1&q=created:>-7d")["total"]
    counts = reader.page.locator("main tbody td:nth-child(2)")
    expect(counts.first).to_be_visible(timeout=30_000)
    told = sum(int(re.sub(r"\D", "", text)) for text in counts.all_inner_texts())
    assert total - 60 < told <= total, "runs are ten seconds apart, and the page's days begin at a full minute"
    expect(reader.page.get_by_text("Only the newest")).to_have_count(0)


def test_two_hundred_jobs_are_read_on_to_the_last_by_the_end_key(reader: Person) -> None:
    reader.open("/jobs")
    table = reader.page.get_by_role("grid", name="Jobs")
    table.locator("[data-index='0']").focus()
    last = table.locator(f"[data-index='{JOBS - 1}']:focus")
    for _ in range(120):
        # It leads to the last row that is read; the next ones are being read then.
        reader.page.keyboard.press("End")
        if last.count():
            break
        reader.page.wait_for_timeout(250)
    expect(last).to_contain_text(f"refresh_{JOBS - 1}")
