"""Everything that a project defines, brought together and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from earmark.define.assets.asset_job import (
    UnresolvedAssetJobDefinition,
    common_partitions,
    global_asset_job,
    select_layer,
)
from earmark.define.assets.asset_resolution import ResolvedAssets, as_definition, resolve_assets
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.assets.asset_value_loader import AssetValueLoader
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.map_asset_specs import map_asset_specs
from earmark.define.definition_arguments import (
    check_job,
    executor_of,
    listed,
    mapping_of,
    merged_executor,
    merged_mapping,
    things_by_name,
)
from earmark.define.ops.job import JobDefinition
from earmark.define.ports import runner
from earmark.define.requirements import require_resources_of_assets, require_resources_of_job
from earmark.graph.assets import AssetGraph
from earmark.specs.asset import AssetSpec
from earmark.specs.job import ASSET_JOB
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    caller_location,
    did_you_mean,
)
from earmark.values.keys import AssetCheckKey, AssetKey

if TYPE_CHECKING:
    from earmark.specs.computation import ComputationSpec
    from earmark.specs.manifest import Manifest
    from earmark.tags.flow import FlowRule


class Definitions:
    """All that a project defines: assets, checks, jobs, schedules, sensors, and what they need.

    A module hands its definitions over by one variable of this type, whatever its name. Arguments are checked here;
    what they mean together is found when something is first asked for, and by :meth:`validate_loadable`.

    Args:
        assets: Assets of ``@asset`` and its kin, :class:`AssetSpec`, :class:`SourceAsset`.
        schedules: Schedules.
        sensors: Sensors.
        jobs: Jobs of ``@job``, ``graph.to_job()`` and :func:`define_asset_job`.
        resources: What the resource keys mean; any object is one.
        executor: How steps are executed by jobs that do not say it.
        loggers: Loggers by name.
        asset_checks: Checks of ``@asset_check`` and ``@multi_asset_check``.
        metadata: Facts about the whole.
        component_tree: Where components were loaded from, if they were.
        tag_flow: Which tags of assets reach the runs that write them, and how several values become one: by tag key,
            ``same``, ``min``, ``max``, ``union`` or ``error``, or a dict with ``merge`` and perhaps ``default`` and
            ``order``. Keys that the project declares in ``[tool.earmark.tags] flow`` flow too; what stands here wins.

    Raises:
        DagsterInvalidDefinitionError: An argument is of the wrong type, or two jobs, schedules or sensors have one
            name.

    Example:
        >>> from earmark.define.assets.asset import asset
        >>> from earmark.define.assets.asset_job import define_asset_job
        >>> @asset(tags={"domain": "sales"})
        ... def orders():
        ...     return [1, 2]
        >>> defs = Definitions(assets=[orders], jobs=[define_asset_job("sales", "tag:domain=sales")])
        >>> sorted(job.name for job in defs.resolve_all_job_defs())
        ['__ASSET_JOB', 'sales']
    """

    def __init__(
        self,
        assets: Iterable[Any] | None = None,
        schedules: Iterable[Any] | None = None,
        sensors: Iterable[Any] | None = None,
        jobs: Iterable[Any] | None = None,
        resources: Mapping[str, Any] | None = None,
        executor: Any = None,
        loggers: Mapping[str, Any] | None = None,
        asset_checks: Iterable[Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        component_tree: Any = None,
        tag_flow: Mapping[str, Any] | None = None,
    ) -> None:
        self.location = caller_location()
        self.assets = listed(assets, "assets")
        self.schedules = listed(schedules, "schedules")
        self.sensors = listed(sensors, "sensors")
        self.jobs = listed(jobs, "jobs")
        self.resources = mapping_of(resources, "resources")
        self.executor = executor_of(executor)
        self.loggers = mapping_of(loggers, "loggers")
        self.asset_checks = listed(asset_checks, "asset_checks")
        self.metadata = normalize_metadata(metadata, "Definitions")
        self.component_tree = component_tree
        self.tag_flow = _tag_flow(tag_flow)
        for thing in (*(self.assets or ()), *(self.asset_checks or ())):
            as_definition(thing)
        self._jobs_by_name = self._named_jobs()
        self._schedules_by_name = things_by_name(self.schedules or (), "schedule", self.location)
        self._sensors_by_name = things_by_name(self.sensors or (), "sensor", self.location)
        self._job_defs: dict[str, JobDefinition] = {}

    def _named_jobs(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for job in self.jobs or ():
            check_job(job)
        targeted = [
            job
            for thing in (*(self.schedules or ()), *(self.sensors or ()))
            for job in getattr(thing, "targeted_jobs", ())
        ]
        for job in (*(self.jobs or ()), *targeted):
            known = found.setdefault(job.name, job)
            if known is not job and known != job:
                first = getattr(known, "location", None)
                raise DagsterInvalidDefinitionError(
                    f"Two jobs are called {job.name!r}.{f' The first is at {first}.' if first else ''}",
                    where=getattr(job, "location", None) or self.location,
                    job_name=job.name,
                )
        return found

    @cached_property
    def resolved(self) -> ResolvedAssets:
        """The assets and checks, brought together.

        Raises:
            DagsterInvalidDefinitionError: They contradict each other, or ask for a resource that is not given.
        """
        found = resolve_assets((*(self.assets or ()), *(self.asset_checks or ())))
        require_resources_of_assets(found.definitions.values(), self.resources or {})
        return found

    def resolve_asset_graph(self) -> AssetGraph:
        """Return the graph of all assets."""
        return self.resolved.graph

    def resolve_all_asset_keys(self) -> Sequence[AssetKey]:
        """Return the keys of all assets, external ones included."""
        return list(self.resolved.graph.keys)

    def resolve_all_asset_specs(self) -> Sequence[AssetSpec]:
        """Return all assets as data, external ones included."""
        return list(self.resolved.graph.specs)

    def resolve_assets_def(self, key: Any) -> AssetsDefinition:
        """Return what computes (or declares) an asset.

        Raises:
            DagsterInvariantViolationError: There is no such asset.
        """
        return self.resolved.definition_of(AssetKey.from_coercible(key))

    def get_assets_def(self, key: Any) -> AssetsDefinition:
        """Return what computes (or declares) an asset; the same as :meth:`resolve_assets_def`."""
        return self.resolve_assets_def(key)

    def get_asset_checks_def(self, key: AssetCheckKey) -> AssetsDefinition:
        """Return what evaluates a check.

        Raises:
            DagsterInvariantViolationError: There is no such check.
        """
        return self.resolved.definition_of_check(key)

    def get_job_def(self, name: str) -> JobDefinition:
        """Return a job, ready to run.

        Raises:
            DagsterInvariantViolationError: There is no such job.
            DagsterInvalidDefinitionError: The job cannot be made of the assets that there are.
        """
        if name not in self._job_defs:
            self._job_defs[name] = self._resolve_job(name)
        return self._job_defs[name]

    def resolve_job_def(self, name: str) -> JobDefinition:
        """Return a job, ready to run; the same as :meth:`get_job_def`."""
        return self.get_job_def(name)

    def _resolve_job(self, name: str) -> JobDefinition:
        resources = self.resources or {}
        if name == ASSET_JOB and self.has_implicit_global_asset_job_def():
            job = global_asset_job(
                self.resolved, resource_defs=resources, partitions_def=common_partitions(self.resolved)
            )
            return job.with_executor(self.executor).with_loggers(self.loggers).with_tag_flow(self.tag_flow)
        given = self._jobs_by_name.get(name)
        if given is None:
            raise self._no_such("job", name, self._job_names())
        if isinstance(given, UnresolvedAssetJobDefinition):
            job = given.resolve(self.resolved, resource_defs=resources)
        else:
            job = given.with_top_level_resources(resources) if resources else given
            require_resources_of_job(job)
        return job.with_executor(self.executor).with_loggers(self.loggers).with_tag_flow(self.tag_flow)

    def _job_names(self) -> list[str]:
        implicit = (ASSET_JOB,) if self.has_implicit_global_asset_job_def() else ()
        return [*implicit, *self._jobs_by_name]

    def resolve_all_job_defs(self) -> Sequence[JobDefinition]:
        """Return all jobs, the one over all assets first."""
        return [self.get_job_def(name) for name in self._job_names()]

    def has_implicit_global_asset_job_def(self) -> bool:
        """Say whether there is a job over all assets: there is, if there are assets or checks."""
        return bool(self.assets or self.asset_checks)

    def resolve_implicit_global_asset_job_def(self) -> JobDefinition:
        """Return the job over all assets."""
        return self.get_job_def(ASSET_JOB)

    def get_implicit_global_asset_job_def(self) -> JobDefinition:
        """Return the job over all assets."""
        return self.get_job_def(ASSET_JOB)

    def resolve_implicit_job_def_def_for_assets(self, asset_keys: Iterable[Any]) -> JobDefinition:
        """Return the job over these assets, under the name of the one over all.

        Raises:
            DagsterInvalidSubsetError: One of them is not there, or cannot be executed alone.
        """
        layer = select_layer(self.resolved, AssetSelection.assets(*asset_keys))
        job = JobDefinition(name=ASSET_JOB, asset_layer=layer, resource_defs=self.resources)
        return job.with_executor(self.executor).with_loggers(self.loggers).with_tag_flow(self.tag_flow)

    def get_schedule_def(self, name: str) -> Any:
        """Return a schedule by its name.

        Raises:
            DagsterInvariantViolationError: There is no such schedule.
        """
        if name in self._schedules_by_name:
            return self._made(self._schedules_by_name[name])
        raise self._no_such("schedule", name, self._schedules_by_name)

    def _made(self, thing: Any) -> Any:
        """Return a schedule or sensor, made now if it depends on how the assets of its job are cut."""
        make = getattr(thing, "made_for", None)
        return thing if make is None else make(self.get_job_def(thing.job_name))

    def resolve_schedule_def(self, name: str) -> Any:
        """Return a schedule by its name; the same as :meth:`get_schedule_def`."""
        return self.get_schedule_def(name)

    def get_sensor_def(self, name: str) -> Any:
        """Return a sensor by its name.

        Raises:
            DagsterInvariantViolationError: There is no such sensor.
        """
        sensors = self.all_sensors
        if name in sensors:
            return sensors[name]
        raise self._no_such("sensor", name, sensors)

    @cached_property
    def all_sensors(self) -> Mapping[str, Any]:
        """The sensors by name; where there are conditions of which none is in charge, a default one for these."""
        from earmark.define.automation.automation_sensor import default_automation_sensor

        default = default_automation_sensor(self.resolved.graph, self._sensors_by_name, self._jobs_by_name.values())
        return self._sensors_by_name if default is None else {**self._sensors_by_name, default.name: default}

    def resolve_sensor_def(self, name: str) -> Any:
        """Return a sensor by its name; the same as :meth:`get_sensor_def`."""
        return self.get_sensor_def(name)

    def _no_such(self, what: str, name: str, known: Iterable[str]) -> DagsterInvariantViolationError:
        names = [one for one in known if not one.startswith("__")]
        listed = ", ".join(repr(one) for one in names) or "none"
        return DagsterInvariantViolationError(
            f"Could not find {what} {name!r}. Found: {listed}.{did_you_mean(name, names)}",
            where=caller_location(),
        )

    def load_asset_value(
        self,
        asset_key: Any,
        *,
        python_type: type | None = None,
        instance: Any = None,
        partition_key: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        resource_config: Any = None,
        partition_key_range: Any = None,
    ) -> Any:
        """Load the stored value of an asset through its IO manager.

        Args:
            asset_key: The asset.
            python_type: The type that the value is wanted as, for IO managers that load several.
            instance: Where materializations are recorded; the default one if ``None``.
            partition_key: The partition; of a partitioned asset, all partitions if ``None``.
            metadata: Facts about the input, which IO managers read.
            resource_config: Configuration of the resources that loading needs.
            partition_key_range: The first and last of several partitions; a dict by partition key is returned.

        Raises:
            DagsterInvariantViolationError: There is no such asset, or both a partition and a range are given.
        """
        key = AssetKey.from_coercible(asset_key)
        self.resolved.graph.get(key)
        return runner().load_asset_value(
            self,
            key,
            python_type=python_type,
            instance=instance,
            partition_key=partition_key,
            metadata=metadata,
            resource_config=resource_config,
            partition_key_range=partition_key_range,
        )

    def get_asset_value_loader(self, instance: Any = None) -> AssetValueLoader:
        """Return a loader of stored values, for use in a ``with`` statement."""
        return AssetValueLoader(self, instance)

    def get_repository_def(self) -> Definitions:
        """Return the definitions themselves, which answer what old code asks of a repository."""
        return self

    @property
    def asset_graph(self) -> AssetGraph:
        """The graph of all assets."""
        return self.resolved.graph

    def map_asset_specs(self, *, func: Callable[[AssetSpec], AssetSpec], selection: Any = None) -> Definitions:
        """Return the definitions with every asset's spec replaced by what ``func`` makes of it.

        Raises:
            DagsterInvalidDefinitionError: ``func`` changed a key, or a ``selection`` was given.
        """
        if selection is not None:
            raise DagsterInvalidDefinitionError(
                "map_asset_specs takes no selection, as the assets are not brought together yet.",
                where=caller_location(),
                hint="Use map_resolved_asset_specs(func=..., selection=...).",
            )
        return self.replace(assets=map_asset_specs(func, self.assets or ()))

    def map_resolved_asset_specs(self, *, func: Callable[[AssetSpec], AssetSpec], selection: Any = None) -> Definitions:
        """Return the definitions with the specs of the selected assets replaced by what ``func`` makes of them.

        Args:
            func: From a spec to a spec with the same key.
            selection: A query, keys or an :class:`AssetSelection`; all assets if ``None``.

        Raises:
            DagsterInvalidDefinitionError: ``func`` changed a key.
        """
        wanted = (
            self.resolved.graph.get_all_asset_keys()
            if selection is None
            else AssetSelection.from_coercible(selection).select(self.resolved.graph).assets
        )

        def mapped(spec: AssetSpec) -> AssetSpec:
            return func(spec) if spec.key in wanted else spec

        resolved = [one for one in self.resolved.definitions.values() if one.has_keys]
        checks = [one for one in self.resolved.definitions.values() if not one.has_keys]
        return self.replace(assets=map_asset_specs(mapped, resolved), asset_checks=checks)

    def with_resources(self, resources: Mapping[str, Any] | None) -> Definitions:
        """Return the definitions with more resources; given ones win."""
        return self.replace(resources={**(self.resources or {}), **resources}) if resources else self

    def with_definition_metadata_update(self, update: Callable[[Any], Any]) -> Definitions:
        """Return the definitions with other facts about the whole."""
        return self.replace(metadata=update(self.metadata))

    def replace(self, **changes: Any) -> Definitions:
        """Return the definitions with some arguments of the constructor replaced."""
        fields = (
            "assets", "schedules", "sensors", "jobs", "resources", "executor", "loggers", "asset_checks", "metadata",
            "component_tree", "tag_flow",
        )  # fmt: skip
        made = Definitions(**{**{name: getattr(self, name) for name in fields}, **changes})
        made.location = self.location
        return made

    @staticmethod
    def merge(*def_sets: Definitions) -> Definitions:
        """Return all definitions of several sets as one.

        Raises:
            DagsterInvariantViolationError: Two sets give one resource key, logger, tag flow or the executor
                differently.
            DagsterInvalidDefinitionError: One of them is no ``Definitions``, or names meet.
        """
        for one in def_sets:
            if not isinstance(one, Definitions):
                raise DagsterInvalidDefinitionError(
                    f"merge takes Definitions objects, not {one!r} ({type(one).__name__}).",
                    where=caller_location(),
                )

        def joined(field: str) -> list[Any]:
            return [thing for one in def_sets for thing in (getattr(one, field) or ())]

        metadata: dict[str, Any] = {}
        for one in def_sets:
            metadata.update(one.metadata)
        return Definitions(
            assets=joined("assets"),
            schedules=joined("schedules"),
            sensors=joined("sensors"),
            jobs=joined("jobs"),
            resources=merged_mapping(def_sets, "resources"),
            executor=merged_executor(def_sets),
            loggers=merged_mapping(def_sets, "loggers"),
            asset_checks=joined("asset_checks"),
            metadata=metadata,
            tag_flow=merged_mapping(def_sets, "tag_flow"),
        )

    @staticmethod
    def validate_loadable(defs: Definitions) -> None:
        """Check that everything fits together: what loading a code location would find.

        Raises:
            DagsterInvalidDefinitionError: Something does not; the error says what and where.
        """
        _ = defs.resolved
        for job in defs.resolve_all_job_defs():
            if not job.is_asset_job:
                job.plan()
        defs.check_targets()

    def check_targets(self) -> None:
        """Check that the jobs and resources which schedules and sensors name are there.

        Raises:
            DagsterInvalidDefinitionError: One is not.
        """
        jobs = self._job_names()
        for what, things in (("schedule", self._schedules_by_name), ("sensor", self._sensors_by_name)):
            for name, thing in things.items():
                made = self._made(thing)
                for job in getattr(made, "targeted_job_names", ()):
                    if job not in jobs:
                        raise DagsterInvalidDefinitionError(
                            f"The {what} {name!r} targets the job {job!r}, which is not here.{did_you_mean(job, jobs)}",
                            where=getattr(made, "location", None),
                        )
                missing = set(getattr(made, "required_resource_keys", ())) - set(self.resources or {})
                if missing:
                    raise DagsterInvalidDefinitionError(
                        f"resource with key '{min(missing)}' required by {what} '{name}' was not provided."
                        f"{did_you_mean(min(missing), self.resources or {})}",
                        where=getattr(made, "location", None),
                    )

    def manifest(self) -> Manifest:
        """Return everything as data, to cross from this process to the host."""
        from earmark.specs.manifest import Manifest

        return Manifest.of(
            computations=[_as_data(one.computation) for one in self.resolved.definitions.values()],
            jobs=[job.spec for job in self.resolve_all_job_defs()],
            schedules=[self.get_schedule_def(name).spec for name in self._schedules_by_name],
            sensors=[thing.spec for thing in self.all_sensors.values()],
            resources=[_resource_spec(key, value) for key, value in (self.resources or {}).items()],
            tag_flow=self.tag_flow,
            metadata=self.metadata,
        )

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{len(things)} {field}"
            for field in ("assets", "asset_checks", "jobs", "schedules", "sensors", "resources")
            if (things := getattr(self, field))
        )
        return f"<Definitions of {counts or 'nothing'}>"


def _as_data(computation: ComputationSpec) -> ComputationSpec:
    """Return a computation whose assets' mappings can be read where the user's code is not loaded."""
    found = tuple(_with_mappings_as_data(spec) for spec in computation.assets)
    return computation if found == computation.assets else replace(computation, assets=found)


def _with_mappings_as_data(spec: AssetSpec) -> AssetSpec:
    if all(dep.partition_mapping is None for dep in spec.deps):
        return spec
    from earmark.partitions.multi_mapping import as_data

    given = [(dep, dep.partition_mapping) for dep in spec.deps]
    deps = tuple(dep if one is None else replace(dep, partition_mapping=as_data(one)) for dep, one in given)
    return replace(spec, deps=deps)


def _tag_flow(given: Mapping[str, Any] | None) -> dict[str, FlowRule]:
    if not given:
        return {}
    from earmark.tags.flow import read_flow

    return read_flow(given, caller_location())


def _resource_spec(key: str, value: Any) -> Any:
    from earmark.define.resources.resource_definition import as_resource_definition

    return as_resource_definition(value).spec(key)
