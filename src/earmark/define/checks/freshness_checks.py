"""Checks that assets were updated in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from earmark.decide.freshness import DueUpdate, due_update, updated_at
from earmark.define.assets.asset_check import AssetChecksDefinition
from earmark.define.checks.build import Judge, Judgement, check_each, keys_of_all
from earmark.partitions import MultiPartitionsDefinition
from earmark.partitions.cron import Cron
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.specs.metadata.values import MetadataValue
from earmark.specs.severity import AssetCheckSeverity
from earmark.values.clock import Micros, to_datetime, to_seconds
from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError, caller_location
from earmark.values.keys import AssetKey

CHECK = "freshness_check"
"""The name of each check of freshness."""

PARAMS = "dagster/freshness_params"
FRESH_UNTIL = "dagster/fresh_until_timestamp"
LAST_UPDATED = "dagster/last_updated_timestamp"
LOWER_BOUND = "dagster/freshness_lower_bound_timestamp"
LATEST_TICK = "dagster/latest_cron_tick_timestamp"

_DESCRIPTION = "Checks that the asset was updated in time."


def build_last_update_freshness_checks(
    *,
    assets: Sequence[Any],
    lower_bound_delta: timedelta,
    deadline_cron: str | None = None,
    timezone: str = "UTC",
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Return checks that assets were materialized, or observed to be updated, lately enough.

    Without a deadline that is within the last ``lower_bound_delta``; with one, within ``lower_bound_delta`` before the
    last deadline, or since. An observation with the metadata ``dagster/last_updated_timestamp`` says by it when its
    asset was updated.

    Args:
        assets: The assets: keys, strings, specs, definitions.
        lower_bound_delta: How long before now, or before the deadline, the update may be.
        deadline_cron: When updates are due.
        timezone: The zone of the deadline.
        severity: How bad it is that an asset is late.
        blocking: Whether that keeps downstream assets of the same run from starting, where the severity is ``ERROR``.

    Raises:
        DagsterInvalidDefinitionError: No asset is named, or one twice; the cron, the zone or the delta is invalid.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> checks = build_last_update_freshness_checks(assets=[orders], lower_bound_delta=timedelta(hours=2))
        >>> with em.DagsterInstance.ephemeral() as instance:
        ...     em.materialize([orders, *checks], instance=instance).get_asset_check_evaluations()[0].passed
        True
    """
    keys = keys_of_all(assets, "build_last_update_freshness_checks")
    if not isinstance(lower_bound_delta, timedelta) or lower_bound_delta <= timedelta():
        raise DagsterInvalidDefinitionError(
            f"lower_bound_delta is a timedelta longer than nothing, not {lower_bound_delta!r}.", where=caller_location()
        )
    cron = None if deadline_cron is None else Cron((deadline_cron,), timezone)
    seconds = lower_bound_delta.total_seconds()
    params = {"timezone": timezone, "lower_bound_delta_seconds": seconds}
    if deadline_cron is not None:
        params["deadline_cron"] = deadline_cron

    def judge(context: Any, key: AssetKey) -> Judgement:
        now = context.instance.clock()
        due = due_update(cron, seconds, updated_at(context.instance.store.assets.get(key)), now)
        shown = {PARAMS: MetadataValue.json(params), **_instants(due, cron)}
        return due.is_fresh, _why(due, now), shown

    return _checks(keys, judge, params, severity, blocking)


def build_time_partition_freshness_checks(
    *,
    assets: Sequence[Any],
    deadline_cron: str,
    timezone: str = "UTC",
    severity: AssetCheckSeverity = AssetCheckSeverity.WARN,
    blocking: bool = False,
) -> Sequence[AssetChecksDefinition]:
    """Return checks that, by each deadline, the last partition whose window had ended by then was materialized.

    Args:
        assets: Assets cut by time: keys, strings, specs, definitions.
        deadline_cron: When partitions are due.
        timezone: The zone of the deadline.
        severity: How bad it is that a partition is late.
        blocking: Whether that keeps downstream assets of the same run from starting, where the severity is ``ERROR``.

    Raises:
        DagsterInvalidDefinitionError: No asset is named, or one twice; the cron or the zone is invalid.

    Example:
        >>> import earmark as em
        >>> @em.asset(partitions_def=em.DailyPartitionsDefinition("2026-11-01"))
        ... def orders(): ...
        >>> (check,) = build_time_partition_freshness_checks(assets=[orders], deadline_cron="0 9 * * *")
        >>> [key.to_user_string() for key in check.check_keys]
        ['orders:freshness_check']
    """
    keys = keys_of_all(assets, "build_time_partition_freshness_checks")
    cron = Cron((deadline_cron,), timezone)
    params = {"timezone": timezone, "deadline_cron": deadline_cron}

    def judge(context: Any, key: AssetKey) -> Judgement:
        now = context.instance.clock()
        deadline = cron.previous_before(Micros(now + 1))
        shown = {
            PARAMS: MetadataValue.json(params),
            LATEST_TICK: _timestamp(deadline),
            FRESH_UNTIL: _timestamp(cron.next_after(now)),
        }
        expected = _window_ended_by(context, key, deadline)
        if expected is None:
            return True, "No window of time had ended by the last deadline.", shown
        if _is_written(context, key, expected):
            return True, f"The partition {expected}, due at {_said(deadline)}, is there.", shown
        del shown[FRESH_UNTIL]
        return False, f"The partition {expected} was due at {_said(deadline)} and is not there.", shown

    return _checks(keys, judge, params, severity, blocking)


