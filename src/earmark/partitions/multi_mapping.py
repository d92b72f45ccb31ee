"""Mappings where a side has two dimensions, and the mapping a dependency has when none is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Union, get_args

import msgspec

from earmark.partitions.definition import PartitionsDefinition
from earmark.partitions.loading import DynamicPartitions, Moment
from earmark.partitions.mapping import (
    AllPartitionMapping,
    Definition,
    IdentityPartitionMapping,
    LastPartitionMapping,
    PartitionMapping,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
    UpstreamPartitionsResult,
    described,
)
from earmark.partitions.multi import MultiPartitionsDefinition, PartitionDimensionDefinition
from earmark.partitions.subset import MultiSubset, PartitionsSubset
from earmark.partitions.time_mapping import TimeWindowPartitionMapping
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location, did_you_mean

Part = tuple[PartitionsSubset, PartitionsSubset]
"""What a dimension contributes: partitions that exist, and partitions that are needed and do not."""

Translate = Callable[
    [PartitionMapping, PartitionsSubset, PartitionDimensionDefinition, PartitionDimensionDefinition], Part
]


class DimensionPartitionMapping(msgspec.Struct, frozen=True):
    """How an upstream dimension corresponds to a downstream one.

    Args:
        dimension_name: The name of the downstream dimension.
        partition_mapping: The mapping between the two.

    Example:
        >>> import earmark as em
        >>> yesterday = DimensionPartitionMapping("day", em.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))
        >>> days, regions = em.DailyPartitionsDefinition("2026-01-01"), em.StaticPartitionsDefinition(["eu", "us"])
        >>> both = em.MultiPartitionsDefinition({"day": days, "region": regions})
        >>> same = DimensionPartitionMapping("region", em.IdentityPartitionMapping())
        >>> mapping = em.MultiPartitionMapping({"day": yesterday, "region": same})
        >>> mapping.upstream(["2026-01-05|eu"], both, both).partitions_subset.get_partition_keys()
        ['2026-01-04|eu']
    """

    dimension_name: str
    partition_mapping: AnyPartitionMapping


class MultiPartitionMapping(PartitionMapping, frozen=True, tag="multi"):
    """Two dimensions to two dimensions, one by one. Dimensions that are not named relate all to all.

    Args:
        downstream_mappings_by_upstream_dimension: From the names of upstream dimensions to
            :class:`DimensionPartitionMapping`.

    Example:
        >>> from earmark.partitions.static import StaticPartitionsDefinition as Static
        >>> up = MultiPartitionsDefinition({"a": Static(["1", "2"]), "b": Static(["x"])})
        >>> down = MultiPartitionsDefinition({"a": Static(["1", "2"]), "c": Static(["p", "q"])})
        >>> same = DimensionPartitionMapping("a", IdentityPartitionMapping())
        >>> found = MultiPartitionMapping({"a": same}).upstream(["2|p"], down, up)
        >>> found.partitions_subset.get_partition_keys()
        ['2|x']
    """

    downstream_mappings_by_upstream_dimension: Mapping[str, DimensionPartitionMapping]

    def __hash__(self) -> int:
        return hash(tuple(self.downstream_mappings_by_upstream_dimension.items()))

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return " ".join(
            f"Upstream dimension {name!r} mapped to downstream dimension {each.dimension_name!r} using"
            f" {type(each.partition_mapping).__name__}."
            for name, each in self.downstream_mappings_by_upstream_dimension.items()
        )

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return, for each downstream key, the combinations of what its dimensions need."""
        up, down = self._multis(upstream_partitions_def, downstream_partitions_def)
        named = self.downstream_mappings_by_upstream_dimension
        sources = {name: (each.dimension_name, each.partition_mapping) for name, each in named.items()}

        def translate(
            mapping: PartitionMapping,
            subset: PartitionsSubset,
            source: PartitionDimensionDefinition,
            target: PartitionDimensionDefinition,
        ) -> Part:
            return mapping.upstream(
                subset, source.partitions_def, target.partitions_def, current_time, dynamic_partitions_store
            )

        assert downstream_partitions_subset is not None
        found, missing = _translated(
            down.empty_subset() | downstream_partitions_subset,
            down, up, sources, translate, current_time, dynamic_partitions_store,
        )  # fmt: skip
        return UpstreamPartitionsResult(found, missing)

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return, for each upstream key, the combinations of what needs its dimensions."""
        up, down = self._multis(upstream_partitions_def, downstream_partitions_def)
        named = self.downstream_mappings_by_upstream_dimension
        sources = {each.dimension_name: (name, each.partition_mapping) for name, each in named.items()}

        def translate(
            mapping: PartitionMapping,
            subset: PartitionsSubset,
            source: PartitionDimensionDefinition,
            target: PartitionDimensionDefinition,
        ) -> Part:
            found = mapping.downstream(
                subset, source.partitions_def, target.partitions_def, current_time, dynamic_partitions_store
            )
            return found, target.partitions_def.empty_subset()

        return _translated(
            up.empty_subset() | upstream_partitions_subset,
            up, down, sources, translate, current_time, dynamic_partitions_store,
        )[0]  # fmt: skip

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that both sides have the named dimensions, and that each pair can be mapped.

        Raises:
            DagsterInvalidDefinitionError: A side is not of two dimensions, lacks one, or a pair does not relate.
        """
        up, down = self._multis(upstream_partitions_def, downstream_partitions_def)
        taken: dict[str, str] = {}
        for name, each in self.downstream_mappings_by_upstream_dimension.items():
            pair = [_dimension(up, name, "upstream"), _dimension(down, each.dimension_name, "downstream")]
            if each.dimension_name in taken:
                raise DagsterInvalidDefinitionError(
                    f"The upstream dimensions {taken[each.dimension_name]!r} and {name!r} are both mapped to the"
                    f" downstream dimension {each.dimension_name!r}.",
                    where=caller_location(),
                )
            taken[each.dimension_name] = name
            each.partition_mapping.validate(pair[0].partitions_def, pair[1].partitions_def)

    def _multis(self, up: Definition, down: Definition) -> tuple[MultiPartitionsDefinition, MultiPartitionsDefinition]:
        if isinstance(up, MultiPartitionsDefinition) and isinstance(down, MultiPartitionsDefinition):
            return up, down
        raise DagsterInvalidDefinitionError(
            "A MultiPartitionMapping relates two definitions of two dimensions, and these are"
            f" {described(up)} upstream and {described(down)} downstream.",
            where=caller_location(),
        )


