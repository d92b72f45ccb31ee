"""``earmark partition``: list, add, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

if TYPE_CHECKING:
    from earmark.cli.automating import Opened

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List partitions with their state, and add and remove dynamic ones.",
)

Definition = Annotated[str, typer.Argument(metavar="NAME", help="The name of the dynamic partitions.")]
Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="The partition keys.")]


@app.command("list")
@takes_code
def list_partitions(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="An asset, a job, or the name of dynamic partitions.")],
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="WORD", help="Only: materialized, stale, failed, running, missing."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many at the most, the last ones.")] = 100,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List the partitions of an asset (with how each stands), of a job, or the keys of dynamic partitions."""
    from earmark.cli.automating import opened
    from earmark.cli.terminal import err, print_json, table
    from earmark.views.partitions import partition_status

    wanted = None if status is None else partition_status(status, f"--status {status}", len("--status "))
    with opened(flags, quiet=as_json) as here:
        rows = _rows(here, what)
    rows = [row for row in rows if wanted is None or row["status"] == wanted]
    shown = rows[-limit:]
    if as_json:
        print_json(shown)
        return
    table(
        ("PARTITION", "STATUS", "BECAUSE"),
        ((row["partition"], row["status"] or "", "; ".join(row["stale_causes"])) for row in shown),
        f"No partition is {wanted}." if wanted else "There are no partitions yet.",
    )
    if len(shown) < len(rows):
        err().print(f"the last {len(shown)} of {len(rows)}; --limit shows more", style="dim")


def _rows(here: Opened, what: str) -> list[dict[str, Any]]:
    from earmark.values.errors import DagsterInvariantViolationError, did_you_mean
    from earmark.values.keys import AssetKey
    from earmark.views.dynamic import dynamic_partitions
    from earmark.views.partition_board import read_board

    catalog, now, dynamic = here.catalogs.get(), here.store.clock(), dynamic_partitions(here.store)
    key = AssetKey.from_user_string(what)
    if key in catalog.graph:
        definition = catalog.graph.get(key).spec.partitions_def
        if definition is None:
            raise DagsterInvariantViolationError(f"The asset {what} has no partitions.")
        board = read_board(here.store, catalog.graph, key)
        return [
            {"partition": one, "status": status, "stale_causes": board.causes_of(one)}
            for one, status in board.status_of.items()
        ]
    jobs = {job.name: job.spec for job in catalog.jobs}
    if what in jobs:
        definition = jobs[what].partitions_def
        if definition is None:
            raise DagsterInvariantViolationError(f"The job {what} has no partitions.")
        return [_unknown(str(one)) for one in definition.get_partition_keys(now, dynamic)]
    found = here.store.dynamic_partitions.get(what)
    if not found:
        names = [*jobs, *(one.to_user_string() for one in catalog.graph.keys)]
        raise DagsterInvariantViolationError(
            f"There is no asset, job or dynamic partitions {what!r}.{did_you_mean(what, names)}"
        )
    return [_unknown(one) for one in found]


def _unknown(key: str) -> dict[str, Any]:
    """Return a partition of something that does not write it itself."""
    return {"partition": key, "status": None, "stale_causes": []}


@app.command()
def add(name: Definition, keys: Keys, as_json: options.Json = False) -> None:
    """Add keys to dynamic partitions; those that are there stay as they are."""
    from earmark.cli.hosting import note, open_home
    from earmark.cli.terminal import count, out, print_json
    from earmark.partitions.dynamic import AddDynamicPartitionsRequest

    request = AddDynamicPartitionsRequest(name, tuple(keys))
    _, _, store = open_home(quiet=as_json)
    try:
        added = store.dynamic_partitions.add(name, request.partition_keys)
        note(store, "partition.add", name, ", ".join(added)[:500])
    finally:
        store.close()
    if as_json:
        print_json({"name": name, "added": added})
        return
    out().print(f"{count(len(added), 'partition')} added to {name}.")


@app.command()
def remove(name: Definition, keys: Keys, as_json: options.Json = False) -> None:
    """Remove keys from dynamic partitions; what was written for them stays."""
    from earmark.cli.hosting import note, open_home
    from earmark.cli.terminal import count, out, print_json

    _, _, store = open_home(quiet=as_json)
    try:
        removed = [key for key in keys if store.dynamic_partitions.remove(name, key)]
        note(store, "partition.remove", name, ", ".join(removed)[:500])
    finally:
        store.close()
    if as_json:
        print_json({"name": name, "removed": removed})
        return
    out().print(f"{count(len(removed), 'partition')} removed from {name}.")
