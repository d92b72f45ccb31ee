"""What a run in somebody's own process leaves of how its memory is looked after."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

import earmark as em
from earmark.system import heap


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    monkeypatch.setattr(heap, "MANY_STEPS", 1)
    return []


def _asset(seen: list[int], fails: bool = False) -> em.AssetsDefinition:
    @em.asset
    def looking():
        seen.append(gc.get_freeze_count())
        assert not fails

    return looking


@pytest.mark.parametrize("fails", [False, True])
def test_a_long_run_stands_on_a_heap_that_is_not_looked_at_and_leaves_it_as_it_was(
    seen: list[int], fails: bool
) -> None:
    em.materialize([_asset(seen, fails)], raise_on_error=False)
    assert seen[0] > 0
    assert gc.get_freeze_count() == 0
    assert gc.isenabled()


def test_a_short_run_changes_nothing() -> None:
    seen: list[int] = []
    em.materialize([_asset(seen)])
    assert seen == [0]


def test_a_heap_that_the_process_keeps_still_by_itself_stays_so(seen: list[int]) -> None:
    gc.freeze()
    before = gc.get_freeze_count()
    em.materialize([_asset(seen)])
    assert seen[0] >= before * 0.9
    assert gc.get_freeze_count() >= before * 0.9


def test_a_cycle_that_a_long_run_leaves_behind_is_collected_after_it(seen: list[int]) -> None:
    class Node:
        alive = 0

        def __init__(self) -> None:
            Node.alive += 1
            self.itself = self

        def __del__(self) -> None:
            Node.alive -= 1

    @em.asset
    def leaving():
        Node()

    Node()
    em.materialize([leaving])
    gc.collect()
    assert Node.alive == 0
