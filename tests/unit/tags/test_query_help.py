"""Completion at the cursor, and suggestions for words that nothing has."""

from __future__ import annotations

import pytest

from earmark.tags.query import parse
from earmark.tags.query.complete import complete
from earmark.tags.query.suggest import Vocabulary, unknown_words

KNOWN = Vocabulary(
    values={"key": {"orders": 1, "daily/report": 1}, "group": {"core": 5, "raw": 2}, "owner": {"team:data": 1}},
    tags={
        "domain": {"marketing": 12, "sales": 3},
        "team": {"ml": 4, "": 1},
        "dagster/kind/dbt": {"": 2},
        ".dagster/x": {"1": 1},
        "odd key": {"a b": 1},
    },
)


def offered(text, thing="asset", **options):
    """Complete at the ``|``."""
    cursor = text.index("|")
    return complete(text.replace("|", ""), cursor, KNOWN, thing, **options)


def texts(text, thing="asset", **options):
    return [found.text for found in offered(text, thing, **options)]


def test_typing_a_value_offers_the_tag_that_has_it():
    assert texts("mark|") == ["tag:domain=marketing"]
    assert texts("sal|")[0] == "tag:domain=sales"


def test_a_term_begins_with_fields_which_come_first():
    assert "tag:" in texts("|")
    assert texts("t|")[0] == "tag:"
    assert "status:" in texts("tag:domain and st|")


def test_operators_are_offered_only_where_they_may_stand():
    assert {"and", "or", "not"} <= set(texts("tag:domain |", limit=50))
    assert "and" not in texts("|", limit=50)
    assert "and" not in texts("tag:domain and |", limit=50)
    assert "not" in texts("tag:domain and |", limit=50)


def test_functions_are_offered_where_there_is_a_graph():
    assert "roots(" in texts("ro|")
    assert "roots(" not in texts("ro|", "run")


def test_keys_come_most_used_first_and_system_keys_last():
    assert texts("tag:|") == ["domain", "team", '"odd key"', "dagster/kind/dbt", "<null>"]
    assert texts("tag:te|") == ["team", "dagster/kind/dbt"]


def test_after_a_whole_key_its_values_follow():
    assert texts("tag:team|") == ["team", "team=ml", 'team=""']


def test_values_of_a_key_come_with_counts():
    found = offered("tag:domain=|")
    assert [(one.text, one.count) for one in found] == [("marketing", 12), ("sales", 3), ("<null>", None)]
    assert texts("tag:domain!=s|") == ["sales"]
    assert texts("tag:domain=marketing,s|") == ["sales"]
    assert texts('tag:"odd key"=|')[0] == '"a b"'


def test_values_of_a_field_are_offered():
    assert texts("group:|") == ["core", "raw", "<null>"]
    assert texts("-group:r|") == ["raw", "core"]
    assert texts("(group:core,ra|") == ["raw"]
    assert texts("status:fa|", "run") == ["failed"]
    assert texts("created:|", "run")[0].startswith(">-")
    assert "-1h" in texts("created:>|", "run")


def test_the_word_at_the_cursor_is_replaced_as_a_whole():
    (found,) = offered("tag:domain=mar|ket and group:core")
    text = "tag:domain=market and group:core"
    assert text[: found.start] + found.text + text[found.end :] == "tag:domain=marketing and group:core"


def test_an_open_quote_is_completed_too():
    (found,) = offered('tag:domain="mar|')
    assert (found.text, found.start) == ("marketing", 11)


def test_names_are_bare_words_in_a_selection():
    assert texts("ord|", bare="key") == ["orders"]
    assert texts("ord|", bare="text") == ["key:orders"]


@pytest.mark.parametrize("text", ["tag:a = |", "(a)|", "a+|", "tga:x|", "'|"])
def test_where_nothing_can_stand_nothing_is_offered(text):
    assert texts(text) == []


@pytest.mark.parametrize(
    "text", ["tag:do|", "mark|", "group:|", "tag:domain=|", "tag:team|", "owner:te|", 'tag:"odd key"=|']
)
def test_every_offer_of_a_value_makes_a_query_that_reads(text):
    bare = text.replace("|", "")
    for found in offered(text):
        if found.kind in ("key", "value", "tag", "name"):
            parse(bare[: found.start] + found.text + bare[found.end :], bare="text")


def near(query, thing="asset"):
    return [(found.word, found.near) for found in unknown_words(parse(query, thing), KNOWN, thing)]


def test_unknown_keys_values_groups_and_assets_are_told_with_what_is_near():
    assert near("tag:domian=sales") == [("domian", ("domain",))]
    assert near("tag:domain=marketting") == [("marketting", ("marketing",))]
    assert near("group:cor") == [("cor", ("core",))]
    assert near("ordres+ or not tag:team=mll") == [("ordres", ("orders",)), ("mll", ("ml",))]
    assert near("owner:nobody") == [("nobody", ())]


def test_known_words_and_patterns_are_not_told():
    assert near("tag:domain=sales or group:x* or tag:z* or status:failed or orders") == []


def test_fields_the_vocabulary_knows_nothing_of_are_left_alone():
    assert near("code_location:x") == []


def test_the_message_is_a_sentence():
    (found,) = unknown_words(parse("tag:domain=marketting"), KNOWN, "asset")
    assert found.message == "No asset has the tag domain with the value 'marketting'. Did you mean 'marketing'?"
