"""The output that an IO manager stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from earmark.execute.io_contexts.slot import SlotContext
from earmark.specs.metadata import normalize_metadata


class OutputContext(SlotContext):
    """One output, as the IO manager that stores it sees it; :func:`build_output_context` makes one for tests.

    Example:
        >>> from earmark import build_output_context
        >>> build_output_context(name="result", step_key="clean", run_id="r1").get_identifier()
        ['r1', 'clean', 'result']
    """

    def __init__(
        self,
        *,
        step_key: str | None = None,
        run_id: str | None = None,
        mapping_key: str | None = None,
        version: str | None = None,
        asset_spec: Any = None,
        output_metadata: Mapping[str, Any] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self._step_key = step_key
        self._run_id = run_id
        self._mapping_key = mapping_key
        self._version = version
        self._asset_spec = asset_spec
        self._output_metadata = dict(output_metadata or {})
        self.added_metadata: dict[str, Any] = {}
        self.logged_events: list[Any] = []

    @property
    def name(self) -> str:
        """The output's name."""
        name: str = self._known(self._name, "name")
        return name

    @property
    def has_step(self) -> bool:
        """Whether it is known which step gave the output."""
        return self._step_key is not None

    @property
    def step_key(self) -> str:
        """The step that gave the output."""
        key: str = self._known(self._step_key, "step_key")
        return key

    @property
    def run_id(self) -> str:
        """The run that gave the output."""
        run_id: str = self._known(self._run_id, "run_id")
        return run_id

    @property
    def mapping_key(self) -> str | None:
        """The mapping key of a dynamic output."""
        return self._mapping_key

    @property
    def version(self) -> str | None:
        """The version of the output, where one is known."""
        return self._version

    @property
    def asset_spec(self) -> Any:
        """The spec of the asset that the output is."""
        return self._known(self._asset_spec, "asset spec")

    @property
    def output_metadata(self) -> Mapping[str, Any]:
        """The metadata that user code gave with the output."""
        return self._output_metadata

    def add_output_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Add facts about what was stored to the event of the output (and of the asset).

        Raises:
            DagsterInvalidMetadata: A value is of a kind that metadata does not have.
        """
        self.added_metadata.update(normalize_metadata(metadata))

    def log_event(self, event: Any) -> None:
        """Record an :class:`AssetMaterialization` or :class:`AssetObservation`."""
        self.logged_events.append(event)

    def consume_logged_metadata(self) -> Mapping[str, Any]:
        """Return the metadata added so far."""
        return self.added_metadata

    def get_logged_metadata(self) -> Mapping[str, Any]:
        """Return the metadata added so far."""
        return self.added_metadata

    def get_run_scoped_output_identifier(self) -> Sequence[str]:
        """Return the run, the step, the output and, for a dynamic one, the mapping key."""
        found = [self.run_id, self.step_key, self.name]
        if self._mapping_key is not None:
            found.append(self._mapping_key)
        return found

    def get_identifier(self) -> Sequence[str]:
        """Return strings that name the output: the run, the step, the output, the mapping key of a dynamic one.

        For what names an asset whatever run wrote it, ask for :meth:`get_asset_identifier`.
        """
        return self.get_run_scoped_output_identifier()

    def get_output_identifier(self) -> Sequence[str]:
        """Return the same as :meth:`get_identifier`, by its old name."""
        return self.get_identifier()
