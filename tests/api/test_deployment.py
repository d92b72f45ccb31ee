"""Limits, tags, saved views, the stream, metrics and the pages themselves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from litestar.testing import TestClient

from earmark.server.app import make_app
from earmark.server.configuration import masked
from earmark.server.pages import Pages
from earmark.server.stream import Hub
from earmark.server.ui import file_of
from earmark.store.open import open_store
from tests.api.world import World
from tests.support.postgres import somebody_elses_transaction


def limit(client, limit_id: str):
    return {row["id"]: row for row in client.get("/api/limits").json()["items"]}[limit_id]


def test_a_limit_holds_at_once_and_shows_who_holds_it_and_who_waits(client, world):
    edit = {"kind": "tag", "key": "team", "value": "ml", "limit": 1, "note": "The warehouse is small"}
    assert client.post("/api/limits", json=edit).status_code == 201
    holder, waiter = world.start(world.queue(team="ml")), world.queue(team="ml")
    row = limit(client, "team=ml")
    assert (row["used"], row["waiting"], row["limit"], row["note"]) == (1, 1, 1, "The warehouse is small")
    assert [one["run_id"] for one in row["holders"]] == [holder]
    assert [(one["run_id"], one["position"]) for one in row["waiters"]] == [(waiter, 1)]
    assert (row["source"], row["updated_by"]) == ("edited", "ana")


def test_a_limit_for_each_value_counts_each_apart(client, world):
    client.post("/api/limits", json={"kind": "tag", "key": "team", "per_unique_value": True, "limit": 2})
    world.start(world.queue(team="ml")), world.start(world.queue(team="ml")), world.start(world.queue(team="core"))
    groups = {one["value"]: one["used"] for one in limit(client, "each team")["groups"]}
    assert groups == {"team=ml": 2, "team=core": 1}


def test_a_changed_limit_keeps_its_history(client):
    client.post("/api/limits", json={"kind": "tag", "key": "team", "value": "ml", "limit": 1})
    client.put("/api/limits/team=ml", json={"kind": "tag", "key": "team", "value": "ml", "limit": 3})
    changes = client.get("/api/limits/team=ml/history").json()["items"]
    assert [(one["before"], one["after"], one["author"]) for one in changes] == [(1, 3, "ana"), (None, 1, "ana")]
    assert client.delete("/api/limits/team=ml").status_code == 204
    assert client.get("/api/limits").json()["total"] == 2


def test_a_limit_by_a_query_travels_in_the_path(client):
    where = "tag:team=ml not tag:tier=gold"
    made = client.post("/api/limits", json={"kind": "query", "where": where, "limit": 2}).json()
    answer = client.put(f"/api/limits/{made['id']}", json={"kind": "query", "where": where, "limit": 4})
    assert (answer.status_code, answer.json()["limit"]) == (200, 4)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"kind": "tag", "limit": 1}, "needs the tag's key"),
        ({"kind": "query", "where": "status:queued", "limit": 1}, "changes while a run waits"),
        ({"kind": "runs", "limit": -2}, "0 or more"),
        ({"kind": "rate", "key": "api", "limit": 1}, "needs a period"),
    ],
)
def test_a_limit_that_makes_no_sense_says_why(client, edit, words):
    answer = client.post("/api/limits", json=edit)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_pool_that_a_step_names_is_a_limit_too(client, store):
    assert limit(client, "pool:warehouse")["limit"] == -1
    client.put("/api/limits/pool:warehouse", json={"kind": "pool", "limit": 2})
    store.leases.claim_slot("warehouse", "r1", "extract", limit=2)
    row = limit(client, "pool:warehouse")
    assert (row["limit"], row["used"], row["holders"][0]["step"]) == (2, 1, "extract")


def test_the_page_of_a_tag_shows_its_limits_and_what_lacks_it(client, world):
    client.post("/api/limits", json={"kind": "tag", "key": "team", "value": "ml", "limit": 1})
    world.many(10)
    page = client.get("/api/tag", params={"key": "team"}).json()
    assert (page["assets"], page["jobs"], page["runs"], page["limits"]) == (2, 2, 10, 1)
    assert [row["id"] for row in page["limit_rows"]] == ["team=ml"]
    untagged = {one["scope"]: one for one in page["untagged"]}
    found = client.get("/api/assets", params={"q": untagged["assets"]["q"]}).json()
    assert found["total"] == untagged["assets"]["count"] == 2


def test_values_of_a_key_are_counted_where_they_are_used(client, world):
    world.many(9)
    rows = client.get("/api/tag/values", params={"key": "team"}).json()["items"]
    assert {row["value"]: (row["assets"], row["runs"]) for row in rows} == {
        "growth": (1, 3), "core": (1, 3), "ml": (0, 3),
    }  # fmt: skip


def test_a_key_with_more_values_than_are_counted_lists_them_all_by_page(client, world, monkeypatch):
    monkeypatch.setattr("earmark.views.run_words._MOST_VALUES", 2)
    for customer in ("c1", "c2", "c3", "c4", "c4", "c5"):
        world.queue(customer=customer)
    assert client.get("/api/tag", params={"key": "customer"}).json()["values"] == 5
    first = client.get("/api/tag/values", params={"key": "customer", "limit": 2}).json()
    assert [(row["value"], row["runs"]) for row in first["items"]] == [("c4", 2), ("c1", 1)]
    assert first["total"] == 5
    rest = client.get("/api/tag/values", params={"key": "customer", "cursor": first["next_cursor"]}).json()
    assert [(row["value"], row["queued"]) for row in rest["items"]] == [("c2", 1), ("c3", 1), ("c5", 1)]


def test_a_slip_of_the_finger_is_found_among_keys(client, world):
    world.queue(Team="ml")
    (near,) = client.get("/api/tags/near").json()["items"]
    assert ([one["word"] for one in near["words"]], near["reason"]) == (["team", "Team"], "differ by case")


def test_a_key_keeps_the_colour_that_a_person_chose(client):
    assert client.patch("/api/tag", params={"key": "team"}, json={"hue": 3, "description": "Who"}).json()["hue"] == 3
    row = next(row for row in client.get("/api/tags").json()["items"] if row["key"] == "team")
    assert (row["hue"], row["description"]) == (3, "Who")


def test_the_palette_finds_a_team_by_its_name(client):
    hits = client.get("/api/search", params={"text": "growth"}).json()["items"]
    assert (hits[0]["kind"], hits[0]["label"], hits[0]["url"]) == ("tag", "team=growth", "tags/team/growth")


def test_the_palette_finds_runs_by_the_beginning_of_their_id(client, world):
    run_id = world.queue()
    hits = client.get("/api/search", params={"text": run_id[:8]}).json()["items"]
    assert [hit["url"] for hit in hits if hit["kind"] == "run"] == [f"runs/{run_id}"]


def test_a_saved_view_counts_what_it_shows_and_built_in_ones_stay(client, world):
    world.queue(team="ml")
    made = client.post("/api/views", json={"name": "ML", "url": "runs?q=tag:team=ml", "is_pinned": True}).json()
    assert (made["count"], made["owner"]) == (1, "ana")
    names = {view["name"]: view["count"] for view in client.get("/api/views").json()["items"]}
    assert (names["ML"], names["Waiting"], names["Untagged assets"]) == (1, 1, 1)
    assert client.delete("/api/views/waiting").status_code == 409
    assert client.delete(f"/api/views/{made['id']}").status_code == 204


@pytest.mark.parametrize("url", ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_a_saved_view_leads_nowhere_else(client, url):
    assert client.post("/api/views", json={"name": "x", "url": url}).status_code == 422


def test_reloading_says_what_changed(client, locations, manifest):
    import msgspec

    (row,) = client.get("/api/locations").json()["items"]
    assert row["diff"] == {"added": [], "removed": [], "changed": [], "parts": {}}
    nothing = msgspec.structs.replace(manifest, computations=manifest.computations[1:])
    jobs = {one.name: one for one in manifest.jobs}
    gone = jobs.pop("sync_crm")
    jobs["daily_marketing"] = msgspec.structs.replace(
        jobs["daily_marketing"], tags={"team": "core"}, description="What it costs."
    )
    now = msgspec.structs.replace(manifest, jobs=tuple(jobs.values()))
    locations.change("shop", manifest=now, before=nothing, loaded_at=locations.states[0].loaded_at + 1)
    (row,) = client.get("/api/locations").json()["items"]
    added = {spec.key.to_user_string() for spec in manifest.computations[0].assets}
    assert added <= set(row["diff"]["added"])
    assert row["diff"]["removed"] == [f"job {gone.name}"]
    assert row["diff"]["changed"] == ["job daily_marketing"]
    assert set(row["diff"]["parts"]["job daily_marketing"]) == {"tags", "description"}
    assert client.post("/api/locations/reload", json={"name": "shop"}).status_code == 202
    assert locations.reloaded == ["shop"]


def test_the_configuration_shows_no_password():
    text = 'storage = "postgresql://me:hidden@db/x"\napi_token = "hidden"\napi_key: hidden\nAPIKEY=hidden\n'
    assert "hidden" not in masked(text)


@pytest.mark.parametrize("text", ['key = "team"', '  { key = "team", value = "ml", limit = 1 },', "- key: team"])
def test_the_configuration_shows_the_keys_of_tags(text):
    assert masked(text) == text


def test_metrics_are_counted_by_declared_tags(store, world, locations, options):
    world.many(5)
    world.queue(team="ml")
    app = make_app(store, locations, replace(options, metric_tags=("team",)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        text = client.get("/metrics").text
    assert "earmark_queue_length 1.0" in text
    assert 'earmark_tag_runs{key="team",status="queued",value="ml"} 1.0' in text
    assert 'earmark_limit_max{kind="runs",limit="max_concurrent_runs"} 10.0' in text


def test_metrics_are_what_prometheus_reads_and_tell_of_queue_ticks_and_daemons(client, store, world, clock):
    from prometheus_client.parser import text_string_to_metric_families

    from earmark.store.records import Tick

    world.many(3)
    world.queue(team="ml")
    clock.go(90)
    store.ticks.begin(Tick("t-1", "shop:nightly", "schedule", "started", clock(), clock()))
    beat_of(store, clock, loop_of(clock), loop_of(clock, "rescue", is_alive=False))
    families = {one.name: one for one in text_string_to_metric_families(client.get("/metrics").text)}

    def values(name):
        return {tuple(sorted(one.labels.items())): one.value for one in families[name].samples}

    assert values("earmark_queue_oldest_seconds") == {(): 90.0}
    assert values("earmark_runs")[(("status", "succeeded"),)] == 2.0
    assert values("earmark_recent_ticks") == {(("kind", "schedule"), ("status", "started")): 1.0}
    assert values("earmark_last_tick_timestamp_seconds") == {(("kind", "schedule"),): clock() / 1e6}
    healthy = {dict(labels)["loop"]: value for labels, value in values("earmark_daemon_healthy").items()}
    assert healthy == {"queue": 1.0, "rescue": 0.0}
    assert all(family.documentation for family in families.values())


def test_metrics_are_counted_by_the_keys_that_have_a_policy_where_none_are_named(tmp_path):
    from earmark.server.options import ServerOptions
    from earmark.system.serving import ServerSettings
    from earmark.system.settings import Settings
    from earmark.tags.policy import TagPolicy

    def keys(**said):
        settings = Settings(tag_policies=(TagPolicy("tier"),), server=ServerSettings(**said))
        made = ServerOptions.of_settings(tmp_path, "127.0.0.1", settings, wake=lambda: None, cancel=lambda *_: None)
        return made.metric_tags

    assert keys() == ("tier",)
    assert keys(metric_tags=("team",)) == ("team",)


# The stream --------------------------------------------------------------------------------------------------------


def read(store, locations, options, act, count, cursor="", run=None) -> list[str]:
    """Return the first messages of a page's stream, while something happens."""
    pages = Pages(store, locations, options)
    hub = Hub(pages)

    async def listen() -> list[str]:
        listener = hub.join(asyncio.get_running_loop())
        assert listener is not None
        found: list[str] = []
        async for part in hub.messages(listener, cursor, run):
            found.append(part.decode())
            if len(found) == 1:
                await asyncio.to_thread(act)
            if len(found) >= count:
                break
        return found

    hub.start()
    try:
        return asyncio.run(asyncio.wait_for(listen(), 10))
    finally:
        hub.stop()


