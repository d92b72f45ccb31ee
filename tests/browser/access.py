"""What keeps a page from being read by all."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def faults_of(page: Page) -> list[tuple[str, list[str]]]:
    """Return what a page does against the rules, each with the beginnings of the first three elements that do it."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    return [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
