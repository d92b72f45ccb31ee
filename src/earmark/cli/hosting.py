"""What the commands that host have in common: the home, the settings, the code locations, the host itself."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from earmark.cli import options

if TYPE_CHECKING:
    from earmark.daemon.host import Host
    from earmark.guest.project import CodeTarget
    from earmark.locations.registry import LocationOrder
    from earmark.store.ports import Store
    from earmark.system.home import Home
    from earmark.system.settings import Settings


def location_orders(flags: options.CodeFlags) -> list[LocationOrder]:
    """Return the code locations that the flags, or the project around the current folder, name.

    Raises:
        DagsterInvariantViolationError: Nothing names any code.
    """
    from earmark.guest.project import find_targets

    targets = find_targets(
        module=flags.module,
        file=flags.file,
        working_directory=flags.directory,
        attribute=flags.attribute,
        start=Path.cwd(),
    )
    alias = flags.as_dagster
    return [_order(target, alias) for target in targets]


def _order(target: CodeTarget, alias: bool | None) -> LocationOrder:
    from earmark.locations.registry import LocationOrder

    python = getattr(target, "python_executable", None)
    return LocationOrder(
        name=target.name or (target.module or Path(str(target.file)).stem),
        module=target.module,
        file=None if target.file is None else str(target.file),
        working_directory=None if target.working_directory is None else str(target.working_directory),
        attribute=target.attribute,
        dagster_alias=target.dagster_alias if alias is None else alias,
        python=str(python) if python else sys.executable,
    )


def open_home(*, quiet: bool = False) -> tuple[Home, Settings, Store]:
    """Find the home, read its settings, open its store; say which folder is used where none is set.

    Raises:
        SettingsError: A settings file holds an unknown key or a bad value.
        StoreError: The store cannot be opened.
    """
    from earmark.cli.terminal import err
    from earmark.store.open import open_store
    from earmark.system import clock
    from earmark.system.home import find_home
    from earmark.system.settings import read_settings

    home = find_home()
    settings = read_settings(home)
    if not quiet and home.notice:
        err().print(home.notice, style="dim")
    for warning in settings.warnings:
        err().print(warning, style="yellow")
    store = open_store(settings.storage or home.path, clock=clock.now, durability=settings.durability)
    return home, settings, store


def begin_traces(settings: Settings, role: Literal["host", "command"] = "host") -> None:
    """Trace from now on, if the settings or the environment ask for it; what the environment alone asks for in vain is
    only warned of, since its variables may be meant for other programs.

    Raises:
        SettingsError: The settings ask for traces, and OpenTelemetry is not installed.
    """
    from earmark.cli.terminal import err
    from earmark.system import tracing
    from earmark.values.errors import SettingsError

    if not tracing.are_wanted(settings.traces):
        return
    try:
        tracing.begin(role)
    except SettingsError as error:
        if settings.traces:
            raise
        err().print(f"Nothing is traced: {error}", style="yellow")


def make_host(home: Home, settings: Settings, store: Store, orders: list[LocationOrder], *, watch: bool) -> Host:
    """Return the host of a home, not yet started.

    Raises:
        HostError: Another host works on the home.
    """
    import msgspec

    from earmark.daemon.host import Host
    from earmark.daemon.policy import effective_policy
    from earmark.system import tracing

    monitoring = settings.run_monitoring
    worker: dict[str, Any] = {
        "cancel_grace": monitoring.cancel_timeout / 1e6,
        "pools": msgspec.to_builtins(settings.pools),
        "tag_flow": msgspec.to_builtins(settings.tag_flow),
        "tag_policies": msgspec.to_builtins(settings.tag_policies),
    }
    if tracing.are_on():
        worker["traces"] = True
    if monitoring.max_runtime:
        worker["max_runtime"] = monitoring.max_runtime / 1e6
    return Host(
        store,
        home.path,
        orders,
        policy=lambda: effective_policy(settings.queue, store),
        worker_settings=worker,
        monitoring=monitoring,
        retries=settings.run_retries,
        retention=settings.retention,
        watch=watch,
        on_outdated=lambda: os.kill(os.getpid(), signal.SIGTERM),
    )


def log_to_stderr(verbose: bool) -> None:
    """Let the host log one line per event to stderr."""
    import logging

    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
    )


def until_told_to_stop() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    # A wait without a limit would keep signal handlers from running on some platforms.
    while not stop.wait(3600.0):
        continue


def note(store: Store, action: str, target: str, detail: str = "") -> None:
    """Write down in the audit log what the user of the command line did."""
    store.audit.add(author(), action, {"target": target, "detail": detail} if detail else {"target": target})


def author() -> str:
    """Return who gives the command: the user of the operating system."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
