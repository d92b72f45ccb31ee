"""Arithmetic of directed acyclic graphs: order, cycles, reach. Linear in size, without recursion."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
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
    waits: dict[K, int] = {}
    children: dict[K, list[K]] = {}
    for key, above in parents.items():
        count = 0
        for parent in above:
            if parent in parents:
                children.setdefault(parent, []).append(key)
                count += 1
        waits[key] = count
    order = [key for key, count in waits.items() if count == 0]
    for key in order:  # grows while it is walked: a key is added when the last of its parents was passed
        for child in children.get(key, ()):
            waits[child] -= 1
            if waits[child] == 0:
                order.append(child)
    if len(order) < len(waits):
        raise CycleFound(_cycle(parents, {key for key, count in waits.items() if count > 0}))
    return order


def _cycle(parents: Mapping[K, Iterable[K]], stuck: set[K]) -> list[object]:
    """Return one cycle among keys that no order reaches: each of them has a parent among them."""
    passed: dict[K, int] = {}
    key = next(key for key in parents if key in stuck)
    while key not in passed:
        passed[key] = len(passed)
        key = next(parent for parent in parents[key] if parent in stuck)
    return [*list(passed)[passed[key] :], key]


def reach(start: Iterable[int], near: Sequence[Collection[int]], depth: int | None = None) -> set[int]:
    """Return ``start`` and what lies up to ``depth`` steps from it (``None``: any number).

    Args:
        start: Positions of nodes.
        near: For each position, those one step away.
        depth: How many steps at most.
    """
    found = set(start)
    frontier: Collection[int] = found
    while frontier and (depth is None or depth > 0):
        step: set[int] = set()
        for position in frontier:
            step.update(near[position])
        step -= found
        found |= step
        frontier = step
        depth = None if depth is None else depth - 1
    return found
