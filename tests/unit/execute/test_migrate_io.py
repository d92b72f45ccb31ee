"""The stored values of assets are moved from one IO manager to another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import earmark as em

REGIONS = em.StaticPartitionsDefinition(["asia", "eu", "us", "za"])


@em.asset
def total() -> int:
    return 3


@em.asset
def never_written() -> int:
    return 1


@em.asset(partitions_def=REGIONS, backfill_policy=em.BackfillPolicy.multi_run(2))
def stock(context: em.AssetExecutionContext) -> str:
    return f"of {context.partition_key}"


DEFS = em.Definitions([total, never_written, stock])


@pytest.fixture
def written(home: Path) -> Any:
    with em.DagsterInstance.ephemeral() as instance:
        em.materialize([total], instance=instance)
        for key in ("asia", "eu", "us"):
            em.materialize([stock], instance=instance, partition_key=key)
        yield instance


def told(subsets: list[Any]) -> dict[str, set[str]]:
    return {one.key.to_user_string(): one.expensively_compute_partition_keys() for one in subsets}


def test_what_was_written_is_moved_partition_by_partition(written: em.DagsterInstance, tmp_path: Path) -> None:
    files = em.FilesystemIOManager(base_dir=str(tmp_path / "moved"))
    moved = em.migrate_io_storage(definitions=DEFS, destination_io_manager=files, instance=written)
    assert told(moved.migrated) == {"stock": {"asia", "eu", "us"}, "total": set()}
    assert moved.skipped == moved.failed == []
    again = em.Definitions([total, stock], resources={"io_manager": files})
    assert again.load_asset_value("total", instance=written) == 3
    assert again.load_asset_value("stock", instance=written, partition_key="eu") == "of eu"


def test_some_are_left_out_others_changed_and_those_that_fail_keep_none_from_moving(
    written: em.DagsterInstance,
) -> None:
    memory = em.InMemoryIOManager()

    def change(value: Any) -> str:
        if value == "of us":
            raise ValueError("not this one")
        return f"{value}!"

    moved = em.migrate_io_storage(
        definitions=DEFS,
        destination_io_manager=memory,
        instance=written,
        selection="key:stock",
        should_skip=lambda key, partition: partition == "asia",
        transform=change,
    )
    assert told(moved.migrated) == {"stock": {"eu"}}
    assert told(moved.skipped) == {"stock": {"asia"}}
    assert told(moved.failed) == {"stock": {"us"}}
    assert list(memory.values.values()) == ["of eu!"]


def test_several_partitions_are_moved_at_once_as_the_policy_allows(written: em.DagsterInstance) -> None:
    batches: list[Any] = []

    class Several(em.IOManager):
        def handle_output(self, context: em.OutputContext, obj: Any) -> None:
            batches.append((list(context.asset_partition_keys), obj))

        def load_input(self, context: em.InputContext) -> None: ...

    moved = em.migrate_io_storage(
        definitions=DEFS,
        destination_io_manager=Several(),
        instance=written,
        selection="key:stock",
        batch_partitions=True,
    )
    assert told(moved.migrated) == {"stock": {"asia", "eu", "us"}}
    assert batches == [(["asia", "eu"], {"asia": "of asia", "eu": "of eu"}), (["us"], "of us")]


def test_without_definitions_or_an_instance_it_says_what_it_takes() -> None:
    with pytest.raises(em.DagsterInvalidInvocationError, match="takes definitions= and instance="):
        em.migrate_io_storage(definitions=DEFS, destination_io_manager=em.InMemoryIOManager())
