"""Fixtures and guards for every test: a home of its own, a real PostgreSQL, no process left behind."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import children
from tests.support.postgres import TestServer, running_server

SETTINGS_PREFIXES = ("EARMARK_", "DAGSTER_")
"""Environment variables that would change what is tested."""

settings.register_profile("modest", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "modest"))

_run_key = pytest.StashKey[str]()
_mark_key = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Name this test run, and put the name where every process that a test starts inherits it."""
    workerinput = getattr(config, "workerinput", None)
    test_run = workerinput["testrunuid"] if workerinput else uuid.uuid4().hex
    config.stash[_run_key] = test_run
    # Each worker watches over its own processes: the first to finish must not end what another still tests.
    mark = f"{test_run}-{workerinput['workerid']}" if workerinput else test_run
    config.stash[_mark_key] = mark
    os.environ[children.MARK] = mark


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """End processes that outlive the tests that started them, and fail the run for each."""
    yield
    orphans = children.orphans_of(session.config.stash[_mark_key], seconds=3)
    if not orphans:
        return
    for orphan in orphans:
        print(f"\nleft behind: {children.describe(orphan)}")
    children.end(orphans)
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def no_child_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that returns while a process it started still runs."""
    before = children.living_children()
    yield
    left = children.living_children() - before
    if not left:
        return
    left = children.wait_until_gone(left, seconds=2)
    if not left:
        return
    told = "; ".join(children.describe(process) for process in left)
    children.end(left)
    pytest.fail(f"this test left child processes running: {told}")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every variable that configures Earmark out of the environment of a test."""
    for name in list(os.environ):
        if name.startswith(SETTINGS_PREFIXES) and name != children.MARK:
            monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path, bare_environment: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty ``EARMARK_HOME`` that lasts for this test."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("EARMARK_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[TestServer]:
    """Return the PostgreSQL server that all workers of this run share."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with running_server(request.config.stash[_run_key], worker) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: TestServer) -> Iterator[str]:
    """Return the URI of an empty PostgreSQL database that lasts for this test."""
    with postgres_server.database() as uri:
        yield uri


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium; skip where there is none, except in CI, where that is a failure."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return found
    message = "no Chromium on this machine: install the Debian package chromium, or set CHROMIUM"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
