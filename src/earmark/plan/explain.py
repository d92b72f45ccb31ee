"""A plan for people: what runs, after what, and where each input comes from."""

from __future__ import annotations

from typing import assert_never

import msgspec

from earmark.plan.plan import Plan
from earmark.plan.step import (
    FromAsset,
    FromCollected,
    FromConfig,
    FromJobInput,
    FromMany,
    FromMapped,
    FromStep,
    Step,
    StepSource,
    upstream_steps,
)


class InputExplained(msgspec.Struct, frozen=True):
    """One input of a step and where its value comes from, in words."""

    name: str
    source: str


class StepExplained(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a plan.

    Args:
        key: The step.
        wave: How many steps must end before it, one after the other: steps of one wave may run at once.
        waits_for: The steps of the plan that must end first, each with the reason.
        inputs: Its inputs.
        writes: The assets it writes.
        checks: The checks it evaluates.
        notes: What else decides when and how it runs: priority, pool, retries, dynamic outputs.
    """

    key: str
    wave: int
    waits_for: dict[str, str] = {}
    inputs: tuple[InputExplained, ...] = ()
    writes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def explain(plan: Plan) -> tuple[StepExplained, ...]:
    """Return what each step of a plan does and waits for, in the plan's order."""
    waves: dict[str, int] = {}
    explained = []
    known = plan.by_key
    for step in plan.steps:
        ups = [up for up in upstream_steps(step) if up in known]
        waves[step.key] = 1 + max((waves[up] for up in ups), default=-1)
        explained.append(
            StepExplained(
                key=step.key,
                wave=waves[step.key],
                waits_for={up: _reason(step, known[up]) for up in ups},
                inputs=tuple(InputExplained(one.name, _source(one.source, plan)) for one in step.inputs),
                writes=tuple(key.to_user_string() for key in step.assets),
                checks=tuple(key.to_user_string() for key in step.checks),
                notes=_notes(step),
            )
        )
    return tuple(explained)


def explain_text(plan: Plan) -> str:
    """Return a plan as lines for people.

    Example:
        >>> from earmark.plan.step import FromStep, Step, StepInput
        >>> clean = Step("clean", ("clean",), "clean")
        >>> train = Step("train", ("train",), "train", (StepInput("rows", FromStep("clean")),), priority=3)
        >>> print(explain_text(Plan("nightly", (clean, train))))
        nightly: 2 steps in 2 waves
        0  clean
        1  train  (priority 3)
             after clean: it gives rows
             rows: output result of clean
    """
    steps = explain(plan)
    count = len({step.wave for step in steps})
    lines = [f"{plan.job_name}: {_counted(len(steps), 'step')} in {_counted(count, 'wave')}"]
    width = len(str(max((step.wave for step in steps), default=0)))
    indent = " " * (width + 4)
    for step in steps:
        notes = f"  ({', '.join(step.notes)})" if step.notes else ""
        lines.append(f"{step.wave:>{width}}  {step.key}{notes}")
        lines += [f"{indent}after {up}: {why}" for up, why in step.waits_for.items()]
        lines += [f"{indent}{one.name}: {one.source}" for one in step.inputs]
        lines += [f"{indent}writes {', '.join(step.writes)}"] if step.writes else []
        lines += [f"{indent}checks {', '.join(step.checks)}"] if step.checks else []
    return "\n".join(lines)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _reason(step: Step, upstream: Step) -> str:
    gives = [one.name for one in step.inputs if upstream.key in _steps_of(one.source)]
    if gives:
        return f"it gives {', '.join(gives)}"
    if step.mapped_over is not None and step.mapped_over.step == upstream.key:
        return "its elements are mapped over"
    if upstream.checks and not upstream.assets:
        return f"it may block by {', '.join(key.name for key in upstream.checks)}"
    if upstream.assets:
        return f"it writes {', '.join(key.to_user_string() for key in upstream.assets)}"
    return "its order was asked for"


def _steps_of(source: StepSource) -> set[str]:
    sources = source.sources if isinstance(source, FromMany) else (source,)
    return {one.step for one in sources if isinstance(one, (FromStep, FromMapped, FromCollected))}


def _source(source: StepSource, plan: Plan) -> str:
    match source:
        case FromStep(step, output):
            return f"output {output} of {step}{_elsewhere(step, plan)}"
        case FromMapped(step, output):
            return f"one element of output {output} of {step}{_elsewhere(step, plan)}"
        case FromCollected(step, output):
            return f"all elements of output {output} of {step}{_elsewhere(step, plan)}"
        case FromAsset(key):
            return f"asset {key.to_user_string()}, as it was stored"
        case FromConfig(path, name, has_default):
            return f"configuration at ops.{'.'.join(path)}.inputs.{name}{', or its default' if has_default else ''}"
        case FromJobInput(name):
            return f"input {name} of the job"
        case FromMany(sources):
            return "a list of: " + "; ".join(_source(one, plan) for one in sources)
        case _:
            assert_never(source)


def _elsewhere(step: str, plan: Plan) -> str:
    return "" if step.partition("[")[0] in plan.by_key or step in plan.by_key else ", of an earlier run"


def _notes(step: Step) -> tuple[str, ...]:
    found = []
    if step.priority:
        found.append(f"priority {step.priority}")
    if step.pool is not None:
        found.append(f"pool {step.pool}")
    if step.retry_policy is not None:
        found.append(f"up to {_counted(step.retry_policy.max_retries, 'retry').replace('retrys', 'retries')}")
    if step.mapped_over is not None and step.mapping_key is None:
        found.append(f"once for each element of {step.mapped_over.step}")
    return tuple(found)
