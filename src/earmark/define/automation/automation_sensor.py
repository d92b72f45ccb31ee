"""Sensors that evaluate the automation conditions of assets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import structs

from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.tick import AutomationState, evaluate_conditions, runs_of
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition
from earmark.define.automation.sensor_result import SensorAnswer
from earmark.define.run_request import RunRequest
from earmark.define.tags import run_request_tags
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AssetCheckEvaluated,
    AssetCheckPlanned,
    AssetFailedToMaterialize,
    AssetMaterializationPlanned,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
    RunCanceled,
    RunFailed,
    RunSucceeded,
)
from earmark.graph.assets import AssetGraph
from earmark.partitions.loading import resolve_now
from earmark.specs.automation import AutomationCondition
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.values import wire
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    caller_location,
)
from earmark.values.keys import AssetKey

MOST_EVENTS = 5_000
"""After how many events everything is evaluated rather than what they touch."""


class AutomationCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sensor of conditions remembers.

    Args:
        state: What the evaluation before it left.
        log: How far the log was read.
        shape: The content hash of what conditions ask of definitions.
    """

    state: AutomationState = AutomationState()
    log: str | None = None
    shape: str = ""


def shape_of(graph: AssetGraph) -> str:
    """Return a hash that changes when assets, their dependencies, code versions or partitions do."""
    kept: str | None = graph.kept.get("shape")
    if kept is None:
        rows = [
            (spec.key.path, [dep.asset.path for dep in spec.deps], spec.code_version, str(spec.partitions_def))
            for spec in graph.specs
        ]
        kept = graph.kept["shape"] = wire.content_hash(rows)
    return kept


def touched_since(store: Any, cursor: str | None) -> tuple[str, set[Any] | None]:
    """Return where the log ends now, and the assets and checks about which there are events since a cursor.

    The assets of runs that ended are among them: they are no longer in progress. ``None`` stands for all, where there
    is no cursor or too much has happened.
    """
    head: str = store.events.head()
    if cursor is None:
        return head, None
    touched: set[Any] = set()
    seen = 0
    while True:
        page = store.events.follow(cursor, limit=1_000)
        cursor = page.cursor
        seen += len(page.events)
        if seen > MOST_EVENTS:
            return store.events.head(), None
        for event in page.events:
            touched |= _touched_by(store, event)
        if len(page.events) < 1_000:
            return cursor, touched


def _touched_by(store: Any, event: Event) -> set[Any]:
    fact = event.fact
    if isinstance(fact, AssetMaterialized):
        return {fact.materialization.asset_key}
    if isinstance(fact, AssetObserved):
        return {fact.observation.asset_key}
    if isinstance(fact, (AssetMaterializationPlanned, AssetFailedToMaterialize, AssetWiped)):
        return {fact.asset_key}
    if isinstance(fact, AssetCheckPlanned):
        return {fact.check_key}
    if isinstance(fact, AssetCheckEvaluated):
        return {fact.evaluation.asset_check_key}
    if isinstance(fact, (RunSucceeded, RunFailed, RunCanceled)) and event.run_id is not None:
        planned = store.events.of_run(event.run_id, kinds=(AssetMaterializationPlanned, AssetCheckPlanned))
        return {
            one.fact.asset_key if isinstance(one.fact, AssetMaterializationPlanned) else one.fact.check_key
            for one in planned
        }
    return set()


def _around(graph: AssetGraph, touched: Iterable[Any]) -> set[AssetKey]:
    """Return touched assets with those below them and what these depend on: what evaluations will read."""
    found = {key for key in touched if isinstance(key, AssetKey) and key in graph}
    below = {child for key in found for child in graph.get_children(key)}
    return found | below | {parent for key in below for parent in graph.get_parents(key)}


class AutomationConditionSensorDefinition(SensorDefinition):
    """A sensor that evaluates the automation conditions of some assets and asks for what they say.

    Assets of no such sensor are those of a default one, so this is for those that are to be evaluated apart: more
    often, with other tags, or switched on and off by themselves.

    Args:
        name: Its name.
        target: The assets: a selection, keys, definitions.
        tags: Labels of the sensor.
        run_tags: Labels of the runs that it asks for.
        default_status: Whether it ticks before anybody switched it on.
        minimum_interval_seconds: The least time between two ticks; 30 if ``None``.
        description: Text for people.
        metadata: Facts about it.
        emit_backfills: Whether several partitions of an asset are asked for as one backfill rather than as runs.
        use_user_code_server: Not used: conditions are data, which the host evaluates. Kept for old code.
        default_condition: The condition of assets that have none of their own.

    Raises:
        DagsterInvalidDefinitionError: A name or tag is invalid.

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
    ) -> None:
        super().__init__(
            name,
            evaluation_fn=_evaluated_by_the_host,
            asset_selection=target,
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
        graph = context.around.repository.resolve_asset_graph()
        selection = self.targets.asset_selection
        assert selection is not None
        chosen = selection.select(graph)
        before = AutomationCursor() if context.cursor is None else wire.decode(context.cursor, AutomationCursor)
        shape = shape_of(graph)
        log, touched = touched_since(context.instance.store, before.log)
        if before.shape != shape or before.state.evaluation_id == 0:
            touched = None
        known = KnownOfStore.of(context.instance.store)
        known.prefetch(graph.keys if touched is None else _around(graph, touched))
        decision = evaluate_conditions(
            graph,
            before.state,
            known,
            resolve_now(None),
            touched=touched,
            dynamic=context.instance,
            among=chosen.assets | chosen.checks,
            default=self._default_condition,
        )
        requests = [
            RunRequest(
                asset_selection=list(run.assets), asset_check_keys=list(run.checks) or None, partition_key=run.partition
            )
            for run in runs_of(graph, decision.requested)
        ]
        return SensorAnswer(
            requests=[self._checked(one, context) for one in requests],
            skip_message=None if requests else "No condition asks for anything.",
            cursor=wire.encode(AutomationCursor(decision.state, log, shape)).decode(),
            evaluations=[msgspec.to_builtins(one) for one in decision.evaluated if one.is_changed],
        )


def _evaluated_by_the_host(_context: Any) -> Any:
    raise DagsterInvariantViolationError("A sensor of conditions has no function of its own to call.")


DEFAULT_SENSOR = "default_automation_condition_sensor"
"""The name of the sensor of the conditions that no other is in charge of."""


def default_automation_sensor(
    graph: AssetGraph, sensors: Mapping[str, Any]
) -> AutomationConditionSensorDefinition | None:
    """Return the sensor of the conditions that none of the sensors is in charge of, or ``None`` if there are none.

    Args:
        graph: All assets.
        sensors: The sensors that are defined, by name.
    """
    if DEFAULT_SENSOR in sensors:
        return None
    keys = {spec.key for spec in graph.specs if spec.automation_condition is not None}
    for sensor in sensors.values():
        if isinstance(sensor, AutomationConditionSensorDefinition) and keys:
            selection = sensor.targets.asset_selection
            keys -= set() if selection is None else set(selection.select(graph).assets)
    return AutomationConditionSensorDefinition(DEFAULT_SENSOR, target=sorted(keys)) if keys else None
