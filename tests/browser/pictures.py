"""Takes the pictures of the documentation from a running instance: ``python -m tests.browser.pictures URL [NAME ...]``.

The instance of the pictures is the flights example, served with ``earmark dev`` after a few of its jobs have run.
"""

from __future__ import annotations

import json
import shutil
import sys
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST = 300_000
PAGES = {
    "assets": "/assets",
    "asset": "/assets/punctuality/-/overview",
    "launch": "/jobs/refresh_all/launch?tags=reason=hotfix",
    "runs": "/runs",
    "run": "/runs/{run}",
    "insights": "/runs?view=insights&by=tag:reason",
    "tags": "/tags",
}


def main(url: str, only: list[str]) -> None:
    """Take the pictures of all pages, or of those named, in both themes."""
    with urllib.request.urlopen(f"{url}/api/runs?q=job:refresh_all+status:succeeded&limit=1") as answer:
        run = json.load(answer)["items"][0]["id"]
    chromium = shutil.which("chromium") or sys.exit("there is no chromium")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for theme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": 1440, "height": 900}, color_scheme=theme, reduced_motion="reduce"
            )
            for name, path in PAGES.items():
                if only and name not in only:
                    continue
                page = context.new_page()
                page.goto(url + path.format(run=run))
                page.wait_for_timeout(2_500)
                file = IMAGES / f"{name}-{theme}.png"
                page.screenshot(path=file)
                page.close()
                if file.stat().st_size > LARGEST:
                    sys.exit(f"{file.name} has {file.stat().st_size} bytes, more than {LARGEST}")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2:])
