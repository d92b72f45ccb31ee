"""What schedules and sensors share: what they target, how their functions are called, what surrounds a tick."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from earmark.define.assets.asset_job import UnresolvedAssetJobDefinition
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.function import is_resource_annotation
from earmark.define.ops.job import JobDefinition
from earmark.define.resources.resource_context import Resources
from earmark.define.resources.resources import build_resources
from earmark.define.run_request import RunRequest
from earmark.partitions.loading import resolve_now
from earmark.specs.job import ASSET_JOB
from earmark.values.clock import from_datetime
from earmark.values.errors import (
    DagsterError,
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    caller_location,
)

ANONYMOUS = "__anonymous_asset_job_"
"""Begins the name of a job that is made of a ``target`` of assets."""


class TickTimeoutError(DagsterError):
    """The code of a tick took longer than it may."""


class ConditionTimeoutError(DagsterError):
    """The code of a condition that a user wrote took longer than it may."""


class AsksInTime(Protocol):
    """Sees to it that a condition which a user wrote does not take the time of the others."""

    def asking(self, condition: Any) -> AbstractContextManager[None]:
        """Return the context manager inside which the condition is asked."""
        ...


@dataclass(frozen=True)
class Targets:
    """The jobs that a schedule or sensor may ask for.

    Args:
        jobs: Those given as objects, the one made of a selection among them.
        names: The names of all.
        is_anonymous: Whether the job was made of a selection.
        asset_selection: The assets that a sensor asks for without a job of its own.
    """

    jobs: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    is_anonymous: bool = False
    asset_selection: AssetSelection | None = None

    def job_named(self, name: str, definitions: Any) -> Any:
        """Return a job by its name: from definitions where there are any, else as it was given.

        Raises:
            DagsterInvariantViolationError: Only its name is known here.
        """
        if definitions is not None:
            return definitions.get_job_def(name)
        for job in self.jobs:
            if job.name == name:
                return job
        raise DagsterInvariantViolationError(
            f"The job {name!r} is known here by its name only.",
            hint="Pass the definitions: build_sensor_context(definitions=...) or repository_def=....",
        )


def targets_of(
    name: str,
    what: str,
    *,
    job: Any = None,
    jobs: Sequence[Any] | None = None,
    job_name: str | None = None,
    target: Any = None,
    asset_selection: Any = None,
) -> Targets:
    """Return what the arguments of a ``what`` ("schedule", "sensor") called ``name`` target.

    Raises:
        DagsterInvalidDefinitionError: More than one of the arguments is given, or one is no job.
    """
    given = {
        "job": job,
        "jobs": jobs or None,
        "job_name": job_name,
        "target": target,
        "asset_selection": asset_selection,
    }
    used = [key for key, value in given.items() if value is not None]
    if len(used) > 1:
        raise DagsterInvalidDefinitionError(
            f"The {what} {name!r} takes only one of {', '.join(given)}; it was given {' and '.join(used)}.",
            where=caller_location(),
        )
    if job is not None or jobs:
        found = tuple(_as_job(one, name, what) for one in (jobs or (job,)))
        return Targets(found, tuple(one.name for one in found))
    if job_name is not None:
        return Targets((), (job_name,))
    if asset_selection is not None:
        return Targets((), (ASSET_JOB,), asset_selection=AssetSelection.from_coercible(asset_selection))
    return Targets() if target is None else _of_target(target, name, what)


def _of_target(target: Any, name: str, what: str) -> Targets:
    if is_job(target):
        return Targets((target,), (target.name,))
    if isinstance(target, (list, tuple)) and target and all(is_job(one) for one in target):
        return Targets(tuple(target), tuple(one.name for one in target))
    made = UnresolvedAssetJobDefinition(
        f"{ANONYMOUS}{name}", AssetSelection.from_coercible(target), location=caller_location()
    )
    return Targets((made,), (made.name,), is_anonymous=True)


def is_job(thing: Any) -> bool:
    """Say whether something is a job, ready or over assets that are not known yet."""
    return isinstance(thing, (JobDefinition, UnresolvedAssetJobDefinition))


def _as_job(job: Any, name: str, what: str) -> Any:
    if is_job(job):
        return job
    if hasattr(job, "to_job"):
        return job.to_job()
    raise DagsterInvalidDefinitionError(
        f"The {what} {name!r} targets jobs (of @job, graph.to_job() and define_asset_job), not {job!r}.",
        where=caller_location(),
    )


@dataclass(frozen=True)
class TickFunction:
    """The user's function of a schedule or sensor, and what it takes.

    Args:
        function: The function.
        positional: The names of parameters that take what the tick gives, in order: the context, an event.
        resources: The names of parameters that take resources.
    """

    function: Callable[..., Any]
    positional: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()

    @staticmethod
    def of(function: Callable[..., Any]) -> TickFunction:
        """Read a user's function."""
        module: Mapping[str, Any] = getattr(inspect.unwrap(function), "__globals__", {})
        positional: list[str] = []
        resources: list[str] = []
        try:
            parameters = inspect.signature(function).parameters
        except ValueError:
            # Some builtins, such as ``dict``, tell nothing; they are called without arguments.
            return TickFunction(function)
        for parameter in parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            annotation = _annotation(parameter.annotation, module)
            (resources if is_resource_annotation(annotation) else positional).append(parameter.name)
        return TickFunction(function, tuple(positional), tuple(resources))

    def __call__(self, given: Sequence[Any], resources: Any) -> Any:
        """Call the function with as much of what the tick gives as it takes, and its resources."""
        named = {name: resources._itself(name) for name in self.resources}
        return self.function(*given[: len(self.positional)], **named)

    def invoke(self, what: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call the function as a test does: with contexts, and with resources by name or from the context.

        Raises:
            DagsterInvalidInvocationError: An argument is missing.
        """
        bound = dict(zip(self.positional, args, strict=False))
        bound.update(kwargs)
        missing = [one for one in self.positional if one not in bound]
        if missing:
            raise DagsterInvalidInvocationError(
                f"The function of {what} {name!r} expected the argument {missing[0]!r}, but it was not provided"
                " when invoking.",
                hint="Pass one made by build_schedule_context() or build_sensor_context().",
                where=caller_location(),
            )
        context = bound.get(self.positional[0]) if self.positional else next(iter(args), None)
        for one in self.resources:
            if one not in bound:
                held = getattr(context, "resources", Resources({}, f"{what} {name!r}"))
                bound[one] = held._itself(one) if isinstance(held, Resources) else getattr(held, one)
        return self.function(**bound)


def _annotation(annotation: Any, module: Mapping[str, Any]) -> Any:
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, dict(module))
    except (NameError, AttributeError, TypeError, SyntaxError, ValueError):
        # Names imported only for type checkers are common; such a parameter takes no resource.
        return inspect.Parameter.empty


@dataclass
class Surroundings:
    """What a tick's function may reach: the instance, the definitions, resources, a log.

    Args:
        given_instance: The instance, or ``None`` where there is none.
        definitions: All that the code location defines, or ``None``.
        resource_defs: Resources or definitions by key; set up when first asked for.
        log: Where lines go.
        own_time: Limits how long users' conditions take; ``None`` for no limit.
    """

    given_instance: Any = None
    definitions: Any = None
    resource_defs: Mapping[str, Any] = field(default_factory=dict)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("earmark"))
    own_time: AsksInTime | None = None
    _stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _resources: Resources | None = field(default=None, repr=False)

    @property
    def instance(self) -> Any:
        """The instance.

        Raises:
            DagsterInvariantViolationError: There is none.
        """
        if self.given_instance is None:
            raise DagsterInvariantViolationError(
                "This context has no instance.", hint="Pass one: build_sensor_context(instance=...)."
            )
        return self.given_instance

    @property
    def resources(self) -> Resources:
        """The resources, set up on first use."""
        if self._resources is None:
            self._resources = self._stack.enter_context(build_resources(self.resource_defs, self.given_instance))
        return self._resources

    @property
    def repository(self) -> Any:
        """All definitions.

        Raises:
            DagsterInvariantViolationError: None were given.
        """
        if self.definitions is None:
            raise DagsterInvariantViolationError(
                "Attempted to access repository_def, but no repository_def was provided.",
                hint="Pass repository_def=... (a Definitions) when building the context.",
            )
        return self.definitions

    def with_resources(self, resources: Mapping[str, Any]) -> Surroundings:
        """Return the same with more resources."""
        defs = {**self.resource_defs, **resources}
        return Surroundings(self.given_instance, self.definitions, defs, self.log, self.own_time)

    def close(self) -> None:
        """Tear down the resources that were set up."""
        self._stack.close()
        self._resources = None


class TickContext:
    """What every context of a tick gives of its surroundings."""

    around: Surroundings

    @property
    def instance(self) -> Any:
        """The instance."""
        return self.around.instance

    @property
    def log(self) -> Any:
        """A logger whose lines are kept with the tick."""
        return self.around.log

    @property
    def resources(self) -> Resources:
        """The resources that the schedule or sensor requires, by attribute."""
        return self.around.resources

    @property
    def resource_defs(self) -> Mapping[str, Any]:
        """The resources by key, as they were given."""
        return self.around.resource_defs


def as_definitions(definitions: Any, repository_def: Any) -> Any:
    """Return the one of two ways of giving definitions that was used."""
    given = definitions if definitions is not None else repository_def
    return getattr(given, "definitions", given)


def resolve_request(
    request: RunRequest,
    targets: Targets,
    around: Surroundings,
    requests: Iterable[Any] = (),
    not_before: datetime | None = None,
) -> RunRequest:
    """Return a request with the tags and configuration of its partition, if it is about one.

    Args:
        request: The request.
        targets: The jobs that it may be for.
        around: Where definitions and dynamic partitions are found.
        requests: Dynamic partitions that are to be added with it.
        not_before: The instant that the tick stands for, which in a test may lie ahead of now.

    Raises:
        DagsterInvalidDefinitionError: The job has no partitions, or has those of assets that are not known here.
    """
    if request.partition_key is None or request.has_resolved_partition():
        return request
    job = targets.job_named(request.job_name or targets.names[0], around.definitions)
    if isinstance(job, UnresolvedAssetJobDefinition) and job.partitions_def is None:
        raise DagsterInvalidDefinitionError(
            f"The job {job.name!r} has the partitions of its assets, which are not known here.",
            hint="Pass the definitions to the function that builds the context: repository_def=....",
            where=caller_location(),
        )
    now = resolve_now(None)
    if not_before is not None:
        now = max(now, from_datetime(not_before))
    return request.with_resolved_tags_and_config(job, requests, around.given_instance, now)
