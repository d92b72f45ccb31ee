"""Schedules: jobs asked for at the ticks of cron expressions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import update_wrapper
from typing import Any

from earmark.define.assets.asset_selection import QuerySelection
from earmark.define.automation.instigation import (
    Surroundings,
    Targets,
    TickContext,
    TickFunction,
    as_definitions,
    resolve_request,
    targets_of,
)
from earmark.define.config.run_config import RunConfig, run_config_dict
from earmark.define.run_request import RunRequest, SkipReason
from earmark.define.tags import run_request_tags
from earmark.partitions.cron import Cron
from earmark.specs.asset import normalize_owners
from earmark.specs.metadata import definition_metadata
from earmark.specs.naming import check_name
from earmark.specs.schedule import DEFAULT_CATCH_UP, ScheduleSpec
from earmark.values.errors import (
    DagsterError,
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    ScheduleExecutionError,
    caller_location,
)

SCHEDULE_NAME = "dagster/schedule_name"


class DefaultScheduleStatus(StrEnum):
    """Whether a schedule ticks before anybody switched it on or off.

    Example:
        >>> nightly = em.ScheduleDefinition(
        ...     job_name="load", cron_schedule="0 3 * * *", default_status=DefaultScheduleStatus.RUNNING
        ... )
        >>> nightly.spec.runs_by_default
        True
    """

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


class ScheduleEvaluationContext(TickContext):
    """What a schedule's function sees of its tick. :func:`build_schedule_context` makes one for tests.

    Args:
        around: Instance, definitions, resources and log.
        scheduled_execution_time: The instant that the tick stands for, in the schedule's zone.
        schedule_name: The schedule.

    Example:
        >>> from datetime import datetime, timezone
        >>> @em.schedule(cron_schedule="0 3 * * *", job_name="nightly")
        ... def each_night(context: ScheduleEvaluationContext):
        ...     return em.RunRequest(run_key=context.scheduled_execution_time.date().isoformat())
        >>> context = em.build_schedule_context(scheduled_execution_time=datetime(2024, 1, 2, 3, tzinfo=timezone.utc))
        >>> each_night(context).run_key
        '2024-01-02'
    """

    def __init__(
        self,
        around: Surroundings | None = None,
        scheduled_execution_time: datetime | None = None,
        schedule_name: str | None = None,
        log_key: Sequence[str] | None = None,
    ) -> None:
        self.around = around or Surroundings()
        self._time = scheduled_execution_time
        self.schedule_name = schedule_name
        self.log_key = log_key

    @property
    def scheduled_execution_time(self) -> datetime:
        """The instant that the tick stands for.

        Raises:
            DagsterInvariantViolationError: The context was built without one.
        """
        if self._time is None:
            raise DagsterInvariantViolationError(
                "Attempting to access scheduled_execution_time, but no scheduled_execution_time was set on this"
                " context.",
                hint="Pass it: build_schedule_context(scheduled_execution_time=...).",
                where=caller_location(),
            )
        return self._time

    @property
    def has_scheduled_execution_time(self) -> bool:
        """Whether the context stands for an instant."""
        return self._time is not None

    @property
    def instance_ref(self) -> Any:
        """The instance, by an older name; ``None`` where there is none."""
        return self.around.given_instance

    @property
    def repository_def(self) -> Any:
        """All that the code location defines."""
        return self.around.repository

    def has_captured_logs(self) -> bool:
        """Say whether lines logged here are kept with the tick."""
        return self.log_key is not None

    def merge_resources(self, resources_dict: Mapping[str, Any]) -> ScheduleEvaluationContext:
        """Return the same with more resources."""
        return ScheduleEvaluationContext(
            self.around.with_resources(resources_dict), self._time, self.schedule_name, self.log_key
        )

    def __enter__(self) -> ScheduleEvaluationContext:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.around.close()


def build_schedule_context(
    instance: Any = None,
    scheduled_execution_time: datetime | None = None,
    resources: Mapping[str, Any] | None = None,
    repository_def: Any = None,
    instance_ref: Any = None,
) -> ScheduleEvaluationContext:
    """Return the context of a tick, for tests.

    Args:
        instance: The instance.
        scheduled_execution_time: The instant that the tick stands for.
        resources: Resources by key; set up when first asked for.
        repository_def: All definitions, such as a :class:`Definitions`.
        instance_ref: The instance, by an older name.

    Example:
        >>> from datetime import datetime
        >>> build_schedule_context(scheduled_execution_time=datetime(2026, 11, 1)).scheduled_execution_time.day
        1
    """
    around = Surroundings(
        instance if instance is not None else instance_ref, as_definitions(None, repository_def), dict(resources or {})
    )
    return ScheduleEvaluationContext(around, scheduled_execution_time)


@dataclass(frozen=True)
class ScheduleExecutionData:
    """What a tick of a schedule came to: the runs it asks for, or why there are none.

    Args:
        run_requests: The requests, with the tags of the definition, of partitions and of the schedule's name.
        skip_message: Why there are none.
        log_key: Where its log lines are kept.
    """

    run_requests: Sequence[RunRequest] = ()
    skip_message: str | None = None
    log_key: Sequence[str] | None = None


@dataclass(frozen=True)
class ScheduleAnswer:
    """What the functions of a schedule said, as they said it.

    Args:
        requests: The runs asked for, without any tags but their own.
        skip_message: Why there are none.
        definition_tags: The tags of the definition: ``tags``, or what ``tags_fn`` gave for this tick.
    """

    requests: Sequence[RunRequest] = ()
    skip_message: str | None = None
    definition_tags: Mapping[str, str] = field(default_factory=dict)


ScheduleFn = Callable[..., Any]


class ScheduleDefinition:
    """A job asked for at the ticks of cron expressions.

    Args:
        name: Its name; the job's with ``_schedule`` if ``None``.
        cron_schedule: A cron expression of five fields (or ``@daily`` and the like), or several.
        job_name: The job, by name.
        run_config: The configuration of its runs.
        run_config_fn: From the context to that configuration.
        tags: Labels of the schedule and of its runs.
        tags_fn: From the context to the labels of its runs.
        metadata: Facts about it.
        should_execute: From the context to whether this tick asks for a run at all.
        environment_vars: Not used; kept for old code.
        execution_timezone: The IANA zone in which the expressions are read; UTC if ``None``.
        execution_fn: From the context to run requests, instead of the other functions.
        description: Text for people.
        job: The job.
        default_status: Whether it ticks before anybody switched it on.
        required_resource_keys: Resources that its functions use.
        target: A job, or assets: a selection, keys, definitions.
        owners: E-mail addresses or ``team:NAME``.
        catch_up: How many missed ticks it makes up for, the latest ones; 0 for none, 1 for the last.
        jitter_seconds: By up to how many seconds each tick is put off.

    Raises:
        DagsterInvalidDefinitionError: A cron expression, zone, name, tag or owner is invalid, or arguments contradict
            each other.

    Example:
        >>> nightly = ScheduleDefinition(
        ...     name="nightly", cron_schedule="0 2 * * *", target="tag:domain=sales", tags={"team": "growth"}
        ... )
        >>> nightly.evaluate_tick(build_schedule_context()).run_requests[0].tags
        {'team': 'growth', 'dagster/schedule_name': 'nightly'}
    """

    automation_type = "schedule"

    def __init__(
        self,
        name: str | None = None,
        *,
        cron_schedule: str | Sequence[str] | None = None,
        job_name: str | None = None,
        run_config: RunConfig | Mapping[str, Any] | None = None,
        run_config_fn: ScheduleFn | None = None,
        tags: Mapping[str, Any] | None = None,
        tags_fn: ScheduleFn | None = None,
        metadata: Mapping[str, Any] | None = None,
        should_execute: ScheduleFn | None = None,
        environment_vars: Mapping[str, str] | None = None,
        execution_timezone: str | None = None,
        execution_fn: ScheduleFn | None = None,
        description: str | None = None,
        job: Any = None,
        default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
        required_resource_keys: Iterable[str] | None = None,
        target: Any = None,
        owners: Sequence[str] | None = None,
        catch_up: int = DEFAULT_CATCH_UP,
        jitter_seconds: float = 0.0,
    ) -> None:
        self.location = caller_location()
        self._name = _schedule_name(name, job_name, job, target)
        self._targets = targets_of(self._name, "schedule", job=job, job_name=job_name, target=target)
        if not self._targets.names:
            raise self._fault("needs a job, a job_name or a target")
        self._crons = self._checked_crons(cron_schedule, execution_timezone)
        self._cron_given = cron_schedule
        self._timezone = execution_timezone
        self._check_one_of(tags=tags, tags_fn=tags_fn)
        self._check_one_of(run_config=run_config, run_config_fn=run_config_fn, execution_fn=execution_fn)
        if not isinstance(catch_up, int) or catch_up < 0:
            raise self._fault(f"catches up a number of ticks, 0 or more, not {catch_up!r}")
        if jitter_seconds < 0:
            raise self._fault(f"has a jitter of a number of seconds, 0 or more, not {jitter_seconds!r}")
        self._run_config = run_config
        self._run_config_fn = run_config_fn
        self._tags = run_request_tags(tags)
        self._tags_fn = tags_fn
        self._metadata = definition_metadata(metadata or {})
        self._should_execute = should_execute
        self._environment_vars = dict(environment_vars or {})
        self._function = None if execution_fn is None else TickFunction.of(execution_fn)
        self._description = description
        self._default_status = DefaultScheduleStatus(default_status)
        own = () if self._function is None else self._function.resources
        self._resource_keys = frozenset((*(required_resource_keys or ()), *own))
        self._owners = normalize_owners(owners or (), f"schedule {self._name}")
        self._catch_up = catch_up
        self._jitter = float(jitter_seconds)
        if execution_fn is not None:
            update_wrapper(self, execution_fn, updated=())

    def _fault(self, what: str) -> DagsterInvalidDefinitionError:
        return DagsterInvalidDefinitionError(f"The schedule {self._name!r} {what}.", where=self.location)

    def _check_one_of(self, **given: Any) -> None:
        used = [name for name, value in given.items() if value is not None]
        if len(used) > 1:
            raise self._fault(f"takes only one of {' and '.join(used)}")

    def _checked_crons(self, given: Any, timezone: str | None) -> tuple[str, ...]:
        crons = (given,) if isinstance(given, str) else tuple(given or ())
        if not crons or not all(isinstance(one, str) for one in crons):
            raise self._fault(f"needs a cron expression of five fields, or several, not {given!r}")
        try:
            Cron(crons, timezone or "UTC")
        except DagsterInvalidDefinitionError as error:
            raise DagsterInvalidDefinitionError(
                f"The schedule {self._name!r} cannot tick: {error.message}",
                where=self.location,
                hint=error.hint,
                **error.facts,
            ) from error
        return crons

    @property
    def name(self) -> str:
        """The schedule's name."""
        return self._name

    @property
    def cron_schedule(self) -> str | Sequence[str]:
        """The cron expression, or the list of them, as it was given."""
        given: str | Sequence[str] = self._cron_given or ()
        return given

    @property
    def execution_timezone(self) -> str | None:
        """The zone in which the expressions are read; UTC if ``None``."""
        return self._timezone

    @property
    def job_name(self) -> str:
        """The name of the job."""
        return self._targets.names[0]

    @property
    def job(self) -> Any:
        """The job, as it was given.

        Raises:
            DagsterInvalidDefinitionError: Only its name was given.
        """
        if self._targets.jobs:
            return self._targets.jobs[0]
        raise self._fault(f"was given its job by name only: {self.job_name!r}")

    @property
    def has_job(self) -> bool:
        """Whether the job was given as an object."""
        return bool(self._targets.jobs)

    @property
    def has_anonymous_job(self) -> bool:
        """Whether its job was made of a selection of assets."""
        return self._targets.is_anonymous

    @property
    def target(self) -> Targets:
        """What it targets."""
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
    def tags(self) -> Mapping[str, str]:
        """The labels of the schedule."""
        return self._tags

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about it."""
        return self._metadata

    @property
    def description(self) -> str | None:
        """Text for people."""
        return self._description

    @property
    def environment_vars(self) -> Mapping[str, str]:
        """What was given under that name; not used."""
        return self._environment_vars

    @property
    def required_resource_keys(self) -> frozenset[str]:
        """The resources that its functions use."""
        return self._resource_keys

    @property
    def default_status(self) -> DefaultScheduleStatus:
        """Whether it ticks before anybody switched it on."""
        return self._default_status

    @property
    def owners(self) -> Sequence[str]:
        """Who answers for it."""
        return self._owners

    @property
    def spec(self) -> ScheduleSpec:
        """The schedule as data."""
        selection = self._targets.jobs[0].selection if self._targets.is_anonymous else None
        return ScheduleSpec(
            name=self._name,
            cron_schedules=self._crons,
            job_name=self.job_name,
            timezone=self._timezone,
            tags=dict(self._tags),
            description=self._description,
            metadata=dict(self._metadata),
            owners=tuple(self._owners),
            runs_by_default=self._default_status is DefaultScheduleStatus.RUNNING,
            catch_up=self._catch_up,
            jitter_seconds=self._jitter,
            asset_query=str(selection) if isinstance(selection, QuerySelection) else None,
        )

    def answer(self, context: ScheduleEvaluationContext) -> ScheduleAnswer:
        """Ask the schedule's functions what this tick comes to.

        Raises:
            ScheduleExecutionError: A function raised; its exception is the cause.
            DagsterInvariantViolationError: What it answered is no answer.
        """
        if self._should_execute is not None and not self._call(self._should_execute, "should_execute", context):
            return ScheduleAnswer(skip_message=f"should_execute function for {self._name} returned false.")
        tags: Mapping[str, str] = self._tags
        if self._tags_fn is not None:
            tags = run_request_tags(self._call(self._tags_fn, "tags_fn", context))
        if self._function is None:
            config = self._run_config
            if self._run_config_fn is not None:
                config = self._call(self._run_config_fn, "run_config_fn", context)
            return ScheduleAnswer([RunRequest(run_config=run_config_dict(config))], None, tags)
        said = self._call(self._function.function, "the evaluation", context, self._function)
        return self._read(said, tags)

    def _call(
        self, function: ScheduleFn, part: str, context: ScheduleEvaluationContext, how: TickFunction | None = None
    ) -> Any:
        how = how or TickFunction.of(function)
        try:
            said = how((context,), context.resources)
            return list(said) if inspect.isgenerator(said) else said
        except DagsterError as error:
            if isinstance(error, DagsterInvariantViolationError):
                raise
            raise self._execution_error(part, error) from error
        except Exception as error:
            raise self._execution_error(part, error) from error

    def _execution_error(self, part: str, error: Exception) -> ScheduleExecutionError:
        place = "evaluation of" if part == "the evaluation" else f"execution of {part} for"
        return ScheduleExecutionError(
            f"Error occurred during the {place} schedule {self._name}: {type(error).__name__}: {error}",
            user_exception=error,
        )

    def _read(self, said: Any, tags: Mapping[str, str]) -> ScheduleAnswer:
        if said is None or (isinstance(said, list) and not said):
            return ScheduleAnswer(skip_message="Schedule function returned an empty result")
        if isinstance(said, SkipReason):
            return ScheduleAnswer(skip_message=said.skip_message)
        if isinstance(said, list) and len(said) == 1 and isinstance(said[0], SkipReason):
            return ScheduleAnswer(skip_message=said[0].skip_message)
        if isinstance(said, (Mapping, RunConfig)):
            return ScheduleAnswer([RunRequest(run_config=run_config_dict(said))], None, tags)
        requests = list(said) if isinstance(said, (list, tuple)) else [said]
        for one in requests:
            if not isinstance(one, RunRequest):
                raise DagsterInvariantViolationError(
                    f"The schedule {self._name!r} answered {one!r} ({type(one).__name__}); it answers RunRequest"
                    " objects, one SkipReason, or a run's configuration.",
                    where=self.location,
                )
        if len(requests) > 1 and any(one.run_key is None for one in requests):
            raise DagsterInvariantViolationError(
                "Schedules that return multiple RunRequests must specify a run_key in each RunRequest.",
                where=self.location,
            )
        return ScheduleAnswer(requests, None, tags)

    def evaluate_tick(self, context: ScheduleEvaluationContext) -> ScheduleExecutionData:
        """Return what a tick comes to, for tests: the requests with all tags that their runs get from here.

        Raises:
            ScheduleExecutionError: A function raised; its exception is the cause.
            DagsterInvariantViolationError: What it answered is no answer.
        """
        answer = self.answer(context)
        moment = context.scheduled_execution_time if context.has_scheduled_execution_time else None
        resolved = [resolve_request(one, self._targets, context.around, not_before=moment) for one in answer.requests]
        shown = [
            one.with_replaced_attrs(tags={**answer.definition_tags, **one.tags, SCHEDULE_NAME: self._name})
            for one in resolved
        ]
        return ScheduleExecutionData(shown, answer.skip_message, context.log_key)

    def with_updated_job(self, new_job: Any) -> ScheduleDefinition:
        """Return the schedule with another job."""
        return self.with_attributes(job=new_job)

    def with_attributes(self, *, job: Any = None, metadata: Mapping[str, Any] | None = None) -> ScheduleDefinition:
        """Return the schedule with another job or other facts."""
        import copy

        made = copy.copy(self)
        if job is not None:
            made._targets = targets_of(self._name, "schedule", job=job)
        if metadata is not None:
            made._metadata = definition_metadata(metadata)
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the user's function with a context, as a test does; a generator gives a list."""
        if self._function is None:
            raise DagsterInvalidDefinitionError(
                f"The schedule {self._name!r} has no function of its own to call.", where=caller_location()
            )
        said = self._function.invoke("schedule", self._name, args, kwargs)
        return list(said) if inspect.isgenerator(said) else said

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}: {', '.join(self._crons)}>"