def changes(message: str) -> list[tuple[str, str, str | None]]:
    data = next(line for line in message.splitlines() if line.startswith("data: "))
    return [(one["kind"], one["id"], one["status"]) for one in json.loads(data[6:])["changes"]]


def test_an_open_page_hears_that_a_run_moved(store, world, locations, options):
    run_id = world.queue()
    _, told = read(store, locations, options, lambda: world.start(run_id), 2)
    assert changes(told) == [("run", run_id, "STARTED")]


@pytest.mark.postgres
def test_an_open_page_hears_of_it_while_somebody_elses_transaction_is_open(
    postgres_url, clock, manifest, locations, options
):
    store = open_store(postgres_url, clock=clock)
    world = World(store, clock, manifest)
    world.lead()
    run_id = world.queue()
    with somebody_elses_transaction(postgres_url):
        _, told = read(store, locations, options, lambda: world.start(run_id), 2)
    assert changes(told) == [("run", run_id, "STARTED")]
    store.close()


def test_a_page_that_comes_back_is_told_what_it_missed(store, world, locations, options):
    run_id = world.queue()
    (first,) = read(store, locations, options, lambda: None, 1)
    cursor = first.split("id: ")[1].strip()
    world.fail(run_id)
    (told,) = read(store, locations, options, lambda: None, 1, cursor)
    assert ("run", run_id, "FAILURE") in changes(told)
    assert ("asset", "orders", None) in changes(told)


