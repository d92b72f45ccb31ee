"""Laying out a graph from left to right: a layer for each thing, and its place in the layer."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from earmark.graph.dag import CycleFound, topological_order

K = TypeVar("K", bound=Hashable)


def layers(above: Mapping[K, Sequence[K]]) -> dict[K, int]:
    """Return the layer of each thing: one more than the last of those it depends on. Things in a circle share one.

    Example:
        >>> layers({"a": [], "b": ["a"], "c": ["a", "b"]})
        {'a': 0, 'b': 1, 'c': 2}
    """
    try:
        order = topological_order({key: [one for one in ups if one != key] for key, ups in above.items()})
    except CycleFound:
        order = list(above)
    ranks: dict[K, int] = {}
    for key in order:
        ranks[key] = max((ranks[one] + 1 for one in above[key] if one in ranks and one != key), default=0)
    return ranks


def places(above: Mapping[K, Sequence[K]], ranks: Mapping[K, int]) -> dict[K, int]:
    """Return the place of each thing in its layer, near those it depends on: one sweep by their mean place."""
    by_rank: dict[int, list[K]] = {}
    for key in above:
        by_rank.setdefault(ranks[key], []).append(key)
    order: dict[K, int] = {}
    for rank in sorted(by_rank):
        centres = {}
        for at, key in enumerate(by_rank[rank]):
            known = [order[one] for one in above[key] if one in order]
            centres[key] = (sum(known) / len(known) if known else float(at), at)
        for at, key in enumerate(sorted(by_rank[rank], key=lambda one: centres[one])):
            order[key] = at
    return order
