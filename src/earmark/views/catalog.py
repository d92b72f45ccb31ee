"""All definitions of all code locations, indexed once for every change of them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from earmark.graph.assets import AssetGraph
from earmark.graph.selection import AssetQueries
from earmark.partitions import PartitionsDefinition
from earmark.plan.build import plan_assets, plan_graph
from earmark.plan.plan import Plan
from earmark.plan.step import Step
from earmark.specs.asset import AssetDep, AssetSpec
from earmark.specs.computation import ComputationSpec, ExecutionType
from earmark.specs.job import ASSET_JOB, JobSpec
from earmark.specs.manifest import Manifest
from earmark.specs.schedule import ScheduleSpec
from earmark.specs.sensor import SensorSpec
from earmark.tags.flow import FlowRule
from earmark.values.errors import DagsterInvariantViolationError, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.views.faults import AmbiguousNameError, NotFoundError
from earmark.views.ports import Locations


@dataclass(frozen=True, slots=True)
class Job:
    """A job and where it is defined."""

    spec: JobSpec
    location: str
    assets: tuple[AssetKey, ...]

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name


@dataclass(frozen=True, slots=True)
class Op:
    """A step as it is defined: in a job over ops, or as the computation of assets."""

    step: Step
    job: str
    location: str
    description: str | None
    kind: str

    @property
    def name(self) -> str:
        """The names of its nodes, joined by dots."""
        return self.step.key


@dataclass(frozen=True, slots=True)
class Automation:
    """A schedule, a sensor or a set of automation conditions."""

    spec: ScheduleSpec | SensorSpec
    location: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name

    @property
    def kind(self) -> str:
        """``schedule``, ``sensor`` or ``automation``."""
        if isinstance(self.spec, ScheduleSpec):
            return "schedule"
        return "automation" if self.spec.kind == "automation_condition" else "sensor"

    @property
    def id(self) -> str:
        """The id under which the store keeps its state."""
        return f"{self.location}:{self.name}"

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs that it may ask for."""
        if isinstance(self.spec, ScheduleSpec):
            return (self.spec.job_name,) if self.spec.job_name else ()
        return self.spec.job_names

    @property
    def asset_query(self) -> str | None:
        """The assets that it may ask for, as a query."""
        return self.spec.asset_query if isinstance(self.spec, SensorSpec) else None


