"""In which order computations can run, and which must run in parts to have one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from earmark.graph.assets import AssetGraph
from earmark.specs.computation import ComputationSpec
from earmark.values.errors import DagsterInvalidDefinitionError
from earmark.values.keys import AssetKey


def runnable_parts(
    graph: AssetGraph, selected: Collection[AssetKey]
) -> list[tuple[ComputationSpec, frozenset[AssetKey]]]:
    """Return computations with the assets that they write together, each after what it needs.

    A computation runs whole if it can. One that can be subset runs in parts where another computation needs some of
    its assets and gives it others: first what is ready, later the rest.

    Args:
        graph: All assets.
        selected: The assets to write.

    Raises:
        DagsterInvalidDefinitionError: No order exists, as computations that cannot run in parts need each other's
            assets; ``facts["computations"]`` names them.
    """
    wanted = {graph.positions[key] for key in selected}
    names = [graph.computation_of(spec.key).name for spec in graph.specs]
    waits: dict[int, int] = {
        position: sum(1 for parent in graph.parents[position] if parent in wanted and parent != position)
        for position in wanted
    }
    left: dict[str, set[int]] = {}
    for position in sorted(wanted):
        left.setdefault(names[position], set()).add(position)
    ready: dict[str, set[int]] = {}
    for position, count in waits.items():
        if count == 0:
            ready.setdefault(names[position], set()).add(position)
    parts: list[tuple[ComputationSpec, frozenset[AssetKey]]] = []
    while ready:
        name, batch = _next(ready, left, graph, waits)
        parts.append((graph.computation_of(graph.specs[min(batch)].key), graph.keys_of(batch)))
        del ready[name]
        left[name] -= batch
        for position in batch:
            for child in graph.children[position]:
                if child in waits and child not in batch and child != position:
                    waits[child] -= 1
                    if waits[child] == 0 and child in left[names[child]]:
                        ready.setdefault(names[child], set()).add(child)
    stuck = sorted(name for name, positions in left.items() if positions)
    if stuck:
        raise _stuck(stuck)
    return parts


def _next(
    ready: Mapping[str, set[int]],
    left: Mapping[str, set[int]],
    graph: AssetGraph,
    waits: Mapping[int, int],
) -> tuple[str, set[int]]:
    """Return the computation to run next, and its assets that can be written now: a whole one before a part."""
    parts: list[tuple[str, set[int]]] = []
    for name, positions in ready.items():
        batch = _closed(positions, left[name], graph, waits)
        if batch == left[name]:
            return name, batch
        if graph.computation_of(graph.specs[min(positions)].key).can_subset:
            parts.append((name, batch))
    if not parts:
        raise _stuck(sorted(ready))
    return max(parts, key=lambda part: len(part[1]))


def _closed(positions: set[int], left: set[int], graph: AssetGraph, waits: Mapping[int, int]) -> set[int]:
    """Return what one computation can write in one go: what is ready, and what waits for nothing but that."""
    batch = set(positions)
    counts: dict[int, int] = {}
    frontier = list(positions)
    while frontier:
        position = frontier.pop()
        for child in graph.children[position]:
            if child in left and child not in batch:
                counts[child] = counts.get(child, 0) + 1
                if counts[child] == waits[child]:
                    batch.add(child)
                    frontier.append(child)
    return batch


def _stuck(names: Sequence[str]) -> DagsterInvalidDefinitionError:
    return DagsterInvalidDefinitionError(
        f"No order exists in which these can run, as they need each other's assets: {', '.join(names)}.",
        hint="Split a computation that gives several assets, or give it can_subset=True.",
        computations=names,
    )
