"""What a sensor's function answers, and what a tick of a sensor comes to."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

from earmark.define.run_request import RunRequest, SkipReason
from earmark.partitions.dynamic import AddDynamicPartitionsRequest, DeleteDynamicPartitionsRequest
from earmark.values.errors import DagsterInvariantViolationError, caller_location

EMPTY_RESULT = "Sensor function returned an empty result"


@dataclass(frozen=True)
class SensorResult:
    """All that a sensor may answer at once.

    Args:
        run_requests: The runs that it asks for.
        skip_reason: Why there are none: a :class:`SkipReason` or a string.
        cursor: What the next evaluation gets.
        dynamic_partitions_requests: Keys to add to and delete from dynamic partitions.
        asset_events: Materializations, observations and check evaluations to record.
        automation_condition_evaluations: How conditions were evaluated.

    Raises:
        DagsterInvariantViolationError: Runs and a reason for none were given, or something of another type.

    Example:
        >>> SensorResult(run_requests=[RunRequest("file-7")], cursor="7").cursor
        '7'
    """

    run_requests: Sequence[RunRequest] | None = None
    skip_reason: SkipReason | str | None = None
    cursor: str | None = None
    dynamic_partitions_requests: Sequence[AddDynamicPartitionsRequest | DeleteDynamicPartitionsRequest] | None = None
    asset_events: Sequence[Any] | None = None
    automation_condition_evaluations: Sequence[Any] | None = None

    def __post_init__(self) -> None:
        for name in ("run_requests", "dynamic_partitions_requests", "asset_events"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, (list, tuple)):
                raise DagsterInvariantViolationError(
                    f"SensorResult({name}=...) is a list, not {value!r}.", where=caller_location()
                )
            object.__setattr__(self, name, list(value or ()))
        evaluations = list(self.automation_condition_evaluations or ())
        object.__setattr__(self, "automation_condition_evaluations", evaluations)
        if isinstance(self.skip_reason, str):
            object.__setattr__(self, "skip_reason", SkipReason(self.skip_reason))
        if self.skip_reason is not None and self.run_requests:
            raise DagsterInvariantViolationError(
                "Expected a single skip reason or one or more run requests: received values for both run_requests and"
                " skip_reason.",
                where=caller_location(),
            )


SensorReturnTypesUnion = Union[
    Iterator[Union[SkipReason, RunRequest, SensorResult]],
    Sequence[RunRequest],
    SkipReason,
    RunRequest,
    SensorResult,
    None,
]
"""What a sensor's function may return."""


@dataclass(frozen=True)
class Reaction:
    """That a sensor of runs has dealt with one run; ``error`` is what its function raised for it, if it did."""

    run_id: str
    error: Exception | None = None


@dataclass(frozen=True)
class SensorAnswer:
    """What a sensor said at one tick, as it said it: requests have no tags but their own.

    Args:
        requests: The runs asked for.
        skip_message: Why there are none.
        cursor: What the next evaluation gets.
        partitions: Keys to add to and delete from dynamic partitions.
        asset_events: Events to record.
        reactions: The runs dealt with, by a sensor of runs.
        evaluations: How conditions were evaluated.
        woken_again: Whether there is more to deal with at once.
        backfill: What a backfill is to write: partition keys by asset, none for an asset without partitions.
        job_backfills: What backfills of jobs are to fill: partition keys by job.
        failures: Why conditions could not be evaluated, by the name of what has them.
        remembered: What conditions remember, as entries of the store by what they are and by name.
    """

    requests: Sequence[RunRequest] = ()
    skip_message: str | None = None
    cursor: str | None = None
    partitions: Sequence[AddDynamicPartitionsRequest | DeleteDynamicPartitionsRequest] = ()
    asset_events: Sequence[Any] = ()
    reactions: Sequence[Reaction] = ()
    evaluations: Sequence[Any] = ()
    woken_again: bool = False
    backfill: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    job_backfills: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failures: Mapping[str, BaseException] = field(default_factory=dict)
    remembered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class SensorExecutionData:
    """What a tick of a sensor came to: the runs with the tags that they get from here, or why there are none."""

    run_requests: Sequence[RunRequest] = ()
    skip_message: str | None = None
    cursor: str | None = None
    dynamic_partitions_requests: Sequence[Any] = field(default_factory=list)
    asset_events: Sequence[Any] = field(default_factory=list)
    dagster_run_reactions: Sequence[Reaction] = field(default_factory=list)
    automation_condition_evaluations: Sequence[Any] = field(default_factory=list)
    log_key: Sequence[str] | None = None


def read_answer(said: Any, context: Any, name: str, where: Any = None) -> SensorAnswer:
    """Return what a sensor's function returned or yielded as one answer, with the cursor that holds afterwards.

    Raises:
        DagsterInvariantViolationError: It is no answer, or its parts contradict each other.
        Exception: What the function raised, if it is a generator.
    """
    if isinstance(said, SensorAnswer):
        return said
    items = list(said) if inspect.isgenerator(said) or isinstance(said, (list, tuple)) else [said]
    items = [one for one in items if one is not None]
    results = [one for one in items if isinstance(one, SensorResult)]
    if results and len(items) > 1:
        raise DagsterInvariantViolationError(
            f"The sensor {name!r} gave a SensorResult and more; one SensorResult holds all that it may say.",
            where=where,
        )
    if results:
        return _of_result(results[0], context, name, where)
    cursor = context.cursor
    if not items:
        return SensorAnswer(skip_message=EMPTY_RESULT, cursor=cursor)
    for one in items:
        if not isinstance(one, (RunRequest, SkipReason)):
            raise DagsterInvariantViolationError(
                f"The sensor {name!r} unexpectedly returned output {one!r} of type {type(one).__name__}. It should only"
                " return SkipReason, RunRequest or SensorResult objects.",
                where=where,
            )
    requests = [one for one in items if isinstance(one, RunRequest)]
    skips = [one for one in items if isinstance(one, SkipReason)]
    if skips and (requests or len(skips) > 1):
        raise DagsterInvariantViolationError(
            f"The sensor {name!r} gave a SkipReason and more; it gives a single SkipReason or one or more RunRequests.",
            where=where,
        )
    return SensorAnswer(requests, skips[0].skip_message if skips else None, cursor)


def _of_result(result: SensorResult, context: Any, name: str, where: Any) -> SensorAnswer:
    if result.cursor is not None and context.cursor_updated:
        raise DagsterInvariantViolationError(
            f"SensorResult.cursor cannot be set if context.update_cursor() was called (sensor {name!r}).", where=where
        )
    skip = result.skip_reason.skip_message if isinstance(result.skip_reason, SkipReason) else None
    if skip is None and not result.run_requests:
        skip = EMPTY_RESULT
    return SensorAnswer(
        requests=list(result.run_requests or ()),
        skip_message=skip,
        cursor=result.cursor if result.cursor is not None else context.cursor,
        partitions=list(result.dynamic_partitions_requests or ()),
        asset_events=list(result.asset_events or ()),
        evaluations=list(result.automation_condition_evaluations or ()),
    )


def with_tags(request: RunRequest, below: Mapping[str, str], above: Mapping[str, str]) -> RunRequest:
    """Return a request with tags under and over its own."""
    return request.with_replaced_attrs(tags={**below, **request.tags, **above})
