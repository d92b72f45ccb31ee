"""What people do with tags, in the presses of the mouse that `docs/design` allows for each."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import BATCH, ENDED_RUNS, Instance

pytestmark = pytest.mark.browser


def test_assets_of_a_domain_with_personal_data_take_three_presses(person: Person) -> None:
    person.open()
    person.press(person.link("Assets"))
    person.press(person.facet("marketing"))
    person.press(person.facet("true"))
    person.page.wait_for_url(re.compile("pii"))
    assert person.query == "tag:domain=marketing tag:pii=true"
    expect(person.page.get_by_role("row", name=re.compile("clicks"))).to_be_visible()
    expect(person.page.get_by_role("row", name=re.compile("table_"))).to_have_count(0)
    assert person.presses == 3


def test_failed_runs_of_a_team_in_the_last_day_take_four_presses(person: Person, instance: Instance) -> None:
    person.open()
    person.press(person.link("Runs"))
    person.press(person.page.get_by_role("tab", name=re.compile("^Failed")))
    person.press(person.facet("ml"))
    person.press(person.button("24h"))
    person.page.wait_for_url(re.compile("created"))
    assert person.query == "status:failed tag:team=ml created:>-24h"
    assert person.presses == 4
    total = instance.get("runs?q=status:failed+tag:team=ml+created:>-24h")["total"]
    assert total == len([number for number in range(ENDED_RUNS) if number % 5 == 0 and number % 3 == 2])
    expect(person.page.get_by_role("row", name=re.compile("Failed")).first).to_contain_text("ml")


def test_a_launch_with_two_tags_and_a_priority_takes_five_presses(person: Person, instance: Instance) -> None:
    person.open()
    person.press(person.link("Jobs"))
    person.press(person.page.get_by_role("row", name=re.compile("sync_crm")).get_by_role("link", name="Launch").first)
    box = person.page.get_by_role("combobox", name="Add a tag")
    person.press(box)
    for tag in ("reason=hotfix", "ticket=4711"):
        box.press_sequentially(tag)
        person.page.keyboard.press("Enter")
    person.press(person.button("Higher priority"))
    person.press(person.button("Launch"))
    person.page.wait_for_url(re.compile("/runs/"))
    run = instance.wait_for(person.page.url.rsplit("/", 1)[1].split("?")[0], "SUCCESS")
    assert {"reason": "hotfix", "ticket": "4711", "dagster/priority": "1"}.items() <= run["tags"].items()
    assert run["priority"] == 1
    assert person.presses == 5


def test_a_retry_from_failure_with_other_tags_takes_three_presses_and_shows_every_tag(
    person: Person, instance: Instance
) -> None:
    failed = instance.get("runs?q=status:failed+job:sync_crm&limit=1")["items"][0]
    person.open(f"/runs/{failed['id']}")
    person.press(person.button(re.compile("^Retry from failure")))
    dialog = person.page.get_by_role("dialog")
    expect(dialog.get_by_text(failed["tags"]["team"], exact=True).first).to_be_visible()
    person.press(dialog.get_by_role("button", name="Remove tag env"))
    dialog.get_by_role("combobox", name="Add a tag").press_sequentially("reason=again")
    person.page.keyboard.press("Enter")
    with person.page.expect_response(re.compile("/api/launch$")) as answer:
        person.press(dialog.get_by_role("button", name="Launch"))
    assert person.presses == 3
    again = instance.get(f"runs/{answer.value.json()['run_ids'][0]}")
    assert again["parent"] == failed["id"]
    assert again["tags"]["reason"] == "again" and "env" not in again["tags"]


def test_why_a_run_waits_takes_no_press_and_its_holder_one(person: Person, instance: Instance) -> None:
    holder = instance.launch("long_export", note="holds")
    instance.wait_for(holder, "STARTED")
    waiter = instance.launch("long_export", note="waits")
    try:
        person.open("/runs?q=status:queued+tag:note=waits")
        row = person.page.get_by_role("row", name=re.compile("long_export"))
        expect(row).to_contain_text(re.compile(r"team=platform.*1/1"))
        person.press(row.get_by_role("link", name=holder[-8:]))
        person.page.wait_for_url(re.compile(holder))
        assert person.presses == 1
    finally:
        for run_id in (waiter, holder):
            instance.post(f"runs/{run_id}/cancel", {"force": False})
        instance.wait_for(holder, "CANCELED")


def test_cancelling_all_waiting_runs_of_a_tag_takes_five_presses(person: Person, instance: Instance) -> None:
    person.open("/runs?q=status:queued")
    person.press(person.facet("nightly"))
    person.page.wait_for_url(re.compile("nightly"))
    person.press(person.page.get_by_role("checkbox", name="Select all rows loaded"))
    person.press(person.page.get_by_role("toolbar").get_by_role("button", name="Cancel"))
    dialog = person.page.get_by_role("dialog")
    expect(dialog).to_contain_text(str(BATCH))
    person.press(dialog.get_by_role("button", name=re.compile("^Cancel")))
    expect(dialog).to_be_hidden()
    expect(person.page.get_by_role("row", name=re.compile("nightly"))).to_have_count(0)
    assert instance.get("runs?q=status:queued+tag:batch=nightly")["total"] == 0
    assert instance.get("runs?q=status:canceled+tag:batch=nightly")["total"] == BATCH
    assert person.presses <= 5


def test_durations_by_a_tag_take_two_presses_from_the_runs(person: Person, instance: Instance) -> None:
    person.open("/runs")
    person.press(person.page.get_by_role("link", name="Insights").or_(person.button("Insights")))
    person.page.get_by_role("combobox", name=re.compile("by", re.IGNORECASE)).first.select_option("tag:team")
    person.presses += 1
    person.page.wait_for_url(re.compile("by=tag:team"))
    rows = person.page.get_by_role("row", name=re.compile("growth|core|ml"))
    expect(rows).to_have_count(3)
    assert person.presses == 2
