"""What a query on the command line is answered from: the code, and the home where states are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earmark.guest.loader import LoadedCode
    from earmark.store.ports import Store
    from earmark.tags.query.tree import Node
    from earmark.values.keys import AssetKey
    from earmark.views.catalog import Catalog

_MANY = 10_000


def catalog_of(code: LoadedCode) -> Catalog:
    """Return what a code location defines, as hosts keep it."""
    from earmark.cli.automating import location_name
    from earmark.views.catalog import Catalog

    return Catalog(1, {location_name(code): code.definitions.manifest()})


def assets_meant(code: LoadedCode, query: str) -> list[AssetKey]:
    """Return the assets that a query means, sorted; the home is opened where their state is asked for.

    Raises:
        DagsterInvalidSubsetError: It names an asset that is not there.
        QueryError: It cannot be read.
        StoreError: The store cannot be opened.
    """
    resolved = code.definitions.resolved
    if not query:
        return sorted(resolved.graph.keys)
    from earmark.graph.selection import OWN_FIELDS
    from earmark.tags.query import Term, parse, walk

    node = parse(query, "asset")
    if all(part.field in OWN_FIELDS for part in walk(node) if isinstance(part, Term)):
        return sorted(resolved.queries_with_sources.select(node, allow_missing=False))
    return _by_state(code, node)


def _by_state(code: LoadedCode, node: Node) -> list[AssetKey]:
    from contextlib import closing

    from earmark.cli.automating import LoadedHere, location_name
    from earmark.cli.hosting import open_home
    from earmark.graph.selection import require_known
    from earmark.views.asset_index import AssetIndexCache
    from earmark.views.catalog import CatalogCache
    from earmark.views.tail import Tail

    _, _, store = open_home(quiet=True)
    with closing(store):
        catalogs = CatalogCache(LoadedHere({location_name(code): code}))
        index = AssetIndexCache(store, catalogs, Tail(store)).get()
        require_known(node, index.graph)
        return sorted(index.graph.keys_of(index.select(node, store.clock())))


def no_run_matches(store: Store, query: str) -> str:
    """Return that no run matches a query, with the tags in it that no run carries or has carried."""
    from earmark.cli.near import nothing_matches
    from earmark.tags.query import Exact, Term, parse, walk
    from earmark.tags.query.suggest import Vocabulary

    def vocabulary() -> Vocabulary:
        asked = {
            part.key.text
            for part in walk(parse(query, "run", bare="text"))
            if isinstance(part, Term) and isinstance(part.key, Exact)
        }
        tags: dict[str, dict[str, int]] = {key: {} for key in store.tags.keys(limit=_MANY)}
        for key in asked & tags.keys():
            tags[key] = dict.fromkeys(store.tags.values(key, limit=_MANY), 0)
        return Vocabulary(tags=tags)

    return nothing_matches("run", query, vocabulary, bare="text")
