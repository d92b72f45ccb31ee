"""Saying how the code locations of this host stand, and asking their code what others want to know."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import structlog

from earmark.daemon.loop import Loop
from earmark.events.kinds import ErrorInfo
from earmark.locations.guest_process import GuestError
from earmark.locations.published import LOADING, PublishedLocation, publish
from earmark.locations.questions import RELOAD, Question, forget_unfetched, put_answer, take_questions
from earmark.protocol.messages import Answer
from earmark.store.ports import Store
from earmark.values.errors import DagsterError, StoreError
from earmark.values.wire import content_hash

if TYPE_CHECKING:
    from earmark.locations.registry import LocationRegistry, LocationState
    from earmark.specs.manifest import Manifest

LOG = structlog.get_logger("earmark.locations")

_AT_ONCE = 8
"""How many questions are with the code at the same time."""

_TIDIED_EVERY = 100
"""How many looks pass before what nobody fetched is looked for."""


class LocationsLoop(Loop):
    """Publishes how the code locations stand whenever that changes, and answers questions to their code.

    Every host does so, whether it leads or not: it is about its own processes.

    Args:
        store: Where both lie.
        host_id: What tells this host apart.
        registry: The code locations.
    """

    def __init__(self, store: Store, host_id: str, registry: LocationRegistry) -> None:
        super().__init__("locations", LOG, every=2.0)
        self._store = store
        self._id = host_id
        self._registry = registry
        self._said: list[PublishedLocation] | None = None
        self._hashes: dict[str, tuple[Manifest, str]] = {}
        self._answering = ThreadPoolExecutor(_AT_ONCE, "answers")

    def stop(self) -> None:
        """Stop: what has been taken up is not answered any more, and whoever asked hears that this host is gone."""
        super().stop()
        self._answering.shutdown(wait=False, cancel_futures=True)

    def _look(self) -> None:
        self._publish()
        for question in take_questions(self._store, self._id):
            self._answering.submit(self._answer, question)
        if self._looks % _TIDIED_EVERY == 0:
            forget_unfetched(self._store)

    def _publish(self) -> None:
        obstacles = self._registry.serving()
        manifests: dict[str, Manifest] = {}
        found = [self._published(state, obstacles[state.name], manifests) for state in self._registry.locations()]
        if found == self._said:
            return
        at, encoded = self._store.clock(), {digest: one.encode() for digest, one in manifests.items()}
        publish(self._store, self._id, [msgspec.structs.replace(one, at=at) for one in found], encoded)
        self._said = found

    def _published(self, state: LocationState, obstacle: str, manifests: dict[str, Manifest]) -> PublishedLocation:
        return PublishedLocation(
            name=state.name,
            host_id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            status=state.status,
            obstacle=obstacle,
            manifest=self._hash(state.name, state.manifest, manifests),
            before=self._hash(f"{state.name} before", state.before, manifests),
            stale=state.stale,
            error=state.error,
            traceback=state.traceback,
            note=state.note,
            version=state.version,
            python=state.python,
            guest=state.pid,
            loaded_at=state.loaded_at,
            load_seconds=state.load_seconds,
        )

    def _hash(self, place: str, manifest: Manifest | None, manifests: dict[str, Manifest]) -> str:
        if manifest is None:
            return ""
        known = self._hashes.get(place)
        if known is None or known[0] is not manifest:
            known = self._hashes[place] = (manifest, content_hash(manifest))
        manifests[known[1]] = manifest
        return known[1]

    def _answer(self, question: Question) -> None:
        """Ask user code, in a thread of the pool; nothing that it says may be lost on the way back."""
        try:
            if question.kind == RELOAD:
                self._registry.reload(question.location)
                return
            answer = self._asked(question)
            put_answer(self._store, question, answer)
        except StoreError as error:
            LOG.warning("the store is out of reach", error=str(error))
        except DagsterError as error:
            LOG.error("a question has failed", location=question.location, question=question.kind, error=str(error))

    def _wait_loaded(self, question: Question) -> None:
        """Wait while the location is loaded, for the first time or again after its process ended."""
        until = time.monotonic() + question.seconds
        while self._registry.serving().get(question.location) == LOADING and time.monotonic() < until:
            if self._stop.wait(0.05):
                return

    def _asked(self, question: Question) -> Answer:
        self._wait_loaded(question)
        try:
            payload = self._registry.ask(question.location, question.kind, question.payload, question.seconds)
        except GuestError as error:
            told = error.facts.get("error")
            info = told if isinstance(told, ErrorInfo) else ErrorInfo("GuestError", error.message)
            return Answer(0, error=info, timed_out=bool(error.facts.get("timed_out")))
        except DagsterError as error:
            return Answer(0, error=ErrorInfo(type(error).__name__, error.message))
        return Answer(0, payload)
