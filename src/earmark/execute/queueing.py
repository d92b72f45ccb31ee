"""From a job and what is asked for to a run that waits in the queue, for the command line, guests and Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.define.config.run_config import run_config_dict
from earmark.define.ops.job import JobDefinition
from earmark.events.kinds import RunEnqueued
from earmark.execute.asking import plan_of
from earmark.execute.instance import DagsterInstance
from earmark.execute.request import asset_selection_of, new_run
from earmark.runs.request import RunAsk, RunRequestResult
from earmark.runs.run import DagsterRun
from earmark.system.wake import wake_host


def queue_run(
    job: JobDefinition,
    ask: RunAsk,
    instance: DagsterInstance,
    *,
    code_location: str | None,
    run_id: str | None = None,
) -> RunRequestResult:
    """Check what is asked for, store it as a run that waits, and return it. Nobody is woken.

    Args:
        job: The job.
        ask: What of it is asked for.
        instance: Where the run is stored.
        code_location: The location that holds the code.
        run_id: The run's id; a new one if ``None``.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit.
        DagsterInvalidSubsetError: A selection names what the job does not have.
        DagsterInvalidDefinitionError: A tag breaks its rule.
    """
    plan, _, ask = plan_of(job, ask, instance)
    return new_run(job, plan, instance, ask, run_id=run_id, facts=(RunEnqueued(),), code_location=code_location)


def submit_run(
    job: JobDefinition,
    instance: DagsterInstance,
    *,
    code_location: str,
    run_config: Any = None,
    tags: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    asset_selection: Sequence[Any] | None = None,
    op_selection: Sequence[str] | None = None,
) -> DagsterRun:
    """Put a run of a job into the queue, where the limits and priorities of the instance hold for it, and return it.

    The host of the home starts it when its turn comes; without a host it waits until there is one.

    Args:
        job: The job.
        instance: Where the queue is.
        code_location: The code location in which a host has the job.
        run_config: The run's configuration.
        tags: Labels of the run.
        partition_key: The partition to run.
        asset_selection: Only these assets.
        op_selection: Only these ops.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit.
        DagsterInvalidSubsetError: A selection names what the job does not have.
        DagsterInvalidDefinitionError: A tag breaks its rule.

    Example:
        >>> @em.job(tags={"team": "ml"})
        ... def training(): ...
        >>> with em.DagsterInstance.ephemeral() as instance:
        ...     run = submit_run(training, instance, code_location="models", tags={"dagster/priority": 3})
        ...     [one.tags["dagster/priority"] for one in instance.store.runs.find("status:queued tag:team=ml").runs]
        ['3']
    """
    ask = RunAsk(
        tags=tags or {},
        partition=partition_key,
        run_config=None if run_config is None else run_config_dict(run_config),
        asset_selection=asset_selection_of(asset_selection),
        op_selection=None if op_selection is None else tuple(op_selection),
    )
    run = queue_run(job, ask, instance, code_location=code_location).run
    wake_host(instance.home)
    return run
