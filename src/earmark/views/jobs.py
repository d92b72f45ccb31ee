"""Jobs and ops: rows, a job's page, its graph."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from earmark.partitions import PartitionsDefinition
from earmark.runs.run import DagsterRun
from earmark.specs.config import ConfigSpec
from earmark.specs.config.describe import example, to_json_schema
from earmark.specs.schedule import ScheduleSpec
from earmark.store.ports import Store
from earmark.tags.query import Exact, Term
from earmark.tags.query.evaluate import Facts, evaluate_set
from earmark.tags.query.index import InvertedIndex
from earmark.tags.tag import kinds_of
from earmark.views.assets import dimensions_of
from earmark.views.catalog import Catalog, CatalogCache, Job, Op
from earmark.views.insights import cron_of
from earmark.views.layering import layers, places
from earmark.views.listing import cut, ordered, read_query, read_sort
from earmark.views.run_config import run_config_spec
from earmark.views.runs import config_text
from earmark.views.shapes.common import Page
from earmark.views.shapes.jobs import (
    JobDetail,
    JobDetailPartitionDimension,
    JobDetailResource,
    JobGraph,
    JobGraphEdge,
    JobGraphNode,
    JobRow,
    OpRow,
    RunSpark,
)
from earmark.views.tag_counts import DefinedTags, counted
from earmark.views.tail import Tail
from earmark.views.values import definition_tags, shown

SORTS = ("name", "p50", "failure_rate", "next_at")
_LOOKED_AT = 30
_SHOWN = 10
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class JobStats:
    """What the latest runs of a job come to."""

    recent: list[RunSpark]
    p50: float | None
    failure_rate: float | None


class Definitions:
    """Jobs, ops and automations of one catalog with their indexes. Never changed.

    Args:
        catalog: The definitions.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    @cached_property
    def job_facts(self) -> list[Facts]:
        """What each job has in the fields of queries."""
        return job_facts(self.catalog)

    @cached_property
    def op_facts(self) -> list[Facts]:
        """What each op has in the fields of queries."""
        return op_facts(self.catalog)

    @cached_property
    def tags(self) -> DefinedTags:
        """How many assets, jobs and ops carry each tag."""
        return DefinedTags(
            assets=counted(spec.tags for spec in self.catalog.graph.specs),
            jobs=counted(one.tags for one in self.job_facts),
            ops=counted(one.tags for one in self.op_facts),
        )

    @cached_property
    def job_index(self) -> InvertedIndex[int]:
        """Answers queries over jobs with their positions."""
        return indexed("job", self.job_facts)

    @cached_property
    def op_index(self) -> InvertedIndex[int]:
        """Answers queries over ops with their positions."""
        return indexed("op", self.op_facts)


def job_facts(catalog: Catalog) -> list[Facts]:
    """Return what each job has in the fields of queries."""
    found = []
    for job in catalog.jobs:
        asked = catalog.automations_of(job.name)
        values = {
            "key": (job.name,),
            "name": (job.name,),
            "owner": job.spec.owners,
            "code_location": (job.location,),
            "schedule": tuple(one.name for one in asked if one.kind == "schedule"),
            "sensor": tuple(one.name for one in asked if one.kind != "schedule"),
            "asset": tuple(key.to_user_string() for key in job.assets),
        }
        found.append(Facts(job.spec.tags, values))
    return found


def op_facts(catalog: Catalog) -> list[Facts]:
    """Return what each op has in the fields of queries."""
    return [
        Facts(
            op.step.tags,
            {
                "key": (op.name,),
                "name": (op.name,),
                "job": (op.job,),
                "kind": kinds_of(op.step.tags),
                "pool": () if op.step.pool is None else (op.step.pool,),
                "code_location": (op.location,),
            },
        )
        for op in catalog.ops
    ]


def indexed(thing: str, facts: Sequence[Facts]) -> InvertedIndex[int]:
    """Return an index of things by their positions."""
    index: InvertedIndex[int] = InvertedIndex(thing)
    for at, one in enumerate(facts):
        index.add_thing(at, one)
    return index


