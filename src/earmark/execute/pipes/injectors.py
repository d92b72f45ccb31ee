"""The ways by which a process gets its context: in its environment, or in a file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from earmark.execute.pipes.ports import PipesContextInjector
from earmark.execute.pipes.wire import PipesParams


class PipesEnvContextInjector(PipesContextInjector):
    """Hands over the context itself, in the parameters: for a process that shares no files with this one.

    Example:
        >>> with PipesEnvContextInjector().inject_context({"run_id": "17"}) as params:
        ...     params
        {'data': {'run_id': '17'}}
    """

    @contextmanager
    def inject_context(self, context_data: Any) -> Iterator[PipesParams]:
        """Give the context as a parameter."""
        yield {"data": context_data}

    def no_messages_debug_text(self) -> str:
        """Return how the context was handed over."""
        return "The context was handed over in an environment variable or a command line option."


class PipesFileContextInjector(PipesContextInjector):
    """Writes the context to a file, and removes it when the session is over.

    Args:
        path: The file.

    Example:
        >>> with PipesFileContextInjector("context.json").inject_context({"run_id": "17"}) as params:
        ...     open(params["path"]).read()
        '{"run_id": "17"}'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    @contextmanager
    def inject_context(self, context_data: Any) -> Iterator[PipesParams]:
        """Give the path of the file."""
        self._path.write_text(json.dumps(context_data), encoding="utf-8")
        try:
            yield {"path": str(self._path.absolute())}
        finally:
            self._path.unlink(missing_ok=True)

    def no_messages_debug_text(self) -> str:
        """Return how the context was handed over."""
        return f"The context was written to the file {self._path}."


class PipesTempFileContextInjector(PipesContextInjector):
    """Writes the context to a file in a folder of its own, which goes when the session is over.

    Example:
        >>> with PipesTempFileContextInjector().inject_context({"run_id": "17"}) as params:
        ...     open(params["path"]).read()
        '{"run_id": "17"}'
    """

    @contextmanager
    def inject_context(self, context: Any) -> Iterator[PipesParams]:
        """Give the path of the file."""
        with (
            tempfile.TemporaryDirectory(prefix="pipes-", ignore_cleanup_errors=True) as folder,
            PipesFileContextInjector(Path(folder) / "context").inject_context(context) as params,
        ):
            yield params

    def no_messages_debug_text(self) -> str:
        """Return how the context was handed over."""
        return "The context was written to a temporary file of this machine."
