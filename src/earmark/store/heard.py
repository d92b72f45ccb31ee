"""What was notified, kept apart for each who waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable


class Heard:
    """Remembers notified topics: those who wait for the same topics hear of one once, whatever others have heard.

    Whoever waits has to say so before the first notification that must not pass unheard.

    Example:
        >>> heard = Heard()
        >>> heard.take(("runs", "slots")), heard.take(("runs",))
        (set(), set())
        >>> heard.add(["runs"])
        >>> heard.take(("runs",)), heard.take(("runs", "slots")), heard.take(("runs",))
        ({'runs'}, {'runs'}, set())
    """

    def __init__(self) -> None:
        self._told: dict[frozenset[str], set[str]] = {}

    def add(self, topics: Collection[str]) -> None:
        """Tell everybody who waits for one of these topics."""
        for wanted, told in self._told.items():
            told.update(wanted.intersection(topics))

    def add_all(self) -> None:
        """Tell everybody of every topic: what was said meanwhile is lost."""
        for wanted, told in self._told.items():
            told.update(wanted)

    def take(self, topics: Iterable[str]) -> set[str]:
        """Return, and forget, what those who wait for exactly these topics have been told."""
        wanted = frozenset(topics)
        told = self._told.get(wanted, set())
        self._told[wanted] = set()
        return told
