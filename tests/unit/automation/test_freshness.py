"""How fresh an asset is, and when that changes by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import earmark as em
from earmark.decide.freshness import FreshnessState, freshness_state, next_change
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidDefinitionError

HOUR = 3_600_000_000
WINDOW = em.FreshnessPolicy.time_window(timedelta(hours=2), timedelta(hours=1))
MIDNIGHT = em.FreshnessPolicy.cron("0 0 * * *", timedelta(hours=3))


def test_an_asset_is_fresh_until_it_warns_and_fails() -> None:
    found = [freshness_state(WINDOW, Micros(0), Micros(hours * HOUR)) for hours in (0, 1, 2)]
    assert found == [FreshnessState.PASS, FreshnessState.WARN, FreshnessState.FAIL]
    assert freshness_state(WINDOW, None, Micros(0)) is FreshnessState.UNKNOWN
    assert freshness_state(None, Micros(0), Micros(0)) is FreshnessState.NOT_APPLICABLE


def test_a_deadline_asks_for_an_update_within_its_window_or_later() -> None:
    noon = Micros(36 * HOUR)
    for hour, state in ((20, "FAIL"), (21, "PASS"), (24, "PASS"), (30, "PASS")):
        assert freshness_state(MIDNIGHT, Micros(hour * HOUR), noon) == state


@given(st.integers(0, 10), st.integers(0, 10), st.sampled_from([WINDOW, MIDNIGHT]))
def test_nothing_changes_before_the_next_change(written, later, policy) -> None:
    at, now = Micros(written * HOUR + 7), Micros((written + later) * HOUR + 11)
    change = next_change(policy, at, now)
    if change is None:
        assert freshness_state(policy, at, now) is FreshnessState.FAIL
        return
    assert change > now
    assert freshness_state(policy, at, Micros(change - 1)) is freshness_state(policy, at, now)


def test_a_policy_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(DagsterInvalidDefinitionError):
        em.FreshnessPolicy.cron("every day", timedelta(hours=3))
    with pytest.raises(DagsterInvalidDefinitionError, match="at least 60 seconds"):
        em.FreshnessPolicy.cron("0 0 * * *", timedelta(seconds=3))


def test_a_policy_that_stands_is_kept_if_asked() -> None:
    spec = em.apply_freshness_policy(em.AssetSpec("orders"), WINDOW)
    assert em.apply_freshness_policy(spec, MIDNIGHT, overwrite_existing=False).freshness_policy == WINDOW
    assert em.apply_freshness_policy(spec, MIDNIGHT).freshness_policy == MIDNIGHT
