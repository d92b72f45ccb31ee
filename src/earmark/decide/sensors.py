"""Which sensors are due: by the time since they last looked, or because something they watch has happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from earmark.events.kinds import (
    AnyFact,
    AssetCheckEvaluated,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
    Fact,
    RunTagged,
)
from earmark.runs.tick import FACT_OF_STATUS
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.values.clock import Micros
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus

SECOND = 1_000_000
WOKEN_EVERY = Micros(SECOND)
"""How often a sensor may be woken at the most."""
SAFETY_NET = Micros(600 * SECOND)
"""How often a sensor that is woken by events looks all the same."""


class SensorFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor, and what is remembered of it.

    Args:
        id: Its id among all locations.
        interval: The least time between two ticks, in microseconds.
        is_running: Whether it is switched on.
        is_woken: Whether events wake it, so that it needs no polling.
        last_begun: When its last tick began.
        is_ticking: Whether a tick of it is going on; there is never a second.
        has_more: Whether its last tick left something to deal with at once.
    """

    id: str
    interval: int
    is_running: bool = True
    is_woken: bool = False
    last_begun: Micros | None = None
    is_ticking: bool = False
    has_more: bool = False


class SensorsDue(msgspec.Struct, frozen=True):
    """The sensors to evaluate now, those that waited longest first, and when to look again."""

    sensors: tuple[str, ...]
    next_at: Micros | None


def sensors_due(sensors: Iterable[SensorFacts], woken: Collection[str], now: Micros) -> SensorsDue:
    """Return the sensors to evaluate now.

    Args:
        sensors: The sensors, switched on or not.
        woken: The ids of those that events have woken since their last tick began.
        now: The present.

    Example:
        >>> polled = SensorFacts(id="files", interval=30_000_000, last_begun=Micros(0))
        >>> sensors_due([polled], (), Micros(10_000_000))
        SensorsDue(sensors=(), next_at=30000000)
    """
    due: list[tuple[Micros, str]] = []
    next_at: Micros | None = None
    for one in sensors:
        if not one.is_running or one.is_ticking:
            continue
        at = due_at(one, one.id in woken)
        if at <= now:
            due.append((at, one.id))
        else:
            next_at = at if next_at is None else min(next_at, at)
    due.sort()
    return SensorsDue(tuple(name for _, name in due), next_at)


def due_at(sensor: SensorFacts, is_woken_now: bool) -> Micros:
    """Return when a sensor is to be evaluated next."""
    if sensor.last_begun is None:
        return Micros(0)
    if sensor.has_more:
        return sensor.last_begun
    if not sensor.is_woken:
        return Micros(sensor.last_begun + sensor.interval)
    if is_woken_now:
        return Micros(sensor.last_begun + min(sensor.interval, WOKEN_EVERY))
    return Micros(sensor.last_begun + max(sensor.interval, SAFETY_NET))


class WakeIndex:
    """Which sensors an event wakes.

    Args:
        specs: The sensors by id.

    Example:
        >>> from earmark.events.kinds import RunSucceeded
        >>> index = WakeIndex({"watch": SensorSpec("watch", kind="run_status", watched_statuses=("SUCCESS",))})
        >>> sorted(index.woken_by([RunSucceeded()]))
        ['watch']
    """

    def __init__(self, specs: Mapping[str, SensorSpec]) -> None:
        self._by_asset: dict[AssetKey, set[str]] = {}
        self._by_fact: dict[type[Fact], set[str]] = {}
        for name, spec in specs.items():
            self._add(name, spec)

    def _add(self, name: str, spec: SensorSpec) -> None:
        for key in spec.watched_assets:
            self._by_asset.setdefault(key, set()).add(name)
        for status in spec.watched_statuses:
            self._on(name, FACT_OF_STATUS[DagsterRunStatus(status)])
        if spec.run_query is not None:
            self._on(name, RunTagged, *FACT_OF_STATUS.values())
        if spec.kind == SensorType.AUTOMATION_CONDITION:
            self._on(name, AssetMaterialized, AssetObserved, AssetWiped, AssetCheckEvaluated)
            self._on(name, *FACT_OF_STATUS.values())

    def _on(self, name: str, *kinds: type[Fact]) -> None:
        for kind in kinds:
            self._by_fact.setdefault(kind, set()).add(name)

    def woken_by(self, facts: Iterable[AnyFact]) -> set[str]:
        """Return the sensors that any of the events wakes."""
        found: set[str] = set()
        for fact in facts:
            found |= self._by_fact.get(type(fact), frozenset())
            if isinstance(fact, AssetMaterialized):
                found |= self._by_asset.get(fact.materialization.asset_key, frozenset())
        return found
