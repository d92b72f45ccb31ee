"""What the runs that carry a tag come to at the moment: how many wait, go on, and failed lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from earmark.store.ports import Store
from earmark.tags.query import Comparison, Exact, Node, Term, all_of


class TagTally(NamedTuple):
    """How many runs carry a tag, by how they stand; those that ended are of the last seven days."""

    queued: int
    running: int
    failed: int
    finished: int

    @property
    def failure_rate(self) -> float | None:
        """How many of those that ended have failed, from 0 to 1."""
        return self.failed / self.finished if self.finished else None


def _in(*words: str) -> Node:
    return Term("status", tuple(Exact(word) for word in words))


_RECENT = Term("created", (Exact("-7d"),), Comparison.GT)
_QUERIES = (
    _in("queued"),
    _in("starting", "running", "canceling"),
    all_of([_RECENT, _in("failed")]),
    all_of([_RECENT, _in("failed", "succeeded", "canceled")]),
)


def tallies(store: Store, tags: Sequence[tuple[str, str | None]]) -> list[TagTally]:
    """Return what the runs come to that carry each of some tags, in their order; ``None`` stands for any value."""
    terms = [Term("tag", () if value is None else (Exact(value),), key=Exact(key)) for key, value in tags]
    counts = [store.runs.count_each(query, terms) for query in _QUERIES]
    return [TagTally(*each) for each in zip(*counts, strict=True)]
