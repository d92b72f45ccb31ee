"""The log of a run, and what its steps printed."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from earmark.events import kinds
from earmark.events.envelope import Event
from earmark.events.text import message_of
from earmark.store.ports import Store
from earmark.system.logs import log_path
from earmark.views.faults import BadRequestError
from earmark.views.shapes.runs import EventLevel, RunEvent, RunEvents, RunOutput
from earmark.views.tail import asset_of
from earmark.views.values import error_of, metadata_of

LEVELS: tuple[EventLevel, ...] = ("debug", "info", "warning", "error", "critical")
_RANK = {level: rank for rank, level in enumerate(LEVELS)}
_LONGEST_MESSAGE = 20_000
_CONTINUED = bytes(range(0x80, 0xC0))
"""The bytes of UTF-8 that begin no character."""

_LONGEST_CHARACTER = 4
MOST_OUTPUT = 256 * 1024
_LARGEST_PART = 240_000
"""So many bytes of a log come at once, before they are compressed; more only if a single event is larger."""
_BATCH = 2_000
_TAIL = 20_000
"""So many of the newest events are looked through for the last ones that match."""

_NOISE = (
    kinds.ResourceInitStarted,
    kinds.ResourceInitSucceeded,
    kinds.InputLoaded,
    kinds.InputChecked,
    kinds.OutputYielded,
    kinds.StepWorkerStarting,
    kinds.StepWorkerStarted,
    kinds.HookSkipped,
    kinds.LogsCaptured,
    kinds.AssetMaterializationPlanned,
    kinds.AssetCheckPlanned,
)
_BAD = (
    kinds.StepFailed,
    kinds.RunFailed,
    kinds.ResourceInitFailed,
    kinds.HookErrored,
    kinds.AssetFailedToMaterialize,
)
_DOUBTFUL = (kinds.StepUpForRetry, kinds.StepSkipped, kinds.RunCanceled, kinds.RunRequeued)


def level_of(event: Event) -> EventLevel:
    """Return how grave an event is."""
    fact = event.fact
    if isinstance(fact, kinds.Logged):
        return LEVELS[min(4, max(0, fact.level // 10 - 1))]
    if isinstance(fact, _BAD):
        return "error"
    if isinstance(fact, _DOUBTFUL):
        return "warning"
    if isinstance(fact, kinds.AssetCheckEvaluated) and not fact.evaluation.passed:
        return "error" if fact.evaluation.severity.value == "ERROR" else "warning"
    if isinstance(fact, kinds.ExpectationEvaluated) and not fact.success:
        return "warning"
    return "debug" if isinstance(fact, _NOISE) else "info"


def event_row(event: Event, job: str) -> RunEvent:
    """Return an event as a line of the log."""
    key = asset_of(event)
    return RunEvent(
        seq=event.id,
        at=event.timestamp,
        kind=event.event_type,
        level=level_of(event),
        step=event.step_key,
        message=_message(event, job),
        error=error_of(getattr(event.fact, "error", None)),
        metadata=metadata_of(_metadata(event)),
        asset=None if key is None else key.to_user_string(),
        is_late=event.late,
        is_noise=isinstance(event.fact, _NOISE),
    )


def _message(event: Event, job: str) -> str:
    return message_of(event, job)[:_LONGEST_MESSAGE]


def _metadata(event: Event) -> Any:
    match event.fact:
        case kinds.AssetMaterialized():
            return event.fact.materialization.metadata
        case kinds.AssetObserved():
            return event.fact.observation.metadata
        case kinds.AssetCheckEvaluated():
            return event.fact.evaluation.metadata
        case _:
            return getattr(event.fact, "metadata", {})


def events_of(
    store: Store,
    run_id: str,
    *,
    cursor: str | None = None,
    level: str | None = None,
    step: str | None = None,
    kind: str | None = None,
    text: str = "",
    noise: bool = False,
    limit: int = 200,
    tail: int | None = None,
) -> RunEvents:
    """Return a part of the log of a run, oldest first.

    Args:
        store: The store.
        run_id: The run.
        cursor: The ``next_cursor`` of the part before; the beginning if ``None``.
        level: The least level.
        step: Only of this step.
        kind: Only events of this public name.
        text: Only those in whose message it occurs.
        noise: Whether housekeeping is shown.
        limit: How many at most.
        tail: Begin with the last so many, instead of the first.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        BadRequestError: There is no such level, or the cursor is none.
    """
    job = store.runs.get(run_id).job_name
    least = _level(level)
    after = _after(cursor)
    searched = text.casefold()

    def keeps(event: Event, level: EventLevel) -> bool:
        # Asked of each event of a log, of which there may be a hundred thousand: rows are made of those that are kept.
        return (
            _RANK[level] >= least
            and (noise or level != "debug" or not isinstance(event.fact, _NOISE))
            and (kind is None or event.event_type == kind)
            and (not searched or searched in _message(event, job).casefold())
        )

    levels: dict[EventLevel, int] = dict.fromkeys(LEVELS, 0)
    if tail is not None and cursor is None:
        newest = store.events.of_run(run_id, limit=_TAIL, step_key=step, newest=True)[::-1]
        kept = []
        for event in newest:
            found = level_of(event)
            levels[found] += 1
            if keeps(event, found):
                kept.append(event)
        rows = [event_row(event, job) for event in kept[-min(tail, limit) :]]
        after, at_end = (newest[-1].id if newest else 0), True
    else:
        rows, after, at_end = _forward(store, run_id, job, after, step, limit, keeps, levels)
    return RunEvents(items=rows, next_cursor=str(after), total=sum(levels.values()), at_end=at_end, levels=levels)


def _forward(
    store: Store,
    run_id: str,
    job: str,
    after: int,
    step: str | None,
    limit: int,
    keeps: Callable[[Event, EventLevel], bool],
    levels: dict[EventLevel, int],
) -> tuple[list[RunEvent], int, bool]:
    """Walk on from an event until there are rows enough; every event that is walked over counts among the levels."""
    rows: list[RunEvent] = []
    size = 0
    batch_size = min(limit + 1, _BATCH)  # enough if nothing is filtered
    while True:
        batch = store.events.of_run(run_id, after=after, limit=batch_size, step_key=step)
        for event in batch:
            level = level_of(event)
            if keeps(event, level):
                row = event_row(event, job)
                size += len(msgspec.json.encode(row)) + 1
                if rows and size > _LARGEST_PART:
                    return rows, after, False
                rows.append(row)
            levels[level] += 1
            after = event.id
            if len(rows) >= limit:
                return rows, after, event is batch[-1] and len(batch) < batch_size
        if len(batch) < batch_size:
            return rows, after, True
        batch_size = _BATCH


def _level(level: str | None) -> int:
    if level is None:
        return 0
    if level in LEVELS:
        return LEVELS.index(level)
    raise BadRequestError(f"There is no level {level!r}.", hint=f"One of: {', '.join(LEVELS)}.")


def _after(cursor: str | None) -> int:
    if cursor is None or cursor == "":
        return 0
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        return int(cursor)
    raise BadRequestError("This is no cursor of a log.", cursor=cursor)


def _whole(data: bytes) -> bytes:
    """Return data without a character at its end of which a part is missing, unless there is nothing else."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data)
    missing = len(decoder.getstate()[0])
    return data[: len(data) - missing] or data


