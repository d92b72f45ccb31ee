"""Configuration and tags by partition, and requests for runs of partitions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import earmark as em
from earmark.define.run_request import WithAdded
from earmark.partitions.dynamic import DeleteDynamicPartitionsRequest
from earmark.values.errors import (
    DagsterInvalidDefinitionError,
    DagsterUnknownPartitionError,
    InvalidTagError,
)

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


@em.op(config_schema=em.Permissive())
def load(context):
    return context.op_config


@em.daily_partitioned_config("2026-11-01", tags_for_partition_fn=lambda start, end: {"weekday": start.weekday()})
def by_day(start, end):
    return {"ops": {"load": {"config": {"from": start.isoformat(), "to": end.isoformat()}}}}


@em.job(config=by_day, tags={"team": "ml"})
def daily():
    load()


def test_a_request_for_a_partition_has_its_tags_and_its_configuration() -> None:
    asked = daily.run_request_for_partition("2026-11-02", run_key="k", tags={"own": "1"}, current_time=NOON)
    assert asked.run_key == "k"
    assert asked.partition_key == "2026-11-02"
    assert asked.job_name == "daily"
    assert asked.tags == {
        "own": "1",
        "weekday": "0",
        "dagster/partition": "2026-11-02",
        "dagster/partition_set": "daily_partition_set",
    }
    assert asked.run_config["ops"]["load"]["config"]["to"] == "2026-11-03T00:00:00+00:00"
    assert asked.has_resolved_partition()


def test_given_configuration_wins_over_that_of_the_partition() -> None:
    asked = daily.run_request_for_partition("2026-11-02", run_config={"ops": {"load": {"config": {"x": 1}}}})
    assert asked.run_config == {"ops": {"load": {"config": {"x": 1}}}}


def test_a_partition_that_is_not_there_yet_is_unknown() -> None:
    with pytest.raises(DagsterUnknownPartitionError, match="2026-11-05"):
        daily.run_request_for_partition("2026-11-05", current_time=NOON)


def test_a_job_without_partitions_has_no_request_for_one() -> None:
    @em.job
    def plain():
        load()

    with pytest.raises(DagsterInvalidDefinitionError, match="not partitioned"):
        plain.run_request_for_partition("2026-11-02")


def test_a_run_of_a_partition_is_configured_and_tagged_by_the_function() -> None:
    result = daily.execute_in_process(partition_key="2026-11-03")
    assert result.output_for_node("load") == {"from": "2026-11-03T00:00:00+00:00", "to": "2026-11-04T00:00:00+00:00"}
    tags = result.dagster_run.tags
    assert (tags["weekday"], tags["dagster/partition"], tags["team"]) == ("1", "2026-11-03", "ml")


def test_a_partition_function_cannot_forge_where_a_run_came_from() -> None:
    @em.static_partitioned_config(["a"], tags_for_partition_key_fn=lambda key: {"dagster/backfill": "x"})
    def forged(key):
        return {}

    with pytest.raises(InvalidTagError, match="dagster/backfill"):
        forged.get_tags_for_partition_key("a")


def test_keys_added_by_the_same_tick_count_as_existing() -> None:
    cities = em.DynamicPartitionsDefinition(name="cities")

    @em.job(partitions_def=cities)
    def by_city():
        load()

    asked = em.RunRequest(partition_key="Turku")
    added = asked.with_resolved_tags_and_config(by_city, [cities.build_add_request(["Turku"])])
    assert added.tags["dagster/partition"] == "Turku"
    with pytest.raises(DagsterUnknownPartitionError):
        asked.with_resolved_tags_and_config(by_city, [DeleteDynamicPartitionsRequest("cities", ("Turku",))])
    assert WithAdded(None, []).get_dynamic_partitions("cities") == []


def test_a_run_request_refuses_tags_that_only_the_system_sets() -> None:
    with pytest.raises(InvalidTagError, match="dagster/schedule_name"):
        em.RunRequest(tags={"dagster/schedule_name": "nightly"})


@pytest.mark.parametrize("given", [{}, {"run_config_for_partition_fn": dict, "run_config_for_partition_key_fn": dict}])
def test_a_partitioned_config_takes_exactly_one_config_function(given: dict) -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="exactly one"):
        em.PartitionedConfig(em.StaticPartitionsDefinition(["a"]), **given)


def test_the_decorator_of_a_config_without_arguments_says_what_it_needs() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="needs arguments"):

        @em.daily_partitioned_config
        def wrong(start, end):
            return {}
