"""The pages in a browser, over 10,000 assets, 200 jobs and 100,000 runs."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.daemon import only_earmark
from benchmarks.result import Result

FRAMES = """it => new Promise(done => {
  const begun = performance.now(), gaps = []
  let before = begun
  const step = now => {
    gaps.push(now - before); before = now
    it.scrollTop += 400
    if (now - begun < 3000) requestAnimationFrame(step)
    else done(gaps.slice(1))
  }
  requestAnimationFrame(step)
})"""
"""Scrolls for three seconds and gives the milliseconds between frames."""


def measure(api: str) -> Result:
    """Return the milliseconds from asking for the catalog to its first rows, with nothing in the browser's cache."""
    only_earmark(api, "Only Earmark's pages can be measured so.")
    from playwright.sync_api import Browser, Page, expect, sync_playwright

    from benchmarks.crowd import ASSETS, TALKER, fill

    instances: Any = importlib.import_module("tests.browser.instance")
    os.environ.pop("EARMARK_HOME")  # the host's, which `serving` gives it
    home = Path(os.environ.pop("DAGSTER_HOME")) / "crowd"
    fill(home)

    def cold(browser: Browser, instance: Any) -> float:
        page = browser.new_context().new_page()
        begun = time.perf_counter()
        page.goto(f"{instance.url}/assets")
        page.locator("[data-index='0']").wait_for()
        took = time.perf_counter() - begun
        page.context.close()
        return took * 1000

    def filtering(page: Page, instance: Any) -> list[float]:
        page.goto(f"{instance.url}/assets")
        expect(page.get_by_text(f"{ASSETS:,}", exact=True).first).to_be_visible()
        took = []
        facets = page.get_by_role("navigation", name="Facets")
        values = [text.split("\n")[0] for text in facets.get_by_role("button").all_inner_texts()]
        for value in [value for value in values if re.fullmatch(r"[a-z]+\d+|gold|silver|bronze", value)][:10]:
            facet = facets.get_by_role("button", name=re.compile(rf"^{re.escape(value)}\b"))
            with page.expect_response(lambda got: "/api/assets?" in got.url) as answer:
                facet.first.click()
            timing = answer.value.request.timing
            answer.value.finished()
            took.append(answer.value.request.timing["responseEnd"] - timing["requestStart"])
            facet.first.click()
            page.wait_for_timeout(300)
        return took

    def scrolling(page: Page, instance: Any) -> float:
        talker = instance.get(f"runs?q=job:{TALKER}&limit=1")["items"][0]["id"]
        page.goto(f"{instance.url}/runs/{talker}")
        page.get_by_text("line 5 of").wait_for()
        page.wait_for_timeout(15_000)  # until all of it is there
        gaps: list[float] = page.get_by_role("log", name="Events").evaluate(FRAMES)
        usual = statistics.median(gaps)
        return 100.0 * sum(max(0, round(gap / usual) - 1) for gap in gaps) / max(1, len(gaps))

    def reaching(page: Page, instance: Any) -> float:
        page.goto(f"{instance.url}/runs?q=tag:note=new")
        page.wait_for_timeout(1_500)
        took = []
        for number in range(5):
            job = f"refresh_{number:03}"
            begun = time.perf_counter()
            with page.expect_response(lambda got: "/api/runs" in got.url, timeout=10_000):
                instance.launch(job, note="new")
            took.append((time.perf_counter() - begun) * 1000)
            page.wait_for_timeout(500)
        return statistics.median(took)

    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("There is no chromium; `.ci/packages` installs it.")
    with instances.serving(home, "crowded", ASSETS, seconds=180) as instance, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        catalog = [cold(browser, instance) for _ in range(5)]
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        details = {
            "slowest catalog": max(catalog),
            "filter, median": statistics.median(filtering(page, instance)),
            "frames dropped in a log of 100,000 events, %": scrolling(page, instance),
            "launch to an open page, median": reaching(page, instance),
        }
        browser.close()
    return Result("catalog of 10,000 assets, cold", statistics.median(catalog), "ms", target=1_500, details=details)
