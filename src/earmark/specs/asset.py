"""Assets as data: what exists, what it depends on, and the labels it carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from earmark import partitions
from earmark.specs.automation import AutomationCondition
from earmark.specs.freshness import AnyFreshnessPolicy
from earmark.specs.metadata import restore_metadata
from earmark.specs.naming import asset_key_of
from earmark.tags.tag import KIND_PREFIX, kind_tags, normalize_asset_tags
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetKey
from earmark.values.sets import frozen

_set = msgspec.structs.force_setattr

DEFAULT_GROUP = "default"
"""The group of an asset that names none."""

IO_MANAGER_METADATA = "dagster/io_manager_key"
"""The metadata key by which a spec names its IO manager."""


class AssetDep(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One asset's need of another.

    Args:
        asset: The upstream asset: a key, a string, or a definition of one asset.
        partition_mapping: Which upstream partitions a downstream partition needs; inferred if ``None``.
        metadata: Facts about the dependency.

    Example:
        >>> AssetDep("orders").asset_key
        AssetKey(['orders'])
    """

    asset: AssetKey
    partition_mapping: partitions.AnyPartitionMapping | None = None
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if type(self.asset) is not AssetKey:
            _set(self, "asset", asset_key_of(self.asset))
        if self.metadata:
            _set(self, "metadata", restore_metadata(dict(self.metadata)))

    @property
    def asset_key(self) -> AssetKey:
        """The key of the upstream asset."""
        return self.asset

    @staticmethod
    def from_coercible(arg: Any) -> AssetDep:
        """Return ``arg`` as a dependency: itself, or anything that names one asset."""
        return arg if isinstance(arg, AssetDep) else AssetDep(arg)


