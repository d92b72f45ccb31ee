"""The sensor loop: sensors tick when their time has come or when what they watch has happened, never twice at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import structlog
from msgspec.structs import replace

from earmark.daemon.dispatch import TICK_SECONDS
from earmark.daemon.ticking import TickLoop
from earmark.decide.sensors import SensorFacts, WakeIndex, sensors_due
from earmark.locations.registry import LocationRegistry
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.store.ports import Store
from earmark.store.records import Instigator, Tick
from earmark.store.topics import Topic
from earmark.system.ids import new_id
from earmark.values.clock import Micros

LOG = structlog.get_logger("earmark.sensors")

_PAGE = 1_000


class SensorLoop(TickLoop):
    """Begins the ticks of sensors, and hands them to the processes that hold user code.

    Args:
        store: Where sensors' states, cursors and ticks are; its clock says what is due.
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
            "sensors",
            LOG,
            store,
            registry,
            ("sensor", "automation"),
            leads=leads,
            wake_queue=wake_queue,
            seconds=seconds,
        )
        self._version = -1
        self._specs: dict[str, SensorSpec] = {}
        self._index = WakeIndex({})
        self._watched: dict[Topic, str] = {}
        self._woken: set[str] = set()
        self._since: dict[str, Micros] = {}

    def _taken_over(self) -> None:
        # What happened while nobody looked: every sensor that is woken by events looks once.
        self._version = -1

    def _begin_due(self, now: Micros) -> int:
        self._refresh()
        states = self._states(now)
        self._follow({name for name in states if _is_woken(self._specs[name])})
        busy = self.dispatch.busy()
        facts = [
            _facts_of(state, self._specs[name], is_ticking=name in busy, is_woken_now=name in self._woken)
            for name, state in states.items()
        ]
        due = sensors_due(facts, self._woken, now)
        self._next_at = due.next_at
        begun = self._begin([states[name] for name in due.sensors], now) if due.sensors else []
        self.dispatch.add([self.dispatch.order_of(tick, state) for tick, state in begun])
        return len(begun)

    def _refresh(self) -> None:
        """Read the definitions again, if a location has loaded."""
        if self._version == self._registry.version:
            return
        version = self._registry.version
        self._specs = {
            f"{location.name}:{spec.name}": spec
            for location in self._registry.locations()
            if location.manifest is not None and self._registry.is_ready(location.name)
            for spec in location.manifest.sensors
        }
        self._index = WakeIndex(self._specs)
        self._woken |= {name for name, spec in self._specs.items() if _is_woken(spec)}
        self._version = version

    def _states(self, now: Micros) -> dict[str, Instigator]:
        """Return what is remembered of the sensors that are switched on."""
        if not self._specs:
            return {}
        kept = {state.id: state for kind in ("sensor", "automation") for state in self._store.instigators.all(kind)}
        found: dict[str, Instigator] = {}
        for name, spec in self._specs.items():
            state = kept.get(name)
            if state is None and spec.runs_by_default:
                state = self._store.instigators.change(name, partial(_kept_or_new, name=name, spec=spec, now=now))
            if state is None or not state.is_running:
                continue
            found[name] = state
        since = {name: state.since for name, state in found.items()}
        # What was switched on meanwhile looks at once, even if it was on before.
        self._woken |= {name for name, at in since.items() if self._since.get(name) != at}
        self._since = since
        return found

    def _follow(self, watching: set[str]) -> None:
        """Read what has happened since the last look, and note which sensors it wakes."""
        if not watching:
            self._watched = {}
            return
        for topic in (Topic.RUNS, Topic.ASSETS):
            if topic not in self._watched:
                self._watched[topic] = self._store.events.head()
                self._woken |= watching
                continue
            while True:
                page = self._store.events.follow(self._watched[topic], topic=topic, limit=_PAGE)
                self._woken |= self._index.woken_by(event.fact for event in page.events) & watching
                self._watched[topic] = page.cursor
                if len(page.events) < _PAGE:
                    break

    def _begin(self, states: Sequence[Instigator], now: Micros) -> list[tuple[Tick, Instigator]]:
        names = {state.id for state in states}
        # What happens from now on wakes them again; what happened before, the tick sees.
        self._woken -= names
        begun: list[tuple[Tick, Instigator]] = self._store.transact(lambda: self._store_begun(states, now))
        return begun

    def _store_begun(self, states: Sequence[Instigator], now: Micros) -> list[tuple[Tick, Instigator]]:
        begun = []
        for one in sorted(states, key=lambda state: state.id):
            state = self._store.instigators.change(one.id, partial(_begun, now=now))
            if state is None or not state.is_running:
                # Switched off this very moment.
                continue
            tick = Tick(id=new_id(), instigator=state.id, kind=state.kind, status="started", created_at=now)
            if self._store.ticks.begin(tick):
                begun.append((tick, state))
        return begun


def _is_woken(spec: SensorSpec) -> bool:
    return spec.is_woken or spec.kind == SensorType.AUTOMATION_CONDITION


def _kept_or_new(kept: Instigator | None, name: str, spec: SensorSpec, now: Micros) -> Instigator:
    kind = "automation" if spec.kind == SensorType.AUTOMATION_CONDITION else "sensor"
    new = Instigator(name, kind, spec.name, name.rpartition(":")[0], "stopped")
    return kept or new.switched(True, now)


def _begun(state: Instigator | None, now: Micros) -> Instigator | None:
    """Return a sensor that is on with a tick noted as begun."""
    if state is None or not state.is_running:
        return state
    return replace(state, data={**state.data, "last_begun": now, "more": False})


def _facts_of(state: Instigator, spec: SensorSpec, *, is_ticking: bool, is_woken_now: bool) -> SensorFacts:
    last = state.data.get("last_begun")
    # Conditions change by the time alone as well, so they are looked at when they are woken and at every interval.
    is_woken = spec.is_woken or (is_woken_now and spec.kind == SensorType.AUTOMATION_CONDITION)
    return SensorFacts(
        id=state.id,
        interval=spec.minimum_interval_seconds * 1_000_000,
        is_woken=is_woken,
        last_begun=None if last is None else Micros(int(last)),
        is_ticking=is_ticking,
        has_more=bool(state.data.get("more")),
    )
