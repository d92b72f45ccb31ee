"""Jobs over assets: what :func:`define_asset_job` promises, and how it becomes a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec.structs import astuple, replace

from earmark.define.assets.asset_resolution import ResolvedAssets
from earmark.define.assets.asset_selection import AssetSelection, QuerySelection, Selected
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.ops.job import JobDefinition
from earmark.define.tags import job_tags
from earmark.graph.assets import AssetGraph
from earmark.graph.splitting import runnable_parts
from earmark.specs.asset import AssetSpec, normalize_owners
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.job import ASSET_JOB
from earmark.specs.metadata import definition_metadata
from earmark.specs.naming import check_name
from earmark.specs.policy import RetryPolicy
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidSubsetError,
    DagsterInvariantViolationError,
    SourceLocation,
    caller_location,
    did_you_mean,
)
from earmark.values.keys import AssetCheckKey, AssetKey


class AssetLayer:
    """The assets that a job runs, and those around them.

    Args:
        resolved: All assets of the definitions that the job belongs to.
        selected_asset_keys: The assets that the job writes or observes.
        selected_check_keys: The checks that it evaluates.
    """

    def __init__(
        self,
        resolved: ResolvedAssets,
        selected_asset_keys: frozenset[AssetKey],
        selected_check_keys: frozenset[AssetCheckKey] = frozenset(),
    ) -> None:
        self.resolved = resolved
        self.selected_asset_keys = selected_asset_keys
        self.selected_check_keys = selected_check_keys

    @property
    def asset_graph(self) -> AssetGraph:
        """The graph of all assets."""
        return self.resolved.graph

    @cached_property
    def definitions(self) -> Mapping[str, AssetsDefinition]:
        """What computes the selected assets and checks, by the names it has in runs."""
        graph = self.resolved.graph
        if self.resolved.runs_in_parts:
            return self._in_parts()
        names = dict.fromkeys(
            graph.computation_of(key).name for key in graph.topological_keys if key in self.selected_asset_keys
        )
        names.update(dict.fromkeys(graph.computation_of_check(key).name for key in sorted(self.selected_check_keys)))
        return {name: self.resolved.definitions[name] for name in names}

    def _in_parts(self) -> Mapping[str, AssetsDefinition]:
        """Return the definitions, those that must run in parts once for each part, under names of their own."""
        found: dict[str, AssetsDefinition] = {}
        checks = self.selected_check_keys
        for spec, keys in runnable_parts(self.resolved.graph, self.selected_asset_keys):
            definition = self.resolved.definitions[spec.name]
            whole = all(asset.key in keys for asset in spec.assets if asset.key in self.selected_asset_keys)
            found[_free_name(spec.name, found)] = (
                definition if whole else definition.with_computation(part_of(spec, keys))
            )
        evaluated = {check.key for one in found.values() for check in one.check_specs}
        for key in sorted(checks - evaluated):
            spec = self.resolved.graph.computation_of_check(key)
            found.setdefault(spec.name, self.resolved.definitions[spec.name])
        return {
            name: one if one.computation.name == name else one.with_computation(replace(one.computation, name=name))
            for name, one in found.items()
        }

    @cached_property
    def computations(self) -> Sequence[ComputationSpec]:
        """What computes the selected assets and checks, as data, upstream first."""
        return tuple(one.computation for one in self.definitions.values())

    @property
    def executable_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that the job writes or observes."""
        return self.selected_asset_keys

    @cached_property
    def external_job_asset_keys(self) -> frozenset[AssetKey]:
        """The assets that the job needs and does not write: they are loaded, or only waited for."""
        graph = self.resolved.graph
        needed = {key for one in self.computations for key in one.inputs.values()}
        for key in self.selected_asset_keys:
            needed |= graph.get_parents(key)
        return frozenset(needed - self.selected_asset_keys)

    def definition(self, name: str) -> AssetsDefinition:
        """Return what stands behind the first part of a step's key.

        Raises:
            DagsterInvariantViolationError: The job has no computation of that name.
        """
        if name in self.definitions:
            return self.definitions[name]
        raise DagsterInvariantViolationError(
            f"No asset here is computed by {name!r}.{did_you_mean(name, self.definitions)}"
        )

    def node_def(self, name: str) -> Any:
        """Return the op or graph of a computation."""
        return self.definition(name).node_def

    def hooks_of(self, name: str) -> frozenset[Any]:
        """Return the hooks that follow the ops of a computation."""
        return self.definition(name).hook_defs

    @property
    def names(self) -> Sequence[str]:
        """The names of what computes the selected assets and checks: the first parts of their steps' keys."""
        return tuple(self.definitions)

    def definition_of(self, key: AssetKey) -> AssetsDefinition:
        """Return what computes or declares an asset, selected or not.

        Raises:
            DagsterInvariantViolationError: There is no such asset.
        """
        return self.resolved.definition_of(key)

    def spec_of(self, key: AssetKey) -> AssetSpec | None:
        """Return an asset as data, selected or not; ``None`` where the definitions do not have it."""
        position = self.resolved.graph.positions.get(key)
        return None if position is None else self.resolved.graph.specs[position]

    def check_spec_of(self, key: AssetCheckKey) -> AssetCheckSpec | None:
        """Return a check as data; ``None`` where the definitions do not have it."""
        return self.resolved.graph.get_check_spec(key) if self.resolved.graph.has(key) else None

    def execution_type_of(self, key: AssetKey) -> ExecutionType | None:
        """Say whether runs write or observe an asset, or do nothing; ``None`` where it is not there."""
        return self.resolved.graph.computation_of(key).execution_type if key in self.resolved.graph else None

    def io_manager_key_of(self, key: AssetKey) -> str | None:
        """Return the key of the resource that loads an asset, selected or not; ``None`` where it is not there."""
        if key not in self.resolved.graph:
            return None
        return self.resolved.definition_of(key).get_io_manager_key_for_asset_key(key)

    def has(self, key: AssetKey) -> bool:
        """Say whether the definitions have an asset."""
        return key in self.resolved.graph


