"""The resources of a run: which are needed, set up, and given to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from earmark.define.resources.resource_context import Resources
from earmark.define.resources.resources import ResourceRun, initialized_resources
from earmark.events.kinds import ResourceInitFailed, ResourceInitStarted, ResourceInitSucceeded
from earmark.execute.errors import error_info
from earmark.plan.step import FromAsset, FromCollected, FromMany, FromMapped, FromStep, Step, StepSource
from earmark.specs.op import DEFAULT_IO_MANAGER
from earmark.values.errors import DagsterError

if TYPE_CHECKING:
    from earmark.execute.scope import RunScope


def namespace_of(resources: Mapping[str, Any] | Resources) -> Resources:
    """Return plain objects, or resources that are set up, as a namespace."""
    return resources if isinstance(resources, Resources) else Resources(resources)


def resource_config_of(run: RunScope, key: str) -> Any:
    """Return the raw configuration of a resource in a run."""
    entry = run.config.resources.get(key)
    return entry.get("config") if isinstance(entry, Mapping) else None


def required_by(run: RunScope, steps: tuple[Step, ...]) -> dict[str, str]:
    """Return the keys of resources that steps need, and who needs each: ops, IO managers, hooks."""
    needed: dict[str, str] = {}
    for step in steps:
        asker = f"op {step.op!r}"
        for key in step.required_resources:
            needed.setdefault(key, asker)
        for out in step.outputs:
            if not out.is_nothing and out.check_key is None and out.selected:
                needed.setdefault(out.io_manager_key, f"the output {out.name!r} of {asker}")
        for step_input in step.inputs:
            if step_input.input_manager_key:
                needed.setdefault(step_input.input_manager_key, f"the input {step_input.name!r} of {asker}")
            elif not step_input.is_nothing:
                for key in _managers_of(run, step_input.source):
                    needed.setdefault(key, f"the input {step_input.name!r} of {asker}")
        for hook in run.job.hooks_at(step.path):
            for key in hook.required_resource_keys:
                needed.setdefault(key, f"hook {hook.name!r}")
    return needed


def _managers_of(run: RunScope, source: StepSource) -> Iterator[str]:
    """Say which IO managers load an input: of the outputs it comes from, whichever process stored them."""
    match source:
        case FromAsset(asset_key):
            layer = run.job.asset_layer
            named = None if layer is None else layer.io_manager_key_of(asset_key)
            yield named or DEFAULT_IO_MANAGER
        case FromMany(sources):
            for part in sources:
                yield from _managers_of(run, part)
        case FromStep() | FromMapped() | FromCollected():
            key = source.step.partition("[")[0]
            upstream = run.plan.by_key.get(key) or run.job.plan().by_key.get(key)
            output = None if upstream is None else upstream.output(source.output)
            if output is not None:
                yield output.io_manager_key


@contextmanager
def resources_for(run: RunScope, steps: tuple[Step, ...], defaults: Mapping[str, Any]) -> Iterator[None]:
    """Set up what ``steps`` need and put it at the run's hand; tear it down on leaving.

    Args:
        run: The run; its ``resources`` are set while inside.
        steps: The steps that will be executed in this process.
        defaults: Definitions of keys that the job does not define, such as the IO manager.

    Raises:
        DagsterInvalidDefinitionError: A key is needed that nobody defined.
        DagsterResourceFunctionError: Setting one up raised.
    """
    given = {**defaults, **run.job.resource_defs}
    needed = required_by(run, steps)
    log = run.log_for(None)
    about = ResourceRun(run.instance, run.run, log, f"job {run.job.name!r}")
    keys = tuple(sorted(needed))
    step_key = steps[0].key if len(steps) == 1 else None
    if keys:
        run.recorder.add(ResourceInitStarted(keys), step_key)
    started = run.clock()
    manager = initialized_resources(given, needed, run.config.resources, about)
    try:
        made = manager.__enter__()
    except DagsterError as error:
        run.recorder.add(ResourceInitFailed(keys[0] if keys else "", error_info(error)), step_key)
        raise
    if keys:
        run.recorder.add(ResourceInitSucceeded(dict.fromkeys(keys, run.clock() - started)), step_key)
    run.resources = made._asdict()
    try:
        yield
    finally:
        run.resources = {}
        manager.__exit__(None, None, None)
