"""Sensors of one asset: asked whenever it was materialized."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from msgspec import structs

from earmark.define.automation.instigation import TickFunction
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition, require_arguments
from earmark.define.automation.sensor_result import SensorAnswer, read_answer
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


class AssetSensorDefinition(SensorDefinition):
    """A sensor that is asked when an asset was materialized, once for the latest materialization.

    Args:
        name: Its name.
        asset_key: The asset.
        job_name: The job, by name.
        asset_materialization_fn: From the context and the :class:`EventLogEntry` (and resources) to run requests, a
            skip reason or a :class:`SensorResult`.
        minimum_interval_seconds: The least time between two ticks.
        description: Text for people.
        job: The job.
        jobs: The jobs, where there are several.
        default_status: Whether it ticks before anybody switched it on.
        required_resource_keys: Resources that its function uses.
        tags: Labels of the sensor and of its runs.
        metadata: Facts about it.

    Example:
        >>> import earmark as em
        >>> def request(context, event):
        ...     return em.RunRequest(run_key=context.cursor)
        >>> sensor = AssetSensorDefinition("on_orders", "orders", "report", request)
        >>> instance = em.DagsterInstance.ephemeral()
        >>> sensor.evaluate_tick(em.build_sensor_context(instance)).skip_message
        "No new materialization events found for asset key AssetKey(['orders'])"
    """

    def __init__(
        self,
        name: str,
        asset_key: AssetKey | str,
        job_name: str | None,
        asset_materialization_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        required_resource_keys: Iterable[str] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=asset_materialization_fn,
            job_name=job_name,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            job=job,
            jobs=jobs,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )
        self._asset_key = AssetKey.from_coercible(asset_key)
        self._function = TickFunction.of(asset_materialization_fn)

    @property
    def asset_key(self) -> AssetKey:
        """The asset."""
        return self._asset_key

    @property
    def sensor_type(self) -> SensorType:
        """What it watches."""
        return SensorType.ASSET

    @property
    def spec(self) -> SensorSpec:
        """The sensor as data."""
        return structs.replace(super().spec, watched_assets=(self._asset_key,))

    def answer(self, context: Any) -> SensorAnswer:
        """Ask the function about the latest materialization, if there is one that it was not asked about yet."""
        after = int(context.cursor or 0)
        found = context.instance.fetch_materializations(self._asset_key, limit=1).records
        if not found or found[0].storage_id <= after:
            return SensorAnswer(
                skip_message=f"No new materialization events found for asset key {self._asset_key}",
                cursor=context.cursor,
            )
        record = found[0]
        said = self._function((context, record.event_log_entry), context.resources)
        if inspect.isgenerator(said):
            said = list(said)
        if context.cursor_updated:
            raise DagsterInvariantViolationError(
                f"The cursor of the asset sensor {self._name!r} is kept by the sensor; its function cannot update it.",
                where=self.location,
            )
        answer = read_answer(said, context, self._name, self.location)
        return self.checked(replace(answer, cursor=str(record.storage_id)), context)


def asset_sensor(
    asset_key: AssetKey | str,
    *,
    job_name: str | None = None,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], AssetSensorDefinition]:
    """Make a sensor that is asked when an asset was materialized. Arguments as :class:`AssetSensorDefinition`.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> @em.asset_sensor(asset_key="orders", job_name="report")
        ... def on_orders(context, event):
        ...     return em.RunRequest(run_key=context.cursor, tags={"because": event.asset_materialization.label})
        >>> instance = em.DagsterInstance.ephemeral()
        >>> em.materialize([orders], instance=instance).success
        True
        >>> on_orders.evaluate_tick(em.build_sensor_context(instance)).run_requests[0].tags
        {'because': 'orders', 'dagster/sensor_name': 'on_orders'}
    """
    require_arguments(asset_key, "asset_sensor")

    def decorate(fn: Callable[..., Any]) -> AssetSensorDefinition:
        return AssetSensorDefinition(
            name=name or fn.__name__,
            asset_key=asset_key,
            job_name=job_name,
            asset_materialization_fn=fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description or inspect.getdoc(fn),
            job=job,
            jobs=jobs,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )

    return decorate
