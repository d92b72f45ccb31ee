"""What definitions need of layers above them: what runs them, filled when it is imported, and the public names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from earmark.values.errors import DagsterInvariantViolationError, did_you_mean


class Runner(Protocol):
    """Runs definitions in this process. The arguments are those of the public methods that call it."""

    def invoke(self, node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function of an op, asset or check as if it were a plain function."""

    def execute_in_process(self, job: Any, **options: Any) -> Any:
        """Execute a job in this process and return an ``ExecuteInProcessResult``."""

    def load_asset_value(self, definitions: Any, asset_key: Any, **options: Any) -> Any:
        """Load the value of an asset through its IO manager."""


_runner: Runner | None = None
_load: Callable[[], Any] | None = None
_root: Any = None


def provide(runner: Runner) -> None:
    """Make ``runner`` the one that definitions use."""
    global _runner  # noqa: PLW0603
    _runner = runner


def load_with(load: Callable[[], Any]) -> None:
    """Name the function that imports the layer which provides the runner; called on first use."""
    global _load  # noqa: PLW0603
    _load = load


def runner() -> Runner:
    """Return the runner, importing the layer that provides it if need be.

    Raises:
        DagsterInvariantViolationError: ``earmark.execute`` is not part of this process.
    """
    if _runner is None and _load is not None:
        _load()
    if _runner is None:
        raise DagsterInvariantViolationError("Nothing here can execute definitions.", hint="Import earmark first.")
    return _runner


def publish(root: Any) -> None:
    """Name the package root, whose names are loaded when they are asked for: text that people write may name them."""
    global _root  # noqa: PLW0603
    _root = root


def public_name(name: str) -> Any:
    """Return what a public name stands for.

    Raises:
        AttributeError: There is none; the error says what is near.
    """
    if name not in public_names():
        raise AttributeError(f"Earmark has no {name!r}.{did_you_mean(name, public_names())}")
    return getattr(_root, name)


def public_names() -> Iterable[str]:
    """Return every public name."""
    return _root._EXPORTS if _root is not None else ()
