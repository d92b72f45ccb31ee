"""IO managers: what they see, what they may give, where values go, and what happens when they fail."""

import pickle
from pathlib import Path

import pytest

from earmark import (
    AssetIn,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetOut,
    AssetSpec,
    ConfigurableIOManager,
    DagsterExecutionStepExecutionError,
    DagsterInvariantViolationError,
    DagsterStepOutputNotFoundError,
    DagsterTypeCheckDidNotPass,
    DailyPartitionsDefinition,
    DataVersion,
    FilesystemIOManager,
    In,
    IOManager,
    MaterializeResult,
    MultiPartitionKey,
    MultiPartitionsDefinition,
    Out,
    Output,
    StaticPartitionsDefinition,
    asset,
    build_input_context,
    build_output_context,
    graph_asset,
    input_manager,
    job,
    materialize,
    materialize_to_memory,
    multi_asset,
    op,
)


class Noting(IOManager):
    """Keeps values, and notes what it is asked."""

    def __init__(self):
        self.values, self.told = {}, []

    def handle_output(self, context, obj):
        self.told.append(("store", context.step_key, context.name))
        self.values[tuple(context.get_identifier())] = obj
        context.add_output_metadata({"rows": 3})

    def load_input(self, context):
        self.told.append(("load", context.name))
        context.add_input_metadata({"read": True})
        return self.values[tuple(context.upstream_output.get_identifier())]


def metadata_of(result, node):
    return {key: value.value for key, value in result.asset_materializations_for_node(node)[0].metadata.items()}


def test_values_go_to_the_io_manager_and_come_from_it_with_metadata_of_both_sides():
    manager = Noting()

    @asset
    def a():
        return 1

    @asset(ins={"a": AssetIn(metadata={"declared": 2})})
    def b(a):
        return a + 1

    result = materialize([a, b], resources={"io_manager": manager})
    assert result.asset_value("b") == 2
    assert manager.told == [("store", "a", "result"), ("load", "a"), ("store", "b", "result")]
    assert metadata_of(result, "a") == {"rows": 3}
    (loaded,) = [event.event_specific_data for event in result.all_events if event.is_loaded_input]
    assert {key: value.value for key, value in loaded.metadata.items()} == {"declared": 2, "read": True}
    handled = [event.event_specific_data for event in result.all_events if event.is_handled_output]
    assert [set(one.metadata) for one in handled] == [{"rows"}, {"rows"}]


def test_the_identifier_of_an_output_is_its_run_step_and_name_and_that_of_an_asset_its_key_and_partition():
    context = build_output_context(
        asset_key="a",
        step_key="s",
        name="n",
        run_id="r",
        partition_key="p",
        asset_partitions_def=StaticPartitionsDefinition(["p"]),
    )
    assert context.get_identifier() == ["r", "s", "n"]
    assert context.get_asset_identifier() == ["a", "p"]
    assert build_input_context(upstream_output=context).get_identifier() == ["r", "s", "n"]
    assert build_output_context(step_key="s", name="n", run_id="r", mapping_key="k").get_identifier() == [
        "r",
        "s",
        "n",
        "k",
    ]


@pytest.mark.parametrize("result", [{"size": 4}, AssetMaterialization("elsewhere")])
def test_handle_output_may_return_metadata_or_a_materialization(result):
    class Gives(IOManager):
        def handle_output(self, context, obj):
            return result

        def load_input(self, context): ...

    @asset
    def a():
        return 1

    made = materialize([a], resources={"io_manager": Gives()})
    keys = {event.asset_key.to_user_string() for event in made.get_asset_materialization_events()}
    if isinstance(result, dict):
        assert metadata_of(made, "a") == {"size": 4}
    else:
        assert keys == {"a", "elsewhere"}


def test_handle_output_may_be_a_generator_and_must_give_nothing_else():
    class Gives(IOManager):
        def handle_output(self, context, obj):
            yield {"size": 4}
            yield AssetObservation("zz")

        def load_input(self, context): ...

    @asset
    def a():
        return 1

    with pytest.raises(DagsterInvariantViolationError, match="AssetObservation"):
        materialize([a], resources={"io_manager": Gives()})


class Failing(IOManager):
    def handle_output(self, context, obj):
        raise OSError("disk full")

    def load_input(self, context):
        raise KeyError("gone")


def test_what_an_io_manager_raises_is_raised_and_its_step_is_not_recorded_as_done():
    @asset
    def x():
        return 1

    with pytest.raises(OSError, match="disk full"):
        materialize([x], resources={"io_manager": Failing()})
    result = materialize([x], resources={"io_manager": Failing()}, raise_on_error=False)
    error = result.failure_data_for_node("x").error
    assert error.class_name == "DagsterExecutionHandleOutputError"
    assert error.message.startswith('Error occurred while handling output "result" of step "x"')
    assert (error.cause.class_name, error.cause.message) == ("OSError", "disk full")
    assert result.get_asset_materialization_events() == []
    assert not result.is_node_success("x")


