"""Evaluating ticks of schedules and sensors: user code is asked, and what it says becomes data.

Meant to run in a process of its own. Whatever the code of one tick does (raise, hang, print without end), that tick
fails and says why, and the next goes on.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import to_builtins
from msgspec.structs import replace

from earmark.define.automation.instigation import Surroundings, Targets, TickTimeoutError
from earmark.define.automation.schedule import ScheduleEvaluationContext
from earmark.define.automation.sensor_context import SensorEvaluationContext
from earmark.define.automation.sensor_result import SensorAnswer
from earmark.define.definitions import Definitions
from earmark.define.run_request import PARTITION, RunRequest, WithAdded, partitions_of
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.events.kinds import AnyFact, AssetCheckEvaluated, AssetMaterialized, AssetObserved, Logged
from earmark.execute.errors import error_info
from earmark.execute.log import DagsterLogManager
from earmark.execute.own_time import Deadlines, OwnTime, Say
from earmark.partitions import MultiPartitionKey
from earmark.runs.request import AskedBy, RunAsk, Surface
from earmark.runs.tick import TickAsk, TickBackfill, TickLine, TickReaction, TickResult, TickRun
from earmark.specs.sensor import SensorType
from earmark.values.clock import Clock, to_datetime, to_seconds
from earmark.values.errors import DagsterInvariantViolationError

MAX_LINES = 1_000
MAX_OUTPUT = 64 * 1024


@dataclass(frozen=True)
class TickPlace:
    """Where ticks are evaluated.

    Args:
        definitions: User code.
        instance: The instance that it sees, or ``None``.
        clock: The time.
        location: The name of the code location.
        say: Told which condition of a user's is asked, and when its time is over.
    """

    definitions: Definitions
    instance: Any
    clock: Clock
    location: str | None = None
    say: Say | None = None


def evaluate_ticks(asks: Iterable[TickAsk], place: TickPlace) -> Iterator[TickResult]:
    """Evaluate ticks one after the other, and give each result as soon as there is one.

    A tick past its time is interrupted where its code stands, if this is the main thread of the process.
    """
    for ask in asks:
        yield evaluate_tick(ask, place)


def evaluate_tick(ask: TickAsk, place: TickPlace) -> TickResult:
    """Evaluate one tick. It never raises: what goes wrong stands in the result.

    Example:
        >>> import earmark as em
        >>> from earmark.system.clock import now
        >>> nightly = em.ScheduleDefinition("nightly", cron_schedule="0 2 * * *", target="*", tags={"team": "ml"})
        >>> @em.asset
        ... def orders(): ...
        >>> place = TickPlace(em.Definitions([orders], schedules=[nightly]), None, now)
        >>> result = evaluate_tick(TickAsk(kind="schedule", name="nightly", tick_id="t1", due_at=0), place)
        >>> result.runs[0].ask.asked_by.tags
        {'team': 'ml'}
    """
    began = time.monotonic()
    lines = _Lines(place.clock)
    output = _Output()
    deadlines = Deadlines()
    around = Surroundings(
        place.instance,
        place.definitions,
        dict(place.definitions.resources or {}),
        DagsterLogManager(lines.take),
        OwnTime(deadlines, began + ask.seconds, ask.without, place.say) if ask.seconds > 0 else None,
    )

    def overdue() -> Exception:
        return TickTimeoutError(
            f"The code of {ask.name!r} took longer than {ask.seconds:g} seconds and was interrupted."
        )

    evaluate = _schedule_tick if ask.kind == "schedule" else _sensor_tick
    try:
        with redirect_stdout(output), redirect_stderr(output), deadlines.within(ask.seconds, overdue):
            try:
                result = evaluate(ask, place, around)
            finally:
                around.close()
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        # A tick may even exit the interpreter: it fails, and the others go on.
        result = TickResult(
            kind=ask.kind,
            name=ask.name,
            tick_id=ask.tick_id,
            error=error_info(error),
            timed_out=_is_timeout(error),
        )
    return replace(
        result,
        lines=tuple(lines.kept),
        output=output.text,
        output_dropped=output.dropped,
        seconds=time.monotonic() - began,
    )


def _is_timeout(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, TickTimeoutError):
        error = error.__cause__
    return error is not None


def _schedule_tick(ask: TickAsk, place: TickPlace, around: Surroundings) -> TickResult:
    definition = place.definitions.get_schedule_def(ask.name)
    context = ScheduleEvaluationContext(
        around, _in_zone(ask, definition.execution_timezone), ask.name, (ask.name, ask.tick_id)
    )
    answer = definition.answer(context)
    asker = _Asker(ask, place, definition.target, answer.definition_tags)
    return TickResult(
        kind=ask.kind,
        name=ask.name,
        tick_id=ask.tick_id,
        runs=asker.runs(answer.requests),
        skip_message=answer.skip_message,
    )


def _sensor_tick(ask: TickAsk, place: TickPlace, around: Surroundings) -> TickResult:
    definition = place.definitions.get_sensor_def(ask.name)
    answer = definition.answer(sensor_context(around, ask, place))
    asker = _Asker(ask, place, definition.targets, definition.run_tags, answer.partitions, _asked_as(definition))
    failed = [one for one in answer.reactions if one.error is not None]
    return TickResult(
        kind=ask.kind,
        name=ask.name,
        tick_id=ask.tick_id,
        runs=asker.runs(answer.requests),
        skip_message=answer.skip_message,
        cursor=answer.cursor,
        partitions=tuple(answer.partitions),
        facts=tuple(fact_of(event) for event in answer.asset_events),
        reactions=tuple(
            TickReaction(one.run_id, None if one.error is None else error_info(one.error)) for one in answer.reactions
        ),
        evaluations=(
            *answer.evaluations,
            *({"key": key, "error": to_builtins(error_info(error))} for key, error in answer.failures.items()),
        ),
        more=answer.woken_again,
        backfills=tuple(asker.backfills(answer)),
        remembered={what: dict(entries) for what, entries in answer.remembered.items()},
        error=error_info(failed[0].error) if failed and len(failed) == len(answer.reactions) else None,
    )


def _asked_as(definition: Any) -> str:
    return "automation" if definition.sensor_type is SensorType.AUTOMATION_CONDITION else "sensor"


def sensor_context(around: Surroundings, ask: TickAsk, place: TickPlace) -> SensorEvaluationContext:
    """Return the context of a sensor's tick."""
    return SensorEvaluationContext(
        around,
        cursor=ask.cursor,
        last_run_key=ask.last_run_key,
        last_tick_completion_time=None if ask.last_ended_at is None else to_seconds(ask.last_ended_at),
        last_sensor_start_time=None if ask.switched_on_at is None else to_seconds(ask.switched_on_at),
        sensor_name=ask.name,
        repository_name=place.location,
        log_key=(ask.name, ask.tick_id),
        kept_under=ask.instigator,
    )


