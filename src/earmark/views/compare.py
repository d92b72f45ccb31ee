"""Two runs beside each other: what took longer, and what they were asked for differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from earmark.runs.run import DagsterRun
from earmark.specs.job import ASSET_JOB
from earmark.store.ports import Store
from earmark.tags.query import Exact, Term, all_of
from earmark.tags.tag import is_system
from earmark.views.faults import NotFoundError
from earmark.views.runs import RunPages
from earmark.views.shapes.runs import (
    RunComparison,
    RunComparisonConfig,
    RunComparisonStep,
    RunComparisonTag,
    StepRow,
)

_LOOKED_AT = 50
_ABSENT: Any = object()


def good_run_before(store: Store, run: DagsterRun) -> DagsterRun | None:
    """Return the last run before another that did the same and succeeded; ``None`` if there is none.

    The same is the same job; of runs of assets without a job, the same assets.

    Args:
        store: The store.
        run: The run to be compared.
    """
    node = all_of([Term("job", (Exact(run.job_name),)), Term("status", (Exact("succeeded"),))])
    for good in store.runs.find(node, limit=_LOOKED_AT).runs:
        is_same = run.job_name != ASSET_JOB or good.asset_selection == run.asset_selection
        if is_same and good.run_id != run.run_id and good.created_at <= run.created_at:
            return good
    return None


def compare_runs(store: Store, pages: RunPages, run_id: str, other_id: str | None) -> RunComparison:
    """Return two runs beside each other.

    Args:
        store: The store.
        pages: What shows runs.
        run_id: The run.
        other_id: What it is compared with; the last good run before it if ``None``.

    Raises:
        DagsterRunNotFoundError: There is no such run.
        NotFoundError: No run before it did the same and succeeded.
    """
    run = store.runs.get(run_id)
    other = good_run_before(store, run) if other_id is None else store.runs.get(other_id)
    if other is None:
        raise NotFoundError(
            f"No run of {run.job_name!r} before this one succeeded.", hint="Name the run to compare it with: ?with=ID."
        )
    return RunComparison(
        run=pages.row(run),
        other=pages.row(other),
        is_last_good=other_id is None,
        same_plan=run.plan_hash == other.plan_hash,
        steps=list(_steps(pages.step_rows(run), pages.step_rows(other))),
        tags=list(_tags(run.tags, other.tags)),
        config=list(_config("", run.run_config, other.run_config)),
    )


def _steps(mine: list[StepRow], others: list[StepRow]) -> Iterator[RunComparisonStep]:
    known, found = {row.key: row for row in others}, {row.key for row in mine}
    for row in mine:
        yield _step(row.key, row, known.get(row.key))
    for row in others:
        if row.key not in found:
            yield _step(row.key, None, row)


def _step(key: str, row: StepRow | None, other: StepRow | None) -> RunComparisonStep:
    mine, its = _seconds(row), _seconds(other)
    return RunComparisonStep(
        key=key,
        status=None if row is None else row.status,
        other_status=None if other is None else other.status,
        seconds=mine,
        other_seconds=its,
        change=None if mine is None or its is None else mine - its,
        attempts=0 if row is None else len(row.attempts),
        other_attempts=0 if other is None else len(other.attempts),
    )


def _seconds(row: StepRow | None) -> float | None:
    if row is None or row.started_at is None or row.ended_at is None:
        return None
    return (row.ended_at - row.started_at) / 1_000_000


def _tags(mine: Mapping[str, str], others: Mapping[str, str]) -> Iterator[RunComparisonTag]:
    for key in sorted(mine.keys() | others.keys()):
        if mine.get(key) != others.get(key):
            yield RunComparisonTag(key=key, value=mine.get(key), other=others.get(key), is_system=is_system(key))


def _config(path: str, mine: Any, other: Any) -> Iterator[RunComparisonConfig]:
    """Yield the leaves that differ, of nested tables by their path."""
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        for name in sorted(mine.keys() | other.keys(), key=str):
            inner = f"{path}.{name}" if path else str(name)
            yield from _config(inner, mine.get(name, _ABSENT), other.get(name, _ABSENT))
    elif mine != other:
        yield RunComparisonConfig(path=path, value=_shown(mine), other=_shown(other))


def _shown(value: Any) -> str | None:
    return None if value is _ABSENT else msgspec.json.encode(value, enc_hook=str).decode()
