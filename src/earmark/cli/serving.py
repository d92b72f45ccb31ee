"""Serving the API and the UI until told to stop."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from earmark.values.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from earmark.daemon.host import Host
    from earmark.server.options import ServerOptions
    from earmark.store.ports import Store
    from earmark.system.settings import Settings
    from earmark.views.ports import Locations


def listen(host_name: str, port: int) -> socket.socket:
    """Return a socket that listens; taken before anything starts, so that a port in use is noticed at once.

    Raises:
        SettingsError: The address is in use, or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host_name else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host_name, port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"{host_name}:{port} cannot be listened on: {error.strerror}.", hint="Choose another port with -p."
        ) from error
    return listening


def serve(store: Store, host: Host, settings: Settings, home: Path, listening: socket.socket, host_name: str) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        store: The store.
        host: The host whose code locations are shown, and asked for runs.
        settings: The settings of the instance.
        home: The home folder.
        listening: The socket.
        host_name: The address it listens on; beyond this machine callers need a token.
    """
    from earmark.server.options import ServerOptions

    def cancel(run_id: str, author: str) -> None:
        host.cancel(run_id, author)

    options = ServerOptions.of_settings(home, host_name, settings, wake=host.wake_all, cancel=cancel)
    serve_app(store, host.registry, options, listening)


def serve_app(store: Store, registry: Locations, options: ServerOptions, listening: socket.socket) -> None:
    """Serve the application over code locations until SIGINT or SIGTERM."""
    import uvicorn

    from earmark.server.app import make_app
    from earmark.server.prefixed import Prefixed
    from earmark.server.traced import Traced

    config = uvicorn.Config(
        Prefixed(Traced(make_app(store, registry, options)), options.prefix),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listening])
