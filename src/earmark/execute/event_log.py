"""Reading the whole log of a run."""

from __future__ import annotations

from earmark.events.envelope import Event
from earmark.store.ports import Store

_PAGE = 10_000


def all_events(store: Store, run_id: str) -> list[Event]:
    """Return every event of a run, in order."""
    found: list[Event] = []
    while True:
        page = store.events.of_run(run_id, after=found[-1].id if found else 0, limit=_PAGE)
        found.extend(page)
        if len(page) < _PAGE:
            return found
