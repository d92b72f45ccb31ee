"""From what is asked for to a run that waits in the queue of the home's host."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    from earmark.events.kinds import RunEnqueued
    from earmark.execute.asking import plan_of
    from earmark.execute.request import new_run
    from earmark.tags.flow import read_flow

    with open_instance() as instance:
        plan, _, ask = plan_of(job, ask, instance)
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
