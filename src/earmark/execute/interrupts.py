"""Interrupts as exceptions, where code waits for something that does not end by itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from earmark.values.errors import DagsterExecutionInterruptedError


@contextmanager
def raise_execution_interrupts() -> Iterator[None]:
    """Have an interrupt (SIGINT) raise ``DagsterExecutionInterruptedError`` inside, as it does in a run's own process.

    Outside of the main thread no signals are heard, and nothing changes.

    Example:
        >>> import os, signal
        >>> try:
        ...     with raise_execution_interrupts():
        ...         os.kill(os.getpid(), signal.SIGINT)
        ...         signal.pause()
        ... except em.DagsterExecutionInterruptedError as error:
        ...     print(error)
        Interrupted while waiting.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _raise)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _raise(_number: int, _frame: FrameType | None) -> None:
    raise DagsterExecutionInterruptedError("Interrupted while waiting.")
