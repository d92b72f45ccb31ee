"""Code locations as a process without code sees them: what hosts have published, and their code asked through them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from earmark.locations.guest_process import GuestError, answered
from earmark.locations.published import (
    LEADER,
    LOADING,
    TOPIC,
    PublishedLocation,
    living_hosts,
    read_manifest,
    read_published,
)
from earmark.locations.questions import ANSWERED, RELOAD, Question, put_question, take_answer, withdraw
from earmark.locations.registry import LocationState
from earmark.protocol.messages import Answer
from earmark.specs.manifest import Manifest
from earmark.store.ports import Store
from earmark.values.errors import StoreError, did_you_mean
from earmark.values.ids import IdSource
from earmark.values.version import __version__

LOG = structlog.get_logger("earmark.locations")

_LOOK_SECONDS = 1.0
"""How long a change of another process may go unseen where nothing tells of it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.25
_PATIENCE = 5.0
"""How many seconds the way through the store may take, besides what the answer may."""


class NotServedError(GuestError):
    """No host has the code of a location, so nobody can be asked."""


_Said = tuple[PublishedLocation, bool, bool]
"""What a host says of a location, whether the host lives, and whether it leads."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known at a moment: each location as it is shown, and the hosts that serve it, the one to ask first."""

    states: dict[str, LocationState] = field(default_factory=dict)
    hosts: dict[str, list[PublishedLocation]] = field(default_factory=dict)


