"""``earmark op``: list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.define.ops.job import JobDefinition
    from earmark.guest.loader import LoadedCode
    from earmark.plan.step import Step

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List ops.")


@app.callback()
def root() -> None:
    """List ops."""


@app.command("list")
@takes_code
def list_ops(
    query: options.Query = "",
    job: options.Job = None,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List the ops of jobs, all or those that a query means: 'tag:team=ml', 'pool:gpu', '*ranker+'."""
    from earmark.cli.finding import catalog_of
    from earmark.cli.loading import load_code
    from earmark.cli.near import nothing_matches
    from earmark.cli.terminal import print_json, table, tags_text
    from earmark.views.jobs import indexed, op_facts

    code = load_code(flags)
    steps = _matching(code, query, job)
    if as_json:
        print_json(
            [
                {"op": step.key, "job": one.name, "tags": dict(sorted(step.tags.items())), "pool": step.pool}
                for one, step in steps
            ]
        )
        return
    table(
        ("OP", "JOB", "POOL", "TAGS"),
        ((step.key, one.name, step.pool or "", tags_text(step.tags)) for one, step in steps),
        nothing_matches("op", query, lambda: indexed("op", op_facts(catalog_of(code))).vocabulary())
        if query and not steps
        else "There are no ops: assets are listed by `earmark asset list`.",
    )


def _matching(code: LoadedCode, query: str, name: str | None) -> list[tuple[JobDefinition, Step]]:
    from earmark.cli.automating import location_name
    from earmark.cli.job import named_jobs
    from earmark.graph.ops import OpQueries
    from earmark.tags.query import parse
    from earmark.values.errors import DagsterInvalidSubsetError

    definitions, place = code.definitions, location_name(code)
    jobs = [definitions.get_job_def(name)] if name else [job for job in named_jobs(definitions) if not job.is_asset_job]
    found: list[tuple[JobDefinition, Step]] = []
    refusals: list[DagsterInvalidSubsetError] = []
    for job in jobs:
        plan = job.plan()
        about = {"job": (job.name,), "code_location": (place,)}
        try:
            chosen = OpQueries(plan, about).select(parse(query, "op")) if query else range(len(plan.steps))
        except DagsterInvalidSubsetError as error:
            # A name that one job does not have may be another's; only if no job has it, that is said.
            refusals.append(error)
            continue
        found += [(job, plan.steps[at]) for at in sorted(chosen)]
    if refusals and not found and len(refusals) == len(jobs) and ":" not in query:
        raise refusals[0]
    return found
