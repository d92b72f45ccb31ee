"""The catalog through the API."""

from __future__ import annotations

from earmark.events import kinds
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization
from earmark.values.keys import AssetKey


def keys(answer) -> list[str]:
    return [row["key"] for row in answer.json()["items"]]


def test_assets_are_found_by_two_tags(client):
    assert keys(client.get("/api/assets", params={"q": "tag:domain=marketing tag:pii=true"})) == ["clicks"]


def test_a_bare_word_in_the_filter_bar_searches(client):
    assert keys(client.get("/api/assets", params={"q": "sales"})) == ["orders"]


def test_the_graph_is_part_of_the_one_query_language(client):
    assert keys(client.get("/api/assets", params={"q": "+key:marts/spend"})) == ["clicks", "marts/spend", "orders"]


def test_a_page_ends_with_a_cursor_and_the_next_one_goes_on_there(client):
    first = client.get("/api/assets", params={"limit": 3}).json()
    second = client.get("/api/assets", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    seen = [row["key"] for row in first["items"] + second["items"]]
    assert seen == ["clicks", "marts/daily", "marts/spend", "orders"]
    assert (first["total"], second["next_cursor"]) == (4, None)


def test_every_field_of_a_row_is_there_even_when_nothing_is_known(client):
    row = client.get("/api/assets", params={"q": "key:orders"}).json()["items"][0]
    assert row["status"] == "missing"
    assert {
        name: row[name] for name in ("materialized_at", "run_id", "partitions", "checks", "error")
    } == dict.fromkeys(("materialized_at", "run_id", "partitions", "checks", "error"))


def test_a_failed_asset_shows_its_error_and_the_line(client, world):
    world.fail(world.queue())
    row = client.get("/api/assets", params={"q": "status:failed"}).json()["items"][0]
    assert (row["key"], row["error"]) == ("orders", "KeyError: 'discount_rate'")
    failure = client.get("/api/asset", params={"key": "orders"}).json()["failure"]
    assert failure["error"]["where"] == "shop/assets.py:12"
    assert failure["step"] == ""


def test_an_asset_is_stale_when_what_it_is_made_from_was_written_later(client, world):
    world.record(None, kinds.AssetMaterialized(AssetMaterialization(AssetKey(["marts", "spend"]))))
    assert client.get("/api/asset", params={"key": "marts/spend"}).json()["status"] == "materialized"
    world.succeed(world.queue())
    detail = client.get("/api/asset", params={"key": "marts/spend"}).json()
    assert detail["status"] == "stale"
    assert {cause["asset"] for cause in detail["stale_causes"]} == {"clicks", "orders"}


def test_facets_count_alternatives_of_the_very_field_that_is_narrowed(client):
    found = client.get("/api/facets", params={"scope": "assets", "q": "group:raw", "fields": "group,tag:team"}).json()
    group, team = found["facets"]
    assert found["total"] == 2
    assert {one["value"]: one["count"] for one in group["values"]} == {"marts": 2, "raw": 2}
    assert {one["value"]: one["count"] for one in team["values"]} == {"core": 1, "growth": 1}


def test_typing_a_value_offers_its_tag_first(client):
    found = client.get("/api/complete", params={"scope": "assets", "q": "group:raw mark", "at": 14}).json()
    assert (found["items"][0]["text"], found["items"][0]["count"]) == ("tag:domain=marketing", 2)
    assert (found["replace_from"], found["replace_to"]) == (10, 14)


def test_the_caret_counts_as_browsers_count(client):
    text = 'tag:domain="😀" mark'
    found = client.get("/api/complete", params={"scope": "assets", "q": text, "at": len(text) + 1}).json()
    assert (found["replace_from"], found["replace_to"]) == (16, 20)


def test_an_empty_result_says_which_term_excludes_most(client):
    terms = client.get("/api/terms", params={"scope": "assets", "q": "group:raw tag:tier=gold"}).json()["terms"]
    assert {term["text"]: term["total_without"] for term in terms} == {"group:raw": 1, "tag:tier=gold": 2}


def test_a_query_that_cannot_be_read_points_at_the_character(client):
    answer = client.get("/api/assets", params={"q": "grop:raw"})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (400, "/problems/query")
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["facts"]["position"] == 0
    assert problem["facts"]["length"] == len("grop:raw")


def test_the_graph_draws_groups_first_and_the_assets_of_those_that_are_expanded(client):
    groups = client.get("/api/graph").json()
    assert [(group["id"], group["rank"]) for group in groups["groups"]] == [("marts", 1), ("raw", 0)]
    assert groups["nodes"] == []
    assert groups["edges"] == [{"source": "group:raw", "target": "group:marts", "count": 3}]
    expanded = client.get("/api/graph", params={"expand": "raw"}).json()
    assert [node["key"] for node in expanded["nodes"]] == ["clicks", "orders"]


def test_a_graph_that_the_client_has_is_not_sent_again(client):
    first = client.get("/api/graph")
    again = client.get("/api/graph", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_partitions_are_sent_as_spans_and_filtered_by_status(client, world):
    key = AssetKey(["marts", "daily"])
    for day in ("2025-11-03", "2025-11-04", "2025-11-06"):
        world.record(None, kinds.AssetMaterialized(AssetMaterialization(key, partition=day)))
    found = client.get("/api/asset/partitions/map", params={"key": "marts/daily"}).json()
    spans = [(one["from"], one["to"], one["status"]) for one in found["rows"][0]["spans"]]
    assert spans == [
        (0, 2, "missing"),
        (2, 4, "materialized"),
        (4, 5, "missing"),
        (5, 6, "materialized"),
        (6, 22, "missing"),
    ]
    rows = client.get("/api/asset/partitions", params={"key": "marts/daily", "q": "status:materialized"}).json()
    assert [row["key"] for row in rows["items"]] == ["2025-11-06", "2025-11-04", "2025-11-03"]


def test_a_check_shows_its_latest_result(client, world):
    spend = AssetKey(["marts", "spend"])
    world.record(None, kinds.AssetCheckEvaluated(AssetCheckEvaluation(spend, "spend_is_positive", passed=False)))
    (row,) = client.get("/api/asset/checks", params={"key": "marts/spend"}).json()["items"]
    assert (row["status"], row["is_blocking"], row["history"][0]["passed"]) == ("failed", True, False)
    counts = client.get("/api/assets", params={"q": "key:marts/spend"}).json()["items"][0]["checks"]
    assert counts == {"total": 1, "passed": 0, "failed": 1, "warned": 0}


def test_wiping_an_asset_makes_it_missing_and_is_written_down(client, world):
    world.succeed(world.queue())
    assert client.post("/api/assets/wipe", json={"keys": ["orders"], "partitions": None}).status_code == 204
    assert client.get("/api/asset", params={"key": "orders"}).json()["status"] == "missing"
    (entry,) = client.get("/api/audit", params={"text": "wipe"}).json()["items"]
    assert (entry["author"], entry["action"], entry["target"]) == ("ana", "asset.wipe", "orders")


def test_an_unknown_asset_is_a_404_that_says_what_is_near(client):
    answer = client.get("/api/asset", params={"key": "order"})
    assert answer.status_code == 404
    assert "Did you mean 'orders'?" in answer.json()["detail"]


def test_new_definitions_are_seen_at_the_next_request(client, locations):
    locations.change("shop", manifest=None)
    assert client.get("/api/assets").json()["total"] == 0


def test_an_asset_of_a_location_that_failed_stays_visible_and_is_marked(client, locations):
    locations.change("shop", stale=True, error="ImportError: no module", traceback='  File "shop/a.py", line 3, in x\n')
    assert client.get("/api/asset", params={"key": "orders"}).json()["is_stale_definition"] is True
    (row,) = client.get("/api/locations").json()["items"]
    assert (row["status"], row["error"]["where"]) == ("stale", "shop/a.py:3")


def test_an_asset_that_was_not_tried_is_told_from_one_that_failed(client, world):
    run_id = world.start(world.queue())
    key = AssetKey(["clicks"])
    world.record(run_id, kinds.AssetFailedToMaterialize(key), kinds.AssetFailedToMaterialize(key, skipped=True))
    items = client.get("/api/asset/events", params={"key": "clicks", "kind": "failure"}).json()["items"]
    assert [(item["kind"], item["message"]) for item in items] == [
        ("skip", "An asset upstream failed."),
        ("failure", None),
    ]
