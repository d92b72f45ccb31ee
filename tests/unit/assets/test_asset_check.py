"""Checks as steps of their own."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_check import AssetChecksDefinition, asset_check, multi_asset_check
from earmark.define.assets.asset_slots import AssetIn
from earmark.define.definitions import Definitions
from earmark.define.ops.outputs import AssetCheckResult
from earmark.specs.check import AssetCheckSpec
from earmark.values.errors import DagsterInvalidDefinitionError
from earmark.values.keys import AssetCheckKey, AssetKey


def passes():
    return AssetCheckResult(passed=True)


def takes(x):
    return AssetCheckResult(passed=x)


def takes_two(a, b):
    return AssetCheckResult(passed=a == b)


@asset
def orders():
    return [1]


def test_a_check_is_named_by_its_function_and_its_step_by_asset_and_check():
    made = asset_check(asset=orders, blocking=True, description="d")(passes)
    assert isinstance(made, AssetChecksDefinition)
    assert made.check_key == AssetCheckKey(AssetKey("orders"), "passes")
    assert made.op.name == "orders_passes"
    assert made.keys == frozenset()
    assert made.check_specs[0].blocking
    assert made.keys_by_input_name == {"orders": AssetKey("orders")}


def test_the_one_parameter_of_a_check_is_its_asset_whatever_its_name():
    assert asset_check(asset="orders")(takes).computation.inputs == {"x": AssetKey("orders")}


def test_further_parameters_are_named_by_additional_ins():
    made = asset_check(asset="a", additional_ins={"b": AssetIn(["p", "b"])})(takes_two)
    assert made.computation.inputs == {"a": AssetKey("a"), "b": AssetKey(["p", "b"])}
    assert [dep.asset for dep in made.check_specs[0].additional_deps] == [AssetKey(["p", "b"])]
    with pytest.raises(DagsterInvalidDefinitionError, match="additional_ins") as error:
        asset_check(asset="a")(takes_two)
    assert error.value.where.file == __file__


def test_one_function_evaluates_several_checks():
    specs = [AssetCheckSpec("k1", asset="a"), AssetCheckSpec("k2", asset="b")]
    made = multi_asset_check(specs=specs, can_subset=True)(passes)
    assert list(made.op.outs) == ["a_k1", "b_k2"]
    assert [out.is_required for out in made.op.spec.outputs] == [False, False]


@pytest.mark.parametrize("specs", [[], ["c"], [AssetCheckSpec("c", asset="a"), AssetCheckSpec("c", asset="a")]])
def test_checks_that_are_none_or_stand_twice_are_refused(specs):
    with pytest.raises(DagsterInvalidDefinitionError):
        multi_asset_check(specs=specs)(passes)


def test_a_check_on_an_asset_that_nobody_defines_warns_with_what_is_near():
    defs = Definitions([orders], asset_checks=[asset_check(asset="oders")(passes)])
    with pytest.warns(UserWarning, match=r"'oders'.*Did you mean 'orders'"):
        graph = defs.resolve_asset_graph()
    assert AssetKey("oders") in graph.unexecutable_asset_keys


def test_two_checks_of_one_name_are_refused_with_both_places():
    first, second = asset_check(asset="orders")(passes), asset_check(asset="orders")(passes)
    with pytest.raises(DagsterInvalidDefinitionError, match=r"'orders:passes' is defined twice.*The first is at"):
        Definitions([orders], asset_checks=[first, second]).resolve_asset_graph()


def test_a_check_is_found_by_its_key():
    made = asset_check(asset="orders")(passes)
    assert Definitions([orders, made]).get_asset_checks_def(made.check_key) is made
