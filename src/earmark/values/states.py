"""The states of runs, as the API names them."""

from __future__ import annotations

from enum import StrEnum


class DagsterRunStatus(StrEnum):
    """The state of a run.

    ``MANAGED`` belongs to the API that we follow; Earmark never sets it.

    Example:
        >>> [state.value for state in DagsterRunStatus if state.is_finished]
        ['SUCCESS', 'FAILURE', 'CANCELED']
    """

    QUEUED = "QUEUED"
    NOT_STARTED = "NOT_STARTED"
    MANAGED = "MANAGED"
    STARTING = "STARTING"
    STARTED = "STARTED"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def is_finished(self) -> bool:
        """Whether the state is final: no event moves a run out of it."""
        return self in FINISHED_STATES


FINISHED_STATES = frozenset({DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED})
"""States that never change."""

IN_PROGRESS_STATES = frozenset({DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING})
"""States in which a run holds the slots of its limits."""


class FailureReason(StrEnum):
    """Why a run failed; the value of the tag ``dagster/failure_reason``."""

    STEP_FAILURE = "STEP_FAILURE"
    RUN_EXCEPTION = "RUN_EXCEPTION"
    JOB_INITIALIZATION_FAILURE = "JOB_INITIALIZATION_FAILURE"
    START_TIMEOUT = "START_TIMEOUT"
    UNEXPECTED_TERMINATION = "UNEXPECTED_TERMINATION"
    RUN_WORKER_RESTART = "RUN_WORKER_RESTART"
    RUN_TIMEOUT = "RUN_TIMEOUT"
    UNKNOWN = "UNKNOWN"
