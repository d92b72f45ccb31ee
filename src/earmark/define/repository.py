"""``@repository``: the older form of :class:`Definitions`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from earmark.define.assets.asset_job import UnresolvedAssetJobDefinition
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.definition_arguments import automation_kind
from earmark.define.definitions import Definitions
from earmark.define.function import location_of
from earmark.define.ops.graph import GraphDefinition
from earmark.define.ops.job import JobDefinition
from earmark.specs.asset import AssetSpec
from earmark.specs.naming import check_name
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation, caller_location
from earmark.values.keys import AssetCheckKey, AssetKey


class RepositoryData:
    """What a repository holds, for those who give it out one by one: subclass it, and return one from ``@repository``.

    Every method has a default that holds nothing; :meth:`get_all_jobs`, :meth:`get_all_schedules` and
    :meth:`get_all_sensors` are the ones to write.

    Example:
        >>> @em.op
        ... def one():
        ...     return 1
        >>> @em.job
        ... def counting():
        ...     one()
        >>> class Counting(RepositoryData):
        ...     def get_all_jobs(self):
        ...         return [counting]
        >>> @em.repository
        ... def numbers():
        ...     return Counting()
        >>> numbers.job_names
        ['counting']
    """

    def get_all_jobs(self) -> Sequence[JobDefinition]:
        """Return all jobs."""
        return ()

    def get_all_schedules(self) -> Sequence[Any]:
        """Return all schedules."""
        return ()

    def get_all_sensors(self) -> Sequence[Any]:
        """Return all sensors."""
        return ()

    def get_assets_defs_by_key(self) -> Mapping[AssetKey, AssetsDefinition]:
        """Return what computes each asset."""
        return {}

    def get_asset_checks_defs_by_key(self) -> Mapping[AssetCheckKey, AssetsDefinition]:
        """Return what evaluates each check."""
        return {}

    def get_source_assets_by_key(self) -> Mapping[AssetKey, SourceAsset]:
        """Return the assets that something else writes."""
        return {}

    def get_top_level_resources(self) -> Mapping[str, Any]:
        """Return what the resource keys mean."""
        return {}

    def get_job_names(self) -> list[str]:
        """Return the names of all jobs."""
        return [job.name for job in self.get_all_jobs()]

    def get_schedule_names(self) -> list[str]:
        """Return the names of all schedules."""
        return [schedule.name for schedule in self.get_all_schedules()]

    def get_sensor_names(self) -> list[str]:
        """Return the names of all sensors."""
        return [sensor.name for sensor in self.get_all_sensors()]

    def has_job(self, job_name: str) -> bool:
        """Say whether there is a job of that name."""
        return job_name in self.get_job_names()

    def has_schedule(self, schedule_name: str) -> bool:
        """Say whether there is a schedule of that name."""
        return schedule_name in self.get_schedule_names()

    def has_sensor(self, sensor_name: str) -> bool:
        """Say whether there is a sensor of that name."""
        return sensor_name in self.get_sensor_names()

    def get_job(self, job_name: str) -> JobDefinition:
        """Return a job by its name."""
        return self.to_definitions().get_job_def(job_name)

    def get_schedule(self, schedule_name: str) -> Any:
        """Return a schedule by its name."""
        return self.to_definitions().get_schedule_def(schedule_name)

    def get_sensor(self, sensor_name: str) -> Any:
        """Return a sensor by its name."""
        return self.to_definitions().get_sensor_def(sensor_name)

    def to_definitions(self) -> Definitions:
        """Return all of it as definitions."""
        return Definitions(
            assets=[*_once(self.get_assets_defs_by_key().values()), *self.get_source_assets_by_key().values()],
            asset_checks=_once(self.get_asset_checks_defs_by_key().values()),
            jobs=list(self.get_all_jobs()),
            schedules=list(self.get_all_schedules()),
            sensors=list(self.get_all_sensors()),
            resources=self.get_top_level_resources(),
        )


class RepositoryDefinition:
    """Named definitions; made by :func:`repository`.

    Args:
        name: Its name.
        definitions: What it holds.
        description: Text for people.
        metadata: Facts about it.

    Example:
        >>> @em.op
        ... def one():
        ...     return 1
        >>> @em.job
        ... def counting():
        ...     one()
        >>> @em.repository
        ... def numbers():
        ...     return [counting]
        >>> isinstance(numbers, RepositoryDefinition), numbers.job_names
        (True, ['counting'])
    """

    def __init__(
        self,
        name: str,
        definitions: Definitions,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = check_name(name, "repository")
        self.definitions = definitions if metadata is None else definitions.replace(metadata=metadata)
        self.description = description

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Facts about it."""
        return self.definitions.metadata

    @property
    def job_names(self) -> list[str]:
        """The names of all jobs."""
        return [job.name for job in self.get_all_jobs()]

    @property
    def schedule_defs(self) -> Sequence[Any]:
        """All schedules."""
        return self.definitions.schedules or []

    @property
    def sensor_defs(self) -> Sequence[Any]:
        """All sensors."""
        return self.definitions.sensors or []

    @property
    def assets_defs_by_key(self) -> Mapping[AssetKey, AssetsDefinition]:
        """What computes each asset."""
        resolved = self.definitions.resolved
        return {key: resolved.definition_of(key) for key in resolved.graph.executable_asset_keys}

    @property
    def source_assets_by_key(self) -> Mapping[AssetKey, SourceAsset]:
        """The assets that something else writes."""
        resolved = self.definitions.resolved
        return {key: resolved.definition_of(key).to_source_asset(key) for key in resolved.graph.unexecutable_asset_keys}

    @property
    def asset_checks_defs_by_key(self) -> Mapping[AssetCheckKey, AssetsDefinition]:
        """What evaluates each check."""
        resolved = self.definitions.resolved
        return {key: resolved.definition_of_check(key) for key in resolved.graph.asset_check_keys}

    def get_all_jobs(self) -> Sequence[JobDefinition]:
        """Return all jobs, the one over all assets included."""
        return self.definitions.resolve_all_job_defs()

    def has_job(self, name: str) -> bool:
        """Say whether there is a job of that name."""
        return name in self.job_names

    def get_job(self, name: str) -> JobDefinition:
        """Return a job by its name.

        Raises:
            DagsterInvariantViolationError: There is no such job.
        """
        return self.definitions.get_job_def(name)

    def has_schedule_def(self, name: str) -> bool:
        """Say whether there is a schedule of that name."""
        return any(schedule.name == name for schedule in self.schedule_defs)

    def get_schedule_def(self, name: str) -> Any:
        """Return a schedule by its name.

        Raises:
            DagsterInvariantViolationError: There is no such schedule.
        """
        return self.definitions.get_schedule_def(name)

    def has_sensor_def(self, name: str) -> bool:
        """Say whether there is a sensor of that name."""
        return any(sensor.name == name for sensor in self.sensor_defs)

    def get_sensor_def(self, name: str) -> Any:
        """Return a sensor by its name.

        Raises:
            DagsterInvariantViolationError: There is no such sensor.
        """
        return self.definitions.get_sensor_def(name)

    def load_asset_value(self, asset_key: Any, **options: Any) -> Any:
        """Load the stored value of an asset; options as :meth:`Definitions.load_asset_value`."""
        return self.definitions.load_asset_value(asset_key, **options)

    def get_asset_value_loader(self, instance: Any = None) -> Any:
        """Return a loader of stored values; see :meth:`Definitions.get_asset_value_loader`."""
        return self.definitions.get_asset_value_loader(instance)


