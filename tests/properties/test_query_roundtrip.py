"""Whatever tree there is: its text reads back as the same tree. Whatever text there is: it reads, or says why not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.tags.query import (
    ALL_STEPS,
    Absent,
    All,
    And,
    Comparison,
    Exact,
    Glob,
    Key,
    Not,
    Or,
    Roots,
    Sinks,
    Term,
    Text,
    Traversal,
    parse,
    unparse,
)
from earmark.tags.query.words import escaped
from earmark.values.errors import QueryError
from earmark.values.wire import decode, encode

texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["and", "or", "not", "roots", "2", "a", "tag", "a b", "", "<null>", "-", "+", "a*b", "\\", '"', "Ü"]
    ),
    st.text(alphabet="ab-_./:=*+\\\"',()<>! \n", max_size=6),
)
exacts = st.builds(Exact, texts)
globs = st.lists(texts, min_size=2, max_size=4).map(lambda parts: Glob("*".join(escaped(part) for part in parts)))
words = st.one_of(exacts, globs)
values = st.one_of(words, st.just(Absent()))


def some(of):
    return st.lists(of, min_size=1, max_size=3).map(tuple)


equality = st.sampled_from([Comparison.EQ, Comparison.NE])
ordering = st.sampled_from([Comparison.GT, Comparison.LT, Comparison.GE, Comparison.LE])
moments = st.sampled_from(
    ["-24h", "-1h30m", "now", "2026-11-01", "2026-11", "2026-11-01T09:30", "2026-11-01 09:30:00+01:00"]
)
leaves = st.one_of(
    st.just(All()),
    st.builds(Key, some(words)),
    st.builds(Text, some(words)),
    st.builds(lambda key: Term("tag", key=key), st.one_of(words, st.just(Absent()))),
    st.builds(lambda key, vs, op: Term("tag", vs, op, key), words, some(values), equality),
    st.builds(Term, st.sampled_from(["key", "group", "owner"]), some(values), equality),
    st.builds(lambda moment, op: Term("materialized", (Exact(moment),), op), moments, ordering),
    st.builds(lambda word: Term("status", (Exact(word),)), st.sampled_from(["failed", "stale"])),
)
steps = st.sampled_from([0, 1, 2, 3, 4, 17, ALL_STEPS])


def branches(nodes):
    several = st.lists(nodes, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, nodes),
        st.builds(Roots, nodes),
        st.builds(Sinks, nodes),
        st.tuples(nodes, steps, steps).filter(lambda t: t[1] or t[2]).map(lambda t: Traversal(*t)),
    )


trees = st.recursive(leaves, branches, max_leaves=12)


@given(trees)
def test_a_printed_tree_reads_back_as_itself(tree):
    assert parse(unparse(tree)) == tree


def without_keys(tree):
    return "Key(" not in repr(tree)


@given(trees.filter(without_keys))
def test_a_tree_printed_for_a_filter_bar_reads_back_as_itself(tree):
    assert parse(unparse(tree, "text"), bare="text") == tree


@given(trees)
def test_a_tree_crosses_the_wire(tree):
    assert decode(encode(tree), type(tree)) == tree


fragments = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "a",
                "tag:",
                "k",
                "=",
                "!=",
                "v",
                ",",
                " ",
                "+",
                "2+",
                "*",
                "(",
                ")",
                "and",
                "or",
                "not",
                "-",
                '"',
                "roots(",
                ":",
                ">",
                "status:failed",
                "<null>",
                "\\",
                "materialized:>-1h",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize("bare", ["key", "text"])
@pytest.mark.parametrize("thing", ["asset", "run"])
@given(text=fragments)
def test_any_text_reads_or_says_where_it_does_not(thing, bare, text):
    try:
        tree = parse(text, thing, bare)
    except QueryError as error:
        assert 0 <= error.facts["position"] <= len(text)
        assert "^" in str(error)
        return
    if bare == "key" and thing == "run" and "Traversal" in repr(tree):
        raise AssertionError("Runs have no graph.")
    assert parse(unparse(tree, bare), thing, bare) == tree
