"""Hooks: user code that runs after each step, and can change nothing about it."""

from __future__ import annotations

from typing import Any

from earmark.define.ops.hooks import HookContext, HookExecutionResult
from earmark.define.resources.resource_context import Resources
from earmark.events.kinds import HookCompleted, HookErrored, HookSkipped
from earmark.execute.errors import error_info
from earmark.execute.scope import RunScope, StepScope
from earmark.plan.step import Step


def run_hooks(run: RunScope, step: Step, scope: StepScope, exception: BaseException | None) -> None:
    """Run every hook that follows the step. A hook that raises is recorded; the step's end stands."""
    for hook in sorted(run.job.hooks_at(step.path), key=lambda one: one.name):
        context = HookContext(
            hook_def=hook,
            job_name=run.job.name,
            run_id=run.run.run_id,
            step_key=step.key,
            log=scope.log,
            resources=Resources(run.resources)._only(hook.required_resource_keys, f"hook {hook.name!r}"),
            op=scope.op_def,
            op_config=scope.op_config,
            op_exception=exception,
            op_output_values=_outputs(run, step),
            op_output_metadata={name: facts for (name, _), facts in scope.output_metadata.items()},
            instance=run.instance,
        )
        try:
            result = hook.hook_fn(context, run.recorder.events)
        except Exception as error:
            scope.emit(HookErrored(hook.name, error_info(error)))
            continue
        skipped = isinstance(result, HookExecutionResult) and result.is_skipped
        scope.emit(HookSkipped(hook.name) if skipped else HookCompleted(hook.name))


def _outputs(run: RunScope, step: Step) -> dict[str, Any]:
    if run.captured is None:
        return {}
    found: dict[str, Any] = {}
    for (key, name, mapping_key), value in run.captured.items():
        if key != step.key:
            continue
        if mapping_key is None:
            found[name] = value
        else:
            found.setdefault(name, {})[mapping_key] = value
    return found
