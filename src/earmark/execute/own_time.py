"""How long conditions that users wrote may take within a tick: one that hangs does not hold the others up for long."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from earmark.define.automation.instigation import ConditionTimeoutError
from earmark.specs.automation import AutomationCondition

Say = Callable[[str | None, float], None]
"""Told which kind of condition is asked from now on, and when its time is over; ``None`` where none is."""

_AGAIN = 1.0
"""Code that swallows an interruption meets the next one after so many seconds."""


class Deadlines:
    """Interrupts what runs in the main thread of the process when its time is over; elsewhere somebody else has to."""

    def __init__(self) -> None:
        self._stack: list[tuple[float, Callable[[], Exception]]] = []

    @contextmanager
    def within(self, seconds: float, overdue: Callable[[], Exception]) -> Iterator[None]:
        """Raise what ``overdue`` returns in what runs inside, once it has taken so many seconds.

        Args:
            seconds: How long it may take; 0 for no limit.
            overdue: Makes the error. The outermost of those whose time is over is raised.
        """
        if threading.current_thread() is not threading.main_thread() or seconds <= 0:
            yield
            return
        depth = len(self._stack)
        before = signal.signal(signal.SIGALRM, self._ring) if depth == 0 else None
        self._stack.append((time.monotonic() + seconds, overdue))
        self._arm()
        try:
            yield
        finally:
            del self._stack[depth:]
            self._arm()
            if depth == 0:
                signal.signal(signal.SIGALRM, before)

    def _arm(self) -> None:
        if not self._stack:
            signal.setitimer(signal.ITIMER_REAL, 0)
            return
        first = min(deadline for deadline, _ in self._stack)
        signal.setitimer(signal.ITIMER_REAL, max(first - time.monotonic(), 0.001), _AGAIN)

    def _ring(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        for deadline, overdue in self._stack:
            if now >= deadline:
                raise overdue()
        self._arm()


class OwnTime:
    """Gives each condition that a user wrote its share of the time of a tick.

    A condition may take as long as its class says (``max_seconds``), and never more than half of what is left of the
    tick, so that the others have the rest. Where one of a class has taken too long, the others of it are not asked in
    the same tick.

    Args:
        deadlines: Interrupts.
        until: When the time of the tick is over, on the monotonic clock.
        without: The kinds of conditions that are not to be asked, and why.
        say: Told which is asked; the process that watches over this one may have to end it.
    """

    def __init__(
        self, deadlines: Deadlines, until: float, without: Mapping[str, str] | None = None, say: Say | None = None
    ) -> None:
        self._deadlines = deadlines
        self._until = until
        self._without = dict(without or {})
        self._say = say
        self._asking: tuple[str | None, float] = (None, 0.0)

    @contextmanager
    def asking(self, condition: AutomationCondition) -> Iterator[None]:
        """Ask a condition inside.

        Raises:
            ConditionTimeoutError: It took too long, or one of its class did so before.
        """
        kind = condition.kind
        if kind in self._without:
            raise ConditionTimeoutError(f"The condition {condition.name} was not asked: {self._without[kind]}")
        now = time.monotonic()
        seconds = max(0.01, min(condition.max_seconds, (self._until - now) / 2))

        def overdue() -> Exception:
            self._without[kind] = f"one of its class took longer than {seconds:g} seconds in the same tick."
            return ConditionTimeoutError(
                f"The code of the condition {condition.name} took longer than {seconds:g} seconds and was interrupted."
            )

        outer = self._asking
        self._tell(kind, now + seconds)
        try:
            with self._deadlines.within(seconds, overdue):
                yield
        finally:
            self._tell(*outer)

    def _tell(self, kind: str | None, deadline: float) -> None:
        self._asking = (kind, deadline)
        if self._say is not None:
            self._say(kind, deadline)
