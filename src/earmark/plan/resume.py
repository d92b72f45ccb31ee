"""What of a plan is left to run, after a run of it that did not get through."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from earmark.plan.plan import Plan
from earmark.plan.step import Step


def steps_from_failure(
    plan: Plan, done: Collection[str], mapping_keys: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None
) -> list[str]:
    """Return the steps that a run left undone: those that failed and those it did not reach because of them.

    A placeholder whose elements are known stands for the elements that are left: ``clean[b]``, if ``clean[a]`` is done.

    Args:
        plan: What the run was to execute.
        done: The steps that succeeded or were skipped on purpose, elements of placeholders (``clean[a]``) among them.
        mapping_keys: The mapping keys that dynamic outputs gave, by step and output.

    Returns:
        Their keys, in the plan's order.

    Example:
        >>> from earmark.plan.step import FromStep, Step, StepInput
        >>> clean = Step("clean", ("clean",), "clean")
        >>> train = Step("train", ("train",), "train", (StepInput("rows", FromStep("clean")),))
        >>> steps_from_failure(Plan("nightly", (clean, train)), {"clean"})
        ['train']
    """
    left: list[str] = []
    for step in plan.steps:
        elements = _elements(step, mapping_keys or {})
        if elements is None:
            left += [] if step.key in done else [step.key]
        elif not any(one in done for one in elements):
            left += [step.key] if elements else []
        else:
            left += [one for one in elements if one not in done]
    return left


def _elements(step: Step, mapping_keys: Mapping[str, Mapping[str, tuple[str, ...]]]) -> list[str] | None:
    """The steps that a placeholder became, or ``None`` for what is no placeholder or never became any."""
    over = step.mapped_over
    if over is None or step.mapping_key is not None:
        return None
    keys = mapping_keys.get(over.step, {}).get(over.output)
    return None if keys is None else [f"{step.key}[{key}]" for key in keys]
