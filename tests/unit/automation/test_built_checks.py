"""Checks that are built: of freshness, of columns, of numbers; and the sensor that has the first evaluated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import earmark as em
from earmark.events.envelope import Event
from earmark.events.kinds import AssetMaterialized
from earmark.testing.fakes import HandClock
from earmark.values.errors import DagsterInvalidDefinitionError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@em.asset
def orders():
    return em.MaterializeResult(metadata={"rows": 5})


@em.asset(partitions_def=em.DailyPartitionsDefinition("2026-11-01"))
def daily(): ...


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
def instance(clock: HandClock) -> Iterator[em.DagsterInstance]:
    with em.DagsterInstance.ephemeral() as instance:
        instance.clock = clock
        yield instance


def write(instance: em.DagsterInstance, key: str = "orders", partition: str | None = None, **metadata: Any) -> None:
    made = em.AssetMaterialization(key, partition=partition, metadata=metadata)
    instance.store.runs.report([Event(AssetMaterialized(made), instance.clock())])


def evaluate(instance: em.DagsterInstance, checks: Any) -> list[em.AssetCheckEvaluation]:
    """Evaluate checks without writing their assets."""
    defs = em.Definitions([orders, daily, em.AssetSpec("source")], asset_checks=checks)
    job = em.define_asset_job("checks", em.AssetSelection.checks(*checks))
    result = (
        em.Definitions.merge(defs, em.Definitions(jobs=[job]))
        .get_job_def("checks")
        .execute_in_process(instance=instance)
    )
    assert result.success
    return result.get_asset_check_evaluations()


def test_an_asset_is_fresh_for_as_long_after_its_update_as_the_check_allows(
    instance: em.DagsterInstance, clock: HandClock
) -> None:
    checks = em.build_last_update_freshness_checks(assets=[orders], lower_bound_delta=2 * HOUR)
    (never,) = evaluate(instance, checks)
    assert (never.passed, never.severity) == (False, em.AssetCheckSeverity.WARN)
    assert never.description == "The asset was never materialized or observed."
    write(instance)
    clock.forward(seconds=3600)
    (fresh,) = evaluate(instance, checks)
    assert fresh.passed
    assert fresh.description == "The asset was updated 1:00:00 ago; it is fresh until 2026-11-23 14:00 UTC."
    assert fresh.metadata["dagster/fresh_until_timestamp"].value == (NOON + 2 * HOUR).timestamp()
    assert fresh.metadata["dagster/last_updated_timestamp"].value == NOON.timestamp()
    clock.forward(seconds=3601)
    (late,) = evaluate(instance, checks)
    assert not late.passed
    assert "dagster/fresh_until_timestamp" not in late.metadata


def test_with_a_deadline_an_update_counts_that_was_shortly_before_it_or_later(
    instance: em.DagsterInstance, clock: HandClock
) -> None:
    checks = em.build_last_update_freshness_checks(
        assets=["orders"], lower_bound_delta=HOUR, deadline_cron="0 9 * * *", timezone="Europe/Berlin"
    )
    clock.forward(seconds=-5 * 3600 - 60)  # 06:59 UTC, 07:59 in Berlin: a minute too early for nine o'clock
    write(instance)
    clock.forward(seconds=5 * 3600 + 60)
    (late,) = evaluate(instance, checks)
    assert not late.passed
    write(instance)
    (fresh,) = evaluate(instance, checks)
    assert fresh.passed
    assert fresh.metadata["dagster/fresh_until_timestamp"].value == datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp()


def test_an_observation_may_say_when_its_asset_was_updated(instance: em.DagsterInstance) -> None:
    checks = em.build_last_update_freshness_checks(assets=["source"], lower_bound_delta=HOUR)
    old = em.MetadataValue.timestamp(NOON - 2 * HOUR)
    instance.report_runless_asset_event(em.AssetObservation("source", metadata={"dagster/last_updated_timestamp": old}))
    assert not evaluate(instance, checks)[0].passed
    new = em.MetadataValue.timestamp(NOON - HOUR / 2)
    instance.report_runless_asset_event(em.AssetObservation("source", metadata={"dagster/last_updated_timestamp": new}))
    assert evaluate(instance, checks)[0].passed


def test_the_partition_that_is_due_is_the_last_whose_window_had_ended_by_the_deadline(
    instance: em.DagsterInstance, clock: HandClock
) -> None:
    checks = em.build_time_partition_freshness_checks(assets=[daily], deadline_cron="0 13 * * *")
    (missing,) = evaluate(instance, checks)
    assert missing.description == "The partition 2026-11-21 was due at 2026-11-22 13:00 UTC and is not there."
    write(instance, "daily", "2026-11-21")
    assert evaluate(instance, checks)[0].passed
    clock.forward(seconds=3600)  # the next deadline
    assert not evaluate(instance, checks)[0].passed
    write(instance, "daily", "2026-11-22")
    assert evaluate(instance, checks)[0].passed


def test_the_sensor_asks_for_a_check_only_when_it_may_come_out_otherwise(
    instance: em.DagsterInstance, clock: HandClock
) -> None:
    checks = em.build_last_update_freshness_checks(assets=[orders], lower_bound_delta=HOUR)
    sensor = em.build_sensor_for_freshness_checks(freshness_checks=checks)
    defs = em.Definitions([orders], asset_checks=checks, sensors=[sensor])

    def asks() -> bool:
        told = sensor.evaluate_tick(em.build_sensor_context(instance=instance, definitions=defs))
        assert all(request.asset_check_keys == [*checks[0].check_keys] for request in told.run_requests)
        return bool(told.run_requests)

    assert (sensor.name, sensor.default_status) == ("freshness_checks_sensor", em.DefaultSensorStatus.STOPPED)
    assert asks(), "it was never evaluated"
    evaluate(instance, checks)
    assert not asks(), "it did not pass, and nothing was written since"
    clock.forward(seconds=1)
    write(instance)
    assert asks(), "its asset was written since"
    evaluate(instance, checks)
    assert not asks(), "it is fresh"
    clock.forward(seconds=3600)
    assert asks(), "it may no longer be fresh"


@pytest.mark.parametrize(
    ("old", "new", "passed", "words"),
    [
        ({"id": "int"}, {"id": "int"}, True, "The columns are those of the materialization before."),
        ({"id": "int"}, {"id": "text", "at": "date"}, False, "Columns added: at; of another type: id: int -> text."),
        ({"id": "int", "at": "date"}, {"id": "int"}, False, "Columns removed: at."),
        ({"id": "int"}, None, False, "The latest materialization has no metadata 'dagster/column_schema'."),
    ],
)
def test_a_change_of_columns_is_told_by_its_names(
    instance: em.DagsterInstance, old: dict[str, str], new: dict[str, str] | None, passed: bool, words: str
) -> None:
    checks = em.build_column_schema_change_checks(assets=[orders], severity=em.AssetCheckSeverity.ERROR)
    assert evaluate(instance, checks)[0].description == "The asset was materialized fewer than two times."
    for columns in (old, new):
        schema = {} if columns is None else {"dagster/column_schema": em.TableSchema.from_name_type_dict(columns)}
        write(instance, **schema)
    (found,) = evaluate(instance, checks)
    assert (found.passed, found.description) == (passed, words)


@pytest.mark.parametrize(
    ("bounds", "passed"),
    [
        ({"min_value": 5}, True),
        ({"min_value": 5, "exclusive_min": True}, False),
        ({"max_value": 5}, True),
        ({"max_value": 5, "exclusive_max": True}, False),
        ({"min_value": 1, "max_value": 4}, False),
    ],
)
def test_a_number_lies_between_its_bounds(instance: em.DagsterInstance, bounds: dict[str, Any], passed: bool) -> None:
    checks = em.build_metadata_bounds_checks(assets=[orders], metadata_key="rows", **bounds)
    assert evaluate(instance, checks)[0].description == "The asset was never materialized."
    write(instance, rows=5)
    assert evaluate(instance, checks)[0].passed is passed


def test_what_cannot_be_checked_is_refused_where_it_is_written() -> None:
    refused = [
        lambda: em.build_last_update_freshness_checks(assets=[orders, "orders"], lower_bound_delta=HOUR),
        lambda: em.build_last_update_freshness_checks(assets=[], lower_bound_delta=HOUR),
        lambda: em.build_last_update_freshness_checks(assets=[orders], lower_bound_delta=timedelta()),
        lambda: em.build_last_update_freshness_checks(assets=[orders], lower_bound_delta=HOUR, deadline_cron="at nine"),
        lambda: em.build_metadata_bounds_checks(assets=[orders], metadata_key="rows"),
        lambda: em.build_metadata_bounds_checks(assets=[orders], metadata_key="rows", min_value=2, max_value=1),
        lambda: em.build_sensor_for_freshness_checks(freshness_checks=[]),
    ]
    for build in refused:
        with pytest.raises(DagsterInvalidDefinitionError) as raised:
            build()
        assert raised.value.where is not None and raised.value.where.file == __file__


def test_a_check_reads_what_its_own_run_has_just_written(instance: em.DagsterInstance) -> None:
    checks = em.build_metadata_bounds_checks(assets=[orders], metadata_key="rows", min_value=1)
    result = em.materialize([orders, *checks], instance=instance)
    assert [one.description for one in result.get_asset_check_evaluations()] == ["'rows' is 5."]
