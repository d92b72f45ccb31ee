"""Policies: how a step is tried again, how a backfill is cut into runs."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class Backoff(StrEnum):
    """How the delay between attempts grows: ``LINEAR`` is n times the delay, ``EXPONENTIAL`` 2**n - 1 times.

    Example:
        >>> growing = [RetryPolicy(4, delay=10, backoff=backoff) for backoff in (Backoff.LINEAR, Backoff.EXPONENTIAL)]
        >>> [[policy.delay_before(attempt, chance=0) for attempt in (1, 2, 3)] for policy in growing]
        [[10.0, 20.0, 30.0], [10.0, 30.0, 70.0]]
    """

    LINEAR = "LINEAR"
    EXPONENTIAL = "EXPONENTIAL"


class Jitter(StrEnum):
    """How chance spreads the delay: ``FULL`` takes any part of it, ``PLUS_MINUS`` moves it by up to one delay.

    Example:
        >>> spread = [RetryPolicy(1, delay=10, jitter=jitter) for jitter in (Jitter.FULL, Jitter.PLUS_MINUS)]
        >>> [[policy.delay_before(1, chance) for chance in (0.0, 0.5, 0.75)] for policy in spread]
        [[0.0, 5.0, 7.5], [0.0, 10.0, 15.0]]
    """

    FULL = "FULL"
    PLUS_MINUS = "PLUS_MINUS"


class RetryPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often, and after how long, a failed step is tried again.

    Args:
        max_retries: How many attempts follow the first; at least 0.
        delay: Seconds before the next attempt; needed for ``backoff`` and ``jitter``.
        backoff: How the delay grows with each attempt.
        jitter: How chance spreads the delay.

    Raises:
        DagsterInvalidDefinitionError: A number is negative, or backoff or jitter stands without a delay.

    Example:
        >>> RetryPolicy(max_retries=3, delay=1, backoff=Backoff.EXPONENTIAL).delay_before(3, chance=0.5)
        7.0
    """

    max_retries: int = 1
    delay: float | None = None
    backoff: Backoff | None = None
    jitter: Jitter | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.max_retries, int) or self.max_retries < 0:
            self._refuse(f"max_retries is a whole number, 0 or more, not {self.max_retries!r}.")
        if self.delay is not None and self.delay < 0:
            self._refuse(f"delay is a number of seconds, 0 or more, not {self.delay!r}.")
        if self.delay is None and (self.backoff or self.jitter):
            self._refuse("backoff and jitter change the delay, so they need one: set delay=SECONDS.")

    def _refuse(self, message: str) -> None:
        raise DagsterInvalidDefinitionError(f"RetryPolicy: {message}", where=caller_location())

    def delay_before(self, attempt: int, chance: float) -> float:
        """Return the seconds to wait before retry number ``attempt`` (from 1); ``chance`` is in [0, 1)."""
        if self.delay is None:
            return 0.0
        delay = float(self.delay)
        if self.backoff is Backoff.LINEAR:
            delay *= attempt
        elif self.backoff is Backoff.EXPONENTIAL:
            delay *= 2**attempt - 1
        if self.jitter is Jitter.FULL:
            return delay * chance
        if self.jitter is Jitter.PLUS_MINUS:
            return max(0.0, delay + (2 * chance - 1) * self.delay)
        return delay


class BackfillPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many partitions one run of a backfill takes; ``None`` means all of them in one run.

    Example:
        >>> BackfillPolicy.multi_run(10).max_partitions_per_run
        10
    """

    max_partitions_per_run: int | None = 1

    def __post_init__(self) -> None:
        if self.max_partitions_per_run is not None and self.max_partitions_per_run < 1:
            raise DagsterInvalidDefinitionError(
                f"max_partitions_per_run is at least 1, not {self.max_partitions_per_run!r}.",
                where=caller_location(),
            )

    @staticmethod
    def single_run() -> BackfillPolicy:
        """Return the policy that gives one run all partitions."""
        return BackfillPolicy(max_partitions_per_run=None)

    @staticmethod
    def multi_run(max_partitions_per_run: int = 1) -> BackfillPolicy:
        """Return the policy that cuts a backfill into runs of at most ``max_partitions_per_run`` partitions."""
        return BackfillPolicy(max_partitions_per_run=max_partitions_per_run)
