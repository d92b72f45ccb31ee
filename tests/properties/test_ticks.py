"""Due ticks: each exactly once whatever the rhythm of looking, and only as many missed ones as the policy says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from earmark.decide.sensors import SensorFacts, WakeIndex, sensors_due
from earmark.decide.ticks import LATE_AFTER, ScheduleFacts, next_ticks, tick_run_id, ticks_due
from earmark.events.kinds import RunFailed, RunSucceeded
from earmark.partitions.cron import Cron
from earmark.specs.sensor import SensorSpec
from earmark.values.clock import Micros

MINUTE = 60_000_000
HOUR = 60 * MINUTE
crons = st.sampled_from(["* * * * *", "*/5 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * 1"])
zones = st.sampled_from(["UTC", "America/New_York", "Europe/Helsinki"])
# From before the autumn change of clocks in New York, 2024.
starts = st.integers(1_730_500_000_000_000, 1_731_000_000_000_000)


def looked_at(facts: ScheduleFacts, moments: list[int]) -> list[int]:
    """Return the instants of all ticks that are begun when somebody looks at these moments."""
    begun = []
    for moment in moments:
        due = ticks_due([facts], Micros(moment))
        begun += [tick.due_at for tick in due.ticks]
        last = max([tick.due_at for tick in due.ticks], default=due.passed_over.get(facts.id, facts.last_due))
        facts = replace(facts, last_due=last)
    return begun


@given(crons, zones, starts, st.lists(st.integers(1, 50_000_000), min_size=1, max_size=150), st.integers(0, 5))
def test_whoever_looks_more_often_than_once_a_minute_sees_each_tick_once(cron, zone, start, gaps, catch_up) -> None:
    facts = ScheduleFacts(id="s", cron=Cron(cron, zone), since=Micros(start), catch_up=catch_up)
    moments, moment = [], start
    for gap in gaps:
        moment += gap
        moments.append(moment)
    expected = list(facts.cron.ticks_between(Micros(start - 1), Micros(moment)))
    assert looked_at(facts, moments) == expected


@given(crons, zones, starts, st.integers(0, 400), st.integers(0, 7))
def test_after_downtime_the_latest_ticks_are_made_up_for(cron, zone, start, hours, catch_up) -> None:
    facts = ScheduleFacts(id="s", cron=Cron(cron, zone), since=Micros(start), catch_up=catch_up)
    now = Micros(start + hours * HOUR)
    all_due = list(facts.cron.ticks_between(Micros(start - 1), now))
    fresh = [tick for tick in all_due if now - tick < LATE_AFTER]
    kept = all_due[len(all_due) - max(catch_up, len(fresh[-1:])) :] if max(catch_up, len(fresh)) else []
    kept = kept if len(all_due) >= max(catch_up, len(fresh[-1:])) else all_due
    assert looked_at(facts, [now, now, now + 1]) == kept + list(facts.cron.ticks_between(now, Micros(now + 1)))


@given(st.text(min_size=1), st.integers(0, 50_000_000), starts)
def test_jitter_puts_a_schedule_off_by_less_than_it_may_and_loses_no_tick(name, jitter, start) -> None:
    facts = ScheduleFacts(id=name, cron=Cron("* * * * *"), since=Micros(start), jitter=jitter)
    assert 0 <= facts.offset <= jitter
    assert facts.offset < jitter or jitter == 0
    moments = [start + n * 20_000_000 for n in range(1, 30)]
    horizon = Micros(moments[-1] - facts.offset)
    assert looked_at(facts, moments) == list(facts.cron.ticks_between(Micros(start - 1), horizon))


def test_a_stopped_schedule_is_never_due_and_asks_for_no_look() -> None:
    stopped = ScheduleFacts(id="s", cron=Cron("* * * * *"), is_running=False)
    assert ticks_due([stopped], Micros(HOUR)).next_at is None
    assert ticks_due([stopped], Micros(HOUR)).ticks == ()


def test_a_schedule_of_last_week_is_not_walked_minute_by_minute_when_it_makes_up_for_nothing() -> None:
    facts = ScheduleFacts(id="s", cron=Cron("* * * * *"), since=Micros(0), catch_up=0)
    due = ticks_due([facts], Micros(10_000 * HOUR + 30 * 1_000_000))
    assert [tick.due_at for tick in due.ticks] == [10_000 * HOUR]
    assert due.passed_over == {"s": 10_000 * HOUR - MINUTE}


def test_the_id_of_a_run_is_the_same_whenever_its_tick_is_taken_up() -> None:
    ids = {tick_run_id("t", Micros(HOUR), number) for number in (0, 1, 0, 1)}
    assert len(ids) == 2
    assert next_ticks(Cron("0 * * * *"), Micros(0), 2) == [HOUR, 2 * HOUR]


def sensor(name: str, **kwargs) -> SensorFacts:
    return SensorFacts(id=name, interval=30_000_000, **kwargs)


def test_a_woken_sensor_looks_at_once_and_a_polled_one_after_its_interval() -> None:
    now = Micros(20_000_000)
    sensors = [
        sensor("polled", last_begun=Micros(0)),
        sensor("woken", last_begun=Micros(0), is_woken=True),
        sensor("asleep", last_begun=Micros(0), is_woken=True),
        sensor("new"),
        sensor("ticking", is_ticking=True),
        sensor("off", is_running=False),
        sensor("more", last_begun=Micros(now - 1), has_more=True),
    ]
    due = sensors_due(sensors, {"woken", "ticking", "off"}, now)
    assert due.sensors == ("new", "woken", "more")
    assert due.next_at == 30_000_000


def test_an_event_wakes_only_those_that_watch_it() -> None:
    index = WakeIndex(
        {
            "failures": SensorSpec("failures", kind="run_status", watched_statuses=("FAILURE",)),
            "query": SensorSpec("query", kind="run_query", run_query="tag:team=ml"),
            "conditions": SensorSpec("conditions", kind="automation_condition"),
            "polled": SensorSpec("polled"),
        }
    )
    assert index.woken_by([RunSucceeded()]) == {"query", "conditions"}
    assert index.woken_by([RunFailed()]) == {"failures", "query", "conditions"}
