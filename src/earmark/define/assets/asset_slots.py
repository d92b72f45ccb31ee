"""The inputs and outputs of functions that compute assets: which assets they are, how they are loaded and stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import msgspec

from earmark.define.function import EMPTY
from earmark.define.ops.slots import In, Out
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.naming import asset_key_of
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetKey


def _given(dagster_type: Any) -> Any:
    """Return a type as slots of ops have it, where ``None`` is the type of no value."""
    return EMPTY if dagster_type is None else dagster_type


class AssetIn(msgspec.Struct, frozen=True):
    """Which asset an argument is, where its name does not say it, and how it is loaded.

    Args:
        key: The asset. The argument's name if neither ``key`` nor ``key_prefix`` is given.
        metadata: Facts about the input, which IO managers read.
        key_prefix: What stands before the argument's name in the asset's key.
        input_manager_key: The key of the resource that loads it; the asset's own IO manager if ``None``.
        partition_mapping: Which upstream partitions a partition of this asset needs.
        dagster_type: The type that the value must have; ``Nothing`` if nothing is loaded.

    Raises:
        DagsterInvalidDefinitionError: Both ``key`` and ``key_prefix`` are given.

    Example:
        >>> AssetIn(key_prefix="raw").resolve_key("orders")
        AssetKey(['raw', 'orders'])
    """

    key: Any = None
    metadata: Mapping[str, Any] | None = None
    key_prefix: Any = None
    input_manager_key: str | None = None
    partition_mapping: Any = None
    dagster_type: Any = None

    def __post_init__(self) -> None:
        if self.key is not None and self.key_prefix is not None:
            raise DagsterInvalidDefinitionError(
                "An AssetIn has a key or a key_prefix, not both.", where=caller_location()
            )
        if self.key is not None:
            msgspec.structs.force_setattr(self, "key", asset_key_of(self.key))

    @staticmethod
    def from_coercible(coercible: Any) -> AssetIn:
        """Return an :class:`AssetIn` as it is, and anything that names an asset as an input of that asset."""
        return coercible if isinstance(coercible, AssetIn) else AssetIn(key=coercible)

    def resolve_key(self, input_name: str) -> AssetKey:
        """Return the key of the asset that the argument ``input_name`` is."""
        if self.key is not None:
            key: AssetKey = self.key
            return key
        name = AssetKey((input_name,))
        return name if self.key_prefix is None else name.with_prefix(self.key_prefix)

    def to_in(self) -> In:
        """Return the op's input."""
        return In(
            dagster_type=_given(self.dagster_type), metadata=self.metadata, input_manager_key=self.input_manager_key
        )


