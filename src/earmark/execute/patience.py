"""Waiting for a store that is out of reach: a run goes on when it is back, and loses nothing meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from earmark.values.errors import StoreError

T = TypeVar("T")

STORE_PATIENCE = 300.0
"""How many seconds a worker waits for its store, if the settings of workers do not say."""

_FIRST, _LONGEST = 0.05, 5.0


def with_patience(work: Callable[[], T], seconds: float = STORE_PATIENCE) -> T:
    """Do work on the store, again and again with longer pauses while the store is out of reach.

    Work that failed has changed nothing: a transaction is stored as a whole or not at all.

    Args:
        work: What is done.
        seconds: After how long the last error counts.

    Raises:
        StoreError: The store was out of reach all the time.

    Example:
        >>> with_patience(lambda: 2)
        2
    """
    until = time.monotonic() + seconds
    pause = _FIRST
    while True:
        try:
            return work()
        except StoreError:
            if time.monotonic() + pause > until:
                raise
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST)
