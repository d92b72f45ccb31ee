"""Loading the value of an asset outside any run."""

from __future__ import annotations

from typing import Any

from earmark.define.assets.asset_job import global_asset_job
from earmark.define.resources.resources import ResourceRun, initialized_resources
from earmark.define.types.types import resolve_type
from earmark.execute.instance import DagsterInstance
from earmark.execute.io_contexts.build import build_output_context
from earmark.execute.io_contexts.input import InputContext
from earmark.execute.io_managers import fs_io_manager
from earmark.execute.partitions import RunPartitions
from earmark.partitions import PartitionKeyRange
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.values.errors import DagsterInvariantViolationError, did_you_mean
from earmark.values.keys import AssetKey


def load_asset_value(
    definitions: Any,
    asset_key: Any,
    *,
    python_type: Any = None,
    instance: DagsterInstance | None = None,
    partition_key: str | None = None,
    metadata: Any = None,
    resource_config: Any = None,
    partition_key_range: PartitionKeyRange | None = None,
) -> Any:
    """Load the value of an asset by the IO manager that its definition names.

    Args:
        definitions: Where the asset is defined.
        asset_key: The asset.
        python_type: The type of the value, for IO managers that look at it.
        instance: The instance whose storage holds it; that of the home if ``None``.
        partition_key: The partition.
        metadata: What the IO manager sees as the input's metadata.
        resource_config: Configuration by resource key.
        partition_key_range: The first and last of several partitions.

    Raises:
        DagsterInvariantViolationError: There is no such asset, both a partition and a range are given, or the asset
            has no partitions.
    """
    key = AssetKey.from_coercible(asset_key)
    job = global_asset_job(definitions.resolved, resource_defs=definitions.resources or {})
    layer = job.asset_layer
    spec = None if layer is None else layer.spec_of(key)
    if layer is None or spec is None:
        known = [one.to_user_string() for one in definitions.resolve_all_asset_keys()]
        name = key.to_user_string()
        raise DagsterInvariantViolationError(f"There is no asset {name}.{did_you_mean(name, known)}", asset_key=key)
    at_hand = instance or DagsterInstance.get()
    about_partitions = RunPartitions(partition_key, partition_key_range, at_hand)
    keys = None if partition_key is None else [partition_key]
    if partition_key_range is not None:
        if partition_key is not None or spec.partitions_def is None:
            why = "both a partition and a range" if partition_key is not None else "a range, and it has no partitions"
            raise DagsterInvariantViolationError(f"Loading {key.to_user_string()} was given {why}.")
        keys = list(about_partitions.keys(spec.partitions_def))
    manager_key = layer.io_manager_key_of(key) or DEFAULT_IO_MANAGER
    given = {DEFAULT_IO_MANAGER: fs_io_manager, **job.resource_defs}
    needed = {manager_key: f"the asset {key.to_user_string()!r}"}
    about = ResourceRun(at_hand, subject=f"loading {key.to_user_string()}")
    with initialized_resources(given, needed, resource_config, about) as resources:
        manager = resources._asdict()[manager_key]
        upstream = build_output_context(
            asset_key=key,
            definition_metadata=spec.metadata,
            partition_key=partition_key,
            asset_partitions_def=spec.partitions_def,
            instance=at_hand,
            asset_spec=spec,
        )
        context = InputContext(
            upstream_output=upstream,
            name=None,
            job_name=None,
            definition_metadata=metadata or {},
            config=None,
            dagster_type=resolve_type(Any if python_type is None else python_type),
            resource_config=None,
            resources=resources,
            op_def=None,
            asset_key=key,
            partitions=about_partitions,
            partitions_def=spec.partitions_def,
            instance=at_hand,
            log=None,
            step_context=None,
            keys=keys,
        )
        return manager.load_input(context)
