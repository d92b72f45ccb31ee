"""Finding runs: every query gives what holding it against each run by itself gives."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from earmark.events.envelope import Event
from earmark.events.kinds import RunEnqueued, RunFailed, RunStarted, RunSucceeded, RunTagged
from earmark.runs.run import DagsterRun
from earmark.store.database import Session
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.query import build, find, segments, touched
from earmark.tags.query.evaluate import Facts, predicate
from earmark.tags.query.fields import WORD_OF_STATUS
from earmark.tags.query.parse import parse
from earmark.values.errors import DagsterRunNotFoundError, QueryError, StoreError
from earmark.values.keys import AssetKey
from earmark.values.states import FailureReason

Make = Callable[..., DagsterRun]
HOUR = 3_600_000_000

TERMS = (
    "tag:team", "tag:team=ml", "tag:team=de,ml", 'tag:team=""', "tag:team=m*", "tag:team=<null>", "tag:team!=ml",
    "tag:te*", "tag:te*=ml", "tag:<null>", "tag:nobody", "tag:tier=gold", "tag:dagster/*", "status:queued",
    "status:failed,succeeded", "status:running", "-status:succeeded", "job:etl_1", "job:etl_*", "job:nothing",
    "created:>=-2h", "created:<-3h", "created:<=now", "started:<null>", "ended:>-4h", "duration:>=1h", "duration:<1h",
    "waited:>=0s", "priority:>0", "priority:0", "partition:2026-*", "partition:<null>", "schedule:nightly",
    "reason:STEP_FAILURE", "reason:<null>", "reason:RUN_*", "asset:a", "asset:b/*", "asset:<null>", "op:load",
    "code_location:west", "user:ann", "ml", "etl_2", "TEAM", "*",
)  # fmt: skip

queries = st.recursive(
    st.sampled_from(TERMS),
    lambda inner: st.one_of(
        inner.map(lambda text: f"not ({text})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + ") and (".join(parts) + ")"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(" + ") or (".join(parts) + ")"),
    ),
    max_leaves=5,
)


@pytest.fixture(params=[10, 2], ids=["by rows", "by segments"])
def small_chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks small enough that a few dozen runs fill several."""
    monkeypatch.setattr(touched, "BASE_BITS", request.param)
    monkeypatch.setattr(segments, "FAN_BITS", 1)
    monkeypatch.setattr(build, "MIN_RUNS", 2)


@pytest.fixture
def populated(small_chunks: None, store: Store, clock: Callable[[], int], make_run: Make) -> Iterator[Store]:
    """Return a store with 60 runs of every kind that the terms tell apart, five of them deleted."""
    populate(store, clock, make_run)
    yield store


