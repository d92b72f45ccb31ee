"""Sensors of runs: asked whenever a run comes into a state."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import structs

from earmark.define.automation.job_selectors import Watched
from earmark.define.automation.run_status_context import RunStatusSensorContext
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition, ask_each, require_arguments
from earmark.define.automation.sensor_result import SensorAnswer
from earmark.runs.tick import FACT_OF_STATUS
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.store.topics import Topic
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location
from earmark.values.states import DagsterRunStatus

PAGE = 500
"""How many events of the log one tick looks at."""


class RunStatusSensorDefinition(SensorDefinition):
    """A sensor that is asked for each run that comes into a state, once.

    The first tick only remembers how far the log had come. A function that raises for one run does not keep the
    others waiting: the tick says which runs it failed for.

    Args:
        name: Its name.
        run_status: The state.
        run_status_sensor_fn: From a :class:`RunStatusSensorContext` (and resources) to run requests, a skip reason, a
            :class:`SensorResult` or nothing.
        minimum_interval_seconds: The least time between two ticks.
        description: Text for people.
        monitored_jobs: Only runs of these jobs: definitions or names; jobs of other code locations as
            :class:`JobSelector`, all of one as :class:`CodeLocationSelector`.
        monitor_all_code_locations: Whether runs of other code locations are watched too.
        default_status: Whether it ticks before anybody switched it on.
        request_job: The job that it may ask for.
        request_jobs: The jobs that it may ask for.
        tags: Labels of the sensor and of its runs.
        metadata: Facts about it.
        required_resource_keys: Resources that its function uses.

    Example:
        >>> import earmark as em
        >>> def request(context):
        ...     return em.RunRequest(run_key=context.dagster_run.run_id)
        >>> @em.job
        ... def report(): ...
        >>> sensor = RunStatusSensorDefinition("after", em.DagsterRunStatus.SUCCESS, request, request_job=report)
        >>> instance = em.DagsterInstance.ephemeral()
        >>> first = sensor.evaluate_tick(em.build_sensor_context(instance))
        >>> first.skip_message
        'Initiating after: it watches runs from now on.'
        >>> @em.asset
        ... def orders(): ...
        >>> run = em.materialize([orders], instance=instance).dagster_run
        >>> context = em.build_sensor_context(instance, cursor=first.cursor)
        >>> [request.run_key == run.run_id for request in sensor.evaluate_tick(context).run_requests]
        [True]
    """

    def __init__(
        self,
        name: str,
        run_status: DagsterRunStatus,
        run_status_sensor_fn: Callable[..., Any],
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        monitored_jobs: Sequence[Any] | None = None,
        monitor_all_code_locations: bool | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        request_job: Any = None,
        request_jobs: Sequence[Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        required_resource_keys: Iterable[str] | None = None,
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=run_status_sensor_fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            job=request_job,
            jobs=request_jobs,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
        )
        self._status = DagsterRunStatus(run_status)
        if self._status not in FACT_OF_STATUS:
            raise DagsterInvalidDefinitionError(
                f"No event brings a run into the state {self._status.value}; a sensor watches one of"
                f" {', '.join(FACT_OF_STATUS)}.",
                where=self.location,
            )
        if monitored_jobs and monitor_all_code_locations:
            raise DagsterInvalidDefinitionError(
                f"The sensor {name!r} watches the runs of some jobs or of all code locations, not both.",
                where=self.location,
            )
        self._watches = (Watched(None),) if monitored_jobs is None else tuple(map(Watched.of, monitored_jobs))
        self._everywhere = bool(monitor_all_code_locations)

    @property
    def sensor_type(self) -> SensorType:
        """What it watches."""
        return SensorType.RUN_STATUS

    @property
    def run_status(self) -> DagsterRunStatus:
        """The state."""
        return self._status

    @property
    def spec(self) -> SensorSpec:
        """The sensor as data."""
        return structs.replace(super().spec, watched_statuses=(self._status.value,))

    def context_for(self, context: RunStatusSensorContext) -> RunStatusSensorContext:
        """Return the context that the function is given."""
        return context.for_run_failure() if self._status is DagsterRunStatus.FAILURE else context

    def answer(self, context: Any) -> SensorAnswer:
        """Ask the function about each run that came into the state since the last tick."""
        instance = context.instance
        if context.cursor is None:
            return SensorAnswer(
                skip_message=f"Initiating {self._name}: it watches runs from now on.",
                cursor=instance.store.events.head(),
            )
        page = instance.store.events.follow(context.cursor, topic=Topic.RUNS, limit=PAGE)
        asked = ask_each(self, self._function, self._contexts(page.events, context), context)
        requests, partitions, reactions, skips = asked
        return SensorAnswer(
            requests=requests,
            skip_message=None if requests else "\n".join(skips) or f"No run asks for anything ({len(reactions)} seen).",
            cursor=page.cursor,
            partitions=partitions,
            reactions=reactions,
            woken_again=len(page.events) == PAGE,
        )

    def _contexts(self, events: Iterable[Any], context: Any) -> Iterator[RunStatusSensorContext]:
        for run, event in self._watched(events, context):
            seen = context.instance.entry(event, run.job_name).dagster_event
            yield self.context_for(RunStatusSensorContext(context.around, self._name, run, seen))

    def _watched(self, events: Iterable[Any], context: Any) -> Iterator[tuple[Any, Any]]:
        """Yield runs and the events by which they came into the state, of the jobs and locations that are watched."""
        wanted = FACT_OF_STATUS[self._status]
        found = [event for event in events if isinstance(event.fact, wanted) and not event.late]
        runs = {run.run_id: run for run in context.instance.store.runs.get_many(event.run_id for event in found)}
        for event in found:
            run = runs.get(event.run_id)
            if run is None or run.tags.get("dagster/sensor_name") == self._name:
                continue
            if self._everywhere or any(one.means(run, context.repository_name) for one in self._watches):
                yield run, event

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the user's function with a context, as a test does."""
        given = tuple(self.context_for(one) if isinstance(one, RunStatusSensorContext) else one for one in args)
        return super().__call__(*given, **kwargs)


