"""All code locations of a host: what each has loaded, and who is asked to do something there."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import structlog

from earmark.locations.guest_process import GuestError, GuestProcess, guest_environment
from earmark.locations.published import LOADING
from earmark.protocol.messages import (
    FromGuest,
    LoadFailed,
    ProtocolMismatchError,
    Ready,
    WorkerEnded,
    WorkerStarted,
    check_versions,
)
from earmark.specs.manifest import Manifest
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError, StoreError, did_you_mean
from earmark.values.version import __version__

LOG = structlog.get_logger("earmark.locations")

_LOAD_SECONDS = 300.0
_BACKOFF = (0.2, 1.0, 5.0, 15.0, 60.0)


class LocationOrder(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A code location to keep loaded: what, from where, with which Python."""

    name: str
    module: str | None = None
    file: str | None = None
    working_directory: str | None = None
    attribute: str | None = None
    dagster_alias: bool | None = None
    python: str = sys.executable

    def watched(self) -> Path:
        """Return the folder in which a changed file means a reload."""
        if self.file is not None:
            return Path(self.file).resolve().parent
        return Path(self.working_directory or ".").resolve()


class LocationState(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A code location as it stands.

    Args:
        name: Its name.
        status: ``loading``, ``ready``, ``failed`` or ``stopped``.
        manifest: What it defines; the last good one where it has failed.
        before: What it defined before it was last loaded, in this process or an earlier one.
        stale: Whether the manifest is of an earlier load.
        error: Why it failed.
        traceback: The user's own traceback.
        note: What else a person should know, such as why workers are not forked.
        version: The guest's version of Earmark.
        python: The guest's Python.
        pid: The guest's process.
        loaded_at: When the manifest was loaded.
        load_seconds: How long that took.
        served_by: The host that has it; empty for one of this process, or of none.
    """

    name: str
    status: str
    manifest: Manifest | None = None
    before: Manifest | None = None
    stale: bool = False
    error: str = ""
    traceback: str = ""
    note: str = ""
    version: str = ""
    python: str = ""
    pid: int = 0
    loaded_at: Micros | None = None
    load_seconds: float = 0.0
    served_by: str = ""


class _Location:
    def __init__(self, order: LocationOrder) -> None:
        self.order = order
        self.state = LocationState(name=order.name, status="loading")
        self.guest: GuestProcess | None = None
        self.coming: GuestProcess | None = None
        self.retired: list[GuestProcess] = []
        self.failures = 0


class LocationRegistry:
    """Keeps a guest for each code location.

    Args:
        store: Where manifests are kept, and where runs are cancelled.
        home: The home folder.
        orders: The code locations.
        worker_settings: What workers are told; see ``WorkerOrder``.
        on_change: Called when a location has loaded or failed.
        on_worker: Called when a worker has started or ended.
        environment: More environment variables for guests.
        on_lost: Called with a run whose worker was asked for in vain: its guest is gone.
    """

    def __init__(
        self,
        store: Store,
        home: Path,
        orders: Iterable[LocationOrder],
        *,
        worker_settings: dict[str, Any] | None = None,
        on_change: Callable[[str], None] | None = None,
        on_worker: Callable[[WorkerStarted | WorkerEnded], None] | None = None,
        environment: dict[str, str] | None = None,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._home = home
        self._on_lost = on_lost or (lambda _run_id: None)
        self._settings = worker_settings or {}
        self._on_change = on_change or (lambda _name: None)
        self._on_worker = on_worker or (lambda _message: None)
        self._environment = guest_environment(environment)
        self._lock = threading.RLock()
        self._locations = {order.name: _Location(order) for order in orders}
        self._stopping = False
        self.version = 0

    # What there is --------------------------------------------------------------------------------------------------

    def locations(self) -> list[LocationState]:
        """Return all code locations as they stand, by name."""
        with self._lock:
            return [self._locations[name].state for name in sorted(self._locations)]

    def location(self, name: str) -> LocationState:
        """Return a code location as it stands.

        Raises:
            DagsterInvariantViolationError: There is none of that name.
        """
        return self._named(name).state

    def orders(self) -> list[LocationOrder]:
        """Return what was ordered."""
        return [one.order for one in self._locations.values()]

    def _named(self, name: str) -> _Location:
        with self._lock:
            if name in self._locations:
                return self._locations[name]
        raise DagsterInvariantViolationError(
            f"There is no code location {name!r}.{did_you_mean(name, self._locations)}", location=name
        )

    def location_of_job(self, job_name: str) -> str | None:
        """Return the name of the first code location that has a job of the name."""
        for state in self.locations():
            if state.manifest is not None and any(job.name == job_name for job in state.manifest.jobs):
                return state.name
        return None

    # Loading --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to load every location; :meth:`wait_loaded` waits for the end of it."""
        for location in self._locations.values():
            self._load_last_manifest(location)
            self._begin(location)

    def _load_last_manifest(self, location: _Location) -> None:
        kept = self._store.manifests.get(location.order.name)
        if kept is None:
            return
        loaded_at, data = kept
        try:
            manifest = Manifest.decode(data)
        except msgspec.DecodeError:
            # Of another version of Earmark; the guest brings a new one in a moment.
            return
        location.state = msgspec.structs.replace(location.state, manifest=manifest, stale=True, loaded_at=loaded_at)
        self.version += 1

    def _begin(self, location: _Location) -> None:
        order = location.order
        told = {
            "home": str(self._home),
            "store": self._store.address,
            "location": order.name,
            "module": order.module,
            "file": order.file,
            "working_directory": order.working_directory,
            "attribute": order.attribute,
            "dagster_alias": order.dagster_alias,
            "worker": self._settings,
        }
        with self._lock:
            if self._stopping:
                return
            if location.state.manifest is None:
                location.state = msgspec.structs.replace(location.state, status="loading")
            try:
                location.coming = GuestProcess(order.python, told, self._hear_for(location), self._environment)
            except OSError as error:
                location.state = _failed(location, f"Its process cannot be started: {error}.")
                self._begin_later(location)

    def wait_loaded(self, seconds: float = _LOAD_SECONDS) -> None:
        """Wait until every location has loaded or failed."""
        until = time.monotonic() + seconds
        for location in list(self._locations.values()):
            coming = location.coming
            if coming is not None:
                coming.loaded.wait(max(0.0, until - time.monotonic()))

    def reload(self, name: str) -> None:
        """Load a location anew beside the old one; the definitions change places when it is ready, if it gets ready.

        Raises:
            DagsterInvariantViolationError: There is none of that name.
        """
        location = self._named(name)
        with self._lock:
            if location.coming is not None and not location.coming.loaded.is_set():
                stale, location.coming = location.coming, None
                threading.Thread(target=stale.kill, args=(0.0,), daemon=True).start()
        self._begin(location)

    def _hear_for(self, location: _Location) -> Callable[[GuestProcess, FromGuest | None], None]:
        def hear(guest: GuestProcess, message: FromGuest | None) -> None:
            match message:
                case Ready():
                    self._take_ready(location, guest, message)
                case LoadFailed():
                    self._take_failed(location, guest, message)
                case WorkerStarted() | WorkerEnded():
                    self._on_worker(message)
                case None:
                    self._take_gone(location, guest)

        return hear

    def _take_ready(self, location: _Location, guest: GuestProcess, ready: Ready) -> None:
        try:
            check_versions(ready.protocol, ready.version, ready.python, __version__)
        except ProtocolMismatchError as error:
            self._take_failed(location, guest, LoadFailed(ready.protocol, ready.version, str(error)))
            guest.retire()
            return
        data = ready.manifest.encode()
        manifest = Manifest.decode(data)
        loaded_at = self._store.clock()
        with self._lock:
            if location.coming is not guest:
                guest.retire()
                return
            old, location.guest, location.coming = location.guest, guest, None
            location.failures = 0
            location.state = LocationState(
                name=location.order.name,
                status="ready",
                manifest=manifest,
                before=location.state.manifest,
                note=ready.note,
                version=ready.version,
                python=ready.python,
                pid=guest.pid,
                loaded_at=loaded_at,
                load_seconds=ready.seconds,
            )
            self.version += 1
            if old is not None:
                location.retired.append(old)
        try:
            self._store.manifests.put(location.order.name, data)
        except StoreError as error:
            # It is kept for the next host to begin with; this one has it.
            LOG.warning("the store is out of reach", error=str(error))
        if old is not None:
            old.retire()
        self._on_change(location.order.name)

    def _take_failed(self, location: _Location, guest: GuestProcess, failed: LoadFailed) -> None:
        with self._lock:
            if location.coming is not guest:
                return
            location.coming = None
            location.state = _failed(location, failed.message, failed.traceback, failed.version)
            self.version += 1
        self._on_change(location.order.name)

    def _take_gone(self, location: _Location, guest: GuestProcess) -> None:
        """A guest has ended: one that was retired, one that failed to load, or one that was killed."""
        for run_id in list(guest.asked_for):
            self._on_lost(run_id)
        with self._lock:
            if guest in location.retired:
                location.retired.remove(guest)
                return
            if self._stopping:
                return
            if location.coming is guest:
                failed = LoadFailed(0, "", f"The process of the code location {_end_of(guest)} while loading.")
            elif location.guest is guest:
                location.guest = None
                failed = None
            else:
                return
        if failed is not None:
            self._take_failed(location, guest, failed)
        # Code that does not load says so itself; a process that just ends may have been killed, and is tried again.
        self._begin_later(location)

    def _begin_later(self, location: _Location) -> None:
        pause = _BACKOFF[min(location.failures, len(_BACKOFF) - 1)]
        location.failures += 1
        timer = threading.Timer(pause, self._begin_unless_begun, args=(location,))
        timer.daemon = True
        timer.start()

    def _begin_unless_begun(self, location: _Location) -> None:
        with self._lock:
            if location.coming is None:
                self._begin(location)

    # Asking ---------------------------------------------------------------------------------------------------------

    def is_ready(self, name: str) -> bool:
        """Say whether workers can be started in a location."""
        with self._lock:
            location = self._locations.get(name)
            return location is not None and location.guest is not None

    def serving(self) -> dict[str, str]:
        """Return each location with why no worker can be started in it; empty where one can."""
        with self._lock:
            return {
                name: "" if one.guest is not None else one.state.error.strip().partition("\n")[0] or LOADING
                for name, one in self._locations.items()
            }

    def _guest(self, name: str) -> GuestProcess:
        location = self._named(name)
        with self._lock:
            if location.guest is not None:
                return location.guest
        raise GuestError(
            f"The code location {name!r} is {location.state.status}: {location.state.error or 'not loaded yet'}"
        )

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        """Ask the user code of a location something.

        Raises:
            GuestError: It is not loaded, user code raised, or it took too long.
            DagsterInvariantViolationError: There is no such location.
        """
        return self._guest(location).ask(kind, payload, seconds)

    def launch(self, location: str, run_id: str, launch_token: str, traceparent: str = "") -> bool:
        """Ask for a worker in a location; ``False`` if it cannot be asked now.

        Args:
            location: The code location.
            run_id: The run.
            launch_token: What its worker claims it with.
            traceparent: The span that the run's own belongs to, where this process traces.
        """
        try:
            told = self._guest(location).launch(run_id, launch_token, traceparent)
        except GuestError:
            told = False
        if not told:
            self._on_lost(run_id)
        return told

    def stop(self, seconds: float = 2.0) -> None:
        """End all guests. Workers that still run go on by themselves."""
        with self._lock:
            self._stopping = True
            guests = [
                guest
                for one in self._locations.values()
                for guest in (one.guest, one.coming, *one.retired)
                if guest is not None
            ]
        for guest in guests:
            guest.retire()
        for guest in guests:
            guest.kill(seconds)


def _failed(location: _Location, message: str, traceback: str = "", version: str = "") -> LocationState:
    """Return the state of a location of which a load has failed; what it had before goes on serving."""
    return msgspec.structs.replace(
        location.state,
        status="ready" if location.guest is not None else "failed",
        stale=location.state.manifest is not None,
        error=message,
        traceback=traceback,
        version=version,
    )


def _end_of(guest: GuestProcess) -> str:
    how = guest.process.returncode
    return f"was killed by {signal.Signals(-how).name}" if how < 0 else f"ended with exit code {how}"