def output_of(home: Path, run_id: str, step: str | None, stream: str, offset: int, limit: int) -> RunOutput:
    """Return a part of what a step (or the run's own process) printed.

    Args:
        home: The home, in whose log folder output lies.
        run_id: The run. It exists: what is no id of a run never gets here.
        step: The step; ``None`` for what was printed outside of steps.
        stream: ``stdout`` or ``stderr``.
        offset: In bytes; a negative one counts from the end. No character is cut in two.
        limit: How many bytes at most.

    Raises:
        BadRequestError: There is no such stream.
    """
    if stream not in ("stdout", "stderr"):
        raise BadRequestError(f"There is no stream {stream!r}.", hint="One of: stdout, stderr.")
    path = log_path(home, run_id, step or "_run", "out" if stream == "stdout" else "err")
    size = path.stat().st_size if path.is_file() else 0
    start = max(0, size + offset) if offset < 0 else min(offset, size)
    data = b""
    if size:
        with path.open("rb") as file:
            file.seek(start)
            data = file.read(max(1, min(limit, MOST_OUTPUT)))
    if offset < 0:
        begun = data.lstrip(_CONTINUED)
        if len(data) - len(begun) < _LONGEST_CHARACTER:
            start, data = start + len(data) - len(begun), begun
    if start + len(data) < size:
        data = _whole(data)
    end = start + len(data)
    return RunOutput(
        step=step,
        stream=stream,  # type: ignore[arg-type]
        text=data.decode("utf-8", "replace"),
        offset=start,
        next_offset=end,
        size=size,
        at_end=end >= size,
    )