def test_a_page_with_a_cursor_of_another_store_reads_everything_again(store, locations, options):
    (told,) = read(store, locations, options, lambda: None, 1, "nonsense")
    assert told.startswith("event: reset\n")


def test_the_page_of_a_run_hears_that_its_log_grew(store, world, locations, options):
    from earmark.events import kinds

    run_id = world.start(world.queue())
    messages = read(store, locations, options, lambda: world.record(run_id, kinds.Logged(20, "hello")), 2, run=run_id)
    assert changes(messages[1]) == [("run_events", run_id, None)]


def test_a_changed_limit_is_heard(store, locations, options):
    _, told = read(store, locations, options, lambda: store.settings.set("limits/x", {"limit": 1}), 2)
    assert ("limit", "", None) in changes(told)


# The pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path):
    ui = tmp_path / "ui"
    (ui / "assets-ui").mkdir(parents=True)
    (ui / "index.html").write_text('<html><head><base href="/"></head></html>')
    (ui / "assets-ui" / "app-1a2b.js").write_text("let a = 1;" * 100)
    (tmp_path / "secret.txt").write_text("hidden")
    return ui


def test_every_address_of_the_client_gives_the_page_under_its_prefix(store, locations, options, built):
    app = make_app(store, locations, replace(options, ui=built, prefix="/earmark/"))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for path in ("/", "/runs/abc", "/assets/marts/daily/-/overview"):
            answer = client.get(path)
            assert '<base href="/earmark/">' in answer.text
            assert answer.headers["cache-control"] == "no-cache"


