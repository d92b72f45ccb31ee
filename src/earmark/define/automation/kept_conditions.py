"""What is remembered of thousands of conditions: an entry of the store for each, so that a tick reads and writes few.

Entries carry the epoch in which they were written. A sensor whose cursor was taken away begins another one, for which
all earlier entries are none. They are written with the end of their tick, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from earmark.decide.automation.memory import Memory
from earmark.decide.automation.tick import AutomationDecision
from earmark.values import wire

MEMORY = "conditions"
SEEN = "seen by conditions"
GONE = msgspec.Raw(b"null")
"""Stands for an entry that is to be removed."""


def space_of(what: str, instigator: str) -> str:
    """Return the space of the store's entries in which a sensor keeps something.

    Example:
        >>> space_of(MEMORY, "shop:default_automation_condition_sensor")
        'conditions of shop:default_automation_condition_sensor'
    """
    return f"{what} of {instigator}"


class KeptInEntries:
    """What a sensor remembers of conditions, in the entries of a store.

    Args:
        entries: The entries.
        instigator: The sensor.
        epoch: The epoch; entries of others count for nothing.
    """

    def __init__(self, entries: Any, instigator: str, epoch: str) -> None:
        self._entries = entries
        self._instigator = instigator
        self._epoch = epoch

    def memories(self, names: Collection[str] | None) -> Mapping[str, Memory]:
        """Return what is remembered of some conditions, or of all."""
        return self._read(MEMORY, names, tuple[str, Memory])

    def seen(self, names: Collection[str] | None) -> Mapping[str, int]:
        """Return the number of the latest event of some assets and checks, or of all, that was seen."""
        return self._read(SEEN, names, tuple[str, int])

    def _read(self, what: str, names: Collection[str] | None, kind: Any) -> dict[str, Any]:
        found = self._entries.some(space_of(what, self._instigator), names)
        decoded = ((name, wire.decode(data, kind)) for name, data in found.items())
        return {name: value for name, (epoch, value) in decoded if epoch == self._epoch}


def to_remember(decision: AutomationDecision, epoch: str) -> dict[str, dict[str, msgspec.Raw]]:
    """Return the entries to write of what a tick has decided, by what they are."""
    memory = {name: _entry(epoch, kept) for name, kept in decision.changed.items()}
    memory.update((name, GONE) for name in decision.gone)
    found = {MEMORY: memory, SEEN: {name: _entry(epoch, number) for name, number in decision.seen.items()}}
    return {what: entries for what, entries in found.items() if entries}


def _entry(epoch: str, value: Any) -> msgspec.Raw:
    return msgspec.Raw(wire.encode((epoch, value)))
