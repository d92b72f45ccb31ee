"""Sets, predicates and a naive reading of the rules agree, whatever the query and whatever the things."""

from __future__ import annotations

import fnmatch
import re

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
    needs_graph,
)
from earmark.tags.query.evaluate import Facts, evaluate_set, predicate
from earmark.tags.query.index import InvertedIndex
from earmark.tags.query.words import escaped, glob_matcher
from earmark.values.clock import Micros

DAY = 86_400_000_000
NOW = Micros(20_000 * DAY)

keys = st.sampled_from(["team", "tier", "pii", "te", "dagster/kind/dbt", ".dagster/x"])
tag_values = st.sampled_from(["", "ml", "core", "gold", "m"])
names = st.sampled_from(["a", "b", "raw_a", "raw_b", "daily/a"])
groups = st.sampled_from(["core", "raw", "Core"])


@st.composite
def things(draw):
    amounts = draw(st.dictionaries(st.just("materialized"), st.integers(0, 4).map(lambda ago: float(NOW - ago * DAY))))
    values = {"key": [draw(names)], "group": draw(st.lists(groups, max_size=2, unique=True))}
    return Facts(draw(st.dictionaries(keys, tag_values, max_size=4)), values, amounts)


globs = st.sampled_from(["*", "m*", "*e", "te*", "*o*e*", "raw_*", "", "a*a"]).map(Glob)


def words_of(exact):
    return st.one_of(exact.map(Exact), globs)


def some(of):
    return st.lists(of, min_size=1, max_size=3).map(tuple)


null = st.just(Absent())
equality = st.sampled_from([Comparison.EQ, Comparison.NE])
ordering = st.sampled_from([Comparison.GT, Comparison.LT, Comparison.GE, Comparison.LE])
leaves = st.one_of(
    st.just(All()),
    st.builds(Key, some(words_of(names))),
    st.builds(
        Text,
        some(st.sampled_from(["ML", "raw", "team=m", "o*e", "x"]).map(lambda t: Glob(t) if "*" in t else Exact(t))),
    ),
    st.builds(lambda key: Term("tag", key=key), st.one_of(words_of(keys), null)),
    st.builds(
        lambda key, vs, op: Term("tag", vs, op, key),
        words_of(keys),
        some(st.one_of(words_of(tag_values), null)),
        equality,
    ),
    st.builds(Term, st.just("group"), some(st.one_of(words_of(groups), null)), equality),
    st.builds(lambda op, ago: Term("materialized", (Exact(f"-{ago}d"),), op), ordering, st.integers(0, 4)),
    st.just(Term("materialized", (Absent(),))),
)
steps = st.sampled_from([0, 1, 2, ALL_STEPS])


def branches(nodes):
    several = st.lists(nodes, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, nodes),
        st.builds(Roots, nodes),
        st.builds(Sinks, nodes),
        st.tuples(nodes, steps, steps).filter(lambda t: t[1] or t[2]).map(lambda t: Traversal(*t)),
    )


queries = st.recursive(leaves, branches, max_leaves=8)


class LineGraph:
    """Things 0, 1, 2, ... in a line: each depends on the one before it, and on the third before it."""

    def __init__(self, size):
        self.parents = {n: {m for m in (n - 1, n - 3) if m >= 0} for n in range(size)}
        self.offspring = {n: {m for m in range(size) if n in self.parents[m]} for n in range(size)}

    def upstream(self, start, depth):
        return self._reach(start, depth, self.parents)

    def downstream(self, start, depth):
        return self._reach(start, depth, self.offspring)

    def _reach(self, start, depth, edges):
        found, edge = set(start), set(start)
        while edge and depth != 0:
            edge = {m for n in edge for m in edges[n]} - found
            found |= edge
            depth = None if depth is None else depth - 1
        return found

    def roots(self, among):
        return {n for n in among if not self.parents[n] & among}

    def sinks(self, among):
        return {n for n in among if not self.offspring[n] & among}


def fits(word, value):
    """Say by regular expression whether a word means a value."""
    if isinstance(word, Absent):
        return False
    if isinstance(word, Exact):
        return word.text == value
    return re.fullmatch(fnmatch.translate(word.pattern), value) is not None