def part_of(spec: ComputationSpec, keys: frozenset[AssetKey]) -> ComputationSpec:
    """Return a computation that gives only some of its assets, with the checks of those."""
    return replace(
        spec,
        assets=tuple(asset for asset in spec.assets if asset.key in keys),
        checks=tuple(check for check in spec.checks if check.asset in keys),
    )


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free


class UnresolvedAssetJobDefinition(msgspec.Struct, frozen=True, eq=False):
    """A job over assets that are named by a selection; :class:`Definitions` makes the job of it.

    Made by :func:`define_asset_job`.
    """

    name: str
    selection: AssetSelection
    config: Any = None
    description: str | None = None
    tags: Mapping[str, str] = {}
    run_tags: Mapping[str, str] | None = None
    metadata: Mapping[str, Any] = {}
    partitions_def: Any = None
    executor_def: Any = None
    hooks: frozenset[Any] = frozenset()
    op_retry_policy: RetryPolicy | None = None
    owners: Sequence[str] = ()
    automation_condition: Any = None
    location: SourceLocation | None = None

    def __eq__(self, other: object) -> bool:
        """Say whether another job is the same, wherever it was written."""
        return type(other) is type(self) and astuple(self)[:-1] == astuple(other)[:-1]

    def __hash__(self) -> int:
        return hash(self.name)

    def resolve(self, resolved: ResolvedAssets, *, resource_defs: Mapping[str, Any] | None = None) -> JobDefinition:
        """Return the job over the assets that the selection means.

        Args:
            resolved: The assets to choose from.
            resource_defs: What the resource keys mean.

        Raises:
            DagsterInvalidDefinitionError: The selection names what is not there or cannot be executed, takes only a
                part of what is computed together, or mixes partitions. The error says where the job was written.
        """
        try:
            layer = select_layer(resolved, self.selection)
            partitions_def = _partitions_of(layer, self.partitions_def)
        except (DagsterInvalidSubsetError, DagsterInvalidDefinitionError) as error:
            raise DagsterInvalidDefinitionError(
                f"The job {self.name!r} cannot be made: {error.message}",
                where=self.location,
                hint=error.hint,
                **error.facts,
            ) from error
        return JobDefinition(
            name=self.name,
            asset_layer=layer,
            resource_defs=layer_resources(layer, resource_defs),
            executor_def=self.executor_def,
            config=self.config,
            description=self.description,
            partitions_def=partitions_def,
            tags=self.tags,
            run_tags=self.run_tags,
            metadata=self.metadata,
            hook_defs=self.hooks,
            op_retry_policy=self.op_retry_policy,
            owners=self.owners,
            automation_condition=self.automation_condition,
            selection=str(self.selection) if isinstance(self.selection, QuerySelection) else None,
        )

    def with_metadata(self, metadata: Mapping[str, Any]) -> UnresolvedAssetJobDefinition:
        """Return it with other facts."""
        return replace(self, metadata=definition_metadata(metadata))

    def run_request_for_partition(
        self,
        partition_key: str,
        run_key: str | None = None,
        tags: Mapping[str, str] | None = None,
        asset_selection: Sequence[AssetKey] | None = None,
        run_config: Mapping[str, Any] | None = None,
        current_time: Any = None,
        dynamic_partitions_store: Any = None,
    ) -> Any:
        """Return the :class:`RunRequest` of one partition, with its tags and configuration.

        Raises:
            DagsterInvalidDefinitionError: The job was not given a ``partitions_def``.
            DagsterUnknownPartitionError: It has no such partition.
        """
        from earmark.define.partitioned_config import run_request_for_partition

        return run_request_for_partition(
            self,
            partition_key,
            run_key,
            tags,
            asset_selection,
            run_config,
            current_time,
            dynamic_partitions_store,
        )


