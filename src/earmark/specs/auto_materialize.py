"""The older way to say when an asset is written by itself: rules to do so and rules not to, for old code.

A policy is only another way to write an :class:`AutomationCondition`, which is what is kept and evaluated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from earmark.specs.automation import AutomationCondition
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


class AutoMaterializeAssetPartitionsFilter(msgspec.Struct, frozen=True):
    """Which updates of a dependency count: those by runs with some tags.

    Args:
        latest_run_required_tags: The tags that the run has to have.

    Example:
        >>> by_hand = AutoMaterializeAssetPartitionsFilter(latest_run_required_tags={"source": "hand"})
        >>> AutoMaterializeRule.materialize_on_parent_updated(updated_parent_filter=by_hand).description
        'a dependency was updated by a run with the tags source=hand'
    """

    latest_run_required_tags: Mapping[str, str] | None = None


class AutoMaterializeRule(msgspec.Struct, frozen=True):
    """A reason to write an asset, or not to; made by its static methods.

    Args:
        name: Its name.
        condition: When it holds.
        is_skip: Whether it is a reason not to.
        description: What it says, for people.
        all_partitions: Whether it is a reason to write all partitions rather than the latest window of time.

    Example:
        >>> rule = AutoMaterializeRule.skip_on_parent_missing()
        >>> rule.is_skip, rule.description
        (True, 'a dependency is missing')
    """

    name: str
    condition: AutomationCondition
    is_skip: bool
    description: str
    all_partitions: bool = False

    def __hash__(self) -> int:
        return hash((self.name, self.description))

    def to_asset_condition(self) -> AutomationCondition:
        """Return when it holds."""
        return self.condition

    @staticmethod
    def materialize_on_missing() -> AutoMaterializeRule:
        """Write what was never written."""
        return AutoMaterializeRule("materialize_on_missing", AutomationCondition.missing(), False, "it is missing")

    @staticmethod
    def materialize_on_parent_updated(
        updated_parent_filter: AutoMaterializeAssetPartitionsFilter | None = None,
    ) -> AutoMaterializeRule:
        """Write what has a dependency that was updated, or is about to be."""
        tags = None if updated_parent_filter is None else updated_parent_filter.latest_run_required_tags
        if not tags:
            condition = AutomationCondition.any_deps_updated()
            return AutoMaterializeRule("materialize_on_parent_updated", condition, False, "a dependency was updated")
        updated = AutomationCondition.any_new_update_has_run_tags(tag_values=tags)
        return AutoMaterializeRule(
            "materialize_on_parent_updated",
            AutomationCondition.any_deps_match(updated | AutomationCondition.will_be_requested()),
            False,
            "a dependency was updated by a run with the tags "
            + ", ".join(f"{key}={value}" for key, value in sorted(tags.items())),
        )

    @staticmethod
    def materialize_on_cron(
        cron_schedule: str, timezone: str = "UTC", all_partitions: bool = False
    ) -> AutoMaterializeRule:
        """Write it at each tick of a cron expression: the latest partition, or all of them.

        Raises:
            DagsterInvalidDefinitionError: The expression or the zone is invalid.
        """
        passed = AutomationCondition.cron_tick_passed(cron_schedule, timezone)
        said = f"{cron_schedule!r} in {timezone} has passed" + (" (all partitions)" if all_partitions else "")
        return AutoMaterializeRule("materialize_on_cron", passed, False, said, all_partitions)

    @staticmethod
    def materialize_on_required_for_freshness() -> AutoMaterializeRule:
        """Write what is no longer as fresh as its freshness policy asks."""
        late = AutomationCondition.freshness_failed() | AutomationCondition.freshness_warned()
        return AutoMaterializeRule("materialize_on_required_for_freshness", late, False, "it is no longer fresh")

    @staticmethod
    def skip_on_parent_missing() -> AutoMaterializeRule:
        """Do not write what has a dependency that was never written."""
        missing = AutomationCondition.any_deps_missing()
        return AutoMaterializeRule("skip_on_parent_missing", missing, True, "a dependency is missing")

    @staticmethod
    def skip_on_backfill_in_progress(all_partitions: bool = False) -> AutoMaterializeRule:
        """Do not write what a backfill is to write; with ``all_partitions``, nothing of an asset of which it is to
        write any."""
        condition = AutomationCondition.backfill_in_progress()
        said = "a backfill is to write it"
        if all_partitions:
            condition = msgspec.structs.replace(condition, params={"all_partitions": True})
            said = "a backfill is to write some of it"
        return AutoMaterializeRule("skip_on_backfill_in_progress", condition, True, said)

    @staticmethod
    def skip_on_not_all_parents_updated(require_update_for_all_parent_partitions: bool = False) -> AutoMaterializeRule:
        """Do not write what has a dependency that was not updated since it was written itself.

        Args:
            require_update_for_all_parent_partitions: Where several partitions of a dependency are needed, whether all
                of them must have been updated, rather than any.
        """
        return AutoMaterializeRule(
            "skip_on_not_all_parents_updated",
            AutomationCondition(
                kind="deps_not_updated", params={"every_partition": require_update_for_all_parent_partitions}
            ),
            True,
            "a dependency was not updated since it was"
            + (" (all partitions)" if require_update_for_all_parent_partitions else ""),
        )

    @staticmethod
    def skip_on_parent_outdated() -> AutoMaterializeRule:
        """Do not write what has a dependency that is older than what that was made from, near or far."""
        outdated = AutomationCondition(kind="deps_outdated")
        return AutoMaterializeRule("skip_on_parent_outdated", outdated, True, "a dependency is out of date")

    @staticmethod
    def skip_on_required_but_nonexistent_parents() -> AutoMaterializeRule:
        """Do not write what needs a partition of a dependency that there is not."""
        condition = AutomationCondition(kind="deps_nonexistent")
        return AutoMaterializeRule(
            "skip_on_required_but_nonexistent_parents", condition, True, "it needs a partition that there is not"
        )

    @staticmethod
    def skip_on_run_in_progress() -> AutoMaterializeRule:
        """Do not write what an unfinished run is to write."""
        condition = AutomationCondition.run_in_progress()
        return AutoMaterializeRule("skip_on_run_in_progress", condition, True, "a run is to write it")

    @staticmethod
    def skip_on_not_all_parents_updated_since_cron(cron_schedule: str, timezone: str = "UTC") -> AutoMaterializeRule:
        """Do not write it before all dependencies were updated since the last tick of a cron expression.

        Raises:
            DagsterInvalidDefinitionError: The expression or the zone is invalid.
        """
        return AutoMaterializeRule(
            "skip_on_not_all_parents_updated_since_cron",
            ~AutomationCondition.all_deps_updated_since_cron(cron_schedule, timezone),
            True,
            f"a dependency was not updated since {cron_schedule!r} in {timezone}",
        )


class AutoMaterializePolicy(msgspec.Struct, frozen=True):
    """When an asset is written by itself, as rules; an :class:`AutomationCondition` says the same and more.

    Args:
        rules: Reasons to write it and reasons not to.
        max_materializations_per_minute: How many partitions are asked for in a minute, the first ones; the others are
            discarded, until there is another reason to write them. An asset without partitions waits for its minute
            instead. ``None`` for no limit.
        asset_condition: The condition, instead of rules.

    Raises:
        DagsterInvalidDefinitionError: There are neither rules nor a condition, or both, or the limit is no number
            above zero.

    Example:
        >>> import earmark as em
        >>> policy = AutoMaterializePolicy.eager().without_rules(AutoMaterializeRule.materialize_on_missing())
        >>> @em.asset(auto_materialize_policy=policy)
        ... def orders(): ...
        >>> orders.specs_by_key[orders.key].automation_condition == policy.to_automation_condition()
        True
    """

    rules: frozenset[AutoMaterializeRule] = frozenset()
    max_materializations_per_minute: int | None = 1
    asset_condition: AutomationCondition | None = None

    def __post_init__(self) -> None:
        given: Any = self.rules
        msgspec.structs.force_setattr(self, "rules", _rules(given))
        if bool(self.rules) is (self.asset_condition is not None):
            raise DagsterInvalidDefinitionError(
                "An AutoMaterializePolicy is made of rules or of an asset_condition, and not of both.",
                where=caller_location(),
            )
        limit: Any = self.max_materializations_per_minute
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise DagsterInvalidDefinitionError(
                f"max_materializations_per_minute is a number above zero, or None for no limit; not {limit!r}.",
                where=caller_location(),
            )

    @staticmethod
    def eager(max_materializations_per_minute: int | None = 1) -> AutoMaterializePolicy:
        """Return the policy to write an asset when it is missing or a dependency was updated."""
        rules = (
            AutoMaterializeRule.materialize_on_missing(),
            AutoMaterializeRule.materialize_on_parent_updated(),
            AutoMaterializeRule.skip_on_parent_missing(),
            AutoMaterializeRule.skip_on_backfill_in_progress(),
            AutoMaterializeRule.skip_on_run_in_progress(),
        )
        return AutoMaterializePolicy(frozenset(rules), max_materializations_per_minute)

    @staticmethod
    def lazy(max_materializations_per_minute: int | None = 1) -> AutoMaterializePolicy:
        """Return the policy to write an asset when it is no longer as fresh as its freshness policy asks."""
        rules = (
            AutoMaterializeRule.materialize_on_required_for_freshness(),
            AutoMaterializeRule.skip_on_parent_missing(),
            AutoMaterializeRule.skip_on_backfill_in_progress(),
            AutoMaterializeRule.skip_on_run_in_progress(),
        )
        return AutoMaterializePolicy(frozenset(rules), max_materializations_per_minute)

    @staticmethod
    def from_automation_condition(automation_condition: AutomationCondition) -> AutoMaterializePolicy:
        """Return a condition as a policy."""
        return AutoMaterializePolicy(frozenset(), None, automation_condition)

    @property
    def materialize_rules(self) -> frozenset[AutoMaterializeRule]:
        """The reasons to write the asset."""
        return frozenset(rule for rule in self.rules if not rule.is_skip)

    @property
    def skip_rules(self) -> frozenset[AutoMaterializeRule]:
        """The reasons not to."""
        return frozenset(rule for rule in self.rules if rule.is_skip)

    def with_rules(self, *rules_to_add: AutoMaterializeRule) -> AutoMaterializePolicy:
        """Return it with more rules."""
        return self._of(self.rules | _rules(rules_to_add))

    def without_rules(self, *rules_to_remove: AutoMaterializeRule) -> AutoMaterializePolicy:
        """Return it without some of its rules.

        Raises:
            DagsterInvalidDefinitionError: It does not have one of them.
        """
        missing = [rule.name for rule in rules_to_remove if rule not in self.rules]
        if missing:
            raise DagsterInvalidDefinitionError(
                f"The policy has no rule {', '.join(missing)}.",
                hint=f"It has: {', '.join(sorted(rule.name for rule in self.rules))}.",
                where=caller_location(),
            )
        return self._of(self.rules - _rules(rules_to_remove))

    def _of(self, rules: frozenset[AutoMaterializeRule]) -> AutoMaterializePolicy:
        if self.asset_condition is not None:
            raise DagsterInvalidDefinitionError(
                "A policy that is made of a condition has no rules.",
                hint="Combine conditions with &, | and ~.",
                where=caller_location(),
            )
        return AutoMaterializePolicy(rules, self.max_materializations_per_minute)

    def to_automation_condition(self) -> AutomationCondition:
        """Return it as the condition that is evaluated: a reason has held since the asset was last handled, and none
        against holds now.

        Raises:
            DagsterInvalidDefinitionError: It has no reason to write the asset.
        """
        if self.asset_condition is not None:
            return self.asset_condition
        # In a fixed order, so that the same rules are the same condition.
        reasons = sorted(self.materialize_rules, key=lambda rule: (rule.name, rule.description))
        against = sorted(self.skip_rules, key=lambda rule: (rule.name, rule.description))
        if not reasons:
            raise DagsterInvalidDefinitionError(
                "The policy has no rule to write the asset, so it would never be.", where=caller_location()
            )
        limit = self.max_materializations_per_minute
        latest = [rule for rule in reasons if not rule.all_partitions]
        of_all = [rule for rule in reasons if rule.all_partitions]
        parts = []
        if latest:
            parts.append(AutomationCondition.in_latest_time_window() & _since_handled(latest, limit))
        if of_all:
            parts.append(_since_handled(of_all, limit))
        wanted = parts[0] if len(parts) == 1 else parts[0] | parts[1]
        for rule in against:
            wanted = wanted & ~rule.condition.with_label(rule.description)
        if limit is None:
            return wanted
        return AutomationCondition(kind="limited", params={"per_minute": limit}, operands=(wanted,))


def _since_handled(reasons: Sequence[AutoMaterializeRule], limit: int | None) -> AutomationCondition:
    """Return the condition that a reason has held since the asset was last asked for, written or discarded."""
    asked = reasons[0].condition.with_label(reasons[0].description)
    for rule in reasons[1:]:
        asked = asked | rule.condition.with_label(rule.description)
    handled = asked.since_last_handled()
    if limit is None:
        return handled
    reset = (handled.operands[1].with_label(None) | AutomationCondition(kind="newly_discarded")).with_label("handled")
    return asked.since(reset)


def _rules(given: Iterable[Any]) -> frozenset[AutoMaterializeRule]:
    found = frozenset(given)
    for one in found:
        if not isinstance(one, AutoMaterializeRule):
            raise DagsterInvalidDefinitionError(
                f"rules holds AutoMaterializeRule objects, not {one!r} ({type(one).__name__}).", where=caller_location()
            )
    return found
