"""Why an asset or a job was, or was not, asked for by its condition: the trees of its evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from earmark.decide.automation.memory import name_of
from earmark.decide.automation.subset import Stored, restored
from earmark.partitions import PartitionsDefinition
from earmark.partitions.subset import AllSubset, PartitionsSubset, TimeSubset
from earmark.specs.asset import AssetSpec
from earmark.specs.automation import OWN, AutomationCondition
from earmark.specs.job import JobSpec
from earmark.store.ports import Store
from earmark.store.records import Tick
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetJobKey, AssetKey
from earmark.views.catalog import Catalog, Job
from earmark.views.shapes.assets import AssetAutomation, AssetAutomationEvaluation, ConditionNode
from earmark.views.values import error_of_raw

TICKS_SHOWN = 50
KEYS_SHOWN = 20
"""So many partitions, or stretches of time, are named for each part of a condition."""


def condition_of_asset(store: Store, catalog: Catalog, spec: AssetSpec) -> AssetAutomation:
    """Return the condition of an asset and its latest evaluations."""
    return _told(store, catalog, catalog.location_of[spec.key], name_of(spec.key), spec)


def condition_of_job(store: Store, catalog: Catalog, job: Job) -> AssetAutomation:
    """Return the condition of a job and its latest evaluations."""
    return _told(store, catalog, job.location, name_of(AssetJobKey(job.name)), job.spec)


def condition_text(condition: AutomationCondition) -> str:
    """Return a condition as a person reads it."""
    if condition.label:
        return condition.label
    if not condition.operands:
        return condition.name
    inner = ", ".join([*map(condition_text, condition.operands), *(f"{k}={v}" for k, v in condition.params.items())])
    return f"{condition.kind.removeprefix(OWN)}({inner})"


def _told(store: Store, catalog: Catalog, location: str, name: str, spec: AssetSpec | JobSpec) -> AssetAutomation:
    def definition_of(other: str) -> PartitionsDefinition | None:
        try:
            return catalog.graph.get(AssetKey.from_user_string(other)).spec.partitions_def
        except DagsterInvariantViolationError:  # a check, or gone since
            return None

    evaluations = []
    for one in catalog.automations:
        if one.kind != "automation" or one.location != location:
            continue
        for tick in store.ticks.list(one.id, limit=TICKS_SHOWN):
            found = tick.data.get("evaluations", {}).get(name)
            if isinstance(found, dict):
                evaluations.append(_evaluation(tick, found, spec.partitions_def, definition_of))
    text = None if spec.automation_condition is None else condition_text(spec.automation_condition)
    return AssetAutomation(condition=text, evaluations=evaluations)


def _evaluation(
    tick: Tick,
    found: dict[str, Any],
    definition: PartitionsDefinition | None,
    definition_of: Callable[[str], PartitionsDefinition | None],
) -> AssetAutomationEvaluation:
    return AssetAutomationEvaluation(
        id=tick.id,
        at=tick.created_at,
        requested=int(found.get("requested", 0)),
        run_ids=[str(one) for one in found.get("run_ids", [])],
        tree=_tree(found["tree"], definition, definition_of) if "tree" in found else None,
        error=error_of_raw(found.get("error")),
    )


def _tree(
    raw: dict[str, Any],
    definition: PartitionsDefinition | None,
    definition_of: Callable[[str], PartitionsDefinition | None],
) -> ConditionNode:
    other = raw.get("key")
    if other is not None:
        definition = definition_of(other)
    true: Stored = msgspec.convert(raw["subset"], Stored)
    subset: Any = None if isinstance(true, bool) else restored(true, definition)
    # All partitions, whichever there are, cannot be counted; an asset that has none has none to name.
    is_countable = isinstance(subset, PartitionsSubset) and not isinstance(subset, AllSubset)
    return ConditionNode(
        label=raw["label"] if other is None else f"{raw['label']} of {other}",
        is_true=true if isinstance(true, bool) else not subset.is_empty,
        partitions=len(subset) if is_countable else None,
        keys=_some_keys(subset) if is_countable else [],
        children=[_tree(one, definition, definition_of) for one in raw["children"]],
    )


def _some_keys(subset: PartitionsSubset) -> list[str]:
    """Return the first partitions of a subset, neighbours in time as the first and the last of them."""
    if isinstance(subset, TimeSubset):
        shown = TimeSubset(subset.definition, subset.ranges[:KEYS_SHOWN]).key_ranges()
        return [first if first == last else f"{first}...{last}" for first, last in shown]
    return subset.get_partition_keys()[:KEYS_SHOWN]