def test_files_with_hashed_names_are_kept_for_ever_and_sent_compressed(store, locations, options, built):
    with TestClient(make_app(store, locations, replace(options, ui=built)), base_url="http://127.0.0.1") as client:
        answer = client.get("/assets-ui/app-1a2b.js", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        assert client.get("/assets-ui/gone.js").status_code == 404
        assert client.get("/api/gone").status_code == 404


@pytest.mark.parametrize("name", ["../secret.txt", "assets-ui/../../secret.txt", "/etc/passwd", "a\x00b", ""])
def test_no_name_leads_out_of_the_folder_of_the_pages(built, name):
    assert file_of(built.resolve(), name) is None


def test_without_built_pages_a_page_says_how_to_build_them(store, locations, options, tmp_path):
    app = make_app(store, locations, replace(options, ui=tmp_path / "nothing"))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert "npm run build" in client.get("/runs").text
        assert client.get("/api/status").status_code == 200


def beat_of(store, clock, *loops, epoch=4, host="build-1", pid=77):
    from earmark.locations.heartbeats import HostBeat, keep_beat

    name = f"{host}:{pid}"
    made = HostBeat(
        id=name, host=host, pid=pid, version="0.1.0", started_at=clock(), at=clock(), epoch=epoch, loops=loops
    )
    keep_beat(store, made)


def loop_of(clock, name="queue", **more):
    from earmark.locations.heartbeats import LoopBeat

    return LoopBeat(**{"name": name, "every": 1.0, "looks": 3, "looked_at": clock(), **more})


def test_where_no_host_works_the_daemons_say_that_nobody_admits_runs(client):
    (row,) = client.get("/api/daemons").json()["items"]
    assert (row["name"], row["is_healthy"], row["last_beat"]) == ("queue", False, None)
    assert "earmark daemon" in row["error"]
    assert client.get("/api/status").json()["daemons_unhealthy"] == 1


def test_every_loop_of_every_host_is_listed_the_leaders_first(client, store, clock):
    beat_of(store, clock, loop_of(clock), loop_of(clock, "rescue"), epoch=None, host="a-standby")
    beat_of(store, clock, loop_of(clock), loop_of(clock, "rescue"))
    rows = client.get("/api/daemons").json()["items"]
    assert [(row["host"], row["name"], row["is_leader"]) for row in rows] == [
        ("build-1", "queue", True),
        ("build-1", "rescue", True),
        ("a-standby", "queue", False),
        ("a-standby", "rescue", False),
    ]
    assert (rows[0]["pid"], rows[0]["epoch"], rows[0]["last_look"]) == (77, 4, clock())
    assert all(row["is_healthy"] for row in rows)


def test_a_loop_is_ill_where_its_host_is_silent_or_it_hangs_or_its_last_look_failed(client, store, clock):
    def ago(seconds):
        return clock() - round(seconds * 1_000_000)

    beat_of(
        store,
        clock,
        loop_of(clock),
        loop_of(clock, "rescue", looked_at=ago(90), looking_since=ago(70)),
        loop_of(clock, "retries", looked_at=ago(100)),
        loop_of(clock, "sensors", error="StoreError: gone", failed_at=clock()),
        loop_of(clock, "schedules", error="StoreError: gone", failed_at=ago(5)),
        loop_of(clock, "prune", is_alive=False, error="KeyError: 'x'"),
    )
    errors = {row["name"]: row["error"] for row in client.get("/api/daemons").json()["items"]}
    assert errors == {
        "queue": None,
        "rescue": "One look goes on for 70 seconds.",
        "retries": "It has not looked for 100 seconds.",
        "sensors": "StoreError: gone",
        "schedules": None,
        "prune": "Its thread has ended. KeyError: 'x'",
    }
    assert client.get("/api/status").json()["daemons_unhealthy"] == 4
    clock.go(31)
    rows = client.get("/api/daemons").json()["items"]
    assert not any(row["is_leader"] or row["is_healthy"] for row in rows)
    assert rows[0]["error"] == "Its host has said nothing for 31 seconds."


def test_a_host_that_is_gone_is_no_alarm_where_another_leads_and_is_forgotten_after_an_hour(client, store, clock):
    beat_of(store, clock, loop_of(clock), epoch=3, host="dead")
    clock.go(120)
    beat_of(store, clock, loop_of(clock), epoch=4, host="alive")
    assert client.get("/api/status").json()["daemons_unhealthy"] == 0
    assert {row["host"] for row in client.get("/api/daemons").json()["items"]} == {"dead", "alive"}
    clock.go(3_600)
    beat_of(store, clock, loop_of(clock), epoch=4, host="alive")
    assert {row["host"] for row in client.get("/api/daemons").json()["items"]} == {"alive"}
