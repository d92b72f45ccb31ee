"""Sensors that evaluate the automation conditions of assets, checks and jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import structs

from earmark.decide.automation.index import ConditionIndex, index_of
from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.memory import Key, name_of
from earmark.decide.automation.recalled import AutomationState
from earmark.decide.automation.subset import Whole
from earmark.decide.automation.tick import evaluate_conditions, runs_of
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.automation.automation_context import OwnConditions
from earmark.define.automation.instigation import is_job
from earmark.define.automation.kept_conditions import KeptInEntries, to_remember
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition
from earmark.define.automation.sensor_result import SensorAnswer
from earmark.define.automation.touched import Seen, news_since
from earmark.define.run_request import RunRequest
from earmark.define.tags import run_request_tags
from earmark.graph.assets import AssetGraph
from earmark.partitions.loading import resolve_now
from earmark.specs.automation import AutomationCondition
from earmark.specs.job import ASSET_JOB, JobSpec
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.values import wire
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    caller_location,
)
from earmark.values.keys import AssetJobKey


class AutomationCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sensor of conditions remembers.

    Args:
        state: What the evaluation before it left.
        seen: How far it has seen what happens.
        shape: The content hash of what conditions ask of definitions.
        epoch: The tick at which it began to remember; what is kept in the store is marked with it.
    """

    state: AutomationState = AutomationState()
    seen: Seen = Seen()
    shape: str = ""
    epoch: str = ""


def shape_of(graph: AssetGraph, jobs: Sequence[JobSpec] = ()) -> str:
    """Return a hash that changes when conditions do, or what they ask of definitions."""
    name = f"shape with {[job.name for job in jobs]}"
    kept: str | None = graph.kept.get(name)
    if kept is None:
        rows = [
            (
                spec.key.path,
                [(dep.asset.path, repr(dep.partition_mapping)) for dep in spec.deps],
                spec.code_version,
                str(spec.partitions_def),
                spec.freshness_policy,
                spec.automation_condition,
                [
                    (key.name, graph.get_check_spec(key).blocking, graph.get_check_spec(key).automation_condition)
                    for key in sorted(graph.get_check_keys_for_assets([spec.key]))
                ],
            )
            for spec in graph.specs
        ]
        of_jobs = [(job.name, job.assets, str(job.partitions_def), job.automation_condition) for job in jobs]
        kept = graph.kept[name] = wire.content_hash((rows, of_jobs) if jobs else rows)
    return kept


