"""``earmark job``: list, show, execute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.lines import Line
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.define.definitions import Definitions
    from earmark.define.ops.job import JobDefinition
    from earmark.guest.loader import LoadedCode
    from earmark.runs.request import RunAsk

app = typer.Typer(add_completion=False, no_args_is_help=True, help="List, show and execute jobs.")


@app.command("list")
@takes_code
def list_jobs(
    query: options.Query = "",
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List jobs, all or those that a query means: 'tag:team=growth', 'asset:orders', 'etl_*'."""
    from earmark.cli.finding import catalog_of
    from earmark.cli.loading import load_code
    from earmark.cli.near import nothing_matches
    from earmark.cli.terminal import print_json, table, tags_text
    from earmark.views.jobs import indexed, job_facts

    code = load_code(flags)
    jobs = _matching(code, query)
    if as_json:
        print_json([_as_json(job) for job in jobs])
        return
    table(
        ("JOB", "RUNS", "TAGS"),
        ((job.name, _what(job), tags_text(job.tags)) for job in jobs),
        nothing_matches("job", query, lambda: indexed("job", job_facts(catalog_of(code))).vocabulary())
        if query and not jobs
        else 'There are no jobs. Write one: define_asset_job("NAME", "tag:team=ml").',
    )


def named_jobs(definitions: Definitions) -> list[JobDefinition]:
    """Return the jobs that a project names: all but the one over all assets."""
    return [job for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")]


def _matching(code: LoadedCode, query: str) -> list[JobDefinition]:
    jobs = sorted(named_jobs(code.definitions), key=lambda job: job.name)
    if not query:
        return jobs
    from earmark.cli.finding import catalog_of
    from earmark.tags.query import parse
    from earmark.tags.query.evaluate import predicate
    from earmark.views.jobs import job_facts

    catalog = catalog_of(code)
    fits = predicate(parse(query, "job"), "job")
    names = {job.name for job, facts in zip(catalog.jobs, job_facts(catalog), strict=True) if fits(facts)}
    return [job for job in jobs if job.name in names]


def _assets(job: JobDefinition) -> list[Any]:
    return [] if job.asset_layer is None else sorted(job.asset_layer.selected_asset_keys)


def _what(job: JobDefinition) -> str:
    from earmark.cli.terminal import count

    if job.asset_layer is not None:
        return count(len(job.asset_layer.selected_asset_keys), "asset")
    return count(len(job.plan().steps), "op")


def _as_json(job: JobDefinition) -> dict[str, Any]:
    spec = job.spec
    return {
        "name": job.name,
        "description": job.description,
        "tags": dict(sorted(job.tags.items())),
        "run_tags": dict(sorted(job.tags_for_runs.items())),
        "owners": list(job.owners),
        "selection": spec.selection,
        "assets": [key.to_user_string() for key in _assets(job)],
        "ops": [] if job.is_asset_job else [step.key for step in job.plan().steps],
        "partitions": None if job.partitions_def is None else str(job.partitions_def),
        "executor": spec.executor,
    }


@app.command()
@takes_code
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job's name.")],
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Show one job: its tags, those its runs get, and the steps in their order."""
    from earmark.cli.loading import load_code
    from earmark.cli.terminal import out, print_json, tags_text

    code = load_code(flags)
    job = code.definitions.get_job_def(name)
    shown = _as_json(job)
    if as_json:
        print_json(shown)
        return
    console = out()
    console.print(job.name, style="bold")
    if job.description:
        console.print(f"  {job.description}")
    lines = (
        ("tags", tags_text(job.tags)),
        ("runs get", tags_text(job.tags_for_runs)),
        ("owners", " ".join(job.owners)),
        ("selection", shown["selection"] or ""),
        ("partitions", shown["partitions"] or ""),
        ("executor", shown["executor"] or ""),
    )
    for title, text in lines:
        if text:
            console.print(Line((f"  {title:<11}", "dim"), text))
    plan = job.plan()
    console.print(Line(("  steps", "dim")))
    for step in plan.steps:
        after = ", ".join(plan.upstream[step.key])
        console.print(Line("    ", step.key, (f"  after {after}" if after else "", "dim")))


@app.command()
@takes_code
def execute(
    job: options.Job = None,
    select: options.Select = None,
    partition: options.Partition = None,
    partition_range: options.PartitionRange = None,
    config: options.ConfigFiles = None,
    config_json: options.ConfigJson = None,
    tags: options.Tags = None,
    to_queue: options.Launch = False,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Execute a job in one run; with --select only those of its assets, or of its ops, that the query means."""
    from earmark.cli.launching import launch
    from earmark.cli.queueing import enqueue

    asked = _asked(flags, job, select, partition, partition_range, config, config_json, tags)
    raise typer.Exit((enqueue if to_queue else launch)(*asked, as_json=as_json))


@app.command()
@takes_code
def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job.")],
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Say why a job was, or was not, asked for by its condition."""
    from earmark.cli.explaining import explain_condition

    explain_condition("job", name, flags, as_json=as_json)


@app.command("launch")
@takes_code
def launch_job(
    job: options.Job = None,
    select: options.Select = None,
    partition: options.Partition = None,
    partition_range: options.PartitionRange = None,
    config: options.ConfigFiles = None,
    config_json: options.ConfigJson = None,
    tags: options.Tags = None,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Put one run of a job into the queue of the home's host; otherwise as `job execute`."""
    from earmark.cli.queueing import enqueue

    asked = _asked(flags, job, select, partition, partition_range, config, config_json, tags)
    raise typer.Exit(enqueue(*asked, as_json=as_json))


def _asked(
    flags: CodeFlags,
    job: str | None,
    select: str | None,
    partition: str | None,
    partition_range: str | None,
    config: list[str] | None,
    config_json: str | None,
    tags: list[str] | None,
) -> tuple[LoadedCode, JobDefinition, RunAsk]:
    """Load the code and return it with the job and the run of it that the flags ask for."""
    from earmark.cli.launching import read_config, read_range, read_tags
    from earmark.cli.loading import load_code
    from earmark.runs.request import RunAsk, Surface

    code = load_code(flags)
    definition = _chosen(code.definitions, job)
    ask = RunAsk(
        tags=read_tags(tags),
        surface=Surface.CLI,
        partition=partition,
        partition_range=read_range(partition_range),
        run_config=read_config(config, config_json),
        **part_of(code.definitions, definition, select),
    )
    return code, definition, ask


def part_of(definitions: Definitions, job: JobDefinition, select: str | None) -> dict[str, Any]:
    """Return what of a ``RunAsk`` says that only a part of a job is meant: its assets, or its ops.

    Raises:
        DagsterInvalidSubsetError: The selection means no asset of the job's.
    """
    if not select:
        return {}
    if job.is_asset_job:
        return {"asset_selection": _assets_of(definitions, job, select)}
    return {"op_selection": (select,)}


def _chosen(definitions: Definitions, name: str | None) -> JobDefinition:
    from earmark.values.errors import SettingsError

    if name is not None:
        return definitions.get_job_def(name)
    jobs = named_jobs(definitions)
    if len(jobs) == 1:
        return jobs[0]
    if not jobs:
        raise SettingsError("The project defines no jobs.", hint="`earmark asset materialize` runs assets.")
    raise SettingsError(
        f"There are {len(jobs)} jobs: {', '.join(sorted(one.name for one in jobs))}.", hint="Choose one with -j NAME."
    )


def _assets_of(definitions: Definitions, job: JobDefinition, select: str) -> frozenset[Any]:
    """Return those of the job's assets that a selection means; what it means beyond the job is left out.

    Raises:
        DagsterInvalidSubsetError: It means none of the job's.
    """
    from earmark.cli.asset import selected_assets
    from earmark.values.errors import DagsterInvalidSubsetError

    assert job.asset_layer is not None
    found = frozenset(selected_assets(definitions.resolved, select) & job.asset_layer.selected_asset_keys)
    if not found:
        raise DagsterInvalidSubsetError(f"--select {select!r} means no asset of the job {job.name!r}.")
    return found