@overload
def repository(definitions_fn: Callable[[], Any]) -> RepositoryDefinition: ...


@overload
def repository(
    definitions_fn: None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    default_executor_def: Any = None,
    default_logger_defs: Mapping[str, Any] | None = None,
) -> Callable[[Callable[[], Any]], RepositoryDefinition]: ...


def repository(
    definitions_fn: Callable[[], Any] | None = None,
    *,
    name: str | None = None,
    description: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    default_executor_def: Any = None,
    default_logger_defs: Mapping[str, Any] | None = None,
) -> RepositoryDefinition | Callable[[Callable[[], Any]], RepositoryDefinition]:
    """Make a repository of a function that returns definitions: a list, a dict, or a :class:`RepositoryData`.

    Args:
        definitions_fn: The function, where the decorator is used without arguments.
        name: Its name; the function's name if ``None``.
        description: Text for people.
        metadata: Facts about it.
        default_executor_def: How steps are executed by jobs that do not say it.
        default_logger_defs: Loggers by name.

    Raises:
        DagsterInvalidDefinitionError: The function returned something else.

    Example:
        >>> from earmark.define.assets.asset import asset
        >>> @asset
        ... def orders():
        ...     return 1
        >>> @repository
        ... def shop():
        ...     return [orders]
        >>> shop.job_names
        ['__ASSET_JOB']
    """

    def decorate(function: Callable[[], Any]) -> RepositoryDefinition:
        made = _definitions_of(function(), default_executor_def, default_logger_defs, location_of(function))
        return RepositoryDefinition(name or function.__name__, made, description, metadata)

    return decorate if definitions_fn is None else decorate(definitions_fn)


