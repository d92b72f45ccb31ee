"""Slots of pools: who gets them, and that no pool holds more than its limit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from earmark.decide.pools import Claimed, PoolClaim, grant_slots
from earmark.runs.limits import PoolLimits
from earmark.values.clock import Micros


def claim(run: str, step: str = "s", pool: str = "db") -> PoolClaim:
    return PoolClaim(pool, run, step)


def test_higher_priority_goes_first_then_who_asked_first():
    waiting = [
        Claimed(claim("late"), 0, Micros(9)),
        Claimed(claim("early"), 0, Micros(1)),
        Claimed(claim("urgent"), 5, Micros(99)),
    ]
    assert [one.run_id for one in grant_slots(PoolLimits(limits={"db": 2}), [], waiting)] == ["urgent", "early"]


def test_a_full_pool_holds_back_no_other():
    waiting = [Claimed(claim("a")), Claimed(claim("b", pool="api"))]
    assert grant_slots(PoolLimits(default=1), [claim("x")], waiting) == [claim("b", pool="api")]


def test_an_unknown_pool_has_the_default_limit_and_without_one_any_number():
    waiting = [Claimed(claim(str(number))) for number in range(5)]
    assert len(grant_slots(PoolLimits(default=3), [], waiting)) == 3
    assert len(grant_slots(PoolLimits(), [], waiting)) == 5
    assert grant_slots(PoolLimits(limits={"db": 0}), [], waiting) == []


def test_a_lowered_limit_takes_nothing_back_and_grants_nothing():
    holding = [claim("a"), claim("b")]
    assert grant_slots(PoolLimits(default=1), holding, [Claimed(claim("c"))]) == []


def test_where_runs_count_once_further_steps_of_a_run_pass():
    limits = PoolLimits(default=1, by_run=True)
    waiting = [Claimed(claim("a", "second")), Claimed(claim("b"))]
    assert grant_slots(limits, [claim("a", "first")], waiting) == [claim("a", "second")]


claims = st.builds(PoolClaim, st.sampled_from(["db", "api"]), st.sampled_from("abcd"), st.sampled_from("xyz"))


@given(st.sets(claims), st.sets(claims), st.integers(0, 4), st.booleans())
def test_no_pool_is_ever_overfilled_and_none_is_left_with_a_free_slot_and_a_claim(held, asking, limit, by_run):
    limits = PoolLimits(default=limit, by_run=by_run)
    waiting = asking - held
    granted = set(grant_slots(limits, held, [Claimed(one) for one in waiting]))
    for pool in ("db", "api"):

        def units(some, pool=pool):
            return {one.run_id if by_run else one for one in some if one.pool == pool}

        before, after = units(held), units(held | granted)
        assert len(after) <= max(limit, len(before))
        left = units(waiting - granted)
        assert not left or len(after) >= limit
        assert not (by_run and left & after)
