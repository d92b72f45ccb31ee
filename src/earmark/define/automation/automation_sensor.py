"""Sensors that evaluate the automation conditions of assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from earmark.decide.automation.evaluate import Key
from earmark.decide.automation.index import ConditionIndex, index_of
from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.subset import Whole
from earmark.decide.automation.tick import AutomationState, evaluate_conditions, runs_of
from earmark.define.automation.sensor import DefaultSensorStatus, SensorDefinition
from earmark.define.automation.sensor_result import SensorAnswer
from earmark.define.automation.touched import Seen, news_since
from earmark.define.run_request import RunRequest
from earmark.define.tags import run_request_tags
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


class AutomationCursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a sensor of conditions remembers.

    Args:
        state: What the evaluation before it left.
        seen: How far it has seen what happens.
        shape: The content hash of what conditions ask of definitions.
    """

    state: AutomationState = AutomationState()
    seen: Seen = Seen()
    shape: str = ""


def shape_of(graph: AssetGraph) -> str:
    """Return a hash that changes when conditions do, or what they ask of definitions."""
    kept: str | None = graph.kept.get("shape")
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
        kept = graph.kept["shape"] = wire.content_hash(rows)
    return kept


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
        index = self.prepared(graph)
        before = AutomationCursor() if context.cursor is None else wire.decode(context.cursor, AutomationCursor)
        shape = shape_of(graph)
        news = news_since(before.seen, index, context.instance)
        touched = None if before.shape != shape or before.state.evaluation_id == 0 else news.touched
        known = KnownOfStore.of(context.instance.store, news.backfilling)
        decision = evaluate_conditions(
            graph,
            before.state,
            known,
            resolve_now(None),
            touched=touched,
            dynamic=context.instance,
            among=self._chosen(graph),
            default=self._default_condition,
        )
        requests, backfill = self._asked(graph, decision.requested)
        return SensorAnswer(
            requests=[self._checked(one, context) for one in requests],
            backfill=backfill,
            skip_message=None if requests or backfill else "No condition asks for anything.",
            cursor=wire.encode(AutomationCursor(decision.state, news.seen, shape)).decode(),
            evaluations=[msgspec.to_builtins(one) for one in decision.evaluated if one.is_changed],
        )

    def prepared(self, graph: AssetGraph) -> ConditionIndex:
        """Return the conditions of a graph with all that its ticks have in common, made once for a graph."""
        self._chosen(graph)
        shape_of(graph)
        return index_of(graph, self._default_condition)

    def _chosen(self, graph: AssetGraph) -> frozenset[Key]:
        """Return the assets and checks whose conditions are evaluated."""
        name = f"chosen by {self.name}"
        kept: frozenset[Key] | None = graph.kept.get(name)
        if kept is None:
            selection = self.targets.asset_selection
            assert selection is not None
            chosen = selection.select(graph)
            kept = graph.kept[name] = frozenset((*chosen.assets, *chosen.checks))
        return kept

    def _asked(
        self, graph: AssetGraph, requested: Mapping[Any, Any]
    ) -> tuple[list[RunRequest], dict[str, tuple[str, ...]]]:
        """Return the runs to ask for, and what a backfill is to write: all partitions, where an asset has several."""
        cut = {key: subset for key, subset in requested.items() if not isinstance(subset, Whole)}
        backfill: dict[str, tuple[str, ...]] = {}
        if self._emit_backfills and any(len(subset) > 1 for subset in cut.values()):
            backfill = {
                key.to_user_string(): tuple(map(str, subset.get_partition_keys())) for key, subset in cut.items()
            }
            requested = {key: subset for key, subset in requested.items() if key not in cut}
        runs = [
            RunRequest(
                asset_selection=list(run.assets), asset_check_keys=list(run.checks) or None, partition_key=run.partition
            )
            for run in runs_of(graph, requested)
        ]
        return runs, backfill


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
