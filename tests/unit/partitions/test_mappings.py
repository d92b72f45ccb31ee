"""What mappings relate, what is missing, and what does not relate at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from earmark.partitions.grains import (
    DailyPartitionsDefinition,
    HourlyPartitionsDefinition,
    MonthlyPartitionsDefinition,
    WeeklyPartitionsDefinition,
)
from earmark.partitions.mapping import (
    AllPartitionMapping,
    IdentityPartitionMapping,
    LastPartitionMapping,
    PartitionMapping,
    SpecificPartitionsPartitionMapping,
    StaticPartitionMapping,
)
from earmark.partitions.multi import MultiPartitionsDefinition
from earmark.partitions.multi_mapping import (
    DimensionPartitionMapping,
    MultiPartitionMapping,
    MultiToSingleDimensionPartitionMapping,
    infer_mapping,
)
from earmark.partitions.static import StaticPartitionsDefinition
from earmark.partitions.time_mapping import TimeWindowPartitionMapping
from earmark.values.errors import DagsterInvalidDefinitionError

NOW = datetime(2024, 3, 20, 5, 30, tzinfo=UTC)
DAYS = DailyPartitionsDefinition("2024-01-01")
AT_SIX = DailyPartitionsDefinition("2024-01-01", hour_offset=6)
HOURS = HourlyPartitionsDefinition("2024-01-01-00:00")
WEEKS = WeeklyPartitionsDefinition("2024-01-01")
MONTHS = MonthlyPartitionsDefinition("2024-01-01")
AB = StaticPartitionsDefinition(["a", "b"])
BC = StaticPartitionsDefinition(["b", "c"])
SOME_DAYS = DailyPartitionsDefinition("2024-01-01", "2024-01-03")
GRID = MultiPartitionsDefinition({"date": SOME_DAYS, "a": StaticPartitionsDefinition(["x", "y"])})
OTHER = MultiPartitionsDefinition(
    {"date": DailyPartitionsDefinition("2024-01-01", "2024-01-04"), "b": StaticPartitionsDefinition(["p", "q"])}
)
Windows = TimeWindowPartitionMapping
Dimension = DimensionPartitionMapping
Shared = MultiToSingleDimensionPartitionMapping


def needs(mapping, keys, down, up):
    found = mapping.upstream(keys, down, up, NOW)
    return sorted(found.partitions_subset), sorted(found.required_but_nonexistent_partition_keys)


@pytest.mark.parametrize(
    ("mapping", "key", "down", "up", "there", "missing"),
    [
        (Windows(), "2024-01-05", DAYS, DAYS, ["2024-01-05"], []),
        (Windows(), "2024-01-05-03:00", HOURS, DAYS, ["2024-01-05"], []),
        (Windows(), "2024-01-28", WEEKS, MONTHS, ["2024-01-01", "2024-02-01"], []),
        (Windows(-1, -1), "2024-01-05", DAYS, DAYS, ["2024-01-04"], []),
        (Windows(-1, -1), "2024-01-01", DAYS, DAYS, [], []),
        (Windows(-1), "2024-01-01", DAYS, DAYS, ["2024-01-01"], []),
        (Windows(), "2024-01-05", DAYS, DailyPartitionsDefinition("2024-02-01"), [], ["2024-01-05"]),
        (Windows(), "2024-03-19", DAYS, SOME_DAYS, [], ["2024-03-19"]),
        (Windows(0, 0, True), "2024-03-19", DAYS, SOME_DAYS, [], []),
        (Windows(), "2024-01-05", DAYS, AT_SIX, ["2024-01-04", "2024-01-05"], []),
        (IdentityPartitionMapping(), "b", BC, AB, ["b"], []),
        (IdentityPartitionMapping(), "c", BC, AB, [], ["c"]),
        (AllPartitionMapping(), "b", BC, AB, ["a", "b"], []),
        (LastPartitionMapping(), "b", BC, DAYS, ["2024-03-19"], []),
        (SpecificPartitionsPartitionMapping(["a"]), "c", BC, AB, ["a"], []),
        (StaticPartitionMapping({"a": ["b", "c"], "b": "c"}), "c", BC, AB, ["a", "b"], []),
        (Shared(), "2024-01-01", SOME_DAYS, GRID, ["x|2024-01-01", "y|2024-01-01"], []),
        (Shared(), "x|2024-01-01", GRID, SOME_DAYS, ["2024-01-01"], []),
        (Shared("a"), "x", StaticPartitionsDefinition(["x", "y"]), GRID,
         ["x|2024-01-01", "x|2024-01-02"], []),
        (Shared(), "2024-01-01-05:00", HOURS, GRID, ["x|2024-01-01", "y|2024-01-01"], []),
        (MultiPartitionMapping({"date": Dimension("date", Windows(-1, -1))}), "p|2024-01-02", OTHER, GRID,
         ["x|2024-01-01", "y|2024-01-01"], []),
        (MultiPartitionMapping({"date": Dimension("date", Windows())}), "p|2024-01-03", OTHER, GRID,
         [], ["x|2024-01-03", "y|2024-01-03"]),
    ],
)  # fmt: skip
def test_what_a_partition_needs(mapping, key, down, up, there, missing):
    mapping.validate(up, down)
    assert needs(mapping, [key], down, up) == (there, missing)


def test_a_coarser_partition_needs_all_the_finer_ones_inside():
    assert needs(Windows(), ["2024-01-05"], DAYS, HOURS)[0] == [f"2024-01-05-{hour:02}:00" for hour in range(24)]
    assert needs(Windows(-1), ["2024-01-14"], WEEKS, DAYS)[0] == [f"2024-01-{day:02}" for day in range(7, 21)]


def test_an_unfinished_day_needs_hours_that_do_not_exist_yet():
    today = DailyPartitionsDefinition("2024-03-01", end_offset=1)
    there, missing = needs(Windows(), ["2024-03-20"], today, HOURS)
    assert (there[0], there[-1], len(there)) == ("2024-03-20-00:00", "2024-03-20-04:00", 5)
    assert (missing[0], len(missing)) == ("2024-03-20-05:00", 19)


@pytest.mark.parametrize(
    ("mapping", "key", "up", "down", "fed"),
    [
        (Windows(-1), "2024-01-05", DAYS, DAYS, ["2024-01-05", "2024-01-06"]),
        (Windows(-1, -1), "2024-03-19", DAYS, DAYS, []),
        (Windows(), "2024-01-09", DAYS, WEEKS, ["2024-01-07"]),
        (Windows(), "2024-03-19", DAYS, WEEKS, []),
        (Windows(-1), "2024-01-05-23:00", HOURS, DAYS, ["2024-01-05", "2024-01-06"]),
        (IdentityPartitionMapping(), "a", AB, BC, []),
        (AllPartitionMapping(), "a", AB, BC, ["b", "c"]),
        (LastPartitionMapping(), "2024-03-18", DAYS, BC, []),
        (LastPartitionMapping(), "2024-03-19", DAYS, BC, ["b", "c"]),
        (SpecificPartitionsPartitionMapping(["a"]), "b", AB, BC, []),
        (StaticPartitionMapping({"a": ["b", "c"], "b": "c"}), "a", AB, BC, ["b", "c"]),
        (Shared(), "x|2024-01-01", GRID, SOME_DAYS, ["2024-01-01"]),
        (Shared(), "2024-01-01", SOME_DAYS, GRID, ["x|2024-01-01", "y|2024-01-01"]),
        (MultiPartitionMapping({"date": Dimension("date", Windows(-1, -1))}), "x|2024-01-01", GRID, OTHER,
         ["p|2024-01-02", "q|2024-01-02"]),
    ],
)  # fmt: skip
def test_what_a_partition_feeds(mapping, key, up, down, fed):
    assert sorted(mapping.downstream([key], up, down, NOW)) == fed


def test_an_unpartitioned_asset_needs_all():
    found = AllPartitionMapping().upstream(None, None, AB)
    assert list(found.partitions_subset) == ["a", "b"]


@pytest.mark.parametrize(
    ("mapping", "up", "down", "reason"),
    [
        (Windows(), DAYS, DailyPartitionsDefinition("2024-01-01", timezone="Asia/Tokyo"), "The time zones differ"),
        (Windows(), DAYS, AB, "the downstream partitions are StaticPartitionsDefinition"),
        (Windows(), None, DAYS, "none at all"),
        (IdentityPartitionMapping(), DAYS, HOURS, "time windows of '0 0 * * *' in UTC"),
        (IdentityPartitionMapping(), AB, DAYS, "must match"),
        (IdentityPartitionMapping(), GRID, OTHER, "must match"),
        (SpecificPartitionsPartitionMapping(["aa"]), AB, BC, "the upstream partition 'aa'"),
        (SpecificPartitionsPartitionMapping(["2024-1-1"]), DAYS, BC, "keys are written as '%Y-%m-%d'"),
        (StaticPartitionMapping({"a": "z"}), AB, BC, "the downstream partition 'z'"),
        (StaticPartitionMapping({"a": "b"}), DAYS, BC, "relates static partitions"),
        (Shared("q"), GRID, SOME_DAYS, "no dimension 'q'"),
        (Shared(), GRID, BC, "none of them is or is of time"),
        (Shared(), GRID, OTHER, "partitions of two dimensions to partitions of one"),
        (MultiPartitionMapping({"dat": Dimension("date", Windows())}), GRID, OTHER, "Did you mean 'date'"),
        (MultiPartitionMapping({"a": Dimension("date", Windows())}), GRID, OTHER, "relates time windows"),
        (MultiPartitionMapping({}), GRID, DAYS, "two definitions of two dimensions"),
    ],
)  # fmt: skip
def test_partitions_that_do_not_relate_are_refused_with_the_reason(mapping, up, down, reason):
    with pytest.raises(DagsterInvalidDefinitionError) as caught:
        mapping.validate(up, down)
    assert reason in str(caught.value)
    assert caught.value.where.file == __file__


def test_offsets_in_reverse_are_refused():
    with pytest.raises(DagsterInvalidDefinitionError, match="lies after end_offset"):
        Windows(start_offset=1)


@pytest.mark.parametrize(
    ("up", "down", "kind"),
    [
        (DAYS, HOURS, TimeWindowPartitionMapping),
        (AB, AB, IdentityPartitionMapping),
        (AB, BC, IdentityPartitionMapping),
        (GRID, SOME_DAYS, Shared),
        (HOURS, GRID, Shared),
        (GRID, AB, IdentityPartitionMapping),
        (GRID, GRID, IdentityPartitionMapping),
        (None, DAYS, AllPartitionMapping),
        (DAYS, None, AllPartitionMapping),
    ],
)
def test_a_dependency_without_a_mapping_gets_the_one_that_fits(up, down, kind):
    assert type(infer_mapping(up, down)) is kind


def test_a_mapping_of_ones_own_is_a_subclass():
    class FirstLetter(PartitionMapping):
        def get_upstream_mapped_partitions_result_for_partitions(
            self, downstream_partitions_subset, downstream_partitions_def, upstream_partitions_def, *rest
        ):
            wanted = {key[0] for key in downstream_partitions_subset}
            return upstream_partitions_def.subset_with_partition_keys(wanted), upstream_partitions_def.empty_subset()

    words = StaticPartitionsDefinition(["apple", "bee"])
    there, missing = FirstLetter().upstream(["bee"], words, AB)
    assert list(there) == ["b"] and missing.is_empty
