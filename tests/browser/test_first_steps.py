"""From nothing defined to a first asset, a mistake, and what each reload of the code changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person, require_built_ui
from tests.browser.instance import Instance, serving

pytestmark = pytest.mark.browser

NOTHING = "import earmark as em\n\ndefs = em.Definitions()\n"
TWO = """import earmark as em


@em.asset(tags={"team": "growth"})
def clicks():
    return 1


@em.asset(deps=[clicks])
def report():
    return 2


defs = em.Definitions(assets=[clicks, report])
"""
TEACHES = {
    "/": "it has no definitions yet",
    "/assets": "No assets yet",
    "/assets?view=graph": "No assets yet",
    "/jobs": "No jobs yet",
    "/runs": "Nothing has run yet",
    "/runs?tab=backfills": "No backfills",
    "/runs?view=insights": "No runs to count",
    "/automation": "Nothing starts by itself yet",
    "/tags": "No tags yet",
}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("project") / "first_steps.py"
    file.write_text(NOTHING)
    return file


@pytest.fixture(scope="module")
def fresh(code: Path) -> Iterator[Instance]:
    require_built_ui()
    home = code.parent / "home"
    home.mkdir()
    with serving(home, "first_steps", 0, code.parent) as running:
        yield running


@pytest.fixture
def beginner(page: Page, fresh: Instance) -> Person:
    return Person(page, fresh.url)


def test_an_empty_instance_says_on_each_page_what_to_do(beginner: Person) -> None:
    for path, words in TEACHES.items():
        beginner.open(path)
        expect(beginner.page.locator("main")).to_contain_text(words)
    beginner.open("/assets")
    expect(beginner.page.locator("pre")).to_contain_text("@em.asset(tags=")
    expect(beginner.button("Copy")).to_be_visible()


def test_a_reload_shows_what_it_added_removed_and_changed(beginner: Person, code: Path) -> None:
    beginner.open("/deployment/locations")
    changes = beginner.page.get_by_role("region", name="What the last reload of first_steps changed")
    code.write_text(TWO)
    beginner.press(beginner.button("Reload"))
    expect(changes).to_contain_text("2 added, 0 removed, 0 changed")
    expect(changes.get_by_role("listitem")).to_have_text(["+ clicks", "+ report"])
    code.write_text(TWO.replace("growth", "core").replace("report", "summary"))
    beginner.press(beginner.button("Reload"))
    expect(changes).to_contain_text("1 added, 1 removed, 1 changed")
    expect(changes.get_by_role("listitem")).to_have_text(["+ summary", "− report", "~ clicks tags"])


def test_a_location_that_does_not_load_shows_the_error_and_keeps_its_last_good_code(
    beginner: Person, code: Path
) -> None:
    code.write_text(TWO)
    beginner.open("/deployment/locations")
    beginner.press(beginner.button("Reload"))
    expect(beginner.page.get_by_text("Loaded", exact=True).first).to_be_visible()
    code.write_text(TWO.replace("deps=[clicks]", "deps=[click]"))
    beginner.press(beginner.button("Reload"))
    expect(beginner.page.get_by_text("Failed; the last good code serves")).to_be_visible()
    main = beginner.page.locator("main")
    expect(main).to_contain_text("name 'click' is not defined")
    expect(main).to_contain_text(re.compile(r"first_steps\.py:\d+"))
    expect(main).to_contain_text(re.compile(r"Assets\s*2"))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nowhere", "There is no page here"),
        ("/deployment/nowhere", "There is no such part of the deployment"),
    ],
)
def test_an_address_that_names_nothing_says_so_and_stays(beginner: Person, path: str, words: str) -> None:
    beginner.open(path)
    expect(beginner.page.get_by_role("heading", name=words)).to_be_visible()
    assert beginner.page.url.endswith(path)
