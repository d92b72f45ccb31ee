"""What views ask of code locations; ``earmark.locations.registry`` answers, and tests do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from earmark.specs.manifest import Manifest
from earmark.values.clock import Micros


class LocationState(Protocol):
    """A code location as it stands."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def status(self) -> str:
        """``loading``, ``ready``, ``failed`` or ``stopped``."""

    @property
    def manifest(self) -> Manifest | None:
        """What it defines; the last good one where it has failed."""

    @property
    def stale(self) -> bool:
        """Whether the manifest is of an earlier load."""

    @property
    def error(self) -> str:
        """Why it failed; empty where it did not."""

    @property
    def traceback(self) -> str:
        """The user's own traceback."""

    @property
    def before(self) -> Manifest | None:
        """What it defined before it was last loaded."""

    @property
    def note(self) -> str:
        """What else a person should know."""

    @property
    def version(self) -> str:
        """The version of Earmark in it."""

    @property
    def python(self) -> str:
        """Its Python."""

    @property
    def pid(self) -> int:
        """Its process; 0 if there is none."""

    @property
    def loaded_at(self) -> Micros | None:
        """When the manifest was loaded."""

    @property
    def load_seconds(self) -> float:
        """How long that took."""

    @property
    def served_by(self) -> str:
        """The host that has it; empty for one of this process, or of none."""


class Locations(Protocol):
    """All code locations of a host."""

    @property
    def version(self) -> int:
        """A number that grows with every change of definitions."""

    def locations(self) -> Sequence[LocationState]:
        """Return all code locations as they stand, by name."""

    def reload(self, name: str) -> None:
        """Begin to load a location anew."""

    def ask(self, location: str, kind: str, payload: dict[str, Any], seconds: float = 60.0) -> dict[str, Any]:
        """Ask the user code of a location something, and wait for the answer."""


class Canceller(Protocol):
    """Who asks the workers of runs to end them."""

    def cancel(self, run_id: str, author: str) -> None:
        """Ask for the end of a run in progress."""
