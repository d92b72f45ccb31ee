"""Merging does not depend on the order of assets, and invents no value."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from earmark.tags.flow import FlowRule, TagFlow, merge_flow
from earmark.tags.tag import key_fault, normalize_asset_tags, normalize_run_tags
from earmark.values.errors import InvalidTagError

values = st.sampled_from(["1", "2", "10", "-3", "a", "b", "1.0", "+1"])
rules = st.builds(
    FlowRule,
    st.sampled_from(list(TagFlow)),
    st.one_of(st.none(), values),
    st.one_of(st.just(()), st.permutations(["1", "2", "a"]).map(tuple)),
)


@given(rules, st.lists(st.one_of(st.none(), values), max_size=6), st.randoms())
def test_merging_takes_no_notice_of_the_order_of_assets(rule, found, random):
    assets = [{} if value is None else {"k": value} for value in found]
    shuffled = list(assets)
    random.shuffle(shuffled)
    assert merge_flow({"k": rule}, assets) == merge_flow({"k": rule}, shuffled)


@given(rules, st.lists(st.one_of(st.none(), values), max_size=6))
def test_a_merged_value_is_one_that_an_asset_has(rule, found):
    tags, conflicts = merge_flow({"k": rule}, [{} if value is None else {"k": value} for value in found])
    present = {rule.default if value is None else value for value in found} - {None}
    if rule.merge is TagFlow.UNION:
        assert tags.get("k", "") == ",".join(sorted(present))
    else:
        assert set(tags.values()) <= present
    if len(present) == 1 and not rule.order:
        assert list(tags.values()) == list(present)
        assert not conflicts


charset = "abcABC019-_."
segments = st.text(alphabet=charset, min_size=1, max_size=63)


@given(st.one_of(segments, st.tuples(segments, segments).map("/".join), segments.map("dagster/kind/{}".format)))
def test_every_key_made_by_the_rule_passes(key):
    assert key_fault(key) is None


@given(st.text(max_size=12))
def test_a_key_passes_only_if_it_is_made_by_the_rule(key):
    ok = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    parts = key.split("/")
    made_by_rule = len(parts) <= 2 and all(part and set(part) <= ok for part in parts)
    assert (key_fault(key) is None) == made_by_rule


@given(st.text(max_size=70))
def test_an_asset_value_is_kept_as_it_is_or_refused(value):
    ok = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    try:
        kept = normalize_asset_tags({"k": value})
    except InvalidTagError:
        assert len(value) > 63 or not set(value) <= ok
        return
    assert kept == {"k": value}
    assert len(value) <= 63


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(json_values)
def test_a_stored_value_is_stable_under_normalising(value):
    try:
        stored = normalize_run_tags({"k": value})
    except InvalidTagError:
        assert isinstance(value, str)
        return
    assert normalize_run_tags(stored) == stored
