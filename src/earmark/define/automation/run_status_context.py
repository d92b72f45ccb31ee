"""What the function of a sensor of runs sees: the run, the event that changed it, what surrounds the tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.define.automation.instigation import Surroundings, TickContext, as_definitions


class RunStatusSensorContext(TickContext):
    """What the function of a sensor of runs sees. :func:`build_run_status_sensor_context` makes one for tests.

    Args:
        around: Instance, definitions, resources and log.
        sensor_name: The sensor.
        dagster_run: The run.
        dagster_event: The event by which it came into its state.
        partition_key: The run's partition.

    Example:
        >>> @em.run_status_sensor(run_status=em.DagsterRunStatus.SUCCESS)
        ... def tell(context: RunStatusSensorContext):
        ...     print(context.dagster_run.job_name, "is done")
        >>> run = em.DagsterRun(run_id="r1", job_name="nightly", status=em.DagsterRunStatus.SUCCESS)
        >>> tell(em.build_run_status_sensor_context("tell", None, None, run))
        nightly is done
    """

    def __init__(
        self,
        around: Surroundings,
        sensor_name: str,
        dagster_run: Any,
        dagster_event: Any,
        partition_key: str | None = None,
    ) -> None:
        self.around = around
        self._sensor_name = sensor_name
        self._run = dagster_run
        self._event = dagster_event
        self._partition_key = partition_key
        self.cursor: str | None = None
        self.cursor_updated = False

    @property
    def dagster_run(self) -> Any:
        """The run."""
        return self._run

    @property
    def dagster_event(self) -> Any:
        """The event by which the run came into its state."""
        return self._event

    @property
    def sensor_name(self) -> str:
        """The sensor's name."""
        return self._sensor_name

    @property
    def partition_key(self) -> str | None:
        """The run's partition."""
        if self._partition_key is not None:
            return self._partition_key
        tag: str | None = self._run.tags.get("dagster/partition")
        return tag

    @property
    def repository_def(self) -> Any:
        """All that the code location defines, or ``None``."""
        return self.around.definitions

    def for_run_failure(self) -> RunFailureSensorContext:
        """Return the same as a :class:`RunFailureSensorContext`."""
        return RunFailureSensorContext(self.around, self._sensor_name, self._run, self._event, self._partition_key)

    def merge_resources(self, resources_dict: Mapping[str, Any]) -> RunStatusSensorContext:
        """Return the same with more resources."""
        return type(self)(
            self.around.with_resources(resources_dict), self._sensor_name, self._run, self._event, self._partition_key
        )

    def __enter__(self) -> RunStatusSensorContext:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.around.close()


class RunFailureSensorContext(RunStatusSensorContext):
    """What the function of a sensor of failed runs sees.

    Example:
        >>> import earmark as em
        >>> @em.op
        ... def load():
        ...     raise ValueError("no rows")
        >>> @em.job
        ... def nightly():
        ...     load()
        >>> instance = em.DagsterInstance.ephemeral()
        >>> result = nightly.execute_in_process(instance=instance, raise_on_error=False)
        >>> context = em.build_run_status_sensor_context(
        ...     "tell", result.get_run_failure_event(), instance, result.dagster_run
        ... ).for_run_failure()
        >>> [event.step_key for event in context.get_step_failure_events()]
        ['load']
    """

    @property
    def failure_event(self) -> Any:
        """The event by which the run failed."""
        return self.dagster_event

    def get_step_failure_events(self) -> Sequence[Any]:
        """Return the events of the steps that failed."""
        events = (entry.dagster_event for entry in self.instance.all_logs(self.dagster_run.run_id))
        return [event for event in events if event is not None and event.is_step_failure]


def build_run_status_sensor_context(
    sensor_name: str,
    dagster_event: Any,
    dagster_instance: Any,
    dagster_run: Any,
    context: Any = None,
    resources: Mapping[str, Any] | None = None,
    partition_key: str | None = None,
    repository_def: Any = None,
) -> RunStatusSensorContext:
    """Return the context of a sensor of runs, for tests.

    Args:
        sensor_name: The sensor.
        dagster_event: The event by which the run came into its state.
        dagster_instance: The instance.
        dagster_run: The run.
        context: A sensor's context, whose log is used.
        resources: Resources by key.
        partition_key: The run's partition.
        repository_def: All definitions.

    Example:
        >>> import earmark as em
        >>> run = em.DagsterRun(run_id="r", job_name="nightly")
        >>> build_run_status_sensor_context("watch", None, None, run).dagster_run.job_name
        'nightly'
    """
    around = Surroundings(dagster_instance, as_definitions(None, repository_def), dict(resources or {}))
    if context is not None:
        around.log = context.log
    return RunStatusSensorContext(around, sensor_name, dagster_run, dagster_event, partition_key)
