"""Bringing many ticks to their end: a few processes evaluate them, this one watches over them and stores the results.

This process runs no user code. A process whose tick hangs is killed, that tick alone fails, and the ticks that it has
not touched go to others; so is it where user code ends the process. A tick of conditions is begun again without the
condition that did so.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.define.definitions import Definitions
from earmark.events.kinds import ErrorInfo
from earmark.execute.instance import DagsterInstance
from earmark.guest.asked_page import AskedPage
from earmark.guest.order import GuestOrder
from earmark.guest.tick_evaluator import TickMaker, be_evaluator, framed
from earmark.guest.tick_keeping import MadeTick, TickKeeper, failed_tick, tried_tick
from earmark.protocol.framing import Frames
from earmark.runs.tick import TickOrder, TickReport
from earmark.store.open import open_store
from earmark.system import clock as system_clock

MOST_PROCESSES = 8
"""How many processes may evaluate the ticks of one question."""

_SLOW = 0.25
"""After how many seconds with a tick that takes so long another process is started for those that wait."""
_GRACE = 1.0
"""How many seconds code that was interrupted has to end before its process is killed."""
_LOOK = 0.5
"""How many seconds lie between two looks at which condition a process asks."""
_WORTH_IT = 0.1
"""With fewer seconds left a tick is not begun again."""
_GATHER = 0.03
_MANY = 200


class EvaluateTicks(msgspec.Struct, frozen=True):
    """Ticks to bring to their end."""

    ticks: tuple[TickOrder, ...]


class TicksEnded(msgspec.Struct, frozen=True):
    """What became of them."""

    reports: tuple[TickReport, ...]


def evaluate_ticks(definitions: Definitions, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Evaluate ticks, store what they come to, and say how each ended."""
    asked = msgspec.convert(payload, EvaluateTicks)
    crew = TickCrew(definitions, order, asked.ticks)
    ended: dict[str, Any] = msgspec.to_builtins(TicksEnded(tuple(crew.work())))
    return ended


