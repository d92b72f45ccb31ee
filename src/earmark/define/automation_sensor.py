"""Sensors that evaluate the automation conditions of assets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import structs

from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.tick import AutomationState, evaluate_conditions, runs_of
from earmark.define.run_request import RunRequest
from earmark.define.sensor import DefaultSensorStatus, SensorDefinition
from earmark.define.sensor_result import SensorAnswer
from earmark.define.tags import run_request_tags
from earmark.partitions.loading import resolve_now
from earmark.specs.automation import AutomationCondition
from earmark.specs.sensor import SensorSpec, SensorType
from earmark.values import wire
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvariantViolationError,
    caller_location,
)


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
        """Evaluate the conditions of all its assets; the cursor is what to remember of them.

        Raises:
            DagsterInvariantViolationError: The context has no definitions.
        """
        definitions = context.around.repository
        graph = definitions.resolve_asset_graph()
        selection = self.targets.asset_selection
        assert selection is not None
        chosen = selection.select(graph)
        instance = context.instance

        known = KnownOfStore.of(instance.store)
        known.prefetch(graph.keys)
        state = AutomationState() if context.cursor is None else wire.decode(context.cursor, AutomationState)
        decision = evaluate_conditions(
            graph,
            state,
            known,
            resolve_now(None),
            dynamic=instance,
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
            cursor=wire.encode(decision.state).decode(),
            evaluations=[msgspec.to_builtins(one) for one in decision.evaluated if one.is_changed],
        )


def _evaluated_by_the_host(_context: Any) -> Any:
    raise DagsterInvariantViolationError("A sensor of conditions has no function of its own to call.")
