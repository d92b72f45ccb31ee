"""Whether workers can be forked from this process: a thread pool started at import may deadlock a forked child."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable

import msgspec

_PATIENCE = 5.0


class ForkVerdict(msgspec.Struct, frozen=True):
    """Whether to fork, and if not, why and what to do about it."""

    forks: bool
    note: str = ""


def _use_polars() -> None:
    import polars  # type: ignore[import-not-found, import-untyped, unused-ignore]

    frame = polars.DataFrame({"key": list(range(20_000)), "value": [1.0] * 20_000})
    frame.lazy().group_by((polars.col("key") % 7).alias("k")).agg(polars.col("value").sum()).collect()


def _use_pyarrow() -> None:
    import pyarrow  # type: ignore[import-not-found, import-untyped, unused-ignore]
    import pyarrow.compute  # type: ignore[import-not-found, import-untyped, unused-ignore]

    pyarrow.compute.sum(pyarrow.table({"value": list(range(20_000))}).column("value"))


def _use_duckdb() -> None:
    import duckdb  # type: ignore[import-not-found, import-untyped, unused-ignore]

    duckdb.connect().execute("select sum(i) from range(200000) t(i)").fetchall()


def _use_numpy() -> None:
    import numpy  # type: ignore[import-not-found, import-untyped, unused-ignore]

    numpy.ones((200, 200)) @ numpy.ones((200, 200))


_PROBES: dict[str, Callable[[], None]] = {
    "polars": _use_polars,
    "pyarrow": _use_pyarrow,
    "duckdb": _use_duckdb,
    "numpy": _use_numpy,
}


def thread_count() -> int:
    """Return how many threads the kernel counts in this process."""
    try:
        return len(os.listdir("/proc/self/task"))
    except FileNotFoundError:
        import threading

        return threading.active_count()


def judge_forking() -> ForkVerdict:
    """Decide whether workers are forked from this process.

    With one thread they are. With more, each library known to start threads that user code has imported is used in a
    forked child, which must come back; only then are workers forked. Off Linux they never are.
    """
    if not sys.platform.startswith("linux"):
        return ForkVerdict(False, f"Workers start an interpreter of their own on {sys.platform}.")
    if thread_count() == 1:
        return ForkVerdict(True)
    for name, probe in _PROBES.items():
        if name in sys.modules and not _survives(probe):
            return ForkVerdict(
                False,
                f"{name} has started threads while this code was imported, and does not work in a forked process;"
                f" each worker starts an interpreter of its own, which is slower. Use {name} inside functions only, or"
                " import it there.",
            )
    return ForkVerdict(True)


def _survives(probe: Callable[[], None]) -> bool:
    """Say whether a forked child can do what ``probe`` does, within a few seconds."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            probe()
            status = 0
        finally:
            os._exit(status)
    pidfd = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([pidfd], [], [], _PATIENCE)
        if not ready:
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        return bool(ready) and status == 0
    finally:
        os.close(pidfd)
