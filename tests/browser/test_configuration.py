"""The configuration of a launch: keys and values are completed from its schema, and the form reads and writes it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


def test_keys_and_values_are_completed_by_the_schema_and_the_text_is_launched(baker: Person, bakery: Instance) -> None:
    baker.open("/jobs/bake_bread/launch?mode=yaml")
    editor = baker.page.get_by_role("textbox", name="Run configuration")
    editor.click()
    keys = baker.page.keyboard
    keys.press("Control+a")
    offers = baker.page.get_by_role("listbox")
    for start, offered in (("o", "ops"), ("b", "bake"), ("c", "config")):
        keys.type(start)
        expect(offers.get_by_role("option", name=re.compile(f"^{offered}"))).to_be_visible()
        expect(offers).to_be_visible()
        baker.page.wait_for_timeout(120)  # the editor ignores a choice made in the moment its list appears
        keys.press("Enter")
    option = offers.get_by_role("option")
    expect(option).to_have_text([re.compile("^loaves.*integer"), re.compile("^oven.*table"), re.compile("^note")])
    keys.type("lo")
    baker.page.wait_for_timeout(120)
    keys.press("Tab")
    keys.type("12")
    keys.press("Enter")
    keys.type("ov")
    expect(option).to_have_count(1)
    baker.page.wait_for_timeout(120)
    keys.press("Enter")
    keys.type("prog")
    expect(option).to_have_count(1)
    baker.page.wait_for_timeout(120)
    keys.press("Enter")
    expect(option).to_have_text([re.compile("^bread"), "cake", "pizza"])
    keys.type("ca")
    baker.page.wait_for_timeout(120)
    keys.press("Enter")
    expect(editor).to_have_text(re.compile("loaves: 12.*oven:.*program: cake", re.DOTALL))
    baker.press(baker.button("Launch"))
    baker.page.wait_for_url(re.compile("/runs/"))
    run = bakery.wait_for(baker.page.url.rsplit("/", 1)[1].split("?")[0], "SUCCESS")
    assert re.search("program: cake", run["config"])


def test_a_number_that_is_typed_into_the_form_is_a_number_in_the_text(baker: Person, bakery: Instance) -> None:
    baker.open("/jobs/bake_bread/launch")
    loaves = baker.page.get_by_role("spinbutton", name=re.compile("loaves"))
    loaves.fill("3")
    baker.page.get_by_role("spinbutton", name="temperature").fill("240")
    baker.press(baker.button("Launch"))
    baker.page.wait_for_url(re.compile("/runs/"))
    run = bakery.wait_for(baker.page.url.rsplit("/", 1)[1].split("?")[0], "SUCCESS")
    assert re.search("loaves: 3\n", run["config"]) and "temperature: 240" in run["config"]


def test_assets_are_configured_as_jobs_are_and_what_is_missing_is_said(baker: Person, bakery: Instance) -> None:
    baker.open("/launch?select=key:scales")
    field = baker.page.get_by_role("spinbutton", name="grams")
    field.fill("250")
    baker.page.get_by_role("combobox", name="unit").select_option("lb")
    baker.press(baker.button("YAML"))
    editor = baker.page.get_by_role("textbox", name="Run configuration")
    expect(editor).to_contain_text("grams: 250")
    expect(editor).to_contain_text("unit: lb")
    baker.page.wait_for_url(re.compile("config="))
    shared = baker.page.url
    baker.page.goto(shared)
    expect(baker.page.get_by_role("textbox", name="Run configuration")).to_contain_text("unit: lb")
    baker.press(baker.button("Launch"))
    baker.page.wait_for_url(re.compile("/runs/"))
    run = bakery.wait_for(baker.page.url.split("/")[-1].split("?")[0], "SUCCESS", "FAILURE")
    assert "grams: 250" in run["config"] and "unit: lb" in run["config"]


def test_the_fields_follow_the_query_and_a_partition_is_asked_for_where_there_are_some(baker: Person) -> None:
    baker.open("/launch?select=key:scales")
    expect(baker.page.get_by_role("spinbutton", name="grams")).to_be_visible()
    query = baker.page.get_by_role("combobox", name=re.compile("Filter", re.IGNORECASE))
    query.fill("key:takings")
    baker.page.keyboard.press("Enter")
    expect(baker.page.get_by_text("Nothing to configure.")).to_be_visible()
    partition = baker.page.get_by_role("textbox", name=re.compile(r"day \(daily\) \| shop"))
    expect(partition).to_have_attribute("placeholder", "2026-10-31|university")
    expect(baker.button("Launch")).to_be_disabled()
    partition.fill("2026-08-01|centre")
    expect(baker.button("Launch")).to_be_enabled()
