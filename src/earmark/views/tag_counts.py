"""How many things carry each value of each key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from earmark.tags.tag import is_hidden

Counts = dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class DefinedTags:
    """What definitions carry. Made once for a catalog, so nobody changes it."""

    assets: Counts
    jobs: Counts
    ops: Counts


def counted(tags: Iterable[Mapping[str, str]]) -> Counts:
    """Return how many things have each value of each key; internal keys are left out."""
    counts: Counts = {}
    for one in tags:
        for key, value in one.items():
            if not is_hidden(key):
                counts.setdefault(key, Counter())[value] += 1
    return counts


def joined(sources: Iterable[Mapping[str, Mapping[str, int]]]) -> Counts:
    """Return counts of several kinds of things together."""
    found: Counts = {}
    for source in sources:
        for key, values in source.items():
            found.setdefault(key, Counter()).update(values)
    return found
