"""Sparing the cyclic collector what it need not look at."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY_STEPS = 1_000
"""From so many steps on, what a run makes lets the collector look at the whole heap several times."""

_YOUNG = 20_000


def look_rarely() -> tuple[int, int, int]:
    """Let the collector look at new objects each time there are very many; return what it did before.

    For a process that begins: nearly all that it imports and defines lives to its end, and looking through that at
    every 700 objects is a twentieth of the time it takes.
    """
    usual = gc.get_threshold()
    gc.set_threshold(_YOUNG, *usual[1:])
    return usual


@contextmanager
def standing_heap(steps: int) -> Iterator[None]:
    """While a long run goes on, keep the collector from looking again and again at what was there before it began.

    What was garbage before waits for the end of the run; what becomes garbage meanwhile is found as ever. A process
    that keeps its heap still by itself (``gc.freeze``) is left as it is, and so are short runs: they would be many, and
    each would make all young objects old.

    Args:
        steps: How many steps the run has.

    Example:
        >>> import gc
        >>> with standing_heap(20_000):
        ...     gc.get_freeze_count() > 0
        True
        >>> gc.get_freeze_count()
        0
    """
    if steps < MANY_STEPS or gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
