"""Conditions evaluated for tests: what would be asked for now, and why."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from earmark.decide.automation.index import index_of
from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.recalled import AutomationState, KeptInState, Recalled
from earmark.decide.automation.tick import evaluate_conditions
from earmark.decide.automation.world import World
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.automation.automation_context import AutomationResult, OwnConditions
from earmark.define.automation.entity_subset import AssetGraphView, EntitySubset
from earmark.define.definitions import Definitions
from earmark.specs.job import JobSpec
from earmark.system import clock as system_clock
from earmark.values.clock import from_datetime
from earmark.values.keys import AssetCheckKey, AssetJobKey, AssetKey


@dataclass(frozen=True)
class EvaluateAutomationConditionsResult:
    """What :func:`evaluate_automation_conditions` returns.

    Args:
        cursor: What to give to the next evaluation.
        results: How each condition that was evaluated came out.
        requested_subsets: What is asked for, by asset or check.

    Example:
        >>> @em.asset
        ... def orders(): ...
        >>> @em.asset(deps=[orders], automation_condition=em.AutomationCondition.eager())
        ... def report(): ...
        >>> defs, instance = em.Definitions([orders, report]), em.DagsterInstance.ephemeral()
        >>> first = em.evaluate_automation_conditions(defs, instance)
        >>> em.materialize([orders], instance=instance).success
        True
        >>> told = em.evaluate_automation_conditions(defs, instance, cursor=first.cursor)
        >>> told.total_requested, told.get_requested_partitions("report")
        (1, {None})
    """

    cursor: AutomationState
    results: Sequence[AutomationResult]
    requested_subsets: Mapping[Any, Any] = field(default_factory=dict)

    @property
    def total_requested(self) -> int:
        """How many assets without partitions, partitions, checks and jobs are asked for."""
        return sum(len(subset) for subset in self.requested_subsets.values())

    def get_requested_partitions(self, asset_key: Any) -> set[str | None]:
        """Return the partitions of an asset (or job) that are asked for; ``{None}`` for one without partitions."""
        found = self.requested_subsets.get(_key(asset_key))
        return set() if found is None else set(found.get_partition_keys())

    def get_num_requested(self, asset_key: Any) -> int:
        """Return how many partitions of an asset (or job), or checks, are asked for."""
        found = self.requested_subsets.get(_key(asset_key))
        return 0 if found is None else len(found)


def _key(given: Any) -> Any:
    return given if isinstance(given, (AssetCheckKey, AssetJobKey)) else AssetKey.from_coercible(given)


def evaluate_automation_conditions(
    defs: Definitions | Sequence[Any],
    instance: Any,
    asset_selection: Any = None,
    evaluation_time: datetime | None = None,
    cursor: AutomationState | None = None,
) -> EvaluateAutomationConditionsResult:
    """Evaluate the conditions of assets, checks and jobs, as the daemon does, and return what would be asked for.

    Args:
        defs: Definitions, or a list of assets.
        instance: What is known of the assets.
        asset_selection: Only the conditions of these assets; of all, and of jobs, if ``None``.
        evaluation_time: The time to take for now.
        cursor: What the evaluation before returned.

    Raises:
        Exception: What the code of a condition raised; the daemon goes on with the others.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> @em.asset(deps=[orders], automation_condition=em.AutomationCondition.eager())
        ... def report(): ...
        >>> defs = em.Definitions([orders, report])
        >>> instance = em.DagsterInstance.ephemeral()
        >>> first = evaluate_automation_conditions(defs, instance)
        >>> em.materialize([orders], instance=instance).success
        True
        >>> evaluate_automation_conditions(defs, instance, cursor=first.cursor).get_num_requested("report")
        1
    """
    definitions = defs if isinstance(defs, Definitions) else Definitions(list(defs))
    graph = definitions.resolve_asset_graph()
    now = system_clock.now() if evaluation_time is None else from_datetime(evaluation_time)
    among = None
    if asset_selection is not None:
        chosen = AssetSelection.from_coercible(asset_selection).select(graph)
        among = chosen.assets | chosen.checks

    known = KnownOfStore.of(instance.store)
    state = cursor or AutomationState()
    jobs = [] if among is not None else _jobs_of(definitions)
    decision = evaluate_conditions(
        graph,
        state,
        known,
        now,
        dynamic=instance,
        among=among,
        jobs=jobs,
        ask_own=OwnConditions(instance, logging.getLogger("earmark")).ask,
    )
    for error in decision.failed.values():
        raise error
    index = index_of(graph, jobs=jobs)
    view = AssetGraphView(World(index, known, now, instance, None, Recalled(KeptInState(state))), instance)
    results = []
    for one in decision.evaluated:
        key = index.by_name[one.key]
        true = decision.requested.get(key, view.world.empty(key))
        results.append(AutomationResult.of_node(key, EntitySubset(view, key, true), one.root))
    return EvaluateAutomationConditionsResult(decision.state, results, decision.requested)


def _jobs_of(definitions: Definitions) -> list[JobSpec]:
    jobs = (job.spec for job in definitions.resolve_all_job_defs())
    return [job for job in jobs if job.automation_condition is not None]