def create_repository_using_definitions_args(
    name: str,
    assets: Iterable[Any] | None = None,
    schedules: Iterable[Any] | None = None,
    sensors: Iterable[Any] | None = None,
    jobs: Iterable[Any] | None = None,
    resources: Mapping[str, Any] | None = None,
    executor: Any = None,
    loggers: Mapping[str, Any] | None = None,
    asset_checks: Iterable[Any] | None = None,
) -> RepositoryDefinition:
    """Return a repository of the arguments of :class:`Definitions`, under a name.

    Example:
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> create_repository_using_definitions_args("shop", assets=[orders]).name
        'shop'
    """
    made = Definitions(
        assets=assets,
        schedules=schedules,
        sensors=sensors,
        jobs=jobs,
        resources=resources,
        executor=executor,
        loggers=loggers,
        asset_checks=asset_checks,
    )
    return RepositoryDefinition(name, made)


def _definitions_of(
    returned: Any, executor: Any, loggers: Mapping[str, Any] | None, where: SourceLocation | None
) -> Definitions:
    if isinstance(returned, RepositoryData):
        made = returned.to_definitions()
        return made if executor is None and not loggers else made.replace(executor=executor, loggers=loggers)
    if isinstance(returned, Mapping):
        things = [thing for group in returned.values() for thing in _values_of(group)]
    elif isinstance(returned, (list, tuple)):
        things = [thing for one in returned for thing in (one if isinstance(one, (list, tuple)) else (one,))]
    else:
        raise DagsterInvalidDefinitionError(
            f"A function under @repository returns a list, a dict or RepositoryData, not {returned!r}"
            f" ({type(returned).__name__}).",
            where=where,
        )
    sorted_: dict[str, list[Any]] = {"assets": [], "jobs": [], "schedules": [], "sensors": []}
    for thing in things:
        sorted_[_place_of(thing, where)].append(thing.to_job() if isinstance(thing, GraphDefinition) else thing)
    return Definitions(executor=executor, loggers=loggers, **sorted_)  # type: ignore[arg-type]


def _values_of(group: Any) -> Iterable[Any]:
    for value in group.values() if isinstance(group, Mapping) else group:
        # A dict may give functions that make the job when it is asked for.
        yield value() if callable(value) and not hasattr(value, "name") else value


def _place_of(thing: Any, where: SourceLocation | None) -> str:
    if isinstance(thing, (AssetsDefinition, SourceAsset, AssetSpec)):
        return "assets"
    if isinstance(thing, (JobDefinition, UnresolvedAssetJobDefinition, GraphDefinition)):
        return "jobs"
    kind = automation_kind(thing)
    if kind is not None:
        return f"{kind}s"
    raise DagsterInvalidDefinitionError(
        f"A repository holds assets, checks, jobs, graphs, schedules and sensors, not {thing!r}"
        f" ({type(thing).__name__}).",
        where=where or caller_location(),
    )


def _once(things: Iterable[Any]) -> list[Any]:
    return list({id(thing): thing for thing in things}.values())
