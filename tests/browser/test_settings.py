"""What a person sets for themselves holds on every page, and stays."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


def test_a_zone_and_twelve_hours_hold_wherever_a_time_is_written(person: Person, instance: Instance) -> None:
    run = instance.get("runs?q=status:succeeded&limit=1")["items"][0]["id"]
    person.open(f"/runs/{run}")
    clock = person.page.get_by_role("log", name="Events").locator("time").first
    expect(clock).to_have_text(re.compile(r"^\d\d:\d\d:\d\d\.\d{3}$"))
    hour, rest = clock.inner_text().split(":", 1)
    person.open("/settings")
    person.press(person.page.get_by_role("group", name="Time zone").get_by_role("button", name="Another"))
    person.page.get_by_role("combobox", name="Name of the zone").fill("Asia/Tokyo")
    person.press(person.button("12 hours"))
    person.open(f"/runs/{run}")
    there = (int(hour) + 9) % 24
    expect(clock).to_have_text(f"{there % 12 or 12:02}:{rest} {'AM' if there < 12 else 'PM'}")
    expect(clock).to_have_attribute("title", re.compile(r"\d:\d\d:\d\d [AP]M\n.* UTC$"))
    person.open("/settings")
    person.press(person.button("Reset all"))
    expect(person.button("24 hours")).to_have_attribute("aria-pressed", "true")
    person.press(person.button("Undo"))
    expect(person.button("12 hours")).to_have_attribute("aria-pressed", "true")


def test_a_word_that_is_no_zone_changes_nothing_and_says_so(person: Person) -> None:
    person.open("/settings")
    person.press(person.page.get_by_role("group", name="Time zone").get_by_role("button", name="Another"))
    person.page.get_by_role("combobox", name="Name of the zone").fill("Tokyo/Asia")
    expect(person.page.get_by_text("This browser knows no zone of that name.")).to_be_visible()
    assert person.page.evaluate("localStorage.getItem('earmark.zone')") is None


def test_the_navigation_leads_to_the_view_a_person_chose_while_a_link_shows_what_it_says(person: Person) -> None:
    person.open("/settings")
    person.page.get_by_label("Assets begins with").select_option(label="Tree")
    person.page.get_by_label("Runs begins with").select_option(label="Failed today")
    person.press(person.link("Assets"))
    person.page.wait_for_url(re.compile(r"/assets\?view=tree$"))
    person.page.keyboard.press("g")
    person.page.keyboard.press("r")
    person.page.wait_for_url(re.compile(r"/runs\?q="))
    assert "status:failed" in person.query
    person.open("/assets")
    expect(person.page.get_by_role("grid", name="Assets")).to_be_visible()


def test_tags_chosen_as_columns_are_there_where_the_address_names_none(person: Person) -> None:
    person.open("/settings")
    person.press(person.button("Tag columns of assets"))
    person.page.get_by_role("checkbox", name=re.compile("^tier")).check()
    person.page.keyboard.press("Escape")
    person.open("/assets")
    expect(person.page.get_by_role("columnheader", name="tier")).to_be_visible()
    person.open("/assets?cols=tag:domain")
    expect(person.page.get_by_role("columnheader", name="domain")).to_be_visible()
    expect(person.page.get_by_role("columnheader", name="tier")).to_be_hidden()
