"""Subsets: what they hold, what is stored of them, and how little that costs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from earmark.partitions.dynamic import DynamicPartitionsDefinition
from earmark.partitions.grains import DailyPartitionsDefinition, HourlyPartitionsDefinition
from earmark.partitions.multi import MultiPartitionsDefinition
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.subset import AllSubset, Keys, SubsetData, TimeRanges, TimeSubset
from earmark.values import wire
from earmark.values.errors import DagsterInvariantViolationError, DagsterUnknownPartitionError

NOW = datetime(2024, 3, 20, tzinfo=UTC)
DAYS = DailyPartitionsDefinition("2024-03-01")
LETTERS = StaticPartitionsDefinition(["c", "a", "b"])
GRID = MultiPartitionsDefinition({"day": DAYS, "letter": LETTERS})


def stored_and_read(subset):
    return subset.definition.subset_from_data(wire.decode(wire.encode(subset.to_data()), SubsetData))


def test_windows_next_to_each_other_are_one_range():
    subset = DAYS.subset_with_partition_keys(["2024-03-02", "2024-03-05", "2024-03-01"])
    assert subset.key_ranges() == [("2024-03-01", "2024-03-02"), ("2024-03-05", "2024-03-05")]
    assert len(subset) == 3 and "2024-03-05" in subset and "2024-03-04" not in subset
    assert list(subset.with_partition_keys(["2024-03-03"])) == ["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-05"]
    assert stored_and_read(subset) == subset


def test_static_keys_come_in_the_order_of_the_definition():
    subset = LETTERS.subset_with_partition_keys(["b", "c"])
    assert subset.get_partition_keys() == ["c", "b"]
    assert subset.to_data() == Keys(("b", "c"))
    assert (subset | LETTERS.subset_with_partition_keys(["a"])) == LETTERS.subset_with_all_partitions()
    assert (subset - LETTERS.subset_with_partition_keys(["b"])).get_partition_keys() == ["c"]
    assert (subset & LETTERS.subset_with_partition_keys(["a"])).is_empty
    with pytest.raises(DagsterUnknownPartitionError):
        LETTERS.subset_with_partition_keys(["z"])


def test_keys_that_a_definition_lost_are_not_in_what_was_stored():
    stored = LETTERS.subset_with_all_partitions().to_data()
    assert StaticPartitionsDefinition(["b", "new"]).subset_from_data(stored).get_partition_keys() == ["b"]
    whole = DAYS.subset_with_all_partitions(NOW).to_data()
    later = DailyPartitionsDefinition("2024-03-18")
    assert later.subset_from_data(whole).get_partition_keys() == ["2024-03-18", "2024-03-19"]


def test_a_grid_subset_has_a_row_of_windows_per_secondary_key():
    subset = GRID.subset_with_partition_keys(["2024-03-01|a", "2024-03-02|a", "2024-03-02|b"])
    assert len(subset) == 3 and "2024-03-02|b" in subset and "2024-03-01|b" not in subset
    assert {key: len(row) for key, row in subset.rows.items()} == {"a": 2, "b": 1}
    assert stored_and_read(subset) == subset
    whole = GRID.subset_with_all_partitions(NOW)
    assert len(whole) == 19 * 3 and len(whole - subset) == 54
    assert (whole & subset) == subset and (subset | whole) == whole and (subset - whole).is_empty


def test_all_partitions_stand_for_those_of_any_moment():
    every = AllSubset(DAYS)
    one = DAYS.subset_with_partition_keys(["2024-03-05"])
    assert "2024-03-05" in every and "2024-02-05" not in every
    assert (every & one) == one and (one & every) == one and (one | every) == every
    assert (one - every).is_empty and (every - DAYS.empty_subset()) == every
    assert len(every.resolve(NOW)) == 19
    with pytest.raises(DagsterInvariantViolationError, match="depends on the moment"):
        len(every)
    for definition in (DAYS, LETTERS, GRID, DynamicPartitionsDefinition(name="customers")):
        assert stored_and_read(AllSubset(definition)) == AllSubset(definition)


def test_dynamic_keys_are_kept_though_they_may_be_gone():
    named = DynamicPartitionsDefinition(name="customers")
    subset = named.subset_with_partition_keys(["z", "a"])
    assert list(subset) == ["a", "z"] and stored_and_read(subset) == subset


def test_subsets_of_unlike_definitions_do_not_mix():
    with pytest.raises(DagsterInvariantViolationError, match="cannot be put together"):
        _ = DAYS.subset_with_partition_keys(["2024-03-01"]) | LETTERS.subset_with_partition_keys(["a"])


def test_a_century_of_hours_is_one_pair_of_numbers():
    hours = HourlyPartitionsDefinition("2000-01-01-00:00", timezone="America/New_York")
    century = TimeSubset(hours, ((0, 876_600),))
    holes = TimeSubset(hours, ((5, 100), (1000, 2000)))
    assert len(wire.encode(century.to_data())) < 100
    assert ((century - holes) | holes) == century


def test_the_status_of_a_hundred_thousand_partitions_is_counted_over_ranges():
    hours = HourlyPartitionsDefinition("2012-01-01-00:00", timezone="Europe/Berlin")
    now = datetime(2024, 1, 1, tzinfo=UTC)
    done = TimeSubset(hours, tuple((at, at + 90) for at in range(0, 100_000, 100)))
    failed = TimeSubset(hours, tuple((at + 90, at + 95) for at in range(0, 100_000, 100)))
    stored = [wire.encode(subset.to_data()) for subset in (done, failed)]

    def status():
        read = [hours.subset_from_data(wire.decode(data, SubsetData)) for data in stored]
        missing = hours.subset_with_all_partitions(now) - (read[0] | read[1])
        return len(read[0]), len(read[1]), len(missing)

    assert status() == (90_000, 5_000, hours.count(now) - 95_000)


def test_stored_ranges_are_instants():
    assert DAYS.subset_with_partition_keys(["2024-03-01"]).to_data() == TimeRanges(
        ((1_709_251_200_000_000, 1_709_337_600_000_000),)
    )
