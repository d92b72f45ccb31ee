"""``earmark server``: the API and the UI alone, beside daemons that run elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from earmark.cli.dev import HostName, Port
from earmark.cli.options import CodeFlags, takes_code_of_all

if TYPE_CHECKING:
    from pathlib import Path

    from earmark.locations.registry import LocationOrder, LocationRegistry
    from earmark.locations.remote import RemoteLocations
    from earmark.store.ports import Store

app = typer.Typer(
    add_completion=False, help="Serve the API and the UI; the queue and automation run in `earmark daemon`."
)


WithoutCode = Annotated[
    bool,
    typer.Option(
        "--without-code",
        help="Load no code, even where some is named: show what daemons have stored, and ask theirs.",
    ),
]


@app.command()
@takes_code_of_all
def server(
    flags: CodeFlags,
    port: Port = 3000,
    host_name: HostName = "127.0.0.1",
    without_code: WithoutCode = False,
) -> None:
    """Serve the API and the UI until told to stop.

    Where nothing names any code (no -m, no -f, no project around the current folder), definitions come from the store,
    where daemons keep them, and what only code can say is asked of the daemon that has it.
    """
    from earmark.cli.hosting import begin_traces, open_home
    from earmark.cli.serving import listen, serve_app
    from earmark.cli.terminal import err
    from earmark.daemon.cancel import cancel_run
    from earmark.server.options import ServerOptions
    from earmark.system.wake import wake_host

    listening = listen(host_name, port)
    orders = _orders(flags, without_code)
    home, settings, store = open_home()
    begin_traces(settings)

    def wake() -> None:
        wake_host(home.path)

    def cancel(run_id: str, author: str) -> None:
        cancel_run(store, run_id, author)
        wake()

    locations = _locations(store, home.path, orders, wake)
    locations.start()
    err().print(f"Earmark is at http://{host_name}:{port}", style="bold")
    if not orders:
        err().print("No code is loaded here: definitions are those of the daemons.", style="dim")
    try:
        served = ServerOptions.of_settings(home.path, host_name, settings, wake=wake, cancel=cancel)
        serve_app(store, locations, served, listening)
    finally:
        locations.stop()
        store.close()


def _orders(flags: CodeFlags, without_code: bool) -> list[LocationOrder]:
    """Return the code to load here; none where none is named, or wanted.

    Raises:
        SettingsError: Flags name code that is not there, or contradict each other.
    """
    from earmark.cli.hosting import location_orders
    from earmark.guest.project import NoCodeError

    named = flags.module or flags.file or flags.directory or flags.attribute
    if without_code:
        if named:
            raise typer.BadParameter("--without-code and flags that name code say the contrary of each other")
        return []
    try:
        return location_orders(flags)
    except NoCodeError:
        if named:
            raise
        return []


def _locations(
    store: Store, home: Path, orders: list[LocationOrder], wake: Callable[[], None]
) -> LocationRegistry | RemoteLocations:
    from earmark.cli.terminal import err
    from earmark.locations.registry import LocationRegistry
    from earmark.locations.remote import RemoteLocations
    from earmark.system.ids import new_id

    if not orders:
        return RemoteLocations(store, new_id, wake)

    def tell_failure(name: str) -> None:
        state = registry.location(name)
        if state.error:
            told = "\n".join(filter(None, (f"The code location {name!r} failed: {state.error}", state.traceback)))
            err().print(told.rstrip(), style="yellow")

    registry = LocationRegistry(store, home, orders, on_change=tell_failure)
    return registry
