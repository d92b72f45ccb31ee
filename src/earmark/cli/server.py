"""``earmark server``: the API and the UI alone, beside daemons that run elsewhere."""

from __future__ import annotations

import typer

from earmark.cli.dev import HostName, Port
from earmark.cli.options import CodeFlags, takes_code_of_all

app = typer.Typer(
    add_completion=False, help="Serve the API and the UI; the queue and automation run in `earmark daemon`."
)


@app.command()
@takes_code_of_all
def server(
    flags: CodeFlags,
    port: Port = 3000,
    host_name: HostName = "127.0.0.1",
) -> None:
    """Serve the API and the UI until told to stop. Code is loaded to show it and to ask it for runs."""
    from earmark.cli.hosting import begin_traces, location_orders, open_home
    from earmark.cli.serving import listen, serve_app
    from earmark.cli.terminal import err
    from earmark.daemon.cancel import cancel_run
    from earmark.locations.registry import LocationRegistry
    from earmark.server.options import ServerOptions
    from earmark.system.wake import wake_host

    listening = listen(host_name, port)
    orders = location_orders(flags)
    home, settings, store = open_home()
    begin_traces(settings)

    def tell_failure(name: str) -> None:
        error = registry.location(name).error
        if error:
            err().print(f"The code location {name!r} failed: {error}", style="yellow", markup=False, highlight=False)

    registry = LocationRegistry(store, home.path, orders, on_change=tell_failure)
    registry.start()

    def wake() -> None:
        wake_host(home.path)

    def cancel(run_id: str, author: str) -> None:
        cancel_run(store, run_id, author)
        wake()

    err().print(f"Earmark is at http://{host_name}:{port}", markup=False, highlight=False, style="bold")
    try:
        served = ServerOptions.of_settings(home.path, host_name, settings, wake=wake, cancel=cancel)
        serve_app(store, registry, served, listening)
    finally:
        registry.stop()
        store.close()
