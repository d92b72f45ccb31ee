"""One computation and the assets it gives: a spec, and the op or graph beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from earmark.define.asset_of_node import computation_of_node
from earmark.define.asset_wiring import AssetLabels, NodeDefinition, assets_of_outputs, renamed, wired_spec
from earmark.define.function import location_of
from earmark.define.graph import GraphDefinition
from earmark.define.op import OpDefinition
from earmark.define.ports import runner
from earmark.define.source_asset import SourceAsset
from earmark.specs.asset import IO_MANAGER_METADATA, AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.op import DEFAULT_IO_MANAGER, OpSpec
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    SourceLocation,
    caller_location,
    did_you_mean,
)
from earmark.values.keys import AssetCheckKey, AssetKey


class AssetsDefinition:
    """One or more assets and what computes them.

    Made by :func:`asset`, :func:`multi_asset`, :func:`graph_asset` and their kin, by :meth:`from_graph` and
    :meth:`from_op`; seldom by hand.

    Args:
        keys_by_input_name: Which asset each input of the node is.
        keys_by_output_name: Which asset each output of the node writes.
        node_def: The op or graph that computes; ``None`` for assets that something else writes.
        partitions_def: How the assets are cut.
        partition_mappings: Which upstream partitions are needed, by upstream asset.
        asset_deps: For each asset, the assets it depends on; all inputs if not given.
        can_subset: Whether a run may ask for only some of the assets.
        resource_defs: What the resource keys mean for this computation.
        group_names_by_key: The group of each asset.
        metadata_by_key: Facts about each asset.
        tags_by_key: The labels of each asset.
        backfill_policy: How a backfill cuts its partitions into runs.
        descriptions_by_key: Text for people, for each asset.
        check_specs_by_output_name: Which check each further output of the node is the result of.
        owners_by_key: The owners of each asset.
        specs: The assets as data, instead of the ``..._by_key`` arguments.
        execution_type: Whether it writes, observes, or does nothing.
        hook_defs: Hooks that follow its ops.

    Raises:
        DagsterInvalidDefinitionError: An input or output named here is not one of the node's.
    """

    def __init__(
        self,
        *,
        keys_by_input_name: Mapping[str, AssetKey],
        keys_by_output_name: Mapping[str, AssetKey],
        node_def: NodeDefinition | None,
        partitions_def: Any = None,
        partition_mappings: Mapping[AssetKey, Any] | None = None,
        asset_deps: Mapping[AssetKey, Iterable[AssetKey]] | None = None,
        selected_asset_keys: Iterable[AssetKey] | None = None,
        can_subset: bool = False,
        resource_defs: Mapping[str, Any] | None = None,
        group_names_by_key: Mapping[AssetKey, str] | None = None,
        metadata_by_key: Mapping[AssetKey, Mapping[str, Any]] | None = None,
        tags_by_key: Mapping[AssetKey, Mapping[str, str]] | None = None,
        backfill_policy: BackfillPolicy | None = None,
        descriptions_by_key: Mapping[AssetKey, str] | None = None,
        check_specs_by_output_name: Mapping[str, AssetCheckSpec] | None = None,
        owners_by_key: Mapping[AssetKey, Sequence[str]] | None = None,
        specs: Iterable[AssetSpec] | None = None,
        execution_type: ExecutionType | None = None,
        hook_defs: Iterable[Any] | None = None,
    ) -> None:
        if specs is None:
            specs = assets_of_outputs(
                node_def,
                keys_by_output_name,
                keys_by_input_name,
                asset_deps,
                AssetLabels(
                    partitions_def=partitions_def,
                    partition_mappings=partition_mappings or {},
                    groups=group_names_by_key or {},
                    descriptions=descriptions_by_key or {},
                    metadata=metadata_by_key or {},
                    tags=tags_by_key or {},
                    owners=owners_by_key or {},
                ),
            )
        default = ExecutionType.MATERIALIZATION if node_def is not None else ExecutionType.UNEXECUTABLE
        chosen = tuple(specs)
        if selected_asset_keys is not None:
            wanted = set(selected_asset_keys)
            chosen = tuple(spec for spec in chosen if spec.key in wanted)
        spec = wired_spec(
            node_def,
            chosen,
            keys_by_input_name,
            keys_by_output_name,
            check_specs_by_output_name or {},
            can_subset=can_subset,
            execution_type=execution_type or default,
            backfill_policy=backfill_policy,
        )
        self._fill(spec, node_def, resource_defs, hook_defs, caller_location())

    def _fill(
        self,
        spec: ComputationSpec,
        node_def: NodeDefinition | None,
        resource_defs: Mapping[str, Any] | None,
        hook_defs: Iterable[Any] | None,
        location: SourceLocation | None,
    ) -> None:
        self._spec = spec
        self._node_def = node_def
        self._resource_defs = dict(resource_defs) if resource_defs else {}
        self._hooks: frozenset[Any] = frozenset(hook_defs) if hook_defs else frozenset()
        self._location = location

    @classmethod
    def of(
        cls,
        spec: ComputationSpec,
        node_def: NodeDefinition | None = None,
        *,
        resource_defs: Mapping[str, Any] | None = None,
        hook_defs: Iterable[Any] | None = None,
        location: SourceLocation | None = None,
    ) -> Any:
        """Return the definition of a computation that is described already."""
        made = object.__new__(cls)
        made._fill(spec, node_def, resource_defs, hook_defs, location)
        return made

    @classmethod
    def external(cls, spec: AssetSpec, location: SourceLocation | None = None) -> AssetsDefinition:
        """Return the definition of an asset that something else writes."""
        name = spec.key.to_python_identifier()
        made: AssetsDefinition = cls.of(
            ComputationSpec(name, (spec,), execution_type=ExecutionType.UNEXECUTABLE), location=location
        )
        return made

    @staticmethod
    def of_source(source: SourceAsset) -> AssetsDefinition:
        """Return the definition of a source asset, with what observes it."""
        made: AssetsDefinition = AssetsDefinition.of(
            source.computation, source.node_def, resource_defs=source.resource_defs, location=source.location
        )
        return made

    @property
    def computation(self) -> ComputationSpec:
        """Everything but the functions, as data."""
        return self._spec

    @property
    def location(self) -> SourceLocation | None:
        """Where it was written."""
        if self._location is None and isinstance(self._node_def, OpDefinition):
            self._location = location_of(self._node_def.compute_fn)
        return self._location

    @property
    def key(self) -> AssetKey:
        """The key of its one asset.

        Raises:
            DagsterInvariantViolationError: It has more than one, or none.
        """
        if len(self._spec.assets) == 1:
            return self._spec.assets[0].key
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} gives {len(self._spec.assets)} assets, so it has no single key.",
            where=caller_location(),
            hint="Use .keys, or name one of them by its key.",
        )

    @property
    def keys(self) -> frozenset[AssetKey]:
        """The keys of its assets."""
        return frozenset(spec.key for spec in self._spec.assets)

    @property
    def has_keys(self) -> bool:
        """Whether it gives any asset."""
        return bool(self._spec.assets)

    @property
    def specs(self) -> Sequence[AssetSpec]:
        """Its assets as data."""
        return self._spec.assets

    @property
    def specs_by_key(self) -> Mapping[AssetKey, AssetSpec]:
        """Its assets as data, by key."""
        return {spec.key: spec for spec in self._spec.assets}

    def get_asset_spec(self, key: Any = None) -> AssetSpec:
        """Return one asset as data.

        Args:
            key: Its key; may be left out where there is one asset.

        Raises:
            DagsterInvariantViolationError: There is no such asset here.
        """
        wanted = self.key if key is None else AssetKey.from_coercible(key)
        found = self.specs_by_key.get(wanted)
        if found is not None:
            return found
        names = [spec.key.to_user_string() for spec in self._spec.assets]
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} does not give the asset {wanted.to_user_string()!r}."
            f"{did_you_mean(wanted.to_user_string(), names)}",
            where=caller_location(),
        )

    @property
    def check_specs(self) -> Sequence[AssetCheckSpec]:
        """The checks it evaluates, as data."""
        return self._spec.checks

    @property
    def check_keys(self) -> frozenset[AssetCheckKey]:
        """The keys of the checks it evaluates."""
        return frozenset(check.key for check in self._spec.checks)

    @property
    def check_key(self) -> AssetCheckKey:
        """The key of the one check it evaluates."""
        if len(self._spec.checks) == 1:
            return self._spec.checks[0].key
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} evaluates {len(self._spec.checks)} checks, so it has no single check key.",
            where=caller_location(),
        )

    @property
    def check_specs_by_output_name(self) -> Mapping[str, AssetCheckSpec]:
        """Which check each output is the result of."""
        by_key = {check.key: check for check in self._spec.checks}
        return {name: by_key[key] for name, key in self._spec.check_outputs.items()}

    @property
    def asset_and_check_keys(self) -> frozenset[AssetKey | AssetCheckKey]:
        """The keys of its assets and checks."""
        return self.keys | self.check_keys

    @property
    def node_def(self) -> NodeDefinition | None:
        """The op or graph that computes; ``None`` where nothing does."""
        return self._node_def

    @property
    def op(self) -> OpDefinition:
        """The op that computes.

        Raises:
            DagsterInvariantViolationError: A graph does, or nothing.
        """
        if isinstance(self._node_def, OpDefinition):
            return self._node_def
        what = "nothing" if self._node_def is None else f"the graph {self._node_def.name!r}"
        raise DagsterInvariantViolationError(
            f"{self._spec.name!r} has no op: {what} computes it.", where=caller_location()
        )

    @property
    def keys_by_input_name(self) -> Mapping[str, AssetKey]:
        """Which asset each input is; assets that are only waited for stand under their own names."""
        found = dict(self._spec.inputs)
        taken = set(found.values())
        own = self.keys
        for key in self._waited_for():
            if key not in taken and key not in own:
                taken.add(key)
                found[key.to_python_identifier()] = key
        return found

    def _waited_for(self) -> Iterable[AssetKey]:
        for spec in self._spec.assets:
            for dep in spec.deps:
                yield dep.asset
        for check in self._spec.checks:
            yield check.asset
            for dep in check.additional_deps:
                yield dep.asset

    @property
    def keys_by_output_name(self) -> Mapping[str, AssetKey]:
        """Which asset each output writes."""
        return dict(self._spec.outputs)

    @property
    def input_names(self) -> Sequence[str]:
        """The names of its inputs."""
        return tuple(self.keys_by_input_name)

    @property
    def asset_deps(self) -> Mapping[AssetKey, set[AssetKey]]:
        """For each asset, the assets it depends on."""
        return {spec.key: {dep.asset for dep in spec.deps} for spec in self._spec.assets}

    @property
    def dependency_keys(self) -> Iterable[AssetKey]:
        """The assets, of other computations too, that its assets depend on."""
        return set(self.keys_by_input_name.values())

    @property
    def group_names_by_key(self) -> Mapping[AssetKey, str]:
        """The group of each asset."""
        return {spec.key: spec.group for spec in self._spec.assets}

    @property
    def tags_by_key(self) -> Mapping[AssetKey, Mapping[str, str]]:
        """The labels of each asset."""
        return {spec.key: spec.tags for spec in self._spec.assets}

    @property
    def metadata_by_key(self) -> Mapping[AssetKey, Mapping[str, Any]]:
        """Facts about each asset."""
        return {spec.key: spec.metadata for spec in self._spec.assets}

    @property
    def descriptions_by_key(self) -> Mapping[AssetKey, str]:
        """The text for people of each asset that has one."""
        return {spec.key: spec.description for spec in self._spec.assets if spec.description is not None}

    @property
    def owners_by_key(self) -> Mapping[AssetKey, Sequence[str]]:
        """The owners of each asset."""
        return {spec.key: list(spec.owners) for spec in self._spec.assets}

    @property
    def code_versions_by_key(self) -> Mapping[AssetKey, str | None]:
        """The code version of each asset."""
        return {spec.key: spec.code_version for spec in self._spec.assets}

    @property
    def automation_conditions_by_key(self) -> Mapping[AssetKey, Any]:
        """When each asset that has a condition should be written by itself."""
        return {spec.key: spec.automation_condition for spec in self._spec.assets if spec.automation_condition}

    @property
    def partitions_def(self) -> Any:
        """How the assets are cut; ``None`` if they are not, or in different ways."""
        found = [spec.partitions_def for spec in self._spec.assets] or [
            check.partitions_def for check in self._spec.checks
        ]
        return found[0] if found and all(one == found[0] for one in found) else None

    def get_partition_mapping(self, in_asset_key: AssetKey) -> Any:
        """Return which partitions of an upstream asset are needed, if that was said."""
        for spec in self._spec.assets:
            for dep in spec.deps:
                if dep.asset == in_asset_key and dep.partition_mapping is not None:
                    return dep.partition_mapping
        return None

    @property
    def backfill_policy(self) -> BackfillPolicy | None:
        """How a backfill cuts its partitions into runs."""
        return self._spec.backfill_policy

    @property
    def can_subset(self) -> bool:
        """Whether a run may ask for only some of the assets and checks."""
        return self._spec.can_subset

    @property
    def execution_type(self) -> ExecutionType:
        """Whether it writes, observes, or does nothing."""
        return self._spec.execution_type

    @property
    def is_executable(self) -> bool:
        """Whether a run can execute it."""
        return self._spec.is_executable

    @property
    def is_materializable(self) -> bool:
        """Whether a run can write its assets."""
        return self._spec.execution_type is ExecutionType.MATERIALIZATION

    @property
    def is_observable(self) -> bool:
        """Whether a run can observe its assets."""
        return self._spec.execution_type is ExecutionType.OBSERVATION

    @property
    def is_external(self) -> bool:
        """Whether something else writes its assets."""
        return self._spec.execution_type is not ExecutionType.MATERIALIZATION

    @property
    def resource_defs(self) -> Mapping[str, Any]:
        """What the resource keys mean for this computation."""
        return self._resource_defs

    @property
    def required_resource_keys(self) -> set[str]:
        """The resources it asks for, IO managers included."""
        found: set[str] = set()
        nodes = _ops_of(self._node_def)
        for op in nodes:
            found |= op.required_resources
            found.update(out.io_manager_key for out in op.outputs)
            found.update(one.input_manager_key for one in op.inputs if one.input_manager_key)
        for hook in self._hooks:
            found.update(hook.required_resource_keys)
        return found

    @property
    def hook_defs(self) -> frozenset[Any]:
        """Hooks that follow its ops."""
        return self._hooks

    def get_io_manager_key_for_asset_key(self, key: AssetKey) -> str:
        """Return the key of the resource that stores and loads an asset of this computation."""
        for name, asset in self._spec.outputs.items():
            if asset == key and self._spec.node is not None:
                out = next((out for out in self._spec.node.outputs if out.name == name), None)
                if out is not None:
                    return out.io_manager_key
        named: str | None = self.get_asset_spec(key).metadata.get(IO_MANAGER_METADATA)
        return named or DEFAULT_IO_MANAGER

    def get_output_name_for_asset_key(self, key: AssetKey) -> str:
        """Return the name of the output that writes an asset."""
        for name, asset in self._spec.outputs.items():
            if asset == key:
                return name
        raise DagsterInvariantViolationError(f"No output of {self._spec.name!r} writes {key.to_user_string()!r}.")

    def with_computation(self, spec: ComputationSpec) -> Any:
        """Return it with another description, and all that is beside it kept."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._spec = spec
        return made

    def map_asset_specs(self, fn: Callable[[AssetSpec], AssetSpec]) -> Any:
        """Return it with each asset's spec replaced by what ``fn`` makes of it.

        Raises:
            DagsterInvalidDefinitionError: ``fn`` changed a key, or returned something else.
        """
        mapped = tuple(_mapped(fn, spec) for spec in self._spec.assets)
        if all(new is old for new, old in zip(mapped, self._spec.assets, strict=True)):
            return self
        return self.with_computation(replace(self._spec, assets=mapped))

    def with_attributes(
        self,
        *,
        asset_key_replacements: Mapping[AssetKey, AssetKey] | None = None,
        group_names_by_key: Mapping[AssetKey, str] | None = None,
        tags_by_key: Mapping[AssetKey, Mapping[str, str]] | None = None,
        metadata_by_key: Mapping[AssetKey, Mapping[str, Any]] | None = None,
        automation_condition: Any = None,
        backfill_policy: BackfillPolicy | None = None,
        hook_defs: Iterable[Any] | None = None,
    ) -> Any:
        """Return it with other keys, groups, tags and so on; what is not named stays.

        Raises:
            DagsterInvalidDefinitionError: A value breaks its rule.
        """
        keys = asset_key_replacements or {}
        changes: dict[str, Mapping[AssetKey, Any]] = {
            "group_name": group_names_by_key or {},
            "tags": tags_by_key or {},
            "metadata": metadata_by_key or {},
        }
        assets = []
        for spec in self._spec.assets:
            change = {name: by_key[spec.key] for name, by_key in changes.items() if spec.key in by_key}
            if automation_condition is not None:
                change["automation_condition"] = automation_condition
            assets.append(replace(spec, **change) if change else spec)
        described = replace(
            self._spec, assets=tuple(assets), backfill_policy=backfill_policy or self._spec.backfill_policy
        )
        made = self.with_computation(renamed(described, keys) if keys else described)
        if hook_defs is not None:
            made._hooks = self._hooks | frozenset(hook_defs)
        return made

    def with_resources(self, resource_defs: Mapping[str, Any]) -> Any:
        """Return it with resources for the keys that it does not define itself."""
        made = self.with_computation(self._spec)
        made._resource_defs = {**resource_defs, **self._resource_defs}
        return made

    def with_hooks(self, hook_defs: Iterable[Any]) -> Any:
        """Return it with more hooks."""
        return self.with_attributes(hook_defs=hook_defs)

    def to_source_asset(self, key: Any = None) -> SourceAsset:
        """Return one asset as something that another set of definitions writes.

        Args:
            key: Its key; may be left out where there is one asset.
        """
        spec = self.get_asset_spec(key)
        named = self.get_io_manager_key_for_asset_key(spec.key)
        return SourceAsset(
            spec.key,
            metadata=spec.metadata,
            io_manager_key=named,
            description=spec.description,
            partitions_def=spec.partitions_def,
            group_name=spec.group_name,
            resource_defs=self._resource_defs,
            tags=spec.tags,
        )

    def to_source_assets(self) -> Sequence[SourceAsset]:
        """Return each asset as something that another set of definitions writes."""
        return [self.to_source_asset(spec.key) for spec in self._spec.assets]

    @staticmethod
    def from_graph(graph_def: GraphDefinition, **options: Any) -> AssetsDefinition:
        """Make assets of a graph's outputs.

        Args:
            graph_def: The graph.
            **options: As :meth:`from_op`, and ``check_specs``, ``owners_by_output_name``,
                ``code_versions_by_output_name``, ``resource_defs``.

        Raises:
            DagsterInvalidDefinitionError: An option names an input or output that the graph does not have.
        """
        return _from_node(graph_def, **options)

    @staticmethod
    def from_op(op_def: OpDefinition, **options: Any) -> AssetsDefinition:
        """Make assets of an op's outputs.

        Args:
            op_def: The op.
            **options: ``keys_by_input_name``, ``keys_by_output_name`` (the op's or the output's name if not given),
                ``key_prefix``, ``internal_asset_deps`` (by output name), ``partitions_def``, ``partition_mappings``
                (by input name), ``group_name`` or ``group_names_by_output_name``, ``descriptions_by_output_name``,
                ``metadata_by_output_name``, ``tags_by_output_name``, ``automation_conditions_by_output_name``,
                ``backfill_policy``, ``can_subset``, ``hook_defs``.

        Raises:
            DagsterInvalidDefinitionError: An option names an input or output that the op does not have.

        Example:
            >>> from earmark.define.op import op
            >>> @op
            ... def orders():
            ...     return 1
            >>> AssetsDefinition.from_op(orders, tags_by_output_name={"result": {"tier": "gold"}}).key
            AssetKey(['orders'])
        """
        return _from_node(op_def, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return runner().invoke(self, args, kwargs)

    def __repr__(self) -> str:
        names = ", ".join(spec.key.to_user_string() for spec in self._spec.assets[:5])
        more = f", ... ({len(self._spec.assets)})" if len(self._spec.assets) > 5 else ""
        return f"<{type(self).__name__} {names}{more}>"


def _mapped(fn: Callable[[AssetSpec], AssetSpec], spec: AssetSpec) -> AssetSpec:
    made = fn(spec)
    if not isinstance(made, AssetSpec):
        raise DagsterInvalidDefinitionError(
            f"The function given to map_asset_specs returns an AssetSpec, not {made!r}, for"
            f" {spec.key.to_user_string()}.",
            where=location_of(fn),
        )
    if made.key != spec.key:
        raise DagsterInvalidDefinitionError(
            f"The function given to map_asset_specs changed the key {spec.key.to_user_string()} to"
            f" {made.key.to_user_string()}; keys stay.",
            where=location_of(fn),
            hint="Keys are changed by key_prefix of load_assets_from_modules.",
        )
    return made


def _ops_of(node: NodeDefinition | None) -> Iterable[OpSpec]:
    if isinstance(node, OpDefinition):
        return (node.spec,)
    if isinstance(node, GraphDefinition):
        return tuple(op.spec for _, op in node.op_definitions())
    return ()


def _from_node(
    node: NodeDefinition,
    resource_defs: Mapping[str, Any] | None = None,
    hook_defs: Iterable[Any] | None = None,
    **options: Any,
) -> AssetsDefinition:
    made: AssetsDefinition = AssetsDefinition.of(
        computation_of_node(node, **options),
        node,
        resource_defs=resource_defs,
        hook_defs=hook_defs,
        location=getattr(node, "where", None),
    )
    return made
