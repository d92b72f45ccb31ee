"""Partitions of two dimensions through the API: their map, a box of it, and launches of that box."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import earmark as em
from earmark.events import kinds
from earmark.events.assets import AssetMaterialization
from earmark.values.keys import AssetKey

DAYS = em.DailyPartitionsDefinition("2025-11-01", end_date="2025-11-11")
SHOPS = em.StaticPartitionsDefinition(["centre", "north", "station"])
KEY = AssetKey("takings")


@pytest.fixture(scope="module")
def manifest():
    @em.asset
    def clicks():
        return 1

    @em.asset
    def orders():
        return 1

    @em.asset(partitions_def=em.MultiPartitionsDefinition({"day": DAYS, "shop": SHOPS}))
    def takings():
        return 1

    @em.asset(partitions_def=DAYS)
    def visitors():
        return 1

    return em.Definitions(assets=[clicks, orders, takings, visitors]).manifest()


@pytest.fixture
def written(world):
    """Two days of all shops; the north failed on the second."""
    for day in ("2025-11-01", "2025-11-02"):
        for shop in ("centre", "north", "station"):
            partition = f"{day}|{shop}"
            if (day, shop) == ("2025-11-02", "north"):
                error = kinds.ErrorInfo("ValueError", "the till is shut", ())
                world.record(None, kinds.AssetFailedToMaterialize(KEY, partition, error=error))
            else:
                world.record(None, kinds.AssetMaterialized(AssetMaterialization(KEY, partition=partition)))


def box(client, **params):
    return client.get("/api/asset/partitions/box", params={"key": "takings", **params})


def launch(client, **changes):
    body = {"assets": ["takings"], "partition_range": {"first": "2025-11-01|centre", "last": "2025-11-03|north"}}
    return client.post("/api/launch", json={**body, **changes})


def test_a_map_of_two_dimensions_has_a_row_for_each_key_of_the_first_and_names_both(client, written):
    found = client.get("/api/asset/partitions/map", params={"key": "takings"}).json()
    assert [(one["name"], one["total"], one["keys"][0], one["keys"][-1]) for one in found["dimensions"]] == [
        ("day", 10, "2025-11-01", "2025-11-10"),
        ("shop", 3, "centre", "station"),
    ]
    assert [row["key"] for row in found["rows"]] == found["dimensions"][0]["keys"]
    assert [(span["from"], span["to"], span["status"]) for span in found["rows"][1]["spans"]] == [
        (0, 1, "materialized"),
        (1, 2, "failed"),
        (2, 3, "materialized"),
    ]


def test_partitions_of_two_dimensions_are_listed_with_whole_keys(client, written):
    rows = client.get("/api/asset/partitions", params={"key": "takings", "q": "status:failed"}).json()["items"]
    assert [(row["key"], row["error"]) for row in rows] == [("2025-11-02|north", "ValueError: the till is shut")]


def test_a_box_has_its_corners_and_counts_each_status(client, written):
    found = box(client, start=0, end=2, first_row="2025-11-02", last_row="2025-11-04").json()
    assert (found["first"], found["last"]) == ("2025-11-02|centre", "2025-11-04|north")
    assert found["counts"] == {"total": 6, "materialized": 1, "failed": 1, "running": 0, "missing": 4}


def test_a_box_of_one_dimension_needs_no_rows(client):
    found = client.get("/api/asset/partitions/box", params={"key": "visitors", "start": 2, "end": 5}).json()
    assert (found["first"], found["last"], found["counts"]["missing"]) == ("2025-11-03", "2025-11-05", 3)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"start": 2, "end": 2, "first_row": "2025-11-01", "last_row": "2025-11-01"}, "holds no partition"),
        ({"start": 0, "end": 1}, "first_row"),
        ({"key": "orders", "start": 0, "end": 1}, "no partitions"),
    ],
)
def test_a_box_that_holds_nothing_says_why(client, params, words):
    answer = box(client, **params)
    assert (answer.status_code, words in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(("only", "partitions"), [("all", 6), ("missing", 3), ("failed", 1)])
def test_a_launch_of_a_box_takes_all_of_it_or_what_is_missing_or_what_failed(client, written, only, partitions):
    preview = client.post(
        "/api/launch/preview",
        json={
            "assets": ["takings"],
            "partition_range": {"first": "2025-11-01|centre", "last": "2025-11-03|north"},
            "only": only,
        },
    )
    assert preview.json()["partitions"] == partitions
    backfill = launch(client, only=only).json()["backfill_id"]
    assert client.get(f"/api/backfills/{backfill}").json()["partitions"]["total"] == partitions


def test_a_launch_of_failures_where_nothing_failed_is_refused(client):
    answer = launch(client, only="failed")
    assert (answer.status_code, answer.json()["detail"]) == (422, "No partition is left to be written.")


@pytest.fixture
def backfill(client, written, clock):
    """A backfill of four cells, begun after some of them were written."""
    clock.go(1)
    found = launch(client, partition_range={"first": "2025-11-01|centre", "last": "2025-11-02|north"})
    return found.json()["backfill_id"]


def test_a_backfill_of_two_dimensions_is_drawn_from_its_grid(client, backfill, store, world, clock):
    before = client.get(f"/api/backfills/{backfill}/grid", params={"asset": "takings"})
    assert (before.status_code, "one dimension" in before.json()["detail"]) == (400, True), "it is not cut yet"
    one = store.backfills.get(backfill)
    cut = {"takings": {"day": ["2025-11-01", "2025-11-02"], "shop": ["centre", "north"]}}
    store.backfills.update(replace(one, data={**one.data, "dimensions": cut}))
    clock.go(1)
    world.record(None, kinds.AssetMaterialized(AssetMaterialization(KEY, partition="2025-11-02|centre")))
    [strip] = client.get(f"/api/backfills/{backfill}").json()["strips"]
    assert strip["dimensions"] == ["day", "shop"]
    grid = client.get(f"/api/backfills/{backfill}/grid", params={"asset": "takings"}).json()
    assert [[each["name"], each["keys"]] for each in grid["dimensions"]] == [
        ["day", ["2025-11-01", "2025-11-02"]], ["shop", ["centre", "north"]]
    ]  # fmt: skip
    assert [[row["key"], [span["status"] for span in row["spans"]]] for row in grid["rows"]] == [
        ["2025-11-01", ["missing"]], ["2025-11-02", ["materialized", "failed"]]
    ]  # fmt: skip


def test_a_grid_of_what_a_backfill_does_not_fill_is_not_found(client, backfill):
    answer = client.get(f"/api/backfills/{backfill}/grid", params={"asset": "takins"})
    assert (answer.status_code, "takings" in answer.json()["detail"]) == (404, True)
