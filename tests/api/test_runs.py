"""Runs through the API."""

from __future__ import annotations

import pytest

from earmark.daemon.policy import set_limit, set_maximum
from earmark.events import kinds
from earmark.locations.published import LEADER
from earmark.runs.limits import QueuePolicy
from earmark.runs.request import AskedBy
from earmark.system.logs import log_path


def test_failed_runs_of_a_team_on_a_page_of_three(client, world):
    world.many(60)
    page = client.get("/api/runs", params={"q": "status:failed tag:team=ml", "limit": 3}).json()
    assert page["total"] == 4
    assert {(row["status"], row["tags"]["team"]) for row in page["items"]} == {("FAILURE", "ml")}
    rest = client.get("/api/runs", params={"q": "status:failed tag:team=ml", "cursor": page["next_cursor"]}).json()
    seen = [row["id"] for row in page["items"] + rest["items"]]
    assert len(set(seen)) == 4
    assert seen == sorted(seen, reverse=True)


def test_a_page_of_runs_takes_at_most_sixty_kilobytes(client, world):
    world.many(200)
    first = client.get("/api/runs", params={"limit": 200})
    assert len(first.content) < 61_000
    seen, cursor = [row["id"] for row in first.json()["items"]], first.json()["next_cursor"]
    while cursor:
        page = client.get("/api/runs", params={"limit": 200, "cursor": cursor}).json()
        seen, cursor = seen + [row["id"] for row in page["items"]], page["next_cursor"]
    assert len(seen) == len(set(seen)) == 200


def test_the_tabs_count_states_whatever_state_is_filtered(client, world):
    world.many(10)
    world.queue(team="ml")
    counts = client.get("/api/runs/counts", params={"q": "status:failed"}).json()
    assert counts == {
        "all": 11, "queued": 1, "running": 0, "failed": 2, "succeeded": 8, "canceled": 0, "backfills": 0,
    }  # fmt: skip


def test_a_run_is_ordered_by_duration_and_an_unknown_order_is_refused(client, world):
    world.many(5)
    rows = client.get("/api/runs", params={"sort": "-duration"}).json()["items"]
    assert [row["duration"] for row in rows] == sorted((row["duration"] for row in rows), reverse=True)
    answer = client.get("/api/runs", params={"sort": "colour"})
    assert (answer.status_code, answer.json()["facts"]["fields"]) == (
        400,
        ["created_at", "started_at", "duration", "priority"],
    )


def test_the_first_failure_stands_on_the_page_of_the_run(client, world):
    run_id = world.fail(world.queue())
    run = client.get(f"/api/runs/{run_id}").json()
    assert run["first_failure"]["step"] == "orders"
    assert run["first_failure"]["error"]["message"] == "'discount_rate'"
    assert {row["key"]: row["status"] for row in run["step_rows"]} == {"clicks": "succeeded", "orders": "failed"}
    assert run["steps"] == {"total": 2, "succeeded": 1, "failed": 1, "running": 0, "skipped": 0}
    assert run["actions"] == ["retry", "retry_from_failure", "tag", "delete"]


def test_each_tag_says_what_set_it(client, world):
    rows = client.get(f"/api/runs/{world.queue(reason='hotfix')}").json()["tag_rows"]
    origins = {row["key"]: (row["origin"], row["origin_name"]) for row in rows}
    assert origins["team"] == ("job", "sync_crm")
    assert origins["reason"] == ("request", "ui")
    assert origins["dagster/code_location"] == ("system", None)


def test_the_beginning_of_an_id_leads_to_the_run(client, world):
    run_id = world.queue()
    answer = client.get(f"/api/runs/{run_id[:12]}/explain", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"/api/runs/{run_id}/explain")
    assert client.get("/api/runs/0190").status_code == 404


def test_a_log_is_read_from_its_cursor_and_from_its_end(client, world):
    run_id = world.start(world.queue())
    first = client.get(f"/api/runs/{run_id}/events").json()
    assert [event["kind"] for event in first["items"]] == ["RUN_ENQUEUED", "RUN_STARTING", "RUN_START"]
    world.record(run_id, kinds.Logged(30, "low on memory"), kinds.ResourceInitStarted(("io",)))
    more = client.get(f"/api/runs/{run_id}/events", params={"cursor": first["next_cursor"]}).json()
    assert [(event["level"], event["message"]) for event in more["items"]] == [("warning", "low on memory")]
    noisy = client.get(f"/api/runs/{run_id}/events", params={"tail": 1, "noise": True}).json()
    assert [event["kind"] for event in noisy["items"]] == ["RESOURCE_INIT_STARTED"]
    assert noisy["levels"]["warning"] == 1


