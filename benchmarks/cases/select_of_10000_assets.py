"""Selections by tag, group, key and traversal over 10,000 assets."""

from __future__ import annotations

import importlib
from functools import partial

from benchmarks.result import Result, median_seconds
from benchmarks.workloads import name_of, tagged_assets

COUNT = 10_000


def measure(api: str) -> Result:
    """Return the milliseconds of the slowest query of the list (its median), from text to keys."""
    em = importlib.import_module(api)
    definitions = em.Definitions(assets=tagged_assets(api, COUNT))
    graph = definitions.resolve_asset_graph()
    queries = {
        "two tags": 'tag:"domain"="d3" and tag:"pii"="false"',
        "not": 'tag:"domain"="d3" and not tag:"tier"="gold"',
        "group or team": 'group:"group_7" or tag:"team"="t2"',
        "upstream": f'+key:"{name_of(COUNT - 1)}"',
        "downstream": 'key:"asset_00010"+',
        "wildcard": 'key:"asset_01*"',
    }
    medians = {}
    for name, query in queries.items():
        assert select(em, query, graph), name
        medians[name] = median_seconds(partial(select, em, query, graph), times=7) * 1000
    slowest = max(medians.values())
    return Result("the slowest of six selections over 10,000 assets", slowest, "ms", target=20, details=medians)


def select(em: object, query: str, graph: object) -> object:
    """Return the keys that a query selects from a resolved graph."""
    return em.AssetSelection.from_string(query).resolve(graph)  # type: ignore[attr-defined]
