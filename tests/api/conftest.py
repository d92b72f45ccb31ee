"""A server over a real store, and a client that speaks to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from earmark.server.app import make_app
from earmark.server.options import ServerOptions
from earmark.store.open import open_store
from earmark.store.ports import Store
from tests.api.world import Clock, FakeLocations, State, World, definitions


@pytest.fixture(scope="session")
def manifest():
    return definitions().manifest()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    store = open_store(tmp_path / "home", clock=clock)
    yield store
    store.close()


@pytest.fixture
def world(store: Store, clock: Clock, manifest) -> World:
    world = World(store, clock, manifest)
    world.lead()
    return world


@pytest.fixture
def locations(manifest) -> FakeLocations:
    return FakeLocations([State("shop", manifest=manifest)])


@pytest.fixture
def options(tmp_path: Path) -> ServerOptions:
    return ServerOptions(home=tmp_path / "home", local_user="ana")


@pytest.fixture
def client(store: Store, locations: FakeLocations, options: ServerOptions) -> Iterator[TestClient]:
    with TestClient(
        make_app(store, locations, options), base_url="http://127.0.0.1", raise_server_exceptions=False
    ) as client:
        yield client
