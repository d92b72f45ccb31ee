"""Selections of assets and checks, as objects: combined with ``&``, ``|`` and ``-``, printed as queries."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import msgspec

from earmark.define.assets.asset_resolution import ResolvedAssets, resolve_assets
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.source_asset import SourceAsset
from earmark.graph.assets import AssetGraph
from earmark.graph.dag import reach
from earmark.specs.asset import AssetSpec
from earmark.specs.naming import asset_key_of
from earmark.tags.query import (
    ALL_STEPS,
    NOTHING,
    Absent,
    All,
    Exact,
    Glob,
    Key,
    Node,
    Not,
    Roots,
    Sinks,
    Term,
    Traversal,
    Word,
    all_of,
    any_of,
    parse,
    unparse,
    walk,
)
from earmark.tags.query.words import escaped
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvalidSubsetError, caller_location
from earmark.values.keys import AssetCheckKey, AssetKey


class Selected(msgspec.Struct, frozen=True):
    """What a selection means in one set of assets."""

    assets: frozenset[AssetKey] = frozenset()
    checks: frozenset[AssetCheckKey] = frozenset()


class AssetSelection(msgspec.Struct, frozen=True):
    """Some of the assets, and with them their checks; made by the static methods and combined.

    A selection is only a question; which assets it means is found when it is resolved against definitions. Unless
    told otherwise it means assets that a run can write, and external ones only where they are named by their keys.

    Example:
        >>> gold = AssetSelection.tag("tier", "gold") - AssetSelection.groups("raw")
        >>> str(gold)
        'tag:tier=gold and not group:raw'
        >>> str(gold.downstream(depth=1))
        '(tag:tier=gold and not group:raw)+1'
    """

    @abstractmethod
    def select(self, graph: AssetGraph, allow_missing: bool = False) -> Selected:
        """Return the assets and checks that are meant.

        Raises:
            DagsterInvalidSubsetError: A key names no asset and ``allow_missing`` is false.
        """

    @staticmethod
    def all(include_sources: bool = False) -> AssetSelection:
        """Return the selection of all assets; with ``include_sources``, of external ones too."""
        return QuerySelection(All(), include_sources)

    @staticmethod
    def assets(*assets_defs: Any) -> AssetSelection:
        """Return the selection of the assets that are named: by strings, keys or definitions."""
        return QuerySelection(_keys_node(assets_defs))

    @staticmethod
    def keys(*asset_keys: Any) -> AssetSelection:
        """Return the selection of the assets with these keys; the old name of :meth:`assets`."""
        return AssetSelection.assets(*asset_keys)

    @staticmethod
    def key_prefixes(*key_prefixes: Any, include_sources: bool = False) -> AssetSelection:
        """Return the selection of assets whose keys begin with one of the prefixes (strings or lists of them)."""
        words: list[Word] = []
        for prefix in key_prefixes:
            name = AssetKey.from_coercible(prefix).to_user_string()
            words += [Exact(name), Glob(f"{escaped(name)}/*")]
        node = all_of((Term("key", tuple(words)), All())) if words else NOTHING
        return QuerySelection(node, include_sources)

    @staticmethod
    def key_substring(key_substring: str, include_sources: bool = False) -> AssetSelection:
        """Return the selection of assets in whose keys (written with slashes) the text occurs."""
        return QuerySelection(Term("key", (Glob(f"*{escaped(key_substring)}*"),)), include_sources)

    @staticmethod
    def groups(*group_strs: str, include_sources: bool = False) -> AssetSelection:
        """Return the selection of the assets of these groups."""
        return QuerySelection(_term("group", group_strs), include_sources)

    @staticmethod
    def tag(key: str, value: str, include_sources: bool = False) -> AssetSelection:
        """Return the selection of assets that have a tag with this key and this value."""
        return QuerySelection(Term("tag", (Exact(value),), key=Exact(key)), include_sources)

    @staticmethod
    def tag_string(string: str, include_sources: bool = False) -> AssetSelection:
        """Return the selection of assets that have a tag, written ``key=value``, or ``key`` for any value."""
        key, equals, value = string.partition("=")
        values: tuple[Word, ...] = (Exact(value),) if equals else ()
        return QuerySelection(Term("tag", values, key=Exact(key)), include_sources)

    @staticmethod
    def kind(kind: str | None, include_sources: bool = False) -> AssetSelection:
        """Return the selection of assets of a kind; of those without any for ``None``."""
        return QuerySelection(Term("kind", (Absent() if kind is None else Exact(kind),)), include_sources)

    @staticmethod
    def owner(owner: str | None) -> AssetSelection:
        """Return the selection of assets with an owner; of those without any for ``None``."""
        return QuerySelection(Term("owner", (Absent() if owner is None else Exact(owner),)))

    @staticmethod
    def checks(*assets_defs_or_check_keys: Any) -> AssetSelection:
        """Return the selection of these checks (keys, or definitions of checks) and of no assets."""
        keys: list[AssetCheckKey] = []
        for one in assets_defs_or_check_keys:
            if isinstance(one, AssetCheckKey):
                keys.append(one)
            elif isinstance(one, AssetsDefinition):
                keys.extend(sorted(one.check_keys))
            else:
                _refuse(one, "AssetCheckKey and AssetChecksDefinition objects")
        return CheckSelection(checks_named=tuple(keys))

    @staticmethod
    def checks_for_assets(*assets_defs: Any) -> AssetSelection:
        """Return the selection of all checks of these assets, and of no assets."""
        return CheckSelection(of_assets=tuple(key for one in assets_defs for key in _keys_of(one)))

    @staticmethod
    def all_asset_checks() -> AssetSelection:
        """Return the selection of all checks, and of no assets."""
        return CheckSelection(every=True)

    @staticmethod
    def from_string(string: str, include_sources: bool = False) -> AssetSelection:
        """Return the selection that a query means.

        Raises:
            QueryError: The text is no query; the error points at the character.

        Example:
            >>> str(AssetSelection.from_string("tag:domain=sales not tag:pii"))
            'tag:domain=sales and not tag:pii'
        """
        return QuerySelection(parse(string, "asset"), include_sources)

    @staticmethod
    def from_coercible(selection: Any) -> AssetSelection:
        """Return anything that selects assets as a selection: a query, keys, definitions, or a list of them.

        Raises:
            DagsterInvalidDefinitionError: It selects no assets.
            QueryError: A query cannot be read.
        """
        if isinstance(selection, AssetSelection):
            return selection
        if isinstance(selection, str):
            return AssetSelection.from_string(selection)
        if isinstance(selection, (AssetKey, AssetSpec, AssetsDefinition, SourceAsset)):
            return AssetSelection.assets(selection)
        if isinstance(selection, (list, tuple, set, frozenset)) and selection:
            parts = [AssetSelection.from_coercible(one) for one in selection if not isinstance(one, (list, tuple))]
            if len(parts) == len(selection):
                return _any(parts)
        if isinstance(selection, (list, tuple, set, frozenset)) and not selection:
            return QuerySelection(NOTHING)
        return _refuse(selection, "a query, AssetKey, definitions of assets, a list of those, or an AssetSelection")

    def upstream(self, depth: int | None = None, include_self: bool = True) -> AssetSelection:
        """Return the selection with what lies up to ``depth`` steps upstream (``None``: all), or only that."""
        return self._along(depth, include_self, up=True)

    def downstream(self, depth: int | None = None, include_self: bool = True) -> AssetSelection:
        """Return the selection with what lies up to ``depth`` steps downstream (``None``: all), or only that."""
        return self._along(depth, include_self, up=False)

    def _along(self, depth: int | None, include_self: bool, *, up: bool) -> AssetSelection:
        if depth is not None and depth < 1:
            return self if include_self else self - self
        if isinstance(self, QuerySelection):
            steps = ALL_STEPS if depth is None else depth
            node: Node = Traversal(self.node, up=steps) if up else Traversal(self.node, down=steps)
            found: AssetSelection = QuerySelection(node, self.include_sources)
        else:
            rule = _Walk(up, depth)
            found = DerivedSelection(self, "upstream" if up else "downstream", rule)
        return found if include_self else found - self

    def roots(self) -> AssetSelection:
        """Return, of the selected assets, those that depend on no other of them."""
        if isinstance(self, QuerySelection):
            return QuerySelection(Roots(self.node), self.include_sources)
        return DerivedSelection(self, "roots", _roots)

    def sources(self) -> AssetSelection:
        """Return, of the selected assets, those that depend on no other of them; the old name of :meth:`roots`."""
        return self.roots()

    def sinks(self) -> AssetSelection:
        """Return, of the selected assets, those on which no other of them depends."""
        if isinstance(self, QuerySelection):
            return QuerySelection(Sinks(self.node), self.include_sources)
        return DerivedSelection(self, "sinks", _sinks)

    def required_multi_asset_neighbors(self) -> AssetSelection:
        """Return the selection with all assets that can only be written together with one of it."""
        return DerivedSelection(self, "required_multi_asset_neighbors", _neighbours)

    def upstream_source_assets(self) -> AssetSelection:
        """Return the external assets that the selected ones depend on, directly or not, or that are selected."""
        return DerivedSelection(self, "upstream_source_assets", _upstream_sources)

    def materializable(self) -> AssetSelection:
        """Return, of the selected assets, those that a run can write."""
        return DerivedSelection(self, "materializable", _materializable)

    def without_checks(self) -> AssetSelection:
        """Return the selected assets without their checks."""
        return self - AssetSelection.all_asset_checks()

    def resolve(self, all_assets: Any, allow_missing: bool = False) -> set[AssetKey]:
        """Return the keys of the assets that are meant.

        Args:
            all_assets: Definitions of assets, an :class:`AssetGraph`, or assets that are resolved already.
            allow_missing: Whether a key may name an asset that is not there.

        Raises:
            DagsterInvalidSubsetError: A key names no asset and ``allow_missing`` is false.
        """
        return set(self.select(_graph_of(all_assets), allow_missing).assets)

    def resolve_checks(self, asset_graph: Any, allow_missing: bool = False) -> set[AssetCheckKey]:
        """Return the keys of the checks that are meant; arguments as :meth:`resolve`."""
        return set(self.select(_graph_of(asset_graph), allow_missing).checks)

    def to_selection_str(self) -> str:
        """Return the selection as a query.

        Raises:
            NotImplementedError: No query says it.
        """
        raise NotImplementedError(f"No query says {self!r}.")

    def to_serializable_asset_selection(self, asset_graph: Any) -> AssetSelection:
        """Return a selection that is a query: this one, or the keys that it means in ``asset_graph``."""
        return AssetSelection.assets(*sorted(self.resolve(asset_graph)))

    def __and__(self, other: AssetSelection) -> AssetSelection:
        return _combined(self, "&", other)

    def __or__(self, other: AssetSelection) -> AssetSelection:
        return _combined(self, "|", other)

    def __sub__(self, other: AssetSelection) -> AssetSelection:
        return _combined(self, "-", other)

    def __str__(self) -> str:
        return repr(self)


class QuerySelection(AssetSelection, frozen=True):
    """What a query means."""

    node: Node
    include_sources: bool = False

    def select(self, graph: AssetGraph, allow_missing: bool = False) -> Selected:
        """Return the assets that the query matches, and their checks."""
        from earmark.graph.selection import OWN_FIELDS, queries_of

        for part in walk(self.node):
            if isinstance(part, Term) and part.field not in OWN_FIELDS:
                raise DagsterInvalidSubsetError(
                    f"{part.field}: is not known where assets are defined, so definitions cannot be selected by it.",
                    hint=f"Use one of: {', '.join(sorted(OWN_FIELDS - {'text'}))}.",
                )
        queries = queries_of(graph, include_external=self.include_sources)
        found = queries.select(self.node, allow_missing=allow_missing)
        return Selected(found, graph.get_check_keys_for_assets(found))

    def to_selection_str(self) -> str:
        """Return the query's text."""
        return unparse(self.node)

    def to_serializable_asset_selection(self, asset_graph: Any) -> AssetSelection:
        """Return the selection itself."""
        return self

    def __str__(self) -> str:
        return unparse(self.node)

    def __repr__(self) -> str:
        sources = ", include_sources=True" if self.include_sources else ""
        return f"AssetSelection.from_string({unparse(self.node)!r}{sources})"


