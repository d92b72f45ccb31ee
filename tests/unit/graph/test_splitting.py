"""Computations that run in parts because another one stands between their assets."""

from __future__ import annotations

import pytest

from earmark.graph.assets import AssetGraph
from earmark.graph.splitting import runnable_parts
from earmark.specs.asset import AssetSpec
from earmark.specs.computation import ComputationSpec
from earmark.values.errors import DagsterInvalidDefinitionError


def computation(name, can_subset=False, **deps) -> ComputationSpec:
    return ComputationSpec(
        name, tuple(AssetSpec(key, deps=found) for key, found in deps.items()), can_subset=can_subset
    )


def parts(*computations) -> list[tuple[str, list[str]]]:
    graph = AssetGraph(computations)
    found = runnable_parts(graph, graph.get_all_asset_keys())
    return [(spec.name, sorted(key.to_user_string() for key in keys)) for spec, keys in found]


def test_a_computation_runs_whole_where_it_can():
    assert parts(computation("many", True, x=[], y=["x"]), computation("o", o=["y"])) == [
        ("many", ["x", "y"]), ("o", ["o"]),
    ]  # fmt: skip


def test_a_computation_that_another_stands_in_the_middle_of_runs_in_parts():
    assert parts(computation("many", True, x=[], y=["o"], z=["x"]), computation("o", o=["x"])) == [
        ("many", ["x", "z"]), ("o", ["o"]), ("many", ["y"]),
    ]  # fmt: skip


def test_two_computations_may_take_turns():
    first = computation("first", True, a1=[], a2=["b1"])
    second = computation("second", True, b1=["a1"], b2=["a2"])
    found = parts(first, second)
    assert [name for name, _ in found] == ["first", "second", "first", "second"]


def test_a_computation_that_cannot_run_in_parts_waits_until_it_is_whole():
    assert parts(computation("both", x=["o"], y=[]), computation("o", o=[])) == [("o", ["o"]), ("both", ["x", "y"])]


def test_computations_that_need_each_other_whole_are_named():
    with pytest.raises(DagsterInvalidDefinitionError, match="No order exists") as error:
        parts(computation("both", x=[], y=["o"]), computation("o", o=["x"]))
    assert error.value.facts["computations"] == ["both"]
