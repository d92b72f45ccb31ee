"""Messages by way of a file, which is read as it grows."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from earmark.execute.pipes.handler import PipesMessageHandler, PipesMessageReader
from earmark.execute.pipes.wire import PipesLaunchedData, PipesParams

_EVERY = 0.1
"""How many seconds lie between two looks at the file."""


class PipesFileMessageReader(PipesMessageReader):
    """Reads the messages of a process from a file, while it writes them.

    Args:
        path: The file. It is made empty when the session begins.
        include_stdio_in_messages: Whether the process is to send what it prints as messages too.
        cleanup_file: Whether the file goes when the session is over.

    Example:
        >>> reader = PipesFileMessageReader("messages.jsonl")
        >>> handler = em.PipesMessageHandler(em.build_op_context(), reader)
        >>> with handler.handle_messages() as params:
        ...     with open(params["path"], "a") as file:
        ...         _ = file.write('{"__dagster_pipes_version": "0.1", "method": "report_custom_message",')
        ...         _ = file.write(' "params": {"payload": 3}}\\n')
        >>> handler.get_custom_messages()
        (3,)
    """

    def __init__(
        self, path: str | os.PathLike[str], include_stdio_in_messages: bool = False, cleanup_file: bool = True
    ) -> None:
        self._path = Path(path)
        self._include_stdio = include_stdio_in_messages
        self._cleanup_file = cleanup_file

    def on_launched(self, params: PipesLaunchedData) -> None:
        """Hear what was told of the process; a file needs none of it."""

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[PipesParams]:
        """Read the file in a thread as it grows; read the rest of it at the end."""
        path = self._path.absolute()
        path.write_bytes(b"")
        tail = _Tail(path, handler)
        done = threading.Event()
        reader = threading.Thread(target=_follow, args=(tail, done), daemon=True, name="pipes-messages")
        reader.start()
        try:
            yield {"path": str(path), "include_stdio_in_messages": self._include_stdio}
        finally:
            done.set()
            reader.join()
            tail.finish()
            if self._cleanup_file:
                path.unlink(missing_ok=True)

    def no_messages_debug_text(self) -> str:
        """Return where messages were looked for."""
        return f"Messages were looked for in the file {self._path}."


class PipesTempFileMessageReader(PipesMessageReader):
    """Reads messages as :class:`PipesFileMessageReader` does, from a file in a folder of its own.

    Args:
        include_stdio_in_messages: Whether the process is to send what it prints as messages too.

    Example:
        >>> handler = em.PipesMessageHandler(em.build_op_context(), PipesTempFileMessageReader())
        >>> with handler.handle_messages() as params:
        ...     sorted(params)
        ['include_stdio_in_messages', 'path']
    """

    def __init__(self, include_stdio_in_messages: bool = False) -> None:
        self._include_stdio = include_stdio_in_messages

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[PipesParams]:
        """Read the file in a thread as it grows; read the rest of it at the end."""
        with tempfile.TemporaryDirectory(prefix="pipes-", ignore_cleanup_errors=True) as folder:
            reader = PipesFileMessageReader(Path(folder) / "messages", self._include_stdio)
            with reader.read_messages(handler) as params:
                yield params

    def no_messages_debug_text(self) -> str:
        """Return where messages were looked for."""
        return "Messages were looked for in a temporary file of this machine."


class _Tail:
    """Where reading of one file has come to."""

    def __init__(self, path: Path, handler: PipesMessageHandler) -> None:
        self._path = path
        self._handler = handler
        self._position = 0
        self._number = 0
        self._half = b""

    def read(self) -> None:
        """Take the lines that are whole by now."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except FileNotFoundError:
            return  # the process may write it anew
        if not data:
            return
        self._position += len(data)
        *lines, self._half = (self._half + data).split(b"\n")
        for line in lines:
            self._take(line)
        self._handler.flush()

    def finish(self) -> None:
        """Take the rest: a last line without its end is a message all the same, if it can be read."""
        self.read()
        rest, self._half = self._half, b""
        self._take(rest)

    def _take(self, line: bytes) -> None:
        self._number += 1
        if line.strip():
            self._handler.take_line(line.decode("utf-8", errors="backslashreplace"), f"line {self._number}")


def _follow(tail: _Tail, done: threading.Event) -> None:
    while not done.wait(_EVERY):
        try:
            tail.read()
        except Exception:  # a thread that ends would lose all that comes later
            tail._handler.report_pipes_framework_exception("the reader of messages", sys.exc_info())
            return