def test_the_parts_of_a_log_count_together_every_event_once(client, world):
    run_id = world.start(world.queue())
    world.record(run_id, *(kinds.Logged(30 if number % 5 == 0 else 20, f"line {number}") for number in range(23)))
    parts, cursor = [], None
    while not parts or not parts[-1]["at_end"]:
        asked = {"limit": 4, "level": "info", "cursor": cursor}
        parts.append(client.get(f"/api/runs/{run_id}/events", params=asked).json())
        cursor = parts[-1]["next_cursor"]
    assert [len(part["items"]) for part in parts] == [4] * 6 + [2]
    assert sum(part["levels"]["warning"] for part in parts) == 5
    assert sum(part["total"] for part in parts) == 26


def test_output_is_read_from_the_end(client, world, options):
    run_id = world.start(world.queue())
    path = log_path(options.home, run_id, "clicks", "out")
    path.parent.mkdir(parents=True)
    path.write_bytes("erste Zeile\nüber\n".encode())
    part = client.get(f"/api/runs/{run_id}/output", params={"step": "clicks", "offset": -6}).json()
    assert (part["text"], part["next_offset"], part["at_end"]) == ("über\n", 18, True)
    inside = client.get(f"/api/runs/{run_id}/output", params={"step": "clicks", "offset": -5}).json()
    assert (inside["text"], inside["offset"]) == ("ber\n", 14)


def test_long_output_is_read_part_by_part_and_nothing_is_lost(client, world, options):
    run_id = world.start(world.queue())
    path = log_path(options.home, run_id, "clicks", "out")
    path.parent.mkdir(parents=True)
    whole = "".join(f"Zeile {number} für alle\n" for number in range(30_000))
    path.write_bytes(whole.encode())
    read, offset, at_end = "", 0, False
    while not at_end:
        asked = {"step": "clicks", "offset": offset, "limit": 262_144}
        part = client.get(f"/api/runs/{run_id}/output", params=asked).json()
        assert part["next_offset"] > offset
        read, offset, at_end = read + part["text"], part["next_offset"], part["at_end"]
    assert read == whole
    assert offset == part["size"] == len(whole.encode()) > 2 * 262_144


def test_output_outside_the_logs_is_out_of_reach(client, world, options):
    run_id = world.queue()
    (options.home / "secret.out").write_text("hidden")
    part = client.get(f"/api/runs/{run_id}/output", params={"step": "../../secret"}).json()
    assert (part["text"], part["size"]) == ("", 0)


def test_a_waiting_run_says_in_its_row_which_limit_binds_and_who_holds_it(client, world, store):
    set_limit(QueuePolicy(), store, {"key": "team", "value": "platform", "limit": 1}, "ana")
    holder = world.start(world.queue(team="platform"))
    world.queue(team="core")
    waiter = world.queue(team="platform")
    row = client.get("/api/runs", params={"ids": waiter}).json()["items"][0]
    assert row["wait"]["sentence"] == f"waiting: team=platform 1/1, held by {holder[-8:]}, position 2"
    explanation = client.get(f"/api/runs/{waiter}/explain").json()
    assert [(gate["label"], gate["is_open"]) for gate in explanation["gates"]] == [
        ("team=platform", False), ("runs in progress", True),
    ]  # fmt: skip
    assert explanation["gates"][0]["holders"][0]["run_id"] == holder


def test_a_run_that_nobody_holds_up_waits_for_the_pause_to_end(client, world):
    client.post("/api/queue/pause")
    run_id = world.queue()
    assert client.get(f"/api/runs/{run_id}/explain").json()["gates"][0]["kind"] == "paused"
    assert client.get("/api/status").json()["queue_paused"] is True


def test_a_run_that_nobody_could_start_says_so_before_any_limit(client, world, store):
    run_id = world.queue()

    def first():
        explanation = client.get(f"/api/runs/{run_id}/explain").json()
        return explanation["sentence"], explanation["gates"][0]

    world.serve(shop="No module named 'shop'")
    sentence, gate = first()
    assert sentence == "Waiting: the code location 'shop' cannot start runs: No module named 'shop', position 1."
    assert (gate["kind"], gate["is_open"]) == ("location", False)
    assert "load" in gate["would_open"]

    world.serve(shoop="")
    sentence, gate = first()
    assert "does not serve the code location 'shop'; it serves: shoop. Did you mean 'shoop'?" in sentence
    assert gate["would_open"].startswith("The host would have to be started with 'shop'")

    lease = store.leases.get(LEADER)
    assert lease is not None
    store.leases.release(lease)
    sentence, gate = first()
    assert sentence == "Waiting: no host works on this store, position 1."
    assert (gate["kind"], "earmark daemon" in gate["would_open"]) == ("start", True)


