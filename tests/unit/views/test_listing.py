"""What all lists share: queries without some terms, pages, orders."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.tags.query import parse, unparse
from earmark.views.faults import BadRequestError
from earmark.views.layering import layers, places
from earmark.views.listing import cut, is_about, ordered, read_cursor, read_sort, text_of, without, write_cursor
from earmark.views.partitions import spans_of
from earmark.views.queries import _characters, _units


@pytest.mark.parametrize(
    ("query", "field", "left"),
    [
        ("group:raw tag:team=ml", "group", "tag:team=ml"),
        ("group:raw tag:team=ml", "tag:team", "group:raw"),
        ("-tag:team=ml group:raw", "tag:team", "group:raw"),
        ("tag:team=ml or group:raw", "tag:team", ""),
        ("group:raw", "kind", "group:raw"),
    ],
)
def test_a_facet_counts_without_the_terms_about_itself(query, field, left):
    assert text_of(without(parse(query, "asset", bare="text"), lambda term: is_about(term, field))) == left


def test_what_is_left_of_a_query_can_be_read_again():
    node = without(parse("group:a (tag:x=1 or kind:dbt) -owner:b", "asset"), lambda term: is_about(term, "owner"))
    assert parse(unparse(node), "asset") == node


@given(st.integers(0, 1 << 39))
def test_a_cursor_gives_back_what_was_written(offset):
    assert read_cursor(write_cursor(offset)) == offset


@given(st.text(max_size=30))
def test_a_cursor_of_somebody_elses_making_is_refused_or_a_place(text):
    try:
        assert read_cursor(text) >= 0
    except BadRequestError as error:
        assert "no cursor" in error.message


@given(st.lists(st.integers(), max_size=60), st.integers(1, 9))
def test_pages_together_are_the_whole_list(things, limit):
    seen, cursor = [], None
    while True:
        page = cut(things, cursor, limit, list)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == things


def test_what_has_no_value_stands_last_in_either_direction():
    things = [3, None, 1]
    assert ordered(things, lambda one: one, False) == [1, 3, None]
    assert ordered(things, lambda one: one, True) == [3, 1, None]


def test_an_order_that_there_is_not_names_those_there_are():
    with pytest.raises(BadRequestError, match="Did you mean 'status'") as caught:
        read_sort("-statsu", ("key", "status"), "key")
    assert caught.value.facts["fields"] == ["key", "status"]


@given(st.lists(st.sampled_from(["materialized", "failed", "missing"]), max_size=40))
def test_spans_cover_all_partitions_and_neighbours_differ(statuses):
    spans = spans_of([str(at) for at in range(len(statuses))], statuses)
    assert [span.status for span in spans for _ in range(span.from_, span.to)] == statuses
    assert all(one.status != other.status for one, other in pairwise(spans))


@given(st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 12), max_size=4), max_size=12))
def test_everything_is_laid_out_right_of_what_it_depends_on(raw):
    above = {key: [one for one in ups if one < key and one in raw] for key, ups in raw.items()}
    ranks = layers(above)
    order = places(above, ranks)
    assert all(ranks[up] < ranks[key] for key, ups in above.items() for up in ups)
    assert len({(ranks[key], order[key]) for key in above}) == len(above)


@given(st.text(max_size=20), st.integers(0, 20))
def test_offsets_survive_the_way_to_a_browser_and_back(text, at):
    at = min(at, len(text))
    assert _characters(text, _units(text, at)) == at
