"""Ticks are kept for as long as the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from earmark.daemon.prune import PruneLoop
from earmark.runs.policies import Retention
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.records import Tick
from earmark.testing.fakes import HandClock

DAY = 86_400


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 3, 2))


@pytest.fixture
def store(clock: HandClock) -> Iterator[Store]:
    opened = open_store("memory://", clock=clock)
    yield opened
    opened.close()


def test_ticks_go_after_their_days_by_kind_and_outcome_and_others_stay(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    now = clock()
    for kind in ("schedule", "sensor"):
        for status in ("skipped", "succeeded", "failed"):
            store.ticks.begin(Tick(f"{kind}-{status}", f"p:{kind}", kind, status, now, ended_at=now))
    store.ticks.begin(Tick("going-on", "p:sensor", "sensor", "started", now))
    loop = PruneLoop(
        store, tmp_path, Retention(sensor={"skipped": 7, "failure": -1}, schedule={"success": 30}), leads=lambda: True
    )
    clock.forward(seconds=6 * DAY)
    assert loop.round() == 0
    clock.forward(seconds=2 * DAY)
    assert loop.round() == 1
    clock.forward(seconds=30 * DAY)
    assert loop.round() == 1
    assert sorted(tick.id for tick in store.ticks.list()) == [
        "going-on",
        "schedule-failed",
        "schedule-skipped",
        "sensor-failed",
        "sensor-succeeded",
    ]
