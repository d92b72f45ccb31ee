"""Checks of assets, as data."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark import partitions
from earmark.specs.asset import AssetDep, normalize_deps
from earmark.specs.automation import AutomationCondition
from earmark.specs.metadata import restore_metadata
from earmark.specs.naming import asset_key_of, check_name
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetCheckKey, AssetKey

_set = msgspec.structs.force_setattr


class AssetCheckSpec(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One check of one asset, as data.

    Args:
        name: The check's name, unique among the asset's checks.
        asset: The asset it looks at: a key, a string or a definition of one asset.
        description: Text for people, Markdown.
        additional_deps: Other assets that the check reads.
        blocking: Whether a failure of severity ``ERROR`` keeps downstream assets of the same run from starting.
        metadata: Facts about the check.
        automation_condition: When the check should run by itself.
        partitions_def: How the check is cut, if it is.

    Example:
        >>> AssetCheckSpec("no_nulls", asset="orders", blocking=True).key.to_user_string()
        'orders:no_nulls'
    """

    name: str
    asset: AssetKey
    description: str | None = None
    additional_deps: tuple[AssetDep, ...] = ()
    blocking: bool = False
    metadata: dict[str, Any] = {}
    automation_condition: AutomationCondition | None = None
    partitions_def: partitions.AnyPartitionsDefinition | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "asset check")
        if type(self.asset) is not AssetKey:
            _set(self, "asset", asset_key_of(self.asset))
        deps: Any = self.additional_deps
        _set(self, "additional_deps", normalize_deps(deps or (), self.asset))
        if any(dep.asset == self.asset for dep in self.additional_deps):
            raise DagsterInvalidDefinitionError(
                f"Check {self.name} names its own asset {self.asset.to_user_string()} among its additional_deps.",
                where=caller_location(),
            )
        _set(self, "metadata", restore_metadata(dict(self.metadata or {})))

    @property
    def asset_key(self) -> AssetKey:
        """The asset that the check looks at."""
        return self.asset

    @property
    def key(self) -> AssetCheckKey:
        """The check's key."""
        return AssetCheckKey(self.asset, self.name)

    def get_python_identifier(self) -> str:
        """Return a name for the check that is a Python identifier."""
        return f"{self.asset.to_python_identifier()}_{self.name}"

    def replace_key(self, key: AssetCheckKey) -> AssetCheckSpec:
        """Return the same check under another key."""
        return msgspec.structs.replace(self, name=key.name, asset=key.asset_key)
