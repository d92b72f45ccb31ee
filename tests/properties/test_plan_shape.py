"""Plans of any job: in order, data, and linear in size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from earmark import AssetSpec, Definitions, asset, asset_check, define_asset_job, graph, op
from earmark.plan.plan import Plan
from earmark.plan.resume import steps_from_failure
from earmark.plan.step import upstream_steps
from earmark.values import wire


@op
def combine(values: list): ...


@op
def start(): ...


@st.composite
def graphs(draw):
    """A graph of ops, some of them inside graphs, each taking any of those before it."""
    wiring = draw(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 30), max_size=3)), min_size=1, max_size=12))

    @graph
    def inner(values: list):
        return combine([combine(values)])

    @graph(name="outer")
    def outer():
        made = [start()]
        for nested, ups in wiring:
            taken = [made[up % len(made)] for up in ups] or [made[0]]
            made.append(inner(combine(taken)) if nested else combine(taken))

    return outer.to_job()


@st.composite
def asset_jobs(draw):
    count = draw(st.integers(1, 8))
    assets, checks, blocked = [], [], {}
    for number in range(count):
        ups = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        assets.append(asset(name=f"a{number}", deps=[f"a{up}" for up in ups])(lambda: None))
        if draw(st.booleans()):
            blocking = draw(st.booleans())
            checks.append(asset_check(asset=f"a{number}", name="ok", blocking=blocking)(lambda: True))
            blocked[f"a{number}"] = blocking
    selected = draw(st.sets(st.integers(0, count - 1), min_size=1))
    keys = [f"a{number}" for number in sorted(selected)]
    job = define_asset_job("j", selection=keys)
    return Definitions(assets, asset_checks=checks, jobs=[job]).resolve_job_def("j"), blocked


def in_order(plan: Plan) -> bool:
    seen: set[str] = set()
    for step in plan.steps:
        if any(up in plan.by_key and up not in seen for up in upstream_steps(step)):
            return False
        seen.add(step.key)
    return len(seen) == len(plan.steps)


@given(graphs())
def test_steps_of_ops_stand_after_all_they_wait_for_and_come_back_from_the_wire(job) -> None:
    plan = job.plan()
    assert in_order(plan)
    back = wire.decode(wire.encode(plan), Plan)
    assert back == plan
    assert back.content_hash() == plan.content_hash()


@given(asset_jobs())
def test_steps_of_assets_stand_after_all_they_wait_for_and_blocking_checks_gate(made) -> None:
    job, blocked = made
    plan = job.plan()
    assert in_order(plan)
    assert wire.decode(wire.encode(plan), Plan) == plan
    for step in plan.steps:
        for up in upstream_steps(step):
            if up in blocked and plan.by_key.get(f"{up}_ok") and step.assets:
                assert (f"{up}_ok" in upstream_steps(step)) is blocked[up]


@given(graphs(), st.randoms(use_true_random=False))
def test_what_is_left_after_a_failure_is_closed_downwards(job, chance) -> None:
    plan = job.plan()
    ended: set[str] = set()
    for step in plan.steps:
        if set(upstream_steps(step)) <= ended and chance.random() < 0.7:
            ended.add(step.key)
    left = steps_from_failure(plan, ended)
    assert set(left) == set(plan.by_key) - ended
    assert in_order(plan.only(left))
    for step in plan.steps:
        if any(up in left for up in upstream_steps(step)):
            assert step.key in left


def test_a_chain_of_twenty_thousand_assets_is_planned_without_recursion() -> None:
    count = 20_000

    def nothing() -> None: ...

    assets = [asset(name=f"a{number}", deps=[f"a{number - 1}"] if number else [])(nothing) for number in range(count)]
    plan = Definitions([*assets, AssetSpec("beside")], jobs=[define_asset_job("all")]).resolve_job_def("all").plan()
    assert [step.key for step in plan.steps] == [f"a{number}" for number in range(count)]
