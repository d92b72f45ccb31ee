"""``earmark backfill``: launch, list, show, edit, cancel, pause, resume, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.store.ports import Store
    from earmark.views.backfills import BackfillPages

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Fill many partitions: launch, watch and steer backfills."
)

BackfillId = Annotated[str, typer.Argument(metavar="BACKFILL", help="The backfill's id, or the beginning of it.")]
InFlight = Annotated[
    int | None, typer.Option("--max-in-flight", min=1, help="How many of its runs are queued or running at once.")
]
Priority = Annotated[int | None, typer.Option("--priority", help="The priority of its runs; -1 unless said.")]


@app.command()
@takes_code
def launch(
    job: options.Job = None,
    select: options.Select = None,
    partitions: Annotated[
        list[str] | None, typer.Option("--partition", metavar="KEY", help="A partition; repeat it.")
    ] = None,
    partition_range: Annotated[
        str | None,
        typer.Option("--partition-range", metavar="FIRST...LAST", help="All partitions from one to another."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All partitions.")] = False,
    only: Annotated[
        str, typer.Option("--only", metavar="WORD", help="all; missing (failed ones too); failed.")
    ] = "all",
    from_failure: Annotated[
        bool,
        typer.Option(
            "--from-failure", help="Where a partition's last run failed, execute only the steps that did not succeed."
        ),
    ] = False,
    tags: options.Tags = None,
    priority: Priority = None,
    max_in_flight: InFlight = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how it would be cut into runs.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Show how far it is, until it has ended.")] = False,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Fill partitions of a job (-j) or of the assets that --select means; the host does it, upstream first."""
    from earmark.cli.backfilling import ask_backfill, asked_partitions, tell_plan, until_ended
    from earmark.cli.queueing import tell_of_host
    from earmark.cli.terminal import count, out, print_json

    wanted = asked_partitions(partitions, partition_range, everything)
    told, works = ask_backfill(
        flags,
        job=job,
        select=select,
        wanted=wanted,
        only=only,
        from_failure=from_failure,
        tags=tags,
        priority=priority,
        max_in_flight=max_in_flight,
        dry_run=dry_run,
        quiet=as_json,
    )
    runs = f"{count(told['partitions'], 'partition')} in {count(told['runs'], 'run')}"
    if as_json:
        print_json(told)
    elif dry_run:
        out().print(f"It would fill {runs}:")
        tell_plan(told["plan"])
    else:
        out().print(f"Backfill {told['backfill_id']} fills {runs}.")
        tell_of_host(works)
    if wait and not dry_run:
        raise typer.Exit(until_ended(told["backfill_id"], quiet=as_json))


@app.command("list")
def list_backfills(
    query: options.Query = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at the most.")] = 25,
    as_json: options.Json = False,
) -> None:
    """List backfills, the latest first: 'status:running', 'tag:team=ml', 'job:etl_*', 'created:>-24h'."""
    from earmark.cli.backfilling import backfill_as_json
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import print_json, table, tags_text, time_text
    from earmark.views.backfills import BackfillPages

    _, _, store = open_home(quiet=as_json)
    try:
        rows = BackfillPages(store).find(query, limit=limit).items
    finally:
        store.close()
    if as_json:
        print_json([backfill_as_json(row) for row in rows])
        return
    table(
        ("BACKFILL", "OF", "STATUS", "DONE", "FAILED", "RUNNING", "CREATED", "TAGS"),
        (
            (
                row.id,
                row.title,
                row.status,
                f"{row.partitions.materialized}/{row.partitions.total}",
                str(row.partitions.failed),
                str(row.partitions.running),
                time_text(row.created_at),
                tags_text(row.tags),
            )
            for row in rows
        ),
        "No backfill matches." if query else "There are no backfills yet. `earmark backfill launch` starts one.",
    )


@app.command()
def show(backfill: BackfillId, as_json: options.Json = False) -> None:
    """Show a backfill: how far each of its assets has come, and why it failed."""
    from earmark.cli.backfilling import backfill_as_json, tell_backfill
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import print_json
    from earmark.views.backfills import BackfillPages

    _, _, store = open_home(quiet=as_json)
    try:
        pages = BackfillPages(store)
        found = pages.detail(_id_of(store, backfill))
    finally:
        store.close()
    if as_json:
        print_json(backfill_as_json(found))
        return
    tell_backfill(found)


@app.command()
def cancel(backfill: BackfillId, as_json: options.Json = False) -> None:
    """Cancel a backfill and its runs."""
    _act(backfill, "cancel", "is being canceled", as_json=as_json)


@app.command()
def pause(backfill: BackfillId, as_json: options.Json = False) -> None:
    """Let a backfill ask for no more runs; those in progress go on."""
    _act(backfill, "pause", "is paused", as_json=as_json)


@app.command()
def resume(backfill: BackfillId, as_json: options.Json = False) -> None:
    """Let a paused backfill go on."""
    _act(backfill, "resume", "goes on", as_json=as_json)


@app.command()
def retry(
    backfill: BackfillId,
    from_failure: Annotated[
        bool, typer.Option("--from-failure", help="Execute only the steps that did not succeed.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Do again what failed, was canceled or could not be done because of that."""
    action = "retry_from_failure" if from_failure else "retry_failed"
    _act(backfill, action, "tries again what failed", as_json=as_json)


@app.command()
def edit(
    backfill: BackfillId,
    tags: options.Tags = None,
    priority: Priority = None,
    max_in_flight: InFlight = None,
    as_json: options.Json = False,
) -> None:
    """Change the tags, the priority or the width of a backfill; runs asked for from now on get them."""
    from earmark.cli.backfilling import checked_tags

    given = None if tags is None else checked_tags(tags)

    def change(pages: BackfillPages, found: str) -> Any:
        return pages.edit(found, given, priority, max_in_flight)

    _change(backfill, change, "is changed", as_json=as_json)


def _act(backfill: str, action: str, said: str, *, as_json: bool) -> None:
    _change(backfill, lambda pages, found: pages.act(found, action), said, action, as_json=as_json)


def _change(backfill: str, change: Any, said: str, action: str = "edit", *, as_json: bool) -> None:
    from earmark.cli.hosting import note, open_home
    from earmark.cli.terminal import out, print_json
    from earmark.system.wake import wake_host
    from earmark.views.backfills import BackfillPages

    home, _, store = open_home(quiet=as_json)
    try:
        pages, found = BackfillPages(store), _id_of(store, backfill)
        change(pages, found)
        note(store, f"backfill.{action}", found)
        row = pages.row(pages.get(found))
    finally:
        store.close()
    wake_host(home.path)
    if as_json:
        print_json(row)
        return
    out().print(f"Backfill {found} {said}.")


def _id_of(store: Store, text: str) -> str:
    """Return the id of the backfill that a text begins.

    Raises:
        DagsterInvariantViolationError: There is none, or there are several.
    """
    from earmark.values.errors import DagsterInvariantViolationError

    if store.backfills.get(text) is not None:
        return text
    found = [one.id for one in store.backfills.list(limit=2_000) if one.id.startswith(text)]
    if len(found) == 1:
        return found[0]
    what = "Several backfills have ids that begin" if found else "No backfill has an id that begins"
    raise DagsterInvariantViolationError(f"{what} with {text!r}.", hint="`earmark backfill list` shows the ids.")
