"""A mapping between two assets has to fit how they are cut, and is refused where the asset is written."""

from __future__ import annotations

import pytest

import earmark as em
from earmark.values.errors import DagsterInvalidDefinitionError

DAYS = em.DailyPartitionsDefinition("2026-01-01")
WEEKS = em.WeeklyPartitionsDefinition("2026-01-01")
BERLIN = em.DailyPartitionsDefinition("2026-01-01", timezone="Europe/Berlin")
COLORS = em.StaticPartitionsDefinition(["red", "blue"])
SHOPS = em.DynamicPartitionsDefinition(name="shops")
GRID = em.MultiPartitionsDefinition({"color": COLORS, "size": em.StaticPartitionsDefinition(["s", "m"])})


def related(
    up: em.PartitionsDefinition, down: em.PartitionsDefinition, mapping: em.PartitionMapping | None
) -> em.Definitions:
    @em.asset(partitions_def=up)
    def above(): ...

    @em.asset(partitions_def=down, deps=[em.AssetDep("above", partition_mapping=mapping)])
    def below(): ...

    return em.Definitions([above, below])


@pytest.mark.parametrize(
    ("up", "down", "mapping", "words"),
    [
        (COLORS, DAYS, em.IdentityPartitionMapping(), "the upstream and downstream partitions must match"),
        (DAYS, WEEKS, em.IdentityPartitionMapping(), "the upstream and downstream partitions must match"),
        (COLORS, DAYS, em.TimeWindowPartitionMapping(), "relates time windows"),
        (BERLIN, DAYS, em.TimeWindowPartitionMapping(), "The time zones differ"),
        (DAYS, COLORS, em.StaticPartitionMapping({"red": "red"}), "relates static partitions"),
        (COLORS, DAYS, em.SpecificPartitionsPartitionMapping(["green"]), "'green'"),
        (GRID, DAYS, em.MultiToSingleDimensionPartitionMapping(), "color, size"),
    ],
)
def test_one_between_unrelated_grains_is_refused_where_the_asset_is_written(
    up: em.PartitionsDefinition, down: em.PartitionsDefinition, mapping: em.PartitionMapping, words: str
) -> None:
    with pytest.raises(DagsterInvalidDefinitionError) as raised:
        em.Definitions.validate_loadable(related(up, down, mapping))
    assert "'below' cannot depend on 'above' by" in str(raised.value)
    assert words in str(raised.value)
    assert raised.value.where is not None and raised.value.where.file == __file__


@pytest.mark.parametrize(
    ("up", "down", "mapping"),
    [
        (DAYS, WEEKS, em.TimeWindowPartitionMapping(start_offset=-1)),
        (COLORS, DAYS, em.AllPartitionMapping()),
        (DAYS, COLORS, em.LastPartitionMapping()),
        (SHOPS, DAYS, em.SpecificPartitionsPartitionMapping(["not there yet"])),
        (GRID, COLORS, em.MultiToSingleDimensionPartitionMapping("color")),
        (COLORS, DAYS, None),
    ],
)
def test_one_that_fits_is_taken(
    up: em.PartitionsDefinition, down: em.PartitionsDefinition, mapping: em.PartitionMapping | None
) -> None:
    em.Definitions.validate_loadable(related(up, down, mapping))
