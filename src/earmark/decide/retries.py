"""Whether, when and how a failed run is executed again by itself."""

from __future__ import annotations

import msgspec

from earmark.events.kinds import RetryDecided
from earmark.runs.policies import RunRetries
from earmark.runs.request import Again, RunAsk, Surface
from earmark.runs.run import DagsterRun
from earmark.specs.policy import RetryPolicy
from earmark.tags import system
from earmark.tags.system import RetryStrategy
from earmark.values.clock import Micros
from earmark.values.errors import InvalidTagError
from earmark.values.states import FailureReason

FAILURES_OF_CODE = frozenset({FailureReason.STEP_FAILURE, FailureReason.RUN_TIMEOUT})
"""Failures that are neither a crash nor one of the infrastructure."""


class RetryDecision(msgspec.Struct, frozen=True):
    """What becomes of a failed run.

    Args:
        will_retry: Whether it is executed again by itself.
        why: The reason, as a sentence.
        asked_for: Whether anything asked for retries at all; if not, the run's tags say nothing about them.
        retry_number: Which retry the next run is, from 1.
        due: When it is to be launched.
        strategy: Which steps it takes up.
    """

    will_retry: bool
    why: str
    asked_for: bool = True
    retry_number: int | None = None
    due: Micros | None = None
    strategy: RetryStrategy = RetryStrategy.FROM_FAILURE

    @property
    def fact(self) -> RetryDecided:
        """The decision as an event of the failed run."""
        return RetryDecided(self.will_retry, self.why, self.due, self.retry_number)


def decide_retry(run: DagsterRun, retries: RunRetries) -> RetryDecision:
    """Decide whether a failed run is executed again. The run's tags go before the instance's settings.

    Args:
        run: The run as it ended.
        retries: What holds for runs that do not say.

    Example:
        >>> from earmark.values.states import DagsterRunStatus
        >>> failed = DagsterRun(
        ...     run_id="1",
        ...     job_name="etl",
        ...     tags={"dagster/max_retries": "3", "dagster/retry_number": "1"},
        ...     status=DagsterRunStatus.FAILURE,
        ...     ended_at=Micros(0),
        ... )
        >>> decision = decide_retry(failed, RunRetries())
        >>> decision.retry_number, decision.why
        (2, 'Retry 2 of 3.')
    """
    if not run.is_failure:
        return RetryDecision(False, f"The run is {run.status.value}; only failed runs are retried.", asked_for=False)
    try:
        return _decide(run, retries)
    except InvalidTagError as error:
        return RetryDecision(False, f"The run's tags cannot be followed: {error.message}")


def end_tags(run: DagsterRun, decision: RetryDecision) -> dict[str, str]:
    """Return the tags that a failed run gets at its end: why it failed, and whether it is retried."""
    reason = run.failure_reason or FailureReason.UNKNOWN
    tags = {system.FAILURE_REASON: reason.value}
    if decision.asked_for:
        tags[system.WILL_RETRY] = "true" if decision.will_retry else "false"
    return tags


def retry_ask(run: DagsterRun, decision: RetryDecision, backfill_open: bool = False) -> RunAsk:
    """Return the request for the run that retries a failed one; it belongs to the trace of that one."""
    from_failure = decision.strategy is RetryStrategy.FROM_FAILURE
    again = Again(
        parent=run, from_failure=from_failure, retry_number=decision.retry_number, backfill_open=backfill_open
    )
    return RunAsk(again=again, surface=Surface.DAEMON, traceparent=run.traceparent)


def is_retry_missing(run: DagsterRun) -> bool:
    """Say whether a failed run was promised a retry that has not been made, as after the death of the host."""
    return run.is_failure and run.tags.get(system.WILL_RETRY) == "true" and system.AUTO_RETRY_RUN_ID not in run.tags


def _decide(run: DagsterRun, retries: RunRetries) -> RetryDecision:
    most = system.max_retries(run.tags)
    if most is None:
        most = retries.max_retries if retries.enabled else 0
    if most == 0:
        return RetryDecision(False, "Nothing asks for retries.", asked_for=False)
    number = system.retry_number(run.tags) + 1
    if number > most:
        return RetryDecision(False, f"It was retried {most} of {most} times.")
    of_code = system.retry_on_asset_or_op_failure(run.tags)
    if of_code is None:
        of_code = retries.retry_on_asset_or_op_failure
    if not of_code and run.failure_reason in FAILURES_OF_CODE:
        return RetryDecision(False, f"It failed with {run.failure_reason}, which is not retried.")
    due = Micros((run.ended_at or Micros(0)) + _delay(retries, number))
    strategy = system.retry_strategy(run.tags)
    return RetryDecision(True, f"Retry {number} of {most}.", True, number, due, strategy)


def _delay(retries: RunRetries, number: int) -> int:
    if retries.delay == 0:
        return 0
    # More than 40 doublings exceed any longest delay, and would make numbers without end.
    policy = RetryPolicy(max_retries=number, delay=float(retries.delay), backoff=retries.backoff)
    return min(retries.longest_delay, round(policy.delay_before(min(number, 40), chance=0.0)))
