"""``earmark dev``: the host and the UI on this machine, with code reloaded as files change."""

from __future__ import annotations

from typing import Annotated

import typer

from earmark.cli.options import CodeFlags, takes_code_of_all

app = typer.Typer(
    add_completion=False,
    help="Run everything on this machine: queue, automation, API and UI; reload code as files change.",
)

Port = Annotated[
    int, typer.Option("-p", "--port", metavar="PORT", min=0, max=65_535, help="The port of the API and UI.")
]
HostName = Annotated[
    str,
    typer.Option(
        "-h", "--host", metavar="HOST", help="The address to listen on; beyond this machine a token is asked."
    ),
]


@app.command()
@takes_code_of_all
def dev(
    flags: CodeFlags,
    port: Port = 3000,
    host_name: HostName = "127.0.0.1",
    drain: Annotated[
        bool, typer.Option("--drain", help="When told to stop, wait until no run is in progress.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log more.")] = False,
) -> None:
    """Run everything on this machine until told to stop."""
    from earmark.cli.hosting import begin_traces, location_orders, log_to_stderr, make_host, open_home
    from earmark.cli.serving import listen, serve
    from earmark.cli.terminal import err

    log_to_stderr(verbose)
    listening = listen(host_name, port)
    orders = location_orders(flags)
    home, settings, store = open_home()
    begin_traces(settings)
    host = make_host(home, settings, store, orders, watch=True)
    host.start()
    err().print(f"Earmark is at http://{host_name}:{port}", style="bold")
    try:
        serve(store, host, settings, home.path, listening, host_name)
    finally:
        host.stop(drain=drain and host.fault is None)
        store.close()
    if host.fault is not None:
        raise host.fault
