"""Definitions: what they refuse, what they give out, how they merge."""

from __future__ import annotations

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.asset_job import define_asset_job
from earmark.define.automation.schedule import ScheduleDefinition
from earmark.define.definitions import Definitions
from earmark.define.load_definitions import definitions
from earmark.define.ops.graph import graph
from earmark.define.ops.job_decorator import job
from earmark.define.ops.op import op
from earmark.define.with_resources import with_resources
from earmark.specs.asset import AssetSpec
from earmark.tags.flow import FlowRule, TagFlow
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidMetadata,
    DagsterInvariantViolationError,
    InvalidTagError,
)
from earmark.values.keys import AssetKey


def body(): ...


def make(key, *deps, **options):
    return asset(key=key, deps=list(deps), **options)(body)


@op(required_resource_keys={"db"})
def needs_db(context): ...


@op
def plain(): ...


@job
def ops():
    plain()


def test_every_set_with_assets_has_a_job_over_all_of_them():
    defs = Definitions([make("a")], jobs=[define_asset_job("j"), ops])
    assert [one.name for one in defs.resolve_all_job_defs()] == ["__ASSET_JOB", "j", "ops"]
    assert Definitions().resolve_all_job_defs() == []
    assert defs.resolve_implicit_job_def_def_for_assets(["a"]).asset_layer.names == ("a",)


def test_an_unknown_job_names_what_there_is_and_what_is_near():
    with pytest.raises(DagsterInvariantViolationError, match=r"'etll'. Found: 'etl'. Did you mean 'etl'"):
        Definitions([make("a")], jobs=[define_asset_job("etl")]).get_job_def("etll")


def test_two_jobs_of_one_name_are_refused_at_once():
    with pytest.raises(DagsterInvalidDefinitionError, match=r"Two jobs are called 'j'.*The first is at"):
        Definitions(jobs=[define_asset_job("j"), define_asset_job("j", "a")])


@pytest.mark.parametrize(
    "arguments",
    [
        {"assets": [5]},
        {"assets": "x"},
        {"assets": [body]},
        {"assets": make("a")},
        {"jobs": [5]},
        {"jobs": 5},
        {"schedules": [5]},
        {"sensors": [ops]},
        {"resources": 5},
        {"resources": {1: 2}},
        {"executor": 5},
        {"tag_flow": {"team": "best"}},
    ],
)
def test_arguments_of_the_wrong_type_are_refused_where_they_were_written(arguments):
    with pytest.raises(DagsterInvalidDefinitionError) as error:
        Definitions(**arguments)
    assert error.value.where.file == __file__


def test_a_graph_among_the_jobs_is_refused_with_what_to_do():
    @graph
    def wired():
        plain()

    with pytest.raises(DagsterInvalidDefinitionError, match=r"\.to_job\(\)"):
        Definitions(jobs=[wired])


def test_metadata_that_is_no_metadata_is_refused():
    with pytest.raises(DagsterInvalidMetadata):
        Definitions(metadata={"x": object()})


def test_a_resource_that_is_not_given_names_who_needs_it_and_what_is_near():
    with pytest.raises(
        DagsterInvalidDefinitionError, match=r"'a' needs the resource 'db'.*Did you mean 'dbb'"
    ) as error:
        Definitions([make("a", required_resource_keys={"db"})], resources={"dbb": 1}).resolve_asset_graph()
    assert error.value.where.file == __file__
    with pytest.raises(DagsterInvalidDefinitionError, match=r"output 'result'.*needs the IO manager 'zz'"):
        Definitions([make("a", io_manager_key="zz")]).resolve_asset_graph()


def test_a_job_over_ops_is_checked_for_its_resources_too():
    @job
    def with_db():
        needs_db()

    with pytest.raises(DagsterInvalidDefinitionError, match="'needs_db' of job 'with_db' needs the resource 'db'"):
        Definitions.validate_loadable(Definitions(jobs=[with_db]))
    Definitions.validate_loadable(Definitions(jobs=[with_db], resources={"db": 1}))


def test_resources_bound_to_assets_need_not_be_given_again():
    bound = with_resources([make("a", required_resource_keys={"db"}), AssetSpec("s")], {"db": 1})
    Definitions.validate_loadable(Definitions(bound))
    with pytest.raises(DagsterInvalidDefinitionError, match="needs the resource 'db'"):
        with_resources([make("a", required_resource_keys={"db"})], {})
    with pytest.raises(DagsterInvalidDefinitionError, match="resource_config_by_key"):
        with_resources([], {"db": 1}, {"dbb": {"config": 1}})