def _schedule_name(name: str | None, job_name: str | None, job: Any, target: Any) -> str:
    if name is not None:
        return check_name(name, "schedule")
    base = job_name or getattr(job, "name", None) or getattr(target, "name", None)
    if not isinstance(base, str):
        raise DagsterInvalidDefinitionError(
            "A schedule needs a name where its target is no single job.", where=caller_location()
        )
    return check_name(f"{base}_schedule", "schedule")


def schedule(
    cron_schedule: str | Sequence[str],
    *,
    job_name: str | None = None,
    name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    tags_fn: ScheduleFn | None = None,
    metadata: Mapping[str, Any] | None = None,
    should_execute: ScheduleFn | None = None,
    environment_vars: Mapping[str, str] | None = None,
    execution_timezone: str | None = None,
    description: str | None = None,
    job: Any = None,
    default_status: DefaultScheduleStatus = DefaultScheduleStatus.STOPPED,
    required_resource_keys: Iterable[str] | None = None,
    target: Any = None,
    owners: Sequence[str] | None = None,
    catch_up: int = DEFAULT_CATCH_UP,
    jitter_seconds: float = 0.0,
) -> Callable[[ScheduleFn], ScheduleDefinition]:
    """Make a schedule of a function that answers at each tick: run requests, a skip reason, or configuration.

    The function takes a :class:`ScheduleEvaluationContext` (or nothing) and resources by annotation. It returns or
    yields :class:`RunRequest` objects (several need run keys), a :class:`SkipReason`, or a run's configuration.
    Arguments as :class:`ScheduleDefinition`.

    Example:
        >>> @schedule("0 6 * * 1-5", target="group:reports", execution_timezone="Europe/Helsinki")
        ... def reports(context):
        ...     day = context.scheduled_execution_time.strftime("%Y-%m-%d")
        ...     return RunRequest(run_key=day, tags={"day": day})
        >>> from datetime import datetime
        >>> context = build_schedule_context(scheduled_execution_time=datetime(2026, 11, 2, 6))
        >>> reports.evaluate_tick(context).run_requests[0].run_key
        '2026-11-02'
    """
    if callable(cron_schedule):
        raise DagsterInvalidDefinitionError(
            "@schedule needs a cron expression.", where=caller_location(), hint='Write @schedule("0 2 * * *", job=...).'
        )

    def decorate(fn: ScheduleFn) -> ScheduleDefinition:
        return ScheduleDefinition(
            name=name or fn.__name__,
            cron_schedule=cron_schedule,
            job_name=job_name,
            tags=tags,
            tags_fn=tags_fn,
            metadata=metadata,
            should_execute=should_execute,
            environment_vars=environment_vars,
            execution_timezone=execution_timezone,
            execution_fn=fn,
            description=description or inspect.getdoc(fn),
            job=job,
            default_status=default_status,
            required_resource_keys=required_resource_keys,
            target=target,
            owners=owners,
            catch_up=catch_up,
            jitter_seconds=jitter_seconds,
        )

    return decorate
