"""What conditions remember: an entry of the store each, of which a tick reads and writes few."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import earmark as em
from earmark import AutomationCondition as C
from earmark.decide.ticks import tick_run_id
from earmark.define.automation.kept_conditions import MEMORY, SEEN, space_of
from earmark.guest.tick_evaluator import TickMaker
from earmark.guest.tick_keeping import MadeTick, TickKeeper
from earmark.runs.tick import TickAsk, TickOrder
from earmark.store.records import Instigator, Tick
from earmark.system.ids import new_id
from earmark.values import wire

NAME = "default_automation_condition_sensor"
SENSOR = f"shop:{NAME}"
COUNT = 200


@em.asset
def source(): ...


def below(number: int, condition: C = C.eager()):
    return em.asset(name=f"a{number}", deps=["source" if number < 3 else "a0"], automation_condition=condition)(
        lambda: 1
    )


class Counted:
    """The entries of a store, with the bytes that go in and out."""

    def __init__(self, entries) -> None:
        self._entries = entries
        self.read = self.written = 0

    def some(self, space, keys):
        found = self._entries.some(space, keys)
        self.read += sum(map(len, found.values()))
        return found

    def put(self, space, values):
        self.written += sum(len(value or b"") for value in values.values())
        self._entries.put(space, values)

    def __getattr__(self, name):
        return getattr(self._entries, name)


class Ticking:
    """Ticks of the default sensor of conditions, evaluated and kept as the host has it done."""

    def __init__(self, instance: em.DagsterInstance, assets) -> None:
        self.instance = instance
        self.store = instance.store
        self.store.entries = Counted(self.store.entries)
        self.define(assets)
        self.store.instigators.put(Instigator(SENSOR, "automation", NAME, "shop", "running"))

    def define(self, assets) -> None:
        self.maker = TickMaker(em.Definitions(list(assets)), self.instance, "shop")

    def begin(self) -> tuple[TickOrder, MadeTick]:
        tick = Tick(new_id(), SENSOR, "automation", "started", self.store.clock())
        assert self.store.ticks.begin(tick)
        cursor = self.store.instigators.get(SENSOR).cursor
        ask = TickAsk(kind="sensor", name=NAME, tick_id=tick.id, cursor=cursor, instigator=SENSOR)
        order = TickOrder(ask=ask, instigator=SENSOR, begun_at=tick.created_at)
        return order, self.maker.make(order)

    def tick(self) -> list[str]:
        """Return the assets that are asked for."""
        order, made = self.begin()
        assert made.result.error is None, made.result.error
        # As it crosses from one process to the other.
        TickKeeper(self.store, "shop").keep([(order, wire.decode(wire.encode(made), MadeTick))])
        return sorted(key.to_user_string() for one in made.runs for key in one.run.asset_selection)

    @property
    def cursor(self) -> str:
        return self.store.instigators.get(SENSOR).cursor


@pytest.fixture
def ticking(tmp_path: Path) -> Iterator[Ticking]:
    with em.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield Ticking(instance, [source, *(below(number) for number in range(COUNT))])


def write(ticking: Ticking, *names: str) -> None:
    for name in names:
        ticking.instance.report_runless_asset_event(em.AssetMaterialization(name))


def test_an_event_reads_and_writes_what_it_touches(ticking: Ticking) -> None:
    write(ticking, "source", "a0")
    assert [ticking.tick() for _ in range(3)] == [[], [], []]
    assert len(ticking.store.entries.all(space_of(MEMORY, SENSOR))) == COUNT
    assert set(ticking.store.entries.all(space_of(SEEN, SENSOR))) == {"source", "a0"}
    ticking.store.entries.read = ticking.store.entries.written = 0
    assert ticking.tick() == []
    assert (ticking.store.entries.read, ticking.store.entries.written) == (0, 0)
    assert len(ticking.cursor) < 500
    write(ticking, "a5")
    assert ticking.tick() == []
    assert 0 < ticking.store.entries.read < 1_000 and 0 < ticking.store.entries.written < 1_000


def test_what_was_asked_for_is_not_asked_for_again(ticking: Ticking) -> None:
    write(ticking, "source", "a0")
    ticking.tick()
    write(ticking, "source")
    first = ticking.tick()
    assert {"a0", "a1", "a2"} <= set(first)
    assert [ticking.tick() for _ in range(3)] == [[], [], []]


def test_a_tick_that_is_not_kept_is_as_if_it_had_not_been(ticking: Ticking) -> None:
    write(ticking, "source", "a0")
    ticking.tick()
    write(ticking, "source")
    _, lost = ticking.begin()
    assert lost.runs, "the host dies before it is stored"
    assert {"a0", "a1", "a2"} <= set(ticking.tick())
    assert ticking.tick() == []


def test_a_tick_is_kept_once(ticking: Ticking) -> None:
    ticking.tick()
    write(ticking, "source", "a0")
    order, made = ticking.begin()
    keeper = TickKeeper(ticking.store, "shop")
    keeper.keep([(order, made)])
    cursor = ticking.cursor
    assert keeper.keep([(order, made)])[0].status == ""
    assert ticking.cursor == cursor
    runs = [one.run.run_id for one in made.runs]
    assert runs == [tick_run_id(order.ask.tick_id, order.begun_at, number) for number in range(len(runs))]


def test_without_its_cursor_it_begins_anew_whatever_is_kept(ticking: Ticking) -> None:
    ticking.define([below(0, C.initial_evaluation()), source])
    assert [ticking.tick(), ticking.tick()] == [["a0"], []]
    ticking.store.instigators.put(Instigator(SENSOR, "automation", NAME, "shop", "running"))
    assert [ticking.tick(), ticking.tick()] == [["a0"], []]


def test_what_is_no_longer_defined_is_forgotten(ticking: Ticking) -> None:
    ticking.tick()
    ticking.define([source, below(0), below(1, C.initial_evaluation())])
    assert ticking.tick() == ["a1"]
    assert set(ticking.store.entries.all(space_of(MEMORY, SENSOR))) == {"a0", "a1"}
