"""All assets of a set of definitions together: names resolved, external assets added, contradictions refused."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from earmark.define.assets.asset_wiring import check_self_dependency, renamed
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.source_asset import SourceAsset
from earmark.graph.assets import AssetGraph
from earmark.graph.dag import CycleFound, topological_order
from earmark.graph.splitting import runnable_parts
from earmark.specs.asset import AssetSpec
from earmark.specs.computation import ComputationSpec
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    SourceLocation,
    caller_location,
    did_you_mean,
)
from earmark.values.keys import AssetCheckKey, AssetKey

if TYPE_CHECKING:
    from earmark.graph.selection import AssetQueries


class ResolvedAssets:
    """Assets and checks that fit together.

    Args:
        definitions: What computes them, each with the name it has in runs.
    """

    def __init__(self, definitions: Sequence[AssetsDefinition]) -> None:
        self.definitions: Mapping[str, AssetsDefinition] = {one.computation.name: one for one in definitions}
        self.graph = AssetGraph(one.computation for one in definitions)
        self.runs_in_parts = False

    def definition_of(self, key: AssetKey) -> AssetsDefinition:
        """Return what computes (or declares) an asset.

        Raises:
            DagsterInvariantViolationError: There is no such asset.
        """
        return self.definitions[self.graph.get(key).computation.name]

    def definition_of_check(self, key: AssetCheckKey) -> AssetsDefinition:
        """Return what evaluates a check.

        Raises:
            DagsterInvariantViolationError: There is no such check.
        """
        self.graph.get_check_spec(key)
        return self.definitions[self.graph.computation_of_check(key).name]

    @property
    def queries(self) -> AssetQueries:
        """Answers queries over what can be written: what selections of jobs range over."""
        from earmark.graph.selection import queries_of

        return queries_of(self.graph)

    @property
    def queries_with_sources(self) -> AssetQueries:
        """Answers queries over all assets, external ones included."""
        from earmark.graph.selection import queries_of

        return queries_of(self.graph, include_external=True)


def resolve_assets(given: Iterable[Any]) -> ResolvedAssets:
    """Bring assets and checks together.

    A dependency that no asset has as its key means the one asset of the same group whose key ends so; otherwise it
    is an external asset.

    Args:
        given: :class:`AssetsDefinition`, :class:`AssetSpec`, :class:`SourceAsset` and :class:`AssetChecksDefinition`
            objects; the same object twice counts once.

    Raises:
        DagsterInvalidDefinitionError: Two definitions give one asset or check, an argument means an asset that
            nobody defines, or assets depend on each other in a circle. The error says where they were written.
    """
    definitions = list(_definitions(given))
    known = _by_key(definitions)
    definitions = _with_names_resolved(definitions, known)
    definitions.extend(_external(definitions, known))
    definitions = _with_distinct_names(definitions)
    resolved = ResolvedAssets(definitions)
    _check_order(resolved)
    _check_mappings(definitions, known)
    return resolved


def _check_mappings(definitions: Iterable[AssetsDefinition], known: Mapping[AssetKey, AssetSpec]) -> None:
    """Refuse a mapping that does not fit how the two assets are cut.

    Raises:
        DagsterInvalidDefinitionError: There is one; the error says where its asset is written.
    """
    for definition in definitions:
        for spec in definition.computation.assets:
            for dep in spec.deps:
                mapping = dep.partition_mapping
                parent = known.get(dep.asset)
                if mapping is None or parent is None or parent.partitions_def is None or spec.partitions_def is None:
                    continue
                try:
                    mapping.validate_partition_mapping(parent.partitions_def, spec.partitions_def)
                except DagsterInvalidDefinitionError as error:
                    raise DagsterInvalidDefinitionError(
                        f"{spec.key.to_user_string()!r} cannot depend on {parent.key.to_user_string()!r} by"
                        f" {type(mapping).__name__}: {error.message}",
                        where=definition.location,
                        hint=error.hint,
                        **error.facts,
                    ) from error


def as_definition(thing: Any) -> AssetsDefinition:
    """Return any definition of assets as an :class:`AssetsDefinition`.

    Raises:
        DagsterInvalidDefinitionError: It is none.
    """
    if isinstance(thing, AssetsDefinition):
        return thing
    if isinstance(thing, AssetSpec):
        return AssetsDefinition.external(thing)
    if isinstance(thing, SourceAsset):
        return AssetsDefinition.of_source(thing)
    hint = "Decorate it with @asset." if callable(thing) else None
    raise DagsterInvalidDefinitionError(
        f"assets holds assets (of @asset and its kin, AssetSpec, SourceAsset), not {thing!r} ({type(thing).__name__}).",
        where=caller_location(),
        hint=hint,
    )


def _definitions(given: Iterable[Any]) -> Iterable[AssetsDefinition]:
    seen: set[int] = set()
    for thing in given:
        if id(thing) not in seen:
            seen.add(id(thing))
            yield as_definition(thing)


def _by_key(definitions: list[AssetsDefinition]) -> dict[AssetKey, AssetSpec]:
    """Index the assets; drop a declaration that is written twice in the same words."""
    owner: dict[AssetKey, AssetsDefinition] = {}
    known: dict[AssetKey, AssetSpec] = {}
    doubled: list[AssetsDefinition] = []
    checks: dict[AssetCheckKey, AssetsDefinition] = {}
    for definition in definitions:
        for spec in definition.computation.assets:
            other = owner.get(spec.key)
            if other is None:
                owner[spec.key] = definition
                known[spec.key] = spec
            elif not definition.is_executable and not other.is_executable and known[spec.key] == spec:
                doubled.append(definition)
            else:
                raise _twice(f"asset {spec.key.to_user_string()!r}", other, definition, asset_key=spec.key)
        for check in definition.computation.checks:
            if check.key in checks:
                name = f"check {check.key.to_user_string()!r}"
                raise _twice(name, checks[check.key], definition, check_key=check.key)
            checks[check.key] = definition
    for one in doubled:
        definitions.remove(one)
    return known


def _twice(what: str, first: AssetsDefinition, second: AssetsDefinition, **facts: Any) -> DagsterInvalidDefinitionError:
    at = f" The first is at {first.location}." if first.location is not None else ""
    return DagsterInvalidDefinitionError(
        f"The {what} is defined twice: by {first.computation.name!r} and by {second.computation.name!r}.{at}",
        where=second.location,
        **facts,
    )


class _Names:
    """Which asset a name means that is no whole key: the one of the same group whose key ends so."""

    def __init__(self, known: Mapping[AssetKey, AssetSpec]) -> None:
        self._known = known
        self._by_last: dict[tuple[str, str], list[AssetKey]] | None = None

    def meant_by(self, key: AssetKey, group: str) -> AssetKey | None:
        if len(key.path) != 1:
            return None
        if self._by_last is None:
            self._by_last = {}
            for own, spec in self._known.items():
                self._by_last.setdefault((spec.group, own.path[-1]), []).append(own)
        found = self._by_last.get((group, key.path[0]), ())
        return found[0] if len(found) == 1 else None


def _with_names_resolved(
    definitions: Sequence[AssetsDefinition], known: Mapping[AssetKey, AssetSpec]
) -> list[AssetsDefinition]:
    names = _Names(known)
    made = []
    for given in definitions:
        definition, spec = given, given.computation
        meant: dict[AssetKey, AssetKey] = {}
        for key, group in _unknown(spec, known):
            found = names.meant_by(key, group)
            if found is not None:
                meant[key] = found
        if meant:
            definition = definition.with_computation(renamed(spec, meant))
            for asset in definition.computation.assets:
                check_self_dependency(asset, definition.location)
        for name, key in definition.computation.inputs.items():
            if key not in known and not _is_nothing(definition.computation, name):
                raise _unknown_input(definition, name, key, known)
        made.append(definition)
    return made


def _unknown(spec: ComputationSpec, known: Mapping[AssetKey, AssetSpec]) -> Iterable[tuple[AssetKey, str]]:
    """Give each key that a computation needs and nobody defines, with the group from which it is seen."""
    for asset in spec.assets:
        for dep in asset.deps:
            if dep.asset not in known:
                yield dep.asset, asset.group
    for check in spec.checks:
        group = known[check.asset].group if check.asset in known else "default"
        for key in (check.asset, *(dep.asset for dep in check.additional_deps)):
            if key not in known:
                yield key, group


def _is_nothing(spec: ComputationSpec, name: str) -> bool:
    node = spec.node
    return node is not None and any(one.name == name and one.is_nothing for one in node.inputs)


def _unknown_input(
    definition: AssetsDefinition, name: str, key: AssetKey, known: Mapping[AssetKey, AssetSpec]
) -> DagsterInvalidDefinitionError:
    from earmark.graph.selection import near_keys

    close = near_keys(key.to_user_string(), [one.to_user_string() for one in known])
    near = f" Did you mean {' or '.join(repr(one) for one in close)}?" if close else ""
    return DagsterInvalidDefinitionError(
        f"The parameter {name!r} of {definition.computation.name!r} takes the asset {key.to_user_string()!r}, which"
        f" nobody defines.{near}",
        where=definition.location,
        hint="For an asset that something else writes, add an AssetSpec; for one that is not loaded, use deps=[...].",
        asset_key=key,
    )


def _external(
    definitions: Sequence[AssetsDefinition], known: Mapping[AssetKey, AssetSpec]
) -> Iterable[AssetsDefinition]:
    found: dict[AssetKey, SourceLocation | None] = {}
    for definition in definitions:
        spec = definition.computation
        for check in spec.checks:
            if check.asset not in known and check.asset not in found:
                _warn_of_unchecked(check.key, definition, known)
        for key, _group in _unknown(spec, known):
            found.setdefault(key, None)
    for key in found:
        yield AssetsDefinition.external(AssetSpec(key))


def _warn_of_unchecked(key: AssetCheckKey, definition: AssetsDefinition, known: Mapping[AssetKey, AssetSpec]) -> None:
    asset = key.asset_key.to_user_string()
    near = did_you_mean(asset, [one.to_user_string() for one in known])
    message = (
        f"The check {key.name!r} looks at the asset {asset!r}, which is not defined here; it is taken for one that"
        f" something else writes.{near}"
    )
    place = definition.location or caller_location()
    if place is None:
        warnings.warn(message, UserWarning, stacklevel=2)
    else:
        warnings.warn_explicit(message, UserWarning, place.file, place.line)


def _with_distinct_names(definitions: Sequence[AssetsDefinition]) -> list[AssetsDefinition]:
    taken: set[str] = set()
    made = []
    for given in definitions:
        definition, wanted = given, given.computation.name
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted}_{count}"
        taken.add(name)
        if name != wanted:
            definition = definition.with_computation(replace(definition.computation, name=name))
        made.append(definition)
    return made


def _check_order(resolved: ResolvedAssets) -> None:
    """Refuse circles, among assets and among what computes them."""
    try:
        _ = resolved.graph.topological_keys
    except DagsterInvalidDefinitionError as error:
        raise _circle(resolved, error) from None
    if all(len(one.computation.assets) <= 1 for one in resolved.definitions.values()):
        return
    try:
        topological_order(_needs(resolved))
    except CycleFound:
        resolved.runs_in_parts = True
        try:
            runnable_parts(resolved.graph, resolved.graph.get_all_asset_keys())
        except DagsterInvalidDefinitionError as error:
            first = error.facts["computations"][0]
            raise DagsterInvalidDefinitionError(
                error.message, where=resolved.definitions[first].location, hint=error.hint, **error.facts
            ) from None


def _needs(resolved: ResolvedAssets) -> dict[str, set[str]]:
    """Return, for each computation, those whose assets it needs."""
    graph = resolved.graph
    found: dict[str, set[str]] = {}
    for name, definition in resolved.definitions.items():
        spec = definition.computation
        needed = (dep.asset for asset in spec.assets for dep in asset.deps)
        found[name] = {graph.computation_of(key).name for key in needed} - {name}
    return found


def _circle(resolved: ResolvedAssets, error: DagsterInvalidDefinitionError) -> DagsterInvalidDefinitionError:
    cycle: Sequence[AssetKey] = error.facts["cycle"]
    places = [
        f"{key.to_user_string()} ({definition.location})"
        for key in dict.fromkeys(cycle)
        if (definition := resolved.definition_of(key)).location is not None
    ]
    return DagsterInvalidDefinitionError(
        error.message + (f" Written at: {', '.join(places)}." if places else ""),
        where=resolved.definition_of(cycle[0]).location,
        cycle=cycle,
    )
