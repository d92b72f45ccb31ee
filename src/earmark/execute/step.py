"""One attempt at one step: load, call, check, store, tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from earmark.define.function import is_config_class
from earmark.define.ops.loggers import step_log
from earmark.define.ops.outputs import Failure, RetryRequested
from earmark.define.resources.resource_context import Resources
from earmark.events.kinds import (
    AnyFact,
    ErrorInfo,
    StepFailed,
    StepRestarted,
    StepStarted,
    StepSucceeded,
    StepUpForRetry,
)
from earmark.execute.contexts.execution import context_for
from earmark.execute.errors import error_info
from earmark.execute.hooks import run_hooks
from earmark.execute.inputs import load_inputs
from earmark.execute.invoke_function import arguments_for, results_of
from earmark.execute.outputs import StepOutputs
from earmark.execute.run_config import load_op_config
from earmark.execute.scope import RunScope, StepScope
from earmark.plan.step import Step
from earmark.system import tracing
from earmark.values.errors import (
    DagsterError,
    DagsterExecutionStepExecutionError,
    DagsterMaxRetriesExceededError,
)


class StepSuccess(msgspec.Struct, frozen=True):
    """The step ended well.

    Args:
        outputs: The outputs it gave.
        mapping_keys: For each dynamic output, its mapping keys in order.
    """

    outputs: frozenset[str]
    mapping_keys: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class StepFailure(msgspec.Struct, frozen=True):
    """The step failed for good; ``exception`` is what to raise where failures are raised."""

    exception: BaseException


class StepRetry(msgspec.Struct, frozen=True):
    """The attempt failed; the step is tried again after ``delay`` seconds."""

    delay: float


StepEnd = StepSuccess | StepFailure | StepRetry
"""How an attempt ended."""


def execute_step(
    run: RunScope,
    step: Step,
    attempt: int,
    *,
    chance: float = 0.5,
    when_started: Callable[[], None] | None = None,
) -> StepEnd:
    """Execute one attempt at a step and record what happened.

    Interrupts (a cancelled run) pass through after the attempt is recorded as failed.

    Args:
        run: The run, with its resources set up.
        step: The step, expanded if it was a placeholder.
        attempt: Counts from 1.
        chance: A number in [0, 1) that spreads the delay of a retry, where the policy asks for jitter.
        when_started: Called when it is recorded that the attempt began.
    """
    attributes: tracing.Attributes = {
        "earmark.run_id": run.run.run_id,
        "earmark.step": step.key,
        "earmark.attempt": attempt,
    }
    with tracing.span(f"step {step.key}", attributes) as span:
        end = _attempt(run, step, attempt, chance, when_started)
        match end:
            case StepFailure(exception):
                span.fail("The step failed.", exception)
            case StepRetry(delay):
                span.fail(f"The attempt failed; the next is in {delay:g} seconds.")
    return end


def _attempt(
    run: RunScope, step: Step, attempt: int, chance: float, when_started: Callable[[], None] | None
) -> StepEnd:
    emit = _emitter(run, step)
    scope = _scope_of(run, step, attempt, emit)
    emit(StepStarted(attempt) if attempt == 1 else StepRestarted(attempt))
    if when_started is not None:
        when_started()
    outputs = StepOutputs(scope)
    started = time.perf_counter_ns()
    try:
        with step_log(scope.log):
            _compute(run, step, scope, outputs)
    except Exception as error:
        end = _judge(step, attempt, error, emit, chance)
        if isinstance(end, StepFailure):
            run_hooks(run, step, scope, _without_retries(end.exception))
        return end
    except BaseException as error:
        emit(StepFailed(error_info(error), "The step was interrupted.", attempt))
        raise
    emit(StepSucceeded((time.perf_counter_ns() - started) // 1000))
    run_hooks(run, step, scope, None)
    return StepSuccess(frozenset(outputs.given), {name: tuple(keys) for name, keys in outputs.mapping_keys.items()})


def _emitter(run: RunScope, step: Step) -> Any:
    def emit(fact: AnyFact) -> None:
        run.recorder.add(fact, step.key)

    return emit


def _scope_of(run: RunScope, step: Step, attempt: int, emit: Any) -> StepScope:
    layer = run.job.asset_layer
    op = run.job.op_definition(step.path)
    return StepScope(
        op_def=op,
        instance=run.instance,
        log=run.log_for(step.key),
        emit=emit,
        resources=Resources(run.resources, f"op {op.name!r}"),  # type: ignore[arg-type]
        run=run,
        step=step,
        assets_def=None if layer is None else layer.definition(step.path[0]),
        attempt=attempt,
        partitions=run.partitions,
        mapping_key=step.mapping_key,
        run_tags=run.run.tags,
    )


def _compute(run: RunScope, step: Step, scope: StepScope, outputs: StepOutputs) -> None:
    op = scope.op_def
    assert op is not None
    config = load_op_config(op, run.config.ops.get(step.path), step.path)
    scope.op_config = config.__run_config__() if is_config_class(type(config)) else config
    inputs = load_inputs(scope)
    args, kwargs = arguments_for(op, context=context_for(scope), config=config, resources=run.resources, inputs=inputs)
    try:
        yields, value = results_of(op.compute_fn, args, kwargs)
        if yields:
            things = iter(value)
    except _FOR_US:
        raise
    except Exception as error:
        raise _from_user(error, op.name) from error
    if not yields:
        outputs.take_returned(value)
    else:
        while True:
            try:
                thing = next(things)
            except StopIteration:
                break
            except _FOR_US:
                raise
            except Exception as error:
                raise _from_user(error, op.name) from error
            outputs.take(thing)
    outputs.finish()


_FOR_US = (Failure, RetryRequested, DagsterExecutionStepExecutionError)
"""What user code raises to speak to us: passed on as it is, with the cause that the user gave it."""


def _from_user(error: Exception, op_name: str) -> DagsterExecutionStepExecutionError:
    return DagsterExecutionStepExecutionError(f'Error occurred while executing op "{op_name}":', user_exception=error)


def _judge(step: Step, attempt: int, error: Exception, emit: Any, chance: float) -> StepEnd:
    """Decide whether a failed attempt is tried again, and record the decision."""
    info = error_info(error)
    cause = error.__cause__ if isinstance(error, DagsterExecutionStepExecutionError) else error
    if isinstance(error, RetryRequested):
        if attempt <= error.max_retries:
            emit(StepUpForRetry(info, error.seconds_to_wait, attempt))
            return StepRetry(error.seconds_to_wait or 0.0)
        return _failed(_exceeded(error.max_retries, error.__cause__ or error), info, attempt, emit)
    policy = step.retry_policy
    exception = cause if cause is not None else error
    refused = isinstance(cause, Failure) and not cause.allow_retries
    if policy is None or refused or not _worth_retrying(error):
        return _failed(exception, info, attempt, emit)
    if attempt <= policy.max_retries:
        delay = policy.delay_before(attempt, chance)
        emit(StepUpForRetry(info, delay or None, attempt))
        return StepRetry(delay)
    return _failed(_exceeded(policy.max_retries, exception), info, attempt, emit)


def _exceeded(retries: int, cause: BaseException) -> DagsterMaxRetriesExceededError:
    error = DagsterMaxRetriesExceededError(f"Exceeded max_retries of {retries}")
    error.__cause__ = cause
    return error


def _worth_retrying(error: Exception) -> bool:
    """A wrong definition is wrong the next time too; everything that user code or an IO manager raised may pass."""
    return isinstance(error, (DagsterExecutionStepExecutionError, Failure)) or not isinstance(error, DagsterError)


def _failed(exception: BaseException, info: ErrorInfo, attempt: int, emit: Any) -> StepFailure:
    last = _without_retries(exception)
    metadata = dict(last.metadata) if isinstance(last, Failure) else {}
    message = last.description or "" if isinstance(last, Failure) else ""
    emit(StepFailed(info, message or ("" if last is exception else str(exception)), attempt, metadata))
    return StepFailure(exception)


def _without_retries(exception: BaseException) -> BaseException:
    """What the last attempt raised, where attempts were counted."""
    counted = isinstance(exception, DagsterMaxRetriesExceededError)
    return (exception.__cause__ or exception) if counted else exception
