"""Handing ticks to the processes that hold user code, and taking them up again where nobody brought them to an end."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec
import structlog
from msgspec.structs import replace

from earmark.locations.guest_process import GuestError
from earmark.locations.registry import LocationRegistry
from earmark.runs.tick import TickAsk, TickOrder, TickReport
from earmark.store.ports import Store
from earmark.store.records import Instigator, Tick
from earmark.system import tracing
from earmark.values.errors import StoreError

LOG = structlog.get_logger("earmark.ticks")

TICK_SECONDS = 60.0
"""How long the code of a tick may take."""

_AT_ONCE = 4
"""How many questions about ticks a code location is asked at once."""
_PROCESSES = 8
_ATTEMPTS = 3
_PAGE = 10_000

Reports = Callable[[Sequence[TickReport]], None]


def tick_order(tick: Tick, state: Instigator | None, seconds: float = TICK_SECONDS) -> TickOrder:
    """Return what a tick is asked for by.

    Args:
        tick: The tick.
        state: What is remembered of its schedule or sensor, if anything is.
        seconds: How long its code may take.
    """
    data = {} if state is None else state.data
    ask = TickAsk(
        kind="schedule" if tick.kind == "schedule" else "sensor",
        name=tick.instigator.rpartition(":")[2],
        tick_id=tick.id,
        due_at=tick.due_at,
        cursor=None if state is None else state.cursor,
        last_run_key=data.get("last_run_key"),
        last_ended_at=data.get("last_ended_at"),
        switched_on_at=data.get("since"),
        seconds=seconds,
        instigator=tick.instigator if tick.kind == "automation" else None,
    )
    return TickOrder(ask=ask, instigator=tick.instigator, begun_at=tick.created_at)


@contextmanager
def _traced(orders: Sequence[TickOrder]) -> Iterator[Sequence[TickOrder]]:
    """A span for each tick while it is asked for; what it asks for belongs to that. Nothing where nobody traces."""
    if not tracing.are_on():
        yield orders
        return
    with ExitStack() as spans:
        traced = []
        for order in orders:
            about = {"earmark.tick_id": order.ask.tick_id, "earmark.instigator": order.instigator}
            span = spans.enter_context(tracing.span(f"tick {order.ask.name}", about, is_current=False))
            traced.append(replace(order, traceparent=span.traceparent))
        yield traced


class TickDispatch:
    """Has ticks evaluated that were begun, each until it has ended.

    A tick that was begun stands in the store. Whoever dies, host or code location, it is asked for again as long as it
    stands there as started; its runs have ids that follow from it, so it makes none a second time.

    Args:
        store: Where ticks are.
        registry: Where they are evaluated.
        kinds: The kinds of ticks to take up again: ``schedule``, or ``sensor`` and ``automation``.
        on_ended: Called with what became of ticks, from another thread.
        seconds: How long the code of a tick may take.
    """

    def __init__(
        self,
        store: Store,
        registry: LocationRegistry,
        kinds: Sequence[str],
        on_ended: Reports,
        seconds: float = TICK_SECONDS,
    ) -> None:
        self._store = store
        self._registry = registry
        self._kinds = frozenset(kinds)
        self._on_ended = on_ended
        self.seconds = seconds
        self._lock = threading.Lock()
        self._waiting: dict[str, list[TickOrder]] = defaultdict(list)
        self._asking: Counter[str] = Counter()
        self._open: dict[str, str] = {}
        self._attempts: Counter[str] = Counter()

    def busy(self) -> frozenset[str]:
        """Return the ids of the schedules or sensors of which a tick has not ended."""
        with self._lock:
            return frozenset(self._open.values())

    def settle(self) -> bool:
        """Let go of ticks that have ended although others asked for with them have not; say whether there were any."""
        with self._lock:
            known = set(self._open)
        if not known:
            return False
        started = {tick.id for tick in self._store.ticks.list(statuses=("started",), limit=_PAGE)}
        with self._lock:
            for tick_id in known - started:
                self._open.pop(tick_id, None)
        return bool(known - started)

    def order_of(self, tick: Tick, state: Instigator | None) -> TickOrder:
        """Return what a tick is asked for by, with what is remembered of its schedule or sensor."""
        return tick_order(tick, state, self.seconds)

    def add(self, orders: Sequence[TickOrder]) -> None:
        """Take ticks that were begun, and ask for them as soon as their locations can be asked."""
        with self._lock:
            for order in orders:
                if order.ask.tick_id in self._open:
                    continue
                self._open[order.ask.tick_id] = order.instigator
                self._waiting[order.instigator.rpartition(":")[0]].append(order)
        self.go()

    def adopt(self) -> int:
        """Take up ticks that an earlier host has begun and that have not ended; return how many."""
        states = {state.id: state for state in self._store.instigators.all()}
        found = [
            tick for tick in self._store.ticks.list(statuses=("started",), limit=_PAGE) if tick.kind in self._kinds
        ]
        self.add([self.order_of(tick, states.get(tick.instigator)) for tick in reversed(found)])
        return len(found)

    def go(self) -> None:
        """Ask the locations that are ready for the ticks that wait."""
        for location in list(self._waiting):
            if not self._registry.is_ready(location):
                continue
            with self._lock:
                orders = self._waiting.get(location)
                if not orders or self._asking[location] >= _AT_ONCE:
                    continue
                del self._waiting[location]
                self._asking[location] += 1
            threading.Thread(target=self._ask, args=(location, orders), name="ticks", daemon=True).start()

    def _ask(self, location: str, orders: list[TickOrder]) -> None:
        reports: list[TickReport] = []
        again: list[TickOrder] = []
        try:
            seconds = (len(orders) // _PROCESSES + 1) * (self.seconds + 2.0) + 30.0
            with _traced(orders) as traced:
                payload: dict[str, Any] = {"ticks": msgspec.to_builtins(traced)}
                answer = self._registry.ask(location, "evaluate_ticks", payload, seconds)
            reports = msgspec.convert(answer["reports"], list[TickReport])
        except GuestError as error:
            again = self._unanswered(location, orders, error)
        finally:
            with self._lock:
                self._asking[location] -= 1
                for order in orders:
                    if order not in again:
                        self._open.pop(order.ask.tick_id, None)
                        self._attempts.pop(order.ask.tick_id, None)
                if again:
                    self._waiting[location] = [*again, *self._waiting.get(location, [])]
        try:
            self._on_ended(reports)
        except StoreError as error:
            # This host ends, or the store is out of reach: the ticks have ended all the same, as the store will show.
            LOG.info("nobody was told that ticks have ended", ticks=len(reports), error=str(error))

    def _unanswered(self, location: str, orders: list[TickOrder], error: GuestError) -> list[TickOrder]:
        """Return the ticks to ask for again; one that brings its code location down again and again fails."""
        try:
            return self._judged(location, orders, error)
        except StoreError:
            # Out of reach, or closed because this host ends: that says nothing about the ticks, which stay begun.
            return orders

    def _judged(self, location: str, orders: list[TickOrder], error: GuestError) -> list[TickOrder]:
        again = []
        for order in orders:
            tick = self._store.ticks.get(order.ask.tick_id)
            if tick is None or tick.status != "started":
                continue
            self._attempts[tick.id] += 1
            if self._attempts[tick.id] < _ATTEMPTS:
                again.append(order)
                continue
            LOG.error("tick failed", tick=tick.id, instigator=tick.instigator, error=str(error))
            data = {**tick.data, "error": {"class_name": "DagsterUserCodeProcessError", "message": str(error)}}
            self._store.ticks.update(replace(tick, status="failed", ended_at=self._store.clock(), data=data))
        if again:
            LOG.warning("ticks are asked for again", location=location, ticks=len(again), error=str(error))
        return again
