"""A host over a project of the benchmark's own, with a store in a throw-away folder."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def hosted(code: str, **options: Any) -> Iterator[tuple[Any, Any]]:
    """Start a host of a project given as text, and yield it with its store once the project is loaded.

    Args:
        code: What stands in the project's file.
        options: What else the host is to be told.
    """
    from earmark.daemon.host import Host
    from earmark.locations.registry import LocationOrder
    from earmark.runs.limits import QueuePolicy
    from earmark.store.open import open_store
    from earmark.system import clock

    with tempfile.TemporaryDirectory(prefix="benchmark-host-") as folder:
        home = Path(folder)
        file = home / "project.py"
        file.write_text(code)
        store = open_store(home, clock=options.pop("clock", clock.now))
        location = LocationOrder(name="project", file=str(file))
        host = Host(store, home, [location], policy=lambda: QueuePolicy(max_concurrent_runs=0), **options)
        host.start()
        try:
            host.registry.wait_loaded(120)
            yield host, store
        finally:
            host.stop()
            store.close()


def wait_for(holds: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise SystemExit(f"not done after {seconds:g} s")
        time.sleep(0.005)
