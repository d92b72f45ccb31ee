"""Which events a run has, and in which order."""

from typing import Any

import pytest

from earmark import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetMaterialization,
    AssetObservation,
    AssetSpec,
    ConfigurableResource,
    DagsterInstance,
    DagsterResourceFunctionError,
    DynamicOut,
    DynamicOutput,
    Failure,
    MaterializeResult,
    Out,
    Output,
    asset,
    job,
    materialize,
    multi_asset,
    op,
)


def names(result: Any) -> list[str]:
    return [event.event_type_value + (f"[{event.step_key}]" if event.step_key else "") for event in result.all_events]


def of_steps(result: Any) -> list[str]:
    return [name for name in names(result) if "[" in name and not name.startswith("RESOURCE")]


def test_an_asset_is_materialized_between_its_output_and_the_word_of_its_io_manager():
    @asset
    def a():
        return 1

    assert names(materialize([a])) == [
        "PIPELINE_START",
        "ENGINE_EVENT",
        "RESOURCE_INIT_STARTED[a]",
        "RESOURCE_INIT_SUCCESS[a]",
        "LOGS_CAPTURED",
        "STEP_START[a]",
        "STEP_OUTPUT[a]",
        "ASSET_MATERIALIZATION[a]",
        "HANDLED_OUTPUT[a]",
        "STEP_SUCCESS[a]",
        "ENGINE_EVENT",
        "PIPELINE_SUCCESS",
    ]


def test_resources_of_several_steps_are_set_up_once_for_all_and_inputs_are_loaded_then_checked():
    @op
    def one():
        return 1

    @op
    def inc(x: int) -> int:
        return x + 1

    @job
    def j():
        inc(one())

    assert names(j.execute_in_process()) == [
        "PIPELINE_START",
        "ENGINE_EVENT",
        "RESOURCE_INIT_STARTED",
        "RESOURCE_INIT_SUCCESS",
        "LOGS_CAPTURED",
        "STEP_START[one]",
        "STEP_OUTPUT[one]",
        "HANDLED_OUTPUT[one]",
        "STEP_SUCCESS[one]",
        "STEP_START[inc]",
        "LOADED_INPUT[inc]",
        "STEP_INPUT[inc]",
        "STEP_OUTPUT[inc]",
        "HANDLED_OUTPUT[inc]",
        "STEP_SUCCESS[inc]",
        "ENGINE_EVENT",
        "PIPELINE_SUCCESS",
    ]


def test_an_asset_annotated_as_nothing_is_materialized_without_an_io_manager():
    @asset
    def a() -> None: ...

    assert of_steps(materialize([a])) == [
        "STEP_START[a]",
        "STEP_OUTPUT[a]",
        "ASSET_MATERIALIZATION[a]",
        "STEP_SUCCESS[a]",
    ]


def test_a_result_without_a_value_is_not_stored_and_one_with_a_value_is():
    @asset
    def without():
        return MaterializeResult(metadata={"rows": 1})

    @asset
    def with_value():
        return MaterializeResult(value=5, metadata={"rows": 1})

    assert "HANDLED_OUTPUT[without]" not in names(materialize([without]))
    result = materialize([with_value])
    assert "HANDLED_OUTPUT[with_value]" in names(result)
    assert result.asset_value("with_value") == 5


def test_what_waits_for_less_runs_first_and_names_break_ties():
    def make(name, *ups):
        return asset(name=name, deps=list(ups))(lambda: None)

    assets = [make("z0"), make("b1", "z0"), make("a0"), make("a2", "a1"), make("a1", "a0")]
    starts = [event.step_key for event in materialize(assets).all_events if event.is_step_start]
    assert starts == ["a0", "z0", "a1", "b1", "a2"]


