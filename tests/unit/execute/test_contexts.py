"""What user code finds in its context, inside a run and when it is called directly; hooks and loggers beside it."""

import asyncio
import logging

import pytest

from earmark import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    Config,
    ConfigurableResource,
    DagsterInstance,
    DagsterInvalidConfigError,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    DagsterTypeCheckDidNotPass,
    DailyPartitionsDefinition,
    Field,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    Out,
    Output,
    StaticPartitionsDefinition,
    asset,
    build_asset_context,
    build_op_context,
    failure_hook,
    get_dagster_logger,
    graph,
    graph_asset,
    job,
    logger,
    materialize,
    op,
    success_hook,
)


def test_an_asset_sees_its_run_its_key_and_its_tags():
    seen = {}

    @asset
    def a(context: AssetExecutionContext):
        seen.update(
            key=context.asset_key,
            run=context.run.run_id,
            job=context.job_name,
            tag=context.get_tag("t"),
            nothing=context.get_tag("nope"),
            selected=context.selected_asset_keys,
            retry=context.retry_number,
            partition=context.has_partition_key,
            handle=str(context.op_handle),
        )

    result = materialize([a], tags={"t": "v"})
    assert seen == {
        "key": AssetKey("a"),
        "run": result.run_id,
        "job": "__ephemeral_asset_job__",
        "tag": "v",
        "nothing": None,
        "selected": {AssetKey("a")},
        "retry": 0,
        "partition": False,
        "handle": "a",
    }


def test_a_run_of_one_partition_knows_its_key_and_its_window():
    @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
    def day(context):
        window = context.partition_time_window
        return context.partition_key, window.start.isoformat(), window.end.isoformat()

    result = materialize([day], partition_key="2024-01-02")
    assert result.asset_value("day") == ("2024-01-02", "2024-01-02T00:00:00+00:00", "2024-01-03T00:00:00+00:00")
    assert result.asset_materializations_for_node("day")[0].partition == "2024-01-02"
    assert result.dagster_run.tags["dagster/partition"] == "2024-01-02"


def test_a_run_of_several_dimensions_knows_each_and_writes_plain_text():
    cut = MultiPartitionsDefinition(
        {"d": DailyPartitionsDefinition("2024-01-01"), "s": StaticPartitionsDefinition(["u", "v"])}
    )

    @asset(partitions_def=cut)
    def both(context):
        return dict(context.partition_key.keys_by_dimension)

    result = materialize([both], partition_key=MultiPartitionKey({"d": "2024-01-02", "s": "u"}))
    assert result.asset_value("both") == {"d": "2024-01-02", "s": "u"}
    (event,) = result.get_asset_materialization_events()
    assert type(event.partition) is str
    assert {key: value for key, value in result.dagster_run.tags.items() if "partition" in key} == {
        "dagster/partition": "2024-01-02|u",
        "dagster/partition/d": "2024-01-02",
        "dagster/partition/s": "u",
    }


def test_a_run_over_a_range_of_partitions_writes_each():
    @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
    def day(context):
        return dict.fromkeys(context.partition_keys, 1)

    tags = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-03"}
    result = materialize([day], tags=tags)
    assert [event.partition for event in result.get_asset_materialization_events()] == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
    ]


def test_a_partition_is_asked_for_in_vain_outside_a_partitioned_run():
    @asset(partitions_def=StaticPartitionsDefinition(["x"]))
    def a(context):
        return context.partition_key

    with pytest.raises(DagsterInvariantViolationError, match="no partition key"):
        materialize([a])


class Times(Config):
    n: int = 1


class Text(ConfigurableResource):
    s: str = "r"


def test_an_op_is_called_with_inputs_configuration_and_resources_by_position_or_name():
    @op
    def plain(x, y=2):
        return x + y

    @op
    def full(context, config: Times, text: Text):
        return config.n, text.s, context.run_id

    assert (plain(1), plain(1, y=5)) == (3, 6)
    assert full(build_op_context(), Times(n=2), Text(s="q")) == (2, "q", "EPHEMERAL")
    assert full(build_op_context(), config=Times(), text=Text(s="kw"))[1] == "kw"
    context = build_op_context(resources={"text": Text(s="from ctx")}, op_config={"n": 5})
    assert full(context)[:2] == (5, "from ctx")


@pytest.mark.parametrize("call", [lambda f: f(), lambda f: f(1, 2, 3), lambda f: f(z=1)])
def test_arguments_that_do_not_fit_are_refused(call):
    @op
    def plain(x, y=2):
        return x + y

    with pytest.raises(DagsterInvalidInvocationError):
        call(plain)


def test_what_a_direct_call_lacks_is_named():
    @op(config_schema={"a": int}, required_resource_keys={"db"})
    def old(context):
        return context.op_config, context.resources.db

    assert old(build_op_context(config={"a": 1}, resources={"db": "D"})) == ({"a": 1}, "D")
    with pytest.raises(DagsterInvalidDefinitionError, match="db"):
        old(build_op_context(config={"a": 1}))
    with pytest.raises(DagsterInvalidConfigError):
        old(build_op_context(resources={"db": "D"}))
    with pytest.raises(DagsterInvalidInvocationError, match="takes a context"):
        old()


