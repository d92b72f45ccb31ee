"""What every view of a step's scope has."""

from __future__ import annotations

from typing import Self

from earmark.define.ops.op import OpDefinition
from earmark.execute.scope import RunScope, StepScope
from earmark.values.errors import DagsterInvariantViolationError


class View:
    """A view of what one step has at hand."""

    def __init__(self, scope: StepScope) -> None:
        self._scope = scope

    # Outside any run a context can still be built (build_op_context); what only a run knows then says so.
    def _in_run(self, what: str) -> RunScope:
        if self._scope.run is None:
            raise DagsterInvariantViolationError(
                f"{what} is not known outside a run: the op or asset was called directly, or the context was built by"
                " build_op_context or build_asset_context."
            )
        return self._scope.run

    @property
    def op_def(self) -> OpDefinition:
        """The op's definition."""
        if self._scope.op_def is None:
            raise DagsterInvariantViolationError("The op is not known before the context is given to it.")
        return self._scope.op_def

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        """Tear down the resources that were set up for this context alone."""
        resources = self._scope.resources
        # Asked of the class: on the object, `close` would be the key of a resource.
        close = getattr(type(resources), "close", None)
        if close is not None:
            close(resources)
