"""An event: a fact, with when and where it became true."""

from __future__ import annotations

import msgspec

from earmark.events.kinds import AnyFact
from earmark.values.clock import Micros


class Event(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A fact with its instant, its run and its step.

    Args:
        fact: What happened.
        timestamp: When, in microseconds since the epoch.
        run_id: The run it belongs to, or ``None`` for facts outside any run (a wiped asset, a reported event).
        step_key: The step it belongs to, if any.
        id: The store's number of the event, growing with commit order; 0 until it is stored.
        late: Whether it arrived after the run had finished, and so changed no state.
    """

    fact: AnyFact
    timestamp: Micros
    run_id: str | None = None
    step_key: str | None = None
    id: int = 0
    late: bool = False

    @property
    def event_type(self) -> str:
        """The public name of the kind of event."""
        return self.fact.event_type
