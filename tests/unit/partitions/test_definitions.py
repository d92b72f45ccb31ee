"""What keys a definition has, and what it refuses."""

from __future__ import annotations

import inspect
import json
import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from earmark.partitions.definition import Partition, PartitionKeyRange, TimeWindow
from earmark.partitions.dynamic import (
    AddDynamicPartitionsRequest,
    DeleteDynamicPartitionsRequest,
    DynamicPartitionsDefinition,
)
from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.loading import partition_loading_context
from earmark.partitions.multi import AnyPartitionsDefinition, MultiPartitionKey, MultiPartitionsDefinition
from earmark.partitions.schedule_type import ScheduleType
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.window import TimeWindowPartitionsDefinition
from earmark.values import clock, wire
from earmark.values.clock import Micros
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterInvalidInvocationError,
    DagsterInvariantViolationError,
    DagsterUnknownPartitionError,
)

NOW = datetime(2024, 3, 20, 5, 30, tzinfo=UTC)


class Kept:
    """Keys of dynamic partitions in memory."""

    def __init__(self, **keys):
        self.keys = keys

    def get_dynamic_partitions(self, partitions_def_name):
        return self.keys[partitions_def_name]


@pytest.mark.parametrize(
    ("definition", "keys"),
    [
        (DailyPartitionsDefinition("2024-03-18"), ["2024-03-18", "2024-03-19"]),
        (DailyPartitionsDefinition("2024-03-18", hour_offset=6), ["2024-03-18"]),
        (DailyPartitionsDefinition(datetime(2024, 3, 17, 7), hour_offset=6), ["2024-03-18"]),
        (DailyPartitionsDefinition("2024-03-18", end_offset=1), ["2024-03-18", "2024-03-19", "2024-03-20"]),
        (DailyPartitionsDefinition("2024-03-17", end_offset=-2), ["2024-03-17"]),
        (DailyPartitionsDefinition("2024-03-10", "2024-03-12", end_offset=2), ["2024-03-10", "2024-03-11"]),
        (DailyPartitionsDefinition("2024-03-10", "2024-03-12", end_offset=-1), ["2024-03-10", "2024-03-11"]),
        (DailyPartitionsDefinition("2024-03-10", datetime(2024, 3, 11, 12)), ["2024-03-10"]),
        (DailyPartitionsDefinition("2025-01-01"), []),
        (DailyPartitionsDefinition("2024/03/19", fmt="%Y/%m/%d"), ["2024/03/19"]),
        (MonthlyPartitionsDefinition("2024-03-14", end_offset=2), ["2024-04-01"]),
        (DailyPartitionsDefinition("2025-01-01", end_offset=2), []),
        (HourlyPartitionsDefinition("2024-03-20-03:00"), ["2024-03-20-03:00", "2024-03-20-04:00"]),
        (HourlyPartitionsDefinition("2024-03-20-03:00", minute_offset=20), ["2024-03-20-03:20", "2024-03-20-04:20"]),
        (WeeklyPartitionsDefinition("2024-02-27"), ["2024-03-03", "2024-03-10"]),
        (WeeklyPartitionsDefinition("2024-03-04", day_offset=2), ["2024-03-05", "2024-03-12"]),
        (MonthlyPartitionsDefinition("2023-12-05"), ["2024-01-01", "2024-02-01"]),
        (MonthlyPartitionsDefinition("2023-12-05", day_offset=15), ["2023-12-15", "2024-01-15", "2024-02-15"]),
        (
            DailyPartitionsDefinition(
                "2024-03-15", exclusions=[datetime(2024, 3, 20), datetime(2024, 3, 19), "0 0 * * 0"], end_offset=1
            ),
            ["2024-03-15", "2024-03-16", "2024-03-18", "2024-03-21"],
        ),
        (
            HourlyPartitionsDefinition("2024-03-10-00:00", "2024-03-10-04:00", timezone="America/New_York"),
            ["2024-03-10-00:00", "2024-03-10-01:00", "2024-03-10-03:00"],
        ),
    ],
)
def test_the_keys_of_time_windows_that_have_passed(definition, keys):
    assert definition.get_partition_keys(NOW) == keys
    assert definition.get_num_partitions(NOW) == len(keys)
    assert definition.get_first_partition_key(NOW) == (keys[0] if keys else None)
    assert definition.get_last_partition_key(NOW) == (keys[-1] if keys else None)


