"""Checks: what passes, what fails a run, and what holds back what is downstream."""

import pytest

from earmark import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetSelection,
    DagsterAssetCheckFailedError,
    DagsterInstance,
    DagsterInvariantViolationError,
    MaterializeResult,
    Output,
    asset,
    asset_check,
    job,
    materialize,
    mem_io_manager,
    multi_asset_check,
    op,
)

MEMORY = {"io_manager": mem_io_manager}


@asset
def a():
    return 1


@asset
def b(a):
    return 2


def succeeded(result):
    return [event.step_key for event in result.get_step_success_events()]


def check(passed, **kwargs):
    severity = kwargs.pop("severity", AssetCheckSeverity.ERROR)
    return asset_check(asset=a, name="c", **kwargs)(lambda: AssetCheckResult(passed=passed, severity=severity))


def test_a_check_runs_after_its_asset_and_before_what_comes_later_by_name():
    assert succeeded(materialize([a, b, check(True)])) == ["a", "a_c", "b"]


def test_a_failing_check_that_does_not_block_leaves_the_run_a_success():
    result = materialize([a, b, check(False)])
    assert result.success
    (evaluation,) = result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert succeeded(result) == ["a", "a_c", "b"]


def test_a_failing_check_that_blocks_fails_its_step_and_holds_back_what_is_downstream():
    result = materialize([a, b, check(False, blocking=True)], raise_on_error=False)
    assert not result.success
    assert succeeded(result) == ["a"]
    assert result.get_failed_step_keys() == {"a_c"}
    assert result.is_node_untouched("b")
    with pytest.raises(DagsterAssetCheckFailedError, match="1 blocking asset check failed with ERROR severity"):
        materialize([a, b, check(False, blocking=True)])


def test_a_blocking_check_of_severity_warn_blocks_nothing():
    result = materialize([a, b, check(False, blocking=True, severity=AssetCheckSeverity.WARN)])
    assert result.success
    assert "b" in succeeded(result)


def test_a_blocking_check_in_the_step_of_its_asset_holds_back_what_is_downstream():
    @asset(check_specs=[AssetCheckSpec("c", asset="own", blocking=True)])
    def own():
        return MaterializeResult(value=1, check_results=[AssetCheckResult(passed=False)])

    @asset
    def after(own):
        return 1

    result = materialize([own, after], raise_on_error=False)
    assert result.get_failed_step_keys() == {"own"}
    assert len(result.get_asset_materialization_events()) == 1
    assert result.is_node_untouched("after")


def test_a_check_may_return_a_truth_value():
    result = materialize([a, asset_check(asset=a, name="c")(lambda: True)])
    assert [one.passed for one in result.get_asset_check_evaluations()] == [True]


def test_a_check_that_returns_nothing_has_no_result_and_the_log_says_so():
    with DagsterInstance.ephemeral() as instance:
        result = materialize([a, asset_check(asset=a, name="c")(lambda: None)], instance=instance)
        lines = [entry.user_message for entry in instance.all_logs(result.run_id) if not entry.is_dagster_event]
    assert result.success
    assert result.get_asset_check_evaluations() == []
    assert any("no result" in line for line in lines)


def test_a_check_that_raises_fails_its_step_only():
    @asset_check(asset=a)
    def raises():
        raise ValueError("q")

    result = materialize([a, b, raises], raise_on_error=False)
    assert result.get_failed_step_keys() == {"a_raises"}
    assert succeeded(result) == ["a", "b"]


def test_a_check_loads_its_asset_and_says_what_it_found():
    @asset_check(asset=a, description="D")
    def ok(a):
        return AssetCheckResult(passed=a == 1, metadata={"n": a})

    (evaluation,) = materialize([a, ok]).get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.metadata["n"].value, evaluation.asset_check_key) == (True, 1, ok.check_key)


def test_a_multi_check_evaluates_each_of_its_checks():
    @multi_asset_check(specs=[AssetCheckSpec("x", asset="a"), AssetCheckSpec("y", asset="a")])
    def several():
        yield AssetCheckResult(asset_key="a", check_name="x", passed=True)
        yield AssetCheckResult(asset_key="a", check_name="y", passed=False)

    found = {one.check_name: one.passed for one in materialize([a, several]).get_asset_check_evaluations()}
    assert found == {"x": True, "y": False}


def test_a_generator_gives_its_asset_and_then_its_checks():
    @asset(check_specs=[AssetCheckSpec("c", asset="gen")])
    def gen():
        yield Output(1)
        yield AssetCheckResult(passed=True)

    assert len(materialize([gen]).get_asset_check_evaluations()) == 1


def test_a_check_that_is_promised_and_does_not_come_fails_the_step():
    @asset(check_specs=[AssetCheckSpec("c", asset="miss")])
    def miss():
        return 1

    with pytest.raises(DagsterInvariantViolationError, match="outputs result, miss_c"):
        materialize([miss])


@pytest.mark.parametrize(
    ("selection", "steps"),
    [
        ("a", ["a", "a_c"]),
        (AssetSelection.assets("a"), ["a", "a_c"]),
        (AssetSelection.assets("a").without_checks(), ["a"]),
        (AssetSelection.checks_for_assets(a), ["a_c"]),
        (AssetSelection.all(), ["a", "a_c", "b"]),
    ],
)
def test_selecting_an_asset_selects_its_checks_unless_asked_not_to(selection, steps):
    assert succeeded(materialize([a, b, check(True)], selection=selection, resources=MEMORY)) == steps


def test_an_evaluation_that_an_op_logs_is_recorded():
    @op
    def logs(context):
        context.log_event(AssetCheckResult(asset_key="a", check_name="c", passed=True))

    @job
    def j():
        logs()

    assert len(j.execute_in_process().get_asset_check_evaluations()) == 1
