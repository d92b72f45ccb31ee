"""Each kind of event in one sentence, for people."""

from __future__ import annotations

from typing import assert_never

from earmark.events import kinds
from earmark.events.envelope import Event


def message_of(event: Event, job_name: str | None = None) -> str:
    """Return an event in one sentence."""
    fact, step, job = event.fact, event.step_key, job_name or "the job"
    match fact:
        case kinds.Logged() | kinds.EngineNoted():
            return fact.message
        case kinds.RunEnqueued():
            return "The run waits in the queue."
        case kinds.RunDequeued():
            passed = ", ".join(f"{name} ({used} of {allowed})" for name, (used, allowed) in fact.passed.items())
            return f"The run left the queue{f'; it passed {passed}' if passed else ''}."
        case kinds.RunStarting():
            return f"A worker is being started{f' by {fact.launcher}' if fact.launcher else ''}."
        case kinds.RunRequeued():
            return fact.message or "No worker came; the run waits again."
        case kinds.RunStarted():
            return f'Started execution of run for "{job}".'
        case kinds.RunSucceeded():
            return f'Finished execution of run for "{job}".'
        case kinds.RunFailed():
            return fact.message or f'Execution of run for "{job}" failed ({fact.reason.value}).'
        case kinds.RunCanceling():
            return fact.message or f"{fact.author or 'Somebody'} asked for the end of the run."
        case kinds.RunCanceled():
            return fact.message or f'Execution of run for "{job}" was canceled.'
        case kinds.RunTagged():
            changes = ", ".join(f"-{key}" if value is None else f"{key}={value}" for key, value in fact.tags.items())
            return f"{fact.author or 'Somebody'} changed tags: {changes}."
        case kinds.StepWorkerStarting():
            return f'Launching a process for step "{step}".'
        case kinds.StepWorkerStarted():
            return f'Process {fact.pid} runs step "{step}".'
        case kinds.StepWaiting():
            return f'Step "{step}" waits for {", ".join(fact.waits_for)}.'
        case kinds.StepStarted():
            return f'Started execution of step "{step}".'
        case kinds.StepRestarted():
            return f'Started re-execution (attempt # {fact.attempt}) of step "{step}".'
        case kinds.InputLoaded():
            source = (
                f', from output "{fact.upstream_output}" of step "{fact.upstream_step}"' if fact.upstream_step else ""
            )
            return f'Loaded input "{fact.input_name}" using input manager "{fact.manager_key}"{source}'
        case kinds.InputChecked():
            return f'Got input "{fact.input_name}". (Type check {"passed" if fact.passed else "failed"}).'
        case kinds.OutputYielded():
            key = f' mapping key "{fact.mapping_key}"' if fact.mapping_key else ""
            return f'Yielded output "{fact.output_name}"{key}. (Type check {"passed" if fact.passed else "failed"}).'
        case kinds.OutputHandled():
            return f'Handled output "{fact.output_name}" using IO manager "{fact.manager_key}"'
        case kinds.StepSucceeded():
            return f'Finished execution of step "{step}" in {_duration(fact.duration)}.'
        case kinds.StepFailed():
            return f'Execution of step "{step}" failed.'
        case kinds.StepSkipped():
            return f'Skipped execution of step "{step}"{f": {fact.reason}" if fact.reason else ""}.'
        case kinds.StepUpForRetry():
            wait = f" in {fact.delay:g} seconds" if fact.delay else ""
            return f'Execution of step "{step}" failed and has requested a retry{wait}.'
        case kinds.DynamicOutputsMapped():
            return f'Output "{fact.output_name}" of step "{step}" has {len(fact.mapping_keys)} elements.'
        case kinds.ExpectationEvaluated():
            return f"Expectation {fact.label or ''} {'passed' if fact.success else 'failed'}.".replace("  ", " ")
        case kinds.AssetMaterializationPlanned():
            return f"{fact.asset_key.to_user_string()} is about to be materialized."
        case kinds.AssetMaterialized():
            partition = f" on partition {fact.materialization.partition}" if fact.materialization.partition else ""
            return f"Materialized value {fact.materialization.asset_key.to_user_string()}{partition}."
        case kinds.AssetObserved():
            return f"Observed {fact.observation.asset_key.to_user_string()}."
        case kinds.AssetFailedToMaterialize():
            why = "was not tried" if fact.skipped else "failed to materialize"
            return f"{fact.asset_key.to_user_string()} {why}."
        case kinds.AssetWiped():
            return f"{fact.asset_key.to_user_string()} was wiped."
        case kinds.AssetCheckPlanned():
            return f"{fact.check_key.to_user_string()} is about to be evaluated."
        case kinds.AssetCheckEvaluated():
            verdict = "passed" if fact.evaluation.passed else f"did not pass ({fact.evaluation.severity.value})"
            return f"Asset check {fact.evaluation.asset_check_key.to_user_string()} {verdict}."
        case kinds.ResourceInitStarted():
            return f"Starting initialization of resources [{', '.join(fact.keys)}]."
        case kinds.ResourceInitSucceeded():
            return f"Finished initialization of resources [{', '.join(fact.durations)}]."
        case kinds.ResourceInitFailed():
            return f"Initialization of resources failed{f': {fact.error.message}' if fact.error else ''}."
        case kinds.HookCompleted():
            return f'Finished the execution of hook "{fact.hook}" triggered for step "{step}".'
        case kinds.HookErrored():
            return f'Error when executing hook "{fact.hook}" triggered for step "{step}".'
        case kinds.HookSkipped():
            return f'Skipped the execution of hook "{fact.hook}" for step "{step}".'
        case kinds.LogsCaptured():
            whose = ", ".join(fact.steps) or "the steps of this process"
            return f"What {whose} print is {f'kept as {fact.log_key}' if fact.log_key else 'not kept'}."
        case kinds.RetryDecided():
            return fact.reason or ("The run will be retried." if fact.will_retry else "The run will not be retried.")
        case _:
            assert_never(fact)


def _duration(microseconds: int) -> str:
    if microseconds < 1_000_000:
        return f"{microseconds / 1000:.3g}ms"
    return f"{microseconds / 1_000_000:.3g}s"
