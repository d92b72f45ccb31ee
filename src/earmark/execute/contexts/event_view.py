"""Events that user code records, and facts about outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from earmark.define.ops.outputs import AssetCheckResult, ExpectationResult
from earmark.events.assets import AssetCheckEvaluation, AssetMaterialization, AssetObservation
from earmark.execute.contexts.view import View
from earmark.execute.outputs import record_user_event
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import DagsterInvariantViolationError, did_you_mean

UserEvent: TypeAlias = (
    AssetMaterialization | AssetObservation | AssetCheckEvaluation | AssetCheckResult | ExpectationResult
)
"""What ``context.log_event`` takes."""


class EventView(View):
    """Events that user code records, and facts about outputs."""

    def log_event(self, event: UserEvent) -> None:
        """Record an event now: a materialization, an observation, the result of a check or an expectation.

        Raises:
            DagsterInvariantViolationError: It is none of these.
        """
        if not isinstance(event, UserEvent):
            raise DagsterInvariantViolationError(
                f"log_event takes an AssetMaterialization, AssetObservation, AssetCheckEvaluation or ExpectationResult,"
                f" not {event!r}."
            )
        self._scope.user_events.append(event)
        record_user_event(self._scope, event)

    def add_output_metadata(
        self, metadata: Mapping[str, Any], output_name: str | None = None, mapping_key: str | None = None
    ) -> None:
        """Add facts about an output to its event; later calls add to earlier ones.

        Args:
            metadata: The facts.
            output_name: The output; may be left out where there is one.
            mapping_key: The mapping key of a dynamic output.

        Raises:
            DagsterInvariantViolationError: There are several outputs and none is named, or the name is unknown.
        """
        name = self._output_named(output_name)
        self._scope.output_metadata.setdefault((name, mapping_key), {}).update(normalize_metadata(metadata))

    def get_output_metadata(self, output_name: str, mapping_key: str | None = None) -> Mapping[str, Any] | None:
        """Return the facts added to an output so far."""
        found = self._scope.output_metadata.get((output_name, mapping_key))
        return None if found is None else {key: value.value for key, value in found.items()}

    def get_events(self) -> Sequence[UserEvent]:
        """Return the events given to :meth:`log_event` so far."""
        return list(self._scope.user_events)

    def consume_events(self) -> Sequence[UserEvent]:
        """Return the events given to :meth:`log_event` so far, and forget them."""
        found, self._scope.user_events = self._scope.user_events, []
        return found

    def _output_named(self, name: str | None) -> str:
        op = self._scope.op_def
        if op is None:
            return name or "result"
        names = [key for key in op.outs if key not in self._check_outputs]
        if name is None:
            if len(names) == 1:
                return names[0]
            raise DagsterInvariantViolationError(
                f"{op.name!r} has the outputs {', '.join(names)}; say which by output_name=."
            )
        if name not in op.outs:
            raise DagsterInvariantViolationError(
                f"{op.name!r} has no output {name!r}; it has {', '.join(names)}.{did_you_mean(name, names)}"
            )
        return name

    @property
    def _check_outputs(self) -> frozenset[str]:
        if self._scope.step is None:
            return frozenset()
        return frozenset(out.name for out in self._scope.step.outputs if out.check_key is not None)
