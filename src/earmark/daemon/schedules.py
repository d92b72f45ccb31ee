"""The schedule loop: every tick of every running schedule is begun once, and brought to its end."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from msgspec.structs import replace

from earmark.daemon.dispatch import TICK_SECONDS
from earmark.daemon.ticking import TickLoop
from earmark.decide.ticks import DueTick, ScheduleFacts, TicksDue, tick_id_of, ticks_due
from earmark.locations.registry import LocationRegistry
from earmark.specs.schedule import ScheduleSpec
from earmark.store.ports import Store
from earmark.store.records import Instigator, Tick
from earmark.values.clock import Micros

LOG = structlog.get_logger("earmark.schedules")


class ScheduleLoop(TickLoop):
    """Begins the ticks that are due, and hands them to the processes that hold user code.

    Args:
        store: Where schedules' states and ticks are; its clock says what is due.
        registry: The code locations.
        leads: Says whether this host leads; only the leader begins ticks.
        wake_queue: Called when runs wait in the queue.
        seconds: How long the code of a tick may take.
    """

    def __init__(
        self,
        store: Store,
        registry: LocationRegistry,
        *,
        leads: Callable[[], bool],
        wake_queue: Callable[[], None],
        seconds: float = TICK_SECONDS,
    ) -> None:
        super().__init__(
            "schedules", LOG, store, registry, ("schedule",), leads=leads, wake_queue=wake_queue, seconds=seconds
        )
        self._seen: tuple[int, dict[str, Instigator]] | None = None
        self._facts: list[ScheduleFacts] = []

    def _begin_due(self, now: Micros) -> int:
        self._refresh(now)
        if self._next_at is None or self._next_at > now:
            return 0
        return self._begin(ticks_due(self._facts, now), now)

    def _refresh(self, now: Micros) -> None:
        """Read again what is switched on, if that may have changed."""
        version, states = self._registry.version, {one.id: one for one in self._store.instigators.all("schedule")}
        if self._seen == (version, states):
            return
        running: list[ScheduleFacts] = []
        for location in self._registry.locations():
            if location.manifest is None or not self._registry.is_ready(location.name):
                continue
            for spec in location.manifest.schedules:
                state = self._state_of(location.name, spec, states.get(f"{location.name}:{spec.name}"), now)
                if state is None:
                    continue
                states[state.id] = state
                if state.is_running:
                    running.append(_facts_of(state, spec))
        self._facts = running
        self._seen = (version, states)
        # What was switched on may have ticks that are due already, so the first look is now.
        self._next_at = now if running else None

    def _state_of(self, location: str, spec: ScheduleSpec, state: Instigator | None, now: Micros) -> Instigator | None:
        """Return what is remembered of a schedule; ``None`` if it never was switched on."""
        if state is not None or not spec.runs_by_default:
            return state
        new = Instigator(f"{location}:{spec.name}", "schedule", spec.name, location, "stopped").switched(True, now)
        return self._store.instigators.change(new.id, lambda kept: kept or new)

    def _begin(self, due: TicksDue, now: Micros) -> int:
        if not due.ticks and not due.passed_over:
            self._next_at = due.next_at
            return 0
        last = {**due.passed_over, **{tick.schedule: tick.due_at for tick in due.ticks}}
        begun, states = self._store.transact(lambda: self._store_begun(due, last, now))
        self._next_at = due.next_at
        self._facts = [replace(one, last_due=last[one.id]) if one.id in last else one for one in self._facts]
        if self._seen is not None:
            self._seen[1].update(states)
        self.dispatch.add([self.dispatch.order_of(tick, states[tick.instigator]) for tick in begun])
        return len(begun)

    def _store_begun(
        self, due: TicksDue, last: dict[str, Micros], now: Micros
    ) -> tuple[list[Tick], dict[str, Instigator]]:
        """Store ticks, with how far their schedules have come, and return those that nobody had begun before."""
        states: dict[str, Instigator] = {}
        for name, due_at in sorted(last.items()):
            state = self._store.instigators.change(name, partial(_come_to, due_at=due_at))
            # Otherwise it was switched off this very moment.
            if state is not None and state.is_running:
                states[name] = state
        begun = []
        for one in due.ticks:
            tick = _tick_of(one, now)
            if one.schedule in states and self._store.ticks.begin(tick):
                begun.append(tick)
        return begun, states


def _come_to(state: Instigator | None, due_at: Micros) -> Instigator | None:
    """Return a schedule that is on with a tick noted as begun or passed over."""
    if state is None or not state.is_running:
        return state
    last = max(due_at, int(state.data.get("last_due", due_at)))
    return replace(state, data={**state.data, "last_due": last})


def _facts_of(state: Instigator, spec: ScheduleSpec) -> ScheduleFacts:
    last = state.data.get("last_due")
    return ScheduleFacts.of(
        state.id,
        spec,
        is_running=True,
        since=state.since,
        last_due=None if last is None else Micros(int(last)),
    )


def _tick_of(due: DueTick, now: Micros) -> Tick:
    return Tick(
        id=tick_id_of(due.schedule, due.due_at),
        instigator=due.schedule,
        kind="schedule",
        status="started",
        created_at=now,
        due_at=due.due_at,
        data={"missed": True} if due.is_missed else {},
    )
