"""Op selections: which steps of a job a query means."""

from __future__ import annotations

import pytest

from earmark.define.ops.graph import graph
from earmark.define.ops.job_decorator import job
from earmark.define.ops.op import op
from earmark.graph.ops import select_steps
from earmark.values.errors import DagsterInvalidSubsetError, QueryError


@op
def a():
    return 1


@op(tags={"team": "ml"}, pool="db")
def b(x):
    return x


@op(tags={"dagster/compute_kind": "sql"})
def c(x):
    return x


@op
def d(x):
    return x


@op
def side():
    return 0


@graph
def g(x):
    return c(b(x))


@job
def flat():
    d(c(b(a())))
    side()


@job
def nested():
    d(g(a()))
    side()


def steps(of, *queries) -> str:
    return " ".join(select_steps(list(queries), of.plan()))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", "a b c d side"),
        ("a", "a"),
        ("a+", "a b"),
        ("a++", "a b c"),
        ("a*", "a b c d"),
        ("*c", "a b c"),
        ("+c", "b c"),
        ("++c", "a b c"),
        ("*c+", "a b c d"),
        ("+a", "a"),
        ("tag:team=ml", "b"),
        ("pool:db or kind:sql", "b c"),
        ("name:s*", "side"),
        ("roots(*)", "a side"),
        ("sinks(*) -side", "d"),
        ("not tag:team and not side", "a c d"),
    ],
)
def test_a_query_means_these_ops(query, expected):
    assert sorted(steps(flat, query).split()) == sorted(expected.split())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("g", "g.b g.c"),
        ("g+", "g.b g.c d"),
        ("*g", "a g.b g.c"),
        ("a+", "a g.b g.c"),
        ("+d", "g.b g.c d"),
        ("a*", "a g.b g.c d"),
        ("g.b", "g.b"),
        ("g.b+", "g.b g.c"),
        ("+g.b", "a g.b"),
        ("key:g.*", "g.b g.c"),
    ],
)
def test_a_graph_beside_an_op_is_one_step_away_with_all_that_is_in_it(query, expected):
    assert sorted(steps(nested, query).split()) == sorted(expected.split())


def test_several_queries_mean_what_one_of_them_means_in_the_order_of_the_plan():
    assert steps(flat, "side", "a").split() == [step.key for step in flat.plan().steps if step.key in ("a", "side")]


def test_no_query_means_every_op():
    assert len(select_steps([], flat.plan())) == 5


def test_an_unknown_op_is_refused_with_what_is_near():
    with pytest.raises(DagsterInvalidSubsetError, match=r"has no op 'sides'.*Did you mean 'side'"):
        steps(flat, "a", "sides")


def test_a_query_that_means_nothing_is_refused():
    with pytest.raises(DagsterInvalidSubsetError, match="means no op"):
        steps(flat, "tag:team=nobody")
    with pytest.raises(QueryError):
        steps(flat, "a and")


def test_a_job_narrowed_to_some_ops_plans_those_alone():
    assert [step.key for step in flat.for_op_selection(["a+"]).plan().steps] == ["a", "b"]
