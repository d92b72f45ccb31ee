"""``earmark schedule``: list, start, stop, preview, tick."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List schedules, switch them on and off, and try them."
)

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="The schedules.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The schedule.")]


@app.command("list")
@takes_code
def list_schedules(
    query: options.Query = "",
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """List schedules: 'status:running', 'tag:team=ml', 'job:etl_*', 'tick:failed'."""
    from earmark.cli.automating import list_automations

    list_automations("schedule", query, flags, as_json=as_json)


@app.command()
@takes_code
def start(
    names: Names,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Switch schedules on; they tick while a host runs (earmark dev, earmark daemon)."""
    from earmark.cli.automating import switch_automations

    switch_automations("schedule", names, flags, running=True, as_json=as_json)


@app.command()
@takes_code
def stop(
    names: Names,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Switch schedules off."""
    from earmark.cli.automating import switch_automations

    switch_automations("schedule", names, flags, running=False, as_json=as_json)


@app.command()
@takes_code
def preview(
    name: Name,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1_000, help="How many ticks.")] = 5,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Show when a schedule ticks next, in its own zone."""
    from zoneinfo import ZoneInfo

    from earmark.cli.automating import opened
    from earmark.cli.terminal import out, print_json
    from earmark.decide.ticks import next_ticks
    from earmark.specs.schedule import ScheduleSpec
    from earmark.values.clock import to_datetime

    with opened(flags, quiet=as_json) as here:
        (one,) = here.named("schedule", [name])
        now = here.store.clock()
    spec = one.spec
    assert isinstance(spec, ScheduleSpec)
    zone = ZoneInfo(spec.timezone or "UTC")
    times = [to_datetime(tick).astimezone(zone) for tick in next_ticks(spec.cron, now, count)]
    if as_json:
        print_json({"name": name, "timezone": str(zone), "ticks": [time.isoformat() for time in times]})
        return
    out().print(f"{name}: {spec.cron.describe()} ({zone})")
    for time in times:
        out().print(f"  {time:%a %Y-%m-%d %H:%M:%S %Z}")


@app.command()
@takes_code
def tick(
    name: Name,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="The time that the tick stands for; the last due one.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would ask for.")] = False,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Evaluate one tick now, and queue the runs that it asks for."""
    from earmark.cli.ticking import tick_once

    raise typer.Exit(tick_once("schedule", name, flags, at=at, dry_run=dry_run, as_json=as_json))