def test_canceling_a_waiting_run_ends_it_and_says_who_did(client, world, store):
    run_id = world.queue()
    assert client.post(f"/api/runs/{run_id}/cancel", json={"force": False}).status_code == 202
    assert store.runs.status(run_id) == "CANCELED"
    assert client.get("/api/audit").json()["items"][0]["action"] == "run.cancel"
    again = client.post(f"/api/runs/{run_id}/cancel", json={"force": False})
    assert (again.status_code, again.json()["facts"]["status"]) == (409, "CANCELED")


def test_edited_tags_are_found_at_once_and_keep_their_author(client, world):
    run_id = world.queue()
    rows = client.patch(f"/api/runs/{run_id}/tags", json={"set": {"reason": "audit"}, "remove": ["tier"]}).json()
    assert {row["key"]: row["origin"] for row in rows}["reason"] == "edit"
    assert "tier" not in {row["key"] for row in rows}
    assert client.get("/api/runs", params={"q": "tag:reason=audit"}).json()["total"] == 1
    (change,) = client.get(f"/api/runs/{run_id}").json()["tag_history"]
    assert (change["author"], change["set"], change["remove"]) == ("ana", {"reason": "audit"}, ["tier"])


@pytest.mark.parametrize("edit", [{"set": {"dagster/backfill": "b"}}, {"remove": ["dagster/code_location"]}])
def test_nobody_forges_where_a_run_came_from(client, world, edit):
    answer = client.patch(f"/api/runs/{world.queue()}/tags", json={"set": {}, "remove": [], **edit})
    assert (answer.status_code, answer.json()["facts"]["rule"]) == (422, "provenance")


def test_priority_is_for_runs_that_wait(client, world, store):
    waiting, ended = world.queue(), world.succeed(world.queue())
    assert client.patch(f"/api/runs/{waiting}/priority", json={"priority": 7}).status_code == 204
    assert store.runs.get(waiting).priority == 7
    assert client.patch(f"/api/runs/{ended}/priority", json={"priority": 7}).status_code == 409


def test_deleting_is_for_runs_that_have_ended(client, world):
    waiting, ended = world.queue(), world.succeed(world.queue())
    assert client.delete(f"/api/runs/{ended}").status_code == 204
    assert client.get(f"/api/runs/{ended}").status_code == 404
    assert client.delete(f"/api/runs/{waiting}").status_code == 409


def test_canceling_all_that_match_reaches_beyond_the_page(client, world, store):
    for _ in range(230):
        world.queue(team="ml")
    other = world.queue(team="core")
    order = {"action": "cancel", "q": "tag:team=ml status:queued", "expected": 230}
    plan = client.post("/api/runs/bulk", json={**order, "dry_run": True}).json()
    assert (plan["matched"], plan["done"]) == (230, 230)
    assert store.queue.length() == 231
    done = client.post("/api/runs/bulk", json=order).json()
    assert (done["done"], done["failed"]) == (230, [])
    assert [one.run_id for one in store.queue.waiting()] == [other]


def test_a_bulk_action_is_refused_when_more_match_than_the_person_saw(client, world):
    world.queue(), world.queue()
    answer = client.post("/api/runs/bulk", json={"action": "cancel", "q": "status:queued", "expected": 1})
    assert (answer.status_code, answer.json()["facts"]["matched"]) == (409, 2)


def test_a_bulk_action_goes_on_past_runs_that_it_does_not_fit(client, world):
    ended, waiting = world.succeed(world.queue()), world.queue()
    done = client.post("/api/runs/bulk", json={"action": "cancel", "ids": [ended, waiting]}).json()
    assert (done["matched"], done["done"], [one["id"] for one in done["failed"]]) == (2, 1, [ended])


def test_insights_sum_up_runs_by_a_tag_and_the_rest_as_other(client, world):
    world.many(30)
    found = client.get("/api/insights", params={"by": "tag:team", "limit": 2, "buckets": 6}).json()
    assert [series["value"] for series in found["series"]] == ["core", "growth", "(other)"]
    assert found["totals"]["runs"] == sum(series["totals"]["runs"] for series in found["series"]) == 30
    assert all(sum(series["runs"]) == series["totals"]["runs"] for series in found["series"])
    assert found["totals"]["failure_rate"] == pytest.approx(0.2)


def test_insights_say_what_runs_cost_by_a_tag_and_over_time(client, world, clock):
    begin = clock()
    for team, cost in (("growth", "1.5"), ("growth", "2"), ("core", "4"), ("core", "unknown")):
        world.succeed(world.queue(team=team, cost=cost))
        clock.go(3600)
    window = {"from": begin, "to": begin + 4 * 3_600_000_000, "buckets": 4}
    found = client.get("/api/insights", params={"by": "tag:team", **window}).json()
    assert found["totals"]["cost"] == 7.5
    assert {one["value"]: (one["totals"]["cost"], one["cost"]) for one in found["series"]} == {
        "growth": (3.5, [1.5, 2.0, None, None]),
        "core": (4.0, [None, None, 4.0, None]),
    }


