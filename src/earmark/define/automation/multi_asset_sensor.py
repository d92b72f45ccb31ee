"""Sensors of several assets."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from msgspec import structs

from earmark.define.assets.asset_selection import AssetSelection, QuerySelection
from earmark.define.automation.multi_asset_context import MultiAssetSensorEvaluationContext
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition, require_arguments, unpacked
from earmark.define.automation.sensor_result import SensorAnswer, SensorResult, read_answer
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetKey


class MultiAssetSensorDefinition(SensorDefinition):
    """A sensor that watches the materializations of several assets.

    Args:
        name: Its name.
        monitored_assets: The assets: keys or a selection.
        job_name: The job, by name.
        asset_materialization_fn: From a :class:`MultiAssetSensorEvaluationContext` (and resources) to run requests, a
            skip reason or nothing. It says by ``context.advance_cursor()`` what it has dealt with.
        minimum_interval_seconds: The least time between two ticks.
        description: Text for people.
        job: The job.
        jobs: The jobs, where there are several.
        default_status: Whether it ticks before anybody switched it on.
        request_assets: The assets that it asks for, instead of a job.
        required_resource_keys: Resources that its function uses.
        tags: Labels of the sensor and of its runs.
        metadata: Facts about it.

    Example:
        >>> def both(context):
        ...     context.advance_all_cursors()
        >>> sensor = MultiAssetSensorDefinition("both", ["orders", "prices"], "report", both)
        >>> sensor.job_name, len(sensor.monitored_assets)
        ('report', 2)
    """

    def __init__(
        self,
        name: str,
        monitored_assets: Sequence[AssetKey] | AssetSelection,
        job_name: str | None,
        asset_materialization_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        request_assets: Any = None,
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
            asset_selection=request_assets,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )
        self._monitored = (
            monitored_assets
            if isinstance(monitored_assets, AssetSelection)
            else [AssetKey.from_coercible(key) for key in monitored_assets]
        )

    @property
    def sensor_type(self) -> SensorType:
        """What it watches."""
        return SensorType.MULTI_ASSET

    @property
    def monitored_assets(self) -> Any:
        """The assets: keys or a selection."""
        return self._monitored

    @property
    def spec(self) -> SensorSpec:
        """The sensor as data. Assets given by a selection are watched by query, and looked at when polled."""
        if isinstance(self._monitored, AssetSelection):
            query = str(self._monitored) if isinstance(self._monitored, QuerySelection) else None
            return structs.replace(super().spec, asset_query=super().spec.asset_query or query)
        return structs.replace(super().spec, watched_assets=tuple(self._monitored))

    def answer(self, context: Any) -> SensorAnswer:
        """Ask the function, and keep what it says it has dealt with."""
        given = context if isinstance(context, MultiAssetSensorEvaluationContext) else self._context(context)
        said = unpacked(self._function((given,), given.resources))
        results = said if isinstance(said, list) else [said]
        if any(isinstance(one, SensorResult) and one.cursor is not None for one in results):
            raise DagsterInvariantViolationError(
                f"The cursor of the sensor {self._name!r} is kept per asset, so a SensorResult cannot set it.",
                hint="Use context.advance_cursor().",
                where=self.location,
            )
        given.update_cursor_after_evaluation()
        answer = read_answer(said, given, self._name, self.location)
        return self.checked(replace(answer, cursor=given.cursor), given)

    def _context(self, context: Any) -> MultiAssetSensorEvaluationContext:
        return MultiAssetSensorEvaluationContext(
            context.around,
            self._monitored,
            cursor=context.cursor,
            last_run_key=context.last_run_key,
            last_tick_completion_time=context.last_tick_completion_time,
            last_sensor_start_time=context.last_sensor_start_time,
            sensor_name=self._name,
            repository_name=context.repository_name,
            log_key=context.log_key,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the user's function with a context, as a test does, and keep what it says it has dealt with."""
        said = super().__call__(*args, **kwargs)
        for one in (*args, *kwargs.values()):
            if isinstance(one, MultiAssetSensorEvaluationContext):
                one.update_cursor_after_evaluation()
        return said


def multi_asset_sensor(
    monitored_assets: Sequence[AssetKey] | AssetSelection,
    *,
    job_name: str | None = None,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    request_assets: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], MultiAssetSensorDefinition]:
    """Make a sensor that watches several assets. Arguments as :class:`MultiAssetSensorDefinition`.

    Example:
        >>> import earmark as em
        >>> @em.multi_asset_sensor([em.AssetKey("orders"), em.AssetKey("prices")], job_name="report")
        ... def both_are_new(context):
        ...     if all(context.latest_materialization_records_by_key().values()):
        ...         context.advance_all_cursors()
        ...         return em.RunRequest()
        >>> [key.to_user_string() for key in both_are_new.spec.watched_assets]
        ['orders', 'prices']
    """
    require_arguments(monitored_assets, "multi_asset_sensor")

    def decorate(fn: Callable[..., Any]) -> MultiAssetSensorDefinition:
        return MultiAssetSensorDefinition(
            name=name or fn.__name__,
            monitored_assets=monitored_assets,
            job_name=job_name,
            asset_materialization_fn=fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description or inspect.getdoc(fn),
            job=job,
            jobs=jobs,
            default_status=default_status,
            request_assets=request_assets,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )

    return decorate
