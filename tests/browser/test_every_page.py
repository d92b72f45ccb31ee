"""Each page of the UI: readable by all in both themes, without a complaint, and the same after a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.access import faults_of
from tests.browser.conftest import Person
from tests.browser.instance import Instance
from tests.browser.stillness import Stillness

pytestmark = pytest.mark.browser

ASSET = "/assets/area_03/table_42/-"
OF_THE_SHOP = {
    "home": "/?by=tag:team&range=6h",
    "assets": "/assets?q=tag:tier=gold&cols=tag:domain",
    "asset tree": "/assets?view=tree",
    "asset graph": "/assets?view=graph&by=tag:domain&color=tag:tier",
    "asset": f"{ASSET}/overview",
    "asset events": "/assets/clicks/-/events",
    "asset checks": f"{ASSET}/checks",
    "asset lineage": f"{ASSET}/lineage?color=tag:tier&hops=1",
    "jobs": "/jobs?q=tag:team=growth",
    "job": "/jobs/sync_crm",
    "launch": "/jobs/sync_crm/launch?tags=reason=hotfix",
    "launch of assets": "/launch?select=tag:pii=true",
    "runs": "/runs?q=status:failed+tag:team=ml&cols=tag:env",
    "timeline": "/runs?view=timeline&by=tag:team",
    "insights": "/runs?view=insights&by=tag:team",
    "costs": "/runs?view=costs&by=tag:team&metric=run_time&range=day",
    "run": "/runs/{failed}?log=warning",
    "tags": "/tags",
    "tag": "/tags/team",
    "tag value": "/tags/team/growth",
    "locations": "/deployment/locations",
    "daemons": "/deployment/daemons",
    "concurrency": "/deployment/concurrency",
    "config": "/deployment/config",
    "settings": "/settings",
    "login": "/login",
}
OF_THE_BAKERY = {
    "partitions": "/assets/takings/-/partitions",
    "asset automation": "/assets/recipes/-/automation",
    "automation": "/automation?q=tag:team=office",
    "schedule": "/automation/evening",
    "backfill": "/backfills/{backfill}",
}


@pytest.mark.parametrize("name", OF_THE_SHOP)
def test_a_page_of_the_shop_can_be_read_by_all_and_reloaded(page: Page, instance: Instance, name: str) -> None:
    path = OF_THE_SHOP[name]
    if "{failed}" in path:
        path = path.format(failed=instance.get("runs?q=status:failed&limit=1")["items"][0]["id"])
    look_at(page, instance.url + path)


@pytest.fixture(scope="module")
def backfill(bakery: Instance) -> str:
    """Return a backfill of three days that has ended."""
    asked = {
        "assets": ["visitors"],
        "partitions": ["2026-08-04", "2026-08-05", "2026-08-06"],
        "tags": {"reason": "page"},
    }
    backfill = str(bakery.post("backfills", asked)["backfill_id"])
    bakery.wait_for_backfill(backfill)
    return backfill


@pytest.mark.parametrize("name", OF_THE_BAKERY)
def test_a_page_of_the_bakery_can_be_read_by_all_and_reloaded(
    page: Page, bakery: Instance, backfill: str, name: str
) -> None:
    look_at(page, bakery.url + OF_THE_BAKERY[name].format(backfill=backfill))


def test_an_address_of_no_page_says_so_and_stays(person: Person) -> None:
    person.open("/asets?q=tag:team=ml")
    expect(person.page.get_by_role("heading", name=re.compile("no page|not found", re.IGNORECASE))).to_be_visible()
    assert person.page.url.endswith("/asets?q=tag:team=ml")


def look_at(page: Page, address: str) -> None:
    """Open a page, let axe read it in both themes, and reload it."""
    stillness = Stillness(page)
    page.goto(address)
    shown = stillness.lines()
    address = page.url
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        assert faults_of(page) == [], theme
    page.reload()
    assert stillness.lines() == shown
    assert page.url == address