def _checks(
    keys: Sequence[AssetKey], judge: Judge, params: Mapping[str, Any], severity: AssetCheckSeverity, blocking: bool
) -> Sequence[AssetChecksDefinition]:
    return check_each(
        keys,
        judge,
        step=CHECK,
        name=CHECK,
        description=_DESCRIPTION,
        severity=severity,
        blocking=blocking,
        metadata={PARAMS: MetadataValue.json(params)},
    )


def _instants(due: DueUpdate, cron: Cron | None) -> dict[str, MetadataValue]:
    shown: dict[str, MetadataValue] = {LOWER_BOUND: _timestamp(due.lower_bound)}
    if cron is not None:
        shown[LATEST_TICK] = _timestamp(due.deadline)
    if due.is_fresh:
        shown[FRESH_UNTIL] = _timestamp(due.fresh_until)
    if due.updated_at is not None:
        shown[LAST_UPDATED] = _timestamp(due.updated_at)
    return shown


def _why(due: DueUpdate, now: Micros) -> str:
    if due.updated_at is None:
        return "The asset was never materialized or observed."
    ago = timedelta(seconds=round(to_seconds(Micros(now - due.updated_at))))
    if due.is_fresh:
        return f"The asset was updated {ago} ago; it is fresh until {_said(due.fresh_until)}."
    return f"The asset was updated {ago} ago; it should have been since {_said(due.lower_bound)}."


def _timestamp(at: Micros) -> MetadataValue:
    return MetadataValue.timestamp(to_seconds(at))


def _said(at: Micros) -> str:
    return to_datetime(at).strftime("%Y-%m-%d %H:%M UTC")


def _windows_of(context: Any, key: AssetKey) -> tuple[Any, TimeWindowPartitionsDefinition]:
    """Return how an asset is cut, and its cut by time.

    Raises:
        DagsterInvariantViolationError: It is not cut by time.
    """
    spec = context.job_def.asset_layer.spec_of(key)
    definition = None if spec is None else spec.partitions_def
    windows = definition
    if isinstance(definition, MultiPartitionsDefinition) and definition.has_time_window_dimension:
        windows = definition.time_window_partitions_def
    if not isinstance(windows, TimeWindowPartitionsDefinition):
        raise DagsterInvariantViolationError(
            f"{key.to_user_string()!r} is not cut by time, so no partition of it can be late.",
            hint="build_last_update_freshness_checks() is for assets without partitions.",
        )
    return definition, windows


def _window_ended_by(context: Any, key: AssetKey, deadline: Micros) -> str | None:
    """Return the last partition whose window had ended at a deadline; ``None`` if none had."""
    _, windows = _windows_of(context, key)
    last: str | None = windows.get_last_partition_key(to_datetime(deadline))
    while last is not None and windows.time_window_for_partition_key(last).end > to_datetime(deadline):
        # Definitions whose end lies ahead have windows that have not ended.
        index = windows.index_of(last)
        last = None if index is None or index == 0 else windows.key_at(index - 1)
    return last


def _is_written(context: Any, key: AssetKey, window: str) -> bool:
    """Say whether a window was materialized: for assets with another dimension, any of its keys."""
    definition, _ = _windows_of(context, key)
    among = [window]
    if isinstance(definition, MultiPartitionsDefinition):
        name = definition.time_window_dimension.name
        among = [
            str(one) for one in definition.get_multipartition_keys_with_dimension_value(name, window, context.instance)
        ]
    states = context.instance.store.assets.partitions(key, among)
    return any(state.materialized_at is not None and state.status != "missing" for state in states)
