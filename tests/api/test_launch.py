"""Launching through the API, and what is said before."""

from __future__ import annotations

import pytest

from earmark.daemon.policy import set_limit
from earmark.runs.limits import QueuePolicy

GOOD = "ops:\n  load:\n    config:\n      limit: 3\n"


def test_the_preview_shows_each_tag_with_its_origin_and_what_it_won_over(client):
    request = {"job": "sync_crm", "config": GOOD, "tags": {"team": "ml", "reason": "hotfix"}}
    rows = {row["key"]: row for row in client.post("/api/launch/preview", json=request).json()["tags"]}
    assert (rows["tier"]["origin"], rows["tier"]["origin_name"]) == ("job", "sync_crm")
    assert (rows["team"]["value"], rows["team"]["origin"]) == ("ml", "request")
    assert rows["team"]["overrides"] == [{"value": "growth", "origin": "job", "origin_name": "sync_crm"}]


def test_an_inherited_tag_can_be_left_out(client):
    request = {"job": "sync_crm", "config": GOOD, "remove_tags": ["team"]}
    rows = client.post("/api/launch/preview", json=request).json()["tags"]
    assert "team" not in {row["key"] for row in rows}


def test_the_preview_says_which_limit_binds_and_the_place_in_the_queue(client, world, store):
    set_limit(QueuePolicy(), store, {"key": "team", "value": "growth", "limit": 1}, "ana")
    world.start(world.queue(team="growth"))
    world.queue(team="growth")
    found = client.post("/api/launch/preview", json={"job": "sync_crm", "config": GOOD}).json()
    assert [(gate["label"], gate["used"], gate["limit"]) for gate in found["gates"] if not gate["is_open"]] == [
        ("team=growth", 1, 1)
    ]
    assert found["position"] == 2
    free = client.post("/api/launch/preview", json={"job": "sync_crm", "config": GOOD, "tags": {"team": "core"}}).json()
    assert free["position"] is None


def test_a_preview_stores_nothing(client, store, locations):
    client.post("/api/launch/preview", json={"job": "sync_crm", "config": GOOD})
    assert (store.runs.count(), locations.asked, store.audit.list()) == (0, [], [])


@pytest.mark.parametrize(
    ("config", "path", "line"),
    [("ops: [", "", 1), ("- a", "", 1), ("ops: {load: {config: {limit: many}}}", "ops.load.config.limit", None)],
)
def test_a_configuration_with_a_fault_is_not_launched(client, locations, config, path, line):
    answer = client.post("/api/launch", json={"job": "sync_crm", "config": config})
    assert answer.status_code == 422
    assert [(fault["path"], fault["line"]) for fault in answer.json()["facts"]["faults"]] == [(path, line)]
    assert locations.asked == []


def test_a_launch_asks_the_location_of_the_job_and_is_written_down(client, locations):
    locations.answers["submit_run"] = {"run_id": "r-1", "notices": []}
    answer = client.post("/api/launch", json={"job": "sync_crm", "config": GOOD, "tags": {"reason": "hotfix"}})
    assert (answer.status_code, answer.json()) == (201, {"run_ids": ["r-1"], "backfill_id": None})
    ((location, kind, payload),) = locations.asked
    assert (location, kind, payload["job_name"]) == ("shop", "submit_run", "sync_crm")
    assert payload["ask"]["tags"] == {"reason": "hotfix"}
    assert payload["ask"]["run_config"] == {"ops": {"load": {"config": {"limit": 3}}}}
    assert payload["ask"]["user"] == "ana"
    assert client.get("/api/audit").json()["items"][0]["action"] == "run.launch"


def test_what_crosses_to_user_code_is_read_there_as_it_was(client, locations, world):
    import msgspec

    from earmark.runs.request import RunAsk

    locations.answers["submit_run"] = {"run_id": "r-1", "notices": []}
    parent = world.fail(world.queue())
    client.post("/api/launch", json={"parent": parent, "mode": "from_failure", "tags": {"reason": "again"}})
    ask = msgspec.convert(locations.asked[0][2]["ask"], RunAsk)
    assert ask.again is not None
    assert (ask.again.parent.run_id, ask.again.from_failure) == (parent, True)
    assert ask.step_keys == ("orders",)


def test_assets_are_launched_by_a_query(client, locations):
    locations.answers["submit_run"] = {"run_id": "r-1", "notices": []}
    assert client.post("/api/launch", json={"q": "group:raw"}).status_code == 201
    selection = locations.asked[0][2]["ask"]["asset_selection"]
    assert sorted(one["path"] for one in selection) == [("clicks",), ("orders",)]


def test_a_range_of_partitions_becomes_a_backfill(client):
    request = {"assets": ["marts/daily"], "partition_range": {"first": "2025-11-03", "last": "2025-11-05"}}
    assert client.post("/api/launch/preview", json=request).json()["partitions"] == 3
    backfill = client.post("/api/launch", json=request).json()["backfill_id"]
    detail = client.get(f"/api/backfills/{backfill}").json()
    assert (detail["first"], detail["last"], detail["partitions"]["total"]) == ("2025-11-03", "2025-11-05", 3)
    assert (detail["status"], detail["author"]) == ("queued", "ana")


