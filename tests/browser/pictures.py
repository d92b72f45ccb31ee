"""Takes the pictures of the documentation: ``python -m tests.browser.pictures HOME [NAME ...]``.

HOME is a folder for the instance of the pictures: the flights example with two weeks of runs behind it. It is filled
if it is not there yet, and served while the pictures are taken.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from playwright.sync_api import Browser, Route, sync_playwright

from earmark.store.open import open_store
from earmark.system import clock
from tests.api.world import SECOND, Clock
from tests.browser.instance import PROJECT, ROOT, Instance, serving
from tests.browser.replay import Replay, Template

IMAGES = ROOT / "docs" / "images"
FLIGHTS = ROOT / "examples" / "flights"
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
LARGEST = 350_000
LOCATION = "airport"
DAYS = 14
HOUR = 3600 * SECOND
JOBS = {
    "refresh_weather": range(24),
    "refresh_operations": range(1, 24, 3),
    "refresh_network": range(2, 24, 6),
    "refresh_fleet": range(4, 24, 12),
    "refresh_all": (7,),
    "publish_reports": (9, 16),
    "refresh_personal": (11,),
}
"""The hours of the day at which each job ran."""

SETTINGS = """
[concurrency.runs]
max_concurrent_runs = 10
tag_concurrency_limits = [
  { key = "team", value = "platform", limit = 1 },
  { key = "domain", value = { applyLimitPerUniqueValue = true }, limit = 2 },
]
[concurrency.pools]
default_limit = 1
"""

PAGES = {
    "home": "/?by=tag:domain",
    "assets": "/assets",
    "assets-tree": "/assets?view=tree",
    "lineage": "/assets?view=graph&by=tag:tier&color=tag:domain",
    "asset": "/assets/punctuality/-/overview",
    "asset-events": "/assets/punctuality/-/events",
    "asset-partitions": "/assets/day_at_the_airports/-/partitions",
    "asset-checks": "/assets/fleet/-/checks",
    "asset-lineage": "/assets/punctuality/-/lineage?color=tag:tier",
    "asset-automation": "/assets/punctuality/-/automation",
    "jobs": "/jobs",
    "job": "/jobs/publish_reports",
    "launch": "/jobs/refresh_weather/launch?tags=reason=hotfix",
    "runs": "/runs",
    "runs-timeline": "/runs?view=timeline&by=tag:team",
    "insights": "/runs?view=insights&by=tag:team",
    "costs": "/runs?view=costs&by=tag:team&range=day",
    "run": "/runs/{run}",
    "run-failed": "/runs/{failed}",
    "automation": "/automation",
    "schedule": "/automation/this_day_in_2013",
    "backfill": "/backfills/{backfill}",
    "tags": "/tags",
    "tag": "/tags/team",
    "tag-value": "/tags/team/insights",
    "locations": "/deployment/locations",
    "daemons": "/deployment/daemons",
    "concurrency": "/deployment/concurrency",
    "config": "/deployment/config",
    "settings": "/settings",
}


def main(home: Path, only: list[str]) -> None:
    """Take the pictures of all pages, or of those named, in both themes."""
    if not (home / "earmark.toml").exists():
        fill(home)
    IMAGES.mkdir(exist_ok=True)
    chromium = shutil.which("chromium") or sys.exit("there is no chromium")
    with serving(home, LOCATION, 1, PROJECT, 60, **variables(home)) as instance, sync_playwright() as playwright:
        shown = go_on(instance)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for theme in THEMES:
            for name, path in PAGES.items():
                if not only or name in only:
                    picture(browser, theme, f"{instance.url}{path.format(**shown)}", IMAGES / f"{name}-{theme}.png")
        browser.close()


def picture(browser: Browser, theme: Theme, url: str, file: Path) -> None:
    """Take one picture, when nothing is on its way any more."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme=theme, reduced_motion="reduce", timezone_id="UTC"
    )
    context.route("**/api/locations*", _elsewhere)
    page = context.new_page()
    page.goto(url)
    page.wait_for_timeout(2_000)
    page.screenshot(path=file)
    context.close()
    if file.stat().st_size > LARGEST:
        sys.exit(f"{file.name} has {file.stat().st_size} bytes, more than {LARGEST}")


