"""From what a person fills in to a run: which job, which tags, what is wrong with it, which limits will bind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.graph.ops import select_steps
from earmark.partitions import MultiPartitionsDefinition, PartitionKeyRange, PartitionsDefinition
from earmark.plan.plan import Plan
from earmark.runs.request import Again, RunAsk, RunRequestResult, RunTarget, Surface, request_run, tagged_run
from earmark.runs.run import DagsterRun
from earmark.specs.config import ConfigSpec
from earmark.specs.config.describe import to_json_schema
from earmark.specs.config.validate import validate
from earmark.specs.job import ASSET_JOB
from earmark.store.ports import Store
from earmark.tags import system
from earmark.tags.policy import Enforce, Finding, Rule, Tagged, check
from earmark.tags.tag import is_hidden
from earmark.values import wire
from earmark.values.errors import DagsterError, did_you_mean
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus
from earmark.views.assets import AssetPages
from earmark.views.backfills import status_of
from earmark.views.catalog import CatalogCache, Job
from earmark.views.dynamic import dynamic_partitions
from earmark.views.faults import BadBodyError
from earmark.views.filling import partitions_named
from earmark.views.jobs import cuts_of, default_config
from earmark.views.listing import read_query
from earmark.views.queue import BoardCache
from earmark.views.run_config import run_config_spec, with_new_names
from earmark.views.setup import Rules
from earmark.views.shapes.launch import (
    ConfigFault,
    LaunchForm,
    LaunchPreview,
    LaunchPreviewFlowConflict,
    LaunchRequest,
)
from earmark.views.shapes.tags import TagWithOriginOverride
from earmark.views.steps import STEP_FACTS, fold_steps
from earmark.views.tag_findings import told_finding
from earmark.views.values import ORIGINS, tag_row

_PREVIEW_ID = "00000000-0000-7000-8000-000000000000"
_MOST_STEPS = 500
_FEWEST_STARTS = 3
_HOUR = 3_600.0


@dataclass(frozen=True)
class Launch:
    """What a launch comes to, before it is done.

    Args:
        job: The job.
        ask: What is asked for.
        plan: What will run.
        partitions: The partitions, where they are more than one.
        faults: What is wrong with the configuration.
    """

    job: Job
    ask: RunAsk
    plan: Plan
    partitions: tuple[str, ...]
    faults: tuple[ConfigFault, ...]
    assets: tuple[AssetKey, ...]


class LaunchPages:
    """Everything that the launchpad asks.

    Args:
        store: The store.
        catalogs: The definitions.
        assets: Assets, to resolve queries.
        boards: The queue.
        rules: The limits and the flow of tags.
    """

    def __init__(
        self, store: Store, catalogs: CatalogCache, assets: AssetPages, boards: BoardCache, rules: Rules
    ) -> None:
        self._store = store
        self._catalogs = catalogs
        self._assets = assets
        self._boards = boards
        self._rules = rules

    def resolve(self, request: LaunchRequest, user: str, surface: Surface) -> Launch:
        """Return what a launch comes to.

        Raises:
            BadBodyError: Parts of it are missing or contradict each other.
            NotFoundError: There is no such job or asset.
            DagsterRunNotFoundError: There is no such parent.
        """
        parent = None if request.parent is None else self._store.runs.get(request.parent)
        job, assets = self._target(request, parent)
        plan = self._catalogs.get().plan_of(job, assets or None)
        resolved = None
        if request.op_selection:
            plan = plan.only(select_steps(request.op_selection, plan))
            resolved = frozenset(".".join(step.path) for step in plan.steps)
        config, faults = read_config(request.config)
        if not faults:
            faults = check_config(run_config_spec(self._catalogs.get(), job, assets), job, config, parent)
        definition = self.partitions_of(job, assets)
        uncut = self._partition_faults(request, job, assets, definition)
        faults = [*faults, *uncut]
        steps = self._steps(request, parent, plan)
        ask = RunAsk(
            tags=request.tags,
            without=frozenset(request.remove_tags),
            surface=surface,
            user=user or None,
            again=None if parent is None else self._again(request, parent),
            partition=request.partition,
            partition_dimensions={} if uncut else _dimensions(request, definition),
            run_config=config,
            asset_selection=frozenset(assets) if assets else None,
            op_selection=tuple(request.op_selection) or None,
            resolved_op_selection=resolved,
            step_keys=steps,
        )
        partitions = self._partitions(request, job, assets, definition)
        return Launch(job, ask, plan, partitions, tuple(faults), tuple(assets))

    def _target(self, request: LaunchRequest, parent: DagsterRun | None) -> tuple[Job, list[AssetKey]]:
        catalog = self._catalogs.get()
        if parent is not None and request.job is None and not request.assets and request.q is None:
            assets = sorted(parent.asset_selection or ())
            return catalog.job(parent.job_name, request.location or parent.code_location), assets
        keys = [catalog.asset(key).key for key in request.assets]
        if request.q is not None:
            index = self._assets.index()
            found = index.select(read_query("assets", request.q), self._store.clock())
            executable = index.graph.materializable_asset_keys
            keys += [key for at in sorted(found) if (key := index.graph.specs[at].key) in executable]
        if request.job is not None:
            job = catalog.job(request.job, request.location)
            foreign = [key.to_user_string() for key in keys if key not in job.assets]
            if foreign:
                raise BadBodyError(
                    f"The job {job.name!r} does not write {', '.join(foreign[:3])}.{did_you_mean_key(foreign[0], job)}",
                    hint="Launch these assets without the job.",
                    path="assets",
                )
            return job, keys
        if not keys:
            raise BadBodyError("A launch names a job, or assets by key or query that a run can write.", path="job")
        places = sorted({catalog.location_of[key] for key in keys})
        if len(places) > 1:
            raise BadBodyError(
                f"The assets are of several code locations: {', '.join(places)}.",
                hint="Launch them one location at a time.",
                path="assets",
            )
        return catalog.job(ASSET_JOB, places[0]), sorted(set(keys))

    def form(self, q: str) -> LaunchForm:
        """Return what a launch of the assets that a query means can be given; of a job, its page says it.

        Raises:
            QueryError: The query cannot be read.
            BadBodyError: It means no asset that a run can write, or some of several code locations.
        """
        job, assets = self._target(LaunchRequest(q=q), None)
        schema = run_config_spec(self._catalogs.get(), job, assets)
        return LaunchForm(
            config_schema=to_json_schema(schema),
            default_config=default_config({}, schema),
            partition_dimensions=cuts_of(self.partitions_of(job, assets), self._store),
        )

    def _again(self, request: LaunchRequest, parent: DagsterRun) -> Again:
        backfill = parent.tags.get(system.BACKFILL)
        found = None if backfill is None else self._store.backfills.get(backfill)
        is_open = found is not None and status_of(found) in ("queued", "running", "paused")
        return Again(parent=parent, from_failure=request.mode == "from_failure", backfill_open=is_open)

    def _steps(self, request: LaunchRequest, parent: DagsterRun | None, plan: Plan) -> tuple[str, ...] | None:
        if request.mode == "steps":
            if not request.steps:
                raise BadBodyError("A launch of steps names them.", path="steps")
            return tuple(plan.step(key).key for key in request.steps)
        if request.mode != "from_failure":
            return None
        if parent is None:
            raise BadBodyError("Only a run that is executed again can begin from its failure.", path="parent")
        left = unfinished_steps(self._store, parent, plan)
        if not left:
            raise BadBodyError(f"Every step of run {parent.run_id} succeeded.", hint="Launch all steps.", path="mode")
        return left

    def _partition_faults(
        self, request: LaunchRequest, job: Job, assets: Sequence[AssetKey], definition: PartitionsDefinition | None
    ) -> list[ConfigFault]:
        """Return what is wrong with the partition: none is named, or one that there is not."""
        message = ""
        if request.partition is not None:
            if definition is None:
                message = f"Nothing in {job.name!r} is partitioned."
            else:
                try:
                    now = self._store.clock()
                    definition.validate_partition_key(request.partition, now, dynamic_partitions(self._store))
                except DagsterError as error:
                    message = error.message
        elif definition is not None and not self._is_cut(request):
            message = f"{job.name!r} is partitioned." if not assets else "Some of the assets are partitioned."
            message += " Name a partition, or a range of them."
        return [ConfigFault(path="partition", message=message, line=None, column=None)] if message else []

    def _is_cut(self, request: LaunchRequest) -> bool:
        """Say whether a launch is of partitions: by a range, by a tag, or because its parent was."""
        by_tag = (system.PARTITION, system.PARTITION_RANGE_START)
        return (
            request.partition_range is not None
            or request.parent is not None
            or any(request.tags.get(key) for key in by_tag)
        )

    def _partitions(
        self, request: LaunchRequest, job: Job, assets: Sequence[AssetKey], definition: PartitionsDefinition | None
    ) -> tuple[str, ...]:
        chosen = request.partition_range
        if chosen is None:
            return () if request.partition is None else (request.partition,)
        if request.partition is not None:
            raise BadBodyError("A launch is of one partition or of a range, not both.", path="partition_range")
        if definition is None:
            raise BadBodyError(f"Nothing in {job.name!r} is partitioned.", path="partition_range")
        span = PartitionKeyRange(chosen.first, chosen.last)
        named = partitions_named(self._store, definition, assets or job.assets, ranges=[span], only=request.only)
        return tuple(named)

    def partitions_of(self, job: Job, assets: Sequence[AssetKey] = ()) -> PartitionsDefinition | None:
        """Return how some assets, or what a job writes, is cut; see :meth:`Catalog.cut_of`."""
        return self._catalogs.get().cut_of(job, assets)

    def requested(self, launch: Launch) -> RunRequestResult:
        """Return the run as it would be stored, by the one rule of all launch paths.

        Tags and configuration that a function of a partitioned job gives are known to user code only; the run gets
        them, this does not show them.

        Raises:
            InvalidTagError: A tag breaks a rule.
            DagsterInvalidInvocationError: Parts of the request contradict each other.
        """
        spec, catalog = launch.job.spec, self._catalogs.get()
        ops = None
        if spec.graph is not None:
            ops = frozenset(".".join(step.path) for step in catalog.plan_of(launch.job).steps)
        graph = catalog.graph
        target = RunTarget(
            job_name=spec.name,
            graph_tags=spec.graph.tags if spec.graph is not None else {},
            job_tags=spec.tags_for_runs,
            asset_tags=tuple(graph.get(key).spec.tags for key in launch.plan.assets if key in graph),
            flow={**self._rules.flow, **catalog.flow_of(launch.job.location)},
            run_config=dict(spec.config or {}),
            ops=ops,
            code_location=launch.job.location,
        )
        return request_run(target, launch.ask, run_id=_PREVIEW_ID, now=self._store.clock())

    def findings(self, launch: Launch, result: RunRequestResult) -> list[Finding]:
        """Return what a launch breaks of the policies about tags: its run, and what it is made of if that is enforced.

        Of a job whose partitions get tags from a function, only user code knows what its runs lack.
        """
        policies = self._rules.tag_policies
        enforced = [one for one in policies if one.enforce is Enforce.REFUSE]
        found = check(enforced, self._definitions_of(launch)) if enforced else []
        of_run = check(policies, [tagged_run(launch.job.name, result.tags)])
        if launch.job.spec.partitions_def is not None:
            of_run = [one for one in of_run if one.rule is not Rule.REQUIRED]
        return found + of_run

    def _definitions_of(self, launch: Launch) -> Iterator[Tagged]:
        spec, graph = launch.job.spec, self._catalogs.get().graph
        if not spec.name.startswith("__"):
            yield Tagged("job", spec.name, spec.tags)
        if spec.graph is not None:
            yield from (Tagged("op", step.key, step.tags) for step in launch.plan.steps)
        for key in launch.plan.assets:
            if key in graph:
                yield Tagged("asset", key.to_user_string(), graph.get(key).spec.tags)

    def _estimated_wait(self, position: int) -> float | None:
        """Return for how many seconds a run at a place in the queue may wait: as long as the last hour's would have.

        ``None`` where too few runs started in that hour to say.
        """
        started = self._store.runs.count("started:>-1h")
        return None if started < _FEWEST_STARTS else position * _HOUR / started

    def preview(self, request: LaunchRequest, user: str, surface: Surface) -> LaunchPreview:
        """Return what would come of a launch; nothing is stored.

        Raises:
            BadBodyError: Parts of it are missing or contradict each other.
            InvalidTagError: A tag breaks a rule.
        """
        launch = self.resolve(request, user, surface)
        result = self.requested(launch)
        board = self._boards.get()
        run = replace(result.run, status=DagsterRunStatus.QUEUED, queued_at=result.run.created_at)
        gates = board.gates(run)
        position = None
        if any(not gate.is_open for gate in gates):
            position = 1 + sum(one.priority >= run.priority for one in board.waiting)
        broken = self.findings(launch, result)
        keys = launch.ask.step_keys or [step.key for step in launch.plan.steps]
        return LaunchPreview(
            tags=[
                tag_row(
                    key,
                    value,
                    ORIGINS.get(result.origins[key].kind, "system"),
                    result.origins[key].name,
                    [
                        TagWithOriginOverride(
                            value=other, origin=ORIGINS.get(origin.kind, "system"), origin_name=origin.name or None
                        )
                        for other, origin in result.overridden.get(key, ())
                    ],
                )
                for key, value in sorted(result.tags.items())
                if not is_hidden(key)
            ],
            faults=list(launch.faults),
            refused=[told_finding(one) for one in broken if one.enforce is Enforce.REFUSE],
            warnings=[*result.notices, *(one.message for one in broken if one.enforce is Enforce.WARN)],
            priority=run.priority,
            gates=gates,
            position=position,
            estimated_wait=None if position is None else self._estimated_wait(position),
            steps=list(keys)[:_MOST_STEPS],
            assets=[key.to_user_string() for key in launch.plan.assets][:_MOST_STEPS],
            partitions=len(launch.partitions),
            flow_conflicts=[
                LaunchPreviewFlowConflict(
                    key=one.key, values=[value for value, _ in one.values], resolution=one.message
                )
                for one in result.conflicts
            ],
        )


def _dimensions(request: LaunchRequest, definition: PartitionsDefinition | None) -> dict[str, str]:
    """Return the key in each dimension of a partition that there is, where it has several."""
    if request.partition is None or not isinstance(definition, MultiPartitionsDefinition):
        return {}
    return dict(definition.get_partition_key_from_str(request.partition).keys_by_dimension)


def did_you_mean_key(key: str, job: Job) -> str:
    """Return which asset of a job may be meant, as a sentence; empty if none is near."""
    return did_you_mean(key, [one.to_user_string() for one in job.assets])


def unfinished_steps(store: Store, parent: DagsterRun, plan: Plan) -> tuple[str, ...]:
    """Return the steps that a run from its parent's failure takes up: those that did not succeed."""
    data = None if parent.plan_hash is None else store.plans.get(parent.plan_hash)
    if data is not None:
        plan = wire.decode(data, Plan)
    states = fold_steps(store.events.of_run(parent.run_id, kinds=STEP_FACTS, limit=50_000))
    good = {key for key, state in states.items() if state.status == "succeeded"}
    elements: dict[str, list[str]] = {}
    for key in states:
        if "[" in key:
            elements.setdefault(key.partition("[")[0], []).append(key)
    left = []
    for step in plan.steps:
        mine = elements.get(step.key.partition("[")[0], []) if step.mapped_over is not None else []
        if not (all(key in good for key in mine) if mine else step.key in good):
            left.append(step.key)
    return tuple(left)