def define_asset_job(
    name: str,
    selection: Any = None,
    config: Any = None,
    description: str | None = None,
    tags: Mapping[str, Any] | None = None,
    run_tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    partitions_def: Any = None,
    executor_def: Any = None,
    hooks: Iterable[Any] | None = None,
    op_retry_policy: RetryPolicy | None = None,
    owners: Sequence[str] | None = None,
    automation_condition: Any = None,
) -> UnresolvedAssetJobDefinition:
    """Make a job over the assets that a selection means.

    Args:
        name: The job's name; letters, digits and underscores.
        selection: A query such as ``"tag:domain=sales"``, keys, definitions, a list of those, or an
            :class:`AssetSelection`; all assets if ``None``.
        config: Default configuration, a :class:`RunConfig` or a partitioned config.
        description: Text for people.
        tags: Labels of the job and (unless ``run_tags`` is given) of every run of it.
        run_tags: Labels of its runs, where they differ from ``tags``.
        metadata: Facts about the job.
        partitions_def: How the job is cut; as its assets if ``None``.
        executor_def: How its steps are executed.
        hooks: Hooks that follow every op.
        op_retry_policy: The retry policy of ops that have none.
        owners: E-mail addresses or ``team:NAME``.
        automation_condition: When the job should run by itself.

    Raises:
        DagsterInvalidDefinitionError: A name, tag or owner breaks its rule.
        QueryError: The selection cannot be read; the error points at the character.

    Example:
        >>> define_asset_job("sales", "tag:domain=sales", tags={"team": "growth"}).tags
        {'team': 'growth'}
    """
    return UnresolvedAssetJobDefinition(
        check_name(name, "job"),
        AssetSelection.all() if selection is None else AssetSelection.from_coercible(selection),
        config,
        description,
        job_tags(tags),
        None if run_tags is None else job_tags(run_tags),
        definition_metadata(metadata or {}),
        partitions_def,
        executor_def,
        frozenset(hooks or ()),
        op_retry_policy,
        normalize_owners(owners or (), name),
        automation_condition,
        caller_location(),
    )


