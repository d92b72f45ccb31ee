"""Records of events, as sensors of users ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import earmark as em
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.values.clock import Micros
from earmark.values.errors import DagsterInvalidInvocationError, InvalidTagError

KEY = em.AssetKey("takings")
TYPE = em.DagsterEventType


@pytest.fixture
def instance() -> Iterator[em.DagsterInstance]:
    with em.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def written(instance: em.DagsterInstance) -> list[int]:
    """Six materializations of two partitions in turn; their numbers."""
    for number in range(6):
        partition = "north" if number % 2 else "south"
        instance.report_runless_asset_event(em.AssetMaterialization(KEY, partition=partition))
    instance.report_runless_asset_event(em.AssetObservation(KEY))
    return [record.storage_id for record in instance.fetch_materializations(KEY, ascending=True).records]


def numbers(result) -> list[int]:
    return [record.storage_id for record in getattr(result, "records", result)]


def test_records_come_a_page_at_a_time_from_either_end(instance: em.DagsterInstance, written: list[int]) -> None:
    for ascending in (True, False):
        seen: list[int] = []
        cursor = None
        while True:
            page = instance.fetch_materializations(KEY, limit=4, cursor=cursor, ascending=ascending)
            seen += numbers(page)
            cursor = page.cursor
            if not page.has_more:
                break
        assert seen == (written if ascending else written[::-1])


def test_records_are_narrowed_by_partition_number_and_cursor(instance: em.DagsterInstance, written: list[int]) -> None:
    def found(limit: int = 100, ascending: bool = True, **wanted) -> list[int]:
        chosen = em.AssetRecordsFilter(KEY, **wanted)
        return numbers(instance.fetch_materializations(chosen, limit=limit, ascending=ascending))

    assert found(asset_partitions=["north"]) == written[1::2]
    assert found(asset_partitions=["north", "south"], ascending=False, limit=3) == written[:2:-1]
    assert found(after_storage_id=written[1], before_storage_id=written[4]) == written[2:4]
    assert found(after_storage_id=written[1], before_storage_id=written[4], ascending=False) == written[3:1:-1]
    assert found(storage_ids=[written[0], written[5]], limit=2) == [written[0], written[5]]


def test_records_before_an_instant_are_found_behind_those_after_it(instance: em.DagsterInstance) -> None:
    written = [
        Event(AssetMaterialized(em.AssetMaterialization(KEY)), Micros(at * 1_000_000)) for at in range(10, 60, 10)
    ]
    instance.store.runs.report(written)
    for wanted, at in ((em.AssetRecordsFilter(KEY, before_timestamp=30), 20), (em.AssetRecordsFilter(KEY), 50)):
        assert [one.timestamp for one in instance.fetch_materializations(wanted, limit=1).records] == [at]
    after = em.AssetRecordsFilter(KEY, after_timestamp=30)
    assert [one.timestamp for one in instance.fetch_materializations(after, limit=1, ascending=True).records] == [40]


def test_one_filter_finds_events_of_assets_and_of_runs(instance: em.DagsterInstance, written: list[int]) -> None:
    wanted = em.EventRecordsFilter(TYPE.ASSET_MATERIALIZATION, KEY, asset_partitions=["south"], after_cursor=written[0])
    assert numbers(instance.get_event_records(wanted)) == [written[4], written[2]]
    assert numbers(instance.get_event_records(wanted, limit=1, ascending=True)) == [written[2]]
    assert len(instance.get_event_records(em.EventRecordsFilter(TYPE.ASSET_OBSERVATION, KEY))) == 1

    @em.asset
    def orders(): ...

    run_id = em.materialize([orders], instance=instance).run_id
    ended = instance.get_event_records(em.EventRecordsFilter(TYPE.RUN_SUCCESS))
    assert [record.run_id for record in ended] == [run_id]


def test_a_filter_that_means_no_records_is_refused() -> None:
    with pytest.raises(DagsterInvalidInvocationError, match="asset_key"):
        em.EventRecordsFilter(TYPE.ASSET_MATERIALIZATION)
    with pytest.raises(DagsterInvalidInvocationError, match="ASSET_MATERIALIZATION, ASSET_OBSERVATION"):
        em.EventRecordsFilter(TYPE.STEP_START)


def test_code_gives_a_run_more_tags_but_none_that_only_the_system_sets(instance: em.DagsterInstance) -> None:
    @em.op
    def label(context: em.OpExecutionContext) -> None:
        context.instance.add_run_tags(context.run_id, {"rows": 7})

    @em.job(tags={"team": "ml"})
    def labelling() -> None:
        label()

    run_id = labelling.execute_in_process(instance=instance).run_id
    assert instance.has_run(run_id)
    assert not instance.has_run("no such run")
    assert [run.run_id for run in instance.get_runs("tag:rows=7 tag:team=ml")] == [run_id]
    with pytest.raises(InvalidTagError, match="dagster/parent_run_id"):
        instance.add_run_tags(run_id, {"dagster/parent_run_id": "x"})
    with pytest.raises(em.DagsterRunNotFoundError):
        instance.add_run_tags("no such run", {"a": "b"})


def test_an_event_of_a_key_of_several_dimensions_is_stored_as_text(instance: em.DagsterInstance) -> None:
    key = em.MultiPartitionKey({"day": "2026-11-01", "region": "eu"})
    instance.report_runless_asset_event(em.AssetMaterialization(KEY, partition=key))
    assert instance.get_materialized_partitions(KEY) == {"2026-11-01|eu"}
