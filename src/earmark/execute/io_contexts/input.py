"""The input that an IO manager loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.execute.io_contexts.output import OutputContext
from earmark.execute.io_contexts.slot import SlotContext
from earmark.specs.metadata import normalize_metadata
from earmark.values.errors import DagsterInvariantViolationError


class InputContext(SlotContext):
    """One input, as the manager that loads it sees it; :func:`build_input_context` makes one for tests.

    Example:
        >>> from earmark import AssetKey, build_input_context
        >>> build_input_context(asset_key=AssetKey("orders")).get_asset_identifier()
        ['orders']
    """

    def __init__(self, *, upstream_output: OutputContext | None = None, **common: Any) -> None:
        super().__init__(**common)
        self._upstream_output = upstream_output
        self.added_metadata: dict[str, Any] = {}

    def add_input_metadata(self, metadata: Mapping[str, Any], description: str | None = None) -> None:
        """Add facts about what was loaded to the event of the input.

        Raises:
            DagsterInvalidMetadata: A value is of a kind that metadata does not have.
        """
        self.added_metadata.update(normalize_metadata(metadata))

    def consume_logged_metadata(self) -> Mapping[str, Any]:
        """Return the metadata added so far."""
        return self.added_metadata

    @property
    def has_input_name(self) -> bool:
        """Whether the input has a name."""
        return self._name is not None

    @property
    def name(self) -> str:
        """The input's name."""
        name: str = self._known(self._name, "name")
        return name

    @property
    def upstream_output(self) -> OutputContext | None:
        """The output that is loaded, where an op of some run gave it."""
        return self._upstream_output

    def get_identifier(self) -> Sequence[str]:
        """Return strings that name what is loaded: those of the upstream output, or of the asset if none is known."""
        upstream = self._upstream_output
        if upstream is not None and (upstream.has_step or not self.has_asset_key):
            return upstream.get_identifier()
        if self.has_asset_key:
            return self.get_asset_identifier()
        raise DagsterInvariantViolationError("This input comes from no output and is no asset; it has no identifier.")
