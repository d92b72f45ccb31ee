"""Finding runs while they are made, moved, edited and deleted: answers are exact, whatever happened in what order."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from earmark.events.envelope import Event
from earmark.events.kinds import RunCanceled, RunEnqueued, RunFailed, RunStarted, RunStarting, RunSucceeded, RunTagged
from earmark.runs.run import DagsterRun
from earmark.store.open import open_store
from earmark.store.ports import Store
from earmark.store.query import build, find, segments, touched
from earmark.tags.query.evaluate import predicate
from earmark.tags.query.parse import parse
from earmark.values.clock import Micros
from earmark.values.ids import uuid7
from tests.store.conftest import SetClock
from tests.store.test_find import facts_of

QUERIES = (
    "*",
    "tag:team=ml",
    "tag:team=ml not tag:team=ml",
    "not tag:team",
    "tag:team=ml tag:team=de",
    "tag:team=ml or tag:only=v1*",
    "tag:only=v*",
    "tag:only=v1* not tag:team=de",
    "tag:half=old status:succeeded",
    "status:succeeded,failed not tag:half=new",
    "status:running or status:queued tag:team=de",
    "status:canceled",
    "not status:succeeded tag:team",
    "created:>-30m",
    "tag:team=ml created:<-20m not status:failed tag:half=old -tag:only=v*",
)

_numbers = itertools.count(1)


class Model:
    """A store, and what was done to it."""

    def __init__(self, store: Store, clock: SetClock) -> None:
        self.store = store
        self.clock = clock
        self.ids: list[str] = []

    def clear(self) -> None:
        """End and delete all runs; what was made for them stays."""
        for run in self.store.runs.get_many(self.ids):
            if not run.is_finished:
                self.store.runs.record(run.run_id, [Event(RunCanceled(), self.clock())])
        self.store.runs.delete(self.ids)
        self.ids = []

    def create(self, count: int, team: str | None) -> None:
        runs = []
        for _ in range(count):
            number = next(_numbers)
            tags = {"half": "old" if len(self.ids) + len(runs) < 12 else "new", "only": f"v{number}"}
            if team is not None:
                tags["team"] = team
            runs.append(DagsterRun(run_id=uuid7(Micros(number), number), job_name="etl", tags=tags))
        self.store.runs.create(runs, [RunEnqueued()])
        self.ids += [run.run_id for run in runs]

    def move(self, index: int, end: int) -> None:
        run = self._run(index)
        if run is None or run.is_finished:
            return
        if run.started_at is None:
            begin = (RunStarting("local", "token", 1), RunStarted())
            self.store.runs.record(run.run_id, [Event(fact, self.clock()) for fact in begin])
        if end:
            fact = (RunSucceeded(), RunFailed(), RunCanceled())[end - 1]
            self.store.runs.record(run.run_id, [Event(fact, self.clock())])

    def tag(self, index: int, team: str | None) -> None:
        run = self._run(index)
        if run is not None:
            self.store.runs.record(run.run_id, [Event(RunTagged({"team": team}, "ann"), self.clock())])

    def delete(self, index: int, count: int) -> None:
        runs = [run for run in self.store.runs.get_many(self.ids[index : index + count]) if run.is_finished]
        assert self.store.runs.delete([run.run_id for run in runs]) == len(runs)
        gone = {run.run_id for run in runs}
        self.ids = [run_id for run_id in self.ids if run_id not in gone]

    def wait(self, minutes: int) -> None:
        self.clock.move(60 * minutes)

    def seal(self) -> None:
        self.store.runs.seal()

    def ask(self, query: str) -> None:
        holds = predicate(parse(query, "run", bare="text"), "run", self.clock())
        runs = self.store.runs.get_many(reversed(self.ids))
        matching = [run.run_id for run in runs if holds(facts_of(run, self.clock()))]
        assert [run.run_id for run in self.store.runs.find(query, limit=1_000).runs] == matching, query
        assert [run.run_id for run in self.store.runs.find(query, limit=3).runs] == matching[:3], query
        assert [run.run_id for run in self.store.runs.find(query, limit=3, ascending=True).runs] == matching[::-1][:3]
        assert self.store.runs.count_each(query, ["*", "tag:team=ml"]) == [
            len(matching),
            sum(run.tags.get("team") == "ml" for run in runs if run.run_id in matching),
        ]

    def _run(self, index: int) -> DagsterRun | None:
        return self.store.runs.get(self.ids[index % len(self.ids)]) if self.ids else None


def make_tiny(patch: pytest.MonkeyPatch) -> None:
    """Let a few dozen runs fill segments of every level, and few touched ones spoil one."""
    patch.setattr(touched, "BASE_BITS", 2)
    patch.setattr(segments, "FAN_BITS", 1)
    patch.setattr(build, "MIN_RUNS", 3)
    patch.setattr(build, "BLOCK_RUNS", 4)
    patch.setattr(build, "SLAB_BLOCKS", 2)
    patch.setattr(build, "MAX_TOUCHED", 3)
    patch.setattr(find, "LONGEST", 16)


@pytest.fixture(scope="module", params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """Return a store of each kind in turn, which serves all examples of a test."""
    clock = SetClock()
    with pytest.MonkeyPatch.context() as patch:
        make_tiny(patch)
        if request.param == "postgres":
            with request.getfixturevalue("postgres_server").database() as url:
                store = open_store(url, clock=clock)
                yield Model(store, clock)
                store.close()
            return
        where = "memory://" if request.param == "memory" else tmp_path_factory.mktemp("meanwhile")
        store = open_store(where, clock=clock)
        yield Model(store, clock)
        store.close()


teams = st.sampled_from([None, "ml", "de"])
places = st.integers(0, 60)
steps = st.one_of(
    st.tuples(st.just("create"), st.integers(1, 9), teams),
    st.tuples(st.just("move"), places, st.integers(0, 3)),
    st.tuples(st.just("tag"), places, teams),
    st.tuples(st.just("delete"), places, st.integers(1, 9)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
    st.tuples(st.just("seal")),
    st.tuples(st.just("ask"), st.sampled_from(QUERIES)),
)


@given(st.lists(steps, min_size=5, max_size=40))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_are_exact_whatever_happens_between_them(model: Model, happenings: list[tuple]) -> None:  # type: ignore[type-arg]
    model.clear()
    model.create(9, "ml")
    model.tag(2, "de")
    for name, *arguments in happenings:
        getattr(model, name)(*arguments)
    for query in QUERIES:
        model.ask(query)


def test_answers_are_exact_after_many_have_written_and_sealed_at_once(
    lasting_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny(monkeypatch)
    clock = SetClock()
    models = [Model(open_store(lasting_url, clock=clock), clock) for _ in range(3)]
    failures: list[BaseException] = []

    def work(model: Model, seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(25):
                model.create(chance.randint(1, 6), chance.choice(["ml", "de", None]))
                model.move(chance.randrange(60), chance.randint(0, 3))
                model.tag(chance.randrange(60), chance.choice(["ml", "de", None]))
                model.delete(chance.randrange(60), 5)
                model.seal()
                # A reader without a snapshot, while others put segments together.
                model.store.transact(lambda: model.store.runs.find("tag:only=v1* not tag:team=de"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(model, seed)) for seed, model in enumerate(models)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    first = models[0]
    everything = {run.run_id for run in first.store.runs.find(limit=1_000).runs}
    assert everything == {run_id for model in models for run_id in model.ids}
    first.ids = [run.run_id for run in first.store.runs.find(limit=1_000, ascending=True).runs]
    for query in QUERIES:
        first.ask(query)
    for model in models:
        model.store.close()