class CheckSelection(AssetSelection, frozen=True):
    """Checks alone: some by key, those of some assets, or all."""

    checks_named: tuple[AssetCheckKey, ...] = ()
    of_assets: tuple[AssetKey, ...] = ()
    every: bool = False

    def select(self, graph: AssetGraph, allow_missing: bool = False) -> Selected:
        """Return the checks."""
        known = graph.asset_check_keys
        if self.every:
            return Selected(checks=known)
        missing = sorted(key.to_user_string() for key in self.checks_named if key not in known)
        if missing and not allow_missing:
            raise DagsterInvalidSubsetError(f"There is no check {', '.join(missing)}.", missing=missing)
        of_assets = graph.get_check_keys_for_assets(self.of_assets)
        return Selected(checks=of_assets | (known & frozenset(self.checks_named)))

    def __repr__(self) -> str:
        if self.every:
            return "AssetSelection.all_asset_checks()"
        keys: tuple[AssetCheckKey | AssetKey, ...] = (*self.checks_named, *self.of_assets)
        names = [key.to_user_string() for key in keys]
        return f"AssetSelection.{'checks' if self.checks_named else 'checks_for_assets'}({', '.join(names)})"


class CombinedSelection(AssetSelection, frozen=True):
    """Two selections that no single query can say together."""

    left: AssetSelection
    operator: str
    right: AssetSelection

    def select(self, graph: AssetGraph, allow_missing: bool = False) -> Selected:
        """Return what both, either, or only the first of them means."""
        left = self.left.select(graph, allow_missing)
        right = self.right.select(graph, allow_missing)
        if self.operator == "&":
            return Selected(left.assets & right.assets, left.checks & right.checks)
        if self.operator == "|":
            return Selected(left.assets | right.assets, left.checks | right.checks)
        return Selected(left.assets - right.assets, left.checks - right.checks)

    def __repr__(self) -> str:
        return f"({self.left!r} {self.operator} {self.right!r})"


