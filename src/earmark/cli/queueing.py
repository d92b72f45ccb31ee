"""From what is asked for to a run that waits in the queue of the home's host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

if TYPE_CHECKING:
    from earmark.define.job import JobDefinition
    from earmark.guest.loader import LoadedCode
    from earmark.runs.request import RunAsk
    from earmark.runs.run import DagsterRun


def enqueue(code: LoadedCode, job: JobDefinition, ask: RunAsk) -> DagsterRun:
    """Check and store a run that waits, and wake the host; without a host it waits until one starts.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit.
        DagsterInvalidDefinitionError: A tag breaks its rule.
    """
    from earmark.cli.opening import open_instance
    from earmark.daemon.wakeups import wake_host
    from earmark.define.run_config import run_config_dict
    from earmark.events.kinds import RunEnqueued
    from earmark.execute.request import new_run
    from earmark.execute.run_config import resolve_run_config
    from earmark.tags.flow import read_flow

    plan = job.plan(asset_selection=ask.asset_selection, op_selection=ask.op_selection)
    if ask.op_selection is not None:
        ask = replace(ask, resolved_op_selection=frozenset(".".join(step.path) for step in plan.steps))
    given: Any = ask.run_config
    if given is None and ask.again is not None:
        given = ask.again.parent.run_config or None
    if given is None and ask.partition is not None and job.partitioned_config is not None:
        given = job.partitioned_config.get_run_config_for_partition_key(ask.partition)
        ask = replace(ask, run_config=run_config_dict(given))
    if ask.step_keys is not None:
        plan = plan.only(ask.step_keys)
    resolve_run_config(job, plan, given)
    with open_instance() as instance:
        asked = new_run(
            job,
            plan,
            instance,
            ask,
            facts=(RunEnqueued(),),
            flow=read_flow(code.definitions.tag_flow),
            code_location=code.target.name or code.target.label,
        )
        wake_host(instance.home)
        return asked.run
