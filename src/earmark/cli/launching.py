"""From flags to a run in this process, with its progress on the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, redirect_stdout
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from earmark.values.errors import DagsterInvalidConfigError, InvalidTagError, SettingsError

if TYPE_CHECKING:
    from earmark.define.ops.job import JobDefinition
    from earmark.events.envelope import Event
    from earmark.execute.run_config import ResolvedConfig
    from earmark.guest.loader import LoadedCode
    from earmark.runs.request import RunAsk
    from earmark.runs.run import DagsterRun


def read_tags(given: Sequence[str] | None) -> dict[str, Any]:
    """Return the tags that ``--tags`` gave: each ``key=value``, ``key`` alone, or a JSON object.

    Raises:
        InvalidTagError: One is neither.

    Example:
        >>> read_tags(["team=ml", "reason", '{"dagster/priority": 3}'])
        {'team': 'ml', 'reason': '', 'dagster/priority': 3}
    """
    tags: dict[str, Any] = {}
    for text in given or ():
        if text.lstrip().startswith("{"):
            tags.update(_json_object(text, "--tags"))
            continue
        key, _, value = text.partition("=")
        if not key.strip():
            raise InvalidTagError(f"--tags {text!r} has no key.", hint="Write --tags KEY=VALUE, or a JSON object.")
        tags[key.strip()] = value
    return tags


def read_config(files: Sequence[str] | None, text: str | None) -> dict[str, Any] | None:
    """Return the configuration of ``-c`` and ``--config-json``; ``None`` if neither was given.

    Raises:
        SettingsError: Both were given, or the JSON is no object.
        DagsterInvalidConfigError: A file cannot be read.
    """
    if files and text is not None:
        raise SettingsError("Give either -c or --config-json, not both.")
    if text is not None:
        return _json_object(text, "--config-json")
    if not files:
        return None
    from earmark.define.config.config_files import config_from_files

    try:
        return config_from_files(files)
    except OSError as error:
        raise DagsterInvalidConfigError(f"{error.filename} (-c) cannot be read: {error.strerror}.") from error


def read_range(text: str | None) -> tuple[str, str] | None:
    """Return the first and last key of ``--partition-range``, written ``FIRST...LAST``.

    Raises:
        SettingsError: It is not written so.
    """
    if text is None:
        return None
    first, dots, last = text.partition("...")
    if not (first and dots and last):
        raise SettingsError(f"--partition-range {text!r} is not written FIRST...LAST.")
    return first, last


def _json_object(text: str, flag: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(f"{flag} is not JSON: {error}.", hint=f"It was {text!r}.") from error
    if not isinstance(found, dict):
        raise SettingsError(f"{flag} is a JSON object, not {text!r}.")
    return found


def launch(code: LoadedCode, job: JobDefinition, ask: RunAsk, *, as_json: bool) -> int:
    """Execute a job in this process, show how it goes, and return the exit code.

    Args:
        code: The code location that the job is of.
        job: The job.
        ask: What of it is asked for.
        as_json: Whether only the run is printed, as JSON, when it has ended.
    """
    from earmark.cli import exits
    from earmark.cli.kept_output import KeptOutput
    from earmark.cli.opening import open_instance
    from earmark.cli.progress import progress_of
    from earmark.cli.terminal import err, print_json
    from earmark.define.config.run_config import run_config_dict
    from earmark.execute.executors import in_process
    from earmark.execute.request import new_run
    from earmark.execute.run import RunExecution
    from earmark.execute.run_config import resolve_run_config
    from earmark.values.errors import DagsterExecutionInterruptedError

    require_partition(code, job, ask)
    plan = job.plan(asset_selection=ask.asset_selection, op_selection=ask.op_selection)
    if ask.op_selection is not None:
        ask = replace(ask, resolved_op_selection=frozenset(".".join(step.path) for step in plan.steps))
    given: Any = ask.run_config
    if given is None and ask.partition is not None and job.partitioned_config is not None:
        given = job.partitioned_config.get_run_config_for_partition_key(ask.partition)
        ask = replace(ask, run_config=run_config_dict(given))
    config = resolve_run_config(job, plan, given)
    with open_instance(quiet=as_json, span=f"execute {job.name}") as instance:
        asked = new_run(job, plan, instance, ask, code_location=code.target.name)
        if not as_json:
            for fact in asked.facts:
                err().print(f"note: {fact.message}", style="yellow")
        execute, note = _executor(job, config)
        if note and not as_json:
            err().print(f"note: {note}", style="yellow")
        forks = execute is not in_process
        progress = progress_of(asked.run, plan, quiet=as_json, forks=forks)
        kept = KeptOutput(instance.home, asked.run.run_id)

        def listen(event: Event) -> None:
            progress.take(event)
            if not forks:
                kept.take(event)

        execution = RunExecution(job, asked.run, plan, instance, config, execute=execute, listen=listen)
        execution.scope.log_key = asked.run.run_id
        try:
            with ExitStack() as around:
                if as_json:
                    around.enter_context(redirect_stdout(sys.stderr))
                around.enter_context(progress)
                if not forks:
                    around.enter_context(kept)
                run = execution.execute()
        except (KeyboardInterrupt, DagsterExecutionInterruptedError):
            run = instance.store.runs.get(asked.run.run_id)
        if as_json:
            print_json(run_as_json(run))
        else:
            progress.summarize(run)
        if run.is_success:
            return exits.OK
        return exits.RUN_FAILED if run.is_failure else exits.INTERRUPTED


def require_partition(code: LoadedCode, job: JobDefinition, ask: RunAsk) -> None:
    """Refuse a run of assets that are cut into partitions where nothing says which.

    Raises:
        SettingsError: Nothing does.
    """
    from earmark.tags.system import PARTITION, PARTITION_RANGE_START

    if job.asset_layer is None or ask.partition is not None or ask.partition_range is not None:
        return
    if PARTITION in ask.request_tags or PARTITION_RANGE_START in ask.request_tags:
        return
    graph = code.definitions.resolve_asset_graph()
    chosen = job.asset_layer.selected_asset_keys if ask.asset_selection is None else ask.asset_selection
    cut = sorted(key.to_user_string() for key in chosen if graph.get(key).partitions_def is not None)
    if not cut:
        return
    names = ", ".join(cut[:3]) + (f" and {len(cut) - 3} more" if len(cut) > 3 else "")
    raise SettingsError(
        f"{names} {'is' if len(cut) == 1 else 'are'} cut into partitions, and nothing says which are meant.",
        hint="--partition KEY, --partition-range FIRST...LAST, or many runs by `earmark backfill launch`.",
    )


def _executor(job: JobDefinition, config: ResolvedConfig) -> tuple[Any, str]:
    """Return what executes the steps, and a note if it is not what the job asks for.

    A job that names no executor is executed in this process: on a terminal, starting at once counts for more.
    """
    from earmark.execute.executors import executor_for, in_process
    from earmark.guest.forking import judge_forking

    execute = executor_for(job.executor_def, config.execution, default=in_process)
    if execute is in_process:
        return in_process, ""
    verdict = judge_forking()
    if verdict.forks:
        return execute, ""
    return in_process, f"Steps are executed in this process, one after the other. {verdict.note}"


def run_as_json(run: DagsterRun) -> Mapping[str, Any]:
    """Return a run as scripts read it: what it is, how it stands, and its times in seconds since the epoch."""
    from earmark.tags.query.fields import word_of

    def seconds(micros: int | None) -> float | None:
        return None if micros is None else micros / 1_000_000

    return {
        "run_id": run.run_id,
        "job": run.job_name,
        "status": word_of(run.status),
        "tags": dict(sorted(run.tags.items())),
        "tag_origins": {key: f"{one.kind} {one.name}".strip() for key, one in sorted(run.tag_origins.items())},
        "assets": sorted(key.to_user_string() for key in run.asset_selection or ()),
        "op_selection": list(run.op_selection) if run.op_selection else None,
        "parent_run_id": run.parent_run_id,
        "root_run_id": run.root_run_id,
        "code_location": run.code_location,
        "created": seconds(run.created_at),
        "started": seconds(run.started_at),
        "ended": seconds(run.ended_at),
        "steps": {"succeeded": run.steps_succeeded, "failed": run.steps_failed, "skipped": run.steps_skipped},
        "failure_reason": run.failure_reason.value if run.failure_reason else None,
        "failure_message": run.failure_message,
    }
