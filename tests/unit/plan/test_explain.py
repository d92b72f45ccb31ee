"""A plan as people read it."""

from __future__ import annotations

from earmark import AssetSpec, Definitions, DynamicOut, In, RetryPolicy, asset, asset_check, define_asset_job, job, op
from earmark.plan.explain import explain, explain_text


@asset
def raw():
    return 1


@asset
def clean(raw):
    return raw


@asset_check(asset=clean, blocking=True)
def has_rows():
    return True


@asset(op_tags={"dagster/priority": "3"}, retry_policy=RetryPolicy(max_retries=2))
def report(clean, outside):
    return clean


def plan_of_assets():
    definitions = Definitions(
        [raw, clean, report, AssetSpec("outside")], asset_checks=[has_rows], jobs=[define_asset_job("all")]
    )
    return definitions.resolve_job_def("all").plan()


def test_each_step_says_after_what_it_comes_and_why():
    steps = {step.key: step for step in explain(plan_of_assets())}
    assert steps["report"].waits_for == {"clean": "it gives clean", "clean_has_rows": "it may block by has_rows"}
    assert steps["clean_has_rows"].waits_for == {"clean": "it writes clean"}
    assert [steps[key].wave for key in ("raw", "clean", "clean_has_rows", "report")] == [0, 1, 2, 3]


def test_each_input_says_where_its_value_comes_from():
    steps = {step.key: step for step in explain(plan_of_assets())}
    assert {one.name: one.source for one in steps["report"].inputs} == {
        "clean": "output result of clean",
        "outside": "asset outside, as it was stored",
    }


def test_priority_and_retries_are_told():
    steps = {step.key: step for step in explain(plan_of_assets())}
    assert steps["report"].notes == ("priority 3", "up to 2 retries")
    assert "report  (priority 3, up to 2 retries)" in explain_text(plan_of_assets())


def test_mapped_steps_and_configured_inputs_are_told():
    @op(out=DynamicOut())
    def numbers(): ...

    @op
    def square(number: int, power: int): ...

    @op(ins={"start": In(list)})
    def total(start): ...

    @job
    def squares():
        total(numbers().map(square).collect())

    steps = {step.key: step for step in explain(squares.plan())}
    assert steps["square"].notes == ("once for each element of numbers",)
    assert {one.name: one.source for one in steps["square"].inputs} == {
        "number": "one element of output result of numbers",
        "power": "configuration at ops.square.inputs.power",
    }
    assert steps["total"].inputs[0].source == "all elements of output result of square"


def test_a_plan_of_part_of_a_job_says_what_comes_from_an_earlier_run():
    @op
    def first(): ...

    @op
    def second(value): ...

    @job
    def both():
        second(first())

    (step,) = explain(both.plan().only(["second"]))
    assert step.inputs[0].source == "output result of first, of an earlier run"
    assert step.waits_for == {}