def test_a_failure_leaves_other_branches_running_and_what_it_held_back_untouched():
    @asset
    def boom():
        raise ValueError("b")

    @asset
    def after(boom):
        return 1

    @asset
    def z():
        return 1

    result = materialize([boom, after, z], raise_on_error=False)
    assert not result.success
    assert of_steps(result) == [
        "STEP_START[boom]",
        "STEP_FAILURE[boom]",
        "STEP_START[z]",
        "STEP_OUTPUT[z]",
        "ASSET_MATERIALIZATION[z]",
        "HANDLED_OUTPUT[z]",
        "STEP_SUCCESS[z]",
    ]
    assert result.asset_value("z") == 1
    assert result.get_run_failure_event().message == (
        "Execution of run for \"__ephemeral_asset_job__\" failed. Steps failed: ['boom']."
    )


def test_why_a_step_was_not_executed_stands_in_the_log():
    @op
    def boom():
        raise ValueError("b")

    @op
    def after(x): ...

    @job
    def j():
        after(boom())

    with DagsterInstance.ephemeral() as instance:
        result = j.execute_in_process(instance=instance, raise_on_error=False)
        lines = [entry.user_message for entry in instance.all_logs(result.run_id) if not entry.is_dagster_event]
    assert lines == ['Step "after" is not executed: upstream steps failed: boom.']


def test_a_missing_optional_output_skips_what_needs_it_and_what_follows():
    @op(out={"x": Out(is_required=False), "y": Out(is_required=False)})
    def br():
        yield Output(1, "x")

    @op
    def f(v):
        return v

    @op
    def g(v):
        return v

    @op
    def last(v):
        return v

    @op
    def many(vs):
        return vs

    @job
    def j():
        x, y = br()
        taken = g(y)
        last(taken)
        many([f(x), taken])

    result = j.execute_in_process()
    assert result.success
    assert {event.step_key for event in result.get_step_skipped_events()} == {"g", "last"}
    assert result.output_for_node("many") == [1]


def test_mapped_steps_run_once_for_each_element_through_any_number_of_maps():
    @op(out=DynamicOut(int))
    def dyn():
        for i in range(2):
            yield DynamicOutput(i, mapping_key=f"k{i}")

    @op
    def sq(x):
        return x * x + 1

    @op
    def tot(xs):
        return xs

    @job
    def j():
        tot(dyn().map(lambda x: sq(sq(x))).collect())

    result = j.execute_in_process()
    assert result.output_for_node("tot") == [2, 5]
    assert result.output_for_node("dyn") == {"k0": 0, "k1": 1}
    assert result.output_for_node("sq_2") == {"k0": 2, "k1": 5}
    assert result.get_step_skipped_events() == []


def test_collecting_an_empty_dynamic_output_gives_an_empty_list():
    @op(out=DynamicOut(int))
    def empty():
        return
        yield

    @op
    def sq(x):
        return x

    @op
    def tot(xs):
        return xs

    @job
    def j():
        tot(empty().map(sq).collect())

    assert j.execute_in_process().output_for_node("tot") == []


def test_lines_and_events_of_user_code_stand_where_they_were_given():
    @op
    def one(context):
        context.log.info("hello %s", "you")
        context.log_event(AssetMaterialization("am", metadata={"k": 1}))
        context.log_event(AssetObservation("ao"))
        return 1

    @job
    def j():
        one()

    with DagsterInstance.ephemeral() as instance:
        result = j.execute_in_process(instance=instance)
        lines = [
            (entry.level, entry.user_message, entry.step_key)
            for entry in instance.all_logs(result.run_id)
            if not entry.is_dagster_event
        ]
    assert lines == [(20, "hello you", "one")]
    assert of_steps(result)[1:3] == ["ASSET_MATERIALIZATION[one]", "ASSET_OBSERVATION[one]"]


