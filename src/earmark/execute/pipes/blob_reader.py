"""Messages by way of numbered pieces in a store of blobs, and several readers as one."""

from __future__ import annotations

import sys
import threading
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from earmark.execute.pipes.handler import PipesMessageHandler, PipesMessageReader
from earmark.execute.pipes.ports import PipesLogReader
from earmark.execute.pipes.session import COMPOSITE_WRITERS
from earmark.execute.pipes.wire import PipesLaunchedData, PipesParams
from earmark.values.errors import DagsterInvalidInvocationError

_LATE = 3
"""How often a piece is looked for again, once the process has ended without closing the pipe."""


class PipesBlobStoreMessageReader(PipesMessageReader):
    """Reads messages that a process writes as numbered pieces, counted from 1, to a store of blobs.

    Subclass it for a store: where the pieces lie, and how one is fetched.

    Args:
        interval: How many seconds lie between two looks for the next piece.
        log_readers: Read what the process prints, where its platform keeps that.

    Example:
        >>> from contextlib import contextmanager
        >>> pieces = {
        ...     1: '{"__dagster_pipes_version": "0.1", "method": "report_custom_message", "params": {"payload": 3}}'
        ... }
        >>> class Pieces(PipesBlobStoreMessageReader):
        ...     @contextmanager
        ...     def get_params(self):
        ...         yield {"prefix": "runs/17"}
        ...
        ...     def messages_are_readable(self, params):
        ...         return True
        ...
        ...     def download_messages_chunk(self, index, params):
        ...         return pieces.get(index)
        ...
        ...     def no_messages_debug_text(self):
        ...         return "Messages were looked for under runs/17."
        >>> handler = em.PipesMessageHandler(em.build_op_context(), Pieces(interval=0.01))
        >>> with handler.handle_messages() as params:
        ...     params
        {'prefix': 'runs/17'}
        >>> handler.get_custom_messages()
        (3,)
    """

    def __init__(self, interval: float = 10, log_readers: Sequence[PipesLogReader] | None = None) -> None:
        self.interval = interval
        self.counter = 1
        self.log_readers: list[PipesLogReader] = list(log_readers or ())
        self.opened_payload: PipesParams | None = None
        self.launched_payload: PipesLaunchedData | None = None

    @abstractmethod
    def get_params(self) -> AbstractContextManager[PipesParams]:
        """Return a context manager that gives the parameters by which the process finds where its messages go."""

    @abstractmethod
    def messages_are_readable(self, params: PipesParams) -> bool:
        """Say whether there is something to read yet."""

    @abstractmethod
    def download_messages_chunk(self, index: int, params: PipesParams) -> str | None:
        """Return the piece with that number, a message a line, or ``None`` while it is not there."""

    def download_messages(self, cursor: int | None, params: PipesParams) -> tuple[int, str] | None:
        """Return where to go on and the next messages, or ``None`` while there are none.

        Args:
            cursor: What was returned before; ``None`` at first.
            params: What :meth:`get_params` gave.
        """
        index = self.counter if cursor is None else cursor
        piece = self.download_messages_chunk(index, params)
        return None if piece is None else (index + 1, piece)

    def add_log_reader(self, log_reader: PipesLogReader) -> None:
        """Have another log reader started with this reader."""
        self.log_readers.append(log_reader)

    def on_opened(self, opened_payload: PipesParams) -> None:
        """Keep what the process said of itself."""
        self.opened_payload = opened_payload

    def on_launched(self, launched_payload: PipesLaunchedData) -> None:
        """Keep what was told of the process after it was started."""
        self.launched_payload = launched_payload

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[PipesParams]:
        """Look for pieces in a thread; look for the last ones at the end."""
        with self.get_params() as params:
            done = threading.Event()
            follow = threading.Thread(
                target=self._follow, args=(handler, params, done), daemon=True, name="pipes-messages"
            )
            logs = threading.Thread(
                target=self._read_logs, args=(handler, params, done), daemon=True, name="pipes-logs"
            )
            follow.start()
            logs.start()
            try:
                yield params
            finally:
                done.set()
                follow.join()
                logs.join()

    def _follow(self, handler: PipesMessageHandler, params: PipesParams, done: threading.Event) -> None:
        cursor: int | None = None
        readable = False
        late = 0
        while True:
            ending = done.is_set()
            found: tuple[int, str] | None = None
            try:
                readable = readable or self.messages_are_readable(params)
                found = self.download_messages(cursor, params) if readable else None
            except Exception:
                # A store that is out of reach for a moment is asked again.
                handler.report_pipes_framework_exception(f"{type(self).__name__}", sys.exc_info())
                late += 1 if ending else 0
            if found is not None:
                index, (cursor, piece) = self.counter, found
                self.counter += 1
                for number, line in enumerate(piece.splitlines(), 1):
                    if line.strip():
                        handler.take_line(line, f"piece {index}, line {number}")
                handler.flush()
                continue
            if ending:
                late += 1
                if handler.received_closed_message or late > _LATE:
                    return
                # What was written last may not be seen yet.
                threading.Event().wait(min(self.interval, 1.0))
            else:
                done.wait(self.interval)

    def _read_logs(self, handler: PipesMessageHandler, params: PipesParams, done: threading.Event) -> None:
        waiting = list(self.log_readers)
        started: list[PipesLogReader] = []
        while waiting:
            ending = done.is_set()
            told = {**params, **(self.opened_payload or {})}
            for reader in list(waiting):
                try:
                    if not reader.target_is_readable(told):
                        continue
                    reader.start(told, done)
                    started.append(reader)
                except Exception:
                    handler.report_pipes_framework_exception(f"the log reader {reader.name}", sys.exc_info())
                waiting.remove(reader)
            if ending:
                break
            done.wait(min(self.interval, 1.0))
        for reader in waiting:
            told_why = reader.with_debug_info(f"[pipes] The log reader {reader.name} found nothing to read.")
            handler._context.log.warning(told_why)
        done.wait()
        for reader in started:
            try:
                reader.stop()
            except Exception:
                handler.report_pipes_framework_exception(f"the log reader {reader.name}", sys.exc_info())


