"""A loop of the host goes on whatever happens in one look."""

from __future__ import annotations

import threading

import structlog
from structlog.testing import capture_logs

from earmark.daemon.loop import Loop
from earmark.values.errors import StoreError


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
