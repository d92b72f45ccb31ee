"""Partitions of two dimensions through the API: their map, a box of it, and launches of that box."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

import earmark as em
from earmark.events import kinds
from earmark.events.assets import AssetMaterialization, AssetObservation
from earmark.specs.job import ASSET_JOB
from earmark.values.keys import AssetKey
from earmark.views import partitions

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

    @em.asset(partitions_def=DAYS, code_version="2")
    def weather():
        return 1

    @em.asset(
        partitions_def=DAYS,
        deps=[em.AssetDep("weather", partition_mapping=em.TimeWindowPartitionMapping(start_offset=-1))],
    )
    def forecast():
        return 1

    @em.asset(partitions_def=em.MonthlyPartitionsDefinition("2025-11-01", end_date="2025-12-01"), deps=[weather])
    def climate():
        return 1

    @em.op
    def count():
        return 1

    @em.job(partitions_def=DAYS)
    def tills():
        count()

    assets = [clicks, orders, takings, visitors, weather, forecast, climate]
    return em.Definitions(assets=assets, jobs=[tills]).manifest()


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


@pytest.mark.parametrize(("only", "count"), [("all", 6), ("missing", 3), ("failed", 1)])
def test_a_launch_of_a_box_takes_all_of_it_or_what_is_missing_or_what_failed(client, written, only, count):
    preview = client.post(
        "/api/launch/preview",
        json={
            "assets": ["takings"],
            "partition_range": {"first": "2025-11-01|centre", "last": "2025-11-03|north"},
            "only": only,
        },
    )
    assert preview.json()["partitions"] == count
    backfill = launch(client, only=only).json()["backfill_id"]
    assert client.get(f"/api/backfills/{backfill}").json()["partitions"]["total"] == count


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


def wrote(world, key, day, code_version=None, data_version=None):
    made = AssetMaterialization(AssetKey(key), partition=day)
    world.record(None, kinds.AssetMaterialized(made, None, code_version, data_version))


def statuses(client, key):
    rows = client.get("/api/asset/partitions", params={"key": key}).json()["items"]
    return {row["key"][-2:]: (row["status"], *row["stale_causes"]) for row in rows if row["status"] != "missing"}


def test_a_partition_is_stale_once_one_that_it_needs_has_other_data(client, world):
    for day in ("2025-11-01", "2025-11-02", "2025-11-03"):
        wrote(world, "weather", day, "2", "v1")
        wrote(world, "forecast", day)
    assert statuses(client, "forecast") == {"01": ("materialized",), "02": ("materialized",), "03": ("materialized",)}
    wrote(world, "weather", "2025-11-02", "2", "v1")
    assert statuses(client, "forecast")["02"] == ("materialized",), "written again with the same data"
    wrote(world, "weather", "2025-11-02", "2", "v2")
    stale = ("stale", "weather has newer data")
    assert statuses(client, "forecast") == {"01": ("materialized",), "02": stale, "03": stale}
    causes = client.get("/api/asset", params={"key": "forecast"}).json()["stale_causes"]
    assert causes == [{"asset": "weather", "reason": "has newer data", "partitions": 2}]
    found = client.get("/api/asset/partitions/map", params={"key": "forecast"}).json()
    assert [(span["from"], span["to"], span["status"]) for span in found["rows"][0]["spans"]] == [
        (0, 1, "materialized"), (1, 3, "stale"), (3, 10, "missing")
    ]  # fmt: skip
    assert found["counts"]["materialized"] == 3, "what is stale is materialized"
    only = client.get("/api/asset/partitions", params={"key": "forecast", "q": "status:stale"}).json()
    assert [row["key"] for row in only["items"]] == ["2025-11-03", "2025-11-02"]
    wrote(world, "forecast", "2025-11-02")
    assert statuses(client, "forecast")["02"] == ("materialized",)


def test_the_list_of_assets_says_which_with_partitions_are_stale_and_finds_them(client, world):
    for key in ("weather", "forecast"):
        wrote(world, key, "2025-11-02", "2")

    def stale():
        found = client.get("/api/assets", params={"q": "status:stale"}).json()["items"]
        return {row["key"]: row["status"] for row in found}

    assert stale() == {}
    wrote(world, "weather", "2025-11-02", "2")
    assert stale() == {"forecast": "stale"}
    wrote(world, "forecast", "2025-11-02", "2")
    assert stale() == {}


def test_a_partition_written_by_other_code_is_stale(client, world):
    wrote(world, "weather", "2025-11-01", "1")
    wrote(world, "weather", "2025-11-02", "2")
    assert statuses(client, "weather") == {
        "01": ("stale", "weather has another code version"),
        "02": ("materialized",),
    }


def test_a_partition_observed_with_another_version_makes_what_needs_it_stale(client, world):
    wrote(world, "weather", "2025-11-01", "2", "v1")
    wrote(world, "forecast", "2025-11-01")
    seen = AssetObservation(AssetKey("weather"), partition="2025-11-01")
    world.record(None, kinds.AssetObserved(seen, "v1"))
    assert statuses(client, "forecast") == {"01": ("materialized",)}
    world.record(None, kinds.AssetObserved(seen, "v7"))
    assert statuses(client, "forecast") == {"01": ("stale", "weather has newer data")}


def test_a_map_shows_a_run_in_progress_and_its_end(client, world):
    run_id = world.start(world.queue(ASSET_JOB))
    world.record(run_id, kinds.AssetMaterializationPlanned(AssetKey("visitors"), "2025-11-01"))
    assert statuses(client, "visitors") == {"01": ("running",)}
    world.record(run_id, kinds.RunSucceeded())
    assert statuses(client, "visitors") == {}


def test_a_row_of_very_many_spans_is_sent_as_lengths(client, monkeypatch, written):
    whole = client.get("/api/asset/partitions/map", params={"key": "takings"}).json()
    monkeypatch.setattr(partitions, "_MOST_SPANS_OF_ROW", 2)
    found = client.get("/api/asset/partitions/map", params={"key": "takings"}).json()
    assert (found["rows"][1]["spans"], found["rows"][1]["lengths"]) == ([], "wfw")
    assert [row["lengths"] for row in whole["rows"]] == [None] * 10
    assert found["rows"][0] == whole["rows"][0], "a row of few spans says them"


def test_the_partitions_of_a_backfill_are_those_of_its_topmost_asset(client):
    body = {"assets": ["climate", "weather"], "ranges": [{"first": "2025-11-01", "last": "2025-11-03"}]}
    backfill = client.post("/api/backfills", json=body).json()["backfill_id"]
    found = client.get(f"/api/backfills/{backfill}").json()
    assert (found["first"], found["last"]) == ("2025-11-01", "2025-11-03"), "days, and not the month"


def test_a_backfill_of_failures_where_nothing_failed_is_refused(client):
    answer = client.post("/api/backfills", json={"assets": ["visitors"], "only": "failed"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "No partition is left to be written.")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/launch", {"partition_range": {"first": "2025-11-01", "last": "2025-11-03"}}),
        ("/api/backfills", {"ranges": [{"first": "2025-11-01", "last": "2025-11-03"}]}),
    ],
)
def test_a_range_and_a_backfill_know_equally_little_of_what_a_job_without_assets_has_done(client, path, body):
    answer = client.post(path, json={"job": "tills", **body, "only": "missing"})
    assert (answer.status_code, answer.json()["facts"]["path"]) == (422, "only")
    assert client.post(path, json={"job": "tills", **body}).json()["backfill_id"]


def test_the_page_of_a_job_and_its_launch_are_cut_alike_by_the_topmost_asset(client):
    page = client.get("/api/job", params={"name": "__ASSET_JOB"}).json()["partition_dimensions"]
    q = "key:climate or key:forecast or key:visitors or key:weather or key:takings"
    form = client.get("/api/launch/form", params={"q": q}).json()["partition_dimensions"]
    assert page == form


def test_a_launch_of_a_cell_shows_the_tag_of_each_dimension(client):
    body = {"assets": ["takings"], "partition": "2025-11-02|north"}
    found = client.post("/api/launch/preview", json=body).json()
    tags = {row["key"]: row["value"] for row in found["tags"] if row["key"].startswith("dagster/partition")}
    assert tags == {
        "dagster/partition": "2025-11-02|north",
        "dagster/partition/day": "2025-11-02",
        "dagster/partition/shop": "north",
    }
    wrong = client.post("/api/launch/preview", json={**body, "partition": "2025-11-02|west"}).json()
    assert [fault["path"] for fault in wrong["faults"]] == ["partition"]