class PipesCompositeMessageReader(PipesMessageReader):
    """Reads the messages of several processes that report to one session, each by a reader of its own.

    Args:
        readers: One for each process.

    Raises:
        DagsterInvalidInvocationError: There is none, or one reads for several processes itself.

    Example:
        >>> both = PipesCompositeMessageReader([em.PipesTempFileMessageReader(), em.PipesTempFileMessageReader()])
        >>> both.expected_writer_count
        2
    """

    def __init__(self, readers: Sequence[PipesMessageReader]) -> None:
        if not readers:
            raise DagsterInvalidInvocationError("PipesCompositeMessageReader needs at least one reader.")
        for reader in readers:
            if reader.expected_writer_count != 1:
                raise DagsterInvalidInvocationError(
                    f"PipesCompositeMessageReader takes readers for one process each; {type(reader).__name__} reads for"
                    f" {reader.expected_writer_count}."
                )
        self._readers = list(readers)

    @contextmanager
    def read_messages(self, handler: PipesMessageHandler) -> Iterator[PipesParams]:
        """Have all readers read; give the parameters of each."""
        with ExitStack() as stack:
            writers = [stack.enter_context(one.read_messages(_OneWriter(handler, one))) for one in self._readers]
            yield {COMPOSITE_WRITERS: writers}

    def on_opened(self, opened_payload: PipesParams) -> None:
        """Hear that a process has begun; its own reader hears it."""

    def on_launched(self, launched_payload: PipesLaunchedData) -> None:
        """Tell every reader what was told of the processes after they were started."""
        for reader in self._readers:
            reader.on_launched(launched_payload)

    @property
    def expected_writer_count(self) -> int:
        """How many processes report by this reader."""
        return len(self._readers)

    def no_messages_debug_text(self) -> str:
        """Return where messages of each process were looked for."""
        return "\n".join(
            f"[{index}] {type(reader).__name__}: {reader.no_messages_debug_text()}"
            for index, reader in enumerate(self._readers)
        )


class _OneWriter(PipesMessageHandler):
    """The handler as one of several readers has it: its own process opens and closes, all else is the session's."""

    def __init__(self, whole: PipesMessageHandler, reader: PipesMessageReader) -> None:
        super().__init__(whole._context, reader)
        self._whole = whole
        self._lock = whole._lock
        self._results = whole._results
        self._custom = whole._custom
        self.faults = whole.faults

    def _opened_by(self, params: Any) -> None:
        self._whole._opened += 1
        super()._opened_by(params)

    def _on_closed(self, params: Any) -> None:
        super()._on_closed(params)
        self._whole._closed += 1
        self._whole.exception = self._whole.exception or self.exception
