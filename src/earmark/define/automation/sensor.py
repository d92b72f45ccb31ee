"""Sensors: functions that look at the world now and then and ask for runs."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import update_wrapper
from typing import Any

from earmark.define.assets.asset_selection import QuerySelection
from earmark.define.automation.instigation import Targets, TickFunction, resolve_request, targets_of
from earmark.define.automation.sensor_result import (
    EMPTY_RESULT,
    Reaction,
    SensorAnswer,
    SensorExecutionData,
    read_answer,
    with_tags,
)
from earmark.define.run_request import RunRequest
from earmark.define.tags import run_request_tags
from earmark.specs.asset import normalize_owners
from earmark.specs.metadata import definition_metadata
from earmark.specs.naming import check_name
from earmark.specs.sensor import DEFAULT_INTERVAL, SensorSpec, SensorType
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    caller_location,
    did_you_mean,
)

SENSOR_NAME = "dagster/sensor_name"
SensorFn = Callable[..., Any]


class DefaultSensorStatus(StrEnum):
    """Whether a sensor ticks before anybody switched it on or off.

    Example:
        >>> @em.sensor(job_name="load", default_status=DefaultSensorStatus.RUNNING)
        ... def new_files(context):
        ...     return em.SkipReason("no file came")
        >>> new_files.spec.runs_by_default
        True
    """

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class SensorDefinition:
    """A function that is asked now and then, and asks for runs.

    Args:
        name: Its name; the function's if ``None``.
        evaluation_fn: From a :class:`SensorEvaluationContext` (and resources by annotation) to run requests, a skip
            reason or a :class:`SensorResult`, returned or yielded.
        job_name: The job, by name.
        minimum_interval_seconds: The least time between two ticks; 30 if ``None``.
        description: Text for people.
        job: The job.
        jobs: The jobs, where there are several; each request then names one.
        default_status: Whether it ticks before anybody switched it on.
        asset_selection: The assets that it asks for.
        required_resource_keys: Resources that its function uses.
        tags: Labels of the sensor and of its runs.
        metadata: Facts about it.
        target: A job, jobs, or assets: a selection, keys, definitions.
        owners: E-mail addresses or ``team:NAME``.

    Raises:
        DagsterInvalidDefinitionError: A name, tag or owner is invalid, or arguments contradict each other.

    Example:
        >>> from earmark.define.automation.sensor_context import build_sensor_context
        >>> files = SensorDefinition("files", evaluation_fn=lambda context: RunRequest("file-7"), job_name="load")
        >>> files.evaluate_tick(build_sensor_context()).run_requests[0].tags
        {'dagster/sensor_name': 'files'}
    """

    automation_type = "sensor"

    def __init__(
        self,
        name: str | None = None,
        *,
        evaluation_fn: SensorFn | None = None,
        job_name: str | None = None,
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        job: Any = None,
        jobs: Sequence[Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        asset_selection: Any = None,
        required_resource_keys: Iterable[str] | None = None,
        tags: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        target: Any = None,
        owners: Sequence[str] | None = None,
    ) -> None:
        self.location = caller_location()
        if evaluation_fn is None:
            raise DagsterInvalidDefinitionError("Must provide evaluation_fn to SensorDefinition.", where=self.location)
        self._name = check_name(name or getattr(evaluation_fn, "__name__", None), "sensor")
        self._targets = targets_of(
            self._name,
            "sensor",
            job=job,
            jobs=jobs,
            job_name=job_name,
            target=target,
            asset_selection=asset_selection,
        )
        interval = DEFAULT_INTERVAL if minimum_interval_seconds is None else minimum_interval_seconds
        if not isinstance(interval, int) or interval < 0:
            raise DagsterInvalidDefinitionError(
                f"minimum_interval_seconds of the sensor {self._name!r} is a number, 0 or more, not {interval!r}.",
                where=self.location,
            )
        self._interval = interval
        self._function = TickFunction.of(evaluation_fn)
        self._resource_keys = frozenset((*(required_resource_keys or ()), *self._function.resources))
        self._description = description
        self._default_status = DefaultSensorStatus(default_status)
        self._tags = run_request_tags(tags)
        self._metadata = definition_metadata(metadata or {})
        self._owners = normalize_owners(owners or (), f"sensor {self._name}")
        update_wrapper(self, evaluation_fn, updated=())

    @property
    def name(self) -> str:
        """The sensor's name."""
        return self._name

    @property
    def sensor_type(self) -> SensorType:
        """What it watches."""
        return SensorType.STANDARD

    @property
    def minimum_interval_seconds(self) -> int:
        """The least time between two ticks."""
        return self._interval

    @property
    def description(self) -> str | None:
        """Text for people."""
        return self._description

    @property
    def default_status(self) -> DefaultSensorStatus:
        """Whether it ticks before anybody switched it on."""
        return self._default_status

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The resources that its function uses."""
        return self._resource_keys

    @property
    def tags(self) -> Mapping[str, str]:
        """The labels of the sensor."""
        return self._tags

    @property
    def run_tags(self) -> Mapping[str, str]:
        """The labels of the runs that it asks for."""
        return self._tags

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about it."""
        return self._metadata

    @property
    def owners(self) -> Sequence[str]:
        """Who answers for it."""
        return self._owners

    @property
    def targets(self) -> Targets:
        """What it may ask for."""
        return self._targets

    @property
    def targeted_jobs(self) -> Sequence[Any]:
        """The jobs that were given as objects, for :class:`Definitions` to take in."""
        return self._targets.jobs

    @property
    def targeted_job_names(self) -> Sequence[str]:
        """The names of all jobs that it may ask for."""
        return self._targets.names

    @property
    def jobs(self) -> Sequence[Any]:
        """The jobs, as they were given.

        Raises:
            DagsterInvalidDefinitionError: None was given as an object.
        """
        if self._targets.jobs:
            return self._targets.jobs
        raise DagsterInvalidDefinitionError(
            f"No job was given to the sensor {self._name!r} as an object.", where=self.location
        )

    @property
    def job(self) -> Any:
        """The one job, as it was given.

        Raises:
            DagsterInvalidDefinitionError: None was given as an object, or several.
        """
        if len(self.jobs) == 1:
            return self.jobs[0]
        raise DagsterInvalidDefinitionError(
            f"Job property not available when SensorDefinition has multiple jobs: {', '.join(self._targets.names)}.",
            where=self.location,
        )

    @property
    def job_name(self) -> str | None:
        """The name of the one job; ``None`` where there is none, or several."""
        return self._targets.names[0] if len(self._targets.names) == 1 else None

    @property
    def has_jobs(self) -> bool:
        """Whether jobs were given as objects."""
        return bool(self._targets.jobs)

    @property
    def has_anonymous_job(self) -> bool:
        """Whether its job was made of a selection of assets."""
        return self._targets.is_anonymous

    @property
    def asset_selection(self) -> Any:
        """The assets that it asks for, if it was given assets."""
        if self._targets.is_anonymous:
            return self._targets.jobs[0].selection
        return self._targets.asset_selection

    @property
    def spec(self) -> SensorSpec:
        """The sensor as data."""
        selection = self.asset_selection
        return SensorSpec(
            name=self._name,
            kind=self.sensor_type.value,
            job_names=tuple(self._targets.names),
            asset_query=str(selection) if isinstance(selection, QuerySelection) else None,
            minimum_interval_seconds=self._interval,
            tags=dict(self._tags),
            description=self._description,
            metadata=dict(self._metadata),
            owners=tuple(self._owners),
            runs_by_default=self._default_status is DefaultSensorStatus.RUNNING,
        )

    def answer(self, context: Any) -> SensorAnswer:
        """Ask the sensor's function what this tick comes to.

        Raises:
            DagsterInvariantViolationError: What it answered is no answer, or asks for a job that is no target.
            Exception: What the function raised.
        """
        said = self._function((context,), context.resources)
        answer = read_answer(said, context, self._name, self.location)
        return self.checked(answer, context)

    def checked(self, answer: SensorAnswer, context: Any) -> SensorAnswer:
        """Return an answer after checking that its requests are for the sensor's targets, with assets filled in."""
        return replace(answer, requests=[self._checked(one, context) for one in answer.requests])

    def _checked(self, request: RunRequest, context: Any) -> RunRequest:
        names = self._targets.names
        if not names:
            raise DagsterInvariantViolationError(
                f"The sensor {self._name!r} returned a RunRequest but has no target (job_name, job, jobs or target).",
                where=self.location,
            )
        if request.job_name is not None and request.job_name not in names:
            raise DagsterInvariantViolationError(
                f"The sensor {self._name!r} returned a RunRequest with job_name {request.job_name}. Expected one of:"
                f" {list(names)}.{did_you_mean(request.job_name, names)}",
                where=self.location,
            )
        if request.job_name is None and len(names) > 1:
            raise DagsterInvariantViolationError(
                f"The sensor {self._name!r} returned a RunRequest that did not specify job_name for the requested run."
                f" Expected one of: {list(names)}.",
                where=self.location,
            )
        selection = self._targets.asset_selection
        if selection is None:
            return request
        keys = request.asset_selection
        if keys is None and context.around.definitions is not None:
            keys = sorted(selection.select(context.around.definitions.resolve_asset_graph()).assets)
        return request.with_replaced_attrs(job_name=names[0], asset_selection=keys)

    def evaluate_tick(self, context: Any) -> SensorExecutionData:
        """Return what a tick comes to, for tests: the requests with all tags that their runs get from here.

        Raises:
            DagsterInvariantViolationError: What the function answered is no answer.
            Exception: What the function raised.
        """
        answer = self.answer(context)
        resolved = [resolve_request(one, self._targets, context.around, answer.partitions) for one in answer.requests]
        return SensorExecutionData(
            [with_tags(one, self.run_tags, {SENSOR_NAME: self._name}) for one in resolved],
            answer.skip_message,
            answer.cursor,
            answer.partitions,
            answer.asset_events,
            answer.reactions,
            answer.evaluations,
            context.log_key,
        )

    def with_updated_job(self, new_job: Any) -> SensorDefinition:
        """Return the sensor with another job."""
        return self.with_attributes(jobs=[new_job])

    def with_updated_jobs(self, new_jobs: Sequence[Any]) -> SensorDefinition:
        """Return the sensor with other jobs."""
        return self.with_attributes(jobs=new_jobs)

    def with_attributes(
        self, *, jobs: Sequence[Any] | None = None, metadata: Mapping[str, Any] | None = None
    ) -> SensorDefinition:
        """Return the sensor with other jobs or other facts."""
        made = copy.copy(self)
        if jobs is not None:
            made._targets = targets_of(self._name, "sensor", jobs=jobs)
        if metadata is not None:
            made._metadata = definition_metadata(metadata)
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the user's function with a context, as a test does; a generator gives a list, or its only item."""
        said = self._function.invoke("sensor", self._name, args, kwargs)
        return unpacked(said)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"


