"""What is remembered between ticks: read as far as a tick needs it, with what the tick changes of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

import msgspec

from earmark.decide.automation.memory import Memory
from earmark.values.clock import Micros


class AutomationState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered between ticks.

    Args:
        evaluation_id: The number of the last tick.
        at: When that was.
        open: The conditions that may come out otherwise although nothing touches them, by the name of what has them.
        late: When the freshness of what a condition looks at changes next, where it asks for it.
        seen: The number of the latest event of each asset that was seen; empty where it is kept elsewhere.
        memory: What is remembered of each condition, by the name of the asset, check or job that has it; likewise.
    """

    evaluation_id: int = 0
    at: Micros = Micros(0)
    open: frozenset[str] = frozenset()
    late: dict[str, Micros] = {}
    seen: dict[str, int] = {}
    memory: dict[str, Memory] = {}


class Kept(Protocol):
    """Where what is remembered of conditions, and of what they look at, is kept by name."""

    def memories(self, names: Collection[str] | None) -> Mapping[str, Memory]:
        """Return what is remembered of some conditions, or of all."""

    def seen(self, names: Collection[str] | None) -> Mapping[str, int]:
        """Return the number of the latest event of some assets and checks, or of all, that was seen."""


class KeptInState:
    """What is remembered in the state itself."""

    def __init__(self, state: AutomationState) -> None:
        self._state = state

    def memories(self, names: Collection[str] | None) -> Mapping[str, Memory]:
        """Return what is remembered of conditions."""
        return self._state.memory

    def seen(self, names: Collection[str] | None) -> Mapping[str, int]:
        """Return the events that were seen."""
        return self._state.seen


class Recalled:
    """What a tick has read of what is remembered, and what it changes.

    Args:
        kept: Where it is read.
    """

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._memory: dict[str, Memory | None] = {}
        self._seen: dict[str, int] = {}
        self._has_all = False
        self.changed: dict[str, Memory] = {}
        self.changed_seen: dict[str, int] = {}

    def read(self, names: Collection[str]) -> None:
        """Read what is remembered of some conditions at once."""
        missing = [name for name in names if name not in self._memory]
        if missing:
            found = {} if self._has_all else self._kept.memories(missing)
            self._memory.update((name, found.get(name)) for name in missing)

    def read_seen(self, names: Collection[str]) -> None:
        """Read which events of some assets and checks were seen at once."""
        missing = [name for name in names if name not in self._seen]
        if missing:
            found = {} if self._has_all else self._kept.seen(missing)
            self._seen.update((name, found.get(name, 0)) for name in missing)

    def read_all(self) -> Collection[str]:
        """Read all, and return the names of the conditions of which anything is remembered."""
        self._memory = dict(self._kept.memories(None))
        self._seen = dict(self._kept.seen(None))
        self._has_all = True
        return list(self._memory)

    def get(self, name: str) -> Memory | None:
        """Return what is remembered of a condition."""
        self.read((name,))
        return self._memory[name]

    def put(self, name: str, memory: Memory) -> None:
        """Remember a condition."""
        self._memory[name] = self.changed[name] = memory

    def seen(self, name: str) -> int:
        """Return the number of the latest event of an asset or check that was seen; 0 if none was."""
        self.read_seen((name,))
        return self._seen[name]

    def see(self, name: str, event_id: int) -> None:
        """Remember an event of an asset or check as seen, from the next tick on."""
        self.changed_seen[name] = event_id