def test_a_failure_to_load_names_the_input_and_the_step():
    @asset
    def y(x):
        return x

    result = materialize([y, AssetSpec("x")], resources={"io_manager": Failing()}, raise_on_error=False)
    error = result.failure_data_for_node("y").error
    assert error.class_name == "DagsterExecutionLoadInputError"
    assert error.message.startswith('Error occurred while loading input "x" of step "y"')
    assert error.cause.class_name == "KeyError"


def test_an_input_manager_replaces_the_io_manager_of_the_upstream_output():
    stored, loading = Noting(), Noting()
    loading.load_input = lambda context: "from B"

    @asset(io_manager_key="A")
    def x():
        return 1

    @asset(ins={"x": AssetIn(input_manager_key="B")})
    def y(x):
        return x

    result = materialize([x, y], resources={"A": stored, "B": loading})
    assert result.asset_value("y") == "from B"


def test_an_input_manager_gives_a_value_to_an_input_that_nothing_is_wired_to():
    @input_manager
    def im(context):
        return f"{context.name} from nowhere"

    @op(ins={"v": In(input_manager_key="im")})
    def o(v):
        return v

    @job(resource_defs={"im": im})
    def j():
        o()

    assert j.execute_in_process().output_for_node("o") == "v from nowhere"


def test_a_configurable_io_manager_is_configured_and_used():
    class Prefixing(ConfigurableIOManager):
        prefix: str

        def handle_output(self, context, obj): ...

        def load_input(self, context):
            return self.prefix + context.asset_key.to_user_string()

    @asset
    def b(a):
        return a

    result = materialize([b, AssetSpec("a")], resources={"io_manager": Prefixing(prefix="p-")})
    assert result.asset_value("b") == "p-a"


def test_files_of_assets_lie_by_key_and_partition_and_files_of_ops_by_run_step_and_output(tmp_path: Path):
    resources = {"io_manager": FilesystemIOManager(base_dir=str(tmp_path))}
    daily = DailyPartitionsDefinition("2024-01-01")

    @asset(key_prefix="pre")
    def a():
        return 1

    @asset(partitions_def=StaticPartitionsDefinition(["x/1", "y"]))
    def p():
        return 2

    @asset(partitions_def=MultiPartitionsDefinition({"d": daily, "s": StaticPartitionsDefinition(["u"])}))
    def mp():
        return 2

    @op(out={"u": Out(), "v": Out()})
    def two():
        return 1, 2

    @job(resource_defs=resources)
    def j():
        two()

    @op
    def one():
        return 5

    @graph_asset
    def ga():
        return one()

    materialize([a, ga], resources=resources)
    materialize([p], resources=resources, partition_key="x/1")
    key = MultiPartitionKey({"d": "2024-01-02", "s": "u"})
    result = materialize([mp], resources=resources, partition_key=key)
    assert result.asset_materializations_for_node("mp")[0].partition == "2024-01-02|u"
    run_id = j.execute_in_process().run_id
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"pre/a", "ga", "p/x/1", "mp/2024-01-02/u", f"{run_id}/two/u", f"{run_id}/two/v"}


def test_what_cannot_be_pickled_is_refused_with_the_cause(tmp_path: Path):
    @asset
    def unpicklable():
        return lambda: 1

    with pytest.raises(DagsterInvariantViolationError, match="pickle") as raised:
        materialize([unpicklable], resources={"io_manager": FilesystemIOManager(base_dir=str(tmp_path))})
    assert raised.value.__cause__ is not None
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_values_of_op_jobs_live_in_memory_unless_the_job_says_otherwise():
    @op
    def unpicklable():
        return lambda: 7

    @op
    def calls(f):
        return f()

    @job
    def j():
        calls(unpicklable())

    assert j.execute_in_process().output_for_node("calls") == 7


def test_materialize_to_memory_writes_no_files_and_refuses_an_io_manager():
    @asset
    def a():
        return lambda: 1

    result = materialize_to_memory([a])
    assert result.asset_value("a")() == 1
    with pytest.raises(DagsterInvariantViolationError, match="io_manager"):
        materialize_to_memory([a], resources={"io_manager": Noting()})


def test_metadata_of_the_context_wins_over_that_of_the_output_and_the_io_manager_adds_its_own(tmp_path: Path):
    @asset(metadata={"declared": 1})
    def a(context):
        context.add_output_metadata({"x": 1, "k": "added"})
        context.add_asset_metadata({"q": 2})
        return Output(1, metadata={"k": "output", "o": 2})

    result = materialize([a], resources={"io_manager": FilesystemIOManager(base_dir=str(tmp_path))})
    assert metadata_of(result, "a") == {"k": "added", "o": 2, "x": 1, "path": str(tmp_path / "a"), "q": 2}


