"""Facets counted by columns say what counting thing by thing says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from earmark.tags.query.evaluate import Facts
from earmark.views.columns import Columns
from earmark.views.listing import count_facet, worthy_tags

words = st.sampled_from(["a", "b", "c"])
things = st.builds(
    Facts,
    st.dictionaries(st.sampled_from(["team", "tier", "dagster/priority"]), words),
    st.fixed_dictionaries({"owner": st.lists(words, max_size=2, unique=True).map(tuple), "group": st.tuples(words)}),
)


@given(st.lists(things, max_size=12), st.data())
def test_facets_by_columns_are_those_of_counting_each_thing(facts, data):
    positions = sorted(data.draw(st.sets(st.integers(0, len(facts) - 1)) if facts else st.just(set())))
    columns, some = Columns(facts), [facts[at] for at in positions]
    for field in ("tag:team", "tag:tier", "tag:none", "owner", "group", "kind"):
        assert columns.facet(field, positions, 2) == count_facet(field, some, 2)
    assert columns.worthy_tags(positions) == worthy_tags(one.tags for one in some)
