"""``earmark run retry``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.define.definitions import Definitions
    from earmark.define.ops.job import JobDefinition
    from earmark.runs.run import DagsterRun


@takes_code
def retry(
    query: options.Runs,
    all_steps: Annotated[bool, typer.Option("--all-steps", help="From the start, not from the failure.")] = False,
    steps: Annotated[list[str] | None, typer.Option("--step", metavar="KEY", help="Only this step; repeat it.")] = None,
    select: options.Select = None,
    tags: options.Tags = None,
    config: options.ConfigFiles = None,
    config_json: options.ConfigJson = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    *,
    flags: CodeFlags,
) -> None:
    """Execute a finished run again, or all that a query means (with --yes); they wait in the queue.

    From their failure, unless told otherwise; only the assets or ops of --select, or the steps of --step.
    """
    from msgspec.structs import replace

    from earmark.cli.hosting import author
    from earmark.cli.launching import read_config, read_tags
    from earmark.cli.loading import load_code
    from earmark.cli.opening import open_instance
    from earmark.cli.queueing import put_into_queue, tell_of_host, tell_queued, wake
    from earmark.cli.runs_meant import Order, carry_out
    from earmark.runs.request import Again, RunAsk, Surface
    from earmark.tags.query.fields import word_of
    from earmark.values.errors import DagsterInvariantViolationError

    if steps and select:
        raise typer.BadParameter("--step and --select both say which part; give one of them")
    code = load_code(flags)
    ask = RunAsk(
        tags=read_tags(tags),
        surface=Surface.CLI,
        user=author(),
        run_config=read_config(config, config_json),
        step_keys=tuple(steps) if steps else None,
    )
    queued: list[str] = []
    with open_instance(span="execute again") as instance:

        def act(parent: DagsterRun) -> Iterable[str]:
            if not parent.is_finished:
                raise DagsterInvariantViolationError(
                    f"Run {parent.run_id} is {word_of(parent.status)}; only a finished run can be executed again."
                )
            job = code.definitions.get_job_def(parent.job_name)
            from_failure = not (all_steps or steps or select) and parent.is_failure_or_canceled
            part = _part_of_run(code.definitions, job, parent, select)
            again = replace(ask, again=Again(parent=parent, from_failure=from_failure), **part)
            run = put_into_queue(code, job, again, instance)
            queued.append(run.run_id)
            return (run.run_id,)

        def tell(_: DagsterRun, made: Iterable[str]) -> None:
            for run_id in made:
                tell_queued(run_id)

        order = Order("retry", "execute again", "executed again", act, needs="finished", tell=tell)
        answer = carry_out(instance.store, query, order, dry_run=dry_run, yes=yes)
        if queued:
            tell_of_host(wake(instance))
    raise typer.Exit(answer)


def _part_of_run(
    definitions: Definitions, job: JobDefinition, parent: DagsterRun, select: str | None
) -> dict[str, Any]:
    """Return which part of what a run executed is meant.

    Raises:
        DagsterInvalidSubsetError: The selection means none of its assets.
    """
    from earmark.cli.job import part_of
    from earmark.values.errors import DagsterInvalidSubsetError

    part = part_of(definitions, job, select)
    if "asset_selection" not in part or parent.asset_selection is None:
        return part
    assets = part["asset_selection"] & parent.asset_selection
    if not assets:
        raise DagsterInvalidSubsetError(f"--select {select!r} means no asset of run {parent.run_id}.")
    return {"asset_selection": assets}
