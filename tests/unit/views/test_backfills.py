"""Backfills as pages show them."""

from __future__ import annotations

import pytest

from earmark.store.open import open_memory
from earmark.store.records import Backfill
from earmark.system.clock import now
from earmark.views.backfills import BackfillPages


@pytest.mark.parametrize(
    ("kept", "shown"),
    [("requested", "queued"), ("started", "running"), ("completed", "succeeded"), ("paused", "paused")],
)
def test_a_state_has_one_word_in_rows_and_in_queries_whatever_an_older_store_holds(kept: str, shown: str) -> None:
    store = open_memory(now)
    store.backfills.create(Backfill("b1", kept, store.clock(), data={"job": "etl", "partitions": ["a"]}))
    pages = BackfillPages(store)
    for word in {kept, shown}:
        (row,) = pages.find(f"status:{word}").items
        assert row.status == shown
    assert pages.find(f"not status:{shown}").items == []
