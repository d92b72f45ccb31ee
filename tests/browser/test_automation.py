"""Schedules and sensors: turned on and off by tag, with a way back; their ticks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


def running(bakery: Instance) -> set[str]:
    return {row["name"] for row in bakery.get("automation?q=status:running")["items"]}


@pytest.fixture
def all_off(bakery: Instance) -> Instance:
    bakery.post("automation/set", {"q": "", "running": False})
    return bakery


def test_all_automation_of_a_team_is_turned_on_in_four_presses_and_undone_in_one(
    baker: Person, all_off: Instance
) -> None:
    baker.open()
    baker.press(baker.link("Automation"))
    baker.press(baker.facet("office"))
    baker.page.wait_for_url(re.compile("team"))
    baker.press(baker.page.get_by_role("checkbox", name="Select all rows loaded"))
    baker.press(baker.page.get_by_role("toolbar").get_by_role("button", name="Turn on"))
    expect(baker.page.get_by_text("2 turned on")).to_be_visible()
    expect(baker.page.get_by_role("switch", name="evening is on")).to_be_checked()
    assert baker.presses == 4
    assert running(all_off) == {"evening", "weekly"}
    baker.press(baker.button("Undo"))
    expect(baker.page.get_by_text("2 turned off")).to_be_visible()
    assert running(all_off) == set()


def test_all_that_match_are_turned_on_where_one_is_selected(baker: Person, all_off: Instance) -> None:
    all_off.post("automation/set", {"names": ["weekly"], "running": True})
    baker.open("/automation?q=type:schedule")
    baker.press(baker.page.get_by_role("checkbox", name="Select evening"))
    toolbar = baker.page.get_by_role("toolbar")
    baker.press(toolbar.get_by_role("button", name="Select all 2 matching"))
    baker.press(toolbar.get_by_role("button", name="Turn on"))
    expect(baker.page.get_by_text("evening turned on")).to_be_visible()
    baker.press(baker.button("Undo"))
    expect(baker.page.get_by_text("evening turned off")).to_be_visible()
    assert running(all_off) == {"weekly"}


def test_a_tick_of_a_sensor_appears_with_its_error_while_the_page_is_looked_at(
    baker: Person, all_off: Instance
) -> None:
    baker.open("/automation/till")
    expect(baker.page.get_by_text("No ticks yet")).to_be_visible()
    all_off.post("automation/set", {"names": ["till"], "running": True})
    expect(baker.page.get_by_role("row", name=re.compile("Failed"))).to_contain_text(
        "ConnectionError: the till does not answer", timeout=40_000
    )


def test_a_preview_of_a_tick_shows_the_runs_it_would_start_and_starts_none(baker: Person, all_off: Instance) -> None:
    before = all_off.get("runs")["total"]
    baker.open("/automation/new_orders")
    baker.press(baker.button(re.compile("^Preview a tick")))
    dialog = baker.page.get_by_role("dialog")
    cursor = dialog.get_by_role("textbox", name=re.compile("With this cursor"))
    cursor.fill("")
    baker.press(dialog.get_by_role("button", name="Evaluate"))
    expect(dialog).to_contain_text("would start 2 runs", timeout=30_000)
    expect(dialog.get_by_role("row", name=re.compile("order-4711"))).to_contain_text("4711")
    expect(dialog).to_contain_text("read the orders of the morning")
    cursor.fill("all")
    baker.press(dialog.get_by_role("button", name="Evaluate again"))
    expect(dialog).to_contain_text("every order has been read", timeout=30_000)
    assert baker.presses == 3
    assert all_off.get("runs")["total"] == before


def test_a_preview_of_a_tick_that_fails_shows_its_error(baker: Person, all_off: Instance) -> None:
    baker.open("/automation/till")
    baker.press(baker.button(re.compile("^Preview a tick")))
    dialog = baker.page.get_by_role("dialog")
    baker.press(dialog.get_by_role("button", name="Evaluate"))
    expect(dialog).to_contain_text("the till does not answer", timeout=30_000)


def test_the_condition_of_a_job_is_explained_on_its_page_as_soon_as_it_was_evaluated(
    baker: Person, all_off: Instance
) -> None:
    baker.open("/jobs/menu?tab=automation")
    expect(baker.page.locator("main")).to_contain_text("missing")
    all_off.post("automation/set", {"names": ["default_automation_condition_sensor"], "running": True})
    expect(baker.button(re.compile("1 requested"))).to_be_visible(timeout=40_000)
    all_off.post("automation/set", {"q": "", "running": False})


def test_a_job_that_nothing_starts_says_so(baker: Person) -> None:
    baker.open("/jobs/bake_bread?tab=automation")
    expect(baker.page.locator("main")).to_contain_text("Nothing starts this job by itself")
