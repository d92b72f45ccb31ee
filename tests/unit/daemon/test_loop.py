"""A loop of the host goes on whatever happens in one look."""

from __future__ import annotations

import threading
import time

import pytest
import structlog
from structlog.testing import capture_logs

from earmark.daemon.leadership import Leadership
from earmark.daemon.loop import Loop
from earmark.store.open import open_store
from earmark.store.version import CURRENT, OutdatedError
from earmark.system import clock
from earmark.values.clock import Micros
from earmark.values.errors import StoreError
from tests.process.hosting import until

NOW = Micros(1_000_000_000_000_000)


class Looking(Loop):
    """Raises what it is told to, look by look, then says that it has come through."""

    def __init__(self, *faults: Exception) -> None:
        super().__init__("looking", structlog.get_logger("test"), every=0.01)
        self._faults = list(faults)
        self.anew = 0
        self.through = threading.Event()

    def _look(self) -> None:
        if self._faults:
            raise self._faults.pop(0)
        self.through.set()

    def _begin_anew(self) -> None:
        self.anew += 1


def test_neither_a_store_out_of_reach_nor_an_unforeseen_fault_ends_a_loop() -> None:
    with capture_logs() as told:
        loop = Looking(StoreError("gone"), KeyError("nobody thought of that"), ZeroDivisionError())
        loop.start()
        assert loop.through.wait(10)
        loop.stop()
    assert loop.anew == 3
    assert [entry["log_level"] for entry in told] == ["warning", "error", "error"]
    assert all(entry.get("exc_info") for entry in told[1:])


def until_looked(loop: Loop, times: int) -> None:
    deadline = time.monotonic() + 20
    while loop.beat(NOW).looks < times:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_loop_remembers_its_latest_fault_and_that_it_has_looked_since() -> None:
    with capture_logs():
        loop = Looking(ValueError("a bug\nand more"), StoreError("gone"))
        loop.start()
        until_looked(loop, 4)
        beat = loop.beat(NOW)
        loop.stop()
    assert beat.is_alive
    assert beat.error == "StoreError: gone"
    assert beat.failed_at is not None
    assert beat.looked_at is not None
    assert beat.failed_at < beat.looked_at <= NOW


def test_a_loop_that_has_not_begun_has_not_looked_and_one_that_was_stopped_is_not_alive() -> None:
    loop = Looking()
    assert (loop.beat(NOW).looks, loop.beat(NOW).looked_at, loop.beat(NOW).is_alive) == (0, None, False)
    loop.start()
    until_looked(loop, 1)
    loop.stop()
    assert not loop.beat(NOW).is_alive


def test_whoever_leads_a_store_that_another_version_has_taken_over_says_so_once_and_asks_no_more() -> None:
    store = open_store("memory://", clock=clock.now)
    told: list[OutdatedError] = []
    leadership = Leadership(store, "queue", "one", lambda _lease: None, 0.03, told.append)
    store._database.write(lambda tx: tx.run("UPDATE schema_version SET version_num = '9999'"))  # type: ignore[attr-defined]
    store._database.version = CURRENT  # type: ignore[attr-defined]
    leadership.start()
    until(lambda: not leadership._thread.is_alive())
    assert leadership.current() is None
    [error] = told
    assert "has been brought to version 9999" in str(error)
    with pytest.raises(OutdatedError):
        store.require_same()
    leadership.stop()
    store.close()
