"""Steps in processes of their own: what one of them suffers, it suffers alone."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from earmark import (
    AssetCheckResult,
    DagsterInstance,
    DagsterSubprocessError,
    Definitions,
    DynamicOut,
    DynamicOutput,
    ExecutorDefinition,
    In,
    JobDefinition,
    Nothing,
    OpExecutionContext,
    Out,
    Output,
    RetryPolicy,
    asset,
    asset_check,
    define_asset_job,
    execute_job,
    instance_for_test,
    job,
    multiprocess_executor,
    op,
)
from earmark.execute.capture import LIMIT
from earmark.system.logs import log_path


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with instance_for_test() as made:
        yield made


def forked(**settings: Any) -> ExecutorDefinition:
    return multiprocess_executor.configured({"max_concurrent": 4, **settings})


def printed(instance: DagsterInstance, run_id: str, step: str, stream: str = "out") -> bytes:
    path = log_path(instance.home, run_id, step, stream)
    return path.read_bytes() if path.exists() else b""


def types(result: Any, step: str) -> list[str]:
    return [event.event_type_value for event in result.events_for_node(step)]


def test_each_step_runs_in_a_process_of_its_own_and_hands_values_on_by_the_io_manager(
    instance: DagsterInstance,
) -> None:
    @op
    def first() -> int:
        return os.getpid()

    @op
    def second(upstream: int) -> tuple[int, int]:
        return upstream, os.getpid()

    @job(executor_def=forked())
    def two() -> None:
        second(first())

    with execute_job(two, instance) as result:
        assert result.success
        pids = {*result.output_for_node("second"), os.getpid()}
    assert len(pids) == 3


def test_the_events_of_a_forked_step_come_in_the_documented_order(instance: DagsterInstance) -> None:
    @op
    def first() -> int:
        return 1

    @op
    def second(value: int) -> int:
        return value

    @job(executor_def=forked())
    def two() -> None:
        second(first())

    result = execute_job(two, instance)
    names = [event.event_type_value + (f"[{event.step_key}]" if event.step_key else "") for event in result.all_events]
    assert names == [
        "PIPELINE_START",
        "ENGINE_EVENT",
        "STEP_WORKER_STARTING[first]",
        "STEP_WORKER_STARTED[first]",
        "RESOURCE_INIT_STARTED[first]",
        "RESOURCE_INIT_SUCCESS[first]",
        "LOGS_CAPTURED",
        "STEP_START[first]",
        "STEP_OUTPUT[first]",
        "HANDLED_OUTPUT[first]",
        "STEP_SUCCESS[first]",
        "STEP_WORKER_STARTING[second]",
        "STEP_WORKER_STARTED[second]",
        "RESOURCE_INIT_STARTED[second]",
        "RESOURCE_INIT_SUCCESS[second]",
        "LOGS_CAPTURED",
        "STEP_START[second]",
        "LOADED_INPUT[second]",
        "STEP_INPUT[second]",
        "STEP_OUTPUT[second]",
        "HANDLED_OUTPUT[second]",
        "STEP_SUCCESS[second]",
        "ENGINE_EVENT",
        "PIPELINE_SUCCESS",
    ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_killed_process_fails_its_step_alone_and_the_signal_is_named(
    instance: DagsterInstance, number: signal.Signals
) -> None:
    @op
    def dies() -> None:
        faulthandler.disable()  # that of the tests, which would tell of the death as of its own
        os.kill(os.getpid(), number)

    @op(ins={"start": In(Nothing)})
    def after() -> None: ...

    @op
    def lives() -> int:
        return 1

    @job(executor_def=forked())
    def mixed() -> None:
        after(dies())
        lives()

    result = execute_job(mixed, instance)
    assert not result.success
    assert result.get_failed_step_keys() == {"dies"}
    assert number.name in result.failure_data_for_node("dies").error.message
    assert result.is_node_success("lives")
    assert result.is_node_untouched("after")
    assert instance.get_run_by_id(result.run_id).status.value == "FAILURE"


def test_a_process_that_exits_fails_its_step_and_the_code_is_named(instance: DagsterInstance) -> None:
    @op
    def leaves() -> None:
        os._exit(7)

    @job(executor_def=forked())
    def leaving() -> None:
        leaves()

    result = execute_job(leaving, instance)
    assert "exit code 7" in result.failure_data_for_node("leaves").error.message


def test_sys_exit_in_user_code_fails_the_step_and_is_named(instance: DagsterInstance) -> None:
    @op
    def leaves() -> None:
        sys.exit(3)

    @job(executor_def=forked())
    def leaving() -> None:
        leaves()

    result = execute_job(leaving, instance)
    assert result.get_failed_step_keys() == {"leaves"}
    assert [type_ for type_ in types(result, "leaves") if type_ == "STEP_FAILURE"]
    assert result.failure_data_for_node("leaves").error.cause.class_name == "SystemExit"


def test_what_a_step_prints_is_kept_by_stream_and_by_step(instance: DagsterInstance) -> None:
    @op
    def talks() -> None:
        print("to stdout")
        print("to stderr", file=sys.stderr)
        os.system("echo from a child")

    @op
    def also() -> None:
        print("from the other")

    @job(executor_def=forked())
    def talking() -> None:
        talks()
        also()

    run_id = execute_job(talking, instance).run_id
    assert printed(instance, run_id, "talks").splitlines() == [b"to stdout", b"from a child"]
    assert printed(instance, run_id, "talks", "err") == b"to stderr\n"
    assert printed(instance, run_id, "also") == b"from the other\n"


def test_bytes_that_are_no_text_are_kept_as_they_are(instance: DagsterInstance) -> None:
    @op
    def babbles() -> None:
        os.write(1, b"\xff\xfe\x00 no text \xc3")

    @job(executor_def=forked())
    def babbling() -> None:
        babbles()

    result = execute_job(babbling, instance)
    assert result.success
    assert printed(instance, result.run_id, "babbles") == b"\xff\xfe\x00 no text \xc3"


def test_a_flood_is_cut_at_the_limit_and_neither_blocks_nor_fails_the_step(instance: DagsterInstance) -> None:
    @op
    def floods() -> None:
        block = b"x" * 1_000_000
        for _ in range(LIMIT // len(block) + 8):
            os.write(1, block)

    @job(executor_def=forked())
    def flooding() -> None:
        floods()

    result = execute_job(flooding, instance)
    assert result.success
    kept = printed(instance, result.run_id, "floods")
    assert kept[:LIMIT] == b"x" * LIMIT
    assert b"cut here" in kept[LIMIT:]
    assert len(kept) < LIMIT + 200


def test_an_output_that_cannot_be_pickled_fails_its_step_and_says_so(instance: DagsterInstance) -> None:
    @op
    def unpicklable() -> Any:
        return lambda: 1

    @job(executor_def=forked())
    def storing() -> None:
        unpicklable()

    result = execute_job(storing, instance)
    assert result.get_failed_step_keys() == {"unpicklable"}
    assert "pickle" in result.failure_data_for_node("unpicklable").error.to_string().lower()


def test_a_grandchild_that_keeps_the_pipes_open_does_not_hold_the_step(instance: DagsterInstance) -> None:
    @op
    def leaves_a_child() -> int:
        pid = os.fork()
        if pid == 0:
            time.sleep(20)
            os._exit(0)
        return pid

    @job(executor_def=forked())
    def leaving() -> None:
        leaves_a_child()

    started = time.monotonic()
    with execute_job(leaving, instance) as result:
        assert result.success
        os.kill(result.output_for_node("leaves_a_child"), signal.SIGKILL)
    assert time.monotonic() - started < 15


def _overlap(folder: Path) -> int:
    """The largest number of steps that ran at once, by the marks they left."""
    marks = []
    for path in folder.iterdir():
        begin, end = (float(part) for part in path.read_text().split())
        marks += [(begin, 1), (end, -1)]
    running = most = 0
    for _, change in sorted(marks):
        running += change
        most = max(most, running)
    return most


def _marking(folder: Path, seconds: float = 0.15) -> Callable[[str], Any]:
    def make(name: str, **tags: str) -> Any:
        @op(name=name, tags=tags)
        def marks() -> None:
            begin = time.time()
            time.sleep(seconds)
            (folder / name).write_text(f"{begin} {time.time()}")

        return marks

    return make


def test_no_more_steps_run_at_once_than_max_concurrent_allows(instance: DagsterInstance, tmp_path: Path) -> None:
    make = _marking(tmp_path)
    ops = [make(f"s{number}") for number in range(5)]

    @job(executor_def=forked(max_concurrent=2))
    def many() -> None:
        for one in ops:
            one()

    assert execute_job(many, instance).success
    assert _overlap(tmp_path) == 2


def test_a_limit_by_tag_holds_back_only_steps_with_the_tag(instance: DagsterInstance, tmp_path: Path) -> None:
    heavy, light = tmp_path / "heavy", tmp_path / "light"
    heavy.mkdir()
    light.mkdir()
    make_heavy, make_light = _marking(heavy), _marking(light, 0.4)
    ops = [make_heavy(f"h{number}", weight="heavy") for number in range(3)] + [make_light(f"l{n}") for n in range(2)]
    limits = [{"key": "weight", "value": "heavy", "limit": 1}]

    @job(executor_def=forked(max_concurrent=5, tag_concurrency_limits=limits))
    def many() -> None:
        for one in ops:
            one()

    assert execute_job(many, instance).success
    assert _overlap(heavy) == 1
    assert _overlap(light) == 2


def test_among_ready_steps_the_higher_priority_starts_first(instance: DagsterInstance, tmp_path: Path) -> None:
    make = _marking(tmp_path, 0.0)
    ops = [make(name, **tags) for name, tags in (
        ("a", {}),
        ("b", {"dagster/priority": "5"}),
        ("c", {"dagster/priority": "-1"}),
        ("d", {"dagster/priority": "2"}),
    )]  # fmt: skip

    @job(executor_def=forked(max_concurrent=1))
    def many() -> None:
        for one in ops:
            one()

    result = execute_job(many, instance)
    assert [event.step_key for event in result.all_events if event.is_step_start] == ["b", "d", "a", "c"]


def test_a_step_is_tried_again_in_a_new_process(instance: DagsterInstance, tmp_path: Path) -> None:
    @op(retry_policy=RetryPolicy(max_retries=2, delay=0.01))
    def flaky(context: OpExecutionContext) -> int:
        with (tmp_path / "pids").open("a") as file:
            file.write(f"{os.getpid()}\n")
        if context.retry_number < 2:
            raise ValueError("not yet")
        return int(context.retry_number)

    @job(executor_def=forked())
    def retried() -> None:
        flaky()

    with execute_job(retried, instance) as result:
        assert result.output_for_node("flaky") == 2
    assert result.retry_attempts_for_node("flaky") == 2
    assert len(set((tmp_path / "pids").read_text().split())) == 3


def test_dynamic_outputs_map_and_collect_across_processes(instance: DagsterInstance) -> None:
    @op(out=DynamicOut())
    def numbers() -> Iterator[DynamicOutput[int]]:
        for number in range(4):
            yield DynamicOutput(number, mapping_key=f"k{number}")

    @op(out=Out(is_required=False))
    def odd(number: int) -> Iterator[Output[int]]:
        if number % 2:
            yield Output(number)

    @op
    def total(found: list[int]) -> int:
        return sum(found)

    @job(executor_def=forked())
    def summing() -> None:
        total(numbers().map(odd).collect())

    with execute_job(summing, instance) as result:
        assert result.success
        assert result.output_for_node("odd") == {"k1": 1, "k3": 3}
        assert result.output_for_node("total") == 4


def test_a_chain_of_two_hundred_steps_runs_to_its_end(instance: DagsterInstance) -> None:
    @op
    def zero() -> int:
        return 0

    @op
    def more(value: int) -> int:
        return value + 1

    @job(executor_def=forked())
    def chain() -> None:
        value = zero()
        for _ in range(199):
            value = more(value)

    with execute_job(chain, instance) as result:
        assert result.success
        assert result.output_for_node("more_199") == 199


def test_assets_keep_their_lineage_of_data_versions_across_processes(instance: DagsterInstance) -> None:
    @asset(code_version="1")
    def source() -> int:
        return 1

    @asset(code_version="2")
    def derived(source: int) -> int:
        return source + 1

    definitions = Definitions([source, derived], jobs=[define_asset_job("all", executor_def=forked())])
    made = definitions.resolve_job_def("all")
    assert execute_job(made, instance).success
    provenance = instance.data_provenance(derived.key)
    assert provenance.code_version == "2"
    assert provenance.input_data_versions == {source.key: instance.latest_data_version(source.key)}


def test_a_failed_step_is_raised_where_failures_are_raised_with_what_it_said(instance: DagsterInstance) -> None:
    @op
    def fails() -> None:
        raise ValueError("no rows")

    @job(executor_def=forked())
    def failing() -> None:
        fails()

    with pytest.raises(DagsterSubprocessError, match="ValueError: no rows"):
        execute_job(failing, instance, raise_on_error=True)


def test_resources_are_set_up_in_each_process_for_its_step_alone(instance: DagsterInstance, tmp_path: Path) -> None:
    from earmark import resource

    @resource
    def noted(_context: Any) -> Iterator[str]:
        with (tmp_path / "log").open("a") as file:
            file.write(f"up {os.getpid()}\n")
        yield "it"
        with (tmp_path / "log").open("a") as file:
            file.write(f"down {os.getpid()}\n")

    @op(required_resource_keys={"noted"})
    def uses(context: OpExecutionContext) -> int:
        assert context.resources.noted == "it"
        return os.getpid()

    @op
    def plain() -> None: ...

    @job(executor_def=forked(), resource_defs={"noted": noted})
    def using() -> None:
        uses()
        plain()

    with execute_job(using, instance) as result:
        pid = result.output_for_node("uses")
    assert (tmp_path / "log").read_text().splitlines() == [f"up {pid}", f"down {pid}"]


def test_a_thread_of_the_run_does_not_keep_steps_from_being_forked(instance: DagsterInstance) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()

    @op
    def one() -> int:
        return 1

    @job(executor_def=forked())
    def single() -> None:
        one()

    try:
        assert execute_job(single, instance).success
    finally:
        stop.set()
        thread.join()


def test_an_instance_in_memory_gets_the_events_of_forked_steps_too() -> None:
    @op
    def one() -> int:
        return 1

    @job(executor_def=forked())
    def single() -> None:
        one()

    with DagsterInstance.ephemeral() as instance:
        result = execute_job(single, instance)
        assert [event.step_key for event in result.get_step_success_events()] == ["one"]
        assert instance.get_run_by_id(result.run_id).is_success


def test_steps_die_with_the_process_of_their_run(instance: DagsterInstance, tmp_path: Path) -> None:
    @op
    def long() -> None:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(60)

    @job(executor_def=forked())
    def lasting() -> None:
        long()

    pid = _executing(lasting, instance)
    written = tmp_path / "pid"
    _until(lambda: written.exists() and written.read_text() != "")
    step = int(written.read_text())
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    _until(lambda: not _lives(step))


def test_an_interrupt_reaches_the_steps_so_that_their_finally_blocks_run(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    @op
    def long() -> None:
        (tmp_path / "begun").touch()
        try:
            time.sleep(60)
        finally:
            (tmp_path / "cleaned").touch()

    @job(executor_def=forked())
    def lasting() -> None:
        long()

    pid = _executing(lasting, instance)
    _until((tmp_path / "begun").exists)
    os.kill(pid, signal.SIGINT)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    assert (tmp_path / "cleaned").exists()
    (run,) = instance.get_runs()
    assert run.status.value == "CANCELED"


def test_an_interrupt_of_all_processes_at_once_leaves_steps_time_to_clean_up(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    @op
    def long() -> None:
        (tmp_path / "begun").touch()
        try:
            time.sleep(60)
        finally:
            time.sleep(0.5)
            (tmp_path / "cleaned").touch()

    @job(executor_def=forked())
    def lasting() -> None:
        long()

    pid = _executing(lasting, instance, own_group=True)
    _until((tmp_path / "begun").exists)
    os.killpg(pid, signal.SIGINT)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    assert (tmp_path / "cleaned").exists()


def _executing(wanted: JobDefinition, instance: DagsterInstance, *, own_group: bool = False) -> int:
    """Return the process that executes a job; it ends with 5 if it is interrupted."""
    pid = os.fork()
    if pid == 0:
        if own_group:
            os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # jobs in the background of a shell ignore it
        try:
            execute_job(wanted, instance)
        except KeyboardInterrupt:
            os._exit(5)
        os._exit(0)
    return pid


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_a_check_that_stores_nothing_still_loads_its_asset_by_the_assets_io_manager(instance: DagsterInstance) -> None:
    @asset
    def rows() -> int:
        return 3

    @asset_check(asset=rows)
    def there_are_rows(rows: int) -> AssetCheckResult:
        return AssetCheckResult(passed=rows == 3)

    checked = define_asset_job("checked", selection="*", executor_def=forked())
    made = Definitions(assets=[rows], asset_checks=[there_are_rows], jobs=[checked])
    result = execute_job(made.get_job_def("checked"), instance)
    assert result.success
    assert [evaluation.passed for evaluation in result.get_asset_check_evaluations()] == [True]


def test_a_line_that_a_step_logs_is_seen_while_it_works_on_in_silence(
    instance: DagsterInstance, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"

    @op
    def silent(context: OpExecutionContext) -> bool:
        context.log.info("loading")
        deadline = time.monotonic() + 20
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return seen.exists()

    @op
    def told(was_seen: bool) -> None:
        assert was_seen

    @job(executor_def=forked())
    def works() -> None:
        told(silent())

    def look() -> None:
        deadline = time.monotonic() + 20
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
            logs = [entry for run in instance.get_runs() for entry in instance.all_logs(run.run_id)]
            if any(entry.user_message == "loading" for entry in logs):
                seen.touch()

    looking = threading.Thread(target=look)
    looking.start()
    result = execute_job(works, instance)
    looking.join()
    assert result.success
