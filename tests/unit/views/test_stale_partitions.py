"""The index of assets knows which of those with partitions are stale, and reads about few of them to know it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import earmark as em
from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.graph.assets import AssetGraph
from earmark.store.memory import open_memory
from earmark.store.ports import Store
from earmark.system import clock
from earmark.values.keys import AssetKey
from earmark.views import stale_partitions
from earmark.views.stale_partitions import StalePartitions
from earmark.views.tail import Tail

DAYS = em.DailyPartitionsDefinition("2025-11-01", end_date="2025-11-11")


def graph(version: str = "1") -> AssetGraph:
    @em.asset(partitions_def=DAYS)
    def raw(): ...

    @em.asset(partitions_def=DAYS, deps=[raw], code_version=version)
    def clean(): ...

    @em.asset(deps=[clean])
    def total(): ...

    @em.asset(partitions_def=DAYS)
    def other(): ...

    return em.Definitions([raw, clean, total, other]).resolve_asset_graph()


class Looker:
    """Looks as a page does, and says which assets are stale, and the partitions of which were read."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tail = Tail(store)
        self.stale = StalePartitions(store)
        self.graph = graph()
        self.read: list[str] = []
        partitions = store.assets.partitions

        def counted(key: AssetKey, among: object = None) -> object:
            self.read.append(key.to_user_string())
            return partitions(key, among)  # type: ignore[arg-type]

        store.assets.partitions = counted  # type: ignore[method-assign, assignment]

    def wrote(self, key: str, day: int | None = None, code: str | None = None) -> None:
        partition = None if day is None else f"2025-11-{day:02}"
        made = AssetMaterialized(AssetMaterialization(key, partition=partition), code_version=code)
        self.store.runs.report([Event(made, clock.now())])

    def __call__(self) -> set[str]:
        self.read.clear()
        self.tail.catch_up()
        self.stale.look(self.graph, self.tail.asset_states(), self.tail)
        return {key.to_user_string() for key in self.stale.keys}


@pytest.fixture
def look() -> Iterator[Looker]:
    store = open_memory(clock=clock.now)
    yield Looker(store)
    store.close()


def test_assets_with_partitions_and_those_made_from_them_become_stale_and_fresh_again(look: Looker) -> None:
    for day in (1, 2):
        look.wrote("raw", day)
        look.wrote("clean", day, "1")
    look.wrote("total")
    assert look() == set()
    look.wrote("raw", 1)
    assert look() == {"clean"}
    look.wrote("clean", 1, "1")
    assert look() == {"total"}
    look.wrote("total")
    assert look() == set()


def test_what_nothing_has_happened_to_is_not_read_again(look: Looker) -> None:
    for key in ("raw", "clean", "other"):
        look.wrote(key, 1)
    assert look() == set()
    assert {"raw", "clean", "other"} <= set(look.read)
    assert (look(), look.read) == (set(), [])
    look.wrote("other", 2)
    look()
    assert set(look.read) == {"other"}


def test_a_definition_that_changed_is_judged_anew_and_the_others_are_not(look: Looker) -> None:
    for key in ("raw", "clean", "other"):
        look.wrote(key, 1, "1")
    assert look() == set()
    look.graph = graph("2")
    assert look() == {"clean"}
    assert "other" not in look.read


def test_assets_with_very_many_partitions_are_judged_no_more_often_than_that_is_worth(
    look: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale_partitions, "_FREE", 0)
    monkeypatch.setattr(stale_partitions, "_WAIT", 10**12)
    look.wrote("raw", 1)
    look.wrote("clean", 1)
    assert look() == set()
    look.wrote("raw", 1)
    assert look() == set()
    monkeypatch.setattr(stale_partitions, "_WAIT", 0)
    assert look() == {"clean"}, "what was put off is judged when its time has come, without another event"
