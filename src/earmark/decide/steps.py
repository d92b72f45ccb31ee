"""Which steps of a run may start now: readiness, priority, limits by tag, skips, dynamic expansion.

The board is told what happened and answers what may start; executors do the starting. Telling it about one step costs
time in proportion to what depends on that step, so a chain of n steps costs n.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Union

import msgspec

from earmark.plan.plan import Plan
from earmark.plan.step import (
    FromCollected,
    FromMany,
    FromMapped,
    FromStep,
    Step,
    expanded_step,
    upstream_steps,
)
from earmark.values.errors import DagsterInvariantViolationError


class StepState(Enum):
    """Where a step stands on the board."""

    WAITING = "waiting"
    READY = "ready"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    ABANDONED = "abandoned"


_ENDED = frozenset((StepState.SUCCEEDED, StepState.FAILED, StepState.SKIPPED, StepState.ABANDONED))


class Skip(msgspec.Struct, frozen=True):
    """A step that will not run: ``abandoned`` because an upstream step failed, else because an output never came."""

    step: Step
    reason: str
    abandoned: bool


_Bucket = tuple[str, Union[str, None]]
"""What is counted for limits: running steps with a tag, or with a tag of that value."""


class TagLimit(msgspec.Struct, frozen=True):
    """At most ``limit`` running steps with this tag; per distinct value where ``per_value``.

    ``value`` ``None`` means any value.
    """

    key: str
    limit: int
    value: str | None = None
    per_value: bool = False

    def counts(self, bucket: _Bucket) -> bool:
        """Whether the limit is about that count."""
        key, value = bucket
        if key != self.key:
            return False
        return value is not None and self.value in (None, value) if self.per_value else value == self.value

    def bucket(self, tags: Mapping[str, str]) -> _Bucket | None:
        """Return which count a step with these tags belongs to, or ``None`` if the limit is not about it."""
        value = tags.get(self.key)
        if value is None or (self.value is not None and value != self.value):
            return None
        return (self.key, value if self.per_value else self.value)


class _Entry(msgspec.Struct):
    step: Step
    order: int
    waits: int
    state: StepState = StepState.WAITING
    outputs: frozenset[str] = frozenset()
    mapping_keys: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    expanded: tuple[str, ...] | None = None


class StepBoard:
    """The state of a plan's steps while a run executes.

    Args:
        plan: The plan. Inputs from steps outside it count as available.
        tag_limits: Limits over the tags of running steps.
        max_concurrent: How many steps may run at once; ``None`` for any number.
        given: For steps outside the plan, the mapping keys of their dynamic outputs, from a parent run.
        gave_before: For steps outside the plan, whether they gave an output; all did if ``None``.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        tag_limits: Iterable[TagLimit] = (),
        max_concurrent: int | None = None,
        given: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None,
        gave_before: Callable[[str, str], bool] | None = None,
    ) -> None:
        self._limits = tuple(tag_limits)
        self._max = max_concurrent
        self._gave_before = gave_before or (lambda _step, _output: True)
        self._entries: dict[str, _Entry] = {}
        self._dependents: dict[str, list[str]] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._running: set[str] = set()
        self._counts: dict[_Bucket, int] = {}
        self._parked: dict[_Bucket, list[tuple[int, int, str]]] = {}
        self._freed: set[_Bucket] = set()
        self._open = 0
        self._order = 0
        self._placeholders: dict[str, list[_Entry]] = {}
        self.skips: list[Skip] = []
        for step in plan.steps:
            entry = self._add(step, [up for up in upstream_steps(step) if up in plan.by_key])
            if step.mapped_over is not None and step.mapping_key is None:
                self._placeholders.setdefault(step.mapped_over.step, []).append(entry)
        for key, mapping in (given or {}).items():
            self._expand_after(key, mapping)
        for entry in list(self._entries.values()):
            if entry.waits == 0 and entry.state is StepState.WAITING:
                verdict = self._settle(entry)
                if verdict is not None:
                    self._end(entry, verdict)

    def _add(self, step: Step, upstream: Iterable[str]) -> _Entry:
        upstream = list(upstream)
        self._order += 1
        entry = _Entry(step, self._order, sum(1 for up in upstream if self._entries[up].state not in _ENDED))
        self._entries[step.key] = entry
        self._open += 1
        for up in upstream:
            self._dependents.setdefault(up, []).append(step.key)
        return entry

    @property
    def is_done(self) -> bool:
        """Whether every step has ended."""
        return self._open == 0

    @property
    def running(self) -> frozenset[str]:
        """The keys of running steps."""
        return frozenset(self._running)

    def state(self, key: str) -> StepState:
        """Return where a step stands."""
        return self._entries[key].state

    def step(self, key: str) -> Step:
        """Return the step of that key, expanded ones included."""
        return self._entries[key].step

    def keys_in(self, state: StepState) -> list[str]:
        """Return the keys of the steps in a state, in the plan's order."""
        return [key for key, entry in self._entries.items() if entry.state is state]

    def mapping_keys(self, key: str, output: str) -> tuple[str, ...]:
        """Return the mapping keys that a step gave for a dynamic output."""
        entry = self._entries.get(key)
        return () if entry is None else entry.mapping_keys.get(output, ())

    def gave(self, key: str, output: str) -> bool:
        """Say whether a step gave an output, in this run or, if the plan does not have it, before."""
        entry = self._entries.get(key)
        return self._gave_before(key, output) if entry is None else output in entry.outputs

    def take(self, may_start: Callable[[Step], bool] | None = None) -> Step | None:
        """Return the next step to start and mark it running, or ``None`` if none may start now.

        Args:
            may_start: A last word from outside (a slot of a pool); a step it refuses stays ready.
        """
        if self._max is not None and len(self._running) >= self._max:
            return None
        passed_over: list[tuple[int, int, str]] = []
        found: Step | None = None
        while found is None and (item := self._best()) is not None:
            step = self._entries[item[2]].step
            full = self._full(step)
            if full is not None:
                # It is looked at again when a step of that count ends, and not before.
                heapq.heappush(self._parked.setdefault(full, []), item)
            elif may_start is not None and not may_start(step):
                passed_over.append(item)
            else:
                found = step
        for item in passed_over:
            heapq.heappush(self._ready, item)
        if found is not None:
            self._entries[found.key].state = StepState.RUNNING
            self._running.add(found.key)
            self._count(found, 1)
        return found

    def _best(self) -> tuple[int, int, str] | None:
        """Take the first in line of the ready steps and of those parked under a count that has room again."""
        self._freed = {bucket for bucket in self._freed if self._parked.get(bucket) and self._has_room(bucket)}
        lines = [self._parked[bucket] for bucket in self._freed]
        if self._ready:
            lines.append(self._ready)
        return heapq.heappop(min(lines)) if lines else None

    def _full(self, step: Step) -> _Bucket | None:
        """Return a count that has no room for the step, or ``None``."""
        for limit in self._limits:
            bucket = limit.bucket(step.tags)
            if bucket is not None and not self._has_room(bucket):
                return bucket
        return None

    def _has_room(self, bucket: _Bucket) -> bool:
        count = self._counts.get(bucket, 0)
        return all(count < limit.limit for limit in self._limits if limit.counts(bucket))

    def _count(self, step: Step, change: int) -> None:
        for bucket in {limit.bucket(step.tags) for limit in self._limits}:
            if bucket is not None:
                self._counts[bucket] = self._counts.get(bucket, 0) + change
                if change < 0:
                    self._freed.add(bucket)

    def retry(self, key: str) -> None:
        """Put a running step back among the ready ones."""
        entry = self._leave(key)
        entry.state = StepState.READY
        heapq.heappush(self._ready, (-entry.step.priority, entry.order, key))

    def succeed(
        self, key: str, outputs: Iterable[str], mapping_keys: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Say that a running step succeeded.

        Args:
            key: The step.
            outputs: The outputs it gave.
            mapping_keys: For each dynamic output, the mapping keys it gave, in order.
        """
        entry = self._leave(key)
        entry.outputs = frozenset(outputs)
        entry.mapping_keys = dict(mapping_keys or {})
        self._end(entry, StepState.SUCCEEDED)

    def fail(self, key: str) -> None:
        """Say that a running step failed for good; what depends on it will not run."""
        self._end(self._leave(key), StepState.FAILED)

    def _leave(self, key: str) -> _Entry:
        entry = self._entries[key]
        if entry.state is not StepState.RUNNING:
            raise DagsterInvariantViolationError(f"Step {key!r} is {entry.state.value}, not running.")
        self._running.discard(key)
        self._count(entry.step, -1)
        return entry

    def _end(self, entry: _Entry, state: StepState) -> None:
        """Move a step to its end, and settle all that this decides; a loop, not recursion, so chains may be long."""
        pending = [(entry, state)]
        while pending:
            ended, how = pending.pop()
            ended.state = how
            self._open -= 1
            key = ended.step.key
            # Steps that expansion adds now know already that this one has ended.
            waiting_for_it = tuple(self._dependents.get(key, ()))
            dynamic = [out.name for out in ended.step.outputs if out.is_dynamic]
            if dynamic and how is StepState.SUCCEEDED:
                self._expand_after(key, {name: ended.mapping_keys.get(name, ()) for name in dynamic})
            for dependent in waiting_for_it:
                waiting = self._entries[dependent]
                if waiting.state is not StepState.WAITING:
                    continue
                waiting.waits -= 1
                if waiting.waits == 0:
                    verdict = self._settle(waiting)
                    if verdict is not None:
                        pending.append((waiting, verdict))

    def _settle(self, entry: _Entry) -> StepState | None:
        """Decide about a step whose upstream steps have all ended: ready, or how it ends without running."""
        step = entry.step
        waited_for = (*self._upstream(step), *(entry.expanded or ()))
        failed = [up for up in waited_for if self._entries[up].state in (StepState.FAILED, StepState.ABANDONED)]
        if failed:
            if entry.expanded is None:  # what a placeholder became has told of itself
                self.skips.append(Skip(step, f"upstream steps failed: {', '.join(sorted(failed))}", abandoned=True))
            return StepState.ABANDONED
        if step.mapped_over is not None and step.mapping_key is None:
            if entry.expanded is None:
                # Its dynamic output never came at all: the step that gives it was skipped.
                self.skips.append(Skip(step, f"{step.mapped_over.step} gave nothing to map over", abandoned=False))
                return StepState.SKIPPED
            return StepState.SUCCEEDED
        missing = self._missing(step)
        if missing:
            self.skips.append(Skip(step, missing, abandoned=False))
            return StepState.SKIPPED
        entry.state = StepState.READY
        heapq.heappush(self._ready, (-step.priority, entry.order, step.key))
        return None

    def _upstream(self, step: Step) -> list[str]:
        return [up for up in upstream_steps(step) if up in self._entries]

    def _missing(self, step: Step) -> str | None:
        """Say which output a step cannot do without never came; a list may lack some of its elements, not all."""
        for step_input in step.inputs:
            source = step_input.source
            if isinstance(source, FromMany):
                steps = [one for one in source.sources if isinstance(one, (FromStep, FromMapped))]
                if steps and len(steps) == len(source.sources) and not any(self._came(one) for one in steps):
                    return f"none of the outputs for its input {step_input.name!r} came"
            elif isinstance(source, (FromStep, FromMapped)) and not self._came(source):
                return f"{source.step} gave no output {source.output!r}"
            elif isinstance(source, FromCollected) and self._skipped(source.step):
                return f"{source.step} was skipped"
        for up in step.after:
            entry = self._entries.get(up)
            if entry is None or entry.step.mapping_key is not None:
                continue  # an element that was skipped is missing from a list, and holds nothing back
            if entry.state is StepState.SKIPPED and not step.assets and not step.checks:
                return f"{up} was skipped"
        return None

    def _skipped(self, key: str) -> bool:
        entry = self._entries.get(key)
        return entry is not None and entry.state is StepState.SKIPPED

    def _came(self, source: FromStep | FromMapped) -> bool:
        return self.gave(source.step, source.output)

    def _expand_after(self, key: str, mapping_keys: Mapping[str, tuple[str, ...]]) -> None:
        """Turn the placeholders over the dynamic outputs of a step into one step for each mapping key."""
        placeholders = [
            entry
            for entry in self._placeholders.get(key, ())
            if entry.expanded is None
            and entry.step.mapped_over is not None
            and entry.step.mapped_over.output in mapping_keys
        ]
        for placeholder in placeholders:
            assert placeholder.step.mapped_over is not None
            keys = mapping_keys[placeholder.step.mapped_over.output]
            made = [expanded_step(placeholder.step, one) for one in keys]
            placeholder.expanded = tuple(step.key for step in made)
            own = [up for up in self._upstream(placeholder.step) if up != key]
            for step in made:
                entry = self._add(step, [up for up in upstream_steps(step) if up in self._entries])
                if entry.waits == 0:
                    verdict = self._settle(entry)
                    if verdict is not None:
                        self._end(entry, verdict)
            # The placeholder itself ends when all of its expansions have.
            placeholder.waits = 0
            for one in (*placeholder.expanded, *own):
                if self._entries[one].state not in _ENDED:
                    placeholder.waits += 1
                    if one in placeholder.expanded:
                        self._dependents.setdefault(one, []).append(placeholder.step.key)
            placeholder.outputs = frozenset(out.name for out in placeholder.step.outputs)
            placeholder.mapping_keys = {out.name: keys for out in placeholder.step.outputs}
            if key in self._entries:
                placeholder.waits += 1  # the dynamic step itself, about to be told