def test_a_required_output_that_never_comes_fails_the_step():
    @op(out={"x": Out(), "y": Out()})
    def half():
        yield Output(1, "x")

    @job
    def j():
        half()

    with pytest.raises(DagsterStepOutputNotFoundError, match="non-optional output 'y'"):
        j.execute_in_process()


def test_values_of_the_wrong_type_are_refused_where_they_are_given_and_where_they_are_taken():
    @op
    def gives() -> int:
        return "s"

    @op
    def untyped():
        return "s"

    @op
    def takes(x: int): ...

    @job
    def out():
        gives()

    @job
    def into():
        takes(untyped())

    with pytest.raises(DagsterTypeCheckDidNotPass, match=r'output "result".*"Int"'):
        out.execute_in_process()
    with pytest.raises(DagsterTypeCheckDidNotPass, match=r"input 'x'.*'Int'"):
        into.execute_in_process()
    result = into.execute_in_process(raise_on_error=False)
    (checked,) = [e.event_specific_data for e in result.all_events if e.event_type_value == "STEP_INPUT"]
    assert not checked.passed


@pytest.mark.parametrize("value", [1, (1,), (1, 2, 3)])
def test_several_outputs_ask_for_a_tuple_of_their_number(value):
    @multi_asset(outs={"x": AssetOut(), "y": AssetOut()})
    def both():
        return value

    with pytest.raises(DagsterInvariantViolationError, match="outputs x, y"):
        materialize([both])


def test_data_versions_follow_code_and_inputs():
    @asset(code_version="1")
    def a():
        return 1

    @asset(code_version="1")
    def b(a):
        return a

    def versions(result):
        return {
            event.asset_key.to_user_string(): event.materialization.tags["dagster/data_version"]
            for event in result.get_asset_materialization_events()
        }

    first, second = versions(materialize([a, b])), versions(materialize([a, b]))
    assert first == second
    changed = asset(name="a", code_version="2")(lambda: 1)
    third = versions(materialize([changed, b]))
    assert third["a"] != first["a"]
    assert third["b"] != first["b"]


def test_a_data_version_given_by_user_code_is_the_one():
    @asset
    def a():
        return MaterializeResult(data_version=DataVersion("mine"))

    (event,) = materialize([a]).get_asset_materialization_events()
    assert event.materialization.tags["dagster/data_version"] == "mine"
    assert event.asset_key == AssetKey("a")


def test_errors_of_user_code_are_kept_with_the_frames_of_the_user_alone():
    @asset
    def boom():
        raise ValueError("b")

    error = materialize([boom], raise_on_error=False).failure_data_for_node("boom").error
    assert error.class_name == DagsterExecutionStepExecutionError.__name__
    assert error.cause.message == "b"
    assert all("earmark/execute" not in line for line in error.cause.stack)
    assert 'raise ValueError("b")' in error.cause.stack[-1]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"eu": 1}, "lacks 'us'"),
        ({"eu": 1, "us": 2, "asia": 3}, "has, beside them, 'asia'"),
        ([1, 2], "return a dict with one value for each partition key, not list"),
    ],
)
def test_several_partitions_are_given_as_a_dict_of_just_these_or_nothing_is_written(
    tmp_path: Path, given: object, why: str
) -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["asia", "eu", "us"]))
    def sales():
        return given

    tags = {"dagster/asset_partition_range_start": "eu", "dagster/asset_partition_range_end": "us"}
    files = {"io_manager": FilesystemIOManager(base_dir=str(tmp_path))}
    with pytest.raises(DagsterInvariantViolationError, match=why):
        materialize([sales], tags=tags, resources=files)
    assert not list(tmp_path.rglob("*"))


def test_a_dict_that_is_one_partition_is_stored_whole_however_its_keys_are_called(tmp_path: Path) -> None:
    @asset(partitions_def=StaticPartitionsDefinition(["eu", "us"]))
    def sales():
        return {"eu": 1}

    files = {"io_manager": FilesystemIOManager(base_dir=str(tmp_path))}
    one = {"dagster/asset_partition_range_start": "eu", "dagster/asset_partition_range_end": "eu"}
    for told in ({"partition_key": "eu"}, {"tags": one}):
        assert materialize([sales], resources=files, **told).success
        assert pickle.loads((tmp_path / "sales" / "eu").read_bytes()) == {"eu": 1}


def test_contexts_that_are_built_with_a_partition_identify_that_of_the_asset():
    for build in (build_output_context, build_input_context):
        context = build(asset_key=AssetKey(["sales", "orders"]), partition_key="2026-11-01")
        assert context.has_asset_partitions
        assert context.get_asset_identifier() == ["sales", "orders", "2026-11-01"]
    assert not build_output_context(asset_key=AssetKey("orders")).has_asset_partitions