Rule = Callable[[AssetGraph, frozenset[AssetKey]], frozenset[AssetKey]]


class DerivedSelection(AssetSelection, frozen=True):
    """What a rule makes of another selection."""

    child: AssetSelection
    name: str
    rule: Rule

    def select(self, graph: AssetGraph, allow_missing: bool = False) -> Selected:
        """Return the assets that the rule gives, and their checks."""
        found = self.rule(graph, self.child.select(graph, allow_missing).assets)
        return Selected(found, graph.get_check_keys_for_assets(found))

    def __repr__(self) -> str:
        return f"{self.child!r}.{self.name}()"


class _Walk(msgspec.Struct, frozen=True):
    up: bool
    depth: int | None

    def __call__(self, graph: AssetGraph, start: frozenset[AssetKey]) -> frozenset[AssetKey]:
        near = graph.parents if self.up else graph.children
        found = graph.keys_of(reach({graph.positions[key] for key in start}, near, self.depth))
        return start | (found & graph.materializable_asset_keys)


def _roots(graph: AssetGraph, start: frozenset[AssetKey]) -> frozenset[AssetKey]:
    return start - _beyond(graph, start, graph.children)


def _sinks(graph: AssetGraph, start: frozenset[AssetKey]) -> frozenset[AssetKey]:
    return start - _beyond(graph, start, graph.parents)


