"""The run as data: what was asked for, and the state folded from its events."""

from __future__ import annotations

from typing import Any

import msgspec

from earmark.values.clock import Micros
from earmark.values.keys import AssetCheckKey, AssetKey
from earmark.values.states import DagsterRunStatus, FailureReason


class TagOrigin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a run's tag came from: a kind (``job``, ``asset``, ``launch``, ``system``, ...) and its name."""

    kind: str
    name: str = ""


class DagsterRun(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One execution of a job, or of a selection of assets.

    The first block is what was asked for and never changes. The second is the fold of the run's events
    (:mod:`earmark.runs.fold`); instants are microseconds since the epoch.

    Args:
        run_id: A UUIDv7.
        job_name: The job, or ``__ASSET_JOB`` for a run of assets without one.
        run_config: The configuration as given.
        tags: All tags, system tags included.
        tag_origins: For each key of ``tags``, what set it.
        asset_selection: The assets to materialize, or ``None`` for all that the job has.
        asset_check_selection: The checks to evaluate, or ``None`` for those of the selected assets.
        op_selection: The op queries as given, or ``None`` for all ops.
        resolved_op_selection: The ops that ``op_selection`` means.
        step_keys_to_execute: The steps to run in a re-execution, or ``None`` for all.
        parent_run_id: The run that this one re-executes.
        root_run_id: The first run of the family.
        code_location: The location that holds the job's code.
        plan_hash: The content hash under which the store keeps the run's plan.
        pools: The pools that its steps use, sorted.
        priority: The number in ``dagster/priority``; higher leaves the queue first.
        traceparent: The span of OpenTelemetry in which it was asked for; empty where nobody traced. It is no tag:
            every run has another, so the dictionary of tags would grow by one value for each.

    Example:
        >>> import earmark as em
        >>> @em.asset
        ... def orders(): ...
        >>> run = em.materialize([orders], tags={"team": "growth"}).dagster_run
        >>> isinstance(run, DagsterRun), run.status.value, run.tags["team"], run.steps_succeeded
        (True, 'SUCCESS', 'growth', 1)
    """

    run_id: str
    job_name: str
    run_config: dict[str, Any] = {}
    tags: dict[str, str] = {}
    tag_origins: dict[str, TagOrigin] = {}
    asset_selection: frozenset[AssetKey] | None = None
    asset_check_selection: frozenset[AssetCheckKey] | None = None
    op_selection: tuple[str, ...] | None = None
    resolved_op_selection: frozenset[str] | None = None
    step_keys_to_execute: tuple[str, ...] | None = None
    parent_run_id: str | None = None
    root_run_id: str | None = None
    code_location: str | None = None
    plan_hash: str | None = None
    pools: tuple[str, ...] = ()
    priority: int = 0
    traceparent: str = ""

    status: DagsterRunStatus = DagsterRunStatus.NOT_STARTED
    created_at: Micros = Micros(0)
    queued_at: Micros | None = None
    starting_at: Micros | None = None
    started_at: Micros | None = None
    ended_at: Micros | None = None
    launch_token: str | None = None
    launch_attempt: int = 0
    failure_reason: FailureReason | None = None
    failure_message: str | None = None
    steps_succeeded: int = 0
    steps_failed: int = 0
    steps_skipped: int = 0

    @property
    def trace_id(self) -> str | None:
        """The trace that it belongs to, by the id under which tools for traces know it."""
        parts = self.traceparent.split("-")
        return parts[1] if len(parts) == 4 else None

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended, well or not."""
        return self.status.is_finished

    @property
    def is_success(self) -> bool:
        """Whether the run ended well."""
        return self.status is DagsterRunStatus.SUCCESS

    @property
    def is_failure(self) -> bool:
        """Whether the run failed."""
        return self.status is DagsterRunStatus.FAILURE

    @property
    def is_failure_or_canceled(self) -> bool:
        """Whether the run failed or was cancelled."""
        return self.status in (DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED)

    @property
    def is_cancelable(self) -> bool:
        """Whether asking for the run's end still means something."""
        return not self.is_finished

    @property
    def is_resume_retry(self) -> bool:
        """Whether the run re-executes another from its failure."""
        return self.tags.get("dagster/is_resume_retry") == "true"

    @property
    def has_repository_load_data(self) -> bool:
        """Always false: cacheable asset definitions are not part of Earmark."""
        return False
