"""Pipes with real processes: scripts that speak by the package ``dagster-pipes``, and scripts that go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import earmark as em
from earmark.events.kinds import Logged
from earmark.values.states import DagsterRunStatus
from tests.process.hosting import Hosted, is_gone, until

pytestmark = pytest.mark.process

OPEN = "import os, sys, time\nfrom dagster_pipes import open_dagster_pipes\n"


def run_script(
    folder: Path, script: str, client: em.PipesSubprocessClient | None = None, **run: Any
) -> tuple[em.ExecuteInProcessResult, list[Any]]:
    """Materialize an asset by a script; return the result of the run and what the client returned."""
    file = folder / "script.py"
    file.write_text(script)
    got: list[Any] = []

    @em.asset(check_specs=[em.AssetCheckSpec("has_rows", asset="orders")] if "has_rows" in script else None)
    def orders(context: em.AssetExecutionContext, pipes: em.PipesSubprocessClient) -> Any:
        done = pipes.run(context=context, command=[sys.executable, str(file)], **run)
        got.append(done)
        return done.get_materialize_result()

    pipes = client or em.PipesSubprocessClient()
    return em.materialize([orders], resources={"pipes": pipes}, raise_on_error=False), got


def failure_of(result: em.ExecuteInProcessResult) -> str:
    [event] = result.filter_events(lambda one: one.is_step_failure)
    error = event.step_failure_data.error
    return f"{error.message} {error.cause.message if error.cause else ''}"


def logged(result: em.ExecuteInProcessResult) -> list[str]:
    return [one.fact.message for one in result._told if isinstance(one.fact, Logged)]


def test_a_script_knows_its_step_and_what_it_reports_becomes_events(tmp_path: Path) -> None:
    script = f"""{OPEN}
with open_dagster_pipes() as pipes:
    pipes.log.info("for %s", pipes.asset_key)
    rows = pipes.get_extra("rows")
    pipes.report_asset_materialization(
        metadata={{"rows": rows, "page": {{"raw_value": "http://x", "type": "url"}}, "none": None}}, data_version="v2"
    )
    pipes.report_asset_check("has_rows", passed=rows > 0, severity="WARN", metadata={{"rows": rows}})
    pipes.report_custom_message({{"pid": os.getpid(), "team": os.environ["TEAM"], "cwd": os.getcwd()}})
"""
    client = em.PipesSubprocessClient(env={"TEAM": "core"}, cwd="/")
    result, [done] = run_script(tmp_path, script, client, extras={"rows": 3}, env={"TEAM": "growth"}, cwd=str(tmp_path))
    assert result.success, failure_of(result)
    [written] = result.asset_materializations_for_node("orders")
    assert written.metadata["rows"].value == 3
    assert written.metadata["page"].value == "http://x"
    assert written.tags["dagster/data_version"] == "v2"
    [check] = result.get_asset_check_evaluations()
    assert check.passed and check.metadata["rows"].value == 3
    [told] = done.get_custom_messages()
    assert told["team"] == "growth"
    assert told["cwd"] == str(tmp_path)
    assert "for orders" in logged(result)


@pytest.mark.parametrize("way", ["environment", "file", "options"])
def test_the_context_and_the_messages_travel_by_every_way_that_the_package_knows(tmp_path: Path, way: str) -> None:
    script = (
        f"{OPEN}from dagster_pipes import PipesCliArgsParamsLoader\n"
        f"loader = PipesCliArgsParamsLoader() if {way!r} == 'options' else None\n"
        "with open_dagster_pipes(**({'params_loader': loader} if loader else {})) as pipes:\n"
        "    pipes.report_custom_message(pipes.run_id)\n"
    )
    (tmp_path / "script.py").write_text(script)

    @em.op
    def ask(context: em.OpExecutionContext) -> bool:
        injector = em.PipesFileContextInjector(tmp_path / "c") if way == "file" else em.PipesEnvContextInjector()
        reader = em.PipesFileMessageReader(tmp_path / "m", cleanup_file=False)
        with em.open_pipes_session(context, injector, reader) as session:
            told = session.get_bootstrap_cli_arguments().items() if way == "options" else ()
            variables = {} if way == "options" else session.get_bootstrap_env_vars()
            options = [word for pair in told for word in pair]
            command = [sys.executable, str(tmp_path / "script.py"), *options]
            subprocess.run(command, env={**os.environ, **variables}, check=True)
        return list(session.get_custom_messages()) == [context.run_id]

    @em.job
    def asks() -> None:
        ask()

    assert asks.execute_in_process().output_for_node("ask")
    assert (tmp_path / "m").exists()
    assert not (tmp_path / "c").exists()


def test_a_script_that_raises_fails_the_step_by_its_own_words_and_keeps_what_it_reported_in_the_log(
    tmp_path: Path,
) -> None:
    script = f"""{OPEN}
with open_dagster_pipes() as pipes:
    pipes.report_asset_materialization(metadata={{"rows": 3}})
    raise ValueError("no customer 17")
"""
    result, _ = run_script(tmp_path, script)
    assert "ended with exit code 1. It told of its error: ValueError: no customer 17" in failure_of(result)
    assert any("had reported that orders was written: {'rows': 3}" in text for text in logged(result))
    assert not result.asset_materializations_for_node("orders")


def test_a_script_that_is_killed_half_way_through_a_message_names_the_signal(tmp_path: Path) -> None:
    script = f"""{OPEN}
from dagster_pipes import decode_env_var
pipes = open_dagster_pipes()
with open(decode_env_var(os.environ["DAGSTER_PIPES_MESSAGES"])["path"], "a") as file:
    file.write('{{"__dagster_pipes_version": "0.1", "method": "log", "params": {{"mess')
