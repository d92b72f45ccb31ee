"""Executing definitions in this process: jobs, assets, and for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from earmark.define.assets.asset_job import layer_resources, select_layer
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.config.run_config import run_config_dict
from earmark.define.definitions import Definitions
from earmark.define.ops.job import JobDefinition
from earmark.define.resources.io_definition import IOManagerDefinition
from earmark.execute.instance import DagsterInstance
from earmark.execute.io_managers import InMemoryIOManager
from earmark.execute.request import asset_selection_of, new_run
from earmark.execute.results import ExecuteInProcessResult
from earmark.execute.run import RunExecution
from earmark.execute.run_config import resolve_run_config
from earmark.runs.request import RunAsk
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.values.errors import DagsterInvariantViolationError

EPHEMERAL_JOB = "__ephemeral_asset_job__"
"""The name of the job that :func:`materialize` makes."""


def execute_job_in_process(
    job: JobDefinition,
    *,
    run_config: Any = None,
    instance: DagsterInstance | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    op_selection: Sequence[str] | None = None,
    asset_selection: Sequence[Any] | None = None,
    run_id: str | None = None,
    input_values: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
) -> ExecuteInProcessResult:
    """Execute a job in this process; see :meth:`JobDefinition.execute_in_process`."""
    if resources:
        job = job.with_resources_replaced(resources)
    if job.graph_def is not None and DEFAULT_IO_MANAGER not in job.resource_defs:
        # Values of ops live no longer than the process that asked for them.
        job = job.with_resources_replaced({DEFAULT_IO_MANAGER: _memory()})
    selected = asset_selection_of(asset_selection)
    plan = job.plan(asset_selection=selected, op_selection=op_selection)
    given = run_config
    if run_config is None and job.partitioned_config is not None and partition_key is not None:
        given = job.partitioned_config.get_run_config_for_partition_key(partition_key)
    config = resolve_run_config(job, plan, given, input_values=input_values)
    ask = RunAsk(
        tags=tags or {},
        partition=partition_key,
        run_config=None if given is None else run_config_dict(given),
        asset_selection=selected,
        op_selection=None if op_selection is None else tuple(op_selection),
        resolved_op_selection=None if op_selection is None else frozenset(".".join(step.path) for step in plan.steps),
    )
    with nullcontext(instance) if instance is not None else DagsterInstance.ephemeral() as at_hand:
        run = new_run(job, plan, at_hand, ask, run_id=run_id).run
        execution = RunExecution(
            job, run, plan, at_hand, config, input_values=input_values, keep=True, raise_on_error=raise_on_error
        )
        ended = execution.execute()
        return ExecuteInProcessResult(job, ended, execution.recorder.events, plan, execution.scope.captured or {})


def _memory() -> IOManagerDefinition:
    return IOManagerDefinition(lambda _context: InMemoryIOManager())


def materialize(
    assets: Sequence[Any],
    run_config: Any = None,
    instance: DagsterInstance | None = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, Any] | None = None,
    selection: Any = None,
) -> ExecuteInProcessResult:
    """Materialize assets in this process, with their checks.

    Args:
        assets: Definitions of assets and checks; those that are not selected are there to be loaded from.
        run_config: The run's configuration.
        instance: Where events and values go; an ephemeral instance if ``None``.
        resources: What the resource keys mean.
        partition_key: The partition to materialize.
        raise_on_error: Whether the first failure is raised.
        tags: Labels of the run.
        selection: Only these: a query such as ``"tag:domain=sales"``, an :class:`AssetSelection`, or a list of keys.

    Raises:
        DagsterInvalidDefinitionError: The definitions contradict each other, or a resource is missing.
        Exception: What user code raised, where ``raise_on_error`` is true.

    Example:
        >>> from earmark import asset
        >>> @asset(tags={"domain": "sales"})
        ... def orders():
        ...     return [1, 2, 3]
        >>> @asset
        ... def order_count(orders):
        ...     return len(orders)
        >>> materialize([orders, order_count]).asset_value("order_count")
        3
    """
    job = ephemeral_job(assets, resources, selection)
    return execute_job_in_process(
        job,
        run_config=run_config,
        instance=instance,
        partition_key=partition_key,
        raise_on_error=raise_on_error,
        tags=tags,
    )


def ephemeral_job(assets: Sequence[Any], resources: Mapping[str, Any] | None, selection: Any) -> JobDefinition:
    """Return a job over some assets, made for one run."""
    definitions = Definitions(assets=assets, resources=resources)
    chosen = AssetSelection.all() if selection is None else AssetSelection.from_coercible(selection)
    layer = select_layer(definitions.resolved, chosen)
    return JobDefinition(
        name=EPHEMERAL_JOB,
        asset_layer=layer,
        resource_defs=layer_resources(layer, definitions.resources),
    )


def materialize_to_memory(
    assets: Sequence[Any],
    run_config: Any = None,
    instance: DagsterInstance | None = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    raise_on_error: bool = True,
    tags: Mapping[str, Any] | None = None,
    selection: Any = None,
) -> ExecuteInProcessResult:
    """Materialize assets without storing any value: every IO manager is replaced by memory.

    Arguments as :func:`materialize`.

    Raises:
        DagsterInvariantViolationError: ``resources`` names an IO manager, which would be replaced.

    Example:
        >>> from earmark import asset
        >>> @asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> materialize_to_memory([orders]).asset_value("orders")
        [1, 2, 3]
    """
    job = ephemeral_job(assets, resources, selection)
    keys = {out.io_manager_key for step in job.plan().steps for out in step.outputs} | {DEFAULT_IO_MANAGER}
    for key in sorted(keys & set(resources or {})):
        raise DagsterInvariantViolationError(
            f"materialize_to_memory was given the resource {key!r}, which is an IO manager.",
            hint="Leave it out: all values stay in memory. Or call materialize.",
        )
    memory = InMemoryIOManager()
    job = job.with_resources_replaced({key: IOManagerDefinition(lambda _context: memory) for key in keys})
    return execute_job_in_process(
        job,
        run_config=run_config,
        instance=instance,
        partition_key=partition_key,
        raise_on_error=raise_on_error,
        tags=tags,
    )
