"""Every store, for tests that hold for all of them; and makers of runs and events."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.ids import uuid7


class SetClock:
    """A clock that stands still until it is moved, in seconds."""

    def __init__(self) -> None:
        self.now = Micros(1_790_000_000_000_000)

    def __call__(self) -> Micros:
        return self.now

    def move(self, seconds: float) -> None:
        self.now = Micros(self.now + round(seconds * 1_000_000))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where an empty store may be opened, of each kind in turn."""
    if request.param == "memory":
        return "memory://"
    if request.param == "sqlite":
        return str(tmp_path / "store")
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(store_url: str, clock: SetClock) -> Iterator[Store]:
    """Return an empty store of each kind in turn."""
    opened = open_store(store_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where an empty store may be opened that several processes can share."""
    return str(tmp_path / "store") if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="module", params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def lasting_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Return a store that serves all examples of a test."""
    if request.param == "postgres":
        with request.getfixturevalue("postgres_server").database() as url:
            store = open_store(url, clock=SetClock())
            yield store
            store.close()
        return
    store = open_store(
        "memory://" if request.param == "memory" else tmp_path_factory.mktemp("replay"), clock=SetClock()
    )
    yield store
    store.close()


@pytest.fixture
def new_id() -> Callable[[], str]:
    """Return a source of ids that grow."""
    numbers = itertools.count(1)
    return lambda: uuid7(Micros(1_790_000_000_000_000 + next(numbers)), 0)


@pytest.fixture
def make_run(new_id: Callable[[], str]) -> Callable[..., DagsterRun]:
    """Return a maker of runs that differ in their ids."""

    def make(**given: Any) -> DagsterRun:
        return DagsterRun(**{"run_id": new_id(), "job_name": "etl", **given})

    return make


@pytest.fixture
def says(clock: SetClock) -> Callable[..., Event]:
    """Return a maker of events that happen now."""

    def say(fact: AnyFact, step_key: str | None = None) -> Event:
        return Event(fact, clock(), step_key=step_key)

    return say
