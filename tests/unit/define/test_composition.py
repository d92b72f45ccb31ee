"""Wiring ops and graphs into jobs: names, aliases, lists, order without values, and what makes no sense."""

import pytest

from earmark import (
    DagsterInvalidDefinitionError,
    DagsterInvalidSubsetError,
    DagsterInvariantViolationError,
    DynamicOut,
    DynamicOutput,
    GraphOut,
    In,
    Nothing,
    Out,
    RetryPolicy,
    graph,
    job,
    op,
)


@op(tags={"a": "1"})
def one():
    return 1


@op
def add(a, b):
    return a + b


@op
def many(xs):
    return xs


def ran(made, **kwargs):
    return [event.step_key for event in made.execute_in_process(**kwargs).get_step_success_events()]


def test_nodes_of_one_op_are_numbered_and_aliases_are_kept():
    @job
    def j():
        many([one(), one(), one.alias("z")()])

    assert ran(j) == ["one", "one_2", "z", "many"]


def test_steps_are_named_by_the_graphs_around_them():
    @graph
    def inner(x):
        return add(x, one())

    @graph
    def outer():
        return inner(inner(one()))

    assert ran(outer.to_job()) == ["one", "inner.one", "inner_2.one", "inner.add", "inner_2.add"]


def test_tags_of_a_place_come_over_those_of_the_op():
    @job
    def j():
        one.tag({"a": "2", "b": "3"})()
        one.alias("plain")()

    tags = {step.key: step.tags for step in j.plan().steps}
    assert tags == {"one": {"a": "2", "b": "3"}, "plain": {"a": "1"}}


def test_tags_and_retries_of_a_nested_graph_reach_its_ops():
    @op
    def leaf(): ...

    @graph
    def inner():
        leaf()

    @job
    def j():
        inner.tag({"dagster/priority": "4"}).with_retry_policy(RetryPolicy(max_retries=2))()

    (step,) = j.plan().steps
    assert (step.tags["dagster/priority"], step.priority, step.retry_policy.max_retries) == ("4", 4, 2)


@pytest.mark.parametrize(
    "wire", [lambda after: after(one()), lambda after: after([one(), one()]), lambda after: after(start=one())]
)
def test_an_input_of_nothing_only_orders(wire):
    @op(ins={"start": In(Nothing)})
    def after():
        return "ran"

    @job
    def j():
        wire(after)

    result = j.execute_in_process()
    assert result.output_for_node("after") == "ran"
    assert result.get_step_success_events()[-1].step_key == "after"


def test_outputs_of_several_are_taken_by_name_or_place():
    @op(out={"x": Out(), "y": Out()})
    def two():
        return 1, 2

    @job
    def j():
        made = two()
        add(made.x, made.y)
        first, second = two.alias("again")()
        add.alias("sum")(first, second)

    result = j.execute_in_process()
    assert (result.output_for_node("add"), result.output_for_node("sum")) == (3, 3)


def test_a_graph_gives_its_outputs_by_name():
    @graph(out={"x": GraphOut(), "y": GraphOut()})
    def both():
        return {"x": one(), "y": add(one(), one())}

    result = both.to_job().execute_in_process()
    assert (result.output_value("x"), result.output_value("y")) == (1, 2)
    with pytest.raises(DagsterInvariantViolationError, match="Could not find top-level output 'zz' in 'both'"):
        result.output_value("zz")


def test_two_nodes_cannot_share_an_alias():
    with pytest.raises(DagsterInvalidDefinitionError, match="'q'"):

        @job
        def dup():
            one.alias("q")()
            one.alias("q")()


def test_a_graph_returns_outputs_of_its_nodes_and_nothing_else():
    with pytest.raises(DagsterInvalidDefinitionError, match="returns 5"):

        @graph
        def wrong():
            return 5


def test_a_dynamic_output_is_mapped_or_collected_never_taken_as_it_is():
    @op(out=DynamicOut())
    def dyn():
        yield DynamicOutput(1, "a")

    with pytest.raises(DagsterInvalidDefinitionError, match="map"):

        @job
        def direct():
            many(dyn())


def test_elements_of_two_dynamic_outputs_cannot_meet_in_one_step():
    @op(out=DynamicOut())
    def dyn():
        yield DynamicOutput(1, "a")

    @job
    def crossed():
        left = dyn.alias("left")()
        right = dyn.alias("right")()
        left.map(lambda a: right.map(lambda b: add(a, b)))

    with pytest.raises(DagsterInvalidDefinitionError, match="more than one dynamic output"):
        crossed.plan()


@op
def a():
    return 1


@op
def b(x):
    return x


@op
def c(x):
    return x


@op
def side():
    return 0


@job
def flat():
    c(b(a()))
    side()


@pytest.mark.parametrize(
    ("selection", "steps"),
    [
        (["*"], ["a", "side", "b", "c"]),
        (["a"], ["a"]),
        (["a+"], ["a", "b"]),
        (["a++"], ["a", "b", "c"]),
        (["a*"], ["a", "b", "c"]),
        (["*c"], ["a", "b", "c"]),
        (["++c"], ["a", "b", "c"]),
        (["+b", "side"], ["a", "side", "b"]),
    ],
)
def test_ops_are_selected_by_queries(selection, steps):
    assert ran(flat, op_selection=selection) == steps


def test_a_selected_op_without_its_upstream_reads_its_input_from_configuration():
    config = {"ops": {"b": {"inputs": {"x": {"value": 5}}}}}
    assert flat.execute_in_process(op_selection=["b"], run_config=config).output_for_node("b") == 5


def test_an_op_that_the_job_does_not_have_is_named():
    with pytest.raises(DagsterInvalidSubsetError, match="nope"):
        flat.execute_in_process(op_selection=["nope"])


def test_labels_of_a_graph_are_under_those_of_its_job():
    @graph(tags={"g": "graph", "both": "graph"})
    def gr():
        one()

    made = gr.to_job(name="jj", tags={"both": "job", "t": "x"})
    expected = {"g": "graph", "both": "job", "t": "x"}
    assert (made.tags, made.run_tags, made.execute_in_process().dagster_run.tags) == (expected, expected, expected)


def test_run_tags_replace_labels_on_runs_even_when_empty():
    @job(tags={"lab": "t"}, run_tags={})
    def j():
        one()

    assert j.tags == {"lab": "t"}
    assert j.execute_in_process(tags={"r": 1}).dagster_run.tags == {"r": "1"}