os.kill(os.getpid(), 9)
"""
    result, _ = run_script(tmp_path, script)
    assert "was killed by SIGKILL. 1 of its messages could not be read." in failure_of(result)
    assert any("it is no JSON" in text for text in logged(result))


def test_a_command_that_does_not_exist_or_is_one_text_says_what_to_do(tmp_path: Path) -> None:
    seen: list[str] = []

    @em.asset
    def orders(context: em.AssetExecutionContext, pipes: em.PipesSubprocessClient) -> None:
        for command, folder in (("no-such-program", None), ("python script.py", None), (["true"], "/no/such/folder")):
            with pytest.raises(em.DagsterPipesExecutionError) as caught:
                pipes.run(context=context, command=command, cwd=folder)
            seen.append(str(caught.value))

    assert em.materialize([orders], resources={"pipes": em.PipesSubprocessClient()}).success
    assert "`no-such-program` could not be started" in seen[0]
    assert "Arguments are given as a list: command=['python', 'script.py']." in seen[1]
    assert "'/no/such/folder', which is no folder" in seen[2]


def test_what_the_command_left_running_in_its_group_ends_with_it_and_it_reads_nothing(tmp_path: Path) -> None:
    script = """
import subprocess, sys
assert sys.stdin.read() == ""
print(subprocess.Popen(["sleep", "60"]).pid, file=open(sys.argv[0] + ".pid", "w"))
"""
    result, _ = run_script(tmp_path, script, em.PipesSubprocessClient(forward_stdio=False))
    assert result.success, failure_of(result)
    assert is_gone(int((tmp_path / "script.py.pid").read_text()))


PROJECT = """
import os, sys
import earmark as em

SCRIPT = '''
import os, signal, subprocess, sys, time
from dagster_pipes import open_dagster_pipes
mode = sys.argv[1]
with open_dagster_pipes() as pipes:
    print("printed by the script", flush=True)
    print("complained by the script", file=sys.stderr, flush=True)
    pipes.log.info("heard while it works")
    pipes.report_asset_materialization(metadata={"rows": 1})
    below = subprocess.Popen(["sleep", "60"])
    with open(os.environ["MARKS"], "a") as file:
        file.write(f"{mode} {os.getpid()} {below.pid}\\\\n")
    if mode == "deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        with open(os.environ["MARKS"], "a") as file:
            file.write(f"cleaned {mode}\\\\n")
        raise
'''


def by_script(mode, **client):
    @em.asset(name=mode, op_tags={"earmark/step_timeout": 1} if mode == "timed" else None)
    def made(context: em.AssetExecutionContext):
        pipes = em.PipesSubprocessClient(**client)
        return pipes.run(context=context, command=[sys.executable, "-c", SCRIPT, mode]).get_materialize_result()

    return made


deaf = by_script("deaf", termination_timeout_seconds=0.3)
assets = [by_script("polite"), deaf, by_script("timed"), by_script("dies")]
defs = em.Definitions(
    assets=assets, jobs=[em.define_asset_job(f"make_{one.key.path[0]}", [one]) for one in assets]
)
"""


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("pipes")
    home = folder / "home"
    home.mkdir()
    (folder / "project.py").write_text(PROJECT)
    with Hosted(home, folder) as hosted:
        yield hosted


def begun(hosted: Hosted, mode: str) -> list[int]:
    """Wait until a script has begun; return its process and the one it started."""
    until(lambda: any(line.startswith(mode) for line in hosted.lines()), 20)
    [line] = [line for line in hosted.lines() if line.startswith(mode)]
    return [int(word) for word in line.split()[1:]]


def told(hosted: Hosted, run_id: str) -> list[str]:
    events = hosted.store.events.of_run(run_id)
    return [one.fact.message for one in events if isinstance(one.fact, Logged)]


def test_a_cancelled_run_interrupts_its_script_once_and_nothing_is_left_of_it(hosted: Hosted) -> None:
    run_id = hosted.submit("make_polite")
    processes = begun(hosted, "polite")
    until(lambda: "heard while it works" in told(hosted, run_id), 5, "a line is not seen while the script works")
    hosted.host.cancel(run_id, "test")
    assert hosted.ended(run_id).status is DagsterRunStatus.CANCELED
    assert all(is_gone(one) for one in processes)
    assert hosted.lines().count("cleaned polite") == 1
    said = told(hosted, run_id)
    assert any("closed the pipe with an error" in text and "KeyboardInterrupt" in text for text in said)
    logs = "".join(file.read_text() for file in sorted((hosted.home / "logs" / run_id).iterdir()))
    assert "printed by the script" in logs
    assert "complained by the script" in logs


def test_a_script_that_does_not_hear_is_killed_with_its_group_and_the_log_says_so(hosted: Hosted) -> None:
    run_id = hosted.submit("make_deaf")
    processes = begun(hosted, "deaf")
    time.sleep(0.1)
    hosted.host.cancel(run_id, "test")
    assert hosted.ended(run_id).status is DagsterRunStatus.CANCELED
    assert all(is_gone(one) for one in processes)
    assert any("did not end within 0.3 seconds and was killed" in text for text in told(hosted, run_id))


def test_a_script_past_the_time_of_its_step_is_interrupted(hosted: Hosted) -> None:
    run_id = hosted.submit("make_timed")
    processes = begun(hosted, "timed")
    assert hosted.ended(run_id).status is DagsterRunStatus.FAILURE
    assert all(is_gone(one) for one in processes)
    assert "cleaned timed" in hosted.lines()


def test_a_script_does_not_outlive_the_death_of_its_run(hosted: Hosted) -> None:
    run_id = hosted.submit("make_dies")
    processes = begun(hosted, "dies")
    os.kill(hosted.supervisor_of(run_id), signal.SIGKILL)
    assert all(is_gone(one) for one in processes)
