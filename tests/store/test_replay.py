"""Events are the truth: folding a run's log gives the row that is stored."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.events.envelope import Event
from earmark.events.kinds import (
    AnyFact,
    AssetCheckEvaluated,
    AssetCheckPlanned,
    AssetFailedToMaterialize,
    AssetMaterializationPlanned,
    AssetMaterialized,
    AssetObserved,
    AssetWiped,
    Logged,
    RunCanceled,
    RunCanceling,
    RunDequeued,
    RunEnqueued,
    RunFailed,
    RunRequeued,
    RunStarted,
    RunStarting,
    RunSucceeded,
    RunTagged,
    StepFailed,
    StepSkipped,
    StepSucceeded,
)
from earmark.runs.fold import fold
from earmark.runs.run import DagsterRun
from earmark.store.ports import Store
from earmark.values.errors import DagsterInvariantViolationError
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.states import DagsterRunStatus, FailureReason

KEYS = (AssetKey("a"), AssetKey(["a", "b"]), AssetKey("a/b"))
PARTITIONS = ("1", "2")

run_facts = st.sampled_from(
    (
        RunEnqueued(), RunDequeued(3), RunStarting("local", "t1", 1), RunStarting("local", "t2", 2), RunRequeued(),
        RunStarted("host", 1), RunSucceeded(), RunFailed(FailureReason.STEP_FAILURE, "x"), RunCanceling("ann"),
        RunCanceled("ann"), RunTagged({"team": "ml"}, "ann"), RunTagged({"team": None, "dagster/priority": "2"}, "bob"),
        StepSucceeded(5), StepFailed(), StepSkipped(), Logged(20, "hello"),
    )
)  # fmt: skip
keys = st.sampled_from(KEYS)
partitions = st.sampled_from((None, *PARTITIONS))
checks = st.sampled_from(("fresh", "unique"))
asset_facts = st.one_of(
    st.builds(lambda key, part: AssetMaterialized(AssetMaterialization(key, partition=part)), keys, partitions),
    st.builds(lambda key, part: AssetObserved(AssetObservation(key, partition=part)), keys, partitions),
    st.builds(AssetMaterializationPlanned, keys, partitions),
    st.builds(AssetFailedToMaterialize, keys, partitions),
    st.builds(lambda key, name: AssetCheckPlanned(AssetCheckKey(key, name)), keys, checks),
    st.builds(
        lambda key, name, ok: AssetCheckEvaluated(AssetCheckEvaluation(key, name, ok)), keys, checks, st.booleans()
    ),
    st.builds(AssetWiped, keys, st.sampled_from((None, ("1",)))),
)
batches = st.lists(st.lists(st.one_of(run_facts, asset_facts), min_size=1, max_size=4), max_size=12)


@given(batches)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replaying_the_log_of_a_run_gives_the_stored_row(lasting_store: Store, batches: list[list[AnyFact]]) -> None:
    store = lasting_store
    number = store.runs.count()
    [asked] = store.runs.create([DagsterRun(run_id=f"run-{number}", job_name="etl", tags={"team": "de"})])
    now, kept = 1_000, 0
    for batch in batches:
        now += 7
        try:
            kept += len(store.runs.record(asked.run_id, [Event(fact, now) for fact in batch]))
        except DagsterInvariantViolationError:
            continue
    log = store.events.of_run(asked.run_id)
    stored = store.runs.get(asked.run_id)
    assert len(log) == kept
    assert [event.id for event in log] == sorted({event.id for event in log})
    assert fold(asked, log) == stored
    assert_found_by_its_tags(store, stored)
    if not stored.is_finished:  # so that nothing it planned is left to the next example
        store.runs.record(asked.run_id, [Event(RunFailed(), now)])


def assert_found_by_its_tags(store: Store, run: DagsterRun) -> None:
    for key in ("team", "dagster/priority"):
        value = run.tags.get(key)
        wanted = f"id:{run.run_id} " + (f"tag:{key}={value}" if value is not None else f"tag:{key}=<null>")
        assert [found.run_id for found in store.runs.find(wanted).runs] == [run.run_id]


@given(batches)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_state_of_assets_follows_from_their_events(lasting_store: Store, batches: list[list[AnyFact]]) -> None:
    """Held against a model that looks at the events of the asset alone."""
    store = lasting_store
    for key in KEYS:
        store.runs.report([Event(AssetWiped(key), 1)])
    before = max(store.events.of_asset(key, limit=1)[0].id for key in KEYS)
    runs = store.runs.create(
        [DagsterRun(run_id=f"run-{store.runs.count()}-{name}", job_name="etl") for name in ("x", "y")], [RunStarted()]
    )
    for number, batch in enumerate(batches):
        try:
            store.runs.record(runs[number % 2].run_id, [Event(fact, 1_000 + number) for fact in batch])
        except DagsterInvariantViolationError:
            continue
    for run in runs:
        if not store.runs.get(run.run_id).is_finished:
            store.runs.record(run.run_id, [Event(RunSucceeded(), 2_000)])
    for key in KEYS:
        events = store.events.of_asset(key, after=before, newest=False, limit=10_000)
        model = Model(store, events, [run.run_id for run in runs])
        state = store.assets.get(key)
        assert state.materialization == model.latest(AssetMaterialized)
        assert state.observation == model.latest(AssetObserved)
        assert state.planned_run_id is None
        wanted = {name: model.partition_status(name) for name in PARTITIONS}
        found = {row.partition: row.status for row in store.assets.partitions(key)}
        assert {name: found.get(name, "missing") for name in PARTITIONS} == wanted


class Model:
    """What the events of one asset, read in order, say about it."""

    def __init__(self, store: Store, events: list[Event], runs: list[str]) -> None:
        whole = [event for event in events if isinstance(event.fact, AssetWiped) and event.fact.partitions is None]
        self._events = [event for event in events if not whole or event.id > whole[-1].id]
        since = whole[-1].id if whole else 0
        ends = [end for run in runs if (end := self._failure(store, run)) is not None and end.id > since]
        self._in_order = sorted([*self._events, *ends], key=lambda event: event.id)

    @staticmethod
    def _failure(store: Store, run: str) -> Event | None:
        if not store.runs.get(run).is_failure:
            return None
        return next(event for event in store.events.of_run(run) if isinstance(event.fact, RunFailed))

    def latest(self, kind: type[AnyFact]) -> Event | None:
        return next((event for event in reversed(self._events) if isinstance(event.fact, kind)), None)

    def partition_status(self, partition: str) -> str:
        status, planned_by = "missing", None
        for event in self._in_order:
            match event.fact:
                case RunFailed() if planned_by == event.run_id:
                    status, planned_by = "failed", None
                case AssetMaterialized(materialization=told) if told.partition == partition:
                    status, planned_by = "materialized", None
                case AssetFailedToMaterialize() if event.fact.partition == partition:
                    status, planned_by = "failed", None
                case AssetMaterializationPlanned() if event.fact.partition == partition and not event.late:
                    planned_by = event.run_id
                case AssetWiped() if event.fact.partitions and partition in event.fact.partitions:
                    status, planned_by = "missing", None
                case _:
                    pass
        return status


def test_the_end_of_a_run_settles_what_it_had_planned(lasting_store: Store) -> None:
    for fact, status in ((RunFailed(), "failed"), (RunCanceled(), "missing"), (RunSucceeded(), "missing")):
        [run] = lasting_store.runs.create(
            [DagsterRun(run_id=f"planner-{lasting_store.runs.count()}", job_name="etl")], [RunStarted()]
        )
        key = AssetKey(f"settled_{fact.event_type}")
        lasting_store.runs.record(run.run_id, [Event(AssetMaterializationPlanned(key, "1"), 5)])
        assert lasting_store.assets.get(key).planned_run_id == run.run_id
        assert lasting_store.assets.count_partitions([key]) == {key: {"in_progress": 1}}
        [end] = lasting_store.runs.record(run.run_id, [Event(fact, 6)])
        [partition] = lasting_store.assets.partitions(key)
        state = lasting_store.assets.get(key)
        assert (partition.status, state.planned_run_id) == (status, None)
        assert state.failure == (end if status == "failed" else None)
        assert lasting_store.runs.status(run.run_id) is not DagsterRunStatus.STARTED
