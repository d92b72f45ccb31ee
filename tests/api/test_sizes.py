"""What the pages of a large instance ask for stays small, however much there is."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

import benchmarks.crowd
from benchmarks.crowd import ASSETS, EVENTS, JOBS, TALKER
from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.store.open import open_store
from earmark.system import clock
from earmark.views.listing import LARGEST_PAGE
from tests.api.world import FakeLocations, State

RUNS = 4_000
DAY = 86_400_000_000


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    home = tmp_path_factory.mktemp("crowd") / "home"
    benchmarks.crowd.fill(home, RUNS)
    store = open_store(home, clock=clock.now)
    locations = FakeLocations([State("crowded", manifest=benchmarks.crowd.definitions().manifest())])
    with TestClient(make_app(store, locations, ServerOptions(home=home)), base_url="http://127.0.0.1") as client:
        yield client
    store.close()


def sent(answer) -> int:
    """Return how many bytes of an answer go over the wire."""
    assert answer.status_code == 200, answer.text
    return int(answer.headers["content-length"])


@pytest.mark.parametrize(
    "path",
    [
        "assets", "assets?limit=200", "assets/tree", "assets/tree?limit=200", "asset?key=asset_00000",
        "asset/events?key=asset_00000", "graph?by=group", "graph?by=tag:team&expand=t3",
        "jobs", "jobs?limit=200", "job?name=refresh_007", "jobs/graph?name=refresh_007", "ops?limit=200",
        "runs", "runs?limit=200", "runs?q=tag:team%3Dt3+tag:env%3Dprod+tag:region%3Dsouth", "runs/counts",
        "timeline", "timeline?by=tag:customer&limit=200", "timeline?by=job", "insights", "insights?by=tag:customer",
        "insights?by=job&limit=50&buckets=28", "tags", "tags?limit=200", "tag?key=customer",
        "tag/values?key=customer&limit=200", "tags/near", "tags/untagged", "facets?scope=assets",
        "facets?scope=jobs", "facets?scope=runs", "automation", "ticks", "backfills", "limits", "locations", "views",
        "status", "session", "search?text=asset",
    ],
)  # fmt: skip
def test_no_answer_to_a_page_is_larger_than_sixty_kilobytes_as_it_is_sent(crowded, path):
    assert sent(crowded.get(f"/api/{path}")) <= LARGEST_PAGE


@pytest.mark.parametrize(
    "path", ["assets", "assets/tree", "jobs", "ops", "runs", "tags", "tag/values?key=customer", "automation"]
)
def test_a_page_of_a_list_is_small_before_it_is_compressed_too(crowded, path):
    answer = crowded.get(f"/api/{path}", params={"limit": 200} if "?" not in path else None)
    assert len(answer.content) <= LARGEST_PAGE


@pytest.mark.parametrize(("path", "count"), [("jobs", JOBS), ("assets/tree", ASSETS), ("assets", ASSETS)])
def test_a_list_cut_into_pages_misses_nothing_and_repeats_nothing(crowded, path, count):
    seen: list[str] = []
    cursor = None
    while True:
        page = crowded.get(f"/api/{path}", params={"limit": 200} | ({"cursor": cursor} if cursor else {})).json()
        seen += [row.get("prefix") or row.get("key") or row["name"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == count == page["total"]


def test_the_log_of_a_hundred_thousand_events_comes_in_parts_that_are_small_as_they_are_sent(crowded):
    [talker] = crowded.get("/api/runs", params={"q": f"job:{TALKER}"}).json()["items"]
    cursor, at_end, lines, sizes = None, False, 0, []
    while not at_end:
        params = {"limit": 1_000} | ({"cursor": cursor} if cursor else {})
        answer = crowded.get(f"/api/runs/{talker['id']}/events", params=params)
        sizes.append(sent(answer))
        part = answer.json()
        lines += sum(item["message"].startswith("line ") for item in part["items"])
        cursor, at_end = part["next_cursor"], part["at_end"]
    assert lines == EVENTS
    assert max(sizes) <= LARGEST_PAGE