class JobPages:
    """Everything that pages about jobs and ops ask.

    Args:
        store: The store.
        catalogs: The definitions.
        tail: What has changed.
    """

    def __init__(self, store: Store, catalogs: CatalogCache, tail: Tail) -> None:
        self._store = store
        self._catalogs = catalogs
        self._tail = tail
        self._lock = threading.Lock()
        self._definitions: Definitions | None = None
        self._stats: dict[str, JobStats] = {}
        tail.listen(self._forget)

    def definitions(self) -> Definitions:
        """Return jobs and ops as they are defined now."""
        catalog = self._catalogs.get()
        with self._lock:
            if self._definitions is None or self._definitions.catalog is not catalog:
                self._definitions = Definitions(catalog)
            return self._definitions

    def _forget(self, events: Sequence[Any]) -> None:
        """Let go of what is known of jobs whose runs have moved."""
        moved = {event.run_id for event in events if event.run_id is not None}
        names = {run.job_name for run in self._store.runs.get_many(sorted(moved))}
        for name in names:
            self._stats.pop(name, None)

    def stats_of(self, job: str) -> JobStats:
        """Return what the latest runs of a job come to."""
        known = self._stats.get(job)
        if known is not None:
            return known
        runs = self._store.runs.find(Term("job", (Exact(job),)), limit=_LOOKED_AT).runs
        good = [(run.started_at, run.ended_at) for run in runs if run.is_success]
        seconds = [(ended - begun) / _SECOND for begun, ended in good if begun is not None and ended is not None]
        finished = [run for run in runs if run.is_finished]
        stats = JobStats(
            recent=[spark_of(run) for run in runs[:_SHOWN]][::-1],
            p50=median(seconds) if seconds else None,
            failure_rate=sum(run.is_failure for run in finished) / len(finished) if finished else None,
        )
        self._stats[job] = stats
        return stats

    def find(self, q: str, sort: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[JobRow]:
        """Return a page of the jobs that a query matches.

        Raises:
            QueryError: The query cannot be read.
            BadRequestError: There is no such order.
        """
        self._tail.catch_up()
        field, descending = read_sort(sort, SORTS, "name")
        definitions = self.definitions()
        found = evaluate_set(read_query("jobs", q), definitions.job_index, None, self._store.clock())
        jobs = [definitions.catalog.jobs[at] for at in sorted(found)]

        def value(job: Job) -> Any:
            match field:
                case "p50":
                    return self.stats_of(job.name).p50
                case "failure_rate":
                    return self.stats_of(job.name).failure_rate
                case "next_at":
                    return self._next_at(definitions.catalog, job)
                case _:
                    return job.name

        in_order = ordered(jobs, value, descending)
        return cut(in_order, cursor, limit, lambda part: [self.row(definitions.catalog, job) for job in part])

    def row(self, catalog: Catalog, job: Job) -> JobRow:
        """Return a job as a row."""
        stats = self.stats_of(job.name)
        graph = job.spec.graph
        return JobRow(
            name=job.name,
            location=job.location,
            description=job.spec.description,
            kind="asset" if graph is None else "op",
            tags=shown(job.spec.tags),
            ops=len(graph.nodes) if graph is not None else len(catalog.plan_of(job).steps),
            assets=len(job.assets),
            recent=stats.recent,
            p50=stats.p50,
            failure_rate=stats.failure_rate,
            automation=[one.name for one in catalog.automations_of(job.name)],
            next_at=self._next_at(catalog, job),
        )

    def _next_at(self, catalog: Catalog, job: Job) -> int | None:
        now = self._store.clock()
        ticks = []
        for one in catalog.automations_of(job.name):
            if isinstance(one.spec, ScheduleSpec):
                state = self._store.instigators.get(one.id)
                if one.spec.runs_by_default if state is None else state.status == "running":
                    ticks.append(cron_of(one.spec).next_after(now))
        return min(ticks, default=None)

    def detail(self, name: str, location: str | None) -> JobDetail:
        """Return a job's page.

        Raises:
            NotFoundError: There is no such job.
            AmbiguousNameError: Several locations have one.
        """
        self._tail.catch_up()
        catalog = self._catalogs.get()
        job = catalog.job(name, location)
        row = self.row(catalog, job)
        spec = job.spec
        schema = run_config_spec(catalog, job)
        manifest = catalog.manifests[job.location]
        hooks = {hook for node in (spec.graph.nodes if spec.graph else ()) for hook in node.hooks}
        needed = {key for op in catalog.ops_of(job) for key in op.step.required_resources}
        return JobDetail(
            **{name: getattr(row, name) for name in JobRow.__struct_fields__},
            tag_rows=definition_tags(spec.tags, "job", job.name),
            config_schema=to_json_schema(schema),
            default_config=default_config(spec.config or {}, schema),
            selection=spec.selection,
            asset_keys=[key.to_user_string() for key in job.assets],
            partition_dimensions=cuts_of(catalog.cut_of(job), self._store),
            resources=[
                JobDetailResource(name=one.key, kind=one.type_name) for one in manifest.resources if one.key in needed
            ],
            hooks=sorted(hooks),
        )

    def graph(self, name: str, location: str | None) -> JobGraph:
        """Return the ops of a job, laid out from left to right.

        Raises:
            NotFoundError: There is no such job.
        """
        catalog = self._catalogs.get()
        job = catalog.job(name, location)
        plan = catalog.plan_of(job)
        ranks = layers({key: list(above) for key, above in plan.upstream.items()})
        order = places({key: list(above) for key, above in plan.upstream.items()}, ranks)
        nodes = []
        for op in catalog.ops_of(job):
            row = op_row(op)
            nodes.append(
                JobGraphNode(
                    **{name: getattr(row, name) for name in OpRow.__struct_fields__},
                    rank=ranks[op.step.key],
                    order=order[op.step.key],
                    inputs=[one.name for one in op.step.inputs],
                    outputs=[one.name for one in op.step.outputs if one.selected],
                    asset_keys=[key.to_user_string() for key in op.step.assets],
                )
            )
        edges = [
            JobGraphEdge(source=above, target=key, label=_label(plan.by_key[key], above))
            for key, ups in plan.upstream.items()
            for above in ups
        ]
        return JobGraph(nodes=nodes, edges=edges)

    def find_ops(self, q: str, cursor: str | None = None, limit: int = 50) -> Page[OpRow]:
        """Return a page of the ops that a query matches.

        Raises:
            QueryError: The query cannot be read, or follows the graph of a job.
        """
        definitions = self.definitions()
        found = evaluate_set(read_query("ops", q), definitions.op_index, None, self._store.clock())
        ops = [definitions.catalog.ops[at] for at in sorted(found)]
        return cut(ops, cursor, limit, lambda part: [op_row(op) for op in part])


def _label(step: Any, above: str) -> str:
    for one in step.inputs:
        source: Mapping[str, Any] | Any = one.source
        if getattr(source, "step", None) == above:
            return str(one.name)
    return ""


def op_row(op: Op) -> OpRow:
    """Return an op as a row."""
    policy = op.step.retry_policy
    return OpRow(
        name=op.name,
        kind=op.kind,  # type: ignore[arg-type]
        job=op.job,
        location=op.location,
        description=op.description,
        tags=shown(op.step.tags),
        pool=op.step.pool,
        retries=0 if policy is None else policy.max_retries,
        p50=None,
    )


def spark_of(run: DagsterRun) -> RunSpark:
    """Return a run as small as can be."""
    seconds = None
    if run.started_at is not None and run.ended_at is not None:
        seconds = (run.ended_at - run.started_at) / _SECOND
    return RunSpark(id=run.run_id, status=run.status.value, duration=seconds, at=run.created_at)  # type: ignore[arg-type]


def default_config(given: Mapping[str, Any], schema: ConfigSpec) -> str:
    """Return the configuration that a launch begins with, as YAML: what is given, else what must be filled in."""
    if given:
        return config_text(dict(given))
    found = example(schema)
    return config_text(found) if isinstance(found, dict) else ""


def cuts_of(partitions: PartitionsDefinition | None, store: Store) -> list[JobDetailPartitionDimension]:
    """Return the ways in which something is cut."""
    return [
        JobDetailPartitionDimension(name=one.name, kind=one.kind, total=one.total, first=one.first, last=one.last)
        for one in dimensions_of(partitions, store)
    ]
