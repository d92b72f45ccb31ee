"""Partitions of two dimensions as a heat map: chosen by dragging or by keys, and launched."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Person
from tests.browser.instance import Instance

pytestmark = pytest.mark.browser

COLUMNS, ROWS = 92, 5


@pytest.fixture(scope="module")
def written(bakery: Instance) -> Instance:
    """Four days of all shops are there; the north failed on the third."""
    asked = {"assets": ["takings"], "ranges": [{"first": "2026-08-01|centre", "last": "2026-08-04|university"}]}
    backfill = bakery.post("backfills", asked)["backfill_id"]
    bakery.wait_for_backfill(backfill)
    return bakery


def drag(person: Person, grid: Locator, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Drag from the middle of one cell, as column and row, to the middle of another."""
    box = grid.bounding_box()
    assert box is not None
    (x, y), (to_x, to_y) = (
        (box["x"] + (column + 0.5) * box["width"] / COLUMNS, box["y"] + (row + 0.5) * box["height"] / ROWS)
        for column, row in (start, end)
    )
    person.page.mouse.move(x, y)
    person.page.mouse.down()
    person.page.mouse.move(to_x, to_y, steps=4)
    person.page.mouse.up()
    person.presses += 1


def grid_of(person: Person) -> Locator:
    person.open("/assets/takings/-/partitions")
    grid = person.page.get_by_role("application")
    expect(grid).to_have_accessible_name(re.compile("460 partitions: 19 materialized, 1 failed"))
    return grid


def test_a_box_that_is_dragged_over_two_dimensions_is_launched_in_three_presses(
    baker: Person, written: Instance
) -> None:
    drag(baker, grid_of(baker), (1, 1), (5, 3))
    chosen = baker.page.get_by_role("region", name="Chosen partitions")
    expect(chosen).to_contain_text("2026-08-02|harbour … 2026-08-06|station")
    expect(chosen).to_contain_text("8 materialized, 1 failed, 6 missing")
    baker.press(chosen.get_by_role("link", name="The 7 not written"))
    expect(baker.page.get_by_role("status").filter(has_text="7 partitions")).to_be_visible()
    baker.press(baker.button("Launch"))
    baker.page.wait_for_url(re.compile("/backfills/"))
    assert baker.presses == 3
    backfill = written.wait_for_backfill(baker.page.url.rsplit("/", 1)[1])
    assert backfill["partitions"]["total"] == 7
    assert (backfill["first"], backfill["last"]) == ("2026-08-03|north", "2026-08-06|station")


def test_arrow_keys_with_shift_choose_what_dragging_does(baker: Person, written: Instance) -> None:
    baker.open("/assets/takings/-/partitions")
    grid = baker.page.get_by_role("application")
    grid.focus()
    for key in ("ArrowDown", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown"):
        baker.page.keyboard.press(key)
    chosen = baker.page.get_by_role("region", name="Chosen partitions")
    expect(chosen).to_contain_text("2026-08-02|centre … 2026-08-03|harbour")
    baker.page.reload()
    expect(chosen).to_contain_text("2026-08-02|centre … 2026-08-03|harbour")
    grid.focus()
    baker.page.keyboard.press("Escape")
    expect(chosen).to_be_hidden()
    assert baker.presses == 0


def test_the_cell_under_the_pointer_says_what_it_is(baker: Person, written: Instance) -> None:
    baker.open("/assets/takings/-/partitions")
    box = baker.page.get_by_role("application").bounding_box()
    assert box is not None
    baker.page.mouse.move(box["x"] + 2.5 * box["width"] / COLUMNS, box["y"] + 2.5 * box["height"] / ROWS)
    expect(baker.page.get_by_text("2026-08-03, north: Failed")).to_be_visible()
