"""Pages that only a small, full project has can be read by all, in both themes."""

from __future__ import annotations

import pytest

from tests.browser.access import faults_of
from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser

BOX = "select=key:takings&partition=2026-08-01|centre...2026-08-03|north&only=missing"
PAGES = {
    "heat map": "/assets/takings/-/partitions",
    "comparison": "/runs/{run}?panel=compare",
    "editor": "/jobs/bake_bread/launch?mode=yaml",
    "launch of a box": f"/launch?{BOX}",
    "backfill": "/backfills/{backfill}",
    "sensor": "/automation/new_orders",
    "configuration": "/deployment/config",
    "daemons": "/deployment/daemons",
}


@pytest.fixture(scope="module")
def names(bakery: Instance) -> dict[str, str]:
    """Return a run that failed after a good one, and a backfill of which a day failed."""
    settings = "ops:\n  bake:\n    config:\n      loaves: 1\n      oven:\n        temperature: {}\n"
    bakery.wait_for(bakery.launch("bake_bread", settings.format(200)), "SUCCESS")
    run = bakery.launch("bake_bread", settings.format(400))
    bakery.wait_for(run, "FAILURE")
    ranges = [{"first": "2026-08-04", "last": "2026-08-06"}]
    backfill = bakery.post("backfills", {"assets": ["visitors"], "ranges": ranges})["backfill_id"]
    bakery.wait_for_backfill(backfill)
    return {"run": run, "backfill": backfill}


@pytest.mark.parametrize("theme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_all(baker: Person, names: dict[str, str], name: str) -> None:
    baker.open(PAGES[name].format(**names))
    baker.page.wait_for_timeout(700)
    if name == "heat map":
        baker.page.get_by_role("application").focus()
        baker.page.keyboard.press("ArrowRight")
        baker.page.get_by_role("region", name="Chosen partitions").wait_for()
    assert faults_of(baker.page) == []
