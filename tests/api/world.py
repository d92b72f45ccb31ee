"""A made-up instance: real definitions, a real store, runs with their events, and code locations that load nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import earmark as em
from earmark.events import kinds
from earmark.events.assets import AssetMaterialization
from earmark.events.envelope import Event
from earmark.locations.published import LEADER, PublishedLocation, publish
from earmark.plan.build import plan_assets
from earmark.runs.request import AskedBy, RunAsk, RunTarget, Surface, request_run
from earmark.specs.job import ASSET_JOB
from earmark.specs.manifest import Manifest
from earmark.store.ports import Store
from earmark.tags.flow import read_flow
from earmark.values import wire
from earmark.values.clock import Micros
from earmark.values.keys import AssetKey
from earmark.values.states import FailureReason

SECOND = 1_000_000
START = 1_763_856_000 * SECOND  # 2025-11-23T00:00:00Z


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self, at: int = START) -> None:
        self.at = at

    def __call__(self) -> Micros:
        return Micros(self.at)

    def go(self, seconds: float) -> None:
        self.at += round(seconds * SECOND)


def definitions() -> em.Definitions:
    """A small project: a raw layer, marts with partitions and a check, two jobs, a schedule-like tag flow."""

    @em.asset(group_name="raw", tags={"domain": "marketing", "pii": "true", "team": "growth"}, kinds={"python"})
    def clicks():
        return 1

    @em.asset(group_name="raw", tags={"domain": "sales", "team": "core"}, owners=["team:data"])
    def orders():
        return 1

    @em.asset(
        key_prefix=["marts"], group_name="marts", deps=[clicks, orders], tags={"domain": "marketing", "tier": "gold"}
    )
    def spend():
        return 1

    @em.asset(
        key_prefix=["marts"],
        group_name="marts",
        deps=[orders],
        pool="warehouse",
        partitions_def=em.DailyPartitionsDefinition("2025-11-01"),
    )
    def daily():
        return 1

    @em.asset_check(asset=spend, blocking=True)
    def spend_is_positive():
        return em.AssetCheckResult(passed=True)

    @em.op(tags={"engine": "duckdb"}, pool="warehouse")
    def extract():
        return 1

    @em.op(config_schema={"limit": int})
    def load(context, rows):
        return rows

    @em.job(tags={"team": "growth", "tier": "gold"})
    def sync_crm():
        load(extract())

    marketing = em.define_asset_job("daily_marketing", selection="group:marts", tags={"team": "growth", "env": "prod"})
    return em.Definitions(
        assets=[clicks, orders, spend, daily], asset_checks=[spend_is_positive], jobs=[sync_crm, marketing],
    )  # fmt: skip


LOADED_AT = Micros(START)


@dataclass(frozen=True)
class State:
    name: str
    status: str = "ready"
    manifest: Manifest | None = None
    before: Manifest | None = None
    stale: bool = False
    error: str = ""
    traceback: str = ""
    note: str = ""
    version: str = "0.1.0"
    python: str = "3.11.9"
    pid: int = 4242
    loaded_at: Micros | None = LOADED_AT
    load_seconds: float = 0.5
    served_by: str = ""


@dataclass
class FakeLocations:
    """Code locations as a test sets them; what they are asked is kept, and answered by ``answers``."""

    states: list[State]
    version: int = 1
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    reloaded: list[str] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)

    def locations(self) -> list[State]:
        return self.states

    def reload(self, name: str) -> None:
        self.reloaded.append(name)

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        self.asked.append((location, kind, payload))
        answer = self.answers[kind]
        return answer(payload) if callable(answer) else answer

    def change(self, name: str, **changes: Any) -> None:
        self.states = [replace(one, **changes) if one.name == name else one for one in self.states]
        self.version += 1


def ids() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"0190{number:04x}-0000-7000-8000-{number:012x}"


class World:
    """Makes runs in a store, step by step."""

    def __init__(self, store: Store, clock: Clock, manifest: Manifest) -> None:
        self.store = store
        self.clock = clock
        self.manifest = manifest
        self._ids = ids()
        self.plan = plan_assets(ASSET_JOB, manifest.computations, assets=[AssetKey("clicks"), AssetKey("orders")])
        store.plans.put(self.plan.content_hash(), wire.encode(self.plan))

    def lead(self) -> None:
        """Stand in for the host that leads, for as long as the store is used: no real host is to be started on it."""
        assert self.store.leases.acquire(LEADER, "host", seconds=1e9) is not None
        self.serve(shop="")

    def serve(self, **locations: str) -> None:
        """Let that host say which code locations it has, each with why no run can start in it."""
        said = [PublishedLocation(name=name, host_id="host", obstacle=why) for name, why in locations.items()]
        publish(self.store, "host", said)

    def queue(self, job: str = "sync_crm", by: AskedBy | None = None, **tags: str) -> str:
        """Make a run that waits."""
        spec = next(one for one in self.manifest.jobs if one.name == job)
        target = RunTarget(
            job_name=job,
            graph_tags=spec.graph.tags if spec.graph else {},
            job_tags=spec.tags_for_runs,
            flow=read_flow({}),
            code_location="shop",
        )
        ask = RunAsk(
            tags=tags,
            surface=Surface.UI,
            user="ana",
            asked_by=by,
            plan_hash=self.plan.content_hash(),
            asset_selection=frozenset({AssetKey("clicks"), AssetKey("orders")}),
        )
        run = request_run(target, ask, run_id=next(self._ids), now=self.clock()).run
        self.store.runs.create([run], [kinds.RunEnqueued()])
        return run.run_id

    def record(self, run_id: str | None, *facts: kinds.AnyFact, step: str | None = None) -> None:
        events = [Event(fact, self.clock(), step_key=step) for fact in facts]
        if run_id is None:
            self.store.runs.report(events)
        else:
            self.store.runs.record(run_id, events)

    def start(self, run_id: str) -> str:
        self.record(run_id, kinds.RunStarting("fork", "t"), kinds.RunStarted("build-2", 77))
        return run_id

    def step(self, run_id: str, key: str, seconds: float = 2.0, error: kinds.ErrorInfo | None = None) -> None:
        self.record(run_id, kinds.StepStarted(), step=key)
        self.clock.go(seconds)
        if error is not None:
            self.record(run_id, kinds.StepFailed(error), step=key)
            return
        wrote = AssetMaterialization(AssetKey(key), metadata={"rows": 10 + len(key)})
        self.record(run_id, kinds.AssetMaterialized(wrote), kinds.StepSucceeded(round(seconds * SECOND)), step=key)

    def succeed(self, run_id: str) -> str:
        self.start(run_id)
        self.step(run_id, "clicks")
        self.step(run_id, "orders")
        self.record(run_id, kinds.RunSucceeded())
        return run_id

    def fail(self, run_id: str) -> str:
        self.start(run_id)
        self.step(run_id, "clicks")
        error = kinds.ErrorInfo(
            "KeyError", "'discount_rate'", ('  File "shop/assets.py", line 12, in orders\n    x["y"]\n',)
        )
        self.step(run_id, "orders", error=error)
        self.record(run_id, kinds.AssetFailedToMaterialize(AssetKey("orders"), error=error))
        reason = FailureReason.STEP_FAILURE
        self.record(run_id, kinds.RunFailed(reason, "Step orders failed.", error, ("orders",)))
        return run_id

    def many(self, count: int) -> None:
        """Make runs that have ended: every fifth failed, teams in turn."""
        for number in range(count):
            self.clock.go(60)
            team = ("growth", "core", "ml")[number % 3]
            run_id = self.queue("sync_crm" if number % 2 else "daily_marketing", team=team, env="prod")
            self.fail(run_id) if number % 5 == 0 else self.succeed(run_id)