def test_a_resource_that_cannot_be_set_up_fails_the_run_before_any_step():
    class Broken(ConfigurableResource):
        def setup_for_execution(self, context):
            raise ValueError("cannot connect")

    @asset
    def a(r: Broken):
        return 1

    with pytest.raises(DagsterResourceFunctionError):
        materialize([a], resources={"r": Broken()})
    result = materialize([a], resources={"r": Broken()}, raise_on_error=False)
    assert names(result) == [
        "PIPELINE_START",
        "ENGINE_EVENT",
        "RESOURCE_INIT_STARTED[a]",
        "RESOURCE_INIT_FAILURE[a]",
        "PIPELINE_FAILURE",
    ]


def test_resources_are_set_up_inner_first_and_torn_down_in_reverse_even_after_a_failure():
    told = []

    class Inner(ConfigurableResource):
        def setup_for_execution(self, context):
            told.append("inner up")

        def teardown_after_execution(self, context):
            told.append("inner down")

    class Outer(ConfigurableResource):
        inner: Inner

        def setup_for_execution(self, context):
            told.append("outer up")

        def teardown_after_execution(self, context):
            told.append("outer down")

    @asset
    def a(outer: Outer):
        told.append("a")
        raise ValueError("x")

    materialize([a], resources={"outer": Outer(inner=Inner())}, raise_on_error=False)
    assert told == ["inner up", "outer up", "a", "outer down", "inner down"]


def test_a_multi_asset_of_specs_materializes_what_it_was_asked_for():
    @multi_asset(specs=[AssetSpec("s1"), AssetSpec("s2")], can_subset=True)
    def sub(context):
        for key in sorted(context.selected_asset_keys):
            yield MaterializeResult(asset_key=key)

    assert of_steps(materialize([sub], selection=["s1"])) == [
        "STEP_START[sub]",
        "STEP_OUTPUT[sub]",
        "ASSET_MATERIALIZATION[sub]",
        "STEP_SUCCESS[sub]",
    ]
    assert len(materialize([sub]).get_asset_materialization_events()) == 2


def test_a_multi_asset_may_return_its_results_as_a_tuple():
    @multi_asset(specs=[AssetSpec("s1"), AssetSpec("s2")])
    def both():
        return MaterializeResult(asset_key="s1"), MaterializeResult(asset_key="s2")

    assert {event.asset_key.to_user_string() for event in materialize([both]).get_asset_materialization_events()} == {
        "s1",
        "s2",
    }


def test_a_check_in_the_asset_is_evaluated_after_its_materialization():
    @asset(check_specs=[AssetCheckSpec("c", asset="own"), AssetCheckSpec("d", asset="own")])
    def own():
        return MaterializeResult(
            check_results=[
                AssetCheckResult(check_name="c", passed=True),
                AssetCheckResult(check_name="d", passed=False),
            ]
        )

    result = materialize([own])
    assert result.success
    assert of_steps(result) == [
        "STEP_START[own]",
        "STEP_OUTPUT[own]",
        "ASSET_MATERIALIZATION[own]",
        "STEP_OUTPUT[own]",
        "ASSET_CHECK_EVALUATION[own]",
        "STEP_OUTPUT[own]",
        "ASSET_CHECK_EVALUATION[own]",
        "STEP_SUCCESS[own]",
    ]


def test_what_a_users_function_raised_is_the_cause_of_the_failure_of_its_step():
    @op
    def breaks():
        raise KeyError("orders")

    @op
    def gives_up():
        raise Failure("No orders today.", metadata={"day": "Sunday"})

    @job
    def working():
        breaks()
        gives_up()

    result = working.execute_in_process(raise_on_error=False)
    raised = result.failure_data_for_node("breaks")
    assert raised.error.cls_name == "DagsterExecutionStepExecutionError"
    assert (raised.error.cause.cls_name, raised.error.cause.message) == ("KeyError", "'orders'")
    assert "KeyError: 'orders'" in raised.error_display_string
    assert raised.user_failure_data is None
    said = result.failure_data_for_node("gives_up")
    assert (said.error.cls_name, said.error.cause) == ("Failure", None)
    assert said.user_failure_data.description == "No orders today."
