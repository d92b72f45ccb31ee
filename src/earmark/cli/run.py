"""``earmark run``: list, show, logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options, run_control
from earmark.cli.lines import Line
from earmark.cli.run_words import job_text, partition_text, status_word, took

if TYPE_CHECKING:
    from earmark.events.envelope import Event
    from earmark.execute.instance import DagsterInstance
    from earmark.runs.run import DagsterRun
    from earmark.store.ports import Store

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Find runs, read what happened in them, and change their course."
)
run_control.add_to(app)

RunId = Annotated[
    str, typer.Argument(metavar="[RUN]", help="The run's id, or the beginning of it. The latest run, if left out.")
]


@app.command("list")
def list_runs(
    query: options.Query = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at the most.")] = 25,
    as_json: options.Json = False,
) -> None:
    """List runs, the newest first: 'tag:team=ml status:failed', 'job:etl_* created:>-24h', 'duration:>10m'."""
    from earmark.cli.finding import no_run_matches
    from earmark.cli.launching import run_as_json
    from earmark.cli.opening import open_store
    from earmark.cli.terminal import err, print_json, table

    with open_store(quiet=as_json) as store:
        page = store.runs.find(query, limit=limit)
        more = store.runs.count(query) if page.cursor is not None else 0
        nothing = no_run_matches(store, query) if query and not page.runs and not as_json else ""
    if as_json:
        print_json([run_as_json(run) for run in page.runs])
        return
    table(
        ("RUN", "JOB", "STATUS", "CREATED", "TOOK", "TAGS"),
        (_row(run) for run in page.runs),
        nothing or "There are no runs yet. `earmark asset materialize` or `earmark job execute` starts one.",
    )
    if more > len(page.runs):
        err().print(f"{len(page.runs)} of {more} runs; --limit shows more", style="dim")


def _row(run: DagsterRun) -> tuple[str, ...]:
    from earmark.cli.terminal import own_tags_text, time_text

    name = f"{job_text(run)}{partition_text(run)}"
    return (run.run_id, name, status_word(run), time_text(run.created_at), took(run), own_tags_text(run.tags))


@app.command()
def show(run: RunId = "", as_json: options.Json = False) -> None:
    """Show one run: how it stands, its tags with what set each, what it wrote, and why it failed."""
    from earmark.cli.launching import run_as_json
    from earmark.cli.opening import open_store
    from earmark.cli.runs_meant import find_run
    from earmark.cli.terminal import out, print_json

    with open_store(quiet=as_json) as store:
        found = find_run(store, run)
        events = [] if as_json else list(_telling(store, found.run_id))
    if as_json:
        print_json(run_as_json(found))
        return
    console = out()
    console.print(Line(("run ", "bold"), (found.run_id, "bold"), f"  {job_text(found)}  {status_word(found)}"))
    for title, text in _facts(found):
        if text:
            console.print(Line((f"  {title:<9}", "dim"), text))
    if found.tags:
        console.print(Line(("  tags", "dim")))
    for key, value in sorted(found.tags.items()):
        origin = found.tag_origins.get(key)
        by = "" if origin is None else f"  from {origin.kind} {origin.name}".rstrip()
        console.print(Line("    ", f"{key}={value}" if value else key, (by, "dim")))
    for line in _told(events):
        console.print(line)
    console.print(Line(("  logs     ", "dim"), f"earmark run logs {found.run_id}"))


def _facts(run: DagsterRun) -> list[tuple[str, str]]:
    from earmark.cli.terminal import time_text

    steps = f"{run.steps_succeeded} succeeded, {run.steps_failed} failed, {run.steps_skipped} skipped"
    return [
        ("created", time_text(run.created_at)),
        ("started", time_text(run.started_at)),
        ("ended", f"{time_text(run.ended_at)} ({took(run)})" if run.ended_at else ""),
        ("code", run.code_location or ""),
        ("parent", run.parent_run_id or ""),
        ("ops", " ".join(run.op_selection or ())),
        ("steps", steps if run.is_finished else ""),
        ("reason", _reason(run)),
    ]


def _reason(run: DagsterRun) -> str:
    """Return why a run failed; of a failed step more is told below."""
    from earmark.values.states import FailureReason

    if run.failure_reason is None:
        return ""
    says = "" if run.failure_reason is FailureReason.STEP_FAILURE else run.failure_message
    return ": ".join(filter(None, (run.failure_reason.value, says)))


def _telling(store: Store, run_id: str) -> Iterator[Event]:
    from earmark.events import kinds

    wanted = (kinds.AssetMaterialized, kinds.AssetCheckEvaluated, kinds.StepFailed, kinds.RunFailed)
    yield from store.events.of_run(run_id, kinds=wanted, limit=200)


def _told(events: list[Event]) -> Iterator[Line]:
    from earmark.cli.errors import error_text
    from earmark.cli.progress import facts_text
    from earmark.events import kinds

    has_failed_step = any(isinstance(event.fact, kinds.StepFailed) for event in events)
    for event in events:
        match event.fact:
            case kinds.AssetMaterialized() as fact:
                yield Line(("  wrote    ", "dim"), fact.materialization.label, (facts_text(fact), "dim"))
            case kinds.AssetCheckEvaluated(evaluation=one):
                word, style = ("passed", "green") if one.passed else ("failed", "red")
                yield Line(("  check    ", "dim"), f"{one.asset_key.to_user_string()}:{one.check_name} ", (word, style))
            case kinds.StepFailed(error=error) if error is not None:
                yield Line(("  failed   ", "red"), event.step_key or "")
                yield Line(("\n".join(f"    {line}" for line in error_text(error).splitlines()), "red"))
            case kinds.RunFailed(error=error) if error is not None and not has_failed_step:
                yield Line(("\n".join(f"    {line}" for line in error_text(error).splitlines()), "red"))
            case _:
                continue


@app.command()
def logs(
    run: RunId = "",
    step: Annotated[str | None, typer.Option("--step", metavar="STEP", help="Only this step.")] = None,
    output: Annotated[bool, typer.Option("--output", help="Only what the steps printed.")] = False,
    as_json: options.Json = False,
) -> None:
    """Print the events of a run in their order, with what its steps logged and printed."""
    from earmark.cli.opening import open_instance
    from earmark.cli.runs_meant import find_run
    from earmark.cli.terminal import out, print_json

    with open_instance(quiet=as_json) as instance:
        found = find_run(instance.store, run)
        events = list(all_events(instance, found.run_id, step))
        if as_json:
            print_json([_event_as_json(event, found) for event in events])
            return
        console = out()
        if not output:
            for event in events:
                console.print(_event_line(event, found), soft_wrap=True)
        for title, text in _captured(instance, found.run_id, step):
            console.print(title, style="dim")
            console.print(text.rstrip("\n"), soft_wrap=True)


def all_events(instance: DagsterInstance, run_id: str, step: str | None = None) -> Iterator[Event]:
    """Yield all events of a run, or of one step of it, in their order."""
    after = 0
    while True:
        page = instance.store.events.of_run(run_id, after=after, limit=1_000, step_key=step)
        yield from page
        if len(page) < 1_000:
            return
        after = page[-1].id


def _event_as_json(event: Event, run: DagsterRun) -> dict[str, Any]:
    from earmark.execute.event_text import message_of

    return {
        "id": event.id,
        "time": event.timestamp / 1_000_000,
        "type": event.event_type,
        "step": event.step_key,
        "message": message_of(event, run.job_name),
        "fact": event.fact,
    }


def _event_line(event: Event, run: DagsterRun) -> Line:
    from earmark.cli.errors import error_text
    from earmark.cli.terminal import clock_text
    from earmark.execute.event_text import message_of

    style = "red" if event.event_type.endswith("FAILURE") else ""
    told = ""
    error = getattr(event.fact, "error", None)
    if error is not None and event.event_type in ("STEP_FAILURE", "STEP_UP_FOR_RETRY", "HOOK_ERRORED"):
        told = "\n" + "\n".join(f"    {one}" for one in error_text(error, whole=True).splitlines())
    return Line(
        (clock_text(event.timestamp), "dim"),
        "  ",
        (f"{event.event_type:<32}", "cyan"),
        f"{event.step_key}: " if event.step_key else "",
        (message_of(event, run.job_name), style),
        (told, "red"),
    )


def _captured(instance: DagsterInstance, run_id: str, step: str | None) -> Iterator[tuple[str, str]]:
    """Yield what steps printed, stream by stream."""
    from earmark.execute.capture import log_path

    folder = log_path(instance.home, run_id, step or "any", "out").parent
    wanted = None if step is None else log_path(instance.home, run_id, step, "out").stem
    for file in sorted(folder.glob("*.out")) + sorted(folder.glob("*.err")):
        if (wanted is None or file.stem == wanted) and file.stat().st_size:
            yield f"--- std{file.suffix[1:]} of {file.stem}", file.read_text(errors="replace")
