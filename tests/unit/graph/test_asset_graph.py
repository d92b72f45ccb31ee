"""The graph of assets, over specs alone."""

from __future__ import annotations

import time

import pytest

from earmark.graph.assets import AssetGraph
from earmark.graph.selection import AssetQueries
from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.tags.query import parse
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetKey


def computed(key, *deps, **labels) -> ComputationSpec:
    spec = AssetSpec(key, deps=deps, **labels)
    return ComputationSpec(spec.key.to_python_identifier(), (spec,))


def external(key) -> ComputationSpec:
    return ComputationSpec(key, (AssetSpec(key),), execution_type=ExecutionType.UNEXECUTABLE)


GRAPH = AssetGraph([computed("c", "b"), computed("b", "a", "ext", group_name="g"), computed("a"), external("ext")])


def test_an_asset_knows_its_place():
    node = GRAPH.get(AssetKey("b"))
    assert node.parent_keys == {AssetKey("a"), AssetKey("ext")}
    assert node.child_keys == {AssetKey("c")}
    assert node.group_name == "g"
    assert node.is_materializable
    assert GRAPH.get(AssetKey("ext")).is_external
    assert GRAPH.root_materializable_asset_keys == {AssetKey("a")}


def test_the_order_puts_each_asset_after_what_it_needs():
    order = GRAPH.topological_keys
    assert all(order.index(parent) < order.index(key) for key in order for parent in GRAPH.get_parents(key))


def test_checks_are_found_by_their_assets():
    check = AssetCheckSpec("c", asset="a", blocking=True)
    graph = AssetGraph([computed("a"), ComputationSpec("a_c", checks=(check,))])
    assert graph.get_check_keys_for_assets([AssetKey("a"), AssetKey("b")]) == {check.key}
    assert graph.get_check_spec(check.key).blocking
    assert graph.get(AssetKey("a")).check_keys == {check.key}
    with pytest.raises(DagsterInvariantViolationError, match="Did you mean 'a:c'"):
        graph.get_check_spec(AssetCheckKey(AssetKey("a"), "cc"))


def test_assets_of_one_computation_are_executed_together():
    both = ComputationSpec("both", (AssetSpec("x"), AssetSpec("y")))
    assert AssetGraph([both]).get(AssetKey("x")).execution_set_asset_keys == {AssetKey("x"), AssetKey("y")}


def test_what_contradicts_is_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="two computations"):
        AssetGraph([computed("a"), ComputationSpec("other", (AssetSpec("a"),))])
    with pytest.raises(DagsterInvalidDefinitionError, match="which is not in the graph"):
        AssetGraph([computed("a", "b")])
    with pytest.raises(DagsterInvalidDefinitionError, match=r"in a circle: (a -> b -> a|b -> a -> b)"):
        _ = AssetGraph([computed("a", "b"), computed("b", "a")]).topological_keys
    with pytest.raises(DagsterInvariantViolationError, match="Did you mean 'ext'"):
        GRAPH.get(AssetKey("extt"))


def test_an_asset_that_needs_its_own_earlier_partitions_is_no_circle():
    assert AssetGraph([computed("a", "a")]).topological_keys == (AssetKey("a"),)


def test_fields_that_specs_do_not_know_are_given_by_the_caller():
    queries = AssetQueries(
        GRAPH,
        values={"status": {AssetKey("a"): ["failed"]}, "job": {AssetKey("b"): ["etl"]}},
        amounts={"materialized": {AssetKey("c"): 5.0}},
    )
    assert queries.select(parse("status:failed or job:et*")) == {AssetKey("a"), AssetKey("b")}
    assert queries.select(parse("-status:failed key:a")) == frozenset()
    assert "etl" in queries.vocabulary().values["job"]


def test_a_search_looks_into_keys_tags_groups_and_owners():
    graph = AssetGraph([computed("orders", tags={"tier": "gold"}), computed("clicks", owners=["team:web"])])
    queries = AssetQueries(graph)
    assert queries.select(parse("gold", bare="text")) == {AssetKey("orders")}
    assert queries.select(parse("web", bare="text")) == {AssetKey("clicks")}


def test_a_long_chain_is_walked_without_recursion():
    count = 20_000
    chain = AssetGraph([computed("n0"), *(computed(f"n{i}", f"n{i - 1}") for i in range(1, count))])
    queries = AssetQueries(chain)
    started = time.process_time()
    assert len(queries.select(parse("n0*"))) == count
    assert len(queries.select(parse("+key:n19999"))) == count
    assert time.process_time() - started < 2
