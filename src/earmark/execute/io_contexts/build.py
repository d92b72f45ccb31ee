"""Outputs and inputs to call an IO manager with in a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earmark.define.types.types import resolve_type
from earmark.execute.io_contexts.input import InputContext
from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.partitions import RunPartitions
from earmark.execute.resources import namespace_of
from earmark.values.keys import AssetKey


def build_output_context(
    step_key: str | None = None,
    name: str | None = None,
    definition_metadata: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    mapping_key: str | None = None,
    config: Any = None,
    dagster_type: Any = None,
    version: str | None = None,
    resource_config: Any = None,
    resources: Mapping[str, Any] | None = None,
    op_def: Any = None,
    asset_key: Any = None,
    partition_key: str | None = None,
    asset_partitions_def: Any = None,
    asset_partition_key_range: Any = None,
    instance: Any = None,
    asset_spec: Any = None,
    metadata: Mapping[str, Any] | None = None,
    output_metadata: Mapping[str, Any] | None = None,
) -> OutputContext:
    """Return an :class:`OutputContext` to call an IO manager with in a test.

    Example:
        >>> build_output_context(asset_key="orders", partition_key="2026-11-01").partition_key
        '2026-11-01'
    """
    return OutputContext(
        step_key=step_key,
        run_id=run_id,
        mapping_key=mapping_key,
        version=version,
        asset_spec=asset_spec,
        output_metadata=output_metadata,
        **_common(
            name=name,
            config=config,
            definition_metadata=definition_metadata,
            metadata=metadata,
            dagster_type=dagster_type,
            resource_config=resource_config,
            resources=resources,
            op_def=op_def,
            asset_key=asset_key,
            partition_key=partition_key,
            partition_key_range=asset_partition_key_range,
            partitions_def=asset_partitions_def,
            instance=instance,
        ),
    )


def build_input_context(
    name: str | None = None,
    config: Any = None,
    definition_metadata: Mapping[str, Any] | None = None,
    upstream_output: OutputContext | None = None,
    dagster_type: Any = None,
    resource_config: Any = None,
    resources: Mapping[str, Any] | None = None,
    op_def: Any = None,
    step_context: Any = None,
    asset_key: Any = None,
    partition_key: str | None = None,
    asset_partition_key_range: Any = None,
    asset_partitions_def: Any = None,
    instance: Any = None,
    metadata: Mapping[str, Any] | None = None,
) -> InputContext:
    """Return an :class:`InputContext` to call an IO manager with in a test.

    Example:
        >>> upstream = build_output_context(name="result", step_key="load", run_id="r1")
        >>> build_input_context(upstream_output=upstream).get_identifier()
        ['r1', 'load', 'result']
    """
    return InputContext(
        upstream_output=upstream_output,
        **_common(
            name=name,
            config=config,
            definition_metadata=definition_metadata,
            metadata=metadata,
            dagster_type=dagster_type,
            resource_config=resource_config,
            resources=resources,
            op_def=op_def,
            asset_key=asset_key,
            partition_key=partition_key,
            partition_key_range=asset_partition_key_range,
            partitions_def=asset_partitions_def,
            instance=instance,
            step_context=step_context,
        ),
    )


def _common(
    *,
    name: str | None,
    config: Any,
    definition_metadata: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None,
    dagster_type: Any,
    resource_config: Any,
    resources: Any,
    op_def: Any,
    asset_key: Any,
    partition_key: str | None,
    partition_key_range: Any,
    partitions_def: Any,
    instance: Any,
    step_context: Any = None,
) -> dict[str, Any]:
    return {
        "name": name,
        "job_name": None,
        "definition_metadata": definition_metadata or metadata,
        "config": config,
        "dagster_type": None if dagster_type is None else resolve_type(dagster_type),
        "resource_config": resource_config,
        "resources": namespace_of(resources or {}),
        "op_def": op_def,
        "asset_key": None if asset_key is None else AssetKey.from_coercible(asset_key),
        "partitions": RunPartitions(partition_key, partition_key_range, instance),
        "partitions_def": partitions_def,
        "instance": instance,
        "log": None,
        "step_context": step_context,
        # Without a definition of partitions to ask, the key that was given is the asset's own.
        "keys": None if partitions_def is not None or None in (asset_key, partition_key) else (partition_key,),
    }
