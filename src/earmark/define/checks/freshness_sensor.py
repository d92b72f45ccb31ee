"""The sensor that has checks of freshness evaluated when they may come out otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.decide.freshness import updated_at
from earmark.define.assets.asset_check import AssetChecksDefinition
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition
from earmark.define.checks.freshness_checks import FRESH_UNTIL
from earmark.define.run_request import RunRequest, SkipReason
from earmark.values.clock import Micros, to_seconds
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.keys import AssetCheckKey


def build_sensor_for_freshness_checks(
    *,
    freshness_checks: Sequence[AssetChecksDefinition],
    minimum_interval_seconds: int | None = None,
    name: str = "freshness_checks_sensor",
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    tags: Mapping[str, Any] | None = None,
) -> SensorDefinition:
    """Return a sensor that has checks of freshness evaluated as soon as they may come out otherwise.

    That is a check that was never evaluated; one that passed, when what it said to be fresh until is over; and one
    that did not pass, when its asset was updated since.

    Args:
        freshness_checks: What :func:`build_last_update_freshness_checks` and
            :func:`build_time_partition_freshness_checks` return.
        minimum_interval_seconds: The least time between two ticks; 30 if ``None``.
        name: Its name.
        default_status: Whether it ticks before anybody switched it on.
        tags: Labels of the sensor and of its runs.

    Raises:
        DagsterInvalidDefinitionError: There is no check, or one stands twice.

    Example:
        >>> from datetime import timedelta
        >>> import earmark as em
        >>> checks = em.build_last_update_freshness_checks(assets=["orders"], lower_bound_delta=timedelta(hours=2))
        >>> sensor = build_sensor_for_freshness_checks(freshness_checks=checks)
        >>> defs = em.Definitions([em.AssetSpec("orders")], asset_checks=checks, sensors=[sensor])
        >>> with em.DagsterInstance.ephemeral() as instance:
        ...     context = em.build_sensor_context(instance=instance, definitions=defs)
        ...     sensor.evaluate_tick(context).run_requests[0].asset_check_keys
        [AssetCheckKey(asset_key=AssetKey(['orders']), name='freshness_check')]
    """
    keys = [key for one in freshness_checks for key in sorted(one.check_keys)]
    if not keys or len(set(keys)) != len(keys):
        raise DagsterInvalidDefinitionError(
            f"freshness_checks of {name!r} {'names a check twice' if keys else 'names no check'}.",
            where=caller_location(),
        )

    def evaluate(context: Any) -> RunRequest | SkipReason:
        due = due_checks(context.instance, keys)
        if not due:
            return SkipReason("No check of freshness may come out otherwise than it last did.")
        return RunRequest(asset_check_keys=due)

    return SensorDefinition(
        name,
        evaluation_fn=evaluate,
        asset_selection=AssetSelection.checks(*freshness_checks),
        minimum_interval_seconds=minimum_interval_seconds,
        description="Has checks of freshness evaluated as soon as they may come out otherwise.",
        default_status=default_status,
        tags=tags,
    )


def due_checks(instance: Any, keys: Sequence[AssetCheckKey]) -> list[AssetCheckKey]:
    """Return the checks of freshness that may come out otherwise than they last did, and are not being evaluated."""
    assets = {key.asset_key for key in keys}
    known = {one.key: one for one in instance.store.assets.checks(assets)}
    states = instance.store.assets.get_many(assets)
    now = instance.clock()
    return [key for key in keys if _is_due(known.get(key), states[key.asset_key], now)]


def _is_due(check: Any, state: Any, now: Micros) -> bool:
    if check is None or (check.evaluation is None and check.planned_run_id is None):
        return True
    if check.planned_run_id is not None:
        return False
    evaluation = check.evaluation.fact.evaluation
    if not evaluation.passed:
        last = updated_at(state)
        return last is not None and last > check.evaluation.timestamp
    fresh_until = evaluation.metadata.get(FRESH_UNTIL)
    return fresh_until is None or to_seconds(now) >= float(fresh_until.value)
