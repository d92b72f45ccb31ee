"""The plan of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from earmark.plan.step import (
    FromCollected,
    FromConfig,
    FromMany,
    FromMapped,
    FromStep,
    Step,
    StepSource,
    expanded_step,
    flat,
    upstream_steps,
)
from earmark.values import wire
from earmark.values.errors import DagsterExecutionStepNotFoundError, did_you_mean
from earmark.values.keys import AssetCheckKey, AssetKey


class Plan(msgspec.Struct, frozen=True, dict=True):
    """Steps in an order in which each comes after all it waits for.

    Args:
        job_name: The job that the plan executes.
        steps: The steps, in topological order.
    """

    job_name: str
    steps: tuple[Step, ...]

    @property
    def by_key(self) -> Mapping[str, Step]:
        """The steps by their keys."""
        cached: dict[str, Step] | None = self.__dict__.get("_by_key")
        if cached is None:
            cached = self.__dict__["_by_key"] = {step.key: step for step in self.steps}
        return cached

    def step(self, key: str) -> Step:
        """Return the step of that key.

        Raises:
            DagsterExecutionStepNotFoundError: The plan has no such step.
        """
        if key in self.by_key:
            return self.by_key[key]
        raise DagsterExecutionStepNotFoundError(
            f"The plan of {self.job_name} has no step {key!r}.{did_you_mean(key, self.by_key)}", step_key=key
        )

    @property
    def upstream(self) -> Mapping[str, tuple[str, ...]]:
        """For each step, the steps *of this plan* that it waits for."""
        known = self.by_key
        return {step.key: tuple(up for up in upstream_steps(step) if up in known) for step in self.steps}

    @property
    def assets(self) -> tuple[AssetKey, ...]:
        """The assets that the plan writes, in the order of its steps."""
        return tuple(key for step in self.steps for key in step.assets)

    @property
    def checks(self) -> tuple[AssetCheckKey, ...]:
        """The checks that the plan evaluates."""
        return tuple(key for step in self.steps for key in step.checks)

    def only(self, keys: Iterable[str]) -> Plan:
        """Return the plan with none but the named steps; inputs from other steps stay, to be loaded.

        Args:
            keys: The steps. ``clean[a]`` names one element of the placeholder ``clean``.

        Raises:
            DagsterExecutionStepNotFoundError: A key names no step.
        """
        wanted: dict[str, list[str]] = {}
        for key in keys:
            name, _, element = key.partition("[")
            wanted.setdefault(self.step(name).key, []).extend([element.rstrip("]")] if element else [])
        steps: list[Step] = []
        elements: dict[str, tuple[str, ...]] = {}
        for step in self.steps:
            if step.key not in wanted:
                continue
            some = [expanded_step(step, element) for element in dict.fromkeys(wanted[step.key])]
            elements[step.key] = tuple(one.key for one in some)
            steps += some or [step]
        return Plan(self.job_name, tuple(_after_elements(step, elements) for step in steps))

    def detached(self) -> Plan:
        """Return the plan with inputs from steps that are not in it read from configuration instead."""
        return Plan(self.job_name, tuple(_detach(step, self.by_key) for step in self.steps))

    def content_hash(self) -> str:
        """Return the hash under which a store keeps the plan."""
        return wire.content_hash(self)


def _after_elements(step: Step, elements: Mapping[str, tuple[str, ...]]) -> Step:
    """Make what collects a placeholder wait for those of its elements that are in the plan themselves."""
    collected = [source.step for one in step.inputs for source in flat(one.source) if isinstance(source, FromCollected)]
    some = tuple(key for name in collected for key in elements.get(name, ()))
    return msgspec.structs.replace(step, after=(*step.after, *some)) if some else step


def _detach(step: Step, known: Mapping[str, Step]) -> Step:
    inputs = []
    for step_input in step.inputs:
        source = step_input.source
        if isinstance(source, FromMany):
            kept = tuple(one for one in source.sources if not _is_outside(one, known))
            source = FromMany(kept) if kept else FromConfig(step.path, step_input.name)
        elif _is_outside(source, known):
            if step_input.is_nothing:
                continue
            source = FromConfig(step.path, step_input.name)
        inputs.append(msgspec.structs.replace(step_input, source=source))
    after = tuple(key for key in step.after if key in known)
    outside = step.mapped_over is not None and step.mapped_over.step not in known
    return msgspec.structs.replace(
        step, inputs=tuple(inputs), after=after, mapped_over=None if outside else step.mapped_over
    )


def _is_outside(source: StepSource, known: Mapping[str, Step]) -> bool:
    return isinstance(source, (FromStep, FromMapped, FromCollected)) and source.step not in known
