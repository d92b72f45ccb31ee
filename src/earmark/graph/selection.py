"""Queries over a graph of assets: an index of what the assets carry, and the walks between them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from earmark.graph.assets import AssetGraph
from earmark.graph.dag import reach
from earmark.tags.query import Exact, Glob, Key, Node, Term, Text, walk
from earmark.tags.query.evaluate import Leaf, evaluate_set
from earmark.tags.query.fields import ASSETS
from earmark.tags.query.index import InvertedIndex
from earmark.tags.query.suggest import Vocabulary
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidSubsetError, nearest
from earmark.values.keys import AssetKey

EPOCH = Micros(0)

OWN_FIELDS = frozenset(("key", "tag", "group", "kind", "owner", "text"))
"""The fields that a spec itself answers; what others mean, the caller of :class:`AssetQueries` says."""

_OF_SPEC: Mapping[str, Callable[[AssetGraph, int], Iterable[str]]] = {
    "key": lambda graph, at: (graph.specs[at].key.to_user_string(),),
    "group": lambda graph, at: (graph.specs[at].group,),
    "kind": lambda graph, at: graph.specs[at].kinds,
    "owner": lambda graph, at: graph.specs[at].owners,
}


class AssetQueries:
    """Answers queries over a graph. Keep it: each field is indexed once, when a query first asks for it.

    Args:
        graph: The assets.
        universe: What ``*``, ``not`` and field terms range over; every asset if not given. An asset outside is found
            only by its own key.
        values: Values of fields that a spec does not know (``job``, ``code_location``, ``status``), by field and key.
        amounts: Times of the assets in microseconds (``materialized``), by field and key.

    Example:
        >>> from earmark.specs.asset import AssetSpec
        >>> from earmark.specs.computation import ComputationSpec
        >>> from earmark.tags.query import parse
        >>> raw = ComputationSpec("raw", (AssetSpec("raw", tags={"pii": ""}),))
        >>> mart = ComputationSpec("mart", (AssetSpec("mart", deps=["raw"]),))
        >>> sorted(AssetQueries(AssetGraph([raw, mart])).select(parse("tag:pii+")))
        [AssetKey(['mart']), AssetKey(['raw'])]
    """

    def __init__(
        self,
        graph: AssetGraph,
        universe: Collection[AssetKey] | None = None,
        values: Mapping[str, Mapping[AssetKey, Collection[str]]] | None = None,
        amounts: Mapping[str, Mapping[AssetKey, float]] | None = None,
    ) -> None:
        self.graph = graph
        self._values = values or {}
        self._amounts = amounts or {}
        everything = frozenset(range(len(graph)))
        self._universe: AbstractSet[int] = everything
        if universe is not None and len(universe) < len(graph):
            self._universe = frozenset(graph.positions[key] for key in universe)
        self._restricted = len(self._universe) < len(graph)
        self._indexes: dict[str, InvertedIndex[int]] = {}

    def select(self, node: Node, *, allow_missing: bool = True, now: Micros = EPOCH) -> frozenset[AssetKey]:
        """Return the keys of the assets that a query matches.

        Args:
            node: The query.
            allow_missing: Whether a bare key may name an asset that is not there.
            now: The present, for times such as ``-24h``.

        Raises:
            DagsterInvalidSubsetError: A bare key names no asset and ``allow_missing`` is false; the error says what
                is near.
            QueryError: The query makes no sense for assets.
        """
        if not allow_missing:
            require_known(node, self.graph)
        return self.graph.keys_of(evaluate_set(node, self, self, now))

    def all(self) -> AbstractSet[int]:
        """Return every position that queries range over."""
        return self._universe

    def match(self, leaf: Leaf, now: Micros = EPOCH) -> AbstractSet[int]:
        """Return the positions of the assets that a term, a key or a search matches."""
        if isinstance(leaf, Key):
            return self._of_keys(leaf)
        if isinstance(leaf, Term) and leaf.field == "key" and all(isinstance(one, Exact) for one in leaf.values):
            return self._of_keys(Key(leaf.values))
        field = "text" if isinstance(leaf, Text) else leaf.field
        found = self._index(field).match(leaf, now)
        return found & self._universe if self._restricted else found

    def _of_keys(self, leaf: Key) -> AbstractSet[int]:
        found: set[int] = set()
        globs = []
        for word in leaf.names:
            if isinstance(word, Exact):
                found.update(self._position(word.text))
            elif isinstance(word, Glob):
                globs.append(word)
        if not globs:
            return found
        return found | (self._index("key").match(Key(tuple(globs)), EPOCH) & self._universe)

    def _position(self, name: str) -> Sequence[int]:
        positions = self.graph.positions
        key = AssetKey.from_user_string(name) if name and all(name.split("/")) else None
        if key is not None and key in positions:
            return (positions[key],)
        whole = AssetKey((name,)) if name else None
        return (positions[whole],) if whole is not None and whole in positions else ()

    def _index(self, field: str) -> InvertedIndex[int]:
        known = self._indexes.get(field)
        if known is None:
            known = self._indexes[field] = self._built(field)
        return known

    def _built(self, field: str) -> InvertedIndex[int]:
        index: InvertedIndex[int] = InvertedIndex(ASSETS)
        fields = ASSETS.searched if field == "text" else (field,)
        named = [one for one in fields if one in _OF_SPEC]
        other = [one for one in fields if one in self._values]
        tagged = field in ("tag", "text")
        amounts = self._amounts.get(field)
        for at, spec in enumerate(self.graph.specs):
            values: dict[str, Iterable[str]] = {one: _OF_SPEC[one](self.graph, at) for one in named}
            for one in other:
                values[one] = self._values[one].get(spec.key, ())
            amount = amounts.get(spec.key) if amounts else None
            if tagged:
                values.setdefault("kind", ())
            index.add(at, spec.tags if tagged else None, values, None if amount is None else {field: amount})
        return index

    def vocabulary(self) -> Vocabulary:
        """Return the words in use, for completion and suggestions."""
        tags = self._index("tag").vocabulary().tags
        fields = (*_OF_SPEC, *self._values)
        return Vocabulary({one: self._index(one).vocabulary().values.get(one, {}) for one in fields}, tags)

    def upstream(self, start: AbstractSet[int], depth: int | None) -> AbstractSet[int]:
        """Return what lies up to ``depth`` steps upstream."""
        return self._reached(start, self.graph.parents, depth)

    def downstream(self, start: AbstractSet[int], depth: int | None) -> AbstractSet[int]:
        """Return what lies up to ``depth`` steps downstream."""
        return self._reached(start, self.graph.children, depth)

    def _reached(self, start: AbstractSet[int], near: Sequence[Sequence[int]], depth: int | None) -> AbstractSet[int]:
        found = reach(start, near, depth)
        return found & self._universe if self._restricted else found

    def roots(self, among: AbstractSet[int]) -> AbstractSet[int]:
        """Return those that depend on no other of them, neither directly nor through others."""
        return among - _beyond(among, self.graph.children)

    def sinks(self, among: AbstractSet[int]) -> AbstractSet[int]:
        """Return those on which no other of them depends, neither directly nor through others."""
        return among - _beyond(among, self.graph.parents)


def queries_of(graph: AssetGraph, *, include_external: bool = False) -> AssetQueries:
    """Return what answers queries over a graph, made once: over what can be written, or over all assets."""
    name = "queries over all" if include_external else "queries over what can be written"
    kept: AssetQueries | None = graph.kept.get(name)
    if kept is None:
        kept = graph.kept[name] = AssetQueries(graph, None if include_external else graph.materializable_asset_keys)
    return kept


def _beyond(start: AbstractSet[int], near: Sequence[Sequence[int]]) -> set[int]:
    """Return what lies one step or more from ``start``; a step from an asset to itself does not count."""
    first = {other for position in start for other in near[position] if other != position}
    return reach(first, near)


def require_known(node: Node, graph: AssetGraph) -> None:
    """Refuse a query whose bare keys name assets that are not there.

    Raises:
        DagsterInvalidSubsetError: The error names the keys, and what is near each.
    """
    missing = [
        word.text
        for part in walk(node)
        if isinstance(part, Key)
        for word in part.names
        if isinstance(word, Exact) and not _named(word.text, graph)
    ]
    if not missing:
        return
    names = graph.names
    hints = []
    for name in missing:
        close = near_keys(name, names)
        if close:
            hints.append(f"For {name!r}, did you mean {' or '.join(repr(one) for one in close)}?")
    listed = ", ".join(repr(name) for name in missing)
    raise DagsterInvalidSubsetError(
        f"The selection names {listed}, but no such {'asset is' if len(missing) == 1 else 'assets are'} defined."
        f"{''.join(f' {hint}' for hint in hints)}",
        missing=missing,
    )


def near_keys(name: str, names: Collection[str], limit: int = 3) -> list[str]:
    """Return the keys that a name may have meant: the same last part under another prefix, then similar ones."""
    last = name.replace(".", "/").rpartition("/")[2]
    same = [one for one in names if one.rpartition("/")[2] == last]
    begins = [one for one in names if name.endswith("_") and one.startswith(name)]
    found = dict.fromkeys((*same, *nearest(name, names, limit), *begins))
    return list(found)[:limit]


def _named(name: str, graph: AssetGraph) -> bool:
    if not name:
        return False
    if all(name.split("/")) and AssetKey.from_user_string(name) in graph.positions:
        return True
    return AssetKey((name,)) in graph.positions
