"""Which upstream partitions a downstream partition needs, and which downstream ones an upstream one feeds.

Every mapping answers both questions on whole subsets. ``downstream(upstream(x))`` always contains ``x`` as far as both
sides exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Union

import msgspec

from earmark.partitions.definition import PartitionsDefinition
from earmark.partitions.loading import DynamicPartitions, Moment
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.subset import KeySubset, PartitionsSubset
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean

Definition = Union[PartitionsDefinition, None]


class UpstreamPartitionsResult(NamedTuple):
    """What a downstream subset needs: the upstream partitions that exist, and those that are needed and do not."""

    partitions_subset: PartitionsSubset
    required_but_nonexistent_subset: PartitionsSubset

    @property
    def required_but_nonexistent_partition_keys(self) -> list[str]:
        """The keys that are needed and do not exist."""
        return self.required_but_nonexistent_subset.get_partition_keys()


class PartitionMapping(msgspec.Struct, frozen=True):
    """How the partitions of two assets correspond. Subclass it for a correspondence of your own.

    Example:
        >>> import earmark as em
        >>> hours = em.HourlyPartitionsDefinition("2026-01-01-00:00")
        >>> days = em.DailyPartitionsDefinition("2026-01-01")
        >>> mapping = em.TimeWindowPartitionMapping()
        >>> isinstance(mapping, PartitionMapping)
        True
        >>> needed = mapping.upstream(["2026-01-02"], days, hours).partitions_subset
        >>> needed.get_partition_keys()[:2], len(needed)
        (['2026-01-02-00:00', '2026-01-02-01:00'], 24)
    """

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return type(self).__name__

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the upstream partitions that a downstream subset needs.

        Args:
            downstream_partitions_subset: The subset; ``None`` where the downstream asset has no partitions.
            downstream_partitions_def: The downstream definition, or ``None``.
            upstream_partitions_def: The upstream definition.
            current_time: The time that decides which upstream partitions exist.
            dynamic_partitions_store: Where the keys of dynamic partitions are found.
        """
        raise NotImplementedError

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return the existing downstream partitions that need any of an upstream subset.

        Args:
            upstream_partitions_subset: The subset.
            upstream_partitions_def: The upstream definition.
            downstream_partitions_def: The downstream definition.
            current_time: The time that decides which downstream partitions exist.
            dynamic_partitions_store: Where the keys of dynamic partitions are found.
        """
        raise NotImplementedError

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that the mapping fits the two definitions.

        Raises:
            DagsterInvalidDefinitionError: It does not; the error says why.
        """

    def upstream(
        self,
        downstream: PartitionsSubset | Iterable[str] | None,
        downstream_def: Definition,
        upstream_def: PartitionsDefinition,
        now: Moment = None,
        dynamic: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return what downstream partitions, given as a subset or as keys, need upstream."""
        subset = _subset(downstream, downstream_def)
        return self.get_upstream_mapped_partitions_result_for_partitions(
            subset, downstream_def, upstream_def, now, dynamic
        )

    def downstream(
        self,
        upstream: PartitionsSubset | Iterable[str],
        upstream_def: PartitionsDefinition,
        downstream_def: PartitionsDefinition,
        now: Moment = None,
        dynamic: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return which downstream partitions need any of the upstream ones, given as a subset or as keys."""
        subset = _subset(upstream, upstream_def)
        assert subset is not None
        return self.get_downstream_partitions_for_partitions(subset, upstream_def, downstream_def, now, dynamic)

    def validate(self, upstream_def: Definition, downstream_def: Definition) -> None:
        """Check that the mapping fits the two definitions; see :meth:`validate_partition_mapping`."""
        self.validate_partition_mapping(upstream_def, downstream_def)


def _subset(given: PartitionsSubset | Iterable[str] | None, definition: Definition) -> PartitionsSubset | None:
    if given is None or isinstance(given, PartitionsSubset):
        return given
    assert definition is not None
    return definition.subset_with_partition_keys(given)


class IdentityPartitionMapping(PartitionMapping, frozen=True, tag="identity"):
    """Each partition needs the one with the same key.

    Example:
        >>> regions = StaticPartitionsDefinition(["eu", "us"])
        >>> found = IdentityPartitionMapping().upstream(["eu"], regions, regions)
        >>> found.partitions_subset.get_partition_keys()
        ['eu']
    """

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return "Each partition depends on the upstream partition with the same key."

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the same keys, split into those that exist upstream and those that do not."""
        everything = upstream_partitions_def.subset_with_all_partitions(current_time, dynamic_partitions_store)
        if downstream_partitions_subset is None:
            return UpstreamPartitionsResult(everything, upstream_partitions_def.empty_subset())
        if _same_kind(upstream_partitions_def, downstream_partitions_def) and not _keyed(upstream_partitions_def):
            wanted = upstream_partitions_def.empty_subset() | downstream_partitions_subset
            return UpstreamPartitionsResult(everything & wanted, wanted - everything)
        keys = downstream_partitions_subset.get_partition_keys()
        there = [key for key in keys if key in everything]
        missing = KeySubset(upstream_partitions_def, frozenset(keys) - frozenset(there))
        return UpstreamPartitionsResult(upstream_partitions_def.subset_with_partition_keys(there), missing)

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return the same keys, as far as they exist downstream."""
        everything = downstream_partitions_def.subset_with_all_partitions(current_time, dynamic_partitions_store)
        if _same_kind(upstream_partitions_def, downstream_partitions_def) and not _keyed(upstream_partitions_def):
            return everything & (downstream_partitions_def.empty_subset() | upstream_partitions_subset)
        return downstream_partitions_def.subset_with_partition_keys(
            key for key in upstream_partitions_subset.get_partition_keys() if key in everything
        )

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that the definitions can share keys.

        Raises:
            DagsterInvalidDefinitionError: They are of different kinds or grains.
        """
        if _same_kind(upstream_partitions_def, downstream_partitions_def):
            return
        raise DagsterInvalidDefinitionError(
            "With the same keys on both sides, the upstream and downstream partitions must match, and they are"
            f" {described(upstream_partitions_def)} and {described(downstream_partitions_def)}.",
            hint="Give the dependency a partition_mapping that relates them.",
            where=caller_location(),
        )


class AllPartitionMapping(PartitionMapping, frozen=True, tag="all"):
    """Each partition needs all upstream partitions.

    Example:
        >>> regions, sizes = StaticPartitionsDefinition(["eu", "us"]), StaticPartitionsDefinition(["s"])
        >>> AllPartitionMapping().upstream(["s"], sizes, regions).partitions_subset.get_partition_keys()
        ['eu', 'us']
    """

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return "Each downstream partition depends on all partitions of the upstream asset."

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return all upstream partitions, unless the downstream subset is empty."""
        empty = upstream_partitions_def.empty_subset()
        if downstream_partitions_subset is not None and downstream_partitions_subset.is_empty:
            return UpstreamPartitionsResult(empty, empty)
        everything = upstream_partitions_def.subset_with_all_partitions(current_time, dynamic_partitions_store)
        return UpstreamPartitionsResult(everything, empty)

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return all downstream partitions, unless the upstream subset is empty."""
        if upstream_partitions_subset.is_empty:
            return downstream_partitions_def.empty_subset()
        return downstream_partitions_def.subset_with_all_partitions(current_time, dynamic_partitions_store)


class LastPartitionMapping(PartitionMapping, frozen=True, tag="last"):
    """Each partition needs the last upstream partition.

    Example:
        >>> steps, sizes = StaticPartitionsDefinition(["one", "two"]), StaticPartitionsDefinition(["s"])
        >>> LastPartitionMapping().upstream(["s"], sizes, steps).partitions_subset.get_partition_keys()
        ['two']
    """

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return "Each downstream partition depends on the last partition of the upstream asset."

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the last upstream partition, if there is one."""
        empty = upstream_partitions_def.empty_subset()
        last = upstream_partitions_def.get_last_partition_key(current_time, dynamic_partitions_store)
        if last is None or (downstream_partitions_subset is not None and downstream_partitions_subset.is_empty):
            return UpstreamPartitionsResult(empty, empty)
        return UpstreamPartitionsResult(upstream_partitions_def.subset_with_partition_keys([last]), empty)

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return all downstream partitions if the last upstream one is in the subset."""
        last = upstream_partitions_def.get_last_partition_key(current_time, dynamic_partitions_store)
        if last is None or last not in upstream_partitions_subset:
            return downstream_partitions_def.empty_subset()
        return downstream_partitions_def.subset_with_all_partitions(current_time, dynamic_partitions_store)


class SpecificPartitionsPartitionMapping(PartitionMapping, frozen=True, tag="specific"):
    """Each partition needs certain upstream partitions.

    Args:
        partition_keys: The keys of those upstream partitions.

    Example:
        >>> steps, sizes = StaticPartitionsDefinition(["one", "two"]), StaticPartitionsDefinition(["s"])
        >>> found = SpecificPartitionsPartitionMapping(["one"]).upstream(["s"], sizes, steps)
        >>> found.partitions_subset.get_partition_keys()
        ['one']
    """

    partition_keys: tuple[str, ...]

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "partition_keys", tuple(self.partition_keys))

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return f"Each downstream partition depends on the upstream partitions {list(self.partition_keys)}."

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the named upstream partitions, split into those that exist and those that do not."""
        empty = upstream_partitions_def.empty_subset()
        if downstream_partitions_subset is not None and downstream_partitions_subset.is_empty:
            return UpstreamPartitionsResult(empty, empty)
        return existing_and_missing(
            self.partition_keys, upstream_partitions_def, current_time, dynamic_partitions_store
        )

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return all downstream partitions if one of the named upstream ones is in the subset."""
        if not any(key in upstream_partitions_subset for key in self.partition_keys):
            return downstream_partitions_def.empty_subset()
        return downstream_partitions_def.subset_with_all_partitions(current_time, dynamic_partitions_store)

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that the keys can be upstream partitions.

        Raises:
            DagsterInvalidDefinitionError: One cannot.
        """
        require_keys(self.partition_keys, upstream_partitions_def, "upstream")


class StaticPartitionMapping(PartitionMapping, frozen=True, tag="static"):
    """A table from upstream keys to the downstream keys that need them, both sides static.

    Args:
        downstream_partition_keys_by_upstream_partition_key: From each upstream key to a downstream key or several.

    Raises:
        DagsterInvalidDefinitionError: A value is neither a key nor a collection of keys.

    Example:
        >>> up, down = StaticPartitionsDefinition(["a", "b"]), StaticPartitionsDefinition(["x", "y"])
        >>> table = StaticPartitionMapping({"a": "x", "b": ["x", "y"]})
        >>> table.upstream(["x"], down, up).partitions_subset.get_partition_keys()
        ['a', 'b']
    """

    downstream_partition_keys_by_upstream_partition_key: Mapping[str, str | Collection[str]]

    def __post_init__(self) -> None:
        given: Any = self.downstream_partition_keys_by_upstream_partition_key
        for upstream, downstream in given.items():
            each = [downstream] if isinstance(downstream, str) else downstream
            if not isinstance(each, Collection) or not all(isinstance(key, str) for key in [upstream, *each]):
                raise DagsterInvalidDefinitionError(
                    f"A StaticPartitionMapping goes from keys to keys (or lists of keys), not {upstream!r} to"
                    f" {downstream!r}.",
                    where=caller_location(),
                )
        kept = {up: down if isinstance(down, str) else tuple(down) for up, down in given.items()}
        msgspec.structs.force_setattr(self, "downstream_partition_keys_by_upstream_partition_key", kept)

    def __hash__(self) -> int:
        return hash(tuple(self.downstream_partition_keys_by_upstream_partition_key.items()))

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        table = dict(self.downstream_partition_keys_by_upstream_partition_key)
        return f"Maps upstream partitions to the downstream partitions that depend on them: {table}."

    @property
    def table(self) -> dict[str, frozenset[str]]:
        """From each upstream key to its downstream keys."""
        return {
            up: frozenset([down] if isinstance(down, str) else down)
            for up, down in self.downstream_partition_keys_by_upstream_partition_key.items()
        }

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the upstream keys whose row names one of the downstream keys."""
        wanted = frozenset(downstream_partitions_subset or ())
        keys = [up for up, down in self.table.items() if not wanted.isdisjoint(down)]
        return existing_and_missing(keys, upstream_partitions_def, current_time, dynamic_partitions_store)

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return the downstream keys that the rows of the upstream keys name."""
        table = self.table
        keys = {down for up in upstream_partitions_subset for down in table.get(up, ())}
        return existing_and_missing(
            keys, downstream_partitions_def, current_time, dynamic_partitions_store
        ).partitions_subset

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that both sides are static and have the keys of the table.

        Raises:
            DagsterInvalidDefinitionError: A side is not static, or lacks a key.
        """
        for definition, side in ((upstream_partitions_def, "upstream"), (downstream_partitions_def, "downstream")):
            if not isinstance(definition, StaticPartitionsDefinition):
                raise DagsterInvalidDefinitionError(
                    f"A StaticPartitionMapping relates static partitions, and the {side} ones are"
                    f" {described(definition)}.",
                    where=caller_location(),
                )
        require_keys(self.table, upstream_partitions_def, "upstream")
        require_keys(
            dict.fromkeys(key for keys in self.table.values() for key in sorted(keys)),
            downstream_partitions_def,
            "downstream",
        )


def existing_and_missing(
    keys: Iterable[str], definition: PartitionsDefinition, now: Moment, dynamic: DynamicPartitions | None
) -> UpstreamPartitionsResult:
    """Return keys split into those that are partitions of a definition now and those that are not."""
    keys = frozenset(keys)
    there = {key for key in keys if definition.has_partition_key(key, now, dynamic)}
    return UpstreamPartitionsResult(definition.subset_with_partition_keys(there), KeySubset(definition, keys - there))


def require_keys(keys: Iterable[str], definition: Definition, side: str) -> None:
    """Check that keys can be partitions of a definition, now or later.

    Raises:
        DagsterInvalidDefinitionError: One cannot.
    """
    for key in keys:
        if isinstance(definition, StaticPartitionsDefinition) and key not in definition.places:
            reason = did_you_mean(key, definition.partition_keys)
        elif isinstance(definition, TimeWindowPartitionsDefinition) and definition.index_of(key) is None:
            reason = f" {definition.unknown_key(key).message}"
        else:
            continue
        raise DagsterInvalidDefinitionError(
            f"The mapping names the {side} partition {key!r}, which the {side} asset does not have.{reason}",
            where=caller_location(),
            partition_key=key,
        )


def described(definition: Definition) -> str:
    """Return what kind of partitions a definition has, in a few words."""
    if definition is None:
        return "none at all (the asset has no partitions)"
    if isinstance(definition, TimeWindowPartitionsDefinition):
        return f"time windows of {definition.cron_schedule!r} in {definition.timezone} with keys {definition.fmt!r}"
    return type(definition).__name__


def _keyed(definition: Definition) -> bool:
    return isinstance(definition.empty_subset(), KeySubset) if definition is not None else False


def _same_kind(left: Definition, right: Definition) -> bool:
    if isinstance(left, TimeWindowPartitionsDefinition) and isinstance(right, TimeWindowPartitionsDefinition):
        return (left.cron_schedule, left.timezone, left.fmt) == (right.cron_schedule, right.timezone, right.fmt)
    if type(left) is not type(right) or left is None or right is None:
        return False
    mine, theirs = getattr(left, "dimensions", ()), getattr(right, "dimensions", ())
    return len(mine) == len(theirs) and all(
        a.name == b.name and _same_kind(a.partitions_def, b.partitions_def) for a, b in zip(mine, theirs, strict=True)
    )
