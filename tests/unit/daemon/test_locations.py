"""A host says how its code locations stand, and a server without code shows them and asks them, through the store."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import earmark as em
from earmark.daemon.locations import LocationsLoop
from earmark.events.kinds import ErrorInfo
from earmark.locations import remote
from earmark.locations.guest_process import GuestError
from earmark.locations.heartbeats import SILENT, HostBeat, drop_beat, keep_beat
from earmark.locations.published import LEADER, LOADING
from earmark.locations.questions import Question, forget_unfetched, put_answer, take_questions
from earmark.locations.registry import LocationState
from earmark.locations.remote import NotServedError, RemoteLocations
from earmark.protocol.messages import Answer
from earmark.specs.manifest import Manifest
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.wire import encode
from tests.process.hosting import until


def manifest(*names: str) -> Manifest:
    @em.op
    def nothing() -> None: ...

    def job(name: str) -> Any:
        @em.job(name=name)
        def made() -> None:
            nothing()

        return made

    return em.Definitions(jobs=[job(name) for name in names]).manifest()


class FakeRegistry:
    """Code locations as a test sets them; questions are answered by ``answer``."""

    def __init__(self, **states: LocationState) -> None:
        self.states = states
        self.reloaded: list[str] = []
        self.answer: Any = lambda kind, payload: {"kind": kind, **payload}

    def locations(self) -> list[LocationState]:
        return list(self.states.values())

    def serving(self) -> dict[str, str]:
        return {name: state.error for name, state in self.states.items()}

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float) -> dict[str, Any]:
        return self.answer(kind, payload)

    def reload(self, name: str) -> None:
        self.reloaded.append(name)

    def load(self, name: str, *jobs: str, **more: Any) -> None:
        before = self.states[name].manifest if name in self.states else None
        self.states[name] = LocationState(name=name, status="ready", manifest=manifest(*jobs), before=before, **more)


class Time:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = Micros(1_760_000_000_000_000)

    def __call__(self) -> Micros:
        return self.now

    def pass_by(self, micros: int) -> None:
        self.now = Micros(self.now + micros)


class Hosts:
    """Hosts over one store, each with a registry of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.loops: dict[str, LocationsLoop] = {}

    def start(self, host_id: str, registry: FakeRegistry) -> LocationsLoop:
        self.beat(host_id)
        loop = self.loops[host_id] = LocationsLoop(self.store, host_id, registry)  # type: ignore[arg-type]
        loop.start()
        loop.wake()
        return loop

    def beat(self, host_id: str) -> None:
        now = self.store.clock()
        keep_beat(self.store, HostBeat(id=host_id, host="box", pid=7, version="1", started_at=now, at=now))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def store(time: Time) -> Iterator[Store]:
    store = open_store("memory://", clock=time)
    yield store
    store.close()


@pytest.fixture
def hosts(store: Store) -> Iterator[Hosts]:
    hosts = Hosts(store)
    yield hosts
    for loop in hosts.loops.values():
        loop.stop()


@pytest.fixture
def server(store: Store, hosts: Hosts, monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteLocations]:
    monkeypatch.setattr(remote, "_LOOK_SECONDS", 0.02)
    numbers = iter(range(1_000))
    wake = lambda: [loop.wake() for loop in hosts.loops.values()]  # noqa: E731
    server = RemoteLocations(store, lambda: f"question-{next(numbers)}", wake)
    server.start()
    yield server
    server.stop()


def shown(server: RemoteLocations) -> dict[str, tuple[str, list[str]]]:
    return {
        one.name: (one.status, sorted(job.name for job in (one.manifest or Manifest()).jobs))
        for one in server.locations()
    }


def test_what_a_host_loads_a_server_without_code_shows_and_what_it_loads_next_too(
    hosts: Hosts, server: RemoteLocations, store: Store
) -> None:
    registry = FakeRegistry()
    registry.load("shop", "sell", python="/env/bin/python")
    loop = hosts.start("one", registry)
    until(lambda: shown(server) == {"shop": ("ready", ["sell"])})
    (state,) = server.locations()
    assert state.served_by.startswith(f"process {os.getpid()} on ")
    assert state.python == "/env/bin/python"

    version = server.version
    registry.load("shop", "sell", "refund")
    loop.wake()
    until(lambda: shown(server) == {"shop": ("ready", ["refund", "sell"])})
    assert server.version > version
    assert [job.name for job in server.locations()[0].before.jobs] == ["sell"]  # type: ignore[union-attr]

    registry.load("shop", "refund")
    loop.wake()
    until(lambda: shown(server) == {"shop": ("ready", ["refund"])})
    assert len(store.entries.keys("manifest")) == 2, "the first manifest is named by nobody"


