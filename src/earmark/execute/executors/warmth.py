"""Warming the process that forks steps: what every step runs through is run once before, so that no child starts cold.

A fresh child pays for each page it is first to touch and for each function that Python has not yet adapted to its
arguments. What is done here is done once, and every child finds it done.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from earmark.define.ops.executor import in_process_executor
from earmark.define.ops.graph import graph
from earmark.define.ops.job import JobDefinition
from earmark.define.ops.op import op
from earmark.execute.executors.messages import Order
from earmark.execute.executors.step_process import execute_alone
from earmark.execute.instance import DagsterInstance
from earmark.execute.run_config import ResolvedConfig
from earmark.execute.scope import RunScope

_ROUNDS = 8
"""Python adapts a function after so many calls."""


def warming_job() -> JobDefinition:
    """Return a job of two ops of no consequence, one of which hands the other a value."""

    @op
    def first() -> Any:
        return {"rows": 1}

    @op
    def second(value: Any) -> Any:
        return [value]

    @graph
    def warming() -> None:
        second(first())

    return warming.to_job(executor_def=in_process_executor)


def warm_up(run: RunScope) -> None:
    """Execute steps of no consequence, as the run's steps will be executed; nothing of it reaches the run."""
    job = warming_job()
    plan = job.plan()
    home = Path(tempfile.mkdtemp(prefix="earmark-"))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for _ in range(_ROUNDS):
            for step in plan.steps:
                alone = replace(
                    run,
                    job=job,
                    plan=plan,
                    config=ResolvedConfig(),
                    instance=DagsterInstance(run.instance.store, home, run.clock),
                    loggers=(),
                )
                execute_alone(alone, Order(step, 1), nowhere)
    finally:
        os.close(nowhere)
        shutil.rmtree(home, ignore_errors=True)