def fact_of(event: Any) -> AnyFact:
    """Return what a sensor reports of an asset or check as a fact.

    Raises:
        DagsterInvariantViolationError: It is no event of an asset.
    """
    if isinstance(event, AssetMaterialization):
        return AssetMaterialized(event, data_version=event.tags.get("dagster/data_version"))
    if isinstance(event, AssetObservation):
        return AssetObserved(event, event.tags.get("dagster/data_version"))
    if isinstance(event, AssetCheckEvaluation):
        return AssetCheckEvaluated(event)
    raise DagsterInvariantViolationError(
        f"SensorResult.asset_events holds AssetMaterialization, AssetObservation and AssetCheckEvaluation objects, not"
        f" {event!r}."
    )


@dataclass
class _Asker:
    """Turns requests into what the host asks of the one function that makes runs."""

    ask: TickAsk
    place: TickPlace
    targets: Targets
    tags: Mapping[str, str]
    partitions: Sequence[Any] = ()
    asked_as: str = "schedule"
    _jobs: dict[str, Any] = field(default_factory=dict)

    def runs(self, requests: Iterable[RunRequest]) -> tuple[TickRun, ...]:
        return tuple(self._run(request) for request in requests)

    def asked_by(self, run_key: str | None = None) -> AskedBy:
        """Return what stands in a run about the schedule or sensor."""
        return AskedBy(
            kind=self.asked_as, name=self.ask.name, tags=self.tags, tick_id=self.ask.tick_id, run_key=run_key
        )

    def backfills(self, answer: SensorAnswer) -> Iterator[TickBackfill]:
        """Give the backfills that are asked for: one of assets, and one of each job."""
        if answer.backfill:
            yield TickBackfill(wanted=dict(answer.backfill), asked_by=self.asked_by())
        for job, partitions in answer.job_backfills.items():
            yield TickBackfill(wanted={}, asked_by=self.asked_by(), job=job, partitions=partitions)

    def _run(self, request: RunRequest) -> TickRun:
        name = request.job_name or self.targets.names[0]
        if name not in self._jobs:
            self._jobs[name] = self.place.definitions.get_job_def(name)
        job = self._jobs[name]
        config = dict(request.run_config) or None
        key = request.partition_key or request.tags.get(PARTITION)
        if key is not None:
            request = replace_partition(request, job, key, WithAdded(self.place.instance, self.partitions), self.place)
            config = dict(request.run_config) or None
        span = request.partition_key_range
        assets = request.asset_selection
        checks = request.asset_check_keys
        return TickRun(
            job_name=name,
            ask=RunAsk(
                surface=Surface.DAEMON,
                request_tags=request.tags,
                asked_by=self.asked_by(request.run_key),
                partition=key,
                partition_dimensions=dict(key.keys_by_dimension) if isinstance(key, MultiPartitionKey) else {},
                partition_range=None if span is None or key is not None else (span.start, span.end),
                run_config=config,
                asset_selection=None if assets is None else frozenset(assets),
                asset_check_selection=None if checks is None else frozenset(checks),
            ),
            stale_assets_only=request.stale_assets_only,
        )


