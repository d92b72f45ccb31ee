"""What a result answers, and how it refuses."""

import pytest

from earmark import (
    AssetMaterialization,
    AssetObservation,
    DagsterInvariantViolationError,
    DagsterRunStatus,
    DagsterStepOutputNotFoundError,
    Out,
    Output,
    asset,
    execute_job,
    graph,
    in_process_executor,
    instance_for_test,
    job,
    materialize,
    multi_or_in_process_executor,
    op,
)


@op
def one(context):
    context.log_event(AssetMaterialization("am", metadata={"k": 1}))
    context.log_event(AssetObservation("ao"))
    return 1


@op(out={"x": Out(), "y": Out(is_required=False)})
def multi(i):
    yield Output(i + 1, "x", metadata={"m": 1})


@graph
def g(i):
    return multi(i)[0]


@op
def inc(i):
    return i + 1


@graph
def top():
    return inc(g(one()))


@pytest.fixture(scope="module")
def result():
    return top.to_job().execute_in_process()


def test_outputs_are_found_by_node_and_name_through_graphs(result):
    assert result.success
    assert result.output_value() == 3
    assert result.output_for_node("one") == 1
    assert result.output_for_node("g.multi", "x") == 2
    assert result.output_for_node("g") == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("g.multi",), "multi has no output named result"),
        (("g.multi", "y"), "No outputs found for output 'y' from node 'g.multi'"),
        (("nope",), "top has no op named nope"),
    ],
)
def test_what_is_not_there_is_named(result, arguments, told):
    with pytest.raises(DagsterInvariantViolationError, match=told):
        result.output_for_node(*arguments)


def test_events_are_found_by_node_and_by_kind(result):
    assert [event.event_type_value for event in result.events_for_node("g.multi")] == [
        "STEP_START",
        "LOADED_INPUT",
        "STEP_INPUT",
        "STEP_OUTPUT",
        "HANDLED_OUTPUT",
        "STEP_SUCCESS",
    ]
    assert [one.asset_key.to_user_string() for one in result.asset_materializations_for_node("one")] == ["am"]
    assert [one.asset_key.to_user_string() for one in result.asset_observations_for_node("one")] == ["ao"]
    assert len(result.get_asset_materialization_events()) == 1
    assert {event.step_key for event in result.filter_events(lambda event: event.is_successful_output)} == {
        "one",
        "g.multi",
        "inc",
    }


def test_nodes_are_told_apart_by_how_they_ended(result):
    assert result.is_node_success("one")
    assert not result.is_node_failed("one")
    assert not result.is_node_skipped("one")
    assert not result.is_node_untouched("one")
    assert result.retry_attempts_for_node("one") == 0
    assert result.get_failed_step_keys() == set()
    assert result.dagster_run.status is DagsterRunStatus.SUCCESS
    assert result.get_run_success_event().event_type_value == "PIPELINE_SUCCESS"
    with pytest.raises(DagsterInvariantViolationError, match="FAILURE"):
        result.get_run_failure_event()


def test_an_asset_that_was_not_written_has_no_value():
    @asset
    def a():
        return 1

    made = materialize([a])
    assert made.asset_value("a") == 1
    with pytest.raises(DagsterStepOutputNotFoundError, match="no asset aa"):
        made.asset_value("aa")


def test_values_of_execute_job_are_loaded_inside_the_result_only():
    @op
    def five():
        return 5

    @job(executor_def=in_process_executor)
    def j():
        five()

    with instance_for_test() as instance:
        result = execute_job(j, instance)
        with pytest.raises(DagsterInvariantViolationError, match="inside the result"):
            result.output_for_node("five")
        with result:
            assert result.output_for_node("five") == 5
        before = len(instance.all_logs(result.run_id))
        with result:
            result.output_for_node("five")
        assert len(instance.all_logs(result.run_id)) == before


@pytest.mark.parametrize(
    ("config", "forked"), [({"in_process": {}}, False), ({"multiprocess": {"max_concurrent": 1}}, True)]
)
def test_the_executor_is_chosen_by_configuration(config, forked):
    @op
    def five():
        return 5

    @job(executor_def=multi_or_in_process_executor)
    def j():
        five()

    with instance_for_test() as instance:
        result = execute_job(j, instance, run_config={"execution": {"config": config}})
        assert result.success
        types = {event.event_type_value for event in result.all_events}
    assert ("STEP_WORKER_STARTED" in types) is forked
