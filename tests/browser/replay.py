"""A past for an instance: runs that were really executed, told again at other times, slower, some with a failure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.specs.metadata import FloatMetadataValue, IntMetadataValue
from earmark.store.ports import Store
from earmark.values.clock import Micros
from earmark.values.ids import uuid7
from earmark.values.keys import AssetKey
from earmark.values.states import FailureReason
from tests.api.world import SECOND, Clock

LEFT_OUT = (kinds.RunStarted, kinds.RunSucceeded, kinds.RunFailed, kinds.LogsCaptured, kinds.EngineNoted)
ERRORS = {
    "raw_weather": kinds.ErrorInfo("TimeoutError", "the weather archive did not answer within 30 s"),
    "copy_reports": kinds.ErrorInfo(
        "IOException", "Could not set lock on file flights.duckdb: held by another process"
    ),
    "raw_flights": kinds.ErrorInfo("ComputeError", "could not parse `NA` as dtype `i64` at column 'dep_delay'"),
}


@dataclass(frozen=True)
class Template:
    """A run that succeeded, with its log."""

    run: DagsterRun
    events: list[Event]

    @property
    def steps(self) -> list[str]:
        """The steps in the order they began, without the checks."""
        checks = {event.step_key for event in self.events if isinstance(event.fact, kinds.AssetCheckPlanned)}
        began = [event.step_key for event in self.events if isinstance(event.fact, kinds.StepStarted)]
        return [step for step in began if step and step not in checks]

    def after(self, step: str) -> set[str]:
        """The steps that read from a step, directly or through others."""
        found = {step}
        for event in self.events:
            if isinstance(event.fact, kinds.InputLoaded) and event.fact.upstream_step in found and event.step_key:
                found.add(event.step_key)
        return found - {step}


class Replay:
    """Tells runs again, in the order of time.

    Args:
        store: Where they are written; its clock is ``clock``.
        clock: Set to the time of each run.
        location: The code location that the runs belong to.
        templates: A run for each job.
        chance: What decides about durations and failures.
    """

    def __init__(
        self, store: Store, clock: Clock, location: str, templates: dict[str, Template], chance: random.Random
    ) -> None:
        self._store = store
        self._clock = clock
        self._location = location
        self._templates = templates
        self._chance = chance

    def steps(self, job: str) -> list[str]:
        """The steps of a job that write something, in the order they begin."""
        return self._templates[job].steps

    def tell(self, job: str, at: int, *, slower: float, fails: str | None = None, **tags: str) -> DagsterRun:
        """Write one run.

        Args:
            job: Whose template is told.
            at: When it was asked for, in microseconds since the epoch.
            slower: How many times as long its steps took.
            fails: The step that fails, if one does.
            tags: The tags of its launch.
        """
        template = self._templates[job]
        self._clock.at = at
        run = replace(
            template.run,
            run_id=uuid7(Micros(at), self._chance.getrandbits(62)),
            tags={**template.run.tags, **tags, "dagster/code_location": self._location},
            tag_origins={**template.run.tag_origins, **{key: TagOrigin("launch") for key in tags}},
            code_location=self._location,
            **_NOT_YET,
        )
        self._store.runs.create([run], [kinds.RunEnqueued()])
        facts = self._with_failure(template, fails) if fails else self._as_it_was(template)
        self._store.runs.record(run.run_id, list(self._stretched(facts, at, slower)))
        return run

    def _as_it_was(self, template: Template) -> Iterator[tuple[int, Event]]:
        before = template.run.created_at
        for event in template.events:
            if not isinstance(event.fact, LEFT_OUT):
                yield event.timestamp - before, event
                before = event.timestamp
        yield 0, Event(kinds.RunSucceeded(), Micros(0))

    def _with_failure(self, template: Template, step: str) -> Iterator[tuple[int, Event]]:
        error = ERRORS.get(step, kinds.ErrorInfo("ColumnNotFoundError", f'"carrier" not found in the input of {step}'))
        error = replace(error, stack=(f'  File "flights/assets/{step}.py", line 41, in {step}\n    return frame\n',))
        never, failed = template.after(step), False
        planned = [(one.step_key, one.fact.asset_key) for one in template.events
                   if isinstance(one.fact, kinds.AssetMaterializationPlanned)]  # fmt: skip
        for delta, event in self._as_it_was(template):
            if isinstance(event.fact, kinds.RunSucceeded):
                message = f'Step "{step}" failed: {error.class_name}: {error.message}'
                end = kinds.RunFailed(FailureReason.STEP_FAILURE, message, error, (step,))
                yield delta, replace(event, fact=end)
            elif isinstance(event.fact, kinds.AssetMaterializationPlanned | kinds.AssetCheckPlanned):
                yield delta, event
            elif event.step_key in never:
                if isinstance(event.fact, kinds.StepStarted):
                    yield 0, replace(event, fact=kinds.StepSkipped(f'Upstream step "{step}" failed.'))
                    yield from self._missed(planned, event, None)
            elif event.step_key != step or not failed:
                yield delta, event
                if event.step_key == step and isinstance(event.fact, kinds.StepStarted):
                    failed = True
                    yield 2 * SECOND, replace(event, fact=kinds.StepFailed(error))
                    yield from self._missed(planned, event, error)

    def _missed(
        self, planned: list[tuple[str | None, AssetKey]], event: Event, error: kinds.ErrorInfo | None
    ) -> Iterator[tuple[int, Event]]:
        for step, asset in planned:
            if step == event.step_key:
                missed = kinds.AssetFailedToMaterialize(asset, skipped=error is None, error=error)
                yield 0, replace(event, fact=missed)

    def _stretched(self, facts: Iterator[tuple[int, Event]], at: int, slower: float) -> Iterator[Event]:
        now = at + self._chance.randrange(1, 40) * SECOND // 10
        yield Event(kinds.RunStarting("fork", "t"), Micros(now))
        now += 40_000
        yield Event(kinds.RunStarted("build-2", 4711), Micros(now))
        pace: dict[str | None, float] = {}
        for delta, event in facts:
            now += round(delta * pace.setdefault(event.step_key, slower * self._chance.lognormvariate(0, 0.3)))
            fact = self._varied(event.fact)
            if isinstance(fact, kinds.StepSucceeded):
                fact = replace(fact, duration=round(fact.duration * pace[event.step_key]))
            yield replace(event, fact=fact, timestamp=Micros(now), id=0, run_id=None)

    def _varied(self, fact: kinds.AnyFact) -> kinds.AnyFact:
        """Return a fact whose figures are a little other ones: tables grow and shrink."""
        if not isinstance(fact, kinds.AssetMaterialized):
            return fact
        wrote = fact.materialization
        metadata = {name: self._near(value) for name, value in wrote.metadata.items()}
        return replace(fact, materialization=replace(wrote, metadata=metadata))

    def _near(self, value: object) -> object:
        if isinstance(value, IntMetadataValue) and value.value > 100:
            return IntMetadataValue(round(value.value * self._chance.uniform(0.94, 1.0)))
        if isinstance(value, FloatMetadataValue):
            return FloatMetadataValue(value.value * self._chance.uniform(0.94, 1.06))
        return value


_NOT_YET = {
    "status": DagsterRun(run_id="", job_name="").status, "created_at": Micros(0), "queued_at": None,
    "starting_at": None, "started_at": None, "ended_at": None, "launch_token": None, "launch_attempt": 0,
    "failure_reason": None, "failure_message": None, "steps_succeeded": 0, "steps_failed": 0, "steps_skipped": 0,
}  # fmt: skip
