"""The pages as a whole: they follow what happens, hold their address, obey the keyboard, and can be read by all."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance
from tests.browser.stillness import Stillness

pytestmark = pytest.mark.browser

ASSET = "/assets/area_03/table_42/-"


def test_a_run_is_seen_to_start_and_to_end_without_a_reload(person: Person, instance: Instance) -> None:
    person.open("/runs?q=tag:note=live")
    run_id = instance.launch("long_export", note="live")
    row = person.page.get_by_role("row", name=re.compile("long_export"))
    fresh = person.button(re.compile("new"))
    expect(row.or_(fresh).first).to_be_visible()
    if not row.count():
        fresh.click()
    expect(row).to_contain_text("Running")
    instance.post(f"runs/{run_id}/cancel", {"force": False})
    instance.wait_for(run_id, "CANCELED")
    expect(row).to_contain_text("Canceled")


def test_the_log_of_a_run_grows_while_it_is_looked_at(person: Person, instance: Instance) -> None:
    run_id = instance.launch("long_export", note="log")
    instance.wait_for(run_id, "STARTED")
    person.open(f"/runs/{run_id}")
    expect(person.page.get_by_text("Running", exact=True).first).to_be_visible()
    expect(person.page.get_by_text('Started execution of step "nap".')).to_be_visible()
    instance.post(f"runs/{run_id}/cancel", {"force": False})
    expect(person.page.get_by_text("Canceled", exact=True).first).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(
    "path",
    [
        "/runs?q=status:failed+tag:team=ml&cols=tag:env,duration",
        "/assets?q=tag:tier=gold+group:area_07&view=table",
        f"{ASSET}/lineage?color=tag:tier&hops=1",
        "/jobs/sync_crm/launch?tags=reason=hotfix",
    ],
)
def test_a_deep_link_shows_the_same_after_a_reload(person: Person, path: str) -> None:
    stillness = Stillness(person.page)
    person.open(path)
    shown, address = stillness.lines(), person.page.url
    person.page.reload()
    assert stillness.lines() == shown
    assert person.page.url == address


def test_the_palette_finds_a_tag_value_and_goes_there_by_keys_alone(person: Person) -> None:
    person.open()
    person.page.keyboard.press("/")
    expect(person.page.get_by_role("combobox", name="Search")).to_be_focused()
    person.page.keyboard.type("growth")
    expect(person.page.get_by_role("option", name=re.compile("team=growth"))).to_be_visible()
    person.page.keyboard.press("Enter")
    person.page.wait_for_url(re.compile("/tags/team/growth"))
    assert person.presses == 0


def test_two_letters_go_to_a_page_and_j_x_enter_open_a_row(person: Person) -> None:
    person.open()
    person.page.keyboard.press("g")
    person.page.keyboard.press("r")
    person.page.wait_for_url(re.compile("/runs"))
    first = person.page.get_by_role("grid", name="Runs", exact=True).locator("[data-index='0']")
    first.focus()
    person.page.keyboard.press("j")
    person.page.keyboard.press("x")
    expect(person.page.get_by_text("1 selected")).to_be_visible()
    person.page.keyboard.press("Enter")
    person.page.wait_for_url(re.compile("/runs/[0-9a-f-]{36}"))


def test_typing_a_value_offers_its_key_and_finds_all_that_match(person: Person, instance: Instance) -> None:
    person.open("/assets")
    box = person.page.get_by_role("combobox", name="Filter")
    expect(box).to_be_visible()
    person.page.keyboard.press("f")
    expect(box).to_be_focused()
    person.page.keyboard.type("marketing")
    expect(person.page.get_by_role("option", name=re.compile("tag:domain=marketing"))).to_be_visible()
    person.page.keyboard.press("ArrowDown")
    person.page.keyboard.press("Enter")
    person.page.wait_for_url(re.compile("marketing"))
    assert instance.get(f"assets?q={quote(person.query)}")["total"] == 1


def test_a_timeline_begins_where_the_address_says(instance: Instance) -> None:
    end = instance.get("timeline?by=job")["now"]
    shown = instance.get(f"timeline?by=job&from={end - 3_600_000_000}&to={end}")
    assert (shown["from"], shown["to"]) == (end - 3_600_000_000, end)