class AssetSpec(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One asset, as data.

    Args:
        key: The asset's key: an :class:`AssetKey`, a string (one segment) or a list of segments.
        deps: Upstream assets: keys, strings, definitions or :class:`AssetDep`.
        description: Text for people, Markdown.
        metadata: Facts about the asset. Raw values stay raw; what is not data is named, not sent, on the wire.
        skippable: Whether a run may leave the asset unwritten without failing.
        group_name: The one group of the asset; ``None`` is ``default``.
        code_version: Changes when the code that computes the asset changes.
        automation_condition: When the asset should be written by itself.
        owners: E-mail addresses, or ``team:NAME``.
        tags: Labels; keys and values by the strict rules of asset tags.
        kinds: What it is made with, at most 3; stored as ``dagster/kind/NAME`` tags.
        partitions_def: How the asset is cut.
        freshness_policy: How old it may be.
        is_virtual: Whether the asset is computed on reading, never written.

    Raises:
        DagsterInvalidDefinitionError: A key, tag, owner or group breaks its rule, or a dependency stands twice.

    Example:
        >>> spec = AssetSpec("orders", deps=["raw_orders"], tags={"domain": "sales"}, kinds={"duckdb"})
        >>> spec.tags
        {'domain': 'sales', 'dagster/kind/duckdb': ''}
    """

    key: AssetKey
    deps: tuple[AssetDep, ...] = ()
    description: str | None = None
    metadata: dict[str, Any] = {}
    skippable: bool = False
    group_name: str | None = None
    code_version: str | None = None
    automation_condition: AutomationCondition | None = None
    owners: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    kinds: frozenset[str] = frozenset()
    partitions_def: partitions.AnyPartitionsDefinition | None = None
    freshness_policy: AnyFreshnessPolicy | None = None
    is_virtual: bool = False

    def __post_init__(self) -> None:
        if type(self.key) is not AssetKey:
            _set(self, "key", asset_key_of(self.key))
        deps: Any = self.deps
        if deps or type(deps) is not tuple:
            _set(self, "deps", normalize_deps(deps or (), self.key))
        if self.metadata or self.metadata is None:
            _set(self, "metadata", restore_metadata(dict(self.metadata or {})))
        tags = normalize_asset_tags(self.tags or {})
        if self.kinds:
            tags.update(kind_tags(self.kinds))
        _set(self, "tags", tags)
        _set(self, "kinds", frozen(tag[len(KIND_PREFIX) :] for tag in tags if tag.startswith(KIND_PREFIX)))
        if self.owners or type(self.owners) is not tuple:
            _set(self, "owners", normalize_owners(self.owners or (), self.key))
        if self.group_name is not None:
            check_group(self.group_name, self.key)

    @property
    def group(self) -> str:
        """The group's name, ``default`` where none was given."""
        return self.group_name or DEFAULT_GROUP

    @property
    def io_manager_key(self) -> str | None:
        """The key of the IO manager that the spec names, if it names one."""
        return self.metadata.get(IO_MANAGER_METADATA)

    def with_io_manager_key(self, io_manager_key: str) -> AssetSpec:
        """Return the spec with the IO manager that loads (and stores) the asset."""
        return msgspec.structs.replace(self, metadata={**self.metadata, IO_MANAGER_METADATA: io_manager_key})

    def replace_attributes(self, **changes: Any) -> AssetSpec:
        """Return the spec with the named attributes replaced; arguments as the constructor's.

        Raises:
            DagsterInvalidDefinitionError: A value breaks its rule.
        """
        if "kinds" in changes:
            base = changes.get("tags", self.tags) or {}
            changes["tags"] = {key: value for key, value in base.items() if not key.startswith(KIND_PREFIX)}
        return msgspec.structs.replace(self, **changes)

    def merge_attributes(
        self,
        *,
        deps: Iterable[Any] = (),
        metadata: Mapping[str, Any] | None = None,
        owners: Iterable[str] = (),
        tags: Mapping[str, str] | None = None,
        kinds: Iterable[str] = (),
    ) -> AssetSpec:
        """Return the spec with more dependencies, metadata, owners, tags and kinds; given tags win."""
        return msgspec.structs.replace(
            self,
            deps=(*self.deps, *deps),
            metadata={**self.metadata, **(metadata or {})},
            owners=(*self.owners, *owners),
            tags={**self.tags, **(tags or {})},
            kinds=frozenset((*self.kinds, *kinds)),
        )


def normalize_deps(deps: Iterable[Any], key: AssetKey) -> tuple[AssetDep, ...]:
    """Return dependencies as :class:`AssetDep`, in order, each asset once.

    Raises:
        DagsterInvalidDefinitionError: ``deps`` is one string, or an asset stands twice with different mappings.
    """
    if isinstance(deps, str):
        raise DagsterInvalidDefinitionError(
            f"deps of {key.to_user_string()} is a list of assets, not the string {deps!r}.",
            where=caller_location(), hint=f"Write deps=[{deps!r}].",
        )  # fmt: skip
    found: dict[AssetKey, AssetDep] = {}
    for item in deps:
        for dep in _deps_of(item):
            known = found.setdefault(dep.asset, dep)
            if known != dep:
                raise DagsterInvalidDefinitionError(
                    f"{key.to_user_string()} depends on {dep.asset.to_user_string()} twice, with different mappings.",
                    where=caller_location(),
                )
    return tuple(found.values())


def _deps_of(item: Any) -> Iterable[AssetDep]:
    if isinstance(item, AssetDep):
        return (item,)
    keys = getattr(item, "keys", None)
    if isinstance(keys, (set, frozenset)):
        return tuple(AssetDep(key) for key in sorted(keys))
    return (AssetDep(item),)


def normalize_owners(owners: Iterable[str], key: AssetKey | str) -> tuple[str, ...]:
    """Return owners as a tuple, each once, after checking that each is an e-mail address or ``team:NAME``."""
    name = key if isinstance(key, str) else key.to_user_string()
    found: dict[str, None] = {}
    for owner in owners:
        if not isinstance(owner, str) or not (_is_email(owner) or (owner.startswith("team:") and owner[5:])):
            raise DagsterInvalidDefinitionError(
                f"Owner {owner!r} of {name} is neither an e-mail address nor 'team:NAME'.",
                where=caller_location(), owner=owner,
            )  # fmt: skip
        found[owner] = None
    return tuple(found)


def _is_email(text: str) -> bool:
    local, at, domain = text.partition("@")
    return bool(local and at and "." in domain and not domain.startswith("."))


def check_group(group_name: Any, key: AssetKey) -> None:
    """Refuse a group name with other characters than letters, digits and underscores."""
    if isinstance(group_name, str) and group_name and group_name.replace("_", "a").isalnum():
        return
    raise DagsterInvalidDefinitionError(
        f"{group_name!r} is not a valid group for {key.to_user_string()}: letters, digits and underscores only.",
        where=caller_location(), group_name=group_name,
    )  # fmt: skip
