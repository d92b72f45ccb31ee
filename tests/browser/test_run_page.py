"""The page of one run: what broke stands first, what nobody reads is folded, steps are found where they are drawn."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser

TOO_HOT = "ops: {bake: {config: {loaves: 3, oven: {temperature: 400}}}}"


@pytest.fixture(scope="module")
def burnt(bakery: Instance) -> str:
    """Return a run that failed at its first step, so that the second was not tried."""
    run = bakery.launch("bake_bread", TOO_HOT)
    bakery.wait_for(run, "FAILURE")
    return run


def test_what_broke_first_stands_on_top_with_its_line_and_what_it_kept_from_running(baker: Person, burnt: str) -> None:
    baker.open(f"/runs/{burnt}")
    failure = baker.page.get_by_role("region", name="First failure")
    expect(failure).to_contain_text("Step bake failed first")
    expect(failure).to_contain_text("ValueError: an oven of 400 degrees burns the bread")
    expect(failure).to_contain_text("raise ValueError(")
    expect(failure).to_contain_text("1 step skipped because of it")
    expect(baker.page.get_by_role("status").filter(has_text="is failure")).to_be_attached()


def test_steps_are_found_by_name_and_say_what_they_did(baker: Person, burnt: str) -> None:
    baker.open(f"/runs/{burnt}")
    steps = baker.page.get_by_role("region", name="Steps")
    expect(steps.get_by_role("listitem")).to_have_count(2)
    expect(steps.get_by_role("button", name=re.compile("^bake: Failed · worked"))).to_contain_text("oven")
    steps.get_by_role("textbox", name="Find a step").fill("sel")
    expect(steps.get_by_role("listitem")).to_have_count(1)
    baker.press(steps.get_by_role("button", name=re.compile("^sell: Skipped · bake failed")))
    baker.page.wait_for_url(re.compile("step=sell"))
    expect(baker.page.get_by_text('Step "sell" is not executed')).to_be_visible()


def test_housekeeping_is_folded_and_a_level_and_a_word_narrow_the_log(baker: Person, burnt: str) -> None:
    baker.open(f"/runs/{burnt}")
    log = baker.page.get_by_role("log", name="Events")
    expect(log).to_contain_text("RUN_START")
    expect(log).not_to_contain_text("STEP_WORKER_START")
    before = log.locator("[data-index]").count()
    baker.page.get_by_role("checkbox", name="Housekeeping").check()
    expect(log).to_contain_text("STEP_WORKER_START")
    assert log.locator("[data-index]").count() > before
    baker.press(baker.button(re.compile("^error")))
    baker.page.wait_for_url(re.compile("log=error"))
    expect(log).not_to_contain_text("RUN_START")
    details = log.get_by_role("button", name="Details").first
    baker.press(details)
    expect(log).to_contain_text("an oven of 400 degrees burns the bread")
    baker.page.get_by_role("textbox", name="Find in messages").fill("no such word")
    expect(baker.page.get_by_text("No events with these filters.")).to_be_visible()
