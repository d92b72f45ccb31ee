"""Which assets are stale: their code changed since they were written, or what they are made from did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from earmark.events.kinds import AssetMaterialized
from earmark.graph.assets import AssetGraph
from earmark.values.keys import AssetKey

StateOf = Callable[[AssetKey], Any]
"""From an asset to what a store knows of it (``AssetState``)."""


def stale_causes(graph: AssetGraph, key: AssetKey, state_of: StateOf) -> list[tuple[AssetKey, str]]:
    """Return why an asset is stale: its code changed, or something it is made from has newer data.

    Only assets without partitions are judged: of others, each partition would have to be asked.

    Args:
        graph: All assets.
        key: The asset.
        state_of: What is known of it and of what it is made from.
    """
    spec, own = graph.get(key), state_of(key).materialization
    if own is None or spec.partitions_def is not None or not isinstance(own.fact, AssetMaterialized):
        return []
    causes = []
    if spec.code_version is not None and own.fact.code_version not in (None, spec.code_version):
        causes.append((key, "has another code version"))
    for position in graph.parents[graph.positions[key]]:
        parent = graph.specs[position]
        above = state_of(parent.key).materialization
        if parent.key == key or above is None or parent.partitions_def is not None:
            continue
        if _is_newer(own, above, parent.key):
            causes.append((parent.key, "has newer data"))
    return causes


def _is_newer(own: Any, above: Any, parent: AssetKey) -> bool:
    if not isinstance(above.fact, AssetMaterialized):
        return False
    read = own.fact.input_data_versions.get(parent.to_user_string())
    if read is not None and above.fact.data_version is not None:
        return bool(read != above.fact.data_version)
    return bool(above.id > own.id)


def not_up_to_date(
    graph: AssetGraph, keys: Iterable[AssetKey], state_of: StateOf, is_written: Callable[[AssetKey], bool]
) -> list[AssetKey]:
    """Return those of some assets that are missing or stale, or made from such ones among them, upstream first.

    Args:
        graph: All assets.
        keys: The assets.
        state_of: What is known of an asset.
        is_written: Whether what is meant of an asset (all of it, or a partition) was ever written.
    """
    chosen = set(keys)
    found: dict[AssetKey, None] = {}
    for key in graph.topological_keys:
        if key not in chosen:
            continue
        below = any(graph.keys[parent] in found for parent in graph.parents[graph.positions[key]])
        if below or not is_written(key) or stale_causes(graph, key, state_of):
            found[key] = None
    return list(found)
