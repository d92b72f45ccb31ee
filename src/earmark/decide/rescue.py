"""What to do about a run whose worker is late, gone, too slow, or asked to stop."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from earmark.events.kinds import RunCanceled, RunFailed, RunRequeued
from earmark.runs.policies import RunMonitoring
from earmark.runs.run import DagsterRun
from earmark.tags import system
from earmark.values.clock import Micros
from earmark.values.errors import InvalidTagError
from earmark.values.states import DagsterRunStatus, FailureReason


class Life(StrEnum):
    """What is known of a run's worker process."""

    ALIVE = "alive"
    GONE = "gone"
    UNKNOWN = "unknown"


class Sight(msgspec.Struct, frozen=True):
    """What can be seen of a run's worker.

    Args:
        life: Whether its process lives; only who is on the same machine knows.
        how: How it ended, where that is known: ``killed by SIGKILL``, ``exit code 3``.
        lease_until: Until when its lease holds; ``None`` if it has none.
    """

    life: Life = Life.UNKNOWN
    how: str = ""
    lease_until: Micros | None = None


class Action(StrEnum):
    """What to do."""

    NONE = "none"
    REQUEUE = "requeue"
    FAIL = "fail"
    CANCEL = "cancel"
    ASK_TO_END = "ask to end"
    KILL = "kill"


class Verdict(msgspec.Struct, frozen=True):
    """What to do about a run now.

    Args:
        action: What to do. ``requeue``, ``fail`` and ``cancel`` are recorded as :attr:`fact`; ``ask to end`` and
            ``kill`` are done to the worker's process group, and the run is judged again.
        message: Why, as a sentence.
        reason: With which reason it fails.
        look_again: When time alone may change the verdict.
    """

    action: Action
    message: str = ""
    reason: FailureReason = FailureReason.UNKNOWN
    look_again: Micros | None = None

    @property
    def fact(self) -> RunRequeued | RunFailed | RunCanceled | None:
        """What becomes true of the run, if the verdict says so by itself."""
        match self.action:
            case Action.REQUEUE:
                return RunRequeued(self.message)
            case Action.FAIL:
                return RunFailed(self.reason, self.message)
            case Action.CANCEL:
                return RunCanceled(message=self.message)
            case _:
                return None


_NOTHING = Verdict(Action.NONE)


def judge_run(
    run: DagsterRun,
    sight: Sight,
    monitoring: RunMonitoring,
    now: Micros,
    canceling_since: Micros | None = None,
) -> Verdict:
    """Return what to do about a run.

    Args:
        run: The run as it stands.
        sight: What can be seen of its worker.
        monitoring: How long things may take.
        now: The present.
        canceling_since: When its end was asked for, if it is ``CANCELING``.

    Example:
        >>> run = DagsterRun(run_id="1", job_name="etl", status=DagsterRunStatus.STARTED, launch_token="t")
        >>> verdict = judge_run(run, Sight(Life.GONE, "killed by SIGKILL"), RunMonitoring(), Micros(0))
        >>> verdict.action.value, verdict.message
        ('fail', 'The worker of the run is gone: killed by SIGKILL.')
    """
    match run.status:
        case DagsterRunStatus.STARTING:
            return _starting(run, sight, monitoring, now)
        case DagsterRunStatus.STARTED:
            return _started(run, sight, monitoring, now)
        case DagsterRunStatus.CANCELING:
            return _canceling(run, sight, monitoring, now, canceling_since)
        case _:
            return _NOTHING


def runtime_limit(run: DagsterRun, monitoring: RunMonitoring) -> int | None:
    """Return how long a run may take, in microseconds: by its tag, else by the settings; ``None`` for any time."""
    try:
        seconds = system.max_runtime(run.tags)
    except InvalidTagError:
        # Refused where it is set; one that came into the store all the same must not keep others from being judged.
        seconds = None
    return monitoring.max_runtime if seconds is None else round(seconds * 1_000_000)


def _starting(run: DagsterRun, sight: Sight, monitoring: RunMonitoring, now: Micros) -> Verdict:
    late_at = Micros((now if run.starting_at is None else run.starting_at) + monitoring.start_timeout)
    if sight.life is Life.GONE:
        why = f"The worker ended before it claimed the run{_how(sight)}."
    elif now >= late_at:
        why = f"No worker claimed the run within {_seconds(monitoring.start_timeout)}."
    else:
        return Verdict(Action.NONE, look_again=late_at)
    if run.launch_attempt < monitoring.start_attempts:
        return Verdict(Action.REQUEUE, f"{why} It waits to be started again.")
    return Verdict(Action.FAIL, f"{why} It was started {run.launch_attempt} times.", FailureReason.START_TIMEOUT)


def _started(run: DagsterRun, sight: Sight, monitoring: RunMonitoring, now: Micros) -> Verdict:
    limit = runtime_limit(run, monitoring)
    ends_at = None if limit is None or run.started_at is None else Micros(run.started_at + limit)
    overdue = ends_at is not None and now >= ends_at
    lost = _loss(run, sight, now)
    if overdue and ends_at is not None and limit is not None:
        message = f"The run took longer than {_seconds(limit)}."
        if lost:
            return Verdict(Action.FAIL, message, FailureReason.RUN_TIMEOUT)
        return _press(message, ends_at, monitoring, now, FailureReason.RUN_TIMEOUT)
    if lost:
        return Verdict(Action.FAIL, lost, FailureReason.UNEXPECTED_TERMINATION)
    return Verdict(Action.NONE, look_again=_earliest(ends_at, _lease_end(sight)))


def _canceling(run: DagsterRun, sight: Sight, monitoring: RunMonitoring, now: Micros, since: Micros | None) -> Verdict:
    lost = _loss(run, sight, now)
    if lost:
        return Verdict(Action.CANCEL, f"The run was asked to end. {lost}")
    return _press("The run was asked to end.", now if since is None else since, monitoring, now, FailureReason.UNKNOWN)


def _press(message: str, since: Micros, monitoring: RunMonitoring, now: Micros, reason: FailureReason) -> Verdict:
    """Ask a worker to end, and end it by force when the time it has for that is over."""
    forced_at = Micros(since + monitoring.cancel_timeout)
    if now >= forced_at:
        told = f"{message} It did not end within {_seconds(monitoring.cancel_timeout)} and is killed."
        return Verdict(Action.KILL, told, reason)
    return Verdict(Action.ASK_TO_END, message, reason, forced_at)


def _loss(run: DagsterRun, sight: Sight, now: Micros) -> str:
    """Say how a run has lost its worker, or return nothing."""
    if sight.life is Life.GONE:
        return f"The worker of the run is gone{_how(sight)}."
    if sight.life is Life.ALIVE:
        return ""  # a busy process is not a dead one, whatever its lease says
    if sight.lease_until is not None and now >= sight.lease_until:
        return "The worker of the run gave no sign of life until its lease ran out."
    return ""


def _lease_end(sight: Sight) -> Micros | None:
    return sight.lease_until if sight.life is Life.UNKNOWN else None


def _earliest(*instants: Micros | None) -> Micros | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _how(sight: Sight) -> str:
    return f": {sight.how}" if sight.how else ""


def _seconds(micros: int) -> str:
    return f"{micros / 1_000_000:g} seconds"
