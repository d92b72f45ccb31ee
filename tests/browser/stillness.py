"""When a page has come to rest: nothing is on its way from the server, and its text no longer changes."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Request


class Stillness:
    """Knows when a page has come to rest.

    Args:
        page: The page, before anything is opened in it.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._asked: set[Request] = set()
        page.on("request", self._asks)
        page.on("requestfinished", self._ends)
        page.on("requestfailed", self._ends)

    def _asks(self, request: Request) -> None:
        if "/api/stream" not in request.url:
            self._asked.add(request)

    def _ends(self, request: Request) -> None:
        self._asked.discard(request)

    def lines(self) -> list[str]:
        """Wait until the page rests, and return its lines without the times, which go on.

        Raises:
            AssertionError: It never does.
        """
        before: list[str] = []
        for _ in range(60):
            self._page.wait_for_timeout(250)
            lines = self._lines()
            loads = self._asked or self._page.locator("[role=status][aria-label=Loading]").count()
            if lines and lines == before and not loads:
                return lines
            before = [] if loads else lines
        raise AssertionError(f"{self._page.url} never comes to rest; asked for: {[one.url for one in self._asked]}")

    def _lines(self) -> list[str]:
        # Where the page counts what lies within the last hours, the counts go on as well.
        counts = r"|[\d,]+" if "range=" in self._page.url else ""
        moving = re.compile(rf"\b(now|in \d+ \w+|\d+(\.\d+)? (ms|s|m|h|d)( ago)?|\d\d:\d\d(:\d\d)?{counts})\b")
        return [moving.sub("", line).strip() for line in self._page.locator("#root").inner_text().splitlines()]
