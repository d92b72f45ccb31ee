"""Everything that a code location defines, as data: what its process hands over to the host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.specs.asset import AssetSpec
from earmark.specs.check import AssetCheckSpec
from earmark.specs.computation import ComputationSpec
from earmark.specs.graph import GraphSpec, NodeSpec
from earmark.specs.job import JobSpec
from earmark.specs.metadata import data_only_metadata, restore_metadata
from earmark.specs.op import OpSpec
from earmark.specs.resource import ResourceSpec
from earmark.specs.schedule import ScheduleSpec
from earmark.specs.sensor import SensorSpec
from earmark.tags.flow import FlowRule
from earmark.values import wire


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """All definitions of a code location.

    Args:
        computations: What gives the assets and checks, external ones included.
        jobs: The jobs, the one over all assets included.
        schedules: The schedules.
        sensors: The sensors.
        resources: The resources: names, types and schemas, no values.
        tag_flow: Which tags of assets reach the runs that write them, and how.
        metadata: Facts about the whole.
    """

    computations: tuple[ComputationSpec, ...] = ()
    jobs: tuple[JobSpec, ...] = ()
    schedules: tuple[ScheduleSpec, ...] = ()
    sensors: tuple[SensorSpec, ...] = ()
    resources: tuple[ResourceSpec, ...] = ()
    tag_flow: dict[str, FlowRule] = {}
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if self.metadata:
            msgspec.structs.force_setattr(self, "metadata", restore_metadata(self.metadata))

    @staticmethod
    def of(
        *,
        computations: Iterable[ComputationSpec] = (),
        jobs: Iterable[JobSpec] = (),
        schedules: Iterable[ScheduleSpec] = (),
        sensors: Iterable[SensorSpec] = (),
        resources: Iterable[ResourceSpec] = (),
        tag_flow: Mapping[str, FlowRule] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Return the manifest of specs as definitions hold them: metadata that is no data is named, not kept.

        Example:
            >>> Manifest.of(metadata={"team": "growth"}).metadata
            {'team': 'growth'}
        """
        return Manifest(
            tuple(data_only_computation(one) for one in computations),
            tuple(_data_only_job(one) for one in jobs),
            tuple(_data_only(one) for one in schedules),
            tuple(_data_only(one) for one in sensors),
            tuple(resources),
            dict(tag_flow or {}),
            data_only_metadata(metadata or {}),
        )

    def encode(self) -> bytes:
        """Return the manifest as JSON."""
        return wire.encode(self)

    @staticmethod
    def decode(data: bytes) -> Manifest:
        """Read a manifest from JSON.

        Raises:
            msgspec.ValidationError: The data is of another shape; the message holds the path.
        """
        return wire.decode(data, Manifest)


def data_only_computation(spec: ComputationSpec) -> ComputationSpec:
    """Return a computation with metadata that is data alone."""
    changes: dict[str, Any] = {}
    if any(one.metadata or any(dep.metadata for dep in one.deps) for one in spec.assets):
        changes["assets"] = tuple(_data_only_asset(one) for one in spec.assets)
    if any(one.metadata for one in spec.checks):
        changes["checks"] = tuple(_data_only_check(one) for one in spec.checks)
    if spec.node is not None:
        node = _data_only_node(spec.node)
        if node is not spec.node:
            changes["node"] = node
    return replace(spec, **changes) if changes else spec


def _data_only_asset(spec: AssetSpec) -> AssetSpec:
    deps = tuple(replace(dep, metadata=data_only_metadata(dep.metadata)) if dep.metadata else dep for dep in spec.deps)
    return replace(spec, metadata=data_only_metadata(spec.metadata), deps=deps)


def _data_only(spec: Any) -> Any:
    return replace(spec, metadata=data_only_metadata(spec.metadata)) if spec.metadata else spec


def _data_only_check(spec: AssetCheckSpec) -> AssetCheckSpec:
    return replace(spec, metadata=data_only_metadata(spec.metadata))


def _data_only_job(spec: JobSpec) -> JobSpec:
    changes: dict[str, Any] = {}
    if spec.metadata:
        changes["metadata"] = data_only_metadata(spec.metadata)
    if spec.graph is not None:
        graph = _data_only_node(spec.graph)
        if graph is not spec.graph:
            changes["graph"] = graph
    return replace(spec, **changes) if changes else spec


def _data_only_node(spec: OpSpec | GraphSpec) -> OpSpec | GraphSpec:
    """Return an op or graph with metadata that is data alone; graphs nest only as deep as people nest them."""
    changes: dict[str, Any] = {}
    for field in ("inputs", "outputs"):
        slots: tuple[Any, ...] = getattr(spec, field)
        if any(slot.metadata for slot in slots):
            changes[field] = tuple(replace(slot, metadata=data_only_metadata(slot.metadata)) for slot in slots)
    if isinstance(spec, GraphSpec):
        nodes = tuple(_data_only_use(node) for node in spec.nodes)
        if any(new is not old for new, old in zip(nodes, spec.nodes, strict=True)):
            changes["nodes"] = nodes
    return replace(spec, **changes) if changes else spec


def _data_only_use(node: NodeSpec) -> NodeSpec:
    definition = _data_only_node(node.definition)
    return node if definition is node.definition else replace(node, definition=definition)