def _beyond(graph: AssetGraph, start: frozenset[AssetKey], near: Sequence[Sequence[int]]) -> frozenset[AssetKey]:
    first = {other for key in start for other in near[graph.positions[key]] if other != graph.positions[key]}
    return graph.keys_of(reach(first, near))


def _neighbours(graph: AssetGraph, start: frozenset[AssetKey]) -> frozenset[AssetKey]:
    return frozenset(key for one in start for key in graph.get(one).execution_set_asset_keys)


def _upstream_sources(graph: AssetGraph, start: frozenset[AssetKey]) -> frozenset[AssetKey]:
    found = graph.keys_of(reach({graph.positions[key] for key in start}, graph.parents))
    return found & graph.external_asset_keys


def _materializable(graph: AssetGraph, start: frozenset[AssetKey]) -> frozenset[AssetKey]:
    return start & graph.materializable_asset_keys


def _combined(left: AssetSelection, operator: str, right: Any) -> AssetSelection:
    if not isinstance(right, AssetSelection):
        _refuse(right, "an AssetSelection")
    if (
        isinstance(left, QuerySelection)
        and isinstance(right, QuerySelection)
        and left.include_sources == right.include_sources
    ):
        return QuerySelection(_combined_node(left.node, operator, right.node), left.include_sources)
    return CombinedSelection(left, operator, right)


def _combined_node(left: Node, operator: str, right: Node) -> Node:
    if operator == "|":
        return any_of((left, right))
    if operator == "&":
        return all_of((left, right))
    return Not(right) if isinstance(left, All) else all_of((left, Not(right)))


def _any(parts: Sequence[AssetSelection]) -> AssetSelection:
    found = parts[0]
    for part in parts[1:]:
        found = found | part
    return found


def _term(field: str, values: Iterable[str]) -> Node:
    words = tuple(Exact(value) for value in values)
    return Term(field, words) if words else NOTHING


def _keys_node(things: Iterable[Any]) -> Node:
    words = tuple(Exact(key.to_user_string()) for thing in things for key in _keys_of(thing))
    return Key(words) if words else NOTHING


def _keys_of(thing: Any) -> Sequence[AssetKey]:
    if isinstance(thing, str):
        return (AssetKey.from_user_string(thing),)
    if isinstance(thing, AssetsDefinition):
        return sorted(thing.keys)
    return (asset_key_of(thing),)


def _graph_of(all_assets: Any) -> AssetGraph:
    if isinstance(all_assets, AssetGraph):
        return all_assets
    if isinstance(all_assets, ResolvedAssets):
        return all_assets.graph
    return resolve_assets(all_assets).graph


def _refuse(thing: Any, expected: str) -> NoReturn:
    raise DagsterInvalidDefinitionError(
        f"A selection of assets is made of {expected}, not {thing!r} ({type(thing).__name__}).",
        where=caller_location(),
    )