def test_a_question_of_a_server_is_put_to_the_code_of_the_host(hosts: Hosts, server: RemoteLocations) -> None:
    registry = FakeRegistry()
    registry.load("shop", "sell")
    hosts.start("one", registry)
    until(lambda: shown(server))
    assert server.ask("shop", "submit_run", {"job_name": "sell"}) == {"kind": "submit_run", "job_name": "sell"}

    server.reload("shop")
    until(lambda: registry.reloaded == ["shop"])


def test_a_question_to_a_location_that_is_loading_is_answered_once_it_has_loaded(
    hosts: Hosts, server: RemoteLocations
) -> None:
    registry = FakeRegistry(shop=LocationState(name="shop", status="loading", error=LOADING))
    loading = threading.Timer(0.2, registry.load, ("shop", "sell"))
    registry.answer = lambda kind, payload: {"loaded": registry.states["shop"].status}
    hosts.start("one", registry)
    until(lambda: shown(server))
    loading.start()
    assert server.ask("shop", "submit_run", {}, 5.0) == {"loaded": "ready"}


def test_what_user_code_raises_comes_back_as_it_was_raised(hosts: Hosts, server: RemoteLocations, store: Store) -> None:
    def refuse(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        if kind == "broken":
            raise DagsterInvariantViolationError("There is no code location 'shop'.")
        raise GuestError("no such op", error=ErrorInfo("ValueError", "no such op", ("line 3",)), timed_out=True)

    registry = FakeRegistry()
    registry.load("shop", "sell")
    registry.answer = refuse
    hosts.start("one", registry)
    until(lambda: shown(server))
    with pytest.raises(GuestError, match="no such op") as caught:
        server.ask("shop", "preview_tick", {})
    assert caught.value.facts["error"] == ErrorInfo("ValueError", "no such op", ("line 3",))
    assert caught.value.facts["timed_out"] is True
    with pytest.raises(GuestError, match="There is no code location"):
        server.ask("shop", "broken", {})
    assert store.entries.keys("question") | store.entries.keys("answer") == set()


def test_of_several_hosts_the_one_that_leads_is_shown_and_asked(
    hosts: Hosts, server: RemoteLocations, store: Store
) -> None:
    for host_id, job in (("one", "old"), ("two", "new")):
        registry = FakeRegistry()
        registry.load("shop", job, loaded_at=Micros(1 if host_id == "one" else 2))
        registry.answer = lambda kind, payload, job=job: {"by": job}
        hosts.start(host_id, registry)
    until(lambda: shown(server) == {"shop": ("ready", ["new"])})
    lease = store.leases.acquire(LEADER, "one", 60.0)
    assert lease is not None
    until(lambda: shown(server) == {"shop": ("ready", ["old"])})
    assert server.ask("shop", "anything", {}) == {"by": "old"}


def test_where_the_last_host_is_gone_its_definitions_stay_and_nobody_can_be_asked(
    hosts: Hosts, server: RemoteLocations, store: Store, time: Time
) -> None:
    registry = FakeRegistry()
    registry.load("shop", "sell")
    hosts.start("one", registry)
    until(lambda: shown(server))
    hosts.loops["one"].stop()
    drop_beat(store, "one")
    until(lambda: shown(server) == {"shop": ("stopped", ["sell"])})
    with pytest.raises(NotServedError, match="No host serves it any more: the last one, process"):
        server.ask("shop", "submit_run", {})
    with pytest.raises(NotServedError, match=r"No host serves a code location 'shoop'\. Did you mean 'shop'"):
        server.reload("shoop")

    hosts.start("two", registry)
    until(lambda: shown(server) == {"shop": ("ready", ["sell"])})
    assert list(store.entries.keys("location")) == ["shop@two"], "what the dead host said is replaced"
    time.pass_by(SILENT + 1)
    until(lambda: shown(server) == {"shop": ("stopped", ["sell"])})


def test_a_question_that_no_host_takes_up_is_taken_back(hosts: Hosts, server: RemoteLocations, store: Store) -> None:
    registry = FakeRegistry()
    registry.load("shop", "sell")
    hosts.start("one", registry)
    until(lambda: shown(server))
    hosts.loops["one"].stop()
    until(lambda: not hosts.loops["one"]._thread.is_alive())
    with pytest.raises(NotServedError, match="has not taken the question up; nothing was done"):
        server.ask("shop", "submit_run", {}, seconds=-4.8)
    assert take_questions(store, "one") == []


def test_what_its_asker_no_longer_waits_for_is_forgotten(store: Store, time: Time) -> None:
    question = Question(id="a", host_id="one", location="shop", kind="submit_run", asked_at=time())
    put_answer(store, question, Answer(0))
    store.entries.set("question", "b", encode(question))
    time.pass_by(650_000_000)
    forget_unfetched(store)
    assert store.entries.keys("answer") == set()
    time.pass_by(60_000_000)
    assert take_questions(store, "one") == [], "it was asked too long ago"