def test_validate_loadable_finds_what_lies_in_jobs():
    defs = Definitions([make("a")], jobs=[define_asset_job("j", "nope")])
    assert defs.get_implicit_global_asset_job_def() is not None
    with pytest.raises(DagsterInvalidDefinitionError, match="The job 'j' cannot be made"):
        Definitions.validate_loadable(defs)


def test_assets_are_found_by_key():
    defs = Definitions([make(["p", "a"], "ext")])
    assert defs.get_assets_def(["p", "a"]).key == AssetKey(["p", "a"])
    assert set(defs.resolve_all_asset_keys()) == {AssetKey(["p", "a"]), AssetKey("ext")}
    assert [spec.key for spec in defs.resolve_all_asset_specs()] == [AssetKey(["p", "a"]), AssetKey("ext")]
    with pytest.raises(DagsterInvariantViolationError, match="Did you mean 'p/a'"):
        defs.get_assets_def(["p", "b"])
    with pytest.raises(DagsterInvariantViolationError, match="There is no asset 'b'"):
        defs.load_asset_value("b")


def test_specs_are_mapped_before_and_after_assets_are_brought_together():
    defs = Definitions([make("a"), make("b", "a")])
    tagged = defs.map_asset_specs(func=lambda spec: spec.merge_attributes(tags={"x": "y"}))
    assert [spec.tags for spec in tagged.resolve_all_asset_specs()] == [{"x": "y"}, {"x": "y"}]
    moved = defs.map_resolved_asset_specs(func=lambda spec: spec.replace_attributes(group_name="g"), selection="key:a")
    assert [spec.group for spec in moved.resolve_all_asset_specs()] == ["g", "default"]
    with pytest.raises(DagsterInvalidDefinitionError, match="map_resolved_asset_specs"):
        defs.map_asset_specs(func=lambda spec: spec, selection="a")


def test_merged_definitions_hold_all_and_refuse_what_differs():
    merged = Definitions.merge(
        Definitions([make("a")], resources={"r": 1}, metadata={"m": 1}, tag_flow={"team": "same"}),
        Definitions([make("b")], resources={"r": 1}, metadata={"m": 2}),
    )
    assert [spec.key.to_user_string() for spec in merged.resolve_all_asset_specs()] == ["a", "b"]
    assert merged.metadata["m"].value == 2
    assert merged.tag_flow == {"team": FlowRule(TagFlow.SAME)}
    with pytest.raises(DagsterInvariantViolationError, match=r"objects 0 and 1 have different resources.*'r'"):
        Definitions.merge(Definitions(resources={"r": 1}), Definitions(resources={"r": 2}))
    with pytest.raises(DagsterInvalidDefinitionError, match="merge takes Definitions"):
        Definitions.merge(5)


def test_a_key_of_the_tag_flow_follows_the_rule_for_keys():
    with pytest.raises(InvalidTagError):
        Definitions(tag_flow={"a b": "same"})


def test_lazy_definitions_are_made_once_and_must_be_definitions():
    calls = []

    @definitions
    def lazy():
        calls.append(1)
        return Definitions([make("a")])

    assert lazy() is lazy()
    assert calls == [1]

    @definitions
    def wrong():
        return 5

    with pytest.raises(DagsterInvalidDefinitionError, match="returns Definitions"):
        wrong()


def test_schedules_are_found_by_name_and_bring_their_jobs():
    daily = ScheduleDefinition("daily", cron_schedule="0 0 * * *", job=define_asset_job("sales"))
    defs = Definitions([make("a")], schedules=[daily])
    assert defs.get_schedule_def("daily") is daily
    assert [one.name for one in defs.resolve_all_job_defs()] == ["__ASSET_JOB", "sales"]
    assert defs.manifest().schedules[0].cron_schedules == ("0 0 * * *",)
    with pytest.raises(DagsterInvariantViolationError, match=r"Could not find schedule 'dayly'.*Did you mean 'daily'"):
        defs.get_schedule_def("dayly")
    with pytest.raises(DagsterInvariantViolationError, match=r"Could not find sensor 'x'\. Found: none"):
        defs.get_sensor_def("x")
    other = ScheduleDefinition("daily", cron_schedule="0 1 * * *", job_name="sales")
    with pytest.raises(DagsterInvalidDefinitionError, match="Two schedules are called 'daily'"):
        Definitions(schedules=[daily, other])
    with pytest.raises(DagsterInvalidDefinitionError, match="sensors holds sensors"):
        Definitions(sensors=[daily])
