"""Assets that something else writes."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.observable_source_asset import multi_observable_source_asset, observable_source_asset
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.definitions import Definitions
from earmark.define.ops.outputs import DataVersion
from earmark.specs.asset import AssetSpec
from earmark.specs.computation import ExecutionType
from earmark.values.errors import DagsterInvalidDefinitionError
from earmark.values.keys import AssetKey


def observe():
    """Look."""
    return DataVersion("1")


def test_a_source_asset_knows_what_loads_it():
    made = SourceAsset("s", io_manager_key="lake", tags={"a": "b"}, group_name="g", metadata={"n": 1})
    assert (made.key, made.io_manager_key, made.tags, made.group_name) == (AssetKey("s"), "lake", {"a": "b"}, "g")
    assert made.metadata == {"n": 1}
    assert not made.is_observable
    with pytest.raises(AttributeError):
        _ = made.op


def test_an_io_manager_given_with_a_source_asset_is_its_resource():
    manager = object()
    made = SourceAsset(["p", "s"], io_manager_def=manager)
    assert made.resource_defs == {"p__s__io_manager": manager}
    assert made.io_manager_def is manager


def test_an_observed_source_can_be_executed_but_not_written():
    made = observable_source_asset(tags={"a": "b"})(observe)
    assert made.description == "Look."
    defs = Definitions([made])
    assert defs.resolve_asset_graph().observable_asset_keys == {AssetKey("observe")}
    assert defs.resolve_asset_graph().materializable_asset_keys == frozenset()
    assert defs.get_implicit_global_asset_job_def().asset_layer.names == ("observe",)


def test_several_sources_are_observed_by_one_function():
    made = multi_observable_source_asset(specs=[AssetSpec("a"), AssetSpec("b")], group_name="g")(observe)
    assert made.execution_type is ExecutionType.OBSERVATION
    assert set(made.group_names_by_key.values()) == {"g"}
    assert all(out.is_nothing for out in made.op.spec.outputs)
    with pytest.raises(DagsterInvalidDefinitionError, match="more than once"):
        multi_observable_source_asset(specs=[AssetSpec("a"), AssetSpec("a")])(observe)


def test_a_source_that_asks_for_an_io_manager_nobody_gives_is_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="needs the IO manager 'lake'"):
        Definitions([SourceAsset("s", io_manager_key="lake")]).resolve_asset_graph()


def test_a_source_and_an_asset_of_one_key_are_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="'observe' is defined twice"):
        Definitions([SourceAsset("observe"), asset(observe)]).resolve_asset_graph()


def test_an_observing_function_takes_no_values_of_assets():
    def takes(x):
        return DataVersion(x)

    for decorate in (observable_source_asset, multi_observable_source_asset(specs=[AssetSpec("a")])):
        with pytest.raises(DagsterInvalidDefinitionError, match="takes x") as error:
            decorate(takes)
        assert error.value.where.file == __file__