def ask_each(
    definition: SensorDefinition, function: TickFunction, contexts: Iterable[Any], tick: Any
) -> tuple[list[RunRequest], list[Any], list[Reaction], list[str]]:
    """Ask a function about one run after the other; one for which it raises does not keep the others waiting.

    Returns:
        The requests, the requests for dynamic partitions, a reaction for each run, and the reasons for no run.
    """
    requests: list[RunRequest] = []
    partitions: list[Any] = []
    reactions: list[Reaction] = []
    skips: list[str] = []
    for given in contexts:
        run_id = given.dagster_run.run_id
        try:
            said = unpacked(function((given,), given.resources))
            one = definition.checked(read_answer(said, given, definition.name, definition.location), tick)
        except Exception as error:
            tick.log.error("The sensor %s failed for run %s", definition.name, run_id, exc_info=error)
            reactions.append(Reaction(run_id, error))
            continue
        reactions.append(Reaction(run_id))
        requests.extend(one.requests)
        partitions.extend(one.partitions)
        if one.skip_message not in (None, EMPTY_RESULT):
            skips.append(str(one.skip_message))
    return requests, partitions, reactions, skips


def unpacked(said: Any) -> Any:
    """Return what a function gave, a generator as the list of what it yields."""
    return list(said) if inspect.isgenerator(said) else said