def test_the_repeated_hour_is_named_with_its_offset():
    hours = HourlyPartitionsDefinition("2024-11-03-00:00", "2024-11-03-03:00", timezone="America/New_York")
    assert hours.get_partition_keys(datetime(2025, 1, 1)) == [
        "2024-11-03-00:00",
        "2024-11-03-01:00",
        "2024-11-03-01:00-0500",
        "2024-11-03-02:00",
    ]
    assert hours.time_window_for_partition_key("2024-11-03-01:00-0500").start.isoformat() == "2024-11-03T01:00:00-05:00"
    assert not hours.has_partition_key("2024-11-03-01:00-0400", datetime(2025, 1, 1))


def test_a_daily_window_of_a_missing_time_begins_at_the_end_of_the_gap():
    days = DailyPartitionsDefinition("2024-03-09", timezone="America/New_York", hour_offset=2, minute_offset=30)
    window = days.time_window_for_partition_key("2024-03-10")
    assert [at.isoformat() for at in window] == ["2024-03-10T03:00:00-04:00", "2024-03-11T02:30:00-04:00"]


def test_a_century_of_hours_is_counted_without_walking():
    hours = HourlyPartitionsDefinition("1950-01-01-00:00", timezone="America/New_York")
    assert hours.count(datetime(2050, 1, 1, 5, tzinfo=UTC)) == 876_600
    assert hours.index_of("2049-12-31-23:00") == 876_599
    assert hours.key_at(876_599) == "2049-12-31-23:00"


def test_keys_follow_and_ranges_hold_both_ends():
    days = DailyPartitionsDefinition("2024-01-01", "2024-03-01")
    assert days.get_next_partition_key("2024-01-05", NOW) == "2024-01-06"
    assert days.get_next_partition_key("2024-02-29", NOW) is None
    assert days.get_partition_keys_in_range(PartitionKeyRange("2024-02-28", "2024-02-29")) == [
        "2024-02-28",
        "2024-02-29",
    ]
    assert days.get_partition_keys_in_range(PartitionKeyRange("2024-02-29", "2024-02-28")) == []
    window = TimeWindow(datetime(2024, 1, 5, 5), datetime(2024, 1, 8))
    assert days.get_partition_keys_in_time_window(window) == ["2024-01-06", "2024-01-07"]
    assert days.get_partition_key_range_for_time_window(window) == PartitionKeyRange("2024-01-06", "2024-01-07")
    noon = datetime(2024, 2, 1, tzinfo=UTC).timestamp()
    assert days.get_partition_key_for_timestamp(noon) == "2024-02-01"
    assert days.get_partition_key_for_timestamp(noon, end_closed=True) == "2024-01-31"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("2024-1-7", "keys are written as '%Y-%m-%d', for example '2024-01-07'"),
        ("2024-02-30", "keys are written as"),
        ("2023-01-01", "the first is '2024-01-07'"),
        ("2024-01-10", "no window begins there (windows begin at '0 0 * * 0'; the next is '2024-01-14')"),
        ("2024-03-17", "its window has not passed yet"),
    ],
)
def test_an_unknown_key_is_refused_with_the_reason(key, reason):
    weeks = WeeklyPartitionsDefinition("2024-01-01")
    assert not weeks.has_partition_key(key, NOW)
    with pytest.raises(DagsterUnknownPartitionError) as caught:
        weeks.validate_partition_key(key, NOW)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: DailyPartitionsDefinition("2024-3x-01"), "Write it like '2024-01-31'"),
        (lambda: DailyPartitionsDefinition("2024-03-01", timezone="Europe/Berln"), "Did you mean 'Europe/Berlin'"),
        (lambda: DailyPartitionsDefinition("2024-03-01", minute_offset=60), "minute_offset is a number from 0 to 59"),
        (lambda: WeeklyPartitionsDefinition("2024-03-01", day_offset=7), "day_offset is a number from 0 to 6"),
        (lambda: DailyPartitionsDefinition("2024-03", fmt="%Y-%m"), "does not show the day"),
        (lambda: DailyPartitionsDefinition(5), "is a datetime or text"),
        (lambda: DailyPartitionsDefinition("2024-03-01", exclusions=["nope"]), "Found invalid cron schedule 'nope'"),
        (lambda: DailyPartitionsDefinition("2024-03-01", exclusions=[5]), "An exclusion is a cron expression or"),
        (lambda: DailyPartitionsDefinition("2024-03-01", exclusions=["0 0 * * *"]), "leave none of the windows"),
        (lambda: TimeWindowPartitionsDefinition("2024-03-01", "%Y-%m-%d"), "need a cron_schedule"),
        (
            lambda: TimeWindowPartitionsDefinition("2024-03-01", "%Y-%m-%d", cron_schedule="@daily", hour_offset=1),
            "the expression says it all",
        ),
        (lambda: StaticPartitionsDefinition(["a", "b", "a"]), "these come more than once: ['a']"),
        (lambda: StaticPartitionsDefinition(["a...b"]), "cannot contain '...'"),
        (lambda: StaticPartitionsDefinition([1]), "is a string, not 1 (int)"),
        (lambda: StaticPartitionsDefinition("abc"), "takes a list of keys"),
        (DynamicPartitionsDefinition, "needs a name"),
        (lambda: DynamicPartitionsDefinition(lambda now: [], name="x"), "not both"),
        (lambda: MultiPartitionsDefinition({"a": StaticPartitionsDefinition(["x|y"]), "b": DAYS}), "'x|y'"),
        (lambda: MultiPartitionsDefinition({"a": GRID, "b": DAYS}), "must be static, dynamic or of time windows"),
    ],
)
def test_a_contradictory_definition_is_refused_where_it_is_written(build, reason):
    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        build()
    assert reason in str(caught.value)
    assert caught.value.where.file == __file__