def preview_tick(definitions: Definitions, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Evaluate a tick that stays without consequences, and return what would be kept of it."""
    asked = msgspec.convert(payload, TickOrder)
    store = open_store(order.store, clock=system_clock.now, create=False)
    try:
        made = TickMaker(definitions, DagsterInstance(store, Path(order.home)), order.location).make(asked)
    finally:
        store.close()
    return tried_tick(made)


@dataclass(slots=True, eq=False)
class _Evaluator:
    pid: int
    ours: socket.socket
    frames: Frames[MadeTick]
    page: AskedPage
    current: TickOrder | None = None
    since: float = 0.0

    def late_at(self, current: TickOrder) -> float:
        """Return when its process is to be ended, if it has not come to an end by then."""
        of_tick = self.since + current.ask.seconds + _GRACE
        asked = self.page.read()
        # Interrupted code has had its time to end, twice.
        return of_tick if asked is None else min(of_tick, asked[1] + 2 * _GRACE)


@dataclass(slots=True)
class _Made:
    ticks: list[tuple[TickOrder, MadeTick]] = field(default_factory=list)
    since: float = 0.0


class TickCrew:
    """A few processes that evaluate ticks, and the one that watches over them.

    Args:
        definitions: User code.
        order: How the guest was started.
        ticks: The ticks.
    """

    def __init__(self, definitions: Definitions, order: GuestOrder, ticks: tuple[TickOrder, ...]) -> None:
        self._definitions = definitions
        self._order = order
        self._waiting = deque(ticks)
        self._crew: list[_Evaluator] = []
        self._selector = selectors.DefaultSelector()
        self._made = _Made()
        self._reports: list[TickReport] = []

    def work(self) -> list[TickReport]:
        """Bring all ticks to their end.

        Raises:
            StoreError: The store is out of reach; ticks that are not stored stay begun, and can be asked for again.
        """
        store = open_store(self._order.store, clock=system_clock.now, create=False)
        keeper = TickKeeper(store, self._order.location)
        try:
            while self._waiting or self._busy or self._made.ticks:
                self._man()
                self._hear(self._patience())
                self._end_late()
                self._keep(keeper)
        finally:
            for one in list(self._crew):
                self._dismiss(one)
            store.close()
        return self._reports

    @property
    def _busy(self) -> list[_Evaluator]:
        return [one for one in self._crew if one.current is not None]

    def _man(self) -> None:
        """Give idle processes something to do, and start another where all are slow."""
        for one in self._crew:
            if one.current is None:
                self._hand(one)
        slow = time.monotonic() - _SLOW
        if self._waiting and len(self._crew) < MOST_PROCESSES and all(one.since < slow for one in self._crew):
            self._hand(self._start())

    def _hand(self, one: _Evaluator) -> None:
        if not self._waiting:
            return
        one.current = self._waiting.popleft()
        one.since = time.monotonic()
        try:
            one.ours.sendall(framed(one.current))
        except OSError:
            # It has died; that is noticed when its socket is read.
            return

    def _start(self) -> _Evaluator:
        ours, theirs = socket.socketpair()
        page = AskedPage()
        pid = os.fork()
        if pid == 0:
            ours.close()
            for other in self._crew:
                other.ours.close()
            be_evaluator(self._definitions, self._order, theirs, page.say)
        theirs.close()
        one = _Evaluator(pid, ours, Frames(MadeTick), page)
        self._crew.append(one)
        self._selector.register(ours, selectors.EVENT_READ, one)
        return one

    def _patience(self) -> float:
        now = time.monotonic()
        # Which condition a process asks is seen when looked at.
        until = [min(one.late_at(one.current), now + _LOOK) for one in self._crew if one.current is not None]
        if self._waiting and len(self._crew) < MOST_PROCESSES:
            until.append(max((one.since for one in self._crew), default=now) + _SLOW)
        if self._made.ticks:
            until.append(self._made.since + _GATHER)
        return max(0.0, min(until, default=now) - now)

    def _hear(self, patience: float) -> None:
        for key, _ in self._selector.select(patience):
            one: _Evaluator = key.data
            try:
                data = one.ours.recv(1 << 20)
            except ConnectionError:
                data = b""
            if not data:
                self._lost(one)
                continue
            for made in one.frames.feed(data):
                self._take(one, made)

    def _take(self, one: _Evaluator, made: MadeTick) -> None:
        if one.current is None:
            return
        if not self._made.ticks:
            self._made.since = time.monotonic()
        self._made.ticks.append((one.current, made))
        one.current = None
        self._hand(one)

    def _lost(self, one: _Evaluator) -> None:
        """A process has ended by itself: the code of its tick did that."""
        current = one.current
        asked = one.page.read()
        status = self._dismiss(one)
        if current is None:
            return
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit code {status}"
        if asked is not None and self._begin_without(one, current, asked[0], f"its code ended the process with {how}."):
            return
        self._fail(current, f"The process that evaluated {current.ask.name!r} ended with {how}.", timed_out=False)

    def _end_late(self) -> None:
        now = time.monotonic()
        for one in self._busy:
            current = one.current
            if current is None or now < one.late_at(current):
                continue
            asked = one.page.read()
            self._dismiss(one)
            why = "its code took too long, could not be interrupted and was killed."
            if asked is not None and self._begin_without(one, current, asked[0], why):
                continue
            said = f"The code of {current.ask.name!r} took longer than {current.ask.seconds:g} seconds and was killed."
            self._fail(current, said, timed_out=True)

    def _begin_without(self, one: _Evaluator, order: TickOrder, kind: str, why: str) -> bool:
        """Have a tick begun again without the kind of condition that it came to a bad end with, if time is left."""
        ask = order.ask
        left = ask.seconds - (time.monotonic() - one.since)
        if kind in ask.without or left < _WORTH_IT:
            return False
        again = replace(ask, seconds=left, without={**ask.without, kind: why})
        self._waiting.appendleft(replace(order, ask=again))
        return True

    def _fail(self, order: TickOrder, message: str, *, timed_out: bool) -> None:
        if not self._made.ticks:
            self._made.since = time.monotonic()
        error = ErrorInfo("TickTimeoutError" if timed_out else "DagsterUserCodeProcessError", message)
        self._made.ticks.append((order, failed_tick(order, error, timed_out=timed_out)))

    def _dismiss(self, one: _Evaluator) -> int:
        """End a process with all that it started, and return how it ended."""
        self._crew.remove(one)
        self._selector.unregister(one.ours)
        one.ours.close()
        one.page.close()
        if one.current is not None:
            for send in (os.killpg, os.kill):
                try:
                    send(one.pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue
        _, status = os.waitpid(one.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _keep(self, keeper: TickKeeper) -> None:
        """Store what was made, many ticks at once, but none of them late."""
        made = self._made
        if not made.ticks:
            return
        is_over = not self._waiting and not self._busy
        if is_over or len(made.ticks) >= _MANY or time.monotonic() >= made.since + _GATHER:
            self._made = _Made()
            self._reports += keeper.keep(made.ticks)
