"""One host and one browser for all tests of a worker; a page that must not complain for each test."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect, sync_playwright

import benchmarks.crowd
from earmark.server.options import BUILT_UI
from tests.browser.instance import Instance, fill, serving

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

expect.set_options(timeout=10_000)


class Person:
    """Someone with a mouse: every press is counted.

    Args:
        page: What they look at.
        url: Where the instance is.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.presses = 0

    def open(self, path: str = "/") -> None:
        self.page.goto(self.url + path)
        expect(self.page.get_by_role("link", name="Assets", exact=True)).to_be_visible()

    def press(self, what: Locator) -> None:
        what.click()
        self.presses += 1

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def link(self, name: str) -> Locator:
        return self.page.get_by_role("link", name=name, exact=True)

    def facet(self, value: str) -> Locator:
        facets = self.page.get_by_role("navigation", name="Facets")
        return facets.get_by_role("button", name=re.compile(rf"^{value}\b"))

    @property
    def query(self) -> str:
        """The query in the address."""
        return self.page.evaluate("new URLSearchParams(location.search).get('q') ?? ''")


def require_built_ui() -> None:
    if (BUILT_UI / "index.html").is_file():
        return
    message = "the UI is not built: install the package without EARMARK_SKIP_UI=1"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Return a host in a process of its own, with two thousand assets and some hundred runs."""
    require_built_ui()
    home: Path = tmp_path_factory.mktemp("instance") / "home"
    fill(home)
    with serving(home) as running:
        yield running


POLICIES = """
[tags.policy.team]
required_on = ["asset"]
values = ["kitchen", "office", "shops"]
description = "Who is called when it breaks."
"""


@pytest.fixture(scope="session")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Return a host of a small project in which everything is: partitions of two dimensions, configuration, sensors."""
    require_built_ui()
    home: Path = tmp_path_factory.mktemp("bakery") / "home"
    home.mkdir()
    (home / "earmark.toml").write_text(POLICIES)
    with serving(home, "bakery", 5) as running:
        yield running


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Return a host with 10,000 assets, 200 jobs, 100,000 runs and a log of 100,000 events."""
    require_built_ui()
    home: Path = tmp_path_factory.mktemp("crowd") / "home"
    benchmarks.crowd.fill(home)
    with serving(home, "crowded", benchmarks.crowd.ASSETS, seconds=180) as running:
        yield running


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Return Debian's Chromium."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(params=["light"])
def theme(request: pytest.FixtureRequest) -> str:
    """Return the theme the browser asks for; tests that look at both say so."""
    return request.param


@pytest.fixture
def page(browser: Browser, theme: str) -> Iterator[Page]:
    """Return a page; the test fails if it writes an error to the console, or raises one.

    That an address names nothing is no error of its page: the browser notes the 404 of the address itself.
    """
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=theme, reduced_motion="reduce", timezone_id="UTC"
    )
    shown = context.new_page()
    shown.set_default_timeout(10_000)
    complaints: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error" and not ("404" in said.text and said.location["url"] == shown.url):
            complaints.append(said.text)

    shown.on("console", hear)
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    shown.on("response", lambda got: complaints.append(f"{got.status} {got.url}") if got.status >= 500 else None)
    yield shown
    context.close()
    assert complaints == []


@pytest.fixture
def person(page: Page, instance: Instance) -> Person:
    """Return someone who has not pressed anything yet."""
    return Person(page, instance.url)


@pytest.fixture
def baker(page: Page, bakery: Instance) -> Person:
    """Return someone in the bakery."""
    return Person(page, bakery.url)
