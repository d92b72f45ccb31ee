"""What is steered from anywhere: limits and the queue, saved views, the palette, the look, the time on the timeline."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def one_run(bakery: Instance) -> None:
    if bakery.get("runs?q=job:close_the_day&limit=1")["total"] == 0:
        bakery.wait_for(bakery.launch("close_the_day"), "SUCCESS")


def maximum(bakery: Instance) -> int:
    return next(row["limit"] for row in bakery.get("limits")["items"] if row["kind"] == "runs")


def search(person: Person, words: str) -> None:
    person.page.keyboard.press("/")
    expect(person.page.get_by_role("combobox", name="Search")).to_be_focused()
    person.page.keyboard.type(words)


def test_a_limit_is_edited_where_it_stands_and_the_edit_undone(baker: Person, bakery: Instance) -> None:
    before = maximum(bakery)
    baker.open("/deployment/concurrency")
    box = baker.page.get_by_role("textbox", name=re.compile("^Limit of runs in progress"))
    expect(box).to_have_value(str(before))
    box.fill("7")
    baker.page.keyboard.press("Enter")
    expect(baker.page.get_by_text(f"{before} → 7")).to_be_visible()
    expect(baker.page.get_by_role("meter").first).to_have_accessible_name("0 of 7 used")
    assert maximum(bakery) == 7
    baker.press(baker.button("Undo"))
    expect(box).to_have_value(str(before))
    assert maximum(bakery) == before


def test_a_limit_shows_who_waits_for_it(baker: Person, bakery: Instance) -> None:
    bakery.post("limits", {"kind": "tag", "key": "batch", "value": "slow", "limit": 0, "per": []})
    run_id = bakery.launch("close_the_day", batch="slow")
    try:
        baker.open("/deployment/concurrency")
        row = baker.page.get_by_role("row", name=re.compile("batch=slow"))
        expect(row).to_contain_text("1 waiting")
        baker.press(row.get_by_role("button", name="batch=slow", exact=True))
        expect(baker.page.get_by_role("link", name=run_id[-8:])).to_be_visible()
    finally:
        bakery.post(f"runs/{run_id}/cancel", {"force": False})
        bakery.wait_for(run_id, "CANCELED")


def test_the_queue_is_paused_by_keys_alone_and_let_go_on_from_the_configuration(
    baker: Person, bakery: Instance
) -> None:
    baker.open()
    search(baker, "pause")
    expect(baker.page.get_by_role("option", name=re.compile("Pause the queue"))).to_be_visible()
    baker.page.keyboard.press("Enter")
    expect(baker.page.get_by_text("The queue is paused: no waiting run starts.")).to_be_visible()
    assert bakery.get("status")["queue_paused"] is True
    baker.open("/deployment/config")
    baker.press(baker.button("Resume the queue"))
    expect(baker.page.get_by_text("The queue goes on.")).to_be_visible()
    assert bakery.get("status")["queue_paused"] is False
    baker.press(baker.button("Undo"))
    expect(baker.button("Resume the queue")).to_be_visible()
    baker.press(baker.button("Resume the queue"))
    expect(baker.button("Pause the queue")).to_be_visible()


def test_rows_and_theme_change_at_once_from_the_palette(baker: Person) -> None:
    baker.open("/jobs")
    row = baker.page.locator("[data-index='0']")
    expect(row).to_have_css("height", "32px")
    for words, check in (("comf", "40px"), ("compact", "32px")):
        search(baker, words)
        expect(baker.page.get_by_role("option").first).to_contain_text(re.compile(words, re.IGNORECASE))
        baker.page.keyboard.press("Enter")
        expect(row).to_have_css("height", check)
    search(baker, "dark")
    expect(baker.page.get_by_role("option").first).to_contain_text("Dark theme")
    baker.page.keyboard.press("Enter")
    expect(baker.page.locator("html")).to_have_attribute("data-theme", "dark")
    baker.page.reload()
    expect(baker.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_who_types_and_presses_enter_at_once_gets_what_the_whole_text_finds(baker: Person) -> None:
    baker.open("/jobs")
    baker.page.route("**/api/search?*", lambda route: (time.sleep(0.3), route.continue_()))
    for words, at in (("limits", "/deployment/concurrency"), ("lineage", "/assets")):
        search(baker, words)
        baker.page.keyboard.press("Enter")
        expect(baker.page).to_have_url(re.compile(re.escape(at)))


def test_a_saved_view_counts_on_while_it_is_looked_at_and_comes_back_after_its_removal(
    baker: Person, bakery: Instance
) -> None:
    baker.open("/runs?q=tag:note=pinned")
    baker.press(baker.button("Save this view"))
    baker.page.get_by_role("textbox", name="Name of this view").fill("Noted")
    baker.press(baker.page.get_by_role("button", name="Save", exact=True))
    view = baker.page.get_by_role("region", name="Saved views").get_by_role("link", name=re.compile("^Noted"))
    expect(view).to_have_text("Noted0")
    bakery.launch("close_the_day", note="pinned")
    expect(view).to_have_text("Noted1", timeout=15_000)
    view.hover()
    baker.press(baker.button("Remove view Noted"))
    expect(view).to_be_hidden()
    baker.press(baker.button("Undo"))
    expect(view).to_have_text("Noted1")


def test_the_timeline_shows_what_will_run_by_any_tag_and_is_zoomed_by_dragging(baker: Person, bakery: Instance) -> None:
    bakery.post("automation/set", {"names": ["evening"], "running": True})
    baker.open("/?by=tag:team&range=1h")
    timeline = baker.page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("button", name="office")).to_be_visible()
    baker.page.get_by_label("Range").get_by_role("button", name="6h").click()
    expect(timeline.get_by_title(re.compile("^evening: ")).first).to_be_visible()
    expect(timeline.get_by_title("Now")).to_be_attached()
    box = timeline.bounding_box()
    assert box is not None
    baker.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 44)
    baker.page.mouse.down()
    baker.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 44, steps=4)
    baker.page.mouse.up()
    baker.page.wait_for_url(re.compile(r"range=\d+-\d+"))
    start, end = (int(part) for part in re.search(r"range=(\d+)-(\d+)", baker.page.url).groups())
    assert 3_600 < (end - start) / 1_000_000 < 3 * 3_600
    baker.press(baker.button("Zoom out"))
    baker.page.wait_for_url(re.compile("range=24h"))


def test_the_page_of_tags_names_near_duplicates_and_what_carries_no_tag(baker: Person) -> None:
    baker.open("/tags")
    main = baker.page.locator("main")
    near = main.get_by_role("region", name="Nearly the same")
    expect(near).to_contain_text(re.compile(r"team \(\d+\)"))
    expect(near).to_contain_text("Team (1)")
    baker.press(main.get_by_role("listitem").filter(has_text="No tag at all").get_by_role("link", name="1 asset"))
    baker.page.wait_for_url(re.compile("assets"))
    expect(baker.page.get_by_role("row", name=re.compile("scales"))).to_be_visible()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/runs/0190aaaa-0000-7000-8000-000000000000", "There is no run 0190aaaa"),
        ("/assets/no/such/thing/-/overview", "There is no asset 'no/such/thing'"),
        ("/jobs/no_such_job", "There is no job 'no_such_job'"),
        ("/automation/nobody", "There is no schedule or sensor 'nobody'"),
        ("/tags/nokey", "Nothing carries the tag key 'nokey'"),
    ],
)
def test_a_page_of_what_is_not_there_says_so(bakery: Instance, browser, path: str, words: str) -> None:
    page = browser.new_page()
    page.goto(bakery.url + path)
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    expect(page.get_by_role("link", name="Assets", exact=True)).to_be_visible()
    page.close()


def test_what_breaks_a_policy_about_tags_is_listed_and_leads_to_it(baker: Person) -> None:
    baker.open("/tags")
    panel = baker.page.get_by_role("region", name="Against the policies")
    expect(panel).to_contain_text("The asset scales lacks the tag team.")
    expect(panel).not_to_contain_text("recipes")
    baker.press(panel.get_by_role("link", name="scales"))
    baker.page.wait_for_url("**/assets/scales/**")