DAYS = DailyPartitionsDefinition("2024-01-01", "2024-01-03")
GRID = MultiPartitionsDefinition({"day": DAYS, "a": StaticPartitionsDefinition(["x", "y"])})


def test_static_partitions_keep_their_order():
    letters = StaticPartitionsDefinition(["b", "a", "c"])
    assert letters.get_partition_keys() == ["b", "a", "c"]
    assert letters.get_partition_keys_in_range(PartitionKeyRange("b", "a")) == ["b", "a"]
    assert letters.get_partition_keys_in_range(PartitionKeyRange("c", "a")) == []
    with pytest.raises(DagsterInvalidInvocationError, match="there is no partition 'd'"):
        letters.get_partition_keys_in_range(PartitionKeyRange("d", "a"))
    with pytest.raises(DagsterUnknownPartitionError, match="There is no partition 'd'"):
        letters.validate_partition_key("d")


def test_dynamic_partitions_come_from_the_store_given_or_that_of_the_context():
    named = DynamicPartitionsDefinition(name="customers")
    store = Kept(customers=["b", "a"])
    assert named.get_partition_keys(dynamic_partitions_store=store) == ["b", "a"]
    with partition_loading_context(dynamic_partitions_store=store):
        assert named.has_partition_key("a") and not named.has_partition_key("z")
        assert named.get_last_partition_key() == "a"
    with pytest.raises(DagsterInvariantViolationError, match="are kept by an instance"):
        named.get_partition_keys()


def test_requests_for_dynamic_partitions_name_their_definition():
    named = DynamicPartitionsDefinition(name="customers")
    assert named.build_add_request(["a"]) == AddDynamicPartitionsRequest("customers", ("a",))
    assert named.build_delete_request(["a"]) == DeleteDynamicPartitionsRequest("customers", ("a",))
    with pytest.raises(DagsterInvalidDefinitionError, match=r"cannot contain '\.\.\.'"):
        named.build_add_request(["a...b"])


def test_a_partition_function_stays_in_its_process():
    asked = []
    computed = DynamicPartitionsDefinition(lambda now: asked.append(now) or ["a", Partition(3)])
    assert computed.get_partition_keys(NOW) == ["a", "3"]
    assert asked == [NOW]
    travelled = wire.decode(wire.encode(computed), AnyPartitionsDefinition)
    assert travelled.has_function
    with pytest.raises(DagsterInvariantViolationError, match="computed by a function"):
        travelled.get_partition_keys()


def test_a_grid_has_every_combination_in_the_order_of_dimension_names():
    assert GRID.get_partition_keys(NOW) == ["x|2024-01-01", "x|2024-01-02", "y|2024-01-01", "y|2024-01-02"]
    assert GRID.get_num_partitions(NOW) == 4
    assert (GRID.primary_dimension.name, GRID.secondary_dimension.name) == ("day", "a")
    assert GRID.time_window_for_partition_key("x|2024-01-02").start == datetime(2024, 1, 2, tzinfo=UTC)
    assert GRID.get_multipartition_keys_with_dimension_value("a", "x", NOW) == ["x|2024-01-01", "x|2024-01-02"]
    spanned = GRID.get_partition_keys_in_range(PartitionKeyRange("x|2024-01-02", "y|2024-01-02"))
    assert spanned == ["x|2024-01-02", "y|2024-01-02"]
    assert MultiPartitionsDefinition({"a": StaticPartitionsDefinition(["x", "y"]), "day": DAYS}) == GRID