def test_a_backfill_of_what_is_missing_leaves_out_what_is_there(client, world):
    from earmark.events import kinds
    from earmark.events.assets import AssetMaterialization
    from earmark.values.keys import AssetKey

    wrote = AssetMaterialization(AssetKey(["marts", "daily"]), partition="2025-11-04")
    world.record(None, kinds.AssetMaterialized(wrote))
    body = {"assets": ["marts/daily"], "ranges": [{"first": "2025-11-03", "last": "2025-11-05"}], "only": "missing"}
    backfill = client.post("/api/backfills", json=body).json()["backfill_id"]
    assert client.get(f"/api/backfills/{backfill}").json()["partitions"]["total"] == 2


def test_a_backfill_is_paused_resumed_and_canceled_but_not_twice(client):
    body = {"assets": ["marts/daily"], "partitions": ["2025-11-03"]}
    backfill = client.post("/api/backfills", json=body).json()["backfill_id"]
    acts = [
        client.post(f"/api/backfills/{backfill}/{one}").status_code for one in ("pause", "pause", "resume", "cancel")
    ]
    assert acts == [202, 409, 202, 202]
    edited = client.patch(f"/api/backfills/{backfill}", json={"priority": 5, "tags": {"set": {"a": "b"}}}).json()
    assert (edited["priority"], edited["tags"]["a"]) == (5, "b")


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({}, "names a job, or assets"),
        ({"job": "sync_cmr"}, "Did you mean 'sync_crm'?"),
        ({"assets": ["clicks"], "partition_range": {"first": "a", "last": "b"}}, "Nothing in"),
        ({"job": "sync_crm", "mode": "from_failure"}, "executed again"),
        ({"job": "sync_crm", "tags": {"dagster/backfill": "x"}}, "set by a backfill"),
        ({"job": "sync_crm", "tags": {"dagster/priorty": "1"}}, "Did you mean 'dagster/priority'?"),
    ],
)
def test_a_launch_that_makes_no_sense_says_why(client, request_, words):
    answer = client.post("/api/launch", json={"config": GOOD, **request_})
    assert answer.status_code in (404, 422)
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("request_body", "words"),
    [
        ({"assets": ["marts/daily"]}, "Some of the assets are partitioned. Name a partition"),
        ({"assets": ["clicks", "marts/daily"]}, "Some of the assets are partitioned"),
        ({"job": "daily_marketing"}, "'daily_marketing' is partitioned. Name a partition"),
        ({"assets": ["marts/daily"], "partition": "2025-11-031"}, "2025-11-031"),
        ({"assets": ["clicks"], "partition": "2025-11-03"}, "is partitioned"),
    ],
)
def test_what_is_partitioned_is_launched_for_a_partition_that_there_is_and_the_preview_says_so(
    client, locations, request_body, words
):
    (fault,) = client.post("/api/launch/preview", json=request_body).json()["faults"]
    assert fault["path"] == "partition"
    assert words in fault["message"]
    refused = client.post("/api/launch", json=request_body)
    assert (refused.status_code, refused.json()["facts"]["faults"][0]["path"]) == (422, "partition")
    assert locations.asked == []


def test_a_partition_may_be_named_by_its_tag_too(client):
    body = {"assets": ["marts/daily"], "tags": {"dagster/partition": "2025-11-03"}}
    assert client.post("/api/launch/preview", json=body).json()["faults"] == []


def test_the_preview_of_assets_names_what_will_be_written_and_what_checks_it(client):
    found = client.post("/api/launch/preview", json={"assets": ["marts/spend", "clicks"]}).json()
    assert found["assets"] == ["clicks", "marts/spend"]
    assert found["steps"] == ["clicks", "marts__spend", "marts__spend_spend_is_positive"]
    by_query = client.post("/api/launch/preview", json={"q": "group:raw"}).json()
    assert by_query["assets"] == ["clicks", "orders"]


def test_a_job_is_not_launched_for_assets_that_it_does_not_write(client):
    body = {"job": "daily_marketing", "assets": ["marts/spendd", "clicks"], "partition": "2025-11-03"}
    assert client.post("/api/launch/preview", json=body).status_code == 404
    refused = client.post("/api/launch/preview", json={**body, "assets": ["clicks"]})
    assert refused.status_code == 422
    assert "'daily_marketing' does not write clicks" in refused.json()["detail"]


def test_the_preview_estimates_the_wait_by_the_pace_of_the_last_hour(client, world, store):
    set_limit(QueuePolicy(), store, {"key": "team", "value": "growth", "limit": 0}, "ana")
    body = {"job": "sync_crm", "config": GOOD}
    world.queue(team="growth")
    assert client.post("/api/launch/preview", json=body).json()["estimated_wait"] is None
    for _ in range(4):
        world.succeed(world.queue(team="core"))
    found = client.post("/api/launch/preview", json=body).json()
    assert (found["position"], found["estimated_wait"]) == (2, 2 * 3_600 / 4)
    world.clock.go(7_200)
    assert client.post("/api/launch/preview", json=body).json()["estimated_wait"] is None


def test_a_launch_of_assets_says_what_it_can_be_given(client):
    form = client.get("/api/launch/form", params={"q": "key:clicks"}).json()
    assert set(form) == {"config_schema", "default_config", "partition_dimensions"}
    assert list(form["config_schema"]["properties"]["ops"]["properties"]) == ["clicks"]


def test_a_form_of_no_assets_says_what_a_launch_needs(client):
    answer = client.get("/api/launch/form", params={"q": "key:nothing"})
    assert (answer.status_code, answer.json()["detail"].startswith("A launch names a job, or assets")) == (422, True)
