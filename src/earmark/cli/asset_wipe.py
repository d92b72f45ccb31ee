"""``earmark asset wipe``."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli import options
from earmark.cli.options import CodeFlags, takes_code


@takes_code
def wipe(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The assets: a key, or 'group:raw', 'tag:tier=gold'.")],
    partitions: Annotated[
        list[str] | None, typer.Option("--partition", metavar="KEY", help="Only this partition; repeat it.")
    ] = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
    *,
    flags: CodeFlags,
) -> None:
    """Let the history of assets no longer count, as if they had never been written; their data stays where it is."""
    from earmark.cli.finding import assets_meant
    from earmark.cli.hosting import author, note, open_home
    from earmark.cli.loading import load_code
    from earmark.cli.terminal import count, out, print_json
    from earmark.events.envelope import Event
    from earmark.events.kinds import AssetWiped

    code = load_code(flags)
    keys = assets_meant(code, query)
    _, _, store = open_home(quiet=as_json)
    try:
        if yes:
            only = tuple(partitions) if partitions else None
            now = store.clock()
            store.runs.report([Event(AssetWiped(key, only, author()), now) for key in keys])
            for key in keys:
                note(store, "asset.wipe", key.to_user_string(), f"{len(only)} partitions" if only else "")
    finally:
        store.close()
    names = [key.to_user_string() for key in keys]
    if as_json:
        print_json({"wiped": yes, "assets": names, "partitions": partitions})
        return
    what = count(len(keys), "asset")
    out().print(f"{what} wiped." if yes else f"{what} would be wiped; add --yes to do it.")
    for name in names:
        out().print(f"  {name}")
