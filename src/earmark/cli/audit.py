"""``earmark audit``: list."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli import options

app = typer.Typer(no_args_is_help=True, help="Read who changed what, and when.")


@app.callback()
def root() -> None:
    """Read who changed what, and when."""


@app.command("list")
def list_entries(
    text: Annotated[
        str,
        typer.Argument(metavar="[TEXT]", help="What the author, the action or the target holds: 'limit.set', 'ana'."),
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=5_000, help="How many at most.")] = 50,
    as_json: options.Json = False,
) -> None:
    """List changes made through the API, the UI, the command line and by retention, the latest first."""
    from earmark.cli.hosting import open_home
    from earmark.cli.terminal import print_json, table, time_text
    from earmark.views.audit import find_audit

    _, _, store = open_home(quiet=as_json)
    try:
        rows = find_audit(store, text, None, limit).items
    finally:
        store.close()
    if as_json:
        print_json(rows)
        return
    table(
        ("WHEN", "WHO", "DID", "TO", "DETAIL"),
        ((time_text(row.at), row.author, row.action, row.target, row.detail) for row in rows),
        empty="Nothing was changed." if not text else f"No change holds {text!r}.",
    )
