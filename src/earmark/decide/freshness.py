"""How fresh an asset is, by its policy, its last materialization and the time."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from earmark.partitions.cron import Cron
from earmark.specs.freshness import CronFreshnessPolicy, TimeWindowFreshnessPolicy
from earmark.values.clock import Micros

SECOND = 1_000_000


class FreshnessState(StrEnum):
    """How fresh an asset is."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    NOT_APPLICABLE = "NOT_APPLICABLE"


def freshness_state(policy: Any, materialized_at: Micros | None, now: Micros) -> FreshnessState:
    """Return how fresh an asset is.

    Args:
        policy: Its policy; ``None`` if it has none.
        materialized_at: When it was last written; ``None`` if never.
        now: The present.

    Example:
        >>> from datetime import timedelta
        >>> from earmark.specs.freshness import FreshnessPolicy
        >>> policy = FreshnessPolicy.time_window(timedelta(hours=2), timedelta(hours=1))
        >>> [freshness_state(policy, Micros(0), Micros(hours * 3_600_000_000)).value for hours in (0, 1, 2)]
        ['PASS', 'WARN', 'FAIL']
    """
    if policy is None:
        return FreshnessState.NOT_APPLICABLE
    if materialized_at is None:
        return FreshnessState.UNKNOWN
    if isinstance(policy, TimeWindowFreshnessPolicy):
        age = (now - materialized_at) / SECOND
        if age >= policy.fail_seconds:
            return FreshnessState.FAIL
        return (
            FreshnessState.WARN
            if policy.warn_seconds is not None and age >= policy.warn_seconds
            else FreshnessState.PASS
        )
    assert isinstance(policy, CronFreshnessPolicy)
    deadline = Cron((policy.deadline_cron,), policy.timezone).previous_before(Micros(now + 1))
    is_fresh = materialized_at >= deadline - round(policy.lower_bound_seconds * SECOND)
    return FreshnessState.PASS if is_fresh else FreshnessState.FAIL


def next_change(policy: Any, materialized_at: Micros | None, now: Micros) -> Micros | None:
    """Return the next instant at which the state may change by itself; ``None`` if it will not.

    Example:
        >>> from datetime import timedelta
        >>> from earmark.specs.freshness import FreshnessPolicy
        >>> next_change(FreshnessPolicy.time_window(timedelta(hours=2)), Micros(0), Micros(5))
        7200000000
    """
    if policy is None or materialized_at is None:
        return None
    if isinstance(policy, CronFreshnessPolicy):
        return Cron((policy.deadline_cron,), policy.timezone).next_after(now)
    ends = [policy.warn_seconds, policy.fail_seconds]
    later = [Micros(materialized_at + round(end * SECOND)) for end in ends if end is not None]
    return min((at for at in later if at > now), default=None)