def _elsewhere(route: Route) -> None:
    """Let a page name a Python that lies beside the example, not the one that takes the pictures."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace(sys.executable, "/srv/flights/.venv/bin/python"))


def go_on(instance: Instance) -> dict[str, str]:
    """Do what people do today: launch, wait in the queue, backfill. Return the ids that the pages ask for."""
    until = time.monotonic() + 60
    while instance.get("locations")["items"][0]["status"] != "loaded":
        assert time.monotonic() < until, "the location does not load"
        time.sleep(0.5)  # a home that was served before knows its assets at once, but launches only with its code
    for name in ("this_day_in_2013", "every_monday", "publish_on_monday", "orders_in_the_inbox", "follow"):
        instance.post("automation/set", {"names": [name], "q": None, "running": True, "dry_run": False})
    waiting = instance.get("runs?q=job:export_year+status:running")
    if not waiting["total"]:
        for reason in ("partner", "partner", "reload"):
            instance.launch("export_year", reason=reason)
            time.sleep(1)
    again = instance.launch("publish_reports", reason="demo")
    instance.wait_for(again, "SUCCESS", "FAILURE")
    done = instance.get("backfills")["items"]
    backfill = done[0]["id"] if done else instance.post("backfills", {
        "job": None, "assets": ["day_at_the_airports"], "q": None, "partitions": [], "tags": {"reason": "reload"},
        "ranges": [{"first": "2013-01-01", "last": "2013-02-28"}], "only": "all", "max_in_flight": None,
    })["backfill_id"]  # fmt: skip
    time.sleep(5)
    return {
        "run": instance.get("runs?q=job:refresh_all+status:succeeded&limit=1")["items"][0]["id"],
        "failed": instance.get("runs?q=job:refresh_all,refresh_operations+status:failed&limit=1")["items"][0]["id"],
        "backfill": backfill,
    }


def fill(home: Path) -> None:
    """Execute each job once, and tell what it did again and again over the last two weeks."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "earmark.toml").write_text(SETTINGS)
    for job in JOBS:
        command = [sys.executable, "-m", "earmark.cli.main", "job", "execute", "-m", "flights.definitions", "-j", job]
        environment = {**os.environ, "EARMARK_HOME": str(home), **variables(home)}
        subprocess.run(command, cwd=FLIGHTS, env=environment, check=True, stdout=subprocess.DEVNULL)
    past = Clock()
    store = open_store(home, clock=past)
    try:
        chance = random.Random(2013)
        told = [store.runs.get(run_id) for run_id in store.runs.ids("status:succeeded")]
        logs = {run.job_name: Template(run, store.events.of_run(run.run_id, limit=10_000)) for run in told}
        replay = Replay(store, past, LOCATION, logs, chance)
        for job, at in calendar(clock.now()):
            tell(replay, chance, job, at)
        store.runs.delete([run.run_id for run in told])
    finally:
        store.close()


def tell(replay: Replay, chance: random.Random, job: str, at: int) -> None:
    """Write one run of the past; every twelfth or so fails."""
    fails = chance.choice(replay.steps(job)) if chance.random() < 0.08 else None
    reason = chance.choices(("scheduled", "hotfix", "reload", "order"), (12, 1, 1, 1))[0]
    env = "staging" if chance.random() < 0.15 else "prod"
    replay.tell(job, at, slower=chance.uniform(25, 60), fails=fails, reason=reason, env=env)


def calendar(now: int) -> Iterator[tuple[str, int]]:
    """The runs of the last days, in order: job and instant."""
    begin = now - DAYS * 24 * HOUR
    begin -= begin % HOUR
    for at in range(begin, now - HOUR // 2, HOUR):
        hour = datetime.fromtimestamp(at / SECOND, UTC).hour
        for place, (job, hours) in enumerate(JOBS.items()):
            if hour in hours:
                yield job, at + place * 3 * 60 * SECOND


def variables(home: Path) -> dict[str, str]:
    """What the example is told through the environment."""
    paths = os.pathsep.join([str(FLIGHTS), *sys.path])
    return {"FLIGHTS_DATA": str(home / "data"), "FLIGHTS_INBOX": str(home / "inbox"), "PYTHONPATH": paths}


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2:])
