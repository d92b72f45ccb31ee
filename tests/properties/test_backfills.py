"""Backfills: whatever fails, crashes or is paused on the way, each unit is run once and never before what it needs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import earmark as em
from earmark.decide import backfills
from earmark.decide.backfills import BackfillStatus, UnitStatus
from earmark.runs.request import RunTarget, request_run
from earmark.values import wire
from earmark.values.clock import Micros, from_datetime
from earmark.values.errors import DagsterInvariantViolationError, DagsterUnknownPartitionError
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus

NOW = from_datetime(datetime(2026, 11, 20, tzinfo=UTC))
DAYS = em.DailyPartitionsDefinition("2026-11-01")
WEEKS = em.WeeklyPartitionsDefinition("2026-11-01")


def graph_of(*assets):
    return em.Definitions(list(assets)).resolve_asset_graph()


def day(number: int) -> str:
    return f"2026-11-{number:02d}"


@em.asset(partitions_def=DAYS)
def raw(): ...


@em.asset(partitions_def=DAYS, deps=[raw])
def clean(): ...


@em.asset(partitions_def=WEEKS, deps=[clean])
def weekly(): ...


@em.asset(deps=[weekly])
def total(): ...


@em.asset(partitions_def=DAYS, deps=[weekly])
def back_to_days(): ...


@em.asset(partitions_def=DAYS, deps=[raw], backfill_policy=em.BackfillPolicy.multi_run(3))
def batched(): ...


@em.asset(
    partitions_def=DAYS,
    deps=[em.AssetDep("summed", partition_mapping=em.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1))],
)
def summed(): ...


GRAPH = graph_of(raw, clean, weekly, total, back_to_days, batched, summed)


def planned(*assets, keys):
    wanted = backfills.spread(GRAPH, [one.key for one in assets], keys, now=NOW)
    return backfills.plan_assets(GRAPH, wanted, now=NOW)


def test_assets_of_the_same_partitions_run_together_and_others_after_them() -> None:
    plan = planned(raw, clean, weekly, total, keys=[day(n) for n in range(1, 15)])
    assert plan.groups == ((raw.key, clean.key), (weekly.key,), (total.key,))
    first_week = next(unit for unit in plan.units if unit.group == 1)
    assert (first_week.first, first_week.needs) == ("2026-11-01", tuple(range(7)))
    assert plan.units[-1].needs == (14, 15)


def test_an_asset_that_needs_another_group_in_between_runs_apart_from_its_like() -> None:
    plan = planned(raw, clean, weekly, back_to_days, keys=[day(n) for n in range(1, 8)])
    assert plan.groups == ((raw.key, clean.key), (weekly.key,), (back_to_days.key,))


def test_a_policy_cuts_neighbours_into_runs_of_ranges() -> None:
    plan = planned(batched, keys=[day(n) for n in (1, 2, 3, 4, 7, 8)])
    assert [(unit.first, unit.last, unit.size) for unit in plan.units] == [
        (day(1), day(3), 3),
        (day(4), None, 1),
        (day(7), day(8), 2),
    ]
    step = backfills.advance("b", NOW, plan, backfills.begin(plan), {})
    assert [run.ask.partition_range for run in step.runs] == [(day(1), day(3)), None, (day(7), day(8))]
    assert step.runs[1].ask.partition == day(4)


def test_partitions_that_need_their_own_past_run_one_after_the_other() -> None:
    plan = planned(summed, keys=[day(2), day(3), day(4)])
    assert [unit.needs for unit in plan.units] == [(), (0,), (1,)]


def test_a_run_of_a_backfill_has_its_tags_and_comes_after_other_runs() -> None:
    plan = backfills.plan_job("load", DAYS, [day(3)])
    state = backfills.begin(plan, {"team": "ml"})
    (run,) = backfills.advance("b7", NOW, plan, state, {}).runs
    made = request_run(RunTarget(job_name="load"), run.ask, run_id=run.run_id, now=NOW).run
    assert made.priority == -1
    assert made.tags == {
        "team": "ml",
        "dagster/priority": "-1",
        "dagster/partition": day(3),
        "dagster/partition_set": "load_partition_set",
        "dagster/backfill": "b7",
    }
    assert made.tag_origins["team"].kind == "backfill"


def test_a_key_that_is_no_partition_is_refused() -> None:
    with pytest.raises(DagsterUnknownPartitionError):
        backfills.plan_job("load", DAYS, ["yesterday"])
    with pytest.raises(DagsterInvariantViolationError, match="has no partitions"):
        backfills.plan_assets(GRAPH, {total.key: ["x"]}, now=NOW)


def test_what_comes_after_a_failed_unit_is_blocked_and_a_retry_has_another_id() -> None:
    plan = planned(raw, clean, weekly, keys=[day(n) for n in range(1, 8)])
    state = backfills.begin(plan)
    step = backfills.advance("b", NOW, plan, state, {})
    statuses = {run.run_id: DagsterRunStatus.SUCCESS for run in step.runs}
    failed = step.runs[3].run_id
    statuses[failed] = DagsterRunStatus.FAILURE
    step = backfills.advance("b", NOW, plan, step.state, statuses)
    assert step.state.units == "sssfsssx"
    assert step.state.status is BackfillStatus.FAILED
    assert backfills.progress(plan, step.state)[weekly.key] == {"blocked": 1}
    assert backfills.progress(plan, step.state)[raw.key] == {"done": 6, "failed": 1}
    again = backfills.retry_failed(step.state)
    (run,) = backfills.advance("b", NOW, plan, again, statuses).runs
    assert run.run_id != failed
    assert run.parent_run_id == failed


def test_a_canceled_backfill_asks_for_nothing_more_and_ends_with_its_last_run() -> None:
    plan = backfills.plan_job("load", DAYS, [day(n) for n in range(1, 6)])
    state = backfills.begin(plan, in_flight=2)
    step = backfills.advance("b", NOW, plan, state, {})
    ids = [run.run_id for run in step.runs]
    step = backfills.advance("b", NOW, plan, backfills.cancel(step.state), dict.fromkeys(ids, DagsterRunStatus.STARTED))
    assert (step.runs, step.cancel, step.state.units) == ((), tuple(ids), "rrccc")
    ended = {ids[0]: DagsterRunStatus.SUCCESS, ids[1]: DagsterRunStatus.CANCELED}
    step = backfills.advance("b", NOW, plan, step.state, ended)
    assert (step.state.status, step.state.units) == (BackfillStatus.CANCELED, "scccc")


def test_edited_tags_hold_for_the_runs_asked_for_from_then_on() -> None:
    plan = backfills.plan_job("load", DAYS, [day(1), day(2)])
    step = backfills.advance("b", NOW, plan, backfills.begin(plan, {"a": "1"}, in_flight=1), {})
    state = backfills.edit(step.state, {"dagster/priority": "5"}, in_flight=2)
    (run,) = backfills.advance("b", NOW, plan, state, {step.runs[0].run_id: DagsterRunStatus.QUEUED}).runs
    assert run.ask.request_tags == {"dagster/priority": "5"}


deps = st.integers(1, 6).flatmap(
    lambda n: st.tuples(*(st.tuples(st.sets(st.integers(0, max(i - 1, 0))), st.booleans()) for i in range(n)))
)


@given(deps, st.integers(1, 5), st.integers(1, 4), st.randoms(use_true_random=False))
def test_each_unit_is_run_once_and_never_before_what_it_needs(shape, count, bound, chance) -> None:
    made = []
    for number, (parents, is_cut) in enumerate(shape):
        above = [made[one].key for one in sorted(parents) if one < number]
        made.append(em.asset(name=f"a{number}", deps=above, partitions_def=DAYS if is_cut else None)(lambda: None))
    graph = graph_of(*made)
    keys = [day(n) for n in range(1, count + 1)]
    wanted = backfills.spread(graph, [one.key for one in made], keys, now=NOW)
    plan = wire.decode(wire.encode(backfills.plan_assets(graph, wanted, now=NOW)), backfills.BackfillPlan)
    assert sorted(key for group in plan.groups for key in group) == sorted(one.key for one in made)
    assert all(need < number for number, unit in enumerate(plan.units) for need in unit.needs)

    written: dict[AssetKey, set[str | None]] = {one.key: set() for one in made}
    runs: dict[str, DagsterRunStatus] = {}
    state = backfills.begin(plan, in_flight=bound)
    for _ in range(400):
        step = backfills.advance("b", NOW, plan, state, runs)
        for run in step.runs:
            if run.run_id in runs:
                continue
            _assert_upstream_is_written(graph, plan, run, written, keys)
            runs[run.run_id] = DagsterRunStatus.QUEUED
            if chance.random() < 0.1:
                break
        else:
            # Only whoever is not killed between asking and storing remembers the new state.
            state = step.state
        going = [run_id for run_id, status in runs.items() if not status.is_finished]
        assert len(going) <= bound
        for run_id in going:
            if chance.random() < 0.5:
                runs[run_id] = DagsterRunStatus.SUCCESS
                _write(plan, run_id, written)
        if state.status.is_over:
            break
    assert state.status is BackfillStatus.SUCCEEDED
    assert set(state.units) == {UnitStatus.DONE.value}
    assert len(runs) == len(plan.units)


def _unit_of(plan, run_id):
    return next(n for n in range(len(plan.units)) if backfills.run_id_of("b", NOW, n) == run_id)


def _write(plan, run_id, written) -> None:
    unit = plan.units[_unit_of(plan, run_id)]
    for key in plan.groups[unit.group]:
        assert unit.first not in written[key]
        written[key].add(unit.first)


def _assert_upstream_is_written(graph, plan, run, written, keys) -> None:
    unit = plan.units[run.unit]
    group = plan.groups[unit.group]
    for key in group:
        for parent in graph.get_parents(key):
            if parent in group:
                continue
            cut = graph.get(parent).partitions_def is not None
            needed = ({unit.first} if unit.first is not None else set(keys)) if cut else {None}
            assert needed <= written[parent]


def test_a_thousand_partitions_are_planned_and_asked_for_at_once() -> None:
    long = em.DailyPartitionsDefinition("2020-01-01")
    up = em.asset(name="up", partitions_def=long)(lambda: None)
    down = em.asset(name="down", partitions_def=long, deps=[up], backfill_policy=em.BackfillPolicy.multi_run(7))(
        lambda: None
    )
    graph = graph_of(up, down)
    wanted = backfills.spread(graph, [up.key, down.key], long.get_partition_keys(NOW)[:1000], now=NOW)
    plan = backfills.plan_assets(graph, wanted, now=NOW)
    step = backfills.advance("b", Micros(0), plan, backfills.begin(plan), {})
    assert len(step.runs) == 1000
    assert len(plan.units) == 1000 + 143
