"""The graph of assets for drawing: groups first, assets of those that are expanded, or around one in focus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from earmark.graph.dag import reach
from earmark.store.ports import Store
from earmark.values import wire
from earmark.views.asset_index import AssetIndex
from earmark.views.assets import AssetPages
from earmark.views.faults import BadRequestError
from earmark.views.layering import layers, places
from earmark.views.listing import read_query
from earmark.views.shapes.graph import Graph, GraphEdge, GraphGroup, GraphNode

MOST_NODES = 1_500
_NONE = "(none)"


class LineagePages:
    """Everything that drawings of the asset graph ask.

    Args:
        store: The store.
        assets: The assets.
    """

    def __init__(self, store: Store, assets: AssetPages) -> None:
        self._store = store
        self._assets = assets

    def graph(self, q: str, by: str, expand: Sequence[str], focus: str | None, up: int = 2, down: int = 2) -> Graph:
        """Return the graph of what a query matches.

        Args:
            q: A query over assets.
            by: What makes a group: ``group`` or ``tag:KEY``.
            expand: The groups whose assets are drawn; ``*`` for all.
            focus: The key of an asset: it and its surroundings are drawn, whatever ``expand`` says.
            up: How many steps upstream of it.
            down: How many steps downstream of it.

        Raises:
            BadRequestError: Assets cannot be grouped so.
            NotFoundError: There is no asset to focus on.
        """
        index = self._assets.index()
        found: AbstractSet[int] = index.select(read_query("assets", q), self._store.clock())
        if focus:
            at = index.graph.positions[index.catalog.asset(focus).key]
            around = reach({at}, index.graph.parents, up) | reach({at}, index.graph.children, down)
            found = around
        group_of = {at: _group_of(index, at, by) for at in found}
        wanted = set(group_of.values()) if focus or "*" in expand else set(expand)
        nodes = sorted(at for at in found if group_of[at] in wanted)
        truncated = len(nodes) > MOST_NODES
        nodes = nodes[:MOST_NODES]
        drawn = set(nodes)
        edges = _edges(index, found, group_of, drawn)
        layout = _Layout(index, group_of, nodes, edges)
        groups = self._groups(index, group_of, layout)
        asked = [index.catalog.version, q, by, sorted(expand), focus, up, down]
        version = wire.content_hash([asked, [f"{at}{index.statuses[at]}" for at in sorted(found)]])
        return Graph(
            version=version,
            by=by,
            groups=groups,
            nodes=self._nodes(index, nodes, group_of, layout),
            edges=edges,
            total=len(found),
            truncated=truncated,
        )

    def _groups(self, index: AssetIndex, group_of: dict[int, str], layout: _Layout) -> list[GraphGroup]:
        members: dict[str, list[int]] = {}
        for at, group in group_of.items():
            members.setdefault(group, []).append(at)
        return [
            GraphGroup(
                id=group,
                label=group,
                count=len(members[group]),
                statuses=dict(Counter(index.statuses[at] for at in members[group])),
                rank=layout.group(group)[0],
                order=layout.group(group)[1],
            )
            for group in sorted(members)
        ]

    def _nodes(
        self, index: AssetIndex, nodes: Sequence[int], group_of: dict[int, str], layout: _Layout
    ) -> list[GraphNode]:
        rows = self._assets.rows(index, nodes)
        return [
            GraphNode(
                key=row.key,
                group=group_of[at],
                status=row.status,
                kinds=row.kinds,
                tags=row.tags,
                materialized_at=row.materialized_at,
                partitions=row.partitions,
                checks=row.checks,
                upstream=len(index.graph.parents[at]),
                downstream=len(index.graph.children[at]),
                rank=layout.ranks[row.key],
                order=layout.order[row.key],
            )
            for at, row in zip(nodes, rows, strict=True)
        ]


class _Layout:
    """Where assets and groups are drawn that are drawn together: each after all that it has an edge from.

    A group whose assets are drawn has no edges of its own; it stands where the first of them does.
    """

    def __init__(
        self, index: AssetIndex, group_of: dict[int, str], nodes: Sequence[int], edges: Sequence[GraphEdge]
    ) -> None:
        keys = {at: index.graph.specs[at].key.to_user_string() for at in nodes}
        drawn: dict[str, list[int]] = {}
        for at in nodes:
            drawn.setdefault(group_of[at], []).append(at)
        collapsed = [f"group:{group}" for group in sorted(set(group_of.values()) - set(drawn))]
        above: dict[str, list[str]] = {end: [] for end in (*collapsed, *keys.values())}
        for edge in edges:
            above.setdefault(edge.source, [])
            above.setdefault(edge.target, []).append(edge.source)
        self.ranks = layers(above)
        self.order = places(above, self.ranks)
        self._first = {
            group: min((self.ranks[keys[at]], self.order[keys[at]]) for at in members)
            for group, members in drawn.items()
        }

    def group(self, group: str) -> tuple[int, int]:
        """Return the layer of a group and its place there."""
        if group in self._first:
            return self._first[group]
        return self.ranks[f"group:{group}"], self.order[f"group:{group}"]


def _group_of(index: AssetIndex, at: int, by: str) -> str:
    spec = index.graph.specs[at]
    if by == "group":
        return spec.group
    if by.startswith("tag:") and len(by) > 4:
        return spec.tags.get(by[4:], _NONE)
    raise BadRequestError(f"Assets cannot be grouped by {by!r}.", hint="By group or tag:KEY.")


def _edges(
    index: AssetIndex, found: AbstractSet[int], group_of: dict[int, str], drawn: AbstractSet[int]
) -> list[GraphEdge]:
    counts: Counter[tuple[str, str]] = Counter()

    def end(at: int) -> str:
        return index.graph.specs[at].key.to_user_string() if at in drawn else f"group:{group_of[at]}"

    for at in found:
        for up in index.graph.parents[at]:
            if up in found and up != at:
                source, target = end(up), end(at)
                if source != target:
                    counts[source, target] += 1
    return [GraphEdge(source=source, target=target, count=count) for (source, target), count in sorted(counts.items())]
