"""A tick of a schedule or sensor as data: what user code is asked, and what it came to.

The host sends a :class:`TickAsk` to the process that holds user code and gets a :class:`TickResult`. Its runs are
:class:`~earmark.runs.request.RunAsk` objects, so that they become runs by the one rule for all launch paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

import msgspec

from earmark.events import kinds
from earmark.events.kinds import AnyFact, ErrorInfo
from earmark.partitions.dynamic import AddDynamicPartitionsRequest, DeleteDynamicPartitionsRequest
from earmark.runs.request import AskedBy, RunAsk
from earmark.values.clock import Micros
from earmark.values.states import DagsterRunStatus

FACT_OF_STATUS: Mapping[DagsterRunStatus, type[kinds.Fact]] = {
    DagsterRunStatus.QUEUED: kinds.RunEnqueued,
    DagsterRunStatus.STARTING: kinds.RunStarting,
    DagsterRunStatus.STARTED: kinds.RunStarted,
    DagsterRunStatus.SUCCESS: kinds.RunSucceeded,
    DagsterRunStatus.FAILURE: kinds.RunFailed,
    DagsterRunStatus.CANCELING: kinds.RunCanceling,
    DagsterRunStatus.CANCELED: kinds.RunCanceled,
}
"""The event by which a run comes into each state that a sensor can watch."""


class TickAsk(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What user code is asked: to evaluate one schedule or sensor.

    Args:
        kind: ``schedule`` or ``sensor``.
        name: Its name.
        tick_id: The tick.
        due_at: The instant that it stands for; of schedules.
        cursor: What the last evaluation left.
        last_run_key: The run key of the last run that it asked for.
        last_ended_at: When its last tick ended.
        switched_on_at: When it was switched on.
        seconds: How long its code may take.
        instigator: Under which name the store keeps what conditions remember; ``None`` where the cursor holds it all.
        without: The kinds of users' conditions that are not to be asked, and why: such as ended the process before.
    """

    kind: str
    name: str
    tick_id: str
    due_at: Micros | None = None
    cursor: str | None = None
    last_run_key: str | None = None
    last_ended_at: Micros | None = None
    switched_on_at: Micros | None = None
    seconds: float = 60.0
    instigator: str | None = None
    without: dict[str, str] = {}


class TickRun(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A run that a tick asks for.

    Args:
        job_name: The job.
        ask: What is asked for, the schedule or sensor and the tick among it.
        stale_assets_only: Whether only those of the assets are meant that are stale.
    """

    job_name: str
    ask: RunAsk
    stale_assets_only: bool = False

    @property
    def run_key(self) -> str | None:
        """What makes the request unique among those of its schedule or sensor."""
        return None if self.ask.asked_by is None else self.ask.asked_by.run_key


class TickBackfill(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A backfill that a tick asks for.

    Args:
        wanted: Partition keys by asset, none for an asset without partitions; where it is of assets.
        asked_by: The sensor and the tick.
        job: The job, where it is of one.
        partitions: The partitions of the job.
    """

    wanted: dict[str, tuple[str, ...]]
    asked_by: AskedBy
    job: str | None = None
    partitions: tuple[str, ...] = ()


class TickLine(msgspec.Struct, frozen=True):
    """A line that user code logged: its level as a number of Python's logging, and when."""

    level: int
    message: str
    at: Micros


class TickReaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """That a sensor of runs has dealt with a run, and what its function raised for it, if it did."""

    run_id: str
    error: ErrorInfo | None = None


PartitionsRequest = Union[AddDynamicPartitionsRequest, DeleteDynamicPartitionsRequest]


class TickResult(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a tick came to.

    Args:
        kind: ``schedule`` or ``sensor``.
        name: Its name.
        tick_id: The tick.
        runs: The runs that it asks for, in order.
        skip_message: Why there are none.
        cursor: What the next evaluation gets; kept only where there is no error.
        partitions: Keys to add to and delete from dynamic partitions, before the runs are made.
        facts: What is to be recorded about assets and checks.
        reactions: The runs dealt with, by a sensor of runs.
        evaluations: How conditions were evaluated, as plain data.
        error: Why it failed.
        timed_out: Whether it failed because its code took too long.
        lines: What its code logged.
        output: What its code printed, the beginning of it.
        output_dropped: How many characters more it printed.
        more: Whether it has more to deal with at once, and should tick again without waiting.
        seconds: How long it took.
        backfills: The backfills that it asks for.
        remembered: Entries of the store to write with its end, by what they are and by name; null removes one.
    """

    kind: str
    name: str
    tick_id: str
    runs: tuple[TickRun, ...] = ()
    skip_message: str | None = None
    cursor: str | None = None
    partitions: tuple[PartitionsRequest, ...] = ()
    facts: tuple[AnyFact, ...] = ()
    reactions: tuple[TickReaction, ...] = ()
    evaluations: tuple[dict[str, Any], ...] = ()
    error: ErrorInfo | None = None
    timed_out: bool = False
    lines: tuple[TickLine, ...] = ()
    output: str = ""
    output_dropped: int = 0
    more: bool = False
    seconds: float = 0.0
    backfills: tuple[TickBackfill, ...] = ()
    remembered: dict[str, dict[str, msgspec.Raw]] = {}

    @property
    def status(self) -> str:
        """The word under which the store keeps it: ``failed``, ``succeeded`` or ``skipped``."""
        if self.error is not None:
            return "failed"
        return "succeeded" if self.runs or self.partitions or self.facts or self.backfills else "skipped"


class TickOrder(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A tick that was begun and stored, handed to the process that holds user code to be brought to its end.

    Args:
        ask: What user code is asked.
        instigator: The id of the schedule or sensor among all locations.
        begun_at: When the tick was begun, as stored: the ids of its runs follow from it.
        traceparent: The span that its runs belong to, where the host traces.
    """

    ask: TickAsk
    instigator: str
    begun_at: Micros
    traceparent: str = ""


class TickReport(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """That a tick has ended and stands in the store with its runs.

    Args:
        tick_id: The tick.
        instigator: What ticked.
        status: ``succeeded``, ``skipped`` or ``failed``; empty if somebody else had ended it before.
        runs: How many runs were created.
        more: Whether it should tick again without waiting.
    """

    tick_id: str
    instigator: str
    status: str = ""
    runs: int = 0
    more: bool = False
