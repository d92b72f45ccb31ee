"""From what is asked for to a run that waits in the queue of the home's host."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earmark.define.ops.job import JobDefinition
    from earmark.execute.instance import DagsterInstance
    from earmark.guest.loader import LoadedCode
    from earmark.runs.request import RunAsk
    from earmark.runs.run import DagsterRun


def enqueue(code: LoadedCode, job: JobDefinition, ask: RunAsk, *, as_json: bool = False) -> int:
    """Check and store a run that waits, wake the host, and say which run it is; return the exit code.

    Without a host the run waits until one starts.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit.
        DagsterInvalidDefinitionError: A tag breaks its rule.
    """
    from earmark.cli import exits
    from earmark.cli.launching import run_as_json
    from earmark.cli.opening import open_instance
    from earmark.cli.terminal import print_json

    with open_instance(quiet=as_json, span=f"launch {job.name}") as instance:
        run = put_into_queue(code, job, ask, instance)
        heard = wake(instance)
    if as_json:
        print_json(run_as_json(run))
        return exits.OK
    tell_queued(run.run_id)
    tell_of_host(heard)
    return exits.OK


def put_into_queue(code: LoadedCode, job: JobDefinition, ask: RunAsk, instance: DagsterInstance) -> DagsterRun:
    """Check and store a run that waits, note who asked for it, and return it.

    Raises:
        DagsterInvalidConfigError: The configuration does not fit.
        DagsterInvalidDefinitionError: A tag breaks its rule.
    """
    from msgspec.structs import replace

    from earmark.cli.hosting import note
    from earmark.cli.launching import require_partition
    from earmark.cli.opening import present_span
    from earmark.execute.queueing import queue_run

    if ask.again is None:
        require_partition(code, job, ask)
    ask = replace(ask, traceparent=present_span())
    run = queue_run(job, ask, instance, code_location=code.target.name or code.target.label).run
    note(instance.store, "run.launch", run.run_id, run.job_name)
    return run


def tell_queued(run_id: str) -> None:
    """Say that a run waits."""
    from earmark.cli.terminal import out

    out().print(f"Run {run_id} waits in the queue.")


def wake(instance: DagsterInstance) -> bool:
    """Tell the host of a home that there is something to do; return whether one works there, as far as can be told.

    Hosts of a PostgreSQL store may work on other machines, and hear of it from the database.
    """
    from earmark.system.wake import wake_host

    return wake_host(instance.home) or instance.store.dialect != "sqlite"


def tell_of_host(works: bool) -> None:
    """Say what to do if no host works on the home."""
    from earmark.cli.terminal import err

    if not works:
        err().print("No host works on this home; start one with `earmark dev` or `earmark daemon`.", style="yellow")
