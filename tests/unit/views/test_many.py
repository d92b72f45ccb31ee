"""Normal sizes: a filter over 10,000 assets, and what costs no more for them than for ten."""

from __future__ import annotations

import pytest

import benchmarks.crowd
from earmark.plan.build import plan_assets
from earmark.specs.asset import AssetSpec
from earmark.specs.computation import ComputationSpec
from earmark.specs.manifest import Manifest
from earmark.store.open import open_store
from earmark.system.clock import now
from earmark.views.asset_index import AssetIndexCache
from earmark.views.assets import AssetPages
from earmark.views.catalog import Catalog, CatalogCache
from earmark.views.lineage import LineagePages
from earmark.views.listing import LARGEST_PAGE
from earmark.views.partition_board import PartitionBoards
from earmark.views.tail import Tail
from tests.api.world import FakeLocations, State

MANY = 10_000


@pytest.fixture(scope="module")
def store():
    store = open_store("memory://", clock=now)
    yield store
    store.close()


@pytest.fixture(scope="module")
def pages(store) -> AssetPages:
    specs = [
        AssetSpec(
            ["layer", f"group_{number % 50}", f"asset_{number}"],
            deps=[["layer", f"group_{(number - 50) % 50}", f"asset_{number - 50}"]] if number >= 50 else [],
            group_name=f"group_{number % 50}",
            tags={"domain": f"domain_{number % 12}", "tier": ("gold", "silver")[number % 2], "team": f"t{number % 30}"},
        )
        for number in range(MANY)
    ]
    manifest = Manifest.of(computations=[ComputationSpec(spec.key.path[-1], (spec,)) for spec in specs])
    locations = FakeLocations([State("big", manifest=manifest)])
    tail = Tail(store)
    indexes = AssetIndexCache(store, CatalogCache(locations), tail)
    pages = AssetPages(store, indexes, PartitionBoards(store, indexes, tail))
    pages.find("tag:domain=domain_3")
    return pages


@pytest.mark.parametrize(
    "q",
    ["tag:domain=domain_3 tag:tier=silver", "group:group_7 -tag:team=t7", "domain_11", "status:missing tag:team=t1,t2"],
)
def test_a_filter_over_ten_thousand_assets_gives_a_page_and_the_whole_count(pages, q):
    page = pages.find(q)
    assert 0 < len(page.items) <= page.total < MANY


def test_a_page_is_small_whatever_there_is(pages):
    import msgspec

    page = pages.find("", limit=200)
    assert page.total == MANY
    assert len(msgspec.json.encode(page)) <= LARGEST_PAGE


def test_the_graph_of_many_assets_is_drawn_as_its_groups(store, pages):
    graph = LineagePages(store, pages).graph("", "group", [], None)
    assert (len(graph.groups), graph.nodes, graph.total) == (50, [], MANY)
    assert sum(group.count for group in graph.groups) == MANY


def test_a_graph_that_is_too_large_to_draw_says_so(store, pages):
    graph = LineagePages(store, pages).graph("", "group", ["*"], None)
    assert (len(graph.nodes), graph.truncated) == (1_500, True)


def test_around_an_asset_in_focus_only_its_surroundings_are_drawn(store, pages):
    graph = LineagePages(store, pages).graph("", "group", [], "layer/group_0/asset_500", up=2, down=1)
    assert [node.key.rsplit("_", 1)[1] for node in graph.nodes] == ["400", "450", "500", "550"]
    assert [node.rank for node in graph.nodes] == [0, 1, 2, 3]


def test_the_plan_of_one_of_many_jobs_looks_at_the_computations_of_its_own_assets_only(monkeypatch):
    whole = benchmarks.crowd.definitions().manifest()
    catalog = Catalog(1, {"crowded": whole})
    job = catalog.job("refresh_007")
    looked_at: list[int] = []

    def watched(name, computations, **rest):
        looked_at.append(len(computations))
        return plan_assets(name, computations, **rest)

    monkeypatch.setattr("earmark.views.catalog.plan_assets", watched)
    plan = catalog.plan_of(job)
    assert looked_at == [len(job.assets)]
    assert plan == plan_assets(job.name, whole.computations, assets=frozenset(job.assets), checks=job.spec.checks)
