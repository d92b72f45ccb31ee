"""Jobs over assets."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_check import asset_check
from earmark.define.assets.asset_job import define_asset_job
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.assets.multi_asset import multi_asset
from earmark.define.definitions import Definitions
from earmark.define.ops.outputs import AssetCheckResult
from earmark.partitions.grains import DailyPartitionsDefinition
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError, InvalidTagError, QueryError
from earmark.values.keys import AssetKey

DAILY = DailyPartitionsDefinition("2024-01-01")
LETTERS = StaticPartitionsDefinition(["u", "v"])


def body(): ...


def make(key, *deps, **options):
    return asset(key=key, deps=list(deps), **options)(body)


def job_of(selection, *assets, **options):
    defs = Definitions(assets, jobs=[define_asset_job("j", selection, **options)])
    return defs.get_job_def("j")


def selected(job) -> list[str]:
    return sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys)


def test_a_job_takes_what_its_selection_means_and_the_checks_of_it():
    @asset_check(asset="a")
    def fine():
        return AssetCheckResult(passed=True)

    job = job_of("tag:x=y", make("a", tags={"x": "y"}), make("b", "a"), fine)
    assert selected(job) == ["a"]
    assert [key.name for key in job.asset_layer.selected_check_keys] == ["fine"]
    assert [step.key for step in job.plan().steps] == ["a", "a_fine"]
    assert job.spec.selection == "tag:x=y"


@pytest.mark.parametrize("selection", ["a/b", ["a/b"], [AssetKey(["a", "b"])], AssetSelection.assets(["a", "b"])])
def test_selections_may_be_strings_keys_or_objects(selection):
    assert selected(job_of(selection, make(["a", "b"]), make("c"))) == ["a/b"]


def test_no_selection_is_all_assets():
    assert selected(job_of(None, make("a"), make("b", "a"))) == ["a", "b"]


def test_the_job_knows_what_it_needs_and_does_not_write():
    job = job_of("b", make("a"), make("b", "a", "ext"))
    assert sorted(map(str, job.asset_layer.external_job_asset_keys)) == sorted(
        map(str, [AssetKey("a"), AssetKey("ext")])
    )


def test_an_unknown_asset_names_the_job_its_place_and_what_is_near():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"The job 'j' cannot be made.*'alhpa'.*'alpha'") as error:
        job_of("alhpa", make("alpha"))
    assert error.value.where.file == __file__


def test_an_external_asset_cannot_be_run():
    with pytest.raises(DagsterInvalidDefinitionError, match="something else writes it"):
        job_of(["ext", "a"], make("a", "ext"))


def test_a_part_of_what_is_computed_together_is_refused_unless_it_can_be_done():
    specs = [AssetSpec("x"), AssetSpec("y")]
    with pytest.raises(DagsterInvalidDefinitionError, match=r"x is computed by 'both' together with y") as error:
        job_of("x", multi_asset(specs=specs, name="both")(body))
    assert "required_multi_asset_neighbors" in error.value.hint
    assert selected(job_of("x", multi_asset(specs=specs, name="both", can_subset=True)(body))) == ["x"]


def test_a_job_is_cut_as_its_assets_are():
    assert job_of(None, make("a", partitions_def=DAILY), make("b")).partitions_def == DAILY
    assert job_of("b", make("a", partitions_def=DAILY), make("b", partitions_def=LETTERS)).partitions_def == LETTERS


def test_assets_cut_in_different_ways_make_no_job_but_the_implicit_one():
    assets = [make("a", partitions_def=DAILY), make("b", partitions_def=LETTERS)]
    with pytest.raises(DagsterInvalidDefinitionError, match="cut in different ways"):
        job_of(None, *assets)
    assert Definitions(assets).get_implicit_global_asset_job_def().partitions_def is None
    with pytest.raises(DagsterInvalidDefinitionError, match="was given the partitions"):
        job_of("a", assets[0], partitions_def=LETTERS)


def test_tags_label_the_job_and_run_tags_its_runs():
    job = job_of(None, make("a"), tags={"team": "ml", "n": 3}, run_tags={})
    assert job.tags == {"team": "ml", "n": "3"}
    assert job.spec.tags_for_runs == {}


def test_bad_names_tags_and_queries_are_refused_where_the_job_is_written():
    with pytest.raises(DagsterInvalidDefinitionError, match="not a valid name"):
        define_asset_job("a b")
    with pytest.raises(InvalidTagError):
        define_asset_job("j", tags={"a": object()})
    with pytest.raises(QueryError):
        define_asset_job("j", "group:raw and")
    with pytest.raises(DagsterInvalidDefinitionError):
        define_asset_job("j", owners=["nope"])


def test_resources_that_came_with_an_asset_reach_the_job():
    made = make("a", resource_defs={"db": 1}, required_resource_keys={"db"})
    assert Definitions([made], resources={"io_manager": 2}).get_implicit_global_asset_job_def().resource_defs == {
        "db": 1, "io_manager": 2,
    }  # fmt: skip


def test_a_computation_runs_twice_where_another_needs_some_of_its_assets_first():
    many = multi_asset(specs=[AssetSpec("x"), AssetSpec("y", deps=["o"])], name="many", can_subset=True)(body)
    job = Definitions([many, make("o", "x")]).get_implicit_global_asset_job_def()
    steps = {step.key: sorted(key.to_user_string() for key in step.assets) for step in job.plan().steps}
    assert list(steps.items()) == [("many", ["x"]), ("o", ["o"]), ("many_2", ["y"])]
    assert job.asset_layer.definition("many_2").node_def is many.node_def