def global_asset_job(resolved: ResolvedAssets, **options: Any) -> JobDefinition:
    """Return the job over all assets that can be executed and all checks; options as :class:`JobDefinition`."""
    graph = resolved.graph
    layer = AssetLayer(resolved, graph.executable_asset_keys, graph.asset_check_keys)
    options["resource_defs"] = layer_resources(layer, options.get("resource_defs"))
    return JobDefinition(name=ASSET_JOB, asset_layer=layer, selection="*", **options)


def select_layer(resolved: ResolvedAssets, selection: AssetSelection) -> AssetLayer:
    """Return the assets and checks that a selection means, as something that can be run.

    Raises:
        DagsterInvalidSubsetError: The selection names what is not there or cannot be executed, or takes only a part
            of what is computed together.
    """
    graph = resolved.graph
    selected = selection.select(graph)
    external = selected.assets & graph.unexecutable_asset_keys
    if external:
        names = ", ".join(sorted(key.to_user_string() for key in external))
        raise DagsterInvalidSubsetError(
            f"{names} cannot be executed: something else writes it.",
            hint="Select with .materializable(), or add what writes it.",
            assets=external,
        )
    for name in dict.fromkeys(graph.computation_of(key).name for key in selected.assets):
        _check_whole(resolved.definitions[name].computation, selected)
    return AssetLayer(resolved, selected.assets, selected.checks)


def _check_whole(spec: ComputationSpec, selected: Selected) -> None:
    if spec.can_subset or len(spec.assets) == 1:
        return
    left = [asset.key.to_user_string() for asset in spec.assets if asset.key not in selected.assets]
    if not left:
        return
    taken = [asset.key.to_user_string() for asset in spec.assets if asset.key in selected.assets]
    raise DagsterInvalidSubsetError(
        f"{', '.join(taken)} {'is' if len(taken) == 1 else 'are'} computed by {spec.name!r} together with"
        f" {', '.join(left)}, and {spec.name!r} cannot do only a part.",
        hint="Select all of them, with .required_multi_asset_neighbors(), or give it can_subset=True.",
        computation=spec.name,
    )


def _partitions_of(layer: AssetLayer, given: Any) -> Any:
    found: dict[AssetKey, Any] = {}
    graph = layer.asset_graph
    for key in sorted(layer.selected_asset_keys):
        partitions = graph.specs[graph.positions[key]].partitions_def
        if partitions is not None:
            found[key] = partitions
    for key, partitions in found.items():
        if given is not None and partitions != given:
            raise DagsterInvalidDefinitionError(
                f"it was given the partitions {given}, but {key.to_user_string()} has {partitions}."
            )
    if given is not None or not found:
        return given
    first, partitions = next(iter(found.items()))
    for key, other in found.items():
        if other != partitions:
            raise DagsterInvalidDefinitionError(
                f"its assets are cut in different ways: {first.to_user_string()} by {partitions}, but"
                f" {key.to_user_string()} by {other}.",
                hint="Make one job for each way.",
            )
    return partitions


def common_partitions(resolved: ResolvedAssets) -> Any:
    """Return how all assets that can be executed are cut, or ``None`` where they differ."""
    layer = AssetLayer(resolved, resolved.graph.executable_asset_keys)
    try:
        return _partitions_of(layer, None)
    except DagsterInvalidDefinitionError:
        return None


def layer_resources(layer: AssetLayer, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the resources of a job: those of the definitions, and those that came with its assets."""
    found: dict[str, Any] = dict(given or {})
    for one in layer.definitions.values():
        if one.resource_defs:
            found.update(one.resource_defs)
    for key in layer.external_job_asset_keys:
        found.update(layer.definition_of(key).resource_defs)
    return found
