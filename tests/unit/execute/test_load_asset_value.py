"""Values of assets loaded outside any run, and what the instance is asked about runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import earmark as em

REGIONS = em.StaticPartitionsDefinition(["asia", "eu", "us"])


@em.asset(partitions_def=REGIONS)
def stock(context: em.AssetExecutionContext) -> str:
    return context.partition_key


@em.asset
def total() -> int:
    return 3


def test_a_range_of_partitions_is_loaded_as_a_dict(home: Path) -> None:
    defs = em.Definitions([stock, total])
    with em.DagsterInstance.ephemeral() as instance:
        for key in ("asia", "eu", "us"):
            em.materialize([stock], instance=instance, partition_key=key)
        with defs.get_asset_value_loader(instance) as loader:
            span = em.PartitionKeyRange("eu", "us")
            assert loader.load_asset_value("stock", partition_key_range=span) == {"eu": "eu", "us": "us"}
            assert loader.load_asset_value("stock", partition_key="us") == "us"
            with pytest.raises(em.DagsterInvariantViolationError, match="both a partition and a range"):
                loader.load_asset_value("stock", partition_key="us", partition_key_range=span)
            with pytest.raises(em.DagsterInvariantViolationError, match="it has no partitions"):
                loader.load_asset_value("total", partition_key_range=span)


def test_metadata_of_the_input_reaches_the_io_manager_under_both_names() -> None:
    seen: list[object] = []

    class Looks(em.IOManager):
        def handle_output(self, context: em.OutputContext, obj: object) -> None: ...

        def load_input(self, context: em.InputContext) -> None:
            seen.append(dict(context.definition_metadata))

    defs = em.Definitions([total], resources={"io_manager": Looks()})
    with em.DagsterInstance.ephemeral() as instance, defs.get_asset_value_loader(instance) as loader:
        loader.load_asset_value("total", input_definition_metadata={"columns": ["id"]})
        loader.load_asset_value("total", metadata={"columns": ["id"]})
    assert seen == [{"columns": ["id"]}, {"columns": ["id"]}]


def test_records_of_runs_come_in_the_order_of_their_making_and_other_orders_are_refused() -> None:
    with em.DagsterInstance.ephemeral() as instance:
        first = em.materialize([total], instance=instance).run_id
        second = em.materialize([total], instance=instance).run_id
        records = instance.get_run_records(order_by="create_timestamp", ascending=True)
        assert [one.dagster_run.run_id for one in records] == [first, second]
        with pytest.raises(em.DagsterInvalidInvocationError, match="not by 'update_timestamp'"):
            instance.get_run_records(order_by="update_timestamp")
        with pytest.raises(em.DagsterInvalidInvocationError, match="no buckets"):
            instance.get_run_records(bucket_by="job")


def test_a_file_that_was_written_names_its_asset_by_its_path() -> None:
    made = em.AssetMaterialization.file("out/orders.csv", "The orders.")
    assert made.asset_key == em.AssetKey(["out", "orders.csv"])
    assert made.metadata["path"].value == "out/orders.csv"
