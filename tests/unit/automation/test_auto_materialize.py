"""Policies of rules: another way to write conditions, for old code."""

from __future__ import annotations

import pytest

import earmark as em
from earmark import AutoMaterializeAssetPartitionsFilter as Filter
from earmark import AutoMaterializePolicy as Policy
from earmark import AutoMaterializeRule as Rule
from earmark.values.errors import DagsterInvalidDefinitionError


def world(policy: Policy):
    @em.asset
    def above(): ...

    @em.asset(deps=[above], auto_materialize_policy=policy)
    def below(): ...

    return above, below


def asked_after(policy: Policy, *, tags: dict[str, str] | None = None) -> list[bool]:
    """Say for four ticks whether the asset is asked for: at first, the upstream asset written, nothing, once more."""
    assets = world(policy)
    defs, cursor, found = em.Definitions(list(assets)), None, []
    with em.DagsterInstance.ephemeral() as instance:
        for is_written in (False, True, False, True):
            if is_written:
                em.materialize([assets[0]], instance=instance, tags=tags)
            told = em.evaluate_automation_conditions(defs, instance, cursor=cursor)
            cursor = told.cursor
            found.append(told.get_num_requested("below") == 1)
    return found


def test_the_eager_policy_writes_what_is_missing_and_what_has_an_updated_dependency() -> None:
    assert asked_after(Policy.eager()) == [False, True, False, True]


def test_rules_are_added_and_taken_away() -> None:
    policy = Policy.eager().without_rules(Rule.materialize_on_missing(), Rule.skip_on_parent_missing())
    assert {rule.name for rule in policy.materialize_rules} == {"materialize_on_parent_updated"}
    assert policy.with_rules(Rule.materialize_on_missing(), Rule.skip_on_parent_missing()) == Policy.eager()
    with pytest.raises(DagsterInvalidDefinitionError, match="has no rule materialize_on_missing"):
        policy.without_rules(Rule.materialize_on_missing())


def test_updates_may_count_only_by_runs_with_some_tags() -> None:
    rule = Rule.materialize_on_parent_updated(Filter(latest_run_required_tags={"source": "hand"}))
    policy = Policy(frozenset({rule}))
    assert asked_after(policy) == [False, False, False, False]
    assert asked_after(policy, tags={"source": "hand"}) == [False, True, False, True]


def test_a_policy_is_kept_as_the_condition_that_it_means() -> None:
    _, below = world(Policy.eager())
    spec = below.specs_by_key[below.key]
    assert spec.automation_condition == Policy.eager().to_automation_condition()
    condition = em.AutomationCondition.on_missing()
    assert Policy.from_automation_condition(condition).to_automation_condition() == condition


@pytest.mark.parametrize(
    "build",
    [
        Policy,
        lambda: Policy(frozenset({Rule.skip_on_parent_missing()})).to_automation_condition(),
        lambda: Policy(frozenset({"eager"})),
        lambda: Policy.from_automation_condition(em.AutomationCondition.eager()).with_rules(),
        lambda: Rule.materialize_on_cron("0 0 * * *", all_partitions=True),
        lambda: Rule.materialize_on_cron("every day"),
    ],
)
def test_what_says_nothing_is_refused(build) -> None:
    with pytest.raises(DagsterInvalidDefinitionError):
        build()
