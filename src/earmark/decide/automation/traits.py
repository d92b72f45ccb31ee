"""What is known of a condition before it is evaluated."""

from __future__ import annotations

import msgspec

from earmark.specs.automation import AutomationCondition
from earmark.values import wire

MOMENTARY = frozenset(
    (
        "newly_updated",
        "newly_requested",
        "will_be_requested",
        "initial_evaluation",
        "cron_tick_passed",
        "newly_discarded",
        "new_updates_with_tags",
    )
)
"""What is true at one evaluation and, if nothing happens, no longer at the next."""


class Trait(msgspec.Struct, frozen=True):
    """What is known of a node of a condition tree before it is evaluated.

    Args:
        condition: The node.
        name: What it asks.
        is_stateful: Whether it, or a node below it, remembers something and so is asked at each evaluation.
        is_timed: Whether it, or a node below it, asks how fresh an asset is.
    """

    condition: AutomationCondition
    name: str
    is_stateful: bool
    is_timed: bool


class Traits:
    """The traits of conditions, found once for each object: assets share the objects of equal conditions."""

    def __init__(self) -> None:
        self._found: dict[int, Trait] = {}
        self._shared: dict[bytes, tuple[AutomationCondition, str]] = {}

    def shared(self, condition: AutomationCondition) -> tuple[AutomationCondition, str]:
        """Return the one object for all equal conditions, and its content hash.

        A condition that a user wrote, or that holds one, is not shared: its data do not tell all of it.
        """
        if not condition.is_serializable:
            return condition, wire.content_hash(condition)
        data = wire.encode_canonical(condition)
        kept = self._shared.get(data)
        if kept is None:
            kept = self._shared[data] = (condition, wire.content_hash(condition))
        return kept

    def of(self, condition: AutomationCondition) -> Trait:
        """Return the traits of a node."""
        kept = self._found.get(id(condition))
        if kept is not None:
            return kept
        below = [self.of(one) for one in condition.operands]
        found = Trait(
            condition,
            condition.name,
            condition.requires_cursor
            or condition.kind == "any_downstream_conditions"
            or any(one.is_stateful for one in below),
            condition.kind == "freshness" or any(one.is_timed for one in below),
        )
        self._found[id(condition)] = found
        return found
