"""Assets, their graph, events, checks, partitions and conditions."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import unquote

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from earmark.events.envelope import Event
from earmark.events.kinds import AssetWiped
from earmark.partitions.dynamic import AddDynamicPartitionsRequest
from earmark.server.pages import Pages
from earmark.server.verbs import (
    AnyRequest,
    Caller,
    Cursor,
    Here,
    Limit,
    MaybeName,
    Name,
    Query,
    Sort,
    commas,
    etagged,
    note,
    operator,
    require_unnarrowed,
)
from earmark.specs.asset import AssetSpec
from earmark.views.asset_events import check_rows, events_page
from earmark.views.conditions import condition_of_asset
from earmark.views.listing import cut, whole
from earmark.views.partition_board import PartitionBoard
from earmark.views.partitions import partition_box, partition_map, partition_rows
from earmark.views.shapes.assets import (
    AssetAutomation,
    AssetDetail,
    AssetEvent,
    AssetRow,
    AssetTreeRow,
    CheckRow,
    PartitionBox,
    PartitionMap,
    PartitionRow,
)
from earmark.views.shapes.common import Page
from earmark.views.shapes.graph import Graph

Column = Annotated[int, QueryParameter(ge=0, le=10_000_000)]
Several = Annotated[
    tuple[Annotated[str, msgspec.Meta(max_length=2_000)], ...],
    QueryParameter(description="Groups, joined by commas; a comma in a name is %2C. It may be given several times."),
]
Hops = Annotated[int, QueryParameter(ge=0, le=100)]


class DynamicPartitionsEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys to add to dynamic partitions, and keys to remove; what was written for the latter stays."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    add: list[str] = []
    remove: list[str] = []


class WipeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Assets whose history no longer counts."""

    keys: list[str]
    partitions: list[str] | None = None


@get("/api/assets", sync_to_thread=True)
def assets(pages: Here, q: Query = "", sort: Sort = None, cursor: Cursor = None, limit: Limit = 50) -> Page[AssetRow]:
    """List assets."""
    return pages.assets.find(q, sort, cursor, limit)


@get("/api/assets/tree", sync_to_thread=True)
def tree(pages: Here, q: Query = "", prefix: Name = "", cursor: Cursor = None, limit: Limit = 50) -> Page[AssetTreeRow]:
    """List what lies directly below a prefix of keys."""
    return pages.assets.tree(q, prefix, cursor, limit)


@get("/api/graph", sync_to_thread=True)
def graph(
    request: AnyRequest,
    pages: Here,
    q: Query = "",
    by: Name = "group",
    expand: Several = (),
    focus: MaybeName = None,
    up: Hops = 2,
    down: Hops = 2,
) -> Response[Graph]:
    """Lay out the graph of assets."""
    groups = [unquote(one) for part in expand for one in commas(part)]
    return etagged(request, pages.lineage.graph(q, by, groups, focus, up, down))


@get("/api/asset", sync_to_thread=True)
def asset(pages: Here, key: Name) -> AssetDetail:
    """Show an asset."""
    return pages.assets.detail(key)


@get("/api/asset/events", sync_to_thread=True)
def events(
    pages: Here,
    key: Name,
    q: Query = "",
    kind: MaybeName = None,
    partition: MaybeName = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[AssetEvent]:
    """List what happened to an asset."""
    spec = pages.catalogs.get().asset(key)
    return events_page(pages.store, spec.key, q, kind, partition, cursor, limit)


@get("/api/asset/checks", sync_to_thread=True)
def checks(pages: Here, key: Name) -> Page[CheckRow]:
    """List the checks of an asset."""
    found = pages.catalogs.get().graph
    spec = pages.catalogs.get().asset(key)
    specs = [found.get_check_spec(one) for one in sorted(found.get_check_keys_for_assets([spec.key]))]
    return whole(check_rows(pages.store, spec.key, specs))


def _board(pages: Pages, spec: AssetSpec) -> PartitionBoard | None:
    return None if spec.partitions_def is None else pages.partitions.get(spec.key)


@get("/api/asset/partitions", sync_to_thread=True)
def partitions(pages: Here, key: Name, q: Query = "", cursor: Cursor = None, limit: Limit = 50) -> Page[PartitionRow]:
    """List the partitions of an asset."""
    spec = pages.catalogs.get().asset(key)
    return partition_rows(pages.store, spec.key, _board(pages, spec), q, cursor, limit)


@get("/api/asset/partitions/map", sync_to_thread=True)
def partitions_map(pages: Here, key: Name, q: Query = "") -> PartitionMap:
    """Show all partitions of an asset as spans."""
    spec = pages.catalogs.get().asset(key)
    return partition_map(pages.store, spec.key, spec.partitions_def, _board(pages, spec), q)


@get("/api/asset/partitions/box", sync_to_thread=True)
def partitions_box(
    pages: Here, key: Name, start: Column, end: Column, first_row: MaybeName = None, last_row: MaybeName = None
) -> PartitionBox:
    """Show what a box of the map of partitions holds."""
    spec = pages.catalogs.get().asset(key)
    board = _board(pages, spec)
    return partition_box(pages.store, spec.key, spec.partitions_def, board, start, end, first_row, last_row)


@get("/api/asset/automation", sync_to_thread=True)
def automation(pages: Here, key: Name) -> AssetAutomation:
    """Show the condition of an asset with its evaluations."""
    catalog = pages.catalogs.get()
    return condition_of_asset(pages.store, catalog, catalog.asset(key))


@post("/api/assets/wipe", status_code=204, guards=[operator], sync_to_thread=True)
def wipe(pages: Here, access: Caller, data: JSONBody[WipeRequest]) -> None:
    """Let the history of assets no longer count."""
    require_unnarrowed(access, "Wiping assets")
    catalog, now = pages.catalogs.get(), pages.store.clock()
    parts = None if data.partitions is None else tuple(data.partitions)
    keys = [catalog.asset(key).key for key in data.keys]
    pages.store.runs.report([Event(AssetWiped(key, parts, access.user), now) for key in keys])
    for key in data.keys:
        note(pages, access, "asset.wipe", key, "" if parts is None else f"{len(parts)} partitions")


@get("/api/partitions/dynamic", sync_to_thread=True)
def dynamic_partitions(pages: Here, name: Name, cursor: Cursor = None, limit: Limit = 50) -> Page[str]:
    """List the keys of dynamic partitions in the order in which they were added."""
    return cut(pages.store.dynamic_partitions.get(name), cursor, limit, list)


@post("/api/partitions/dynamic", status_code=200, guards=[operator], sync_to_thread=True)
def edit_dynamic_partitions(
    pages: Here, access: Caller, data: JSONBody[DynamicPartitionsEdit]
) -> DynamicPartitionsEdit:
    """Add and remove keys of dynamic partitions; the answer has those that were new, and those that were there."""
    require_unnarrowed(access, "A set of partitions")
    keys = AddDynamicPartitionsRequest(data.name, tuple(data.add)).partition_keys
    known = pages.store.dynamic_partitions
    added = known.add(data.name, keys) if keys else []
    removed = [key for key in data.remove if known.remove(data.name, key)]
    for action, some in (("partition.add", added), ("partition.remove", removed)):
        if some:
            note(pages, access, action, data.name, ", ".join(some)[:500])
    return DynamicPartitionsEdit(name=data.name, add=added, remove=removed)


HANDLERS = [
    assets, tree, graph, asset, events, checks, partitions, partitions_map, partitions_box, automation,
    wipe, dynamic_partitions, edit_dynamic_partitions,
]  # fmt: skip