def test_a_grid_key_is_its_text_and_knows_its_dimensions():
    key = MultiPartitionKey({"day": "2024-01-01", "a": "x"})
    assert key == "x|2024-01-01" and isinstance(key, str)
    assert [tuple(part) for part in key.dimension_keys] == [("a", "x"), ("day", "2024-01-01")]
    assert pickle.loads(pickle.dumps(key)).keys_by_dimension == {"a": "x", "day": "2024-01-01"}
    assert json.loads(wire.encode({"key": key, "by": {key: 1}})) == {"key": "x|2024-01-01", "by": {"x|2024-01-01": 1}}
    assert GRID.get_tags_for_partition_key(key) == {
        "dagster/partition": "x|2024-01-01",
        "dagster/partition/a": "x",
        "dagster/partition/day": "2024-01-01",
    }


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("x", "keys are written 'a|day'"),
        ("z|2024-01-01", "dimension 'a': There is no partition 'z'"),
        ("x|2024-01-09", "dimension 'day': There is no partition '2024-01-09'"),
    ],
)
def test_an_unknown_grid_key_names_the_dimension(key, reason):
    with pytest.raises(DagsterUnknownPartitionError) as caught:
        GRID.validate_partition_key(key, NOW)
    assert reason in str(caught.value)


def test_a_grid_has_two_dimensions():
    for defs in ({"a": DAYS}, {"a": DAYS, "b": DAYS, "c": DAYS}):
        with pytest.raises(DagsterInvalidInvocationError, match="two dimensions"):
            MultiPartitionsDefinition(defs)


def test_the_grain_is_told_and_schedules_are_derived_from_it():
    days = DailyPartitionsDefinition("2024-01-01", hour_offset=3, minute_offset=4)
    assert (days.schedule_type, days.hour_offset, days.minute_offset) == (ScheduleType.DAILY, 3, 4)
    assert days.get_cron_schedule() == "4 3 * * *"
    assert days.get_cron_schedule(minute_of_hour=0) == "0 3 * * *"
    assert WeeklyPartitionsDefinition("2024-01-01", day_offset=3).get_cron_schedule(7, 3, 2) == "7 3 * * 2"
    assert MonthlyPartitionsDefinition("2024-01-01").get_cron_schedule(7, 3, None, 2) == "7 3 2 * *"
    assert HourlyPartitionsDefinition("2024-01-01-00:00", minute_offset=9).get_cron_schedule(7) == "7 * * * *"
    with pytest.raises(DagsterInvalidInvocationError, match="day_of_week has no place with daily"):
        days.get_cron_schedule(day_of_week=2)
    with pytest.raises(DagsterInvalidInvocationError, match="no single day offset"):
        _ = days.day_offset


def test_a_daily_definition_is_the_time_windows_it_stands_for():
    spelled = TimeWindowPartitionsDefinition(start="2024-01-01", fmt="%Y-%m-%d", cron_schedule="0 0 * * *")
    assert DailyPartitionsDefinition("2024-01-01") == spelled
    assert hash(DailyPartitionsDefinition(datetime(2024, 1, 1))) == hash(spelled)
    by_type = TimeWindowPartitionsDefinition("2024-01-01", "%Y-%m-%d", schedule_type=ScheduleType.DAILY)
    assert by_type == spelled


def test_now_comes_from_the_context_or_the_clock_and_else_is_an_error(monkeypatch):
    days = DailyPartitionsDefinition("2024-03-18")
    with partition_loading_context(effective_dt=NOW) as context:
        assert days.get_partition_keys() == ["2024-03-18", "2024-03-19"]
        assert context.effective_dt == NOW
    monkeypatch.setattr(clock, "_default", [])
    with pytest.raises(DagsterInvariantViolationError, match="depends on the time"):
        days.get_partition_keys()
    clock.use_clock(lambda: lambda: Micros(1_710_900_000_000_000))
    assert days.get_partition_keys() == ["2024-03-18", "2024-03-19"]


@pytest.mark.parametrize(
    "name",
    [
        "DailyPartitionsDefinition",
        "HourlyPartitionsDefinition",
        "WeeklyPartitionsDefinition",
        "MonthlyPartitionsDefinition",
        "TimeWindowPartitionsDefinition",
        "StaticPartitionsDefinition",
        "DynamicPartitionsDefinition",
        "MultiPartitionsDefinition",
    ],
)
def test_the_signature_a_person_sees_is_the_one_that_is_called(name):
    parameters = list(inspect.signature(globals()[name]).parameters)
    expected = json.loads((Path(__file__).with_name("signatures.json")).read_text())
    assert parameters == expected[name]
