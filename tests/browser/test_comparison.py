"""A run beside the last good one: tags, configuration and steps that are not the same."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser


def config(loaves: int, temperature: int) -> str:
    oven = f"      oven:\n        temperature: {temperature}\n"
    return f"ops:\n  bake:\n    config:\n      loaves: {loaves}\n{oven}"


@pytest.fixture(scope="module")
def runs(bakery: Instance) -> tuple[str, str]:
    """Return a run that failed, and the good one before it."""
    good = bakery.launch("bake_bread", config(10, 220), reason="order")
    bakery.wait_for(good, "SUCCESS")
    failed = bakery.launch("bake_bread", config(10, 400), reason="hotfix", ticket="4711")
    bakery.wait_for(failed, "FAILURE")
    return failed, good


def test_what_differs_from_the_last_good_run_is_one_press_away(baker: Person, runs: tuple[str, str]) -> None:
    failed, good = runs
    baker.open(f"/runs/{failed}")
    expect(baker.page.get_by_role("region", name="First failure")).to_contain_text(
        re.compile(r"ValueError: an oven of 400 degrees burns the bread.*raise ValueError", re.DOTALL)
    )
    baker.press(baker.link("compare"))
    baker.page.wait_for_url(re.compile("panel=compare"))
    main = baker.page.locator("main")
    expect(main.get_by_role("combobox", name="Compared with")).to_have_value(good)
    expect(main.get_by_role("row", name=re.compile("^reason hotfix order"))).to_be_visible()
    expect(main.get_by_role("row", name=re.compile("^ticket 4711 –"))).to_be_visible()
    expect(main.get_by_role("row", name=re.compile("^bake Failed .* Succeeded"))).to_be_visible()
    expect(main.get_by_role("row", name="ops.bake.config.oven.temperature 400 220")).to_be_visible()
    assert baker.presses == 1


def test_any_run_can_be_compared_with_by_the_address(baker: Person, runs: tuple[str, str]) -> None:
    failed, good = runs
    baker.open(f"/runs/{good}?panel=compare&with={failed}")
    expect(baker.page.get_by_role("row", name=re.compile("^bake Succeeded .* Failed"))).to_be_visible()
