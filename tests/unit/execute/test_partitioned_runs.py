"""Runs of a partition and of a range of them: what contexts say, what IO managers read and write, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import earmark as em
from earmark.values.errors import (
    DagsterInvalidConfigError,
    DagsterInvariantViolationError,
    DagsterUnknownPartitionError,
)

DAYS = em.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-08")
HOURS = em.HourlyPartitionsDefinition("2026-01-01-00:00", end_date="2026-01-08-00:00")
SHOPS = em.StaticPartitionsDefinition(["north", "south"])
GRID = em.MultiPartitionsDefinition({"day": DAYS, "shop": SHOPS})
RANGE = {"dagster/asset_partition_range_start": "2026-01-02", "dagster/asset_partition_range_end": "2026-01-04"}


class ShopConfig(em.Config):
    shop: str


class TextFiles(em.UPathIOManager):
    """Keeps text in files, one for each partition."""

    extension = ".txt"

    def dump_to_path(self, context: Any, obj: Any, path: Any) -> None:
        path.write_text(str(obj))

    def load_from_path(self, context: Any, path: Any) -> str:
        return str(path.read_text())


@pytest.fixture
def instance() -> Iterator[em.DagsterInstance]:
    with em.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    from upath import UPath

    return {"io_manager": TextFiles(UPath(tmp_path))}


def test_files_are_kept_and_read_by_partition_and_by_the_mapping_of_a_dependency(
    tmp_path: Path, files: dict[str, Any], instance: em.DagsterInstance
) -> None:
    read: dict[str, Any] = {}

    @em.asset(partitions_def=DAYS)
    def takings(context):
        return f"takings of {context.partition_key}"

    yesterday = em.TimeWindowPartitionMapping(start_offset=-1, allow_nonexistent_upstream_partitions=True)

    @em.asset(partitions_def=DAYS, ins={"takings": em.AssetIn(partition_mapping=yesterday)})
    def trend(takings):
        read["trend"] = takings
        return "up"

    @em.asset(ins={"takings": em.AssetIn(metadata={"allow_missing_partitions": True})})
    def total(takings: dict[str, str]):
        read["total"] = sorted(takings)
        return "all"

    for day in ("2026-01-01", "2026-01-02"):
        em.materialize([takings], partition_key=day, resources=files, instance=instance)
    assert (tmp_path / "takings" / "2026-01-02.txt").read_text() == "takings of 2026-01-02"
    em.materialize([takings, trend], selection=[trend], partition_key="2026-01-02", resources=files, instance=instance)
    assert read["trend"] == {"2026-01-01": "takings of 2026-01-01", "2026-01-02": "takings of 2026-01-02"}
    em.materialize([takings, trend], selection=[trend], partition_key="2026-01-01", resources=files, instance=instance)
    assert read["trend"] == "takings of 2026-01-01", "one partition is read as itself, several as a dict"
    em.materialize([takings, total], selection=[total], resources=files, instance=instance)
    assert read["total"] == ["2026-01-01", "2026-01-02"]


def test_files_of_two_dimensions_lie_in_folders_of_the_first(
    tmp_path: Path, files: dict[str, Any], instance: em.DagsterInstance
) -> None:
    @em.asset(partitions_def=GRID)
    def takings(context):
        return context.partition_key.keys_by_dimension["shop"]

    em.materialize([takings], partition_key="2026-01-03|south", resources=files, instance=instance)
    assert (tmp_path / "takings" / "2026-01-03" / "south.txt").read_text() == "south"


def test_a_run_of_a_range_is_told_its_partitions_and_writes_each(
    tmp_path: Path, files: dict[str, Any], instance: em.DagsterInstance
) -> None:
    seen: dict[str, Any] = {}

    @em.asset(partitions_def=DAYS, backfill_policy=em.BackfillPolicy.single_run())
    def takings(context):
        seen["keys"] = list(context.partition_keys)
        seen["range"] = context.partition_key_range
        seen["window"] = context.partition_time_window
        with pytest.raises(DagsterInvariantViolationError, match="partition"):
            _ = context.partition_key
        return {key: key.upper() for key in context.partition_keys}

    result = em.materialize([takings], tags=RANGE, resources=files, instance=instance)
    assert seen["keys"] == ["2026-01-02", "2026-01-03", "2026-01-04"]
    assert seen["range"] == em.PartitionKeyRange("2026-01-02", "2026-01-04")
    assert (seen["window"].start.day, seen["window"].end.day) == (2, 5)
    assert (tmp_path / "takings" / "2026-01-03.txt").read_text() == "2026-01-03"
    written = [event.partition for event in result.get_asset_materialization_events()]
    assert written == ["2026-01-02", "2026-01-03", "2026-01-04"]
    status = instance.get_status_by_partition(em.AssetKey("takings"), ["2026-01-01", "2026-01-02"], DAYS)
    assert status == {"2026-01-01": None, "2026-01-02": em.AssetPartitionStatus.MATERIALIZED}


def test_a_step_is_told_the_partitions_that_its_inputs_need(instance: em.DagsterInstance) -> None:
    seen: dict[str, Any] = {}

    @em.asset(partitions_def=HOURS)
    def visits(context):
        return context.partition_key

    @em.asset(partitions_def=DAYS)
    def busy(context, visits):
        seen["keys"] = list(context.asset_partition_keys_for_input("visits"))
        seen["range"] = context.asset_partition_key_range_for_input("visits")
        seen["own"] = context.asset_partition_key_for_output()

    for hour in HOURS.get_partition_keys_in_range(em.PartitionKeyRange("2026-01-02-00:00", "2026-01-02-23:00")):
        em.materialize([visits], partition_key=hour, instance=instance)
    em.materialize([visits, busy], selection=[busy], partition_key="2026-01-02", instance=instance)
    assert (len(seen["keys"]), seen["keys"][0], seen["keys"][-1]) == (24, "2026-01-02-00:00", "2026-01-02-23:00")
    assert seen["range"] == em.PartitionKeyRange("2026-01-02-00:00", "2026-01-02-23:00")
    assert seen["own"] == "2026-01-02"


def test_a_run_of_assets_is_tagged_by_its_partition_and_each_dimension_of_it(instance: em.DagsterInstance) -> None:
    @em.asset(partitions_def=GRID)
    def takings(): ...

    run = em.materialize([takings], partition_key="2026-01-03|south", instance=instance).dagster_run
    assert {key: value for key, value in run.tags.items() if key.startswith("dagster/partition")} == {
        "dagster/partition": "2026-01-03|south",
        "dagster/partition/day": "2026-01-03",
        "dagster/partition/shop": "south",
    }
    with pytest.raises(DagsterUnknownPartitionError, match="west"):
        em.materialize([takings], partition_key="2026-01-03|west", instance=instance)


def test_a_job_of_assets_is_configured_and_tagged_by_the_functions_of_its_partition(
    instance: em.DagsterInstance,
) -> None:
    @em.static_partitioned_config(["north", "south"], tags_for_partition_key_fn=lambda key: {"shop": key, "team": "ml"})
    def by_shop(key: str):
        return {"ops": {"takings": {"config": {"shop": key}}}}

    seen = []

    @em.asset(partitions_def=SHOPS)
    def takings(config: ShopConfig):
        seen.append(config.shop)

    job = em.define_asset_job("sell", selection=[takings], config=by_shop, partitions_def=SHOPS)
    defs = em.Definitions(assets=[takings], jobs=[job])
    run = defs.get_job_def("sell").execute_in_process(partition_key="south", instance=instance).dagster_run
    assert seen == ["south"]
    assert (run.tags["shop"], run.tags["team"], run.tags["dagster/partition"]) == ("south", "ml", "south")


def test_an_observed_source_may_give_a_data_version_for_each_partition(instance: em.DagsterInstance) -> None:
    @em.observable_source_asset(partitions_def=SHOPS)
    def ledger():
        return em.DataVersionsByPartition({"north": "1", "south": em.DataVersion("2")})

    defs = em.Definitions(assets=[ledger])
    job = defs.get_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=instance).success
    versions = {one.partition: one.data_version for one in instance.store.assets.partitions(em.AssetKey("ledger"))}
    assert versions == {"north": "1", "south": "2"}


def test_an_external_asset_is_written_by_others_and_makes_what_is_made_from_it_stale(
    instance: em.DagsterInstance,
) -> None:
    from earmark.decide.staleness import StaleCause, Staleness

    rates = em.AssetSpec("rates")

    @em.asset(deps=[rates])
    def prices(): ...

    defs = em.Definitions(assets=[rates, prices])
    staleness = Staleness(defs.resolve_asset_graph(), instance.store.assets, instance.clock(), instance)

    def report(version: str) -> None:
        instance.report_runless_asset_event(em.AssetObservation("rates", tags={"dagster/data_version": version}))

    report("monday")
    em.materialize([prices], instance=instance)
    report("monday")
    assert staleness.causes(em.AssetKey("prices")) == []
    report("tuesday")
    assert staleness.causes(em.AssetKey("prices")) == [StaleCause(em.AssetKey("rates"), "has newer data")]
    em.materialize([prices], instance=instance)
    assert staleness.causes(em.AssetKey("prices")) == []


def test_configuration_is_validated_without_a_run() -> None:
    @em.op(config_schema={"limit": int})
    def load(): ...

    @em.job
    def nightly():
        load()

    right = {"ops": {"load": {"config": {"limit": 3}}}}
    assert em.validate_run_config(nightly, right)["ops"]["load"]["config"] == {"limit": 3}
    with pytest.raises(DagsterInvalidConfigError, match="limit"):
        em.validate_run_config(nightly, {"ops": {"load": {"config": {"limit": "three"}}}})