class RemoteLocations:
    """The code locations of all hosts over a store; see ``earmark.views.ports.Locations``.

    Where several hosts have one of the same name, the one that leads is shown and asked.

    Args:
        store: Where hosts publish how they stand, and are asked.
        new_id: Where ids of questions come from.
        wake: Called when there is a question, for hosts that the store cannot wake.
    """

    def __init__(self, store: Store, new_id: IdSource, wake: Callable[[], object] = lambda: None) -> None:
        self.version = 0
        self._store = store
        self._new_id = new_id
        self._wake = wake
        self._seen: list[_Said] | None = None
        self._known = _Known()
        self._living: set[str] = set()
        self._manifests: dict[str, Manifest | None] = {}
        self._told = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="locations", daemon=True)

    def start(self) -> None:
        """Read what there is, and follow what changes."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer."""
        self._stop.set()
        self._thread.join(_LOOK_SECONDS + 1.0)

    def locations(self) -> list[LocationState]:
        """Return all code locations as their hosts last said, by name."""
        return [state for _, state in sorted(self._known.states.items())]

    # Following ------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                if ANSWERED in self._store.wait((TOPIC, ANSWERED), _LOOK_SECONDS):
                    with self._told:
                        self._told.notify_all()
                self._look()
            except StoreError as error:
                LOG.warning("the store is out of reach", error=str(error))
                self._stop.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        living, lease = living_hosts(self._store), self._store.leases.get(LEADER)
        leader = None if lease is None else lease.holder
        found = [(one, one.host_id in living, one.host_id == leader) for one in read_published(self._store)]
        self._living = living
        if found == self._seen:
            return
        best: dict[str, tuple[PublishedLocation, bool]] = {}
        for one, lives, _ in sorted(found, key=_rank):
            best[one.name] = (one, lives)
        digests = {digest for one, _ in best.values() for digest in (one.manifest, one.before)} - {""}
        self._manifests = {digest: self._manifest(digest) for digest in digests}
        able = [one for one, lives, _ in sorted(found, key=_rank, reverse=True) if lives]
        self._known = _Known(
            {name: self._state(one, lives) for name, (one, lives) in best.items()},
            {name: [one for one in able if one.name == name] for name in best},
        )
        self._seen = found
        self.version += 1

    def _manifest(self, digest: str) -> Manifest | None:
        known = self._manifests.get(digest)
        if known is not None:
            return known
        try:
            return read_manifest(self._store, digest)
        except msgspec.DecodeError as error:
            LOG.warning("a manifest cannot be read", manifest=digest, error=str(error))
            return None

    def _state(self, one: PublishedLocation, lives: bool) -> LocationState:
        manifest = self._manifests.get(one.manifest)
        status, error, stale = one.status, one.error, one.stale
        if one.manifest and manifest is None:
            error = error or f"Earmark {one.version} says what it defines; {__version__} of this server cannot read it."
        if not lives:
            status, stale = "stopped", True
            error = f"No host serves it any more: the last one, process {one.pid} on {one.host}, is gone. {one.error}"
        return LocationState(
            name=one.name,
            status=status,
            manifest=manifest,
            before=self._manifests.get(one.before),
            stale=stale,
            error=error.strip(),
            traceback=one.traceback,
            note=one.note,
            version=one.version,
            python=one.python,
            pid=one.guest,
            loaded_at=one.loaded_at,
            load_seconds=one.load_seconds,
            served_by=f"process {one.pid} on {one.host}" if lives else "",
        )

    # Asking ---------------------------------------------------------------------------------------------------------

    def reload(self, name: str) -> None:
        """Have every host that serves a location load it anew.

        Raises:
            NotServedError: No host does.
        """
        for host in self._serving(name):
            self._put(host, RELOAD, {}, 0.0)

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        """Ask the user code of a location something, through the host that serves it.

        Raises:
            NotServedError: No host serves it, or the one that did has not taken the question up: nothing was done.
            GuestError: User code raised, or no answer came in time.
        """
        hosts = self._serving(location)
        # One that is loading answers when it has loaded.
        host = next(
            (one for one in sorted(hosts, key=lambda one: bool(one.obstacle)) if one.obstacle in ("", LOADING)), None
        )
        if host is None:
            raise NotServedError(
                f"The code location {location!r} cannot be asked: {hosts[0].obstacle}", location=location
            )
        question = self._put(host, kind, payload, seconds)
        return answered(self._await(question, host))

    def _serving(self, location: str) -> list[PublishedLocation]:
        """Return what the hosts that serve a location say of it, the one to ask first."""
        known = self._known
        hosts = known.hosts.get(location)
        if hosts:
            return hosts
        raise NotServedError(
            known.states[location].error
            if location in known.states
            else f"No host serves a code location {location!r}.{did_you_mean(location, known.states)}",
            hint="This server has no code of its own: start `earmark daemon` where the code is.",
            location=location,
        )

    def _put(self, host: PublishedLocation, kind: str, payload: dict[str, Any], seconds: float) -> Question:
        question = Question(
            id=self._new_id(),
            host_id=host.host_id,
            location=host.name,
            kind=kind,
            payload=payload,
            seconds=seconds,
            asked_at=self._store.clock(),
        )
        put_question(self._store, question)
        self._wake()
        return question

    def _await(self, question: Question, host: PublishedLocation) -> Answer:
        until, pause = time.monotonic() + question.seconds + _PATIENCE, _FIRST_PAUSE
        while (answer := take_answer(self._store, question.id)) is None:
            if time.monotonic() > until or host.host_id not in self._living:
                return self._give_up(question, host)
            with self._told:
                self._told.wait(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        return answer

    def _give_up(self, question: Question, host: PublishedLocation) -> Answer:
        """Return an answer that has come in the last moment; else say whether anything may have been done."""
        who = f"The host of the code location {host.name!r} (process {host.pid} on {host.host})"
        if withdraw(self._store, question.id):
            raise NotServedError(
                f"{who} has not taken the question up; nothing was done.",
                hint="Look whether it works: its log, and the daemons on the page of the deployment.",
                location=host.name,
            )
        answer = take_answer(self._store, question.id)
        if answer is not None:
            return answer
        raise GuestError(
            f"{who} has taken the question up and not answered; what was asked may have been done, or be done yet.",
            location=host.name,
        )


def _rank(found: _Said) -> tuple[bool, bool, bool, int]:
    """Return how much is to be gone by what a host says of a location; more is better."""
    one, lives, leads = found
    return lives, leads, not one.obstacle, one.loaded_at or 0