def oracle(node, thing):
    """Read the rules of the language word by word, for one thing."""
    match node:
        case All():
            return True
        case Not(inner):
            return not oracle(inner, thing)
        case And(parts):
            return all(oracle(part, thing) for part in parts)
        case Or(parts):
            return any(oracle(part, thing) for part in parts)
        case Key(words):
            return any(fits(word, name) for word in words for name in thing.values["key"])
        case Text(words):
            texts = [*thing.values["key"], *thing.values["group"]]
            texts += [f"{k}={v}" for k, v in thing.tags.items() if not k.startswith(".dagster/")]
            return any(_occurs(word, text) for word in words for text in texts)
        case Term(comparison=Comparison.NE):
            return not oracle(Term(node.field, node.values, key=node.key), thing)
        case Term(key=Absent()):
            return not [k for k in thing.tags if not k.startswith(("dagster/", ".dagster/"))]
        case Term(field="tag"):
            found = {k: v for k, v in thing.tags.items() if fits(node.key, k)}
            if isinstance(node.key, Glob):
                found = {k: v for k, v in found.items() if not k.startswith(("dagster/", ".dagster/"))}
            if not node.values:
                return bool(found)
            return any(fits(w, v) for w in node.values for v in found.values()) or (
                Absent() in node.values and not found
            )
        case Term(field="group"):
            groups = thing.values["group"]
            return any(fits(w, v) for w in node.values for v in groups) or (Absent() in node.values and not groups)
        case Term(field="materialized"):
            moment = thing.amounts.get("materialized")
            if node.values == (Absent(),):
                return moment is None
            if moment is None:
                return False
            bound = NOW - int(node.values[0].text[1:-1]) * DAY
            return {">": moment > bound, "<": moment < bound, ">=": moment >= bound, "<=": moment <= bound}[
                node.comparison
            ]
    raise AssertionError(node)


def _occurs(word, text):
    if isinstance(word, Exact):
        return word.text.casefold() in text.casefold()
    return re.search(fnmatch.translate(f"*{word.pattern}*".casefold()), text.casefold()) is not None


def oracle_set(node, facts, graph):
    everything = set(range(len(facts)))
    match node:
        case Not(inner):
            return everything - oracle_set(inner, facts, graph)
        case And(parts):
            return everything.intersection(*(oracle_set(part, facts, graph) for part in parts))
        case Or(parts):
            return set().union(*(oracle_set(part, facts, graph) for part in parts))
        case Roots(child):
            return graph.roots(oracle_set(child, facts, graph))
        case Sinks(child):
            return graph.sinks(oracle_set(child, facts, graph))
        case Traversal(child, up, down):
            start = oracle_set(child, facts, graph)
            above = graph.upstream(start, None if up == ALL_STEPS else up)
            below = graph.downstream(start, None if down == ALL_STEPS else down)
            return start | above | below
        case _:
            return {n for n, thing in enumerate(facts) if oracle(node, thing)}


@given(queries, st.lists(things(), max_size=8))
def test_sets_and_predicates_agree_with_the_rules(query, facts):
    index = InvertedIndex("asset")
    for number, thing in enumerate(facts):
        index.add_thing(number, thing)
    graph = LineGraph(len(facts))
    expected = oracle_set(query, facts, graph)
    assert set(evaluate_set(query, index, graph, NOW)) == expected
    assert index.all() == set(range(len(facts))), "evaluation must not change the index"
    if not needs_graph(query):
        means = predicate(query, "asset", NOW)
        assert {n for n, thing in enumerate(facts) if means(thing)} == expected


@given(st.text(alphabet="ab*\\", max_size=6), st.text(alphabet="ab*\\", max_size=6))
def test_a_glob_agrees_with_a_regular_expression(pattern_text, text):
    parts = pattern_text.split("*")
    pattern = "*".join(escaped(part) for part in parts)
    expected = re.fullmatch(".*".join(re.escape(part) for part in parts), text, re.DOTALL) is not None
    assert glob_matcher(pattern)(text) == expected


def test_a_pattern_with_many_stars_is_not_slow():
    assert not glob_matcher("*a" * 60 + "b")("a" * 20_000)
