"""The host, its guest and their workers: real processes, killed for real."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

import earmark as em
from earmark.daemon.board import explain_run
from earmark.daemon.host import HostError
from earmark.events.kinds import Logged, RunDequeued, StepFailed
from earmark.locations.registry import LocationOrder
from earmark.runs.limits import PoolLimits, QueuePolicy, RunLimit
from earmark.store.open import open_store
from earmark.system import clock
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.states import DagsterRunStatus, FailureReason
from tests.process.hosting import Hosted, is_gone, queue_runs, until

pytestmark = pytest.mark.process


on_both_stores = pytest.mark.parametrize("hosted", ["sqlite", "postgresql"], indirect=True)
"""What is also tested on PostgreSQL; the rest has nothing to do with where runs are stored."""


@pytest.fixture
def hosted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hosted]:
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    store = request.getfixturevalue("postgres_url") if on_postgres else None
    with Hosted(_home(tmp_path), tmp_path, store=store) as found:
        yield found


def _home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return home


@on_both_stores
def test_a_submitted_run_is_executed_in_a_process_of_its_own(hosted: Hosted) -> None:
    run = hosted.ended(hosted.submit("quick", {"reason": "test"}))
    assert run.status is DagsterRunStatus.SUCCESS
    assert run.tags["team"] == "core"
    assert run.tags["reason"] == "test"
    assert run.tags["dagster/code_location"] == "project"
    assert hosted.marked(run.run_id) not in (os.getpid(), hosted.host.registry.location("project").pid)


@on_both_stores
def test_a_run_of_all_assets_materializes_them(hosted: Hosted) -> None:
    answer = hosted.host.submit({}, "project")
    assert hosted.ended(answer["run_id"]).status is DagsterRunStatus.SUCCESS
    assert {state.key.to_user_string() for state in hosted.store.assets.all()} == {"orders", "order_count"}


@on_both_stores
def test_a_run_whose_process_is_killed_fails_at_once_and_names_the_signal(hosted: Hosted) -> None:
    run_id = hosted.submit("sleepy")
    pid = hosted.marked(run_id)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    run = hosted.ended(run_id)
    assert time.monotonic() - began < 10  # its lease holds for thirty seconds
    assert run.failure_reason is FailureReason.UNEXPECTED_TERMINATION
    assert "SIGKILL" in (run.failure_message or "")


@on_both_stores
def test_the_death_of_a_run_is_noticed_within_a_second(hosted: Hosted) -> None:
    def seconds_to_notice() -> float:
        run_id = hosted.submit("sleepy")
        pid = hosted.marked(run_id)
        killed_at = clock.now()
        os.kill(pid, signal.SIGKILL)
        return ((hosted.ended(run_id).ended_at or 0) - killed_at) / 1_000_000

    # On a machine that is busy with other things, one of a few has to do.
    assert any(seconds_to_notice() < 1 for _ in range(5))


@on_both_stores
def test_a_run_whose_supervisor_is_killed_fails_and_its_user_code_dies_with_it(hosted: Hosted) -> None:
    run_id = hosted.submit("sleepy")
    pid = hosted.marked(run_id)
    os.kill(hosted.supervisor_of(run_id), signal.SIGKILL)
    began = time.monotonic()
    run = hosted.ended(run_id)
    assert time.monotonic() - began < 10  # its lease holds for thirty seconds
    assert run.failure_reason is FailureReason.UNEXPECTED_TERMINATION
    assert "SIGKILL" in (run.failure_message or "")
    assert is_gone(pid)


@on_both_stores
def test_a_killed_guest_is_started_again_and_its_workers_go_on(hosted: Hosted) -> None:
    run_id = hosted.submit("sleepy", {"seconds": 3})
    hosted.marked(run_id)
    before = hosted.host.registry.location("project").pid
    os.kill(before, signal.SIGKILL)
    assert hosted.ended(run_id).status is DagsterRunStatus.SUCCESS
    deadline = time.monotonic() + 20
    while hosted.host.registry.location("project").pid == before or not hosted.host.registry.is_ready("project"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert hosted.ended(hosted.submit("quick")).status is DagsterRunStatus.SUCCESS


def test_an_op_that_leaves_the_process_fails_its_run_with_the_exit_code(hosted: Hosted) -> None:
    run = hosted.ended(hosted.submit("leaves"))
    assert run.status is DagsterRunStatus.FAILURE
    assert "exit code 7" in (run.failure_message or "")


def test_a_gigabyte_of_output_is_kept_up_to_its_limit_and_bytes_that_are_no_text_do_no_harm(hosted: Hosted) -> None:
    run = hosted.ended(hosted.submit("floods"), 60)
    assert run.status is DagsterRunStatus.SUCCESS
    kept = {path.suffix: path.stat().st_size for path in (hosted.home / "logs" / run.run_id).iterdir()}
    assert 16 * 1024 * 1024 <= kept[".out"] < 17 * 1024 * 1024
    assert kept[".err"] > 0


def test_what_cannot_be_pickled_fails_its_run_alone_and_says_what_it_is(hosted: Hosted) -> None:
    failing, other = hosted.submit("unpicklable"), hosted.submit("quick")
    assert hosted.ended(failing).failure_reason is FailureReason.STEP_FAILURE
    (failed,) = hosted.store.events.of_run(failing, kinds=(StepFailed,))
    assert isinstance(failed.fact, StepFailed)
    assert failed.fact.error is not None
    assert failed.fact.error.cause is not None
    assert "not picklable" in failed.fact.error.cause.message
    assert hosted.ended(other).status is DagsterRunStatus.SUCCESS


def test_what_user_code_leaves_running_ends_with_its_run(hosted: Hosted) -> None:
    run = hosted.ended(hosted.submit("leaves_a_child"))
    assert run.status is DagsterRunStatus.SUCCESS
    assert is_gone(hosted.marked(run.run_id))


@on_both_stores
def test_cancelling_lets_finally_blocks_run(hosted: Hosted) -> None:
    run_id = hosted.submit("sleepy")
    hosted.marked(run_id)
    hosted.host.cancel(run_id, "ann")
    assert hosted.ended(run_id).status is DagsterRunStatus.CANCELED
    assert f"{run_id} cleaned" in hosted.lines()


def test_user_code_that_does_not_hear_is_killed_after_the_grace(hosted: Hosted) -> None:
    run_id = hosted.submit("deaf")
    hosted.until(run_id, lambda run: run.status is DagsterRunStatus.STARTED)
    time.sleep(0.3)
    hosted.host.cancel(run_id, "ann")
    began = time.monotonic()
    assert hosted.ended(run_id).status is DagsterRunStatus.CANCELED
    assert time.monotonic() - began > 1.5  # the grace of two seconds


def test_a_finished_run_cannot_be_cancelled(hosted: Hosted) -> None:
    run = hosted.ended(hosted.submit("quick"))
    with pytest.raises(DagsterInvariantViolationError, match="a finished run cannot be canceled"):
        hosted.host.cancel(run.run_id, "ann")


@on_both_stores
def test_a_run_that_takes_longer_than_its_tag_allows_fails_with_that_reason(hosted: Hosted) -> None:
    run_id = hosted.submit("sleepy", {"dagster/max_runtime": 1})
    run = hosted.ended(run_id)
    assert run.failure_reason is FailureReason.RUN_TIMEOUT
    assert f"{run_id} cleaned" in hosted.lines()


def test_a_limit_by_tag_is_never_exceeded_and_does_not_hold_back_others(tmp_path: Path) -> None:
    policy = QueuePolicy(max_concurrent_runs=4, limits=(RunLimit(key="team", value="ml", limit=1),))
    with Hosted(_home(tmp_path), tmp_path, lambda: policy) as hosted:
        limited = [hosted.submit("sleepy", {"team": "ml", "seconds": 0.3}) for _ in range(4)]
        free = hosted.submit("quick", {"team": "web"})
        assert hosted.ended(free).status is DagsterRunStatus.SUCCESS
        runs = [hosted.ended(run_id) for run_id in limited]
        times = sorted((run.starting_at or 0, run.ended_at or 0) for run in runs)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(times))
        assert (hosted.run(free).ended_at or 0) < times[-1][0]


def test_priority_decides_who_leaves_the_queue_first(tmp_path: Path) -> None:
    limits = [QueuePolicy(max_concurrent_runs=0)]
    with Hosted(_home(tmp_path), tmp_path, lambda: limits[0]) as hosted:
        low = hosted.submit("quick", {"dagster/priority": -1})
        high = hosted.submit("quick", {"dagster/priority": 5})
        limits[0] = QueuePolicy(max_concurrent_runs=1)
        hosted.host.queue.wake()
        first, second = hosted.ended(high), hosted.ended(low)
        assert (first.starting_at or 0) < (second.starting_at or 0)


def test_two_hosts_cannot_work_on_one_home(hosted: Hosted, tmp_path: Path) -> None:
    with pytest.raises(HostError, match=f"process {os.getpid()}"):
        Hosted(hosted.home, tmp_path)


def test_a_location_that_fails_to_load_shows_the_users_traceback_and_the_others_work(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import earmark as em\n\nraise ValueError('no such thing')\n")
    (tmp_path / "project.py").write_text(_project_text())
    orders = [
        LocationOrder(name="project", file=str(tmp_path / "project.py")),
        LocationOrder(name="broken", file=str(broken)),
    ]
    with Hosted(_home(tmp_path), tmp_path, orders=orders) as hosted:
        state = hosted.host.registry.location("broken")
        assert state.status == "failed"
        assert "no such thing" in state.traceback
        assert "broken.py" in state.traceback
        assert hosted.ended(hosted.submit("quick")).status is DagsterRunStatus.SUCCESS


def test_a_run_that_python_puts_into_the_queue_is_started_by_the_host_under_its_limits(hosted: Hosted) -> None:
    quick = runpy.run_path(str(hosted.home.parent / "project.py"))["quick"]
    instance = em.DagsterInstance(hosted.store, hosted.home)
    run = em.submit_run(quick, instance, code_location="project", tags={"reason": "by hand"})
    assert run.status is DagsterRunStatus.QUEUED
    ended = hosted.ended(run.run_id)
    assert (ended.status, ended.tags["team"], ended.tags["reason"]) == (DagsterRunStatus.SUCCESS, "core", "by hand")
    assert [type(event.fact) for event in hosted.store.events.of_run(run.run_id)][1] is RunDequeued


def test_a_location_with_a_python_of_its_own_is_loaded_and_executed_by_that_python(tmp_path: Path) -> None:
    file, own = tmp_path / "project.py", tmp_path / "own-python"
    file.write_text(
        "import os\nimport earmark as em\n\nassert os.environ['OWN'] == 'yes'\n\n\n@em.op\ndef tell(context):\n"
        "    context.log.info(os.environ['OWN'])\n\n\n@em.job\ndef telling():\n    tell()\n"
    )
    own.write_text(f'#!/bin/sh\nOWN=yes exec "{sys.executable}" "$@"\n')
    own.chmod(0o755)
    orders = [LocationOrder(name="project", file=str(file), python=str(own))]
    with Hosted(_home(tmp_path), tmp_path, orders=orders) as hosted:
        ended = hosted.ended(hosted.submit("telling"))
        assert ended.status is DagsterRunStatus.SUCCESS
        assert "yes" in [event.fact.message for event in hosted.store.events.of_run(ended.run_id, kinds=(Logged,))]


def test_a_run_of_a_broken_location_says_why_it_waits_and_starts_once_the_code_loads(tmp_path: Path) -> None:
    broken, project = tmp_path / "broken.py", tmp_path / "project.py"
    broken.write_text("raise ValueError('no such thing')\n")
    project.write_text(_project_text())
    home = _home(tmp_path)
    orders = [LocationOrder(name="project", file=str(project)), LocationOrder(name="broken", file=str(broken))]

    def obstacle() -> str:
        found = explain_run(hosted.store, QueuePolicy(), waits).obstacle
        return "" if found is None else found.sentence

    with Hosted(home, tmp_path, orders=orders) as hosted:
        (waits,) = queue_runs(hosted.store, home, project, ["quick"], location="broken")
        (elsewhere,) = queue_runs(hosted.store, home, project, ["quick"], location="projekt")
        until(lambda: "no such thing" in obstacle(), what=obstacle())
        assert obstacle().startswith("The code location 'broken' cannot start runs: ")
        told = explain_run(hosted.store, QueuePolicy(), elsewhere).lines()
        assert "does not serve the code location 'projekt'; it serves: broken, project." in told[1]
        assert "Every gate is open" not in "".join(told)
        assert hosted.ended(hosted.submit("quick")).status is DagsterRunStatus.SUCCESS, "it holds nothing up"
        broken.write_text(_project_text())
        _reload(hosted, "broken")
        assert hosted.ended(waits).status is DagsterRunStatus.SUCCESS
    with closing(open_store(home, clock=clock.now)) as store:
        assert explain_run(store, QueuePolicy(), elsewhere).lines()[1] == "No host works on this store."


def test_runs_wait_in_the_queue_for_the_pools_of_their_steps_where_runs_hold_them(tmp_path: Path) -> None:
    pools = PoolLimits(limits={"line": 1}, by_run=True)
    policy = QueuePolicy(pools=pools)
    settings = {"cancel_grace": 2.0, "pools": msgspec.to_builtins(pools)}
    with Hosted(_home(tmp_path), tmp_path, lambda: policy, worker_settings=settings) as hosted:
        first = hosted.submit("pooled", {"seconds": 1})
        hosted.until(first, lambda run: run.status is not DagsterRunStatus.QUEUED)
        second, other = hosted.submit("pooled", {"seconds": 0.1}), hosted.submit("quick")
        (shut,) = explain_run(hosted.store, policy, second).blocked_by
        assert (shut.limit, shut.holders) == ("pool:line", (first,))
        assert hosted.ended(other).status is DagsterRunStatus.SUCCESS
        assert hosted.ended(second).status is DagsterRunStatus.SUCCESS
        started, ended = hosted.run(second).starting_at, hosted.run(first).ended_at
        assert started is not None
        assert ended is not None
        assert started >= ended
        assert hosted.store.leases.slots() == []


def test_a_location_whose_process_is_killed_while_it_loads_is_loaded_again(tmp_path: Path) -> None:
    project = tmp_path / "project.py"
    project.write_text(f"import time\ntime.sleep(0.5)\n{_project_text()}")
    with Hosted(_home(tmp_path), tmp_path) as hosted:
        registry = hosted.host.registry
        os.kill(registry.location("project").pid, signal.SIGKILL)
        (run_id,) = queue_runs(hosted.store, hosted.home, project, ["quick"])
        coming = lambda: [pid for pid in _children_of(os.getpid()) if b"earmark.guest" in _command_of(pid)]  # noqa: E731
        until(coming)
        os.kill(coming()[0], signal.SIGKILL)
        until(lambda: "was killed by SIGKILL while loading" in registry.location("project").error)
        assert hosted.ended(run_id).status is DagsterRunStatus.SUCCESS
        assert registry.location("project").error == ""


def _children_of(pid: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_reload_changes_the_definitions_and_a_failed_one_keeps_the_last_good_ones(
    hosted: Hosted, tmp_path: Path
) -> None:
    file = tmp_path / "project.py"
    file.write_text(_project_text().replace("order_count", "order_totals"))
    _reload(hosted)
    manifest, before = (getattr(hosted.host.registry.location("project"), one) for one in ("manifest", "before"))
    assert manifest is not None
    assert before is not None
    assert "order_count" in {spec.key.to_user_string() for one in before.computations for spec in one.assets}
    names = {spec.key.to_user_string() for one in manifest.computations for spec in one.assets}
    assert "order_totals" in names
    file.write_text("raise RuntimeError('half saved')")
    _reload(hosted)
    state = hosted.host.registry.location("project")
    assert state.stale
    assert "half saved" in state.error + state.traceback
    assert state.manifest is not None


def test_user_code_that_used_polars_at_import_gets_workers_of_their_own_interpreter(tmp_path: Path) -> None:
    text = _project_text() + (
        "\nimport polars\n"
        "FRAME = polars.DataFrame({'k': [1, 2] * 500}).group_by('k').len()\n"
        "@em.op\n"
        "def use_polars():\n"
        "    return polars.DataFrame({'k': [1, 2] * 500}).group_by('k').len().height\n"
        "@em.job\n"
        "def polarized():\n"
        "    use_polars()\n"
        "defs = em.Definitions(jobs=[polarized])\n"
    )
    (tmp_path / "project.py").write_text(text)
    with Hosted(_home(tmp_path), tmp_path) as hosted:
        state = hosted.host.registry.location("project")
        assert "polars" in state.note
        assert hosted.ended(hosted.submit("polarized"), 60).status is DagsterRunStatus.SUCCESS


@pytest.mark.parametrize(
    ("library", "use"),
    [
        ("pyarrow", "pyarrow.compute.sum(pyarrow.array(range(1000))).as_py() == 499500"),
        ("duckdb", "duckdb.sql('select sum(range) from range(1000)').fetchall() == [(499500,)]"),
    ],
)
def test_user_code_that_used_a_library_with_threads_at_import_works_in_its_runs(
    tmp_path: Path, library: str, use: str
) -> None:
    text = _project_text() + (
        f"\nimport {library}{', pyarrow.compute' if library == 'pyarrow' else ''}\n"
        f"assert {use}\n"
        "@em.op\n"
        "def use_it():\n"
        f"    assert {use}\n"
        "@em.job\n"
        "def uses_it():\n"
        "    use_it()\n"
        "defs = em.Definitions(jobs=[uses_it])\n"
    )
    (tmp_path / "project.py").write_text(text)
    with Hosted(_home(tmp_path), tmp_path) as hosted:
        ids = [hosted.submit("uses_it") for _ in range(3)]
        for run_id in ids:
            run = hosted.ended(run_id, 60)
            assert run.status is DagsterRunStatus.SUCCESS, run.failure_message


def test_a_saved_file_reloads_its_location_while_a_run_in_progress_keeps_its_code(tmp_path: Path) -> None:
    text = _project_text() + (
        "\nWORD = 'before'\n"
        "@em.op\n"
        "def says(context):\n"
        "    with open(os.environ['MARKS'], 'a') as file:\n"
        "        file.write(f'{context.run_id} {os.getpid()}\\n')\n"
        "    time.sleep(float(context.get_tag('seconds') or 0))\n"
        "    context.log.info(WORD)\n"
        "@em.job\n"
        "def saying():\n"
        "    says()\n"
        "defs = em.Definitions(jobs=[saying])\n"
    )
    file = tmp_path / "project.py"
    file.write_text(text)

    def said(run_id: str) -> set[str]:
        events = hosted.store.events.of_run(run_id, kinds=(Logged,))
        words = {event.fact.message for event in events if isinstance(event.fact, Logged)}
        return words & {"before", "after"}

    with Hosted(_home(tmp_path), tmp_path, watch=True) as hosted:
        old = hosted.submit("saying", {"seconds": 4})
        hosted.marked(old)
        before = hosted.host.registry.location("project").pid
        time.sleep(0.5)  # a watcher that has just been started may not look yet
        file.write_text(text.replace("'before'", "'after'"))
        until(lambda: hosted.host.registry.location("project").pid != before)
        new = hosted.submit("saying")
        for run_id in (old, new):
            assert hosted.ended(run_id).status is DagsterRunStatus.SUCCESS
        assert (said(old), said(new)) == ({"before"}, {"after"})
        after = hosted.host.registry.location("project").pid
        (tmp_path / "defs.yaml").write_text("type: shop.Table\n")  # components are written in YAML
        until(lambda: hosted.host.registry.location("project").pid != after)


def _project_text() -> str:
    from tests.process.hosting import PROJECT

    return PROJECT


def _reload(hosted: Hosted, location: str = "project") -> None:
    before = hosted.host.registry.version
    hosted.host.registry.reload(location)
    deadline = time.monotonic() + 30
    while hosted.host.registry.version == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@on_both_stores
def test_a_failed_run_that_asks_for_it_is_retried_from_its_failure(hosted: Hosted) -> None:
    run_id = hosted.submit("flaky", {"dagster/max_retries": 2})
    assert hosted.ended(run_id).status is DagsterRunStatus.FAILURE
    parent = hosted.until(run_id, lambda run: "dagster/auto_retry_run_id" in run.tags)
    assert parent.tags["dagster/failure_reason"] == "STEP_FAILURE"
    retried = hosted.ended(parent.tags["dagster/auto_retry_run_id"])
    assert retried.status is DagsterRunStatus.SUCCESS
    assert retried.parent_run_id == run_id
    assert retried.tags["dagster/retry_number"] == "1"
    assert retried.tags["dagster/is_resume_retry"] == "true"
    assert [line for line in hosted.lines() if line.endswith("first")] == [f"{run_id} first"]


def test_a_failed_run_that_asks_for_nothing_is_not_retried_and_says_why_it_failed(hosted: Hosted) -> None:
    run_id = hosted.submit("killed")
    run = hosted.until(run_id, lambda run: "dagster/failure_reason" in run.tags)
    assert run.tags["dagster/failure_reason"] == "UNEXPECTED_TERMINATION"
    assert "dagster/will_retry" not in run.tags


@on_both_stores
def test_a_host_says_how_each_of_its_loops_stands_and_is_forgotten_when_it_stops(
    hosted: Hosted, tmp_path: Path
) -> None:
    from earmark.locations.heartbeats import read_beats

    def beats():
        return [one for one in read_beats(hosted.store) if one.epoch is not None and one.loops[0].looks]

    until(beats, 30, "the host never said that it leads")
    (beat,) = beats()
    assert beat.pid == os.getpid()
    assert {loop.name for loop in beat.loops} == {
        "queue", "rescue", "retries", "schedules", "sensors", "backfills", "prune", "locations",
    }  # fmt: skip
    assert all(loop.is_alive and not loop.error for loop in beat.loops)
    hosted.host.heartbeat.stop()
    assert read_beats(hosted.store) == []