def require_arguments(first: Any, name: str) -> None:
    """Refuse a decorator that needs arguments and was written without."""
    if callable(first):
        raise DagsterInvalidInvocationError(
            f"@{name} needs arguments.", where=caller_location(), hint=f"Write @{name}(...)."
        )


def sensor(
    job_name: str | None = None,
    *,
    name: str | None = None,
    minimum_interval_seconds: int | None = None,
    description: str | None = None,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
    asset_selection: Any = None,
    required_resource_keys: Iterable[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    target: Any = None,
    owners: Sequence[str] | None = None,
) -> Callable[[SensorFn], SensorDefinition]:
    """Make a sensor of a function. Arguments as :class:`SensorDefinition`.

    Example:
        >>> from earmark.define.automation.sensor_context import build_sensor_context
        >>> @sensor(target="group:raw", minimum_interval_seconds=5)
        ... def files(context):
        ...     last = int(context.cursor or 0)
        ...     context.update_cursor(str(last + 1))
        ...     yield RunRequest(run_key=f"file-{last + 1}", tags={"source": "ftp"})
        >>> tick = files.evaluate_tick(build_sensor_context(cursor="6"))
        >>> tick.run_requests[0].run_key, tick.cursor
        ('file-7', '7')
    """
    require_arguments(job_name, "sensor")

    def decorate(fn: SensorFn) -> SensorDefinition:
        return SensorDefinition(
            name=name,
            evaluation_fn=fn,
            job_name=job_name,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description or inspect.getdoc(fn),
            job=job,
            jobs=jobs,
            default_status=default_status,
            asset_selection=asset_selection,
            required_resource_keys=required_resource_keys,
            tags=tags,
            metadata=metadata,
            target=target,
            owners=owners,
        )

    return decorate
