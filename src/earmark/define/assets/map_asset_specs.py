"""Changing the specs of assets that are defined already."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from earmark.define.assets.asset_resolution import as_definition
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.function import location_of
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError


def map_asset_specs(func: Callable[[AssetSpec], AssetSpec], iterable: Iterable[Any]) -> list[Any]:
    """Return definitions of assets with every spec replaced by what ``func`` makes of it.

    Args:
        func: From a spec to a spec with the same key.
        iterable: :class:`AssetsDefinition`, :class:`AssetSpec` and :class:`SourceAsset` objects.

    Raises:
        DagsterInvalidDefinitionError: ``func`` returned no spec, or changed the key of a computed asset.

    Example:
        >>> map_asset_specs(lambda spec: spec.replace_attributes(group_name="core"), [AssetSpec("orders")])[0].group
        'core'
    """
    return [_mapped(func, thing) for thing in iterable]


def _mapped(func: Callable[[AssetSpec], AssetSpec], thing: Any) -> Any:
    if not isinstance(thing, (AssetSpec, SourceAsset)):
        return as_definition(thing).map_asset_specs(func)
    spec = thing if isinstance(thing, AssetSpec) else thing.spec
    made = func(spec)
    if not isinstance(made, AssetSpec):
        raise DagsterInvalidDefinitionError(
            f"The function given to map_asset_specs returns an AssetSpec, not {made!r}, for"
            f" {spec.key.to_user_string()}.",
            where=location_of(func),
        )
    return made if isinstance(thing, AssetSpec) else thing.with_spec(made)
