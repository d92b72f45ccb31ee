"""The graph as it is drawn: what is expanded together is laid out together."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

import earmark as em
from earmark.server.app import make_app
from tests.api.world import FakeLocations, State


def chain() -> em.Definitions:
    """Five groups in a row, two assets in each; one name has a comma in it as a tag."""

    def made(level: int, number: int):
        deps = [f"{'abcde'[level - 1]}{one}" for one in (0, 1)] if level else []
        name = "abcde"[level]

        @em.asset(name=f"{name}{number}", group_name=name, deps=deps, tags={"region": f"{name}-{number}"})
        def one():
            return 1

        return one

    return em.Definitions(assets=[made(level, number) for level in range(5) for number in (0, 1)])


@pytest.fixture(scope="module")
def five():
    return chain().manifest()


@pytest.fixture
def graph(store, options, five):
    app = make_app(store, FakeLocations([State("row", manifest=five)]), options)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield lambda address: client.get(f"/api/graph{address}").json()


def ranks(answer) -> dict[str, int]:
    """Return the layer of all that is drawn: assets, and groups that are not expanded."""
    drawn = {node["key"]: node["rank"] for node in answer["nodes"]}
    expanded = {node["group"] for node in answer["nodes"]}
    return drawn | {f"group:{one['id']}": one["rank"] for one in answer["groups"] if one["id"] not in expanded}


@pytest.mark.parametrize("expand", ["", "?expand=a", "?expand=a,c", "?expand=a,c,e", "?expand=b&expand=d", "?expand=*"])
def test_whatever_is_expanded_each_edge_leads_to_a_later_layer(graph, expand):
    answer = graph(expand)
    layer = ranks(answer)
    assert answer["edges"]
    for edge in answer["edges"]:
        assert layer[edge["source"]] < layer[edge["target"]], edge
    assert sorted(set(layer.values())) == [0, 1, 2, 3, 4]


def test_several_groups_are_expanded_by_a_list_or_one_by_one(graph):
    keys = [node["key"] for node in graph("?expand=a,c,e")["nodes"]]
    assert keys == ["a0", "a1", "c0", "c1", "e0", "e1"]
    assert [node["key"] for node in graph("?expand=a&expand=c,e")["nodes"]] == keys


def test_a_group_that_is_expanded_stands_where_its_assets_begin(graph):
    answer = graph("?expand=c,d")
    nodes = {node["key"]: node for node in answer["nodes"]}
    groups = {one["id"]: one for one in answer["groups"]}
    assert (groups["c"]["rank"], groups["d"]["rank"]) == (nodes["c0"]["rank"], nodes["d0"]["rank"]) == (2, 3)


def test_no_two_things_of_a_layer_share_a_place(graph):
    answer = graph("?expand=b,d")
    expanded = {node["group"] for node in answer["nodes"]}
    things = [*answer["nodes"], *(one for one in answer["groups"] if one["id"] not in expanded)]
    spots = [(one["rank"], one["order"]) for one in things]
    assert len(spots) == len(set(spots))
