"""``earmark daemon``: the loops alone, without the HTTP server."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli.options import CodeFlags, takes_code_of_all

app = typer.Typer(add_completion=False, help="Run the queue, rescue and automation without the HTTP server.")


@app.command()
@takes_code_of_all
def daemon(
    flags: CodeFlags,
    drain: Annotated[
        bool, typer.Option("--drain", help="When told to stop, wait until no run is in progress.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more.")] = False,
) -> None:
    """Run the queue, rescue and automation until told to stop (SIGINT or SIGTERM)."""
    from earmark.cli.hosting import (
        begin_traces,
        location_orders,
        log_to_stderr,
        make_host,
        open_home,
        until_told_to_stop,
    )

    log_to_stderr(verbose)
    orders = location_orders(flags)
    home, settings, store = open_home()
    begin_traces(settings)
    host = make_host(home, settings, store, orders, watch=False)
    host.start()
    try:
        until_told_to_stop()
    finally:
        host.stop(drain=drain and host.fault is None)
        store.close()
    if host.fault is not None:
        raise host.fault
