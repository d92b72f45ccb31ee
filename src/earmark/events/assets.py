"""What user code says about assets: materializations, observations and the results of checks."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.specs.metadata import AnyMetadataValue, PathMetadataValue, normalize_metadata
from earmark.specs.severity import AssetCheckSeverity
from earmark.tags.tag import normalize_asset_tags
from earmark.values.keys import AssetCheckKey, AssetKey

_set = msgspec.structs.force_setattr


class _AboutAsset(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    asset_key: AssetKey
    description: str | None = None
    metadata: dict[str, AnyMetadataValue] = {}
    partition: str | None = None
    tags: dict[str, str] = {}

    def __post_init__(self) -> None:
        key: Any = self.asset_key
        if not isinstance(key, AssetKey):
            _set(self, "asset_key", AssetKey.from_coercible(key))
        _set(self, "metadata", normalize_metadata(self.metadata or {}))
        _set(self, "tags", normalize_asset_tags(self.tags or {}))

    @property
    def label(self) -> str:
        """The asset's key as people write it."""
        return self.asset_key.to_user_string()


class AssetMaterialization(_AboutAsset, frozen=True, tag="materialization"):
    """Says that an asset was written: yielded or logged by user code, or made from its result.

    Args:
        asset_key: The asset, as a key, a string or a list of strings.
        description: A sentence for people.
        metadata: Facts about what was written; raw values are turned into :class:`MetadataValue`.
        partition: The partition key, if only one partition was written.
        tags: Tags of this event; the strict rules of asset tags hold.

    Example:
        >>> AssetMaterialization("orders", metadata={"rows": 3}).label
        'orders'
    """

    @staticmethod
    def file(path: str, description: str | None = None, asset_key: Any = None) -> AssetMaterialization:
        """Return the materialization of a file.

        Args:
            path: Where it lies.
            description: A sentence for people.
            asset_key: The asset; the parts of the path if not given.

        Example:
            >>> AssetMaterialization.file("out/orders.csv", asset_key="orders").metadata["path"].value
            'out/orders.csv'
        """
        key = asset_key if asset_key is not None else [part for part in str(path).split("/") if part]
        made = AssetKey.from_coercible(key)
        return AssetMaterialization(made, description, {"path": PathMetadataValue(str(path))})


class AssetObservation(_AboutAsset, frozen=True, tag="observation"):
    """Says something about an asset without writing it. Arguments as :class:`AssetMaterialization`.

    Example:
        >>> import earmark as em
        >>> @em.op
        ... def look(context):
        ...     context.log_event(AssetObservation("orders", metadata={"rows": 3}))
        >>> @em.job
        ... def watch():
        ...     look()
        >>> [event.asset_key for event in watch.execute_in_process().get_asset_observation_events()]
        [AssetKey(['orders'])]
    """


class AssetCheckEvaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of one check of one asset, with the materialization it looked at where known.

    Example:
        >>> @em.asset_check(asset="orders")
        ... def has_rows():
        ...     return em.AssetCheckResult(passed=False, metadata={"rows": 0})
        >>> @em.asset
        ... def orders():
        ...     return []
        >>> result = em.materialize([orders, has_rows], raise_on_error=False)
        >>> evaluation = result.get_asset_check_evaluations()[0]
        >>> evaluation.check_name, evaluation.passed
        ('has_rows', False)
    """

    asset_key: AssetKey
    check_name: str
    passed: bool
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR
    metadata: dict[str, AnyMetadataValue] = {}
    description: str | None = None
    blocking: bool = False
    partition: str | None = None
    target_run_id: str | None = None
    target_event_id: int | None = None

    @property
    def asset_check_key(self) -> AssetCheckKey:
        """The key of the check that was evaluated."""
        return AssetCheckKey(self.asset_key, self.check_name)
