"""Assets that something else writes, and that Earmark loads or observes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from earmark.define.function import location_of
from earmark.define.ops.op import OpDefinition, build_op
from earmark.define.ops.slots import Out
from earmark.define.types.types import Nothing
from earmark.specs.asset import IO_MANAGER_METADATA, AssetSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.op import RESULT
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, caller_location
from earmark.values.keys import AssetKey


class SourceAsset:
    """An asset that something else writes. Newer code says the same with :class:`AssetSpec`.

    Args:
        key: The asset's key: an :class:`AssetKey`, a string (one segment) or a list of segments.
        metadata: Facts about the asset.
        io_manager_key: The key of the resource that loads it.
        io_manager_def: The IO manager that loads it.
        description: Text for people.
        partitions_def: How the asset is cut.
        group_name: The one group of the asset.
        resource_defs: What the resource keys mean for this asset.
        observe_fn: A function that says what version of it is there now.
        op_tags: Labels of the observing step.
        automation_condition: When it should be observed by itself.
        tags: Labels, by the strict rules of asset tags.

    Raises:
        DagsterInvalidDefinitionError: A key, tag or group breaks its rule.

    Example:
        >>> SourceAsset("raw_orders", tags={"domain": "sales"}).key
        AssetKey(['raw_orders'])
    """

    def __init__(
        self,
        key: Any,
        metadata: Mapping[str, Any] | None = None,
        io_manager_key: str | None = None,
        io_manager_def: Any = None,
        description: str | None = None,
        partitions_def: Any = None,
        group_name: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        observe_fn: Callable[..., Any] | None = None,
        op_tags: Mapping[str, Any] | None = None,
        *,
        auto_observe_interval_minutes: float | None = None,
        legacy_freshness_policy: Any = None,
        automation_condition: Any = None,
        tags: Mapping[str, str] | None = None,
        _required_resource_keys: Iterable[str] | None = None,
    ) -> None:
        self._where = location_of(observe_fn) if observe_fn is not None else caller_location()
        self.auto_observe_interval_minutes = auto_observe_interval_minutes
        self.legacy_freshness_policy = legacy_freshness_policy
        self.observe_fn = observe_fn
        self.op_tags = op_tags
        self.resource_defs: dict[str, Any] = dict(resource_defs or {})
        spec = AssetSpec(
            key,
            description=description,
            metadata=dict(metadata or {}),
            group_name=group_name,
            automation_condition=automation_condition,
            tags=dict(tags or {}),
            partitions_def=partitions_def,
        )
        if io_manager_def is not None:
            io_manager_key = io_manager_key or f"{spec.key.to_python_identifier()}__io_manager"
            self.resource_defs[io_manager_key] = io_manager_def
        self.raw_metadata = dict(spec.metadata)
        if io_manager_key is not None:
            spec = spec.with_io_manager_key(io_manager_key)
        self._spec = spec
        self._op = None if observe_fn is None else _observing_op(observe_fn, spec.key, op_tags, _required_resource_keys)

    @property
    def computation(self) -> ComputationSpec:
        """The asset and what observes it, as data."""
        key = self._spec.key
        name = key.to_python_identifier()
        if self._op is None:
            return ComputationSpec(name, (self._spec,), execution_type=ExecutionType.UNEXECUTABLE)
        return ComputationSpec(
            name,
            (self._spec,),
            node=self._op.spec,
            outputs={RESULT: key},
            execution_type=ExecutionType.OBSERVATION,
        )

    @property
    def location(self) -> SourceLocation | None:
        """Where it was written."""
        return self._where

    @property
    def spec(self) -> AssetSpec:
        """The asset as data."""
        return self._spec

    @property
    def key(self) -> AssetKey:
        """The asset's key."""
        return self._spec.key

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about the asset."""
        return self.raw_metadata

    @property
    def io_manager_key(self) -> str | None:
        """The key of the resource that loads it."""
        return self._spec.metadata.get(IO_MANAGER_METADATA)

    @property
    def io_manager_def(self) -> Any:
        """The IO manager that loads it, if it came with one."""
        return None if self.io_manager_key is None else self.resource_defs.get(self.io_manager_key)

    @property
    def description(self) -> str | None:
        """Text for people."""
        return self._spec.description

    @property
    def partitions_def(self) -> Any:
        """How the asset is cut."""
        return self._spec.partitions_def

    @property
    def group_name(self) -> str:
        """The one group of the asset."""
        return self._spec.group

    @property
    def tags(self) -> Mapping[str, str]:
        """The labels of the asset."""
        return self._spec.tags

    @property
    def automation_condition(self) -> Any:
        """When it should be observed by itself."""
        return self._spec.automation_condition

    @property
    def node_def(self) -> OpDefinition | None:
        """The op that observes it, if there is one."""
        return self._op

    @property
    def op(self) -> OpDefinition:
        """The op that observes it.

        Raises:
            AttributeError: Nothing observes it.
        """
        if self._op is None:
            raise AttributeError(f"{self.key.to_user_string()} has no op: it has no observe_fn.")
        return self._op

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The resources that the observing function asks for."""
        return frozenset() if self._op is None else self._op.required_resource_keys

    @property
    def is_observable(self) -> bool:
        """Whether a function observes it."""
        return self._op is not None

    @property
    def is_executable(self) -> bool:
        """Whether a run can execute it: the same as :attr:`is_observable`."""
        return self._op is not None

    @property
    def execution_type(self) -> ExecutionType:
        """What running it does."""
        return ExecutionType.OBSERVATION if self.is_observable else ExecutionType.UNEXECUTABLE

    def with_attributes(self, group_name: str | None = None, key: AssetKey | None = None) -> SourceAsset:
        """Return it in another group or under another key."""
        return self.with_spec(
            msgspec.structs.replace(
                self._spec, group_name=group_name or self._spec.group_name, key=key or self._spec.key
            )
        )

    def with_spec(self, spec: AssetSpec) -> SourceAsset:
        """Return it with its asset described otherwise."""
        made = self._copied()
        made._spec = spec
        return made

    def with_resources(self, resource_defs: Mapping[str, Any]) -> SourceAsset:
        """Return it with resources for the keys that it does not define itself."""
        made = self._copied()
        made.resource_defs = {**resource_defs, **self.resource_defs}
        return made

    def _copied(self) -> SourceAsset:
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.key.to_user_string()!r}>"


def _observing_op(
    function: Callable[..., Any],
    key: AssetKey,
    op_tags: Mapping[str, Any] | None,
    required_resource_keys: Iterable[str] | None,
) -> OpDefinition:
    op = build_op(
        function,
        name=key.to_python_identifier(),
        out=Out(Nothing),
        required_resource_keys=required_resource_keys,
        what="observable source asset",
        tags=op_tags,
    )
    refuse_inputs(op)
    return op


def refuse_inputs(op: OpDefinition) -> None:
    """Refuse an observing function that takes values of assets: it looks at what is there by itself."""
    names = [one.name for one in op.spec.inputs]
    if names:
        raise DagsterInvalidDefinitionError(
            f"The observing function of {op.name!r} takes {', '.join(names)}; it takes a context, config and resources"
            " only.",
            where=location_of(op.compute_fn),
        )