def test_types_are_checked_in_direct_calls():
    @op
    def typed(x: int) -> str:
        return x

    with pytest.raises(DagsterTypeCheckDidNotPass, match="input"):
        typed("s")
    with pytest.raises(DagsterTypeCheckDidNotPass, match="output"):
        typed(1)


def test_generators_and_coroutines_are_given_back_as_such():
    @op(out={"x": Out(), "y": Out()})
    def gen():
        yield Output(1, "x")
        yield Output(2, "y")

    @op
    async def later():
        return 5

    assert [output.value for output in gen()] == [1, 2]
    assert asyncio.run(later()) == 5


def test_a_graph_asset_cannot_be_called():
    @op
    def one():
        return 1

    @graph_asset
    def made():
        return one()

    with pytest.raises(DagsterInvariantViolationError, match="outside"):
        made()


def test_events_and_metadata_of_a_direct_call_stay_in_its_context():
    @op
    def tells(context):
        context.log_event(AssetMaterialization("z"))
        context.add_output_metadata({"k": 1})

    context = build_op_context()
    tells(context)
    assert [event.asset_key for event in context.get_events()] == [AssetKey("z")]
    assert context.get_output_metadata("result") == {"k": 1}


def test_a_partition_is_given_to_a_direct_call_by_its_context():
    @asset(partitions_def=DailyPartitionsDefinition("2024-01-01"))
    def day(context):
        return context.partition_key, context.partition_time_window.start.day

    assert day(build_asset_context(partition_key="2024-02-03")) == ("2024-02-03", 3)


def test_hooks_follow_each_step_by_its_end_and_change_nothing():
    told = []

    @success_hook
    def good(context):
        told.append(("good", context.op.name, context.op_output_values))

    @failure_hook
    def bad(context):
        told.append(("bad", context.op.name, str(context.op_exception)))

    @success_hook
    def broken(context):
        raise ValueError("in hook")

    @op
    def one():
        return 5

    @op
    def boom():
        raise ValueError("x")

    @job(hooks={good, bad, broken})
    def j():
        one()
        boom()

    result = j.execute_in_process(raise_on_error=False)
    assert told == [("bad", "boom", "x"), ("good", "one", {"result": 5})]
    hooks = [event.event_type_value for event in result.all_events if event.is_hook_event and event.step_key == "one"]
    assert sorted(hooks) == ["HOOK_COMPLETED", "HOOK_ERRORED", "HOOK_SKIPPED"]
    assert result.is_node_success("one")


class Kept(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append((record.levelname, record.getMessage()))


def test_lines_go_to_the_loggers_of_the_job_by_their_own_levels_and_to_the_log_of_the_run():
    kept = Kept()

    @logger({"log_level": Field(str, default_value="WARNING")})
    def mine(context):
        made = logging.Logger("mine", context.logger_config["log_level"])
        made.addHandler(kept)
        return made

    @op
    def talks(context):
        context.log.debug("low")
        context.log.info("hello")
        get_dagster_logger("deep").warning("from %s", "afar")

    @job(logger_defs={"mine": mine})
    def j():
        talks()

    with DagsterInstance.ephemeral() as instance:
        config = {"loggers": {"mine": {"config": {"log_level": "INFO"}}}}
        run_id = j.execute_in_process(instance=instance, run_config=config).run_id
        lines = [entry.user_message for entry in instance.all_logs(run_id) if not entry.is_dagster_event]
        assert kept.lines == [("INFO", "hello"), ("WARNING", "from afar")]
        kept.lines.clear()
        j.execute_in_process(instance=instance)
    assert kept.lines == [("WARNING", "from afar")]
    assert lines == ["low", "hello", "from afar"]


def test_a_logger_that_is_configured_and_not_there_is_an_error_that_names_it():
    @job
    def j(): ...

    with pytest.raises(DagsterInvalidConfigError, match="consle"):
        j.execute_in_process(run_config={"loggers": {"consle": {}}})


def test_an_input_that_nothing_gives_is_an_error_before_the_run_begins():
    @op
    def inc(i: int):
        return i + 1

    @graph
    def gi(i):
        return inc(i)

    @job
    def ji():
        inc()

    with DagsterInstance.ephemeral() as instance:
        for made, where in ((gi.to_job(), "root:inputs:i"), (ji, "root:ops:inc:inputs:i")):
            with pytest.raises(DagsterInvalidConfigError, match=where):
                made.execute_in_process(instance=instance)
        assert instance.get_runs() == []
    assert gi.to_job().execute_in_process(input_values={"i": 2}).output_value() == 3
    assert gi.to_job(input_values={"i": 1}).execute_in_process().output_value() == 2
    assert gi.to_job().execute_in_process(run_config={"inputs": {"i": {"value": 7}}}).output_value() == 8
    assert ji.execute_in_process(run_config={"ops": {"inc": {"inputs": {"i": 5}}}}).output_for_node("inc") == 6
