"""Policies, tags that flow, and words that look alike."""

from __future__ import annotations

import pytest

from earmark.tags.duplicates import NearDuplicate, near_duplicates
from earmark.tags.flow import FlowRule, TagFlow, merge_flow, read_flow
from earmark.tags.policy import Rule, Tagged, TagPolicy, check
from earmark.values.errors import InvalidTagError
from earmark.values.wire import decode, encode


def findings(policy, *things):
    return [(found.name, found.rule) for found in check([policy], things)]


def test_a_required_tag_is_missed_only_on_the_kinds_that_need_it():
    policy = TagPolicy("team", required_on=("asset",))
    bare = {"kind": "asset", "name": "a", "tags": {}}
    assert findings(policy, Tagged(**bare), Tagged("job", "j", {}), Tagged("asset", "b", {"team": ""})) == [
        ("a", Rule.REQUIRED)
    ]


def test_a_missing_tag_names_the_key_that_was_probably_meant():
    policy = TagPolicy("team", required_on=("asset",))
    (found,) = check([policy], [Tagged("asset", "orders", {"Team": "ml"})])
    assert found.message == "The asset orders lacks the tag team. It has 'Team': is that meant?"
    assert found.value is None


def test_values_and_patterns_are_held_where_the_tag_is_set():
    tier = TagPolicy("tier", values=("gold", "silver"))
    cost = TagPolicy("cost", pattern=r"cc-\d+")
    assert findings(tier, Tagged("run", "r", {"tier": "gold"}), Tagged("run", "s", {"tier": "tin"})) == [
        ("s", Rule.VALUES)
    ]
    assert findings(cost, Tagged("job", "j", {"cost": "cc-12"}), Tagged("job", "k", {"cost": "cc-12x"})) == [
        ("k", Rule.PATTERN)
    ]


def test_a_policy_that_cannot_hold_is_refused():
    with pytest.raises(InvalidTagError, match="no regular expression"):
        TagPolicy("team", pattern="(")
    with pytest.raises(InvalidTagError, match="Did you mean 'asset'"):
        TagPolicy("team", required_on=("assets",))
    with pytest.raises(InvalidTagError, match="'my team'"):
        TagPolicy("my team")


def test_a_policy_crosses_the_wire():
    policy = TagPolicy("tier", ("asset", "run"), ("gold",), "g.*", "How good", "#aabbcc")
    assert decode(encode(policy), TagPolicy) == policy


def flow(rule, *values, key="k"):
    tags = [{} if value is None else {key: value} for value in values]
    merged, conflicts = merge_flow(read_flow({key: rule}), tags)
    return merged.get(key), conflicts


def test_same_keeps_what_all_agree_on_and_drops_and_records_the_rest():
    assert flow("same", "ml", "ml") == ("ml", ())
    assert flow("same", "ml", None) == ("ml", ())
    value, (conflict,) = flow("same", "ml", "core", "ml")
    assert value is None
    assert conflict.values == (("ml", 2), ("core", 1))
    assert not conflict.refused
    assert "'ml' (2), 'core' (1)" in conflict.message


def test_error_refuses_the_launch_when_assets_disagree():
    assert flow("error", "eu", "eu") == ("eu", ())
    value, (conflict,) = flow("error", "eu", "us")
    assert value is None
    assert conflict.refused


def test_min_and_max_order_numbers_as_numbers_and_text_as_text():
    assert flow("max", "9", "10")[0] == "10"
    assert flow("min", "9", "10", "-2.5")[0] == "-2.5"
    assert flow("max", "9", "ten")[0] == "ten"
    assert flow("max", "b", "a")[0] == "b"


def test_a_declared_order_ranks_values_and_tells_of_strangers():
    rule = {"merge": "max", "order": ["bronze", "silver", "gold"]}
    assert flow(rule, "silver", "gold", "bronze") == ("gold", ())
    value, (conflict,) = flow(rule, "silver", "golld")
    assert value == "silver"
    assert "'golld' (1)" in conflict.message
    assert flow(rule, "golld")[0] is None


def test_union_joins_sorted_and_counts_each_value_once():
    assert flow("union", "b", "a", "b", None) == ("a,b", ())


def test_a_default_is_the_value_of_an_asset_without_the_key():
    assert flow({"merge": "max", "default": "5"}, "3", None)[0] == "5"
    assert flow({"merge": "same", "default": "core"}, None, None)[0] == "core"
    assert flow({"merge": "same", "default": "core"}, "ml", None)[1][0].values == (("core", 1), ("ml", 1))
    assert flow("same", None, None) == (None, ())


def test_keys_that_are_not_declared_do_not_flow():
    assert merge_flow(read_flow({"team": "same"}), [{"pii": "true", "team": "ml"}])[0] == {"team": "ml"}


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"team": "sane"}, "Did you mean 'same'"),
        ({"team": {"merge": "same", "defualt": "x"}}, "Did you mean 'default'"),
        ({"team": {"default": "x"}}, "write a merge"),
        ({"team": 3}, "write a merge"),
        ({"team": {"merge": "same", "default": 3}}, "default is a string"),
        ({"team": {"merge": "max", "order": "abc"}}, "order is a list"),
        ({"my team": "same"}, "'my team'"),
    ],
)
def test_a_bad_declaration_of_flow_is_refused(declared, words):
    with pytest.raises(InvalidTagError, match=words):
        read_flow(declared)


def test_a_rule_may_be_given_as_one():
    rule = FlowRule(TagFlow.UNION)
    assert read_flow({"team": rule}) == {"team": rule}


def groups(*words):
    counts = {word: len(words) - place for place, word in enumerate(words)}
    return [tuple(word for word, _ in found.words) for found in near_duplicates({"k": counts})]


def test_words_that_differ_by_case_separators_or_plural_are_near():
    assert groups("team-a", "Team_A", "teama", "other") == [("team-a", "Team_A", "teama")]
    assert groups("sales", "sale") == [("sales", "sale")]
    assert groups("class", "clas") == []


def test_one_slip_in_a_long_word_is_near():
    assert groups("marketing", "marketting", "markting", "makreting") == [
        ("marketing", "marketting", "markting", "makreting")
    ]


def test_words_that_differ_on_purpose_are_not_near():
    assert groups("team-a", "team-b") == []
    assert groups("v1", "v2") == []
    assert groups("release-2026", "release-2027") == []
    assert groups("east", "west") == []
    assert groups("growth-a", "growth-b") == []


def test_keys_are_compared_too_but_system_keys_are_not():
    found = near_duplicates({"domain": {"a": 3}, "Domain": {"a": 1}, "dagster/Kind": {"": 1}, "dagster/kind": {"": 1}})
    assert found == (NearDuplicate(None, (("domain", 3), ("Domain", 1))),)