@dataclass(frozen=True)
class Catalog:
    """What is defined, by name and by what it carries. Never changed; a new one is made when definitions change.

    Args:
        version: The version of the definitions.
        manifests: What each location defines.
        stale: The locations whose definitions are of an earlier load.
    """

    version: int
    manifests: Mapping[str, Manifest]
    stale: frozenset[str] = frozenset()
    _location_of: dict[AssetKey, str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def graph(self) -> AssetGraph:
        """The assets of all locations; what one only names and another one writes is the other's."""
        return AssetGraph(_joined(self.manifests, self._location_of))

    @property
    def location_of(self) -> Mapping[AssetKey, str]:
        """The location of each asset."""
        if not self._location_of:
            self.graph  # noqa: B018  it fills the table
        return self._location_of

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that people named, by name."""
        found = [job for job in self.all_jobs if job.name != ASSET_JOB]
        return tuple(sorted(found, key=lambda job: (job.name, job.location)))

    @cached_property
    def all_jobs(self) -> tuple[Job, ...]:
        """All jobs, those over all assets of a location included."""
        return tuple(
            Job(spec, location, spec.assets) for location, one in sorted(self.manifests.items()) for spec in one.jobs
        )

    def job(self, name: str, location: str | None = None) -> Job:
        """Return a job.

        Raises:
            NotFoundError: There is none of that name.
            AmbiguousNameError: Several locations have one.
        """
        found = [job for job in self.all_jobs if job.name == name and location in (None, job.location)]
        if len(found) == 1:
            return found[0]
        if not found:
            names = [job.name for job in self.jobs]
            raise NotFoundError(f"There is no job {name!r}.{did_you_mean(name, names)}", job=name)
        places = [job.location for job in found]
        raise AmbiguousNameError(
            f"Several code locations have a job {name!r}: {', '.join(places)}.",
            hint="Say which with location=.",
            locations=places,
        )

    def cut_of(self, job: Job, assets: Collection[AssetKey] = ()) -> PartitionsDefinition | None:
        """Return how the topmost partitioned one of some assets, or what a job writes, is cut; ``None`` if none is."""
        chosen = set(assets or job.assets)
        for key in self.graph.topological_keys if len(chosen) > 1 else chosen:
            if key in chosen and key in self.graph and (cut := self.graph.get(key).spec.partitions_def) is not None:
                return cut
        return None if assets else job.spec.partitions_def

    @cached_property
    def jobs_of(self) -> Mapping[AssetKey, list[str]]:
        """The names of the jobs that people named, for each asset that they write."""
        found: dict[AssetKey, list[str]] = {}
        for job in self.jobs:
            for key in job.assets:
                found.setdefault(key, []).append(job.name)
        return found

    @cached_property
    def queries(self) -> AssetQueries:
        """Answers queries over assets, as far as definitions say."""
        partitions = {
            spec.key: (kind_of(spec.partitions_def),) for spec in self.graph.specs if spec.partitions_def is not None
        }
        places = {key: (location,) for key, location in self.location_of.items()}
        values: dict[str, Mapping[AssetKey, Collection[str]]] = {
            "job": self.jobs_of,
            "code_location": places,
            "partitions": partitions,
        }
        return AssetQueries(self.graph, values=values)

    def plan_of(self, job: Job, assets: Collection[AssetKey] | None = None) -> Plan:
        """Return the plan of a job, or of part of its assets."""
        if job.spec.graph is not None:
            return plan_graph(job.name, job.spec.graph, retry_policy=job.spec.retry_policy)
        wanted = frozenset(job.assets if assets is None else assets)
        checks = None if assets is not None or job.name == ASSET_JOB else job.spec.checks
        # Of thousands of computations a job has a few; those about none of its assets need not be looked at.
        about = wanted.union(check.asset_key for check in checks or ())
        places = self._computations_about[job.location]
        positions = sorted({at for key in about for at in places.get(key, ())})
        computations = [self.manifests[job.location].computations[at] for at in positions]
        return plan_assets(job.name, computations, assets=wanted, checks=checks, retry_policy=job.spec.retry_policy)

    @cached_property
    def _computations_about(self) -> Mapping[str, Mapping[AssetKey, list[int]]]:
        """The positions of the computations of each location that write or check an asset."""
        found: dict[str, dict[AssetKey, list[int]]] = {}
        for location, manifest in self.manifests.items():
            places = found.setdefault(location, {})
            for at, computation in enumerate(manifest.computations):
                for key in {spec.key for spec in computation.assets} | {check.asset for check in computation.checks}:
                    places.setdefault(key, []).append(at)
        return found

    @cached_property
    def ops(self) -> tuple[Op, ...]:
        """The ops of all jobs; the computation of assets once, with the first job that has it."""
        found: list[Op] = []
        for job in self.jobs:
            if job.spec.graph is not None:
                found += self.ops_of(job)
        for location, manifest in sorted(self.manifests.items()):
            plan = plan_assets(ASSET_JOB, manifest.computations)
            found += [self._asset_op(step, location) for step in plan.steps]
        return tuple(sorted(found, key=lambda op: (op.name, op.job, op.location)))

    def ops_of(self, job: Job) -> list[Op]:
        """Return the ops of one job, upstream first."""
        plan = self.plan_of(job)
        if job.spec.graph is None:
            return [replace_job(self._asset_op(step, job.location), job.name) for step in plan.steps]
        found = []
        for step in plan.steps:
            node = job.spec.graph.node(step.path[0])
            description = node.definition.description if node is not None and len(step.path) == 1 else None
            found.append(Op(step, job.name, job.location, description, "op" if len(step.path) == 1 else "graph"))
        return found

    def _asset_op(self, step: Step, location: str) -> Op:
        job = next((name for key in step.assets for name in self.jobs_of.get(key, ())), ASSET_JOB)
        specs = [self.graph.specs[self.graph.positions[key]] for key in step.assets if key in self.graph.positions]
        description = next((spec.description for spec in specs if spec.description), None)
        return Op(step, job, location, description, "asset")

    @cached_property
    def automations(self) -> tuple[Automation, ...]:
        """Schedules and sensors of all locations, by name."""
        found: list[Automation] = []
        for location, one in self.manifests.items():
            found += [Automation(schedule, location) for schedule in one.schedules]
            found += [Automation(sensor, location) for sensor in one.sensors]
        return tuple(sorted(found, key=lambda one: (one.name, one.location)))

    def automation(self, name: str, location: str | None = None) -> Automation:
        """Return a schedule or sensor.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = [one for one in self.automations if one.name == name and location in (None, one.location)]
        if found:
            return found[0]
        names = [one.name for one in self.automations]
        raise NotFoundError(f"There is no schedule or sensor {name!r}.{did_you_mean(name, names)}", name=name)

    def automations_of(self, job: str) -> list[Automation]:
        """Return what may ask for a job."""
        return self._automations_of.get(job, [])

    @cached_property
    def _automations_of(self) -> dict[str, list[Automation]]:
        found: dict[str, list[Automation]] = {}
        for one in self.automations:
            for job in one.jobs:
                found.setdefault(job, []).append(one)
        return found

    def flow_of(self, location: str) -> Mapping[str, FlowRule]:
        """Return which tags flow from assets to the runs of a location."""
        manifest = self.manifests.get(location)
        return {} if manifest is None else manifest.tag_flow

    def asset(self, key: str) -> AssetSpec:
        """Return an asset by the key that people write.

        Raises:
            NotFoundError: There is none of that key.
        """
        try:
            found = self.graph.positions.get(AssetKey.from_user_string(key))
        except DagsterInvariantViolationError:
            found = None
        if found is None:
            raise NotFoundError(f"There is no asset {key!r}.{did_you_mean(key, self.graph.names)}", asset=key)
        return self.graph.specs[found]


class CatalogCache:
    """Makes a catalog when the definitions have changed, and gives the same one otherwise.

    Args:
        locations: Where definitions come from.
    """

    def __init__(self, locations: Locations) -> None:
        self._locations = locations
        self._lock = threading.Lock()
        self._made: Catalog | None = None

    def get(self) -> Catalog:
        """Return the catalog of the present definitions."""
        made = self._made
        if made is not None and made.version == self._locations.version:
            return made
        with self._lock:
            version = self._locations.version
            if self._made is None or self._made.version != version:
                states = self._locations.locations()
                manifests = {one.name: one.manifest for one in states if one.manifest is not None}
                stale = frozenset(one.name for one in states if one.stale)
                self._made = Catalog(version, manifests, stale)
            return self._made


def replace_job(op: Op, job: str) -> Op:
    """Return an op as one of another job."""
    return Op(op.step, job, op.location, op.description, op.kind)


def kind_of(definition: PartitionsDefinition) -> str:
    """Return the kind of a partitions definition in one word, such as ``daily``."""
    return str(type(definition).__struct_config__.tag)


def _joined(manifests: Mapping[str, Manifest], location_of: dict[AssetKey, str]) -> Iterable[ComputationSpec]:
    """Yield the computations of all locations so that each asset is given once, and each dependency is there."""
    writers = [(name, spec) for name, one in sorted(manifests.items()) for spec in one.computations]
    writers.sort(key=lambda pair: pair[1].execution_type is ExecutionType.UNEXECUTABLE)
    checks: set[AssetCheckKey] = set()
    joined: list[ComputationSpec] = []
    for location, computation in writers:
        own = tuple(spec for spec in computation.assets if spec.key not in location_of)
        own_checks = tuple(check for check in computation.checks if check.key not in checks)
        if len(own) < len(computation.assets) or len(own_checks) < len(computation.checks):
            computation = replace(computation, assets=own, checks=own_checks)  # noqa: PLW2901
        location_of.update((spec.key, location) for spec in own)
        checks.update(check.key for check in own_checks)
        if own or own_checks:
            joined.append(computation)
    missing = {dep.asset for one in joined for spec in one.assets for dep in spec.deps if dep.asset not in location_of}
    for key in sorted(missing):
        # A location that failed to load may have given it; the others are shown all the same.
        stub = AssetSpec(key)
        location_of[key] = ""
        joined.append(ComputationSpec(key.to_user_string(), (stub,), execution_type=ExecutionType.UNEXECUTABLE))
    return joined


def dependencies(spec: AssetSpec) -> tuple[AssetDep, ...]:
    """Return what an asset depends on, itself left out."""
    return tuple(dep for dep in spec.deps if dep.asset != spec.key)
