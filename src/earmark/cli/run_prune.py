"""``earmark run prune``."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli import options


def prune(
    query: options.Query = "",
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Only runs that ended that long ago: 30d, 12h, 0s.")
    ] = "",
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Delete finished runs with their events, tags, output and stored values; what is known of assets stays."""
    from earmark.cli.hosting import author, open_home
    from earmark.cli.runs_meant import show_sample
    from earmark.cli.terminal import count, out, print_json, time_text
    from earmark.daemon.prune import prune_runs
    from earmark.tags.query.times import DURATION_FORM, parse_duration

    age = parse_duration(older_than)
    if age is None:
        said = f"{older_than!r} is no age" if older_than else "say how old"
        raise typer.BadParameter(f"{said}: {DURATION_FORM}", param_hint="--older-than")
    options.refuse_both(dry_run, yes)
    home, _, store = open_home(quiet=as_json)
    try:
        ended_before = store.clock() - age
        pruned = prune_runs(store, home.path, query, age, author=author(), dry_run=not yes)
    finally:
        store.close()
    if as_json:
        told = {"runs": pruned.runs, "deleted": yes, "ended_before": ended_before / 1_000_000, "kept": pruned.kept}
        print_json(told)
        return
    runs = f"{count(pruned.runs, 'run')} that ended before {time_text(ended_before)}"
    out().print(f"{runs} {'deleted.' if yes else 'would be deleted; add --yes to do it.'}")
    if not yes:
        show_sample(pruned.sample, pruned.runs)
    for why, number in sorted(pruned.kept.items()):
        out().print(f"  {count(number, 'run')} kept: {why}")
