"""How fresh an asset is, by its policy, its last materialization and the time."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

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


class DueUpdate(NamedTuple):
    """Whether an asset was updated in time.

    Args:
        is_fresh: Whether it was.
        updated_at: When it was last updated; ``None`` if never.
        deadline: The last instant at which an update was due; the present, where there is no deadline.
        lower_bound: Since when an update counts for it.
        fresh_until: When that has to be asked again.
    """

    is_fresh: bool
    updated_at: Micros | None
    deadline: Micros
    lower_bound: Micros
    fresh_until: Micros


def due_update(cron: Cron | None, seconds: float, updated_at: Micros | None, now: Micros) -> DueUpdate:
    """Return whether an asset was updated within some seconds before the last deadline, or before now.

    Args:
        cron: The deadlines; ``None`` where an asset has to be fresh at any time.
        seconds: How long before the deadline an update may be.
        updated_at: When the asset was last updated; ``None`` if never.
        now: The present.

    Example:
        >>> hour = 3_600_000_000
        >>> due_update(None, 7200, Micros(hour), Micros(2 * hour)).is_fresh
        True
        >>> due_update(Cron(("0 9 * * *",)), 3600, Micros(7 * hour), Micros(10 * hour)).is_fresh
        False
    """
    deadline = now if cron is None else cron.previous_before(Micros(now + 1))
    lower_bound = Micros(deadline - round(seconds * SECOND))
    fresh_until = Micros((updated_at or 0) + round(seconds * SECOND)) if cron is None else cron.next_after(now)
    is_fresh = updated_at is not None and updated_at >= lower_bound
    return DueUpdate(is_fresh, updated_at, deadline, lower_bound, fresh_until)


def updated_at(state: Any) -> Micros | None:
    """Return when an asset was last updated, by what a store keeps of it (``AssetState``); ``None`` if never.

    An observation whose metadata say ``dagster/last_updated_timestamp`` tells it in POSIX seconds.
    """
    found: list[Micros] = []
    if state.materialization is not None:
        found.append(state.materialization.timestamp)
    if state.observation is not None:
        said = state.observation.fact.observation.metadata.get("dagster/last_updated_timestamp")
        found.append(state.observation.timestamp if said is None else Micros(round(float(said.value) * SECOND)))
    return max(found, default=None)