def run_status_sensor(
    run_status: DagsterRunStatus,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    monitored_jobs: Sequence[Any] | None = None,
    job_selection: Sequence[Any] | None = None,
    monitor_all_code_locations: bool | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    request_job: Any = None,
    request_jobs: Sequence[Any] | None = None,
    monitor_all_repositories: bool | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], RunStatusSensorDefinition]:
    """Make a sensor that is asked for each run that comes into a state.

    Arguments as :class:`RunStatusSensorDefinition`; ``job_selection`` and ``monitor_all_repositories`` are older names
    of ``monitored_jobs`` and ``monitor_all_code_locations``.

    Example:
        >>> from earmark.define.run_request import RunRequest
        >>> @run_status_sensor(DagsterRunStatus.SUCCESS, monitored_jobs=["load"], request_jobs=None)
        ... def after_load(context):
        ...     context.log.info(context.dagster_run.run_id)
        >>> @em.job
        ... def load(): ...
        >>> instance = em.DagsterInstance.ephemeral()
        >>> loaded = load.execute_in_process(instance=instance)
        >>> context = em.build_run_status_sensor_context(
        ...     "after_load", loaded.get_run_success_event(), instance, loaded.dagster_run
        ... )
        >>> after_load(context)
        >>> after_load.spec.name, after_load.run_status.value
        ('after_load', 'SUCCESS')
    """
    require_arguments(None if isinstance(run_status, str) else run_status, "run_status_sensor")
    if monitored_jobs is not None and job_selection is not None:
        raise DagsterInvalidDefinitionError(
            "monitored_jobs and job_selection are two names of one argument.", where=caller_location()
        )

    def decorate(fn: Callable[..., Any]) -> RunStatusSensorDefinition:
        return RunStatusSensorDefinition(
            name=name or fn.__name__,
            run_status=run_status,
            run_status_sensor_fn=fn,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description or inspect.getdoc(fn),
            monitored_jobs=monitored_jobs if monitored_jobs is not None else job_selection,
            monitor_all_code_locations=monitor_all_code_locations or monitor_all_repositories,
            default_status=default_status,
            request_job=request_job,
            request_jobs=request_jobs,
            tags=tags,
            metadata=metadata,
        )

    return decorate


def run_failure_sensor(
    name: Any = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    monitored_jobs: Sequence[Any] | None = None,
    job_selection: Sequence[Any] | None = None,
    monitor_all_code_locations: bool | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    request_job: Any = None,
    request_jobs: Sequence[Any] | None = None,
    monitor_all_repositories: bool | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """Make a sensor that is asked for each run that fails; usable with and without arguments.

    Arguments as :func:`run_status_sensor`.

    Example:
        >>> @run_failure_sensor
        ... def alarm(context):
        ...     context.log.warning("%s: %s", context.dagster_run.job_name, context.failure_event.message)
        >>> @em.op
        ... def breaks():
        ...     raise ValueError("no file")
        >>> @em.job
        ... def load():
        ...     breaks()
        >>> instance = em.DagsterInstance.ephemeral()
        >>> failed = load.execute_in_process(instance=instance, raise_on_error=False)
        >>> context = em.build_run_status_sensor_context(
        ...     "alarm", failed.get_run_failure_event(), instance, failed.dagster_run
        ... ).for_run_failure()
        >>> alarm(context)
        >>> context.dagster_run.job_name, context.failure_event.is_failure
        ('load', True)
    """
    function = name if callable(name) else None
    decorate = run_status_sensor(
        DagsterRunStatus.FAILURE,
        name=None if function is not None else name,
        minimum_interval_seconds=minimum_interval_seconds,
        description=description,
        monitored_jobs=monitored_jobs,
        job_selection=job_selection,
        monitor_all_code_locations=monitor_all_code_locations,
        default_status=default_status,
        request_job=request_job,
        request_jobs=request_jobs,
        monitor_all_repositories=monitor_all_repositories,
        tags=tags,
        metadata=metadata,
    )
    return decorate if function is None else decorate(function)
