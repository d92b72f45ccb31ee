"""``earmark sensor``: list, start, stop, tick, cursor."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List sensors, switch them on and off, try them, set their cursors.",
)
cursor = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Read and set what a sensor's next evaluation is given."
)
app.add_typer(cursor, name="cursor")

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="The sensors.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The sensor.")]


@app.command("list")
@takes_code
def list_sensors(
    query: options.Query = "",
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List sensors: 'status:running', 'tag:team=ml', 'job:etl_*', 'tick:failed'."""
    from earmark.cli.automating import list_automations

    list_automations("sensor", query, flags, as_json=as_json)


@app.command()
@takes_code
def start(
    names: Names,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Switch sensors on; they tick while a host runs (earmark dev, earmark daemon)."""
    from earmark.cli.automating import switch_automations

    switch_automations("sensor", names, flags, running=True, as_json=as_json)


@app.command()
@takes_code
def stop(
    names: Names,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Switch sensors off."""
    from earmark.cli.automating import switch_automations

    switch_automations("sensor", names, flags, running=False, as_json=as_json)


@app.command()
@takes_code
def tick(
    name: Name,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would ask for.")] = False,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Evaluate one tick now, keep its cursor, and queue the runs that it asks for."""
    from earmark.cli.ticking import tick_once

    raise typer.Exit(tick_once("sensor", name, flags, at=None, dry_run=dry_run, as_json=as_json))


@cursor.command("get")
@takes_code
def get_cursor(
    name: Name,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Print the cursor of a sensor."""
    from earmark.cli.automating import opened
    from earmark.cli.terminal import err, out, print_json

    with opened(flags, quiet=as_json) as here:
        (one,) = here.named("sensor", [name])
        found = here.pages.state_of(one).cursor
    if as_json:
        print_json({"name": name, "cursor": found})
    elif found is None:
        err().print(f"The sensor {name} has no cursor yet.", style="dim")
    else:
        out().print(found)


@cursor.command("set")
@takes_code
def set_cursor(
    name: Name,
    value: Annotated[
        str | None, typer.Argument(metavar="[CURSOR]", help="The cursor; none, if it is left out.")
    ] = None,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Set the cursor of a sensor, or remove it."""
    from earmark.cli.automating import opened
    from earmark.cli.hosting import note
    from earmark.cli.terminal import out, print_json

    with opened(flags, quiet=as_json) as here:
        (one,) = here.named("sensor", [name])
        here.pages.set_cursor(one, value)
        note(here.store, "automation.cursor", name, (value or "")[:200])
    if as_json:
        print_json({"name": name, "cursor": value})
        return
    said = "no cursor" if value is None else f"the cursor {value}"
    out().print(f"The sensor {name} has {said} now.")
