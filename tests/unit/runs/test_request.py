"""What a run gets besides the tags that people wrote, and what is refused."""

from __future__ import annotations

import warnings

import pytest

from earmark.partitions.multi import MultiPartitionKey
from earmark.runs.request import Again, AskedBy, RunAsk, RunTarget, Surface, request_run
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.tags.flow import read_flow
from earmark.tags.system import SystemTagWarning
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidInvocationError, InvalidTagError
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus

ETL = RunTarget(job_name="etl", job_tags={"team": "ml"}, code_location="main", ops=frozenset({"a", "b"}))
FAILED = DagsterRun(
    run_id="first",
    job_name="etl",
    tags={"team": "ml", "dagster/failure_reason": "STEP_FAILURE", "dagster/will_retry": "true"},
    run_config={"ops": {}},
    asset_selection=frozenset({AssetKey("orders")}),
    status=DagsterRunStatus.FAILURE,
)


def ask(target: RunTarget = ETL, **request):
    return request_run(target, RunAsk(**request), run_id="new", now=Micros(7))


def test_a_run_is_made_with_its_id_time_and_location():
    run = ask().run
    assert (run.run_id, run.created_at, run.status) == ("new", 7, DagsterRunStatus.NOT_STARTED)
    assert run.tags == {"team": "ml", "dagster/code_location": "main"}
    assert run.tag_origins["dagster/code_location"] == TagOrigin("system")


def test_a_schedule_leaves_its_name_and_tick():
    by = AskedBy(kind="schedule", name="daily", tags={"from": "schedule"}, tick_id="t1", run_key="2024-01-01")
    asked = ask(asked_by=by, request_tags={"from": "request"})
    assert asked.tags["dagster/schedule_name"] == "daily"
    assert asked.tags["dagster/tick"] == "t1"
    assert asked.tags["dagster/run_key"] == "2024-01-01"
    assert (asked.tags["from"], asked.origins["from"]) == ("request", TagOrigin("run_request", "2024-01-01"))


def test_an_automation_condition_says_that_it_asked():
    tags = ask(asked_by=AskedBy(kind="automation", name="conditions", tick_id="t")).tags
    assert tags["dagster/from_automation_condition"] == "true"
    assert tags["dagster/sensor_name"] == "conditions"


def test_a_backfill_is_the_origin_of_its_tags():
    asked = ask(
        backfill="b1", partition_set="etl_partition_set", request_tags={"reason": "fix"}, partition="2024-01-01"
    )
    assert asked.origins["reason"] == TagOrigin("backfill", "b1")
    assert asked.tags["dagster/backfill"] == "b1"
    assert asked.tags["dagster/partition_set"] == "etl_partition_set"


def test_a_multi_partition_sets_the_tag_of_each_dimension():
    tags = ask(partition=MultiPartitionKey({"region": "eu", "date": "2024-01-01"})).tags
    assert tags["dagster/partition"] == "2024-01-01|eu"
    assert tags["dagster/partition/region"] == "eu"
    assert type(tags["dagster/partition"]) is str


def test_a_range_sets_its_ends_and_no_single_partition():
    tags = ask(partition_range=("2024-01-01", "2024-01-05")).tags
    assert tags["dagster/asset_partition_range_start"] == "2024-01-01"
    assert tags["dagster/asset_partition_range_end"] == "2024-01-05"
    assert "dagster/partition" not in tags


def test_a_partition_and_a_range_together_are_refused():
    with pytest.raises(DagsterInvalidInvocationError, match="not both"):
        ask(partition="a", partition_range=("a", "b"))


def test_a_partition_may_be_named_by_the_tag_alone():
    assert ask(tags={"dagster/partition": "a"}).origins["dagster/partition"] == TagOrigin("launch", "code")


def test_a_partition_tag_that_names_another_partition_is_noticed():
    asked = ask(tags={"dagster/partition": "a"}, partition="b")
    assert asked.tags["dagster/partition"] == "b"
    assert asked.notices == ("The tag 'dagster/partition' said 'a'; the run is of 'b'.",)


@pytest.mark.parametrize(
    ("selection", "resolved", "value"),
    [
        (("a",), frozenset({"a"}), "a"),
        (("a", "b+"), frozenset({"a", "b"}), None),
        (("*",), frozenset({"a", "b"}), None),
        (("a+", "c"), None, "a+,c"),
    ],
)
def test_the_op_selection_is_told_only_where_it_is_a_part(selection, resolved, value):
    asked = ask(op_selection=selection, resolved_op_selection=resolved)
    assert asked.tags.get("dagster/op_selection") == value


def test_a_re_execution_takes_over_what_it_does_not_change():
    again = ask(again=Again(parent=FAILED, from_failure=True, retry_number=1), step_keys=("b",))
    assert again.run.run_config == {"ops": {}}
    assert again.run.asset_selection == FAILED.asset_selection
    assert (again.run.parent_run_id, again.run.root_run_id) == ("first", "first")
    assert again.tags == {
        "team": "ml",
        "dagster/code_location": "main",
        "dagster/parent_run_id": "first",
        "dagster/root_run_id": "first",
        "dagster/is_resume_retry": "true",
        "dagster/retry_number": "1",
        "dagster/step_selection": "b",
    }
    assert again.origins["team"] == TagOrigin("parent", "first")


