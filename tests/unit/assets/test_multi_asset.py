"""Several assets of one function or graph."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset_slots import AssetIn, AssetOut
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.graph_asset import graph_asset, graph_multi_asset
from earmark.define.assets.multi_asset import multi_asset
from earmark.define.ops.graph import graph
from earmark.define.ops.op import op
from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError
from earmark.values.keys import AssetKey


def body(): ...


def takes_up(up): ...


@op
def produce():
    return 1


@op
def inc(x):
    return x + 1


def names(keys) -> list[str]:
    return sorted(key.to_user_string() for key in keys)


def test_outs_become_assets_with_their_own_labels():
    made = multi_asset(
        outs={"x": AssetOut(key_prefix="p", tags={"a": "b"}), "y": AssetOut(key="yy", is_required=False)}
    )(body)
    assert made.keys_by_output_name == {"x": AssetKey(["p", "x"]), "y": AssetKey("yy")}
    assert made.tags_by_key[AssetKey(["p", "x"])] == {"a": "b"}
    assert made.specs_by_key[AssetKey("yy")].skippable
    assert made.op.name == "body"


def test_each_out_needs_every_input_unless_told_otherwise():
    made = multi_asset(outs={"x": AssetOut(), "y": AssetOut()}, deps=["d"], internal_asset_deps={"y": {AssetKey("x")}})(
        takes_up
    )
    assert made.asset_deps == {AssetKey("x"): {AssetKey("d"), AssetKey("up")}, AssetKey("y"): {AssetKey("x")}}


def test_specs_say_their_own_needs_and_their_outputs_hold_no_value():
    made = multi_asset(specs=[AssetSpec(["p", "s"], skippable=True), AssetSpec("t", deps=[["p", "s"], "up"])])(body)
    assert made.asset_deps[AssetKey("t")] == {AssetKey(["p", "s"]), AssetKey("up")}
    assert {name: (out.is_nothing, out.is_required) for name, out in zip(made.op.outs, made.op.spec.outputs)} == {
        "p__s": (True, False), "t": (True, True),
    }  # fmt: skip


def test_a_subsettable_computation_requires_no_output():
    made = multi_asset(
        specs=[AssetSpec("s"), AssetSpec("t")], can_subset=True, check_specs=[AssetCheckSpec("c", asset="t")]
    )(body)
    assert [out.is_required for out in made.op.spec.outputs] == [False, False, False]


def test_a_parameter_that_no_spec_needs_is_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="no spec depends on"):
        multi_asset(specs=[AssetSpec("s"), AssetSpec("t")])(takes_up)


@pytest.mark.parametrize(
    "options",
    [
        {"specs": [AssetSpec("s")], "outs": {"x": AssetOut()}},
        {"specs": [AssetSpec("s")], "deps": ["d"]},
        {"specs": [AssetSpec("s"), AssetSpec("s")]},
        {"specs": ["s"]},
        {"outs": {"x": "x"}},
        {"outs": {"x": AssetOut(key="k"), "y": AssetOut(key="k")}},
        {"specs": [AssetSpec("s", group_name="g")], "group_name": "h"},
        {"outs": {"x": AssetOut()}, "internal_asset_deps": {"z": set()}},
        {"outs": {"x": AssetOut()}, "internal_asset_deps": {"x": {AssetKey("nobody")}}},
        {"specs": [AssetSpec("s")], "check_specs": [AssetCheckSpec("c", asset="t")]},
    ],
)
def test_arguments_that_contradict_each_other_are_refused_where_they_were_written(options):
    with pytest.raises(DagsterInvalidDefinitionError) as error:
        multi_asset(**options)(body)
    assert error.value.where.file == __file__


def test_several_assets_have_no_single_key():
    made = multi_asset(specs=[AssetSpec("s"), AssetSpec("t")])(body)
    with pytest.raises(DagsterInvariantViolationError, match="2 assets"):
        _ = made.key


def test_the_group_of_a_multi_asset_is_that_of_all():
    made = multi_asset(specs=[AssetSpec("s"), AssetSpec("t")], group_name="g")(body)
    assert set(made.group_names_by_key.values()) == {"g"}


def test_a_graph_asset_is_a_graph_under_its_key():
    @graph_asset(tags={"a": "b"}, kinds={"k"}, ins={"x": AssetIn(key=["p", "q"])}, key_prefix="kk", name="nn")
    def made(x):
        return inc(inc(x))

    assert made.key == AssetKey(["kk", "nn"])
    assert made.node_def.name == "kk__nn"
    assert made.keys_by_input_name == {"x": AssetKey(["p", "q"])}
    assert made.tags_by_key[made.key] == {"a": "b", "dagster/kind/k": ""}
    assert [node.name for node in made.node_def.nodes] == ["inc", "inc_2"]
    with pytest.raises(DagsterInvariantViolationError, match="the graph"):
        _ = made.op


def test_a_graph_that_gives_nothing_is_no_asset():
    def nothing():
        produce()

    with pytest.raises(DagsterInvalidDefinitionError, match="gives no 'result'"):
        graph_asset(nothing)


def test_a_graph_multi_asset_gives_each_of_its_outputs():
    @graph_multi_asset(outs={"x": AssetOut(tags={"t": "1"}), "y": AssetOut(key_prefix="p")}, group_name="g")
    def made():
        value = produce()
        return {"x": value, "y": inc(value)}

    assert names(made.keys) == ["p/y", "x"]
    assert made.tags_by_key[AssetKey("x")] == {"t": "1"}
    assert set(made.group_names_by_key.values()) == {"g"}


def test_a_graph_that_leaves_an_output_out_is_refused():
    def partial():
        return {"x": produce()}

    with pytest.raises(DagsterInvalidDefinitionError):
        graph_multi_asset(outs={"x": AssetOut(), "y": AssetOut()})(partial)


def test_from_graph_names_assets_by_inputs_and_outputs():
    @graph
    def wired(up):
        return inc(up)

    made = AssetsDefinition.from_graph(
        wired,
        keys_by_output_name={"result": AssetKey("out")},
        keys_by_input_name={"up": AssetKey("src")},
        group_name="g",
        tags_by_output_name={"result": {"a": "b"}},
    )
    assert (made.key, made.keys_by_input_name) == (AssetKey("out"), {"up": AssetKey("src")})
    assert made.tags_by_key == {AssetKey("out"): {"a": "b"}}
    assert AssetsDefinition.from_op(produce).key == AssetKey("produce")


def test_from_op_refuses_names_that_the_op_does_not_have():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"has no output 'resul'.*Did you mean 'result'"):
        AssetsDefinition.from_op(produce, tags_by_output_name={"resul": {}})