@pytest.mark.parametrize(
    ("by", "values"), [("job", {"sync_crm"}), ("location", {"shop"}), ("source", {"manual", "schedule"})]
)
def test_insights_group_runs_by_what_they_are(client, world, by, values):
    world.succeed(world.queue())
    world.succeed(world.queue(by=AskedBy(kind="schedule", name="nightly")))
    found = client.get("/api/insights", params={"by": by}).json()
    assert {one["value"] for one in found["series"]} == values
    assert found["totals"]["runs"] == 2


def test_insights_over_too_many_runs_sum_up_the_newest_and_count_the_others(client, world, monkeypatch):
    monkeypatch.setattr("earmark.views.insights.MOST_RUNS", 12)
    world.many(30)
    newest = client.get("/api/runs", params={"limit": 12}).json()["items"]
    found = client.get("/api/insights", params={"by": "tag:team"})
    assert found.status_code == 200
    totals = found.json()["totals"]
    assert (totals["runs"], found.json()["omitted"]) == (12, 18)
    assert totals["failed"] == sum(run["status"] == "FAILURE" for run in newest)


def test_a_time_line_of_many_rows_shares_what_is_drawn_among_them(client, world, monkeypatch):
    monkeypatch.setattr("earmark.views.insights._DRAWN_RUNS", 6)
    world.many(9)
    rows = client.get("/api/timeline", params={"by": "tag:team"}).json()["rows"]
    assert [(row["total"], len(row["runs"]), row["omitted"]) for row in rows] == [(3, 2, 1)] * 3


def test_long_messages_come_in_shorter_parts_of_the_log_and_none_is_left_out(client, world):
    run_id = world.start(world.queue())
    for number in range(60):
        world.record(run_id, kinds.Logged(20, f"{number}:" + "x" * 15_000, "talker"))
    cursor, at_end, seen = None, False, []
    while not at_end:
        params = {"limit": 1_000} | ({"cursor": cursor} if cursor else {})
        answer = client.get(f"/api/runs/{run_id}/events", params=params)
        assert len(answer.content) < 250_000
        part = answer.json()
        seen += [item["message"].split(":")[0] for item in part["items"] if "xxx" in item["message"]]
        cursor, at_end = part["next_cursor"], part["at_end"]
    assert seen == [str(number) for number in range(60)]


def test_an_answer_is_compressed_where_the_client_takes_it(client, world):
    world.many(5)
    packed = client.get("/api/runs", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/api/runs", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(plain.content)


def test_the_time_line_has_rows_by_any_tag(client, world):
    world.many(9)
    world.queue(team="ml")
    found = client.get("/api/timeline", params={"by": "tag:team"}).json()
    assert {row["value"]: row["total"] for row in found["rows"]} == {"growth": 3, "core": 3, "ml": 4}
    assert [run["end"] for run in found["rows"][0]["runs"] if run["status"] == "QUEUED"] == [None]


def test_the_run_limit_of_none_holds_everything_back(client, world, store):
    set_maximum(store, 0, "ana")
    row = client.get("/api/runs", params={"ids": world.queue()}).json()["items"][0]
    assert row["wait"]["sentence"] == "waiting: runs in progress 0/0, position 1"


def test_the_row_of_a_failed_run_names_the_step_and_what_it_raised(client, world):
    run_id = world.fail(world.queue())
    (row,) = client.get("/api/runs", params={"q": f"id:{run_id}"}).json()["items"]
    assert row["failure"] == {"step": "orders", "message": "KeyError: 'discount_rate'", "reason": "STEP_FAILURE"}


def test_a_step_that_never_ran_is_told_apart_from_one_that_was_skipped_or_canceled(client, world):
    from earmark.events import kinds

    def statuses(run_id: str) -> dict[str, str]:
        return {row["key"]: row["status"] for row in client.get(f"/api/runs/{run_id}").json()["step_rows"]}

    canceled = world.start(world.queue())
    world.record(canceled, kinds.StepStarted(), step="clicks")
    world.record(canceled, kinds.RunCanceled("ana"))
    assert statuses(canceled) == {"clicks": "canceled", "orders": "not_run"}

    skipped = world.start(world.queue())
    world.record(skipped, kinds.StepStarted(), kinds.StepFailed(), step="clicks")
    world.record(skipped, kinds.StepSkipped("clicks"), step="orders")
    world.record(skipped, kinds.RunFailed())
    assert statuses(skipped) == {"clicks": "failed", "orders": "skipped"}
