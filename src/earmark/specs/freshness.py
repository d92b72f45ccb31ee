"""Freshness policies: how old an asset may be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Union

import msgspec

from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class FreshnessPolicy(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="freshness"):
    """How old an asset may be; made by :meth:`time_window` or :meth:`cron`.

    Example:
        >>> FreshnessPolicy.time_window(fail_window=timedelta(hours=24)).fail_seconds
        86400.0
    """

    @staticmethod
    def time_window(fail_window: timedelta, warn_window: timedelta | None = None) -> TimeWindowFreshnessPolicy:
        """Return the policy that an asset fails ``fail_window`` after it was last written.

        Raises:
            DagsterInvalidDefinitionError: A window is shorter than a minute, or the warning comes after the failure.
        """
        if fail_window < timedelta(minutes=1):
            raise DagsterInvalidDefinitionError("fail_window is at least 60 seconds.", where=caller_location())
        if warn_window is not None and not timedelta(minutes=1) <= warn_window < fail_window:
            raise DagsterInvalidDefinitionError(
                "warn_window is at least 60 seconds and shorter than fail_window.", where=caller_location()
            )
        warn = None if warn_window is None else warn_window.total_seconds()
        return TimeWindowFreshnessPolicy(fail_window.total_seconds(), warn)

    @staticmethod
    def cron(deadline_cron: str, lower_bound_delta: timedelta, timezone: str = "UTC") -> CronFreshnessPolicy:
        """Return the policy that at each tick of ``deadline_cron`` the asset was written within the delta before.

        Raises:
            DagsterInvalidDefinitionError: The expression or the zone is invalid, or the delta is shorter than a minute.
        """
        from earmark.partitions.cron import Cron

        Cron((deadline_cron,), timezone)
        if lower_bound_delta < timedelta(minutes=1):
            raise DagsterInvalidDefinitionError("lower_bound_delta is at least 60 seconds.", where=caller_location())
        return CronFreshnessPolicy(deadline_cron, lower_bound_delta.total_seconds(), timezone)


class TimeWindowFreshnessPolicy(FreshnessPolicy, frozen=True, tag="time_window"):
    """Fails so many seconds after the last materialization."""

    fail_seconds: float
    warn_seconds: float | None = None

    @property
    def fail_window(self) -> timedelta:
        """How long after the last materialization the asset fails."""
        return timedelta(seconds=self.fail_seconds)

    @property
    def warn_window(self) -> timedelta | None:
        """How long after the last materialization the asset warns."""
        return None if self.warn_seconds is None else timedelta(seconds=self.warn_seconds)


class CronFreshnessPolicy(FreshnessPolicy, frozen=True, tag="cron"):
    """Must have been written within so many seconds before each deadline."""

    deadline_cron: str
    lower_bound_seconds: float
    timezone: str = "UTC"

    @property
    def lower_bound_delta(self) -> timedelta:
        """How long before the deadline the window opens."""
        return timedelta(seconds=self.lower_bound_seconds)


AnyFreshnessPolicy = Union[TimeWindowFreshnessPolicy, CronFreshnessPolicy]
"""Every freshness policy there is."""


def apply_freshness_policy(spec: Any, policy: AnyFreshnessPolicy, overwrite_existing: bool = True) -> Any:
    """Return an asset's spec with a freshness policy.

    Args:
        spec: The :class:`AssetSpec`.
        policy: The policy.
        overwrite_existing: Whether it replaces a policy that the spec has.

    Example:
        >>> from earmark.specs.asset import AssetSpec
        >>> policy = FreshnessPolicy.time_window(timedelta(hours=24))
        >>> apply_freshness_policy(AssetSpec("orders"), policy).freshness_policy == policy
        True
    """
    if spec.freshness_policy is not None and not overwrite_existing:
        return spec
    return spec.replace_attributes(freshness_policy=policy)
