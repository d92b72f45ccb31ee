"""How a run is called on the terminal, and how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earmark.runs.run import DagsterRun


def status_word(run: DagsterRun) -> str:
    """Return the word for a run's state that queries use."""
    from earmark.tags.query.fields import word_of

    return word_of(run.status)


def job_text(run: DagsterRun) -> str:
    """Return what people call the job of a run; runs of assets without one are called after the assets."""
    if not run.job_name.startswith("__"):
        return run.job_name
    names = sorted(key.to_user_string() for key in run.asset_selection or ())
    if not names:
        return "(all assets)"
    return f"({', '.join(names[:2])}{f' and {len(names) - 2} more' if len(names) > 2 else ''})"


def partition_text(run: DagsterRun) -> str:
    """Return the partition that a run is about, or the range of them, in brackets."""
    from earmark.tags import system

    ends = (run.tags.get(key) for key in (system.PARTITION, system.PARTITION_RANGE_START, system.PARTITION_RANGE_END))
    text = "...".join(filter(None, ends))
    return f"[{text}]" if text else ""


def took(run: DagsterRun) -> str:
    """Return how long a run took, or nothing while it goes on."""
    from earmark.cli.terminal import duration_text

    if run.started_at is None or run.ended_at is None:
        return ""
    return duration_text(run.ended_at - run.started_at)