def replace_partition(request: RunRequest, job: Any, key: str, dynamic: Any, place: TickPlace) -> RunRequest:
    """Return a request with the configuration of its partition, after checking that there is one.

    The tags of the partition are left to the function that makes runs, which knows where each comes from.

    Raises:
        DagsterInvalidDefinitionError: The job has no partitions.
        DagsterUnknownPartitionError: It has no such partition.
    """
    _partitions_meant(request, job, place).validate_partition_key(key, place.clock(), dynamic)
    of_partition = {PARTITION, "dagster/partition_set"}
    tags = {
        name: value
        for name, value in request.tags.items()
        if name not in of_partition and not name.startswith(f"{PARTITION}/")
    }
    if request.run_config or job.partitioned_config is None:
        return request.with_replaced_attrs(tags=tags)
    config = job.partitioned_config.get_run_config_for_partition_key(key)
    return request.with_replaced_attrs(tags=tags, run_config=config)


def _partitions_meant(request: RunRequest, job: Any, place: TickPlace) -> Any:
    """Return how the assets asked for are cut, where only some of a job's are; else how the job is.

    The job of all assets, from which conditions ask for some, is not cut where its assets are cut differently.
    """
    if not request.asset_selection:
        return partitions_of(job)
    graph = place.definitions.resolve_asset_graph()
    cuts = (graph.get(key).partitions_def for key in request.asset_selection)
    return next((cut for cut in cuts if cut is not None), None) or partitions_of(job)


def _in_zone(ask: TickAsk, timezone: str | None) -> datetime:
    if ask.due_at is None:
        raise DagsterInvariantViolationError(
            f"A tick of the schedule {ask.name!r} stands for an instant; none was given."
        )
    return to_datetime(ask.due_at).astimezone(ZoneInfo(timezone or "UTC"))


class _Lines:
    """The lines that a tick logs, the first thousand of them."""

    def __init__(self, clock: Clock) -> None:
        self.kept: list[TickLine] = []
        self._clock = clock

    def take(self, line: Logged) -> None:
        if len(self.kept) < MAX_LINES:
            self.kept.append(TickLine(line.level, line.message[:MAX_OUTPUT], self._clock()))
        elif len(self.kept) == MAX_LINES:
            self.kept.append(
                TickLine(logging.WARNING, f"More than {MAX_LINES} lines; the rest is dropped.", self._clock())
            )


class _Output(io.TextIOBase):
    """Takes what a tick prints and keeps the beginning."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._room = MAX_OUTPUT
        self.dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        kept = text[: self._room]
        if kept:
            self._kept.append(kept)
            self._room -= len(kept)
        self.dropped += len(text) - len(kept)
        return len(text)

    @property
    def text(self) -> str:
        return "".join(self._kept)