class AssetOut(msgspec.Struct, frozen=True):
    """One asset that a ``@multi_asset`` or ``@graph_multi_asset`` computes; its name is the key in ``outs``.

    Args:
        key_prefix: What stands before the output's name in the asset's key.
        key: The asset's key, where it is not made of the output's name.
        dagster_type: The type that the value must have.
        description: Text for people.
        is_required: Whether the function must give it.
        io_manager_key: The key of the resource that stores it.
        metadata: Facts about the asset.
        group_name: The one group of the asset.
        code_version: Changes when the code that computes the asset changes.
        automation_condition: When the asset should be written by itself.
        backfill_policy: How a backfill cuts its partitions into runs.
        owners: E-mail addresses or ``team:NAME``.
        tags: Labels, by the strict rules of asset tags.
        kinds: What it is made with.
        freshness_policy: How old it may be.
        is_virtual: Whether the asset is computed on reading, never written.

    Raises:
        DagsterInvalidDefinitionError: Both ``key`` and ``key_prefix`` are given, or a value breaks its rule.

    Example:
        >>> AssetOut(tags={"tier": "gold"}, kinds={"duckdb"}).tags
        {'tier': 'gold', 'dagster/kind/duckdb': ''}
    """

    key_prefix: Any = None
    key: Any = None
    dagster_type: Any = None
    description: str | None = None
    is_required: bool = True
    io_manager_key: str | None = None
    metadata: Mapping[str, Any] | None = None
    group_name: str | None = None
    code_version: str | None = None
    automation_condition: Any = None
    backfill_policy: Any = None
    owners: Iterable[str] | None = None
    tags: Mapping[str, str] | None = None
    kinds: AbstractSet[str] | None = None
    freshness_policy: Any = None
    is_virtual: bool = False
    _checked: AssetSpec | None = None

    def __post_init__(self) -> None:
        if self.key is not None and self.key_prefix is not None:
            raise DagsterInvalidDefinitionError(
                "An AssetOut has a key or a key_prefix, not both.", where=caller_location()
            )
        key = asset_key_of(self.key) if self.key is not None else AssetKey(("output",))
        checked = AssetSpec(
            key,
            description=self.description,
            metadata=dict(self.metadata or {}),
            skippable=not self.is_required,
            group_name=self.group_name,
            code_version=self.code_version,
            automation_condition=self.automation_condition,
            owners=self.owners or (),  # type: ignore[arg-type] # normalised by the spec
            tags=self.tags or {},  # type: ignore[arg-type]
            kinds=self.kinds or frozenset(),  # type: ignore[arg-type]
            freshness_policy=self.freshness_policy,
            is_virtual=self.is_virtual,
        )
        set_ = msgspec.structs.force_setattr
        set_(self, "_checked", checked)
        set_(self, "key", key if self.key is not None else None)
        set_(self, "tags", dict(checked.tags))
        set_(self, "kinds", set(checked.kinds))

    @property
    def _spec(self) -> AssetSpec:
        assert self._checked is not None  # set on construction
        return self._checked

    @staticmethod
    def from_spec(
        spec: AssetSpec,
        dagster_type: Any = None,
        is_required: bool = True,
        io_manager_key: str | None = None,
        backfill_policy: Any = None,
    ) -> AssetOut:
        """Return the output that writes the asset of a spec.

        Raises:
            DagsterInvalidDefinitionError: The spec names dependencies; those belong to the function's arguments.
        """
        if spec.deps:
            raise DagsterInvalidDefinitionError(
                f"The spec of {spec.key.to_user_string()} names dependencies, which an AssetOut does not take.",
                where=caller_location(),
                hint="Pass specs=[...] to @multi_asset, or deps=[...] for all of its assets.",
            )
        return AssetOut(
            key=spec.key,
            dagster_type=dagster_type,
            description=spec.description,
            is_required=is_required and not spec.skippable,
            io_manager_key=io_manager_key or spec.io_manager_key,
            metadata=spec.metadata,
            group_name=spec.group_name,
            code_version=spec.code_version,
            automation_condition=spec.automation_condition,
            backfill_policy=backfill_policy,
            owners=spec.owners,
            tags=spec.tags,
            freshness_policy=spec.freshness_policy,
            is_virtual=spec.is_virtual,
        )

    def resolve_key(self, output_name: str, key_prefix: Any = None) -> AssetKey:
        """Return the key of the asset that the output ``output_name`` writes."""
        if self.key is not None:
            key: AssetKey = self.key
            return key
        prefix = self.key_prefix if self.key_prefix is not None else key_prefix
        name = AssetKey((output_name,))
        return name if prefix is None else name.with_prefix(prefix)

    def to_out(self) -> Out:
        """Return the op's output."""
        return Out(
            _given(self.dagster_type),
            self.description,
            self.is_required,
            self.io_manager_key,
            self.metadata,
            self.code_version,
        )

    def to_spec(
        self,
        key: AssetKey,
        deps: Iterable[AssetDep],
        additional_tags: Mapping[str, str] | None = None,
        partitions_def: Any = None,
        group_name: str | None = None,
        code_version: str | None = None,
    ) -> AssetSpec:
        """Return the asset as data, under its key and with its dependencies."""
        import msgspec

        return msgspec.structs.replace(
            self._spec,
            key=key,
            deps=tuple(deps),
            tags={**(additional_tags or {}), **self._spec.tags},
            partitions_def=partitions_def,
            group_name=self.group_name or group_name,
            code_version=self.code_version or code_version,
        )
