"""Resources bound to single definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from earmark.define.assets.asset_resolution import as_definition
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.requirements import require_resources_of_assets
from earmark.define.resources.resource_definition import as_resource_definition
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean


class BindResourcesToJobs(list[Any]):
    """Jobs that get the resources of their ``Definitions``: all jobs do by now, so this is a list and no more.

    Example:
        >>> job = em.define_asset_job("everything")
        >>> em.Definitions(assets=[em.AssetSpec("orders")], jobs=em.BindResourcesToJobs([job])).jobs[0].name
        'everything'
    """


def with_resources(
    definitions: Iterable[Any],
    resource_defs: Mapping[str, Any],
    resource_config_by_key: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Return assets with what their resource keys mean, unless they say it themselves.

    Args:
        definitions: Assets, checks and source assets.
        resource_defs: What the resource keys mean.
        resource_config_by_key: Configuration of some of them: ``{key: {"config": ...}}``.

    Raises:
        DagsterInvalidDefinitionError: A resource is needed that is not given, or configuration is for a key that is
            not there.

    Example:
        >>> from earmark.define.assets.asset import asset
        >>> @asset(required_resource_keys={"db"})
        ... def orders(context):
        ...     return context.resources.db
        >>> with_resources([orders], {"db": "a connection"})[0].resource_defs
        {'db': 'a connection'}
    """
    given = dict(resource_defs)
    for key, entry in (resource_config_by_key or {}).items():
        if key not in given or not isinstance(entry, Mapping) or "config" not in entry:
            raise DagsterInvalidDefinitionError(
                f"resource_config_by_key has {entry!r} for {key!r}; it takes {{'config': ...}} for keys of"
                f" resource_defs.{did_you_mean(key, given)}",
                where=caller_location(),
            )
        given[key] = as_resource_definition(given[key]).configured(entry["config"])
    made: list[Any] = []
    for thing in definitions:
        if isinstance(thing, AssetSpec):
            made.append(thing)
            continue
        require_resources_of_assets([as_definition(thing)], given)
        made.append((thing if isinstance(thing, SourceAsset) else as_definition(thing)).with_resources(given))
    return made
