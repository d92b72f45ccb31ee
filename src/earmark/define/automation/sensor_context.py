"""What a sensor's function sees of its tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.define.automation.instigation import Surroundings, TickContext, as_definitions


class SensorEvaluationContext(TickContext):
    """What a sensor's function sees of its tick. :func:`build_sensor_context` makes one for tests.

    Args:
        around: Instance, definitions, resources and log.
        cursor: What the last evaluation left.
        last_run_key: The run key of the last run that the sensor asked for.
        last_tick_completion_time: When its last tick ended, in POSIX seconds.
        last_sensor_start_time: When it was switched on, in POSIX seconds.
        sensor_name: The sensor.
        repository_name: The code location.
        log_key: Where log lines are kept.
        kept_under: Under which name the store keeps what conditions remember; ``None`` where it is all in the cursor.

    Example:
        >>> @em.sensor(job_name="nightly")
        ... def counting(context: SensorEvaluationContext):
        ...     seen = int(context.cursor or 0) + 1
        ...     context.update_cursor(str(seen))
        ...     return em.RunRequest(run_key=str(seen))
        >>> counting(em.build_sensor_context(cursor="4")).run_key
        '5'
    """

    def __init__(
        self,
        around: Surroundings | None = None,
        *,
        cursor: str | None = None,
        last_run_key: str | None = None,
        last_tick_completion_time: float | None = None,
        last_sensor_start_time: float | None = None,
        sensor_name: str = "",
        repository_name: str | None = None,
        log_key: Sequence[str] | None = None,
        kept_under: str | None = None,
    ) -> None:
        self.around = around or Surroundings()
        self._cursor = cursor
        self._cursor_updated = False
        self.kept_under = kept_under
        self._last_run_key = last_run_key
        self._last_tick = last_tick_completion_time
        self._last_start = last_sensor_start_time
        self._sensor_name = sensor_name
        self._repository_name = repository_name
        self.log_key = log_key

    @property
    def cursor(self) -> str | None:
        """What the last evaluation left, or what this one set."""
        return self._cursor

    @property
    def cursor_updated(self) -> bool:
        """Whether this evaluation set the cursor."""
        return self._cursor_updated

    def update_cursor(self, cursor: str | None) -> None:
        """Set what the next evaluation gets as its cursor; kept once this tick has ended well."""
        self._cursor = cursor if cursor is None else str(cursor)
        self._cursor_updated = True

    @property
    def last_run_key(self) -> str | None:
        """The run key of the last run that the sensor asked for."""
        return self._last_run_key

    @property
    def last_tick_completion_time(self) -> float | None:
        """When the last tick ended, in POSIX seconds."""
        return self._last_tick

    @property
    def last_completion_time(self) -> float | None:
        """When the last tick ended, by an older name."""
        return self._last_tick

    @property
    def last_sensor_start_time(self) -> float | None:
        """When the sensor was switched on, in POSIX seconds."""
        return self._last_start

    @property
    def is_first_tick_since_sensor_start(self) -> bool:
        """Whether no tick has ended since the sensor was switched on."""
        if self._last_start is None or self._last_tick is None:
            return True
        return self._last_tick < self._last_start

    @property
    def sensor_name(self) -> str:
        """The sensor's name."""
        return self._sensor_name

    @property
    def repository_name(self) -> str | None:
        """The code location's name."""
        return self._repository_name

    @property
    def repository_def(self) -> Any:
        """All that the code location defines, or ``None``."""
        return self.around.definitions

    @property
    def instance_ref(self) -> Any:
        """The instance, by an older name; ``None`` where there is none."""
        return self.around.given_instance

    def has_captured_logs(self) -> bool:
        """Say whether lines logged here are kept with the tick."""
        return self.log_key is not None

    def merge_resources(self, resources_dict: Mapping[str, Any]) -> SensorEvaluationContext:
        """Return the same with more resources."""
        import copy

        made = copy.copy(self)
        made.around = self.around.with_resources(resources_dict)
        return made

    def __enter__(self) -> SensorEvaluationContext:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.around.close()


def build_sensor_context(
    instance: Any = None,
    cursor: str | None = None,
    repository_name: str | None = None,
    repository_def: Any = None,
    sensor_name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    definitions: Any = None,
    instance_ref: Any = None,
    last_sensor_start_time: float | None = None,
) -> SensorEvaluationContext:
    """Return the context of a tick, for tests.

    Args:
        instance: The instance.
        cursor: What the last evaluation left.
        repository_name: The code location.
        repository_def: All definitions, by an older name.
        sensor_name: The sensor.
        resources: Resources by key; set up when first asked for.
        definitions: All definitions.
        instance_ref: The instance, by an older name.
        last_sensor_start_time: When the sensor was switched on, in POSIX seconds.

    Example:
        >>> context = build_sensor_context(cursor="4")
        >>> context.update_cursor("5")
        >>> context.cursor
        '5'
    """
    around = Surroundings(
        instance if instance is not None else instance_ref,
        as_definitions(definitions, repository_def),
        dict(resources or {}),
    )
    return SensorEvaluationContext(
        around,
        cursor=cursor,
        sensor_name=sensor_name or "",
        repository_name=repository_name,
        last_sensor_start_time=last_sensor_start_time,
    )