class AutomationConditionSensorDefinition(SensorDefinition):
    """A sensor that evaluates the automation conditions of some assets and jobs and asks for what they say.

    Assets and jobs of no such sensor are those of a default one, so this is for those that are to be evaluated apart:
    more often, with other tags, or switched on and off by themselves.

    Args:
        name: Its name.
        target: The assets: a selection, keys, definitions. Jobs (or :class:`AssetJobKey`) with a condition of their
            own are given as they are, alone or in the list.
        tags: Labels of the sensor.
        run_tags: Labels of the runs that it asks for.
        default_status: Whether it ticks before anybody switched it on.
        minimum_interval_seconds: The least time between two ticks; 30 if ``None``.
        description: Text for people.
        metadata: Facts about it.
        emit_backfills: Whether several partitions of an asset are asked for as one backfill rather than as runs.
        use_user_code_server: Whether conditions are evaluated where the code is. They always are, so that conditions
            of users work everywhere; the argument is there for code that gives it.
        default_condition: The condition of assets that have none of their own.
        owners: E-mail addresses or ``team:NAME``.
        asset_job_keys: Jobs, by their keys; the older way to give them.

    Raises:
        DagsterInvalidDefinitionError: A name, tag or owner is invalid, or a job has no condition.

    Example:
        >>> from earmark.specs.automation import AutomationCondition
        >>> fast = AutomationConditionSensorDefinition(
        ...     "fast", target="tag:tier=gold", minimum_interval_seconds=5, run_tags={"tier": "gold"}
        ... )
        >>> fast.spec.asset_query, fast.run_tags
        ('tag:tier=gold', {'tier': 'gold'})
    """

    def __init__(
        self,
        name: str,
        *,
        target: Any,
        tags: Mapping[str, Any] | None = None,
        run_tags: Mapping[str, Any] | None = None,
        default_status: DefaultSensorStatus = DefaultSensorStatus.STOPPED,
        minimum_interval_seconds: int | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        emit_backfills: bool = True,
        use_user_code_server: bool = False,
        default_condition: AutomationCondition | None = None,
        owners: Sequence[str] | None = None,
        asset_job_keys: Iterable[AssetJobKey] | None = None,
    ) -> None:
        jobs, assets = _jobs_and_assets(target)
        super().__init__(
            name,
            evaluation_fn=_without_a_function,
            asset_selection=assets,
            owners=owners,
            tags=tags,
            default_status=default_status,
            minimum_interval_seconds=minimum_interval_seconds,
            description=description,
            metadata=metadata,
        )
        if default_condition is not None and not isinstance(default_condition, AutomationCondition):
            raise DagsterInvalidDefinitionError(
                f"default_condition is an AutomationCondition, not {default_condition!r}.", where=caller_location()
            )
        self._asset_job_keys = sorted({AssetJobKey(_name_of_job(one)) for one in (*jobs, *(asset_job_keys or ()))})
        self._targets = replace(
            self._targets,
            jobs=tuple(one for one in jobs if is_job(one)),
            names=(*self._targets.names, *(key.job_name for key in self._asset_job_keys)),
        )
        self._run_tags = run_request_tags(run_tags)
        self._emit_backfills = emit_backfills
        self._default_condition = default_condition
        self.use_user_code_server = use_user_code_server

    @property
    def sensor_type(self) -> SensorType:
        """What it watches."""
        return SensorType.AUTOMATION_CONDITION

    @property
    def run_tags(self) -> Mapping[str, str]:
        """The labels of the runs that it asks for."""
        return self._run_tags

    @property
    def emit_backfills(self) -> bool:
        """Whether several partitions of an asset are asked for as one backfill."""
        return self._emit_backfills

    @property
    def default_condition(self) -> AutomationCondition | None:
        """The condition of assets that have none of their own."""
        return self._default_condition

    @property
    def asset_job_keys(self) -> Sequence[AssetJobKey]:
        """The jobs whose conditions it evaluates, sorted."""
        return self._asset_job_keys

    @property
    def spec(self) -> SensorSpec:
        """The sensor as data."""
        return structs.replace(
            super().spec,
            run_tags=dict(self._run_tags),
            default_condition=self._default_condition,
            emit_backfills=self._emit_backfills,
        )

    def answer(self, context: Any) -> SensorAnswer:
        """Evaluate the conditions that events have touched; the cursor is what to remember of all.

        Raises:
            DagsterInvariantViolationError: The context has no definitions.
        """
        definitions = context.around.repository
        graph, jobs = definitions.resolve_asset_graph(), self._jobs(definitions)
        index = self.prepared(definitions)
        before = AutomationCursor() if context.cursor is None else wire.decode(context.cursor, AutomationCursor)
        if context.kept_under is not None and not before.epoch:
            # It was not here that what the cursor goes with was kept.
            before = AutomationCursor()
        shape = shape_of(graph, jobs)
        news = news_since(before.seen, index, context.instance)
        touched = None if before.shape != shape or before.state.evaluation_id == 0 else news.touched
        store = context.instance.store
        known = KnownOfStore.of(store, news.backfilling)
        epoch = before.epoch or str(context.log_key[-1] if context.log_key else "")
        kept = None if context.kept_under is None else KeptInEntries(store.entries, context.kept_under, epoch)
        decision = evaluate_conditions(
            graph,
            before.state,
            known,
            resolve_now(None),
            touched=touched,
            dynamic=context.instance,
            among=self._chosen(graph),
            default=self._default_condition,
            jobs=jobs,
            ask_own=OwnConditions(context.instance, context.log, context.around.own_time).ask,
            kept=kept,
        )
        asked = self._asked(graph, decision.requested)
        is_quiet = not asked.requests and not asked.backfill and not asked.job_backfills
        return replace(
            asked,
            skip_message="No condition asks for anything." if is_quiet else None,
            cursor=wire.encode(AutomationCursor(decision.state, news.seen, shape, epoch)).decode(),
            remembered={} if kept is None else to_remember(decision, epoch),
            evaluations=[msgspec.to_builtins(one) for one in decision.evaluated if one.is_changed],
            failures={name_of(key): error for key, error in decision.failed.items()},
        )

    def prepared(self, definitions: Any) -> ConditionIndex:
        """Return the conditions of definitions with all that their ticks have in common, made once for a graph."""
        graph, jobs = definitions.resolve_asset_graph(), self._jobs(definitions)
        self._chosen(graph)
        shape_of(graph, jobs)
        return index_of(graph, self._default_condition, jobs)

    def _jobs(self, definitions: Any) -> Sequence[JobSpec]:
        """Return the jobs whose conditions are evaluated.

        Raises:
            DagsterInvalidDefinitionError: One of them has no condition.
        """
        found = [definitions.get_job_def(key.job_name).spec for key in self._asset_job_keys]
        for job in found:
            if job.automation_condition is None:
                raise DagsterInvalidDefinitionError(
                    f"The sensor {self.name!r} is to evaluate the condition of the job {job.name!r}, which has none.",
                    hint="Give it one: define_asset_job(automation_condition=...).",
                    where=self.location,
                )
        return found

    def _chosen(self, graph: AssetGraph) -> frozenset[Key]:
        """Return the assets, checks and jobs whose conditions are evaluated."""
        name = f"chosen by {self.name}"
        kept: frozenset[Key] | None = graph.kept.get(name)
        if kept is None:
            selection = self.targets.asset_selection
            assert selection is not None
            chosen = selection.select(graph)
            kept = graph.kept[name] = frozenset((*chosen.assets, *chosen.checks, *self._asset_job_keys))
        return kept

    def _asked(self, graph: AssetGraph, requested: Mapping[Any, Any]) -> SensorAnswer:
        """Return the runs to ask for, and what backfills are to fill: all partitions, where there are several."""
        cut = {key: subset for key, subset in requested.items() if not isinstance(subset, Whole)}
        several = {key for key, subset in cut.items() if len(subset) > 1} if self._emit_backfills else set()
        of_jobs = {key.job_name: _keys_of(cut[key]) for key in several if isinstance(key, AssetJobKey)}
        backfill = {}
        if len(several) > len(of_jobs):
            backfill = {
                key.to_user_string(): _keys_of(subset)
                for key, subset in cut.items()
                if not isinstance(key, AssetJobKey)
            }
        filled = {*backfill, *map(name_of, several)}
        runs = [
            RunRequest(job_name=run.job, partition_key=run.partition)
            if run.job is not None
            else RunRequest(
                job_name=ASSET_JOB,
                asset_selection=list(run.assets),
                asset_check_keys=list(run.checks) or None,
                partition_key=run.partition,
            )
            for run in runs_of(graph, {key: one for key, one in requested.items() if name_of(key) not in filled})
        ]
        return SensorAnswer(requests=runs, backfill=backfill, job_backfills=of_jobs)