class MultiToSingleDimensionPartitionMapping(PartitionMapping, frozen=True, tag="multi_to_single"):
    """Two dimensions to one, or one to two: a key relates to all combinations that have it in the shared dimension.

    Args:
        partition_dimension_name: The dimension that is shared; found by itself if only one fits.

    Example:
        >>> from earmark.partitions.static import StaticPartitionsDefinition as Static
        >>> size = Static(["s", "l"])
        >>> grid = MultiPartitionsDefinition({"size": size, "colour": Static(["red", "blue"])})
        >>> found = MultiToSingleDimensionPartitionMapping().upstream(["s"], size, grid)
        >>> found.partitions_subset.get_partition_keys()
        ['red|s', 'blue|s']
    """

    partition_dimension_name: str | None = None

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return "A key of the single dimension relates to every combination that has it in the shared dimension."

    def get_upstream_mapped_partitions_result_for_partitions(
        self,
        downstream_partitions_subset: PartitionsSubset | None,
        downstream_partitions_def: Definition,
        upstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> UpstreamPartitionsResult:
        """Return the upstream partitions that share the dimension's keys."""
        multi, shared = self._shared(upstream_partitions_def, downstream_partitions_def)
        assert downstream_partitions_subset is not None and downstream_partitions_def is not None
        if multi is downstream_partitions_def:
            keys = _collapsed(multi, shared, multi.empty_subset() | downstream_partitions_subset)
            mapping = _between(upstream_partitions_def, shared.partitions_def)
            return mapping.upstream(
                keys, shared.partitions_def, upstream_partitions_def, current_time, dynamic_partitions_store
            )
        mapping = _between(shared.partitions_def, downstream_partitions_def)
        part = mapping.upstream(
            downstream_partitions_subset,
            downstream_partitions_def,
            shared.partitions_def,
            current_time,
            dynamic_partitions_store,
        )
        found = _spread(multi, shared, part.partitions_subset, current_time, dynamic_partitions_store)
        gone = part.required_but_nonexistent_subset
        return UpstreamPartitionsResult(found, _spread(multi, shared, gone, current_time, dynamic_partitions_store))

    def get_downstream_partitions_for_partitions(
        self,
        upstream_partitions_subset: PartitionsSubset,
        upstream_partitions_def: PartitionsDefinition,
        downstream_partitions_def: PartitionsDefinition,
        current_time: Moment = None,
        dynamic_partitions_store: DynamicPartitions | None = None,
    ) -> PartitionsSubset:
        """Return the downstream partitions that share the dimension's keys."""
        multi, shared = self._shared(upstream_partitions_def, downstream_partitions_def)
        if multi is upstream_partitions_def:
            keys = _collapsed(multi, shared, multi.empty_subset() | upstream_partitions_subset)
            return _between(shared.partitions_def, downstream_partitions_def).downstream(
                keys, shared.partitions_def, downstream_partitions_def, current_time, dynamic_partitions_store
            )
        part = _between(upstream_partitions_def, shared.partitions_def).downstream(
            upstream_partitions_subset,
            upstream_partitions_def,
            shared.partitions_def,
            current_time,
            dynamic_partitions_store,
        )
        return _spread(multi, shared, part, current_time, dynamic_partitions_store)

    def validate_partition_mapping(
        self, upstream_partitions_def: Definition, downstream_partitions_def: Definition
    ) -> None:
        """Check that one side has two dimensions and shares one with the other.

        Raises:
            DagsterInvalidDefinitionError: It does not, or which one is not clear.
        """
        multi, shared = self._shared(upstream_partitions_def, downstream_partitions_def)
        if multi is upstream_partitions_def:
            _between(shared.partitions_def, downstream_partitions_def).validate(
                shared.partitions_def, downstream_partitions_def
            )
        else:
            _between(upstream_partitions_def, shared.partitions_def).validate(
                upstream_partitions_def, shared.partitions_def
            )

    def _shared(
        self, up: Definition, down: Definition
    ) -> tuple[MultiPartitionsDefinition, PartitionDimensionDefinition]:
        sides = [side for side in (up, down) if isinstance(side, MultiPartitionsDefinition)]
        if len(sides) != 1 or up is None or down is None:
            raise DagsterInvalidDefinitionError(
                "A MultiToSingleDimensionPartitionMapping relates partitions of two dimensions to partitions of one,"
                f" and these are {described(up)} upstream and {described(down)} downstream.",
                where=caller_location(),
            )
        multi, single = sides[0], down if sides[0] is up else up
        if self.partition_dimension_name is not None:
            return multi, _dimension(multi, self.partition_dimension_name, "multi-partitioned")
        fitting = shared_dimensions(multi, single)
        if len(fitting) == 1:
            return multi, fitting[0]
        why = "none of them is or is of time" if not fitting else "more than one of them fits"
        raise DagsterInvalidDefinitionError(
            f"Which of the dimensions {', '.join(multi.partition_dimension_names)} is shared with"
            f" {described(single)} is not clear: {why}.",
            hint="Name it with partition_dimension_name, or choose another mapping.",
            where=caller_location(),
        )


class UserPartitionMapping(PartitionMapping, frozen=True, tag="user"):
    """Stands for a mapping that user code defines wherever that code is not loaded. It says what it is, no more.

    Args:
        name: The name of the class.
        words: Its description.
    """

    name: str
    words: str

    @property
    def description(self) -> str:
        """The mapping in a sentence."""
        return self.words


def as_data(mapping: PartitionMapping) -> PartitionMapping:
    """Return a mapping as it crosses processes: itself, or what stands for it where only user code can answer it.

    Example:
        >>> class Mine(IdentityPartitionMapping, frozen=True):
        ...     pass
        >>> as_data(Mine()).name
        'Mine'
    """
    inner = mapping.downstream_mappings_by_upstream_dimension if type(mapping) is MultiPartitionMapping else {}
    parts = [mapping, *(each.partition_mapping for each in inner.values())]
    if all(type(part) in get_args(AnyPartitionMapping) for part in parts):
        return mapping
    return UserPartitionMapping(type(mapping).__name__, mapping.description)


AnyPartitionMapping = Union[
    IdentityPartitionMapping,
    AllPartitionMapping,
    LastPartitionMapping,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
    TimeWindowPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
    UserPartitionMapping,
]
"""Every mapping that is data: the type to decode."""


def infer_mapping(upstream_def: Definition, downstream_def: Definition) -> PartitionMapping:
    """Return the mapping of a dependency that names none.

    All, where a side has no partitions; windows by time where both are of time; by the shared dimension where one side
    has two dimensions; else the same keys. Whether it fits is for :meth:`PartitionMapping.validate` to say.
    """
    if upstream_def is None or downstream_def is None:
        return AllPartitionMapping()
    if isinstance(upstream_def, TimeWindowPartitionsDefinition) and isinstance(
        downstream_def, TimeWindowPartitionsDefinition
    ):
        return TimeWindowPartitionMapping()
    up, down = (isinstance(each, MultiPartitionsDefinition) for each in (upstream_def, downstream_def))
    if up != down:
        multi, single = (upstream_def, downstream_def) if up else (downstream_def, upstream_def)
        assert isinstance(multi, MultiPartitionsDefinition)
        if len(shared_dimensions(multi, single)) == 1:
            return MultiToSingleDimensionPartitionMapping()
    return IdentityPartitionMapping()


def shared_dimensions(
    multi: MultiPartitionsDefinition, single: PartitionsDefinition
) -> list[PartitionDimensionDefinition]:
    """Return the dimensions that are ``single``, or else its only dimension of time where ``single`` is of time."""
    same = [each for each in multi.dimensions if each.partitions_def == single]
    if same or not isinstance(single, TimeWindowPartitionsDefinition):
        return same
    return [multi.time_window_dimension] if multi.has_time_window_dimension else []


def _between(up: Definition, down: Definition) -> PartitionMapping:
    if isinstance(up, TimeWindowPartitionsDefinition) and isinstance(down, TimeWindowPartitionsDefinition):
        return TimeWindowPartitionMapping()
    return IdentityPartitionMapping()


def _dimension(multi: MultiPartitionsDefinition, name: str, side: str) -> PartitionDimensionDefinition:
    for dimension in multi.dimensions:
        if dimension.name == name:
            return dimension
    raise DagsterInvalidDefinitionError(
        f"The {side} partitions have no dimension {name!r}.{did_you_mean(name, multi.partition_dimension_names)}",
        hint=f"Their dimensions are {', '.join(multi.partition_dimension_names)}.",
        where=caller_location(),
    )


def _collapsed(
    multi: MultiPartitionsDefinition, shared: PartitionDimensionDefinition, subset: PartitionsSubset
) -> PartitionsSubset:
    assert isinstance(subset, MultiSubset)
    if shared.name == multi.secondary_dimension.name:
        return shared.partitions_def.subset_with_partition_keys(subset.rows)
    found: PartitionsSubset = shared.partitions_def.empty_subset()
    for row in subset.rows.values():
        found = found | row
    return found


def _spread(
    multi: MultiPartitionsDefinition,
    shared: PartitionDimensionDefinition,
    part: PartitionsSubset,
    now: Moment,
    dynamic: DynamicPartitions | None,
) -> MultiSubset:
    if shared.name == multi.primary_dimension.name:
        others = multi.secondary_dimension.partitions_def.get_partition_keys(now, dynamic)
        return multi.subset_of_rows(others, part)
    return multi.subset_of_rows(part, multi.primary_dimension.partitions_def.subset_with_all_partitions(now, dynamic))


def _translated(
    subset: PartitionsSubset,
    source: MultiPartitionsDefinition,
    target: MultiPartitionsDefinition,
    sources: Mapping[str, tuple[str, PartitionMapping]],
    translate: Translate,
    now: Moment,
    dynamic: DynamicPartitions | None,
) -> tuple[MultiSubset, MultiSubset]:
    """Map a subset of two dimensions, dimension by dimension.

    ``sources`` says for each target dimension from which source dimension it comes, and by what mapping; the others
    take all their partitions.
    """
    assert isinstance(subset, MultiSubset)
    found: PartitionsSubset = MultiSubset(target, {})
    missing: PartitionsSubset = MultiSubset(target, {})
    whole: dict[str, Part] = {}
    for each in target.dimensions:
        if each.name not in sources:
            everything = each.partitions_def.subset_with_all_partitions(now, dynamic)
            whole[each.name] = (everything, each.partitions_def.empty_subset())
    for block in _blocks(subset, source, sources):
        parts: dict[str, Part] = dict(whole)
        for each in target.dimensions:
            if each.name in sources:
                name, mapping = sources[each.name]
                parts[each.name] = translate(mapping, block[name], _dimension(source, name, "source"), each)
        rows = parts[target.secondary_dimension.name]
        row = parts[target.primary_dimension.name]
        found = found | target.subset_of_rows(rows[0], row[0])
        missing = missing | target.subset_of_rows(rows[1], row[0]) | target.subset_of_rows(rows[0], row[1])
        missing = missing | target.subset_of_rows(rows[1], row[1])
    assert isinstance(found, MultiSubset) and isinstance(missing, MultiSubset)
    return found, missing


def _blocks(
    subset: MultiSubset, source: MultiPartitionsDefinition, sources: Mapping[str, Any]
) -> Iterator[dict[str, PartitionsSubset]]:
    primary, secondary = source.primary_dimension, source.secondary_dimension
    together = len({name for name, _ in sources.values()}) < len(sources)
    for key, row in subset.rows.items():
        column = secondary.partitions_def.subset_with_partition_keys([key])
        if not together:
            yield {primary.name: row, secondary.name: column}
            continue
        for one in row:
            yield {primary.name: primary.partitions_def.subset_with_partition_keys([one]), secondary.name: column}
