"""Rows of the tables and the objects they stand for."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from earmark.events.envelope import Event
from earmark.events.kinds import AnyFact
from earmark.runs.run import DagsterRun, TagOrigin
from earmark.store.database import Row
from earmark.values.keys import AssetKey
from earmark.values.states import DagsterRunStatus, FailureReason
from earmark.values.wire import encode

STATUSES: tuple[DagsterRunStatus, ...] = (
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
    DagsterRunStatus.SUCCESS,
    DagsterRunStatus.FAILURE,
    DagsterRunStatus.CANCELED,
)
"""States by the number they are stored under. Append only: the numbers lie in stores."""

STATUS_NUMBERS = {status: number for number, status in enumerate(STATUSES)}
FIRST_FINISHED = 5
"""States from this number on are final."""

RUN_COLUMNS = (
    "r.seq, r.id, r.job_name, r.status, r.priority, r.created_at, r.queued_at, r.starting_at, r.started_at, "
    "r.ended_at, r.launch_token, r.launch_attempt, r.failure_reason, r.failure_message, r.steps_succeeded, "
    "r.steps_failed, r.steps_skipped"
)
"""The columns of ``run r`` that :func:`read_run` takes, in order."""

EVENT_COLUMNS = "e.id, r.id, e.timestamp, e.step_key, e.late, e.fact"
"""The columns of ``event e LEFT JOIN run r`` that :func:`read_event` takes, in order."""

_tags: msgspec.json.Decoder[dict[str, str]] = msgspec.json.Decoder(dict[str, str])
_origins: msgspec.json.Decoder[dict[str, TagOrigin]] = msgspec.json.Decoder(dict[str, TagOrigin])
_segments: msgspec.json.Decoder[tuple[str, ...]] = msgspec.json.Decoder(tuple[str, ...])


@cache
def _facts() -> msgspec.json.Decoder[AnyFact]:
    """Return what reads facts; made for the first, since it takes longer than a command that reads none."""
    return msgspec.json.Decoder(AnyFact)


_REQUEST_FIELDS = (
    "run_config",
    "asset_selection",
    "asset_check_selection",
    "op_selection",
    "resolved_op_selection",
    "step_keys_to_execute",
    "parent_run_id",
    "root_run_id",
    "code_location",
    "plan_hash",
    "pools",
    "traceparent",
)
"""The fields of a run that never change and that no column holds."""

_requests: msgspec.json.Decoder[DagsterRun] = msgspec.json.Decoder(DagsterRun)


def write_run(seq: int, run: DagsterRun) -> Row:
    """Return the row of ``run`` in the order of :data:`RUN_COLUMNS`."""
    return (
        seq,
        run.run_id,
        run.job_name,
        STATUS_NUMBERS[run.status],
        run.priority,
        run.created_at,
        run.queued_at,
        run.starting_at,
        run.started_at,
        run.ended_at,
        run.launch_token,
        run.launch_attempt,
        run.failure_reason.value if run.failure_reason else None,
        run.failure_message.encode("utf-8", "surrogatepass") if run.failure_message else None,
        run.steps_succeeded,
        run.steps_failed,
        run.steps_skipped,
    )


def write_request(run: DagsterRun) -> bytes:
    """Return what was asked for as JSON: a run whose state and tags are left at their defaults."""
    asked = DagsterRun(run_id="", job_name="", **{name: getattr(run, name) for name in _REQUEST_FIELDS})
    return write_json(asked)


def read_run(row: Row, request: bytes | None = None, tags: bytes = b"{}", origins: bytes = b"{}") -> DagsterRun:
    """Return the run of a row; without ``request`` only its state, which is what the fold needs."""
    asked = _requests.decode(request) if request is not None else _BARE
    return DagsterRun(
        run_id=row[1],
        job_name=row[2],
        run_config=asked.run_config,
        tags=_tags.decode(tags),
        tag_origins=read_origins(origins),
        asset_selection=asked.asset_selection,
        asset_check_selection=asked.asset_check_selection,
        op_selection=asked.op_selection,
        resolved_op_selection=asked.resolved_op_selection,
        step_keys_to_execute=asked.step_keys_to_execute,
        parent_run_id=asked.parent_run_id,
        root_run_id=asked.root_run_id,
        code_location=asked.code_location,
        plan_hash=asked.plan_hash,
        pools=asked.pools,
        traceparent=asked.traceparent,
        status=STATUSES[row[3]],
        priority=row[4],
        created_at=row[5],
        queued_at=row[6],
        starting_at=row[7],
        started_at=row[8],
        ended_at=row[9],
        launch_token=row[10],
        launch_attempt=row[11],
        failure_reason=FailureReason(row[12]) if row[12] else None,
        failure_message=row[13].decode("utf-8", "surrogatepass") if row[13] else None,
        steps_succeeded=row[14],
        steps_failed=row[15],
        steps_skipped=row[16],
    )


_BARE = DagsterRun(run_id="", job_name="")


def write_fact(fact: AnyFact) -> bytes:
    """Return a fact as JSON."""
    return write_json(fact)


def read_event(row: Row) -> Event:
    """Return the event of a row in the order of :data:`EVENT_COLUMNS`."""
    number, run_id, timestamp, step_key, late, fact = row
    return Event(_facts().decode(fact), timestamp, run_id, step_key, number, bool(late))


def write_json(value: Any) -> bytes:
    """Return data as JSON. Halves of characters, which names of files may hold, become question marks."""
    try:
        return encode(value)
    except UnicodeEncodeError:
        return encode(_speakable(msgspec.to_builtins(value)))


def _speakable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_speakable(key): _speakable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_speakable(item) for item in value]
        case _:
            return value


def write_tags(tags: dict[str, str]) -> bytes:
    """Return tags as JSON."""
    return write_json(tags)


def read_tags(data: bytes) -> dict[str, str]:
    """Return the tags that :func:`write_tags` wrote."""
    return _tags.decode(data)


def read_origins(data: bytes) -> dict[str, TagOrigin]:
    """Return the origins of tags that :func:`write_json` wrote."""
    return _origins.decode(data)


def write_key(key: AssetKey) -> str:
    """Return the text an asset is stored under; unlike the form for people it keeps apart slashes and segments."""
    return write_json(list(key.path)).decode()


def read_key(text: str) -> AssetKey:
    """Return the key that :func:`write_key` wrote."""
    return AssetKey(_segments.decode(text))
