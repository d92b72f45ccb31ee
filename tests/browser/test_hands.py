"""What hands do on the pages: presses on tags, keys, and what must not move under the pointer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


def test_a_press_on_a_tag_filters_by_it_and_with_alt_excludes_it(person: Person) -> None:
    person.open("/assets?q=group:raw")
    rows = person.page.get_by_role("grid", name="Assets")
    person.press(rows.get_by_role("button", name="tag domain is marketing").first)
    person.page.wait_for_url(re.compile("marketing"))
    assert person.query == "group:raw tag:domain=marketing"
    expect(person.page.get_by_role("row")).to_have_count(2)
    rows.get_by_role("button", name="tag team is growth").first.click(modifiers=["Alt"])
    person.page.wait_for_url(re.compile("growth"))
    assert person.query == "group:raw tag:domain=marketing -tag:team=growth"


def test_the_menu_of_a_tag_is_reached_by_keys_and_makes_it_a_column(person: Person) -> None:
    person.open("/assets?q=tag:domain=marketing&cols=tag:domain")
    tag = person.page.get_by_role("grid", name="Assets").get_by_role("button", name="tag pii is true")
    tag.focus()
    person.page.keyboard.press("Shift+F10")
    menu = person.page.get_by_role("menu", name="tag pii is true")
    expect(menu.get_by_role("menuitem")).to_have_count(8)
    menu.get_by_role("menuitem", name="Show pii as a column").click()
    expect(person.page.get_by_role("columnheader", name="pii")).to_be_visible()
    assert "cols=tag:domain,tag:pii" in person.page.url


def test_twenty_two_rows_are_in_sight(person: Person) -> None:
    for path, name in (("/assets", "Assets"), ("/runs", "Runs")):
        person.open(path)
        grid = person.page.get_by_role("grid", name=name)
        expect(grid.locator("[data-index='0']")).to_be_visible()
        whole = grid.evaluate(
            """it => [...it.querySelectorAll("[data-index]")].filter(row =>
                row.getBoundingClientRect().bottom <= it.getBoundingClientRect().bottom).length"""
        )
        assert whole >= 22, f"{path} shows {whole} rows"


def test_brackets_go_through_tabs_and_a_dot_to_the_failure(person: Person, instance: Instance) -> None:
    failed = instance.get("runs?q=status:failed&limit=1")["items"][0]["id"]
    person.open(f"/runs/{failed}")
    keys = person.page.keyboard
    expect(person.page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")
    keys.press("]")
    expect(person.page.get_by_role("tab", name="stdout")).to_have_attribute("aria-selected", "true")
    keys.press("[")
    expect(person.page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")
    step = instance.get(f"runs/{failed}")["first_failure"]["step"]
    keys.press(".")
    person.page.wait_for_url(re.compile(f"step={step}"))
    keys.press("r")
    expect(person.page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    keys.press("?")
    expect(person.page.get_by_role("dialog", name="Keys")).to_contain_text("Next failure")


def test_new_runs_are_counted_and_rows_stay_where_they_are(person: Person, instance: Instance) -> None:
    person.open("/runs")
    first = person.page.locator("[data-index='0']")
    expect(first).to_be_visible()
    before = first.inner_text().splitlines()[1]
    run = instance.launch("sync_crm", note="counted")
    fresh = person.button(re.compile(r"^\d+ new$"))
    expect(fresh).to_be_visible()
    assert first.inner_text().splitlines()[1] == before, "nothing has moved"
    person.press(fresh)
    expect(person.page.get_by_role("link", name=run[-8:])).to_be_visible()
    expect(fresh).to_be_hidden()


def test_a_page_that_cannot_hear_the_stream_asks_every_five_seconds(browser: Browser, instance: Instance) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.route("**/api/stream*", lambda route: route.abort())
    page.goto(f"{instance.url}/runs?q=tag:note=polled")
    expect(page.get_by_text("Polling every 5 s")).to_be_visible()
    expect(page.get_by_text("No runs match")).to_be_visible()
    run = instance.launch("sync_crm", note="polled")
    expect(page.get_by_role("link", name=run[-8:])).to_be_visible(timeout=15_000)
    context.close()
