"""Orders and circles of directed graphs."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.graph.dag import CycleFound, reach, topological_order

GRAPHS = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 12), max_size=3), max_size=9)


def has_circle(parents) -> bool:
    try:
        TopologicalSorter(parents).prepare()
    except CycleError:
        return True
    return False


@given(GRAPHS)
def test_each_key_comes_after_its_parents_or_a_circle_is_named(parents):
    if not has_circle(parents):
        order = topological_order(parents)
        assert sorted(order) == sorted(parents)
        for key, above in parents.items():
            assert all(order.index(parent) < order.index(key) for parent in above if parent in parents)
        return
    with pytest.raises(CycleFound) as error:
        topological_order(parents)
    cycle = error.value.cycle
    assert cycle[0] == cycle[-1]
    assert all(after in parents[before] for before, after in pairwise(cycle))


def test_insertion_breaks_ties():
    assert topological_order({"c": [], "a": ["b"], "b": []}) == ["c", "b", "a"]


def test_reach_counts_steps():
    near = [[1], [2], [3], []]
    assert reach([0], near, 2) == {0, 1, 2}
    assert reach([0], near) == {0, 1, 2, 3}
    assert reach([0], near, 0) == {0}
