"""What the host may ask user code, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from earmark.define.definitions import Definitions
from earmark.execute.queueing import queue_run
from earmark.guest.backfill_questions import plan_backfill, queue_units
from earmark.guest.order import GuestOrder
from earmark.guest.tick_questions import evaluate_ticks, preview_tick
from earmark.runs.request import RunAsk
from earmark.specs.job import ASSET_JOB
from earmark.values.errors import DagsterInvariantViolationError, did_you_mean

Question = Callable[[Definitions, dict[str, Any], GuestOrder], dict[str, Any]]


def answer_question(definitions: Definitions, kind: str, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Answer one question.

    Raises:
        DagsterInvariantViolationError: There is no such question.
    """
    question = _QUESTIONS.get(kind)
    if question is None:
        raise DagsterInvariantViolationError(f"Nobody can answer {kind!r}.{did_you_mean(kind, _QUESTIONS)}")
    return question(definitions, payload, order)


class SubmitRun(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A run that is asked for through the host: its job, and what is asked.

    Args:
        job_name: The job; the one over all assets if ``None``.
        ask: What is asked for.
        run_id: The run's id; a new one if ``None``.
    """

    job_name: str | None = None
    ask: dict[str, Any] = {}
    run_id: str | None = None


def _submit_run(definitions: Definitions, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Make a run of a job and put it into the queue; its configuration is checked first."""
    wanted = msgspec.convert(payload, SubmitRun)
    ask = msgspec.convert(wanted.ask, RunAsk)
    job = definitions.get_job_def(wanted.job_name or ASSET_JOB)
    with order.open() as instance:
        result = queue_run(job, ask, instance, run_id=wanted.run_id, code_location=order.location)
    return {"run_id": result.run.run_id, "notices": list(result.notices)}


def _resolve_selection(definitions: Definitions, payload: dict[str, Any], order: GuestOrder) -> dict[str, Any]:
    """Return the keys of the assets that a query means."""
    from earmark.define.assets.asset_selection import AssetSelection

    found = AssetSelection.from_string(payload["query"]).resolve(definitions.resolve_asset_graph())
    return {"keys": [key.to_user_string() for key in sorted(found)]}


_QUESTIONS: dict[str, Question] = {
    "submit_run": _submit_run,
    "resolve_selection": _resolve_selection,
    "evaluate_ticks": evaluate_ticks,
    "preview_tick": preview_tick,
    "plan_backfill": plan_backfill,
    "queue_units": queue_units,
}
