"""Arithmetic of directed acyclic graphs: order, cycles, reach. Linear in size, without recursion."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


class CycleFound(Exception):
    """The graph has a cycle; ``cycle`` lists its members in order, the first one again at the end."""

    def __init__(self, cycle: list[object]) -> None:
        self.cycle = cycle
        super().__init__(" -> ".join(str(member) for member in cycle))


def topological_order(parents: Mapping[K, Iterable[K]]) -> list[K]:
    """Return the keys of ``parents`` so that each comes after its parents; the order of insertion breaks ties.

    Raises:
        CycleFound: No such order exists.
    """
    sorter = TopologicalSorter(parents)
    try:
        return [key for key in sorter.static_order() if key in parents]
    except CycleError as error:
        raise CycleFound(list(reversed(error.args[1]))) from None


def reach(start: Iterable[K], neighbours: Mapping[K, Iterable[K]], depth: int | None = None) -> set[K]:
    """Return ``start`` and all that lies within ``depth`` steps along ``neighbours`` (``None``: any number)."""
    found = set(start)
    frontier = found
    while frontier and (depth is None or depth > 0):
        frontier = {near for key in frontier for near in neighbours.get(key, ())} - found
        found |= frontier
        depth = None if depth is None else depth - 1
    return found