def read_config(text: str) -> tuple[dict[str, Any] | None, list[ConfigFault]]:
    """Return a configuration as a person typed it, in YAML or JSON, and what is wrong with the text itself."""
    import yaml

    if not text.strip():
        return None, []
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = str(getattr(error, "problem", None) or "It is no YAML.")
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
        return None, [ConfigFault(path="", message=message, line=line, column=column)]
    except (ValueError, RecursionError) as error:
        return None, [ConfigFault(path="", message=str(error), line=None, column=None)]
    if found is None:
        return None, []
    try:
        data = msgspec.json.decode(msgspec.json.encode(found))
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        return None, [ConfigFault(path="", message=f"It is no JSON data: {error}", line=None, column=None)]
    if not isinstance(data, dict):
        fault = ConfigFault(path="", message="A configuration is a table of names and values.", line=1, column=1)
        return None, [fault]
    return data, []


def check_config(
    spec: ConfigSpec, job: Job, config: dict[str, Any] | None, parent: DagsterRun | None
) -> list[ConfigFault]:
    """Return what is wrong with the configuration of a run of a job, as far as its schema says."""
    if config is None and (parent is not None or job.spec.partitions_def is not None):
        return []  # the parent's configuration, or what a function of the job gives for the partition
    value = with_new_names(config if config is not None else dict(job.spec.config or {}))
    found = validate(spec, value)
    return [
        ConfigFault(path=".".join(map(str, fault.path)), message=fault.message, line=None, column=None)
        for fault in found.faults
    ]


def ask_data(ask: RunAsk) -> dict[str, Any]:
    """Return what is asked for as it crosses to user code."""
    data = msgspec.to_builtins(ask)
    assert isinstance(data, dict)
    return data
