"""Pipes without a process: what is told of a step, and what becomes of each message and of each that is none."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import earmark as em
from earmark.events.kinds import Logged
from earmark.execute.pipes.wire import decode_param, encode_param

VERSION = {"__dagster_pipes_version": "0.1"}


def message(method: str, **params: Any) -> dict[str, Any]:
    return {**VERSION, "method": method, "params": params}


OPENED, CLOSED = message("opened", extras={}), message("closed")


class Said(em.PipesMessageReader):
    """A process that says these messages and ends."""

    def __init__(self, *messages: Any) -> None:
        self._messages = messages

    @contextmanager
    def read_messages(self, handler: em.PipesMessageHandler) -> Iterator[Mapping[str, Any]]:
        yield {}
        for one in self._messages:
            handler.take_line(one if isinstance(one, str) else json.dumps(one), "said")

    def no_messages_debug_text(self) -> str:
        return "It was to be said."


def within(use: Callable[[em.AssetExecutionContext], Any], **asset: Any) -> em.ExecuteInProcessResult:
    """Materialize an asset whose function is ``use``."""

    @em.asset(name="orders", **asset)
    def orders(context: em.AssetExecutionContext) -> Any:
        return use(context)

    key = "2024-01-03" if "partitions_def" in asset else None
    return em.materialize([orders], partition_key=key, raise_on_error=False)


def logged(result: em.ExecuteInProcessResult) -> list[tuple[int, str]]:
    return [(e.fact.level, e.fact.message) for e in result._told if isinstance(e.fact, Logged)]


def hear(*messages: Any, **asset: Any) -> tuple[em.ExecuteInProcessResult, Any]:
    """Run an asset whose process says these messages; return the result of the run and what it returned."""
    got: list[Any] = []

    def use(context: em.AssetExecutionContext) -> Any:
        with em.open_pipes_session(context, em.PipesEnvContextInjector(), Said(*messages)) as session:
            pass
        got.append(session)
        return em.PipesClientCompletedInvocation(session, {"by": "test"}).get_materialize_result()

    return within(use, **asset), (got or [None])[0]


def failure_of(result: em.ExecuteInProcessResult) -> str:
    [event] = result.filter_events(lambda one: one.is_step_failure)
    error = event.step_failure_data.error
    return f"{error.message} {error.cause.message if error.cause else ''}"


def test_a_process_is_told_its_assets_partitions_versions_and_extras() -> None:
    seen: dict[str, Any] = {}

    def use(context: em.AssetExecutionContext) -> Any:
        with em.open_pipes_session(context, em.PipesEnvContextInjector(), Said(OPENED, CLOSED), {"n": 1}) as session:
            seen.update(decode_param(session.get_bootstrap_env_vars()["DAGSTER_PIPES_CONTEXT"])["data"])
        return session.get_results()

    days = em.DailyPartitionsDefinition("2024-01-01")
    result = within(use, code_version="7", partitions_def=days, key_prefix="sales")
    assert result.success
    assert seen == {
        "asset_keys": ["sales/orders"],
        "code_version_by_asset_key": {"sales/orders": "7"},
        "provenance_by_asset_key": {"sales/orders": None},
        "partition_key": "2024-01-03",
        "partition_key_range": {"start": "2024-01-03", "end": "2024-01-03"},
        "partition_time_window": {"start": "2024-01-03T00:00:00+00:00", "end": "2024-01-04T00:00:00+00:00"},
        "run_id": result.run_id,
        "job_name": result.dagster_run.job_name,
        "retry_number": 0,
        "extras": {"n": 1},
    }


def test_extras_that_are_no_data_of_json_are_refused_before_anything_starts() -> None:
    def use(context: em.AssetExecutionContext) -> None:
        with em.open_pipes_session(context, em.PipesEnvContextInjector(), Said(), {"when": object()}):
            raise AssertionError("not reached")

    assert "extras of a Pipes process are data of JSON" in failure_of(within(use))


def test_what_is_reported_is_what_the_asset_returns_with_its_checks() -> None:
    result, session = hear(
        OPENED,
        message(
            "report_asset_materialization",
            asset_key="orders",
            data_version="v1",
            metadata={
                "rows": {"raw_value": 3, "type": "__infer__"},
                "page": {"raw_value": "http://x", "type": "url"},
                "columns": {"raw_value": {"columns": [{"name": "id", "type": "int"}]}, "type": "table_schema"},
            },
        ),
        message(
            "report_asset_check",
            asset_key="orders",
            check_name="has_rows",
            passed=False,
            severity="WARN",
            metadata={},
        ),
        message("report_custom_message", payload={"a": [1]}),
        CLOSED,
        check_specs=[em.AssetCheckSpec("has_rows", asset="orders")],
    )
    assert result.success
    [written] = result.asset_materializations_for_node("orders")
    assert written.metadata["rows"].value == 3
    assert isinstance(written.metadata["page"], em.UrlMetadataValue)
    assert written.metadata["columns"].value.columns[0].name == "id"
    assert written.metadata["by"].value == "test"
    assert written.tags["dagster/data_version"] == "v1"
    [check] = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed, check.severity) == ("has_rows", False, em.AssetCheckSeverity.WARN)
    assert session.get_custom_messages() == ({"a": [1]},)


def test_log_lines_keep_their_level_and_one_of_an_unknown_level_is_kept_too() -> None:
    result, _ = hear(
        OPENED, message("log", message="careful", level="WARNING"), message("log", message="hm", level="LOUD"), CLOSED
    )
    told = logged(result)
    assert (30, "careful") in told
    assert any(text.startswith("hm (its level, 'LOUD'") for _, text in told)


def test_a_process_that_closes_with_an_error_has_its_causes_in_the_log() -> None:
    cause = {"message": "no such table", "name": "KeyError", "stack": ["  in load\n"], "cause": None, "context": None}
    raised = {"message": "cannot load", "name": "RuntimeError", "stack": [], "cause": cause, "context": None}
    result, session = hear(OPENED, message("closed", exception=raised))
    [text] = [text for level, text in logged(result) if level == 40]
    assert text.index("KeyError: no such table") < text.index("RuntimeError: cannot load")
    assert session.message_handler.exception == "RuntimeError: cannot load"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("Traceback (most recent call last):", "it is no JSON"),
        ('{"__dagster_pipes_version": "0.1", "method": "log", "par', "it is no JSON"),
        ("[1, 2]", "A message is an object of JSON"),
        ({"method": "log", "params": {}}, "'__dagster_pipes_version'"),
        ({**VERSION, "__dagster_pipes_version": "7.0", "method": "log"}, "'7.0'"),
        (message("lgo", message="x"), "no message 'lgo'. Did you mean 'log'"),
        ({**VERSION, "method": 3}, "has a 'method'"),
        ({**VERSION, "method": "log", "params": [1]}, "'params' of a message"),
        (message("report_asset_materialization"), "needs 'asset_key' as text"),
        (message("report_asset_materialization", asset_key="orders", data_version=3), "A data version is text"),
        (message("report_asset_materialization", asset_key="orders", metadata=[1]), "Metadata is an object"),
        (
            message(
                "report_asset_materialization", asset_key="orders", metadata={"x": {"raw_value": 1, "type": "itn"}}
            ),
            "Did you mean 'int'",
        ),
        (
            message("report_asset_materialization", asset_key="orders", metadata={"x": {"raw_value": 1, "type": "md"}}),
            "'md' cannot be 1",
        ),
        (message("report_asset_check", asset_key="orders", check_name="c", passed="yes"), "true or false, not 'yes'"),
        (
            message("report_asset_check", asset_key="orders", check_name="c", passed=True, severity="BAD"),
            "WARN or ERROR, not 'BAD'",
        ),
    ],
)
def test_a_message_that_cannot_be_read_is_told_at_once_and_fails_the_step(said: Any, why: str) -> None:
    result, _ = hear(OPENED, said, message("log", message="later", level="INFO"), CLOSED)
    assert not result.success
    assert "could not be read" in failure_of(result)
    assert why in failure_of(result)
    assert any(level == 40 and why in text for level, text in logged(result))
    assert (20, "later") in logged(result), "what comes after it is heard all the same"


def test_a_process_that_never_opens_is_told_with_where_it_was_listened_for() -> None:
    result, _ = hear()
    assert result.success
    [text] = [text for level, text in logged(result) if level == 30]
    assert "never opened the pipe" in text
    assert "environment variable" in text
    assert "It was to be said." in text


def test_a_process_that_never_closes_is_told() -> None:
    result, _ = hear(OPENED)
    assert [text for level, text in logged(result) if level == 30 and "did not close the pipe" in text]


def test_several_assets_ask_for_get_results() -> None:
    result, _ = hear(OPENED, message("report_asset_materialization", asset_key="other"), CLOSED)
    assert "this one wrote orders, other" in failure_of(result)
    assert "get_results()" in failure_of(result)


def test_a_check_of_its_own_is_one_result() -> None:
    @em.asset_check(asset="orders")
    def has_rows(context: em.AssetCheckExecutionContext) -> em.AssetCheckResult:
        reader = Said(
            OPENED, message("report_asset_check", asset_key="orders", check_name="has_rows", passed=True), CLOSED
        )
        with em.open_pipes_session(context, em.PipesEnvContextInjector(), reader) as session:
            assert session.context_data["asset_keys"] == ["orders"]
        return em.PipesClientCompletedInvocation(session).get_asset_check_result()

    @em.asset
    def orders() -> None:
        return None

    [found] = em.materialize([orders, has_rows]).get_asset_check_evaluations()
    assert found.passed


def test_command_line_options_say_the_same_as_the_environment() -> None:
    @em.op
    def look(context: em.OpExecutionContext) -> bool:
        with em.open_pipes_session(context, em.PipesEnvContextInjector(), Said(OPENED, CLOSED)) as session:
            pass
        assert session.context_data["asset_keys"] is None
        assert session.default_remote_invocation_info == {"dagster/run-id": context.run_id, "dagster/job": "looks"}
        return sorted(session.get_bootstrap_cli_arguments().values()) == sorted(
            session.get_bootstrap_env_vars().values()
        )

    @em.job
    def looks() -> None:
        look()

    assert looks.execute_in_process().output_for_node("look")


def test_a_param_survives_its_way() -> None:
    value = {"path": "/ä/b", "n": [1, None, {"x": True}]}
    assert decode_param(encode_param(value)) == value


def test_a_last_line_without_its_end_is_heard_and_bytes_that_are_no_text_do_not_stop_the_reader(tmp_path: Path) -> None:
    handler = em.PipesMessageHandler(em.build_op_context(), em.PipesFileMessageReader(tmp_path / "messages"))
    with handler.handle_messages() as params, open(params["path"], "ab") as file:
        file.write(b"\xff\xfe\n\n")
        file.write(json.dumps(message("report_custom_message", payload=1)).encode())
    assert handler.get_custom_messages() == (1,)
    assert len(handler.faults) == 1
    assert handler.faults[0].startswith("line 1: it is no JSON")
    assert not (tmp_path / "messages").exists()


class Pieces(em.PipesBlobStoreMessageReader):
    def __init__(self, pieces: dict[int, str], **more: Any) -> None:
        super().__init__(interval=0.01, **more)
        self.pieces = pieces
        self.failures = 1

    @contextmanager
    def get_params(self) -> Iterator[Mapping[str, Any]]:
        yield {"prefix": "p"}

    def messages_are_readable(self, params: Mapping[str, Any]) -> bool:
        return True

    def download_messages_chunk(self, index: int, params: Mapping[str, Any]) -> str | None:
        if self.failures:
            self.failures -= 1
            raise OSError("out of reach for a moment")
        return self.pieces.pop(index, None)

    def no_messages_debug_text(self) -> str:
        return "pieces"


class Printed(em.PipesLogReader):
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def start(self, params: Mapping[str, Any], is_session_closed: threading.Event) -> None:
        self.seen.append(dict(params))

    def stop(self) -> None:
        self.seen.append("stopped")

    def is_running(self) -> bool:
        return len(self.seen) == 1

    def target_is_readable(self, params: Mapping[str, Any]) -> bool:
        return "extras" in params


def test_pieces_are_read_in_order_through_a_failure_and_log_readers_start_once_the_process_has_opened() -> None:
    printed = Printed()
    reader = Pieces({1: json.dumps(message("opened", extras={"logs": 1}))}, log_readers=[printed])
    handler = em.PipesMessageHandler(em.build_op_context(), reader)
    with handler.handle_messages():
        deadline = time.monotonic() + 5
        while not printed.is_running() and time.monotonic() < deadline:
            time.sleep(0.005)
        reader.pieces[2] = json.dumps(message("report_custom_message", payload="late")) + "\n" + json.dumps(CLOSED)
    assert handler.get_custom_messages() == ("late",)
    assert handler.received_closed_message
    assert reader.counter == 3
    assert printed.seen == [{"prefix": "p", "extras": {"logs": 1}}, "stopped"]


def test_several_processes_report_to_one_session() -> None:
    def use(context: em.AssetExecutionContext) -> Any:
        reported = message("report_asset_materialization", asset_key="orders")
        both = em.PipesCompositeMessageReader([Said(OPENED, reported, CLOSED), Said(OPENED)])
        with em.open_pipes_session(context, em.PipesEnvContextInjector(), both) as session:
            assert len(session.get_per_writer_bootstrap_env_vars()) == 2
        assert session.message_handler.received_opened_message
        assert not session.message_handler.received_closed_message
        return session.get_results()

    result = within(use)
    assert result.success
    assert any("1 of the processes did not close" in text for _, text in logged(result))


def test_a_composite_reader_refuses_composites() -> None:
    one = em.PipesTempFileMessageReader()
    with pytest.raises(em.DagsterInvalidInvocationError, match="reads for 2"):
        em.PipesCompositeMessageReader([one, em.PipesCompositeMessageReader([one, one])])
