"""One computation and the assets it gives: a spec, and the op or graph beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from earmark.define.assets.asset_of_node import computation_of_node
from earmark.define.assets.asset_wiring import AssetLabels, NodeDefinition, assets_of_outputs, renamed, wired_spec
from earmark.define.assets.described_assets import DescribedAssets
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.function import location_of
from earmark.define.ops.graph import GraphDefinition
from earmark.define.ops.op import OpDefinition
from earmark.define.ports import runner
from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.op import OpSpec
from earmark.specs.policy import BackfillPolicy
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    SourceLocation,
    caller_location,
)
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.sets import frozen


class AssetsDefinition(DescribedAssets):
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
        selected_asset_keys: Only these of the assets.
        selected_asset_check_keys: Only these of the checks.
        owners_by_key: The owners of each asset.
        specs: The assets as data, instead of the ``..._by_key`` arguments.
        execution_type: Whether it writes, observes, or does nothing.
        hook_defs: Hooks that follow its ops.

    Raises:
        DagsterInvalidDefinitionError: An input or output named here is not one of the node's.

    Example:
        >>> import earmark as em
        >>> @em.op
        ... def count():
        ...     return 3
        >>> counted = AssetsDefinition(
        ...     keys_by_input_name={},
        ...     keys_by_output_name={"result": em.AssetKey("order_count")},
        ...     node_def=count,
        ...     tags_by_key={em.AssetKey("order_count"): {"domain": "sales"}},
        ... )
        >>> em.materialize([counted], selection="tag:domain=sales").output_for_node("count")
        3
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
        selected_asset_check_keys: Iterable[AssetCheckKey] | None = None,
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
        checks = dict(check_specs_by_output_name or {})
        if selected_asset_check_keys is not None:
            judged = set(selected_asset_check_keys)
            checks = {output: check for output, check in checks.items() if check.key in judged}
        spec = wired_spec(
            node_def,
            chosen,
            keys_by_input_name,
            keys_by_output_name,
            checks,
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
        self._hooks: frozenset[Any] = frozen(hook_defs or ())
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
    def location(self) -> SourceLocation | None:
        """Where it was written."""
        if self._location is None and isinstance(self._node_def, OpDefinition):
            self._location = location_of(self._node_def.compute_fn)
        return self._location

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
    def from_graph(
        graph_def: GraphDefinition,
        *,
        keys_by_input_name: Mapping[str, Any] | None = None,
        keys_by_output_name: Mapping[str, Any] | None = None,
        key_prefix: Any = None,
        internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
        partitions_def: Any = None,
        partition_mappings: Mapping[str, Any] | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        group_name: str | None = None,
        group_names_by_output_name: Mapping[str, str | None] | None = None,
        descriptions_by_output_name: Mapping[str, str] | None = None,
        metadata_by_output_name: Mapping[str, Mapping[str, Any]] | None = None,
        tags_by_output_name: Mapping[str, Mapping[str, str]] | None = None,
        automation_conditions_by_output_name: Mapping[str, Any] | None = None,
        backfill_policy: BackfillPolicy | None = None,
        can_subset: bool = False,
        check_specs: Sequence[AssetCheckSpec] | None = None,
        owners_by_output_name: Mapping[str, Sequence[str]] | None = None,
        code_versions_by_output_name: Mapping[str, str | None] | None = None,
        auto_materialize_policies_by_output_name: Mapping[str, Any] | None = None,
        hook_defs: Iterable[Any] | None = None,
    ) -> AssetsDefinition:
        """Make assets of a graph's outputs.

        Args:
            graph_def: The graph.
            keys_by_input_name: Which asset each input is; the one of the input's name if not given.
            keys_by_output_name: Which asset each output writes; the one of the node's name, or of the output's name
                where there are several, if not given.
            key_prefix: What stands before the keys of the assets.
            internal_asset_deps: For an output, the assets that it needs, where those are not all inputs.
            partitions_def: How the assets are cut.
            partition_mappings: Which upstream partitions are needed, by input.
            resource_defs: What the resource keys mean for these assets.
            group_name: The group of all the assets.
            group_names_by_output_name: The group of each.
            descriptions_by_output_name: Text for people.
            metadata_by_output_name: Facts about each.
            tags_by_output_name: The labels of each.
            automation_conditions_by_output_name: When each should be written by itself.
            backfill_policy: How a backfill cuts the partitions into runs.
            can_subset: Whether a run may ask for only some of the assets.
            check_specs: Checks that the graph itself evaluates.
            owners_by_output_name: The owners of each.
            code_versions_by_output_name: The code version of each.
            auto_materialize_policies_by_output_name: The old form of ``automation_conditions_by_output_name``.
            hook_defs: Hooks that follow its ops.

        Raises:
            DagsterInvalidDefinitionError: An option names an input or output that the graph does not have.
        """
        return _from_node(
            graph_def,
            resource_defs,
            hook_defs,
            keys_by_input_name=keys_by_input_name,
            keys_by_output_name=keys_by_output_name,
            key_prefix=key_prefix,
            internal_asset_deps=internal_asset_deps,
            partitions_def=partitions_def,
            partition_mappings=partition_mappings,
            group_name=group_name,
            group_names_by_output_name=group_names_by_output_name,
            descriptions_by_output_name=descriptions_by_output_name,
            metadata_by_output_name=metadata_by_output_name,
            tags_by_output_name=tags_by_output_name,
            automation_conditions_by_output_name=automation_conditions_by_output_name,
            backfill_policy=backfill_policy,
            can_subset=can_subset,
            check_specs=check_specs,
            owners_by_output_name=owners_by_output_name,
            code_versions_by_output_name=code_versions_by_output_name,
            auto_materialize_policies_by_output_name=auto_materialize_policies_by_output_name,
        )

    @staticmethod
    def from_op(
        op_def: OpDefinition,
        *,
        keys_by_input_name: Mapping[str, Any] | None = None,
        keys_by_output_name: Mapping[str, Any] | None = None,
        key_prefix: Any = None,
        internal_asset_deps: Mapping[str, Iterable[AssetKey]] | None = None,
        partitions_def: Any = None,
        partition_mappings: Mapping[str, Any] | None = None,
        group_name: str | None = None,
        group_names_by_output_name: Mapping[str, str | None] | None = None,
        descriptions_by_output_name: Mapping[str, str] | None = None,
        metadata_by_output_name: Mapping[str, Mapping[str, Any]] | None = None,
        tags_by_output_name: Mapping[str, Mapping[str, str]] | None = None,
        automation_conditions_by_output_name: Mapping[str, Any] | None = None,
        backfill_policy: BackfillPolicy | None = None,
        can_subset: bool = False,
        auto_materialize_policies_by_output_name: Mapping[str, Any] | None = None,
        hook_defs: Iterable[Any] | None = None,
    ) -> AssetsDefinition:
        """Make assets of an op's outputs.

        Args:
            op_def: The op.
            keys_by_input_name: Which asset each input is; the one of the input's name if not given.
            keys_by_output_name: Which asset each output writes; the one of the node's name, or of the output's name
                where there are several, if not given.
            key_prefix: What stands before the keys of the assets.
            internal_asset_deps: For an output, the assets that it needs, where those are not all inputs.
            partitions_def: How the assets are cut.
            partition_mappings: Which upstream partitions are needed, by input.
            group_name: The group of all the assets.
            group_names_by_output_name: The group of each.
            descriptions_by_output_name: Text for people.
            metadata_by_output_name: Facts about each.
            tags_by_output_name: The labels of each.
            automation_conditions_by_output_name: When each should be written by itself.
            backfill_policy: How a backfill cuts the partitions into runs.
            can_subset: Whether a run may ask for only some of the assets.
            auto_materialize_policies_by_output_name: The old form of ``automation_conditions_by_output_name``.
            hook_defs: Hooks that follow its step.

        Raises:
            DagsterInvalidDefinitionError: An option names an input or output that the op does not have.

        Example:
            >>> from earmark.define.ops.op import op
            >>> @op
            ... def orders():
            ...     return 1
            >>> AssetsDefinition.from_op(orders, tags_by_output_name={"result": {"tier": "gold"}}).key
            AssetKey(['orders'])
        """
        return _from_node(
            op_def,
            None,
            hook_defs,
            keys_by_input_name=keys_by_input_name,
            keys_by_output_name=keys_by_output_name,
            key_prefix=key_prefix,
            internal_asset_deps=internal_asset_deps,
            partitions_def=partitions_def,
            partition_mappings=partition_mappings,
            group_name=group_name,
            group_names_by_output_name=group_names_by_output_name,
            descriptions_by_output_name=descriptions_by_output_name,
            metadata_by_output_name=metadata_by_output_name,
            tags_by_output_name=tags_by_output_name,
            automation_conditions_by_output_name=automation_conditions_by_output_name,
            backfill_policy=backfill_policy,
            can_subset=can_subset,
            auto_materialize_policies_by_output_name=auto_materialize_policies_by_output_name,
        )

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
