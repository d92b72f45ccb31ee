"""Conditions evaluated for tests: what would be asked for now, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from earmark.decide.automation.evaluate import Node
from earmark.decide.automation.known import KnownOfStore
from earmark.decide.automation.tick import AutomationState, Evaluated, evaluate_conditions
from earmark.define.assets.asset_selection import AssetSelection
from earmark.define.definitions import Definitions
from earmark.system import clock as system_clock
from earmark.values.clock import from_datetime
from earmark.values.keys import AssetCheckKey, AssetKey


@dataclass(frozen=True)
class AutomationResult:
    """How the condition of one asset or check was evaluated.

    Args:
        key: The asset or check.
        evaluated: The evaluation, as it is stored.
        true_subset: For what it is true.

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
        >>> told.results[0].key, bool(told.results[0].true_subset)
        (AssetKey(['report']), True)
    """

    key: Any
    evaluated: Evaluated
    true_subset: Any

    @property
    def root(self) -> Node:
        """The tree of evaluated nodes."""
        return self.evaluated.root

    def pprint(self, indent: int = 0) -> str:
        """Return the tree as text, a node per line: what it asks, and for what it is true."""
        return _text(self.root, indent)


def _text(node: Node, indent: int) -> str:
    name = node.label or (f"{node.name} of {node.key}" if node.key else node.name)
    shown = f"{'  ' * indent}{name}: {_truth(node.true)}"
    return "\n".join([shown, *(_text(child, indent + 1) for child in node.children)])


def _truth(true: Any) -> str:
    if isinstance(true, bool):
        return "true" if true else "false"
    ranges = getattr(true, "ranges", None)
    if ranges is not None:
        return f"{len(ranges)} ranges of windows" if ranges else "false"
    keys = getattr(true, "keys", None)
    return ", ".join(keys) or "false" if isinstance(keys, tuple) else "some"


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
        """How many assets without partitions, partitions and checks are asked for."""
        return sum(len(subset) for subset in self.requested_subsets.values())

    def get_requested_partitions(self, asset_key: Any) -> set[str | None]:
        """Return the partitions of an asset that are asked for; ``{None}`` for an asset without partitions."""
        found = self.requested_subsets.get(AssetKey.from_coercible(asset_key))
        return set() if found is None else set(found.get_partition_keys())

    def get_num_requested(self, asset_key: Any) -> int:
        """Return how many partitions of an asset (or checks) are asked for."""
        key = asset_key if isinstance(asset_key, AssetCheckKey) else AssetKey.from_coercible(asset_key)
        found = self.requested_subsets.get(key)
        return 0 if found is None else len(found)


def evaluate_automation_conditions(
    defs: Definitions | Sequence[Any],
    instance: Any,
    asset_selection: Any = None,
    evaluation_time: datetime | None = None,
    cursor: AutomationState | None = None,
) -> EvaluateAutomationConditionsResult:
    """Evaluate the conditions of assets and checks, as the daemon does, and return what would be asked for.

    Args:
        defs: Definitions, or a list of assets.
        instance: What is known of the assets.
        asset_selection: Only the conditions of these assets; of all if ``None``.
        evaluation_time: The time to take for now.
        cursor: What the evaluation before returned.

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
    decision = evaluate_conditions(graph, state, known, now, dynamic=instance, among=among)
    by_name: dict[str, Any] = {key.to_user_string(): key for key in graph.keys}
    by_name.update((key.to_user_string(), key) for key in graph.asset_check_keys)
    results = []
    for one in decision.evaluated:
        key = by_name[one.key]
        results.append(AutomationResult(key, one, decision.requested.get(key)))
    return EvaluateAutomationConditionsResult(decision.state, results, decision.requested)