def _keys_of(subset: Any) -> tuple[str, ...]:
    return tuple(map(str, subset.get_partition_keys()))


def _jobs_and_assets(target: Any) -> tuple[list[Any], Any]:
    """Return the jobs of a target (definitions or keys) and the rest of it, which means assets."""
    if is_job(target) or isinstance(target, AssetJobKey):
        target = [target]
    if not isinstance(target, (list, tuple)):
        return [], target
    jobs = [one for one in target if is_job(one) or isinstance(one, AssetJobKey)]
    assets = [one for one in target if one not in jobs]
    return jobs, assets if assets or not jobs else AssetSelection.assets()


def _name_of_job(job: Any) -> str:
    name: str = job.job_name if isinstance(job, AssetJobKey) else job.name
    return name


def _without_a_function(_context: Any) -> Any:
    raise DagsterInvariantViolationError("A sensor of conditions has no function of its own to call.")


DEFAULT_SENSOR = "default_automation_condition_sensor"
"""The name of the sensor of the conditions that no other is in charge of."""


def default_automation_sensor(
    graph: AssetGraph, sensors: Mapping[str, Any], jobs: Iterable[Any] = ()
) -> AutomationConditionSensorDefinition | None:
    """Return the sensor of the conditions that none of the sensors is in charge of, or ``None`` if there are none.

    Args:
        graph: All assets.
        sensors: The sensors that are defined, by name.
        jobs: The jobs that are defined.
    """
    if DEFAULT_SENSOR in sensors:
        return None
    keys = {spec.key for spec in graph.specs if spec.automation_condition is not None}
    checks = [key for key in graph.asset_check_keys if graph.get_check_spec(key).automation_condition is not None]
    keys |= {key.asset_key for key in checks if key.asset_key in graph}
    asked = {AssetJobKey(job.name) for job in jobs if job.automation_condition is not None}
    for sensor in sensors.values():
        if isinstance(sensor, AutomationConditionSensorDefinition):
            selection = sensor.targets.asset_selection
            asked -= set(sensor.asset_job_keys)
            keys -= set() if selection is None or not keys else set(selection.select(graph).assets)
    if not keys and not asked:
        return None
    return AutomationConditionSensorDefinition(DEFAULT_SENSOR, target=[*sorted(keys), *sorted(asked)])