def test_a_grandchild_names_the_first_run_as_its_root():
    child = DagsterRun(run_id="second", job_name="etl", root_run_id="first", status=DagsterRunStatus.SUCCESS)
    assert ask(again=Again(parent=child)).tags["dagster/root_run_id"] == "first"


def test_a_re_execution_of_all_steps_does_not_keep_its_parents_step_selection():
    parent = DagsterRun(
        run_id="p", job_name="etl", tags={"dagster/step_selection": "a"}, status=DagsterRunStatus.FAILURE
    )
    assert "dagster/step_selection" not in ask(again=Again(parent=parent)).tags


def test_a_re_execution_for_another_partition_forgets_the_dimensions_of_the_first():
    parent = DagsterRun(
        run_id="p",
        job_name="etl",
        tags={"dagster/partition": "a|eu", "dagster/partition/region": "eu"},
        status=DagsterRunStatus.SUCCESS,
    )
    tags = ask(again=Again(parent=parent), partition="b").tags
    assert tags["dagster/partition"] == "b"
    assert "dagster/partition/region" not in tags


def test_a_run_that_goes_on_cannot_be_executed_again():
    parent = DagsterRun(run_id="p", job_name="etl", status=DagsterRunStatus.STARTED)
    with pytest.raises(DagsterInvalidInvocationError, match="p is STARTED"):
        ask(again=Again(parent=parent))


@pytest.mark.parametrize("surface", list(Surface))
def test_nobody_forges_where_a_run_came_from(surface):
    with pytest.raises(InvalidTagError, match="set by a schedule"):
        ask(tags={"dagster/schedule_name": "daily"}, surface=surface)


def test_a_run_request_cannot_forge_it_either():
    with pytest.raises(InvalidTagError, match="set by a re-execution"):
        ask(request_tags={"dagster/parent_run_id": "x"})


def test_an_unknown_system_tag_is_refused_by_hand_and_warned_of_in_code():
    with pytest.raises(InvalidTagError, match="Did you mean 'dagster/priority'"):
        ask(tags={"dagster/priorty": "1"}, surface=Surface.CLI)
    with pytest.warns(SystemTagWarning, match="Did you mean 'dagster/priority'"):
        asked = ask(tags={"dagster/priorty": "1"})
    assert asked.tags["dagster/priorty"] == "1"


def test_what_a_run_request_does_in_vain_is_noticed_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asked = ask(request_tags={"dagster/priorty": "1"})
    assert asked.notices == ("There is no system tag 'dagster/priorty'. Did you mean 'dagster/priority'?",)
    assert [fact.message for fact in asked.facts] == list(asked.notices)


def test_a_value_out_of_the_ordinary_is_kept_and_noticed_by_hand():
    asked = ask(tags={"reason": "a b"}, surface=Surface.UI, user="ann")
    assert asked.tags["reason"] == "a b"
    assert "holds ' '" in asked.notices[0]
    assert asked.tags["dagster/from_ui"] == "true"
    assert asked.tags["user"] == "ann"


def test_a_bad_key_is_refused_by_hand_and_deprecated_in_code():
    with pytest.raises(InvalidTagError, match="holds ' '"):
        ask(tags={"my team": "x"}, surface=Surface.API)
    with pytest.warns(DeprecationWarning, match="holds ' '"):
        ask(tags={"my team": "x"})


def test_the_priority_is_a_number_on_the_run():
    assert ask(tags={"dagster/priority": -3}).run.priority == -3
    with pytest.raises(InvalidTagError, match="an integer"):
        ask(tags={"dagster/priority": "high"})


def test_assets_that_disagree_are_recorded_or_refused():
    apart = ({"team": "ml", "tenant": "x"}, {"team": "core", "tenant": "y"})
    assets = RunTarget(job_name="all", asset_tags=apart, flow=read_flow({"team": "same"}))
    asked = ask(assets)
    assert "team" not in asked.tags
    assert [conflict.key for conflict in asked.conflicts] == ["team"]
    assert "disagree about the tag 'team'" in asked.facts[0].message
    refusing = RunTarget(job_name="all", asset_tags=apart, flow=read_flow({"tenant": "error"}))
    with pytest.raises(InvalidTagError, match="disagree about the tag 'tenant'"):
        ask(refusing, tags={"tenant": "x"})
    assert ask(
        RunTarget(job_name="all", asset_tags=apart, flow=read_flow({"tenant": "error"}), job_tags={"tenant": "z"})
    ).tags == {"tenant": "z"}


def test_two_good_priorities_joined_to_a_bad_one_are_refused():
    assets = RunTarget(
        job_name="all",
        asset_tags=({"dagster/priority": "1"}, {"dagster/priority": "2"}),
        flow=read_flow({"dagster/priority": "union"}),
    )
    with pytest.raises(InvalidTagError, match="not '1,2'"):
        ask(assets)


def test_an_image_is_told_where_it_is_known():
    assert ask(image="repo/app:1@sha256:ab").tags["dagster/image"] == "repo/app:1@sha256:ab"