def populate(store: Store, clock, make_run: Make) -> None:  # type: ignore[no-untyped-def]
    made = []
    for number in range(60):
        tags = {}
        if number % 3:
            tags["team"] = ("ml", "de", "")[number % 9 // 3]
        if number % 4 == 0:
            tags["tier"] = "gold" if number < 30 else "silver"
        if number % 5 == 0:
            tags["dagster/partition"] = f"2026-{number:02d}"
        if number % 7 == 0:
            tags["dagster/schedule_name"] = "nightly"
            tags["dagster/priority"] = str(number % 2)
        if number == 17:
            tags["user"] = "ann"
        run = make_run(
            job_name=f"etl_{number % 3}",
            tags=tags,
            asset_selection=frozenset({AssetKey("a")} if number % 2 else {AssetKey(["b", "c"])})
            if number % 8
            else None,
            resolved_op_selection=frozenset({"load"}) if number % 6 == 0 else None,
            code_location="west" if number % 2 else None,
        )
        made += store.runs.create([run], [RunEnqueued()] if number % 2 else [])
        clock.move(300)
    for number, run in enumerate(made):
        if number % 2 == 0 and number % 10:
            store.runs.record(run.run_id, [Event(RunStarted(), clock())])
            clock.move((number % 5) * 900)
        if number % 2 == 0 and number % 10 in (2, 4):
            store.runs.record(run.run_id, [Event(RunSucceeded(), clock())])
        if number % 10 == 6:
            store.runs.record(run.run_id, [Event(RunFailed(FailureReason.STEP_FAILURE), clock())])
        if number % 11 == 0:
            store.runs.record(run.run_id, [Event(RunTagged({"team": "moved", "tier": None}), clock())])
    store.runs.seal()
    finished = [run.run_id for run in store.runs.find("status:succeeded", limit=100).runs]
    store.runs.delete(finished[::3])


def expected(store: Store, query: str) -> list[str]:
    """Return the ids of the runs that a query matches, newest first, by holding it against each."""
    holds = predicate(parse(query, "run", bare="text"), "run", store.clock())
    return [run.run_id for run in store.runs.find(limit=1_000).runs if holds(facts_of(run, store.clock()))]


def facts_of(run: DagsterRun, now: int) -> Facts:
    tag_fields = {
        "partition": "dagster/partition",
        "schedule": "dagster/schedule_name",
        "user": "user",
    }
    values = {field: [run.tags[key]] for field, key in tag_fields.items() if key in run.tags}
    values |= {
        "id": [run.run_id],
        "job": [run.job_name],
        "status": [WORD_OF_STATUS[run.status]],
        "asset": [key.to_user_string() for key in run.asset_selection or ()],
        "op": sorted(run.resolved_op_selection or ()),
        "code_location": [run.code_location] if run.code_location else [],
        "reason": [run.failure_reason.value] if run.failure_reason else [],
    }
    amounts: dict[str, float] = {"created": run.created_at, "priority": run.priority}
    if run.started_at is not None:
        amounts |= {"started": run.started_at, "duration": (run.ended_at or now) - run.started_at}
    if run.ended_at is not None:
        amounts["ended"] = run.ended_at
    if run.queued_at is not None:
        amounts["waited"] = (run.starting_at or run.started_at or run.ended_at or now) - run.queued_at
    return Facts(run.tags, values, amounts)


def test_each_term_finds_and_counts_what_it_means(populated: Store) -> None:
    for query in TERMS:
        found = [run.run_id for run in populated.runs.find(query, limit=1_000).runs]
        assert found == expected(populated, query), query
        assert populated.runs.count(query) == len(found)
        assert list(populated.runs.ids(query)) == found
        assert [run.run_id for run in populated.runs.find(query, limit=1_000, ascending=True).runs] == found[::-1]


def test_runs_that_match_are_counted_by_other_queries_at_once(populated: Store) -> None:
    for query in ("*", "tag:team", "not tag:team=ml", "tag:nobody"):
        others = ["*", "status:queued", "status:failed,succeeded", "tag:team=m*", "not tag:tier", "duration:>=1h"]
        counts = populated.runs.count_each(query, others)
        assert counts == [populated.runs.count(f"({query}) and ({other})") for other in others]


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    from tests.store.conftest import SetClock

    patch = pytest.MonkeyPatch()
    patch.setattr(touched, "BASE_BITS", 2)
    patch.setattr(segments, "FAN_BITS", 1)
    patch.setattr(build, "MIN_RUNS", 2)
    clock, ids = SetClock(), iter(range(1, 1_000))
    store = open_store(Path(tmp_path_factory.mktemp("find")), clock=clock)
    populate(store, clock, lambda **given: DagsterRun(run_id=f"0000-{next(ids):04d}", **given))
    yield store
    store.close()
    patch.undo()


@given(queries)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_combination_of_terms_finds_what_it_means(one_store: Store, query: str) -> None:
    assert [run.run_id for run in one_store.runs.find(query, limit=1_000).runs] == expected(one_store, query)


@pytest.mark.parametrize("ascending", [False, True])
def test_pages_follow_each_other_without_gap_or_repeat(populated: Store, ascending: bool) -> None:
    whole = [run.run_id for run in populated.runs.find("tag:team", limit=1_000, ascending=ascending).runs]
    seen: list[str] = []
    cursor = None
    while True:
        page = populated.runs.find("tag:team", limit=7, cursor=cursor, ascending=ascending)
        seen += [run.run_id for run in page.runs]
        cursor = page.cursor
        if cursor is None:
            break
        assert len(page.runs) == 7
    assert seen == whole


def test_a_run_id_serves_as_cursor(populated: Store) -> None:
    runs = populated.runs.find(limit=10).runs
    after = populated.runs.find(limit=3, cursor=runs[4].run_id).runs
    assert [run.run_id for run in after] == [run.run_id for run in runs[5:8]]
    with pytest.raises(DagsterRunNotFoundError, match="no-such-run"):
        populated.runs.find(cursor="no-such-run")


def test_a_graph_is_not_asked_of_runs(store: Store) -> None:
    from earmark.tags.query.tree import Exact, Key, Traversal

    with pytest.raises(QueryError, match="no graph"):
        store.runs.find(Traversal(Key((Exact("a"),)), down=1))


def test_tags_are_listed_and_counted(populated: Store) -> None:
    assert populated.tags.keys(prefix="t") == ["team", "tier"]
    assert populated.tags.values("team") == ["", "de", "ml", "moved"]
    for value in ("ml", "moved", "nobody"):
        assert populated.tags.count("team", value).runs == len(expected(populated, f"tag:team={value}"))
    assert populated.tags.count("team").runs == len(expected(populated, "tag:team"))


def test_segments_are_made_while_runs_are_created(
    monkeypatch: pytest.MonkeyPatch, store: Store, make_run: Make
) -> None:
    monkeypatch.setattr(touched, "BASE_BITS", 3)
    monkeypatch.setattr(segments, "FAN_BITS", 3)
    for _ in range(20):
        store.runs.create([make_run(tags={"team": "ml"})])
    assert store.runs.seal() == 0
    assert store.runs.count("tag:team=ml") == 20
    with store._database.read() as session:  # type: ignore[attr-defined]
        assert [segment.first for segment in segments.segments_between(session, 0, 100)] == [0, 8]


def test_runs_that_a_tick_or_a_backfill_makes_in_one_transaction_are_sealed_once_it_is_committed(
    monkeypatch: pytest.MonkeyPatch, store: Store, make_run: Make
) -> None:
    monkeypatch.setattr(touched, "BASE_BITS", 3)

    def tick() -> None:
        for _ in range(9):
            store.runs.create([make_run(tags={"team": "ml"})])
        with store._database.read() as session:  # type: ignore[attr-defined]
            assert not segments.segments_between(session, 0, 100), "nobody has to wait for that"

    store.transact(tick)
    with store._database.read() as session:  # type: ignore[attr-defined]
        assert [segment.first for segment in segments.segments_between(session, 0, 100)] == [0]
    assert store.runs.seal() == 0


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch, store: Store, make_run: Make) -> Store:
    """Return a store whose runs 1 to 63 lie in one segment, and 64 to 70 in none."""
    monkeypatch.setattr(touched, "BASE_BITS", 3)
    monkeypatch.setattr(segments, "FAN_BITS", 3)
    monkeypatch.setattr(build, "MIN_RUNS", 20)
    store.runs.create([make_run(tags={"customer": f"c{number % 5}", "all": "yes"}) for number in range(70)])
    with store._database.read() as session:  # type: ignore[attr-defined]
        (segment,) = segments.segments_between(session, 0, 100)
    assert (segment.first, segment.end, list(segment.gone)) == (0, 64, [0])
    return store


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of the runs that queries look at one by one, as they do."""
    seen: list[int] = []
    loose = find.Stretch._loose.func

    def noted(self: find.Stretch) -> object:
        found = loose(self)
        seen.extend(found)
        return found

    spied = functools.cached_property(noted)
    spied.__set_name__(find.Stretch, "_loose")
    monkeypatch.setattr(find.Stretch, "_loose", spied)
    return seen


def test_only_runs_that_no_segment_speaks_for_are_looked_at(
    merged: Store, looked_at: list[int], clock: Callable[[], int]
) -> None:
    assert merged.runs.count("tag:customer=c1*") == 14
    assert merged.runs.count("tag:customer=c*") == 70
    assert set(looked_at) == set(range(64, 71))
    looked_at.clear()
    second = merged.runs.find(ascending=True, limit=2).runs[1]
    merged.runs.record(second.run_id, [Event(RunTagged({"customer": "c2"}, "ann"), clock())])
    looked_at.clear()
    assert merged.runs.count("tag:customer=c1") == 13
    assert merged.runs.count("tag:customer=c2") == 15
    assert set(looked_at) == {2, *range(64, 71)}


def test_a_segment_that_many_edits_have_made_out_of_date_is_made_anew(
    merged: Store, looked_at: list[int], clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MAX_TOUCHED", 3)
    for run in merged.runs.find(ascending=True, limit=4).runs:
        merged.runs.record(run.run_id, [Event(RunTagged({"customer": "c9"}, "ann"), clock())])
    assert merged.runs.seal() == 1
    looked_at.clear()
    assert merged.runs.count("tag:customer=c9") == 4
    assert merged.runs.count("tag:customer=c0") == 13
    assert set(looked_at) == set(range(64, 71))


def test_a_tag_that_is_edited_while_its_segment_is_made_anew_is_still_looked_at(
    merged: Store, clock: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "MAX_TOUCHED", 0)
    first, second = merged.runs.find(ascending=True, limit=2).runs
    read = build.merged

    def tag(run: DagsterRun, value: str) -> None:
        merged.runs.record(run.run_id, [Event(RunTagged({"customer": value}, "ann"), clock())])

    def read_and_edit(tx, parts):  # type: ignore[no-untyped-def]
        made = read(tx, parts)
        if merged.url != "memory://":  # there is one connection only, and it is reading
            tag(first, "again")
            tag(second, "late")
        return made

    tag(first, "once")
    monkeypatch.setattr(build, "merged", read_and_edit)
    merged.runs.seal()
    monkeypatch.setattr(build, "merged", read)
    apart = merged.url != "memory://"
    assert merged.runs.count("tag:customer=again") == merged.runs.count("tag:customer=late") == int(apart)
    assert merged.runs.count("tag:customer=once") == int(not apart)
    assert merged.runs.count("tag:customer=c1") == 13 + (not apart)


LONG = "x" * 64
ODD_VALUES = ("x", "x\x00y", "x\x01y", LONG, f"{LONG}1", f"{LONG}2", f"{LONG[:-1]}é", "X", "x*y", "é", "\U0001f600")


@pytest.mark.parametrize(
    "prefix", ["", "x", "X", "x\x01", r"x\*", LONG[:-1], LONG, f"{LONG}1", f"{LONG}\x01", "é", "\U0001f600"]
)
def test_values_are_found_by_how_they_begin_however_long_and_odd_they_are(
    store: Store, make_run: Make, prefix: str
) -> None:
    store.runs.create([make_run(tags={"odd": value}) for value in ODD_VALUES])
    begins = prefix.replace("\\", "")
    found = {run.tags["odd"] for run in store.runs.find(f'tag:odd="{prefix}*"').runs}
    assert found == {value for value in ODD_VALUES if value.startswith(begins)}


def test_few_of_the_runs_that_wait_are_looked_at_whenever_more_are_added(
    monkeypatch: pytest.MonkeyPatch, store: Store, make_run: Make
) -> None:
    monkeypatch.setattr(touched, "BASE_BITS", 6)
    looked_at: list[int] = []
    original = build._unended

    def noted(tx: Session, first: int, end: int, most: int) -> BitMap:
        found = original(tx, first, end, most)
        looked_at.append(len(found))
        return found

    monkeypatch.setattr(build, "_unended", noted)
    for _ in range(10):
        store.runs.create([make_run() for _ in range(64)], [RunEnqueued()])
    assert 0 < sum(looked_at[-10:]) <= 10 * 17
    assert store.runs.count("status:queued") == 640


def test_a_query_whose_segments_are_put_together_under_it_is_answered_from_the_new_ones(
    merged: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, misses = segments.blocks, iter([True, False])

    def gone_once(tx, keys):  # type: ignore[no-untyped-def]
        if next(misses, False):
            raise segments.SegmentsMoved
        return read(tx, keys)

    monkeypatch.setattr(segments, "blocks", gone_once)
    assert merged.runs.count("tag:customer=c1") == 14


def test_a_store_that_has_lost_blocks_says_so_instead_of_answering(merged: Store) -> None:
    merged._database.write(lambda tx: tx.run("DELETE FROM run_block"))  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="blocks of runs are missing"):
        merged.runs.count("tag:customer=c1")


def test_deleted_runs_leave_segments_at_once(merged: Store, clock: Callable[[], int]) -> None:
    runs = merged.runs.find(limit=70).runs
    for run in runs:
        merged.runs.record(run.run_id, [Event(fact, clock()) for fact in (RunStarted(), RunSucceeded())])
    assert merged.runs.delete([run.run_id for run in runs[2:62]]) == 60
    assert merged.runs.count() == merged.runs.count("tag:all=yes") == merged.runs.count("status:succeeded") == 10
    assert merged.runs.find("tag:customer", limit=20).runs == merged.runs.find(limit=20).runs


def test_sketches_have_the_tags_that_were_asked_for_and_how_each_run_moved(populated: Store) -> None:
    whole = populated.runs.find("tag:team", limit=1_000).runs
    sketches = list(populated.runs.sketches("tag:team", keys=["team"], limit=1_000))
    assert {run.run_id: (run.tags, run.status, run.code_location, run.ended_at) for run in sketches} == {
        run.run_id: ({"team": run.tags["team"]}, run.status, run.code_location, run.ended_at) for run in whole
    }
    newest = {run.run_id for run in populated.runs.find(limit=7).runs}
    assert {run.run_id for run in populated.runs.sketches(keys=[], limit=7)} == newest
