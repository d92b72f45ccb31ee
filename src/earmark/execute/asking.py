"""From a job and what is asked for to what will run: the plan, the configuration, and the request made whole."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from earmark.define.config.run_config import run_config_dict
from earmark.define.ops.job import JobDefinition
from earmark.execute.execute_job import steps_from_failure
from earmark.execute.instance import DagsterInstance
from earmark.execute.run_config import ResolvedConfig, resolve_run_config
from earmark.plan.plan import Plan
from earmark.runs.request import RunAsk


def plan_of(job: JobDefinition, ask: RunAsk, instance: DagsterInstance) -> tuple[Plan, ResolvedConfig, RunAsk]:
    """Return the plan and the configuration of what is asked for, and the request with what follows from them.

    What a re-execution does not say is taken from the run that it executes again; from its failure, that are the steps
    that did not succeed.

    Raises:
        DagsterInvalidSubsetError: A selection names what the job does not have.
        DagsterInvalidConfigError: The configuration does not fit.
        DagsterExecutionStepNotFoundError: A step is named that the plan does not have.
    """
    parent = None if ask.again is None else ask.again.parent
    assets, checks, ops, steps = ask.asset_selection, ask.asset_check_selection, ask.op_selection, ask.step_keys
    if parent is not None and assets is None and checks is None and ops is None:
        assets, checks, ops = parent.asset_selection, parent.asset_check_selection, parent.op_selection
    if parent is not None and ask.again is not None and ask.again.from_failure and steps is None:
        steps = tuple(steps_from_failure(parent, instance))
    plan = job.plan(asset_selection=assets, check_selection=checks, op_selection=ops)
    if steps is not None:
        plan = plan.only(
            [key for key in steps if key.partition("[")[0] in plan.by_key] if parent is not None else steps
        )
    config: Any = ask.run_config
    partitioned = job.partitioned_config
    if config is None and partitioned is not None and ask.partition is not None:
        config = run_config_dict(partitioned.get_run_config_for_partition_key(ask.partition))
    wanted = replace(ask, run_config=config, step_keys=steps)
    if ops is not None:
        wanted = replace(wanted, resolved_op_selection=frozenset(".".join(step.path) for step in plan.steps))
    given = config if config is not None or parent is None else parent.run_config or None
    return plan, resolve_run_config(job, plan, given), wanted
