"""Events are the truth: replaying the log of a run that was executed for real gives the row that is stored."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earmark import (
    AssetCheckResult,
    AssetCheckSpec,
    DagsterInstance,
    Definitions,
    DynamicOut,
    DynamicOutput,
    MaterializeResult,
    Out,
    Output,
    RetryRequested,
    asset,
    define_asset_job,
    job,
    op,
)
from earmark.execute.event_log import all_events
from earmark.execute.executors import Forked, in_process
from earmark.execute.request import new_run
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.runs.fold import fold
from earmark.runs.request import RunAsk
from earmark.values.states import DagsterRunStatus

behaviours = st.sampled_from(["value", "value", "raise", "retry", "nothing", "log"])


def make_op(name, behaviour):
    @op(name=name, out=Out(is_required=False))
    def acts(context, values: list):
        if behaviour == "raise":
            raise ValueError(name)
        if behaviour == "retry" and context.retry_number == 0:
            raise RetryRequested(max_retries=1)
        if behaviour == "log":
            context.log.warning("from %s", name)
        if behaviour != "nothing":
            yield Output(len(values))

    return acts


@op(out=DynamicOut())
def source():
    for number in range(2):
        yield DynamicOutput(number, mapping_key=f"k{number}")


@st.composite
def op_jobs(draw):
    acting = [make_op(f"op{number}", draw(behaviours)) for number in range(draw(st.integers(1, 5)))]
    mapped = make_op("mapped", draw(behaviours))
    ups = [draw(st.lists(st.integers(0, 10), min_size=1, max_size=2)) for _ in acting]
    tags = draw(st.dictionaries(st.sampled_from(["team", "env"]), st.sampled_from(["a", "b"])))

    @op
    def first():
        return 0

    @job(tags=tags)
    def drawn():
        made = [first()]
        for acts, taken in zip(acting, ups, strict=True):
            made.append(acts([made[up % len(made)] for up in taken]))
        acting[0].alias("end")([source().map(lambda one: mapped([one])).collect(), made[-1]])

    return drawn


@st.composite
def asset_jobs(draw):
    assets = []
    for number in range(draw(st.integers(1, 4))):
        name = f"a{number}"
        fate = draw(st.sampled_from(["ok", "ok", "fail", "check fails", "check blocks"]))
        ups = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else set()

        def body(fate=fate):
            if fate == "fail":
                raise ValueError("no rows")
            return MaterializeResult(
                metadata={"rows": 1}, check_results=[AssetCheckResult(check_name="ok", passed="check" not in fate)]
            )

        compute = _without_parameters(body)
        spec = AssetCheckSpec("ok", asset=name, blocking=fate == "check blocks")
        assets.append(asset(name=name, deps=[f"a{up}" for up in ups], check_specs=[spec])(compute))
    return Definitions(assets, jobs=[define_asset_job("all")]).resolve_job_def("all")


def _without_parameters(function):
    def compute():
        return function()

    return compute


def executed(definition, instance, execute):
    plan = definition.plan()
    created = new_run(definition, plan, instance, RunAsk(tags={"asked": "yes"})).run
    config = resolve_run_config(definition, plan, None)
    ended = RunExecution(definition, created, plan, instance, config, execute=execute).execute()
    return created, ended


def assert_replays(definition, execute):
    with DagsterInstance.ephemeral() as instance:
        created, ended = executed(definition, instance, execute)
        log = all_events(instance.store, ended.run_id)
        assert fold(created, log) == ended == instance.store.runs.get(ended.run_id)
        assert ended.status in (DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE)
        assert [event.id for event in log] == sorted({event.id for event in log})
        assert not any(event.late for event in log)


@given(op_jobs() | asset_jobs())
@settings(max_examples=40)
def test_replaying_a_run_in_one_process_gives_its_row(definition) -> None:
    assert_replays(definition, in_process)


@given(op_jobs() | asset_jobs())
@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow])
def test_replaying_a_run_of_forked_steps_gives_its_row(definition) -> None:
    assert_replays(definition, Forked(max_concurrent=3))


@given(op_jobs())
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
def test_forked_steps_end_as_steps_in_one_process_do(definition) -> None:
    ends = []
    for execute in (in_process, Forked(max_concurrent=2)):
        with DagsterInstance.ephemeral() as instance:
            _, ended = executed(definition, instance, execute)
            kinds = ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED")
            ends.append(
                {
                    (event.step_key, event.event_type)
                    for event in all_events(instance.store, ended.run_id)
                    if event.event_type in kinds
                }
            )
    assert ends[0] == ends[1]
