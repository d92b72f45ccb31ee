"""A request for stale assets only asks for those that are missing or stale, with what is made from them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import earmark as em
from earmark.guest.tick_evaluator import TickMaker
from earmark.guest.tick_keeping import MadeTick
from earmark.runs.tick import TickAsk, TickOrder
from earmark.values.clock import Micros


def assets(version: str = "1"):
    @em.asset(code_version=version)
    def raw(): ...

    @em.asset(deps=[raw])
    def clean(): ...

    @em.multi_asset(specs=[em.AssetSpec("left", deps=["clean"]), em.AssetSpec("right", deps=["clean"])])
    def both(): ...

    @em.asset
    def other(): ...

    @em.asset(partitions_def=em.StaticPartitionsDefinition(["eu", "us"]))
    def regional(): ...

    @em.asset(partitions_def=em.StaticPartitionsDefinition(["eu", "us"]), deps=[regional])
    def shares(): ...

    return [raw, clean, both, other, regional, shares]


@em.sensor(target=em.AssetSelection.assets("raw", "clean", "left", "right", "other"))
def look():
    return em.RunRequest(stale_assets_only=True)


@em.sensor(target=em.AssetSelection.assets("regional"))
def look_at_eu():
    return em.RunRequest(partition_key="eu", stale_assets_only=True)


@em.sensor(target=em.AssetSelection.assets("shares"))
def look_at_shares():
    return em.RunRequest(
        tags={"dagster/asset_partition_range_start": "eu", "dagster/asset_partition_range_end": "us"},
        stale_assets_only=True,
    )


@em.sensor(target=em.AssetSelection.assets("shares"))
def look_at_shares_of_eu():
    return em.RunRequest(partition_key="eu", stale_assets_only=True)


@pytest.fixture
def instance() -> Iterator[em.DagsterInstance]:
    with em.DagsterInstance.ephemeral() as instance:
        yield instance


def tick(instance: em.DagsterInstance, sensor: str = "look", version: str = "1") -> MadeTick:
    defs = em.Definitions(assets(version), sensors=[look, look_at_eu, look_at_shares, look_at_shares_of_eu])
    order = TickOrder(ask=TickAsk(kind="sensor", name=sensor, tick_id="t"), instigator="here", begun_at=Micros(1))
    made = TickMaker(defs, instance, "here").make(order)
    assert made.result.error is None
    return made


def asked(made: MadeTick) -> list[str]:
    (one,) = made.runs
    return sorted(key.to_user_string() for key in one.run.asset_selection or ())


def test_what_was_never_written_is_asked_for(instance: em.DagsterInstance) -> None:
    assert asked(tick(instance)) == ["clean", "left", "other", "raw", "right"]
    em.materialize(assets()[:3], instance=instance)
    assert asked(tick(instance)) == ["other"]


def test_what_is_made_from_newer_data_or_by_newer_code_is_asked_for_with_what_is_made_from_it(
    instance: em.DagsterInstance,
) -> None:
    em.materialize(assets()[:4], instance=instance)
    assert asked(tick(instance, version="2")) == ["clean", "left", "raw", "right"]
    em.materialize(assets()[:4], selection=["clean"], instance=instance)
    assert asked(tick(instance)) == ["left", "right"]


def test_where_nothing_is_stale_the_tick_is_skipped_and_says_so(instance: em.DagsterInstance) -> None:
    em.materialize(assets()[:4], instance=instance)
    made = tick(instance)
    assert made.runs == ()
    assert made.result.skip_message == "No asset that was asked for is stale or missing."


def test_of_a_partition_only_that_counts(instance: em.DagsterInstance) -> None:
    regional = assets()[4]
    em.materialize([regional], partition_key="us", instance=instance)
    assert asked(tick(instance, "look_at_eu")) == ["regional"]
    em.materialize([regional], partition_key="eu", instance=instance)
    assert tick(instance, "look_at_eu").runs == ()


def test_a_partition_is_asked_for_if_the_one_that_it_needs_was_written_since(instance: em.DagsterInstance) -> None:
    both = assets()[4:]
    for key in ("eu", "us"):
        em.materialize(both, partition_key=key, instance=instance)
    assert tick(instance, "look_at_shares_of_eu").runs == ()
    em.materialize(both[:1], partition_key="us", instance=instance)
    assert tick(instance, "look_at_shares_of_eu").runs == (), "the other partition is none of its"
    assert asked(tick(instance, "look_at_shares")) == ["shares"], "one of the range is stale"
    em.materialize(both[:1], partition_key="eu", instance=instance)
    assert asked(tick(instance, "look_at_shares_of_eu")) == ["shares"]
