"""What runs before this one left behind: which of their steps succeeded, which outputs those gave, with which keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from earmark.events.envelope import Event
from earmark.events.kinds import DynamicOutputsMapped, OutputYielded, StepSkipped, StepSucceeded
from earmark.execute.instance import DagsterInstance
from earmark.runs.run import DagsterRun

_KINDS = (DynamicOutputsMapped, OutputYielded, StepSucceeded, StepSkipped)
_PAGE = 10_000


class ParentOutputs(msgspec.Struct, frozen=True):
    """The outputs that a run may load instead of making them: those of the run it repeats, and so on back.

    Args:
        writers: For each step that succeeded, the nearest run in which it did.
        outputs: The outputs that those steps gave, by step and name.
        skipped: Steps that were skipped on purpose, and that no run executed.
        mapping_keys: The mapping keys of their dynamic outputs, by step and output.
    """

    writers: Mapping[str, str] = msgspec.field(default_factory=dict)
    outputs: frozenset[tuple[str, str]] = frozenset()
    skipped: frozenset[str] = frozenset()
    mapping_keys: Mapping[str, Mapping[str, tuple[str, ...]]] = msgspec.field(default_factory=dict)

    @staticmethod
    def of(run: DagsterRun, instance: DagsterInstance) -> ParentOutputs:
        """Read what the ancestors of a run left; nothing for a run that re-executes none."""
        return _gathered(instance.family_of(run), instance)

    @staticmethod
    def left_by(run: DagsterRun, instance: DagsterInstance) -> ParentOutputs:
        """Read what a run and its ancestors left."""
        return _gathered([run, *instance.family_of(run)], instance)

    @property
    def done(self) -> frozenset[str]:
        """The steps that need not be repeated."""
        return frozenset(self.writers) | self.skipped

    def gave(self, step_key: str, output: str) -> bool:
        """Whether a step gave an output; a step that no run is known to have executed is taken to have."""
        known = step_key in self.writers or step_key in self.skipped
        return not known or (step_key, output) in self.outputs

    def keys(self, step_key: str, output: str) -> tuple[str, ...]:
        """Return the mapping keys of a dynamic output."""
        return self.mapping_keys.get(step_key, {}).get(output, ())


def _gathered(runs: Iterable[DagsterRun], instance: DagsterInstance) -> ParentOutputs:
    writers: dict[str, str] = {}
    outputs: set[tuple[str, str]] = set()
    skipped: set[str] = set()
    mapping_keys: dict[str, dict[str, tuple[str, ...]]] = {}
    for run in runs:
        events = _events(run, instance)
        wrote = {key for event in events if isinstance(event.fact, StepSucceeded) and (key := event.step_key)}
        news = wrote - set(writers)
        writers.update(dict.fromkeys(news, run.run_id))
        for event in events:
            key = event.step_key or ""
            match event.fact:
                case OutputYielded(name) if key in news:
                    outputs.add((key, name))
                case DynamicOutputsMapped(name, keys) if key in news:
                    mapping_keys.setdefault(key, {})[name] = keys
                case StepSkipped() if key not in writers:
                    skipped.add(key)
    return ParentOutputs(writers, frozenset(outputs), frozenset(skipped), mapping_keys)


def _events(run: DagsterRun, instance: DagsterInstance) -> list[Event]:
    found: list[Event] = []
    while True:
        after = found[-1].id if found else 0
        page = instance.store.events.of_run(run.run_id, after=after, kinds=_KINDS, limit=_PAGE)
        found.extend(page)
        if len(page) < _PAGE:
            return found
