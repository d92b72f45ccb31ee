"""Who reads the messages of a process, and what becomes of them: lines of the log, results, what went wrong."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any, TypeAlias

from earmark.define.ops.outputs import AssetCheckResult
from earmark.execute.contexts.execution import AnyContext
from earmark.execute.pipes.wire import (
    PROTOCOL_VERSION,
    VERSION_FIELD,
    PipesExecutionResult,
    PipesLaunchedData,
    PipesMessage,
    PipesParams,
    check_of,
    materialization_of,
)
from earmark.values.errors import DagsterPipesExecutionError, did_you_mean

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_SHOWN = 200
"""How many characters of a message that cannot be read are shown."""


class PipesMessageReader(ABC):
    """Reads the messages of a process and gives them to a handler. Subclass it for a place of your own.

    Example:
        >>> from contextlib import AbstractContextManager, contextmanager
        >>> class Recorded(PipesMessageReader):
        ...     @contextmanager
        ...     def read_messages(self, handler):
        ...         yield {}
        ...         handler.handle_message({"__dagster_pipes_version": "0.1", "method": "opened", "params": {}})
        ...         handler.handle_message({"__dagster_pipes_version": "0.1", "method": "closed", "params": {}})
        ...
        ...     def no_messages_debug_text(self):
        ...         return "Messages that were recorded earlier."
        >>> @em.op
        ... def replay(context) -> bool:
        ...     with em.open_pipes_session(context, em.PipesEnvContextInjector(), Recorded()) as session:
        ...         pass
        ...     return session.message_handler.received_closed_message
        >>> @em.job
        ... def again():
        ...     replay()
        >>> again.execute_in_process().output_for_node("replay")
        True
    """

    @abstractmethod
    def read_messages(self, handler: PipesMessageHandler) -> AbstractContextManager[PipesParams]:
        """Return a context manager that reads while it is open; when it closes, everything written has been read.

        It gives the parameters by which the process finds where its messages go.

        Args:
            handler: Takes each message.
        """

    @abstractmethod
    def no_messages_debug_text(self) -> str:
        """Return where messages were looked for, for when nothing is heard of the process."""

    def on_opened(self, opened_payload: PipesParams) -> None:  # noqa: B027  # not every reader needs it
        """Hear that the process has begun, and what it said of itself."""

    def on_launched(self, launched_payload: PipesLaunchedData) -> None:  # noqa: B027  # not every reader needs it
        """Hear what was told by :meth:`PipesSession.report_launched`."""

    @property
    def expected_writer_count(self) -> int:
        """How many processes report by this reader."""
        return 1


class PipesMessageHandler:
    """Takes the messages of a process: its log becomes the step's, its results wait to be asked for.

    Args:
        context: The step's context.
        message_reader: Where the messages come from.

    Example:
        >>> handler = PipesMessageHandler(em.build_op_context(), em.PipesTempFileMessageReader())
        >>> line = {"message": "loading", "level": "INFO"}
        >>> handler.handle_message({"__dagster_pipes_version": "0.1", "method": "log", "params": line})
        >>> handler.handle_message(
        ...     {
        ...         "__dagster_pipes_version": "0.1",
        ...         "method": "report_custom_message",
        ...         "params": {"payload": {"rows": 3}},
        ...     }
        ... )
        >>> handler.get_custom_messages()
        ({'rows': 3},)
    """

    def __init__(self, context: AnyContext, message_reader: PipesMessageReader) -> None:
        self._context = context
        self._reader = message_reader
        self._expected = message_reader.expected_writer_count
        self._lock = threading.RLock()
        self._results: list[PipesExecutionResult] = []
        self._custom: list[Any] = []
        self._opened = 0
        self._closed = 0
        self.faults: list[str] = []
        self.exception: str | None = None
        self._methods: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "opened": self._on_opened,
            "log": self._on_log,
            "log_external_stream": self._on_external_stream,
            "report_asset_materialization": lambda params: self._results.append(materialization_of(params)),
            "report_asset_check": lambda params: self._results.append(check_of(params)),
            "report_custom_message": lambda params: self._custom.append(params.get("payload")),
            "closed": self._on_closed,
        }

    @property
    def received_opened_message(self) -> bool:
        """Whether every expected process has said that it began."""
        return self._opened >= self._expected

    @property
    def received_closed_message(self) -> bool:
        """Whether every expected process has said that it is done."""
        return self._closed >= self._expected

    def get_reported_results(self) -> Sequence[PipesExecutionResult]:
        """Return what was reported so far, in order."""
        with self._lock:
            return tuple(self._results)

    def get_custom_messages(self) -> Sequence[Any]:
        """Return the messages of the process's own making so far, in order."""
        with self._lock:
            return tuple(self._custom)

    @contextmanager
    def handle_messages(self) -> Iterator[PipesParams]:
        """Read messages as long as this is open; give the parameters by which the process finds where they go."""
        with self._reader.read_messages(self) as params:
            yield params

    def handle_message(self, message: PipesMessage) -> None:
        """Take one message.

        Raises:
            DagsterPipesExecutionError: It is no message of the protocol; the error says what is wrong with it.
        """
        method, params = _read(message)
        with self._lock:
            take = self._methods.get(method)
            if take is None:
                raise DagsterPipesExecutionError(
                    f"The protocol of Pipes, version {PROTOCOL_VERSION}, has no message {method!r}."
                    f"{did_you_mean(method, self._methods)}"
                )
            take(params)

    def take_line(self, line: str, where: str) -> None:
        """Take one message as text. One that cannot be read is told in the log at once, and fails the session's end.

        Args:
            line: An object of JSON.
            where: Where it was read, for the error.
        """
        try:
            self.handle_message(json.loads(line))
        except (ValueError, RecursionError) as error:
            self._unreadable(line, where, f"it is no JSON ({error})")
        except DagsterPipesExecutionError as error:
            self._unreadable(line, where, str(error))

    def flush(self) -> None:
        """Write what was logged so far: the process may be silent for long from here on."""
        run = self._context._scope.run
        if run is not None:
            run.recorder.flush()

    def report_pipes_framework_exception(self, origin: str, exc_info: ExcInfo) -> None:
        """Tell in the log that reading went wrong.

        Args:
            origin: What went wrong: the name of a reader, say.
            exc_info: What ``sys.exc_info()`` gave.
        """
        told = "".join(traceback.format_exception(*exc_info)) if exc_info[0] is not None else ""
        self._context.log.error(f"[pipes] An error occurred in {origin}.\n{told}".rstrip())

    def on_launched(self, launched_payload: PipesLaunchedData) -> None:
        """Hear what was told of the process after it was started, and pass it on to the reader."""
        self._context.log.info(f"[pipes] The process was started: {dict(launched_payload)!r}")
        self._reader.on_launched(launched_payload)

    def tell_what_is_missing(self, injector_text: str) -> None:
        """Warn of a process that was not heard, or not to its end."""
        if self._opened == 0:
            self._context.log.warning(
                "[pipes] The process never opened the pipe, so nothing is known but how it ended. A Python script does"
                " so with open_dagster_pipes() of the package dagster-pipes; what it printed is in the step's output.\n"
                f"{injector_text}\n{type(self._reader).__name__}: {self._reader.no_messages_debug_text()}"
            )
        elif not self.received_closed_message:
            which = "The process" if self._expected == 1 else f"{self._expected - self._closed} of the processes"
            self._context.log.warning(
                f"[pipes] {which} did not close the pipe, so the last messages may be missing. `with"
                " open_dagster_pipes() as pipes:` closes it by itself; PipesContext.close() does so by hand."
            )

    def tell_unrecorded(self) -> None:
        """Keep in the log what was reported by a process that then failed: nothing of it becomes an event."""
        for result in self._results:
            facts = {name: one.value for name, one in (result.metadata or {}).items()}
            key = "" if result.asset_key is None else result.asset_key.to_user_string()
            what = f"{key} was written"
            if isinstance(result, AssetCheckResult):
                what = f"the check {result.check_name!r} of {key} {'passed' if result.passed else 'did not pass'}"
            self._context.log.warning(f"[pipes] Before it failed, the process had reported that {what}: {facts!r}")

    def _unreadable(self, line: str, where: str, why: str) -> None:
        shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]}… ({len(line)} characters)"
        fault = f"{where}: {why.rstrip('.')}: {shown!r}"
        with self._lock:
            self.faults.append(fault)
        self._context.log.error(f"[pipes] A message of the process cannot be read. {fault}")

    def _on_opened(self, params: Mapping[str, Any]) -> None:
        self._opened += 1
        self._context.log.info("[pipes] The process has opened the pipe.")
        self._opened_by(params)

    def _opened_by(self, params: Mapping[str, Any]) -> None:
        self._reader.on_opened(params)

    def _on_log(self, params: Mapping[str, Any]) -> None:
        message, name = str(params.get("message", "")), str(params.get("level", "INFO"))
        levels = logging.getLevelNamesMapping()
        level = levels.get(name.upper())
        if level is None:
            # What was said matters more than how loudly.
            self._context.log.info(f"{message} (its level, {name!r}, is none of {', '.join(levels)})")
        else:
            self._context.log.log(level, message)

    def _on_external_stream(self, params: Mapping[str, Any]) -> None:
        stream = sys.stderr if params.get("stream") == "stderr" else sys.stdout
        stream.write(str(params.get("text", "")))
        stream.flush()

    def _on_closed(self, params: Mapping[str, Any]) -> None:
        self._closed += 1
        raised = params.get("exception")
        if raised:
            self.exception = _headline(raised)
            self._context.log.error(f"[pipes] The process closed the pipe with an error.\n{_as_traceback(raised)}")


def _read(message: PipesMessage) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(message, Mapping):
        raise DagsterPipesExecutionError(f"A message is an object of JSON, not {message!r}.")
    version = message.get(VERSION_FIELD)
    if not isinstance(version, str) or version.partition(".")[0] != PROTOCOL_VERSION.partition(".")[0]:
        raise DagsterPipesExecutionError(
            f"A message says by {VERSION_FIELD!r} what version of the protocol it follows; this one says {version!r},"
            f" and {PROTOCOL_VERSION!r} is understood."
        )
    method, params = message.get("method"), message.get("params")
    if not isinstance(method, str):
        raise DagsterPipesExecutionError(f"A message has a 'method', and this one has {method!r}.")
    if params is None:
        params = {}
    if not isinstance(params, Mapping):
        raise DagsterPipesExecutionError(f"The 'params' of a message are an object of JSON, not {params!r}.")
    return method, params


def _headline(raised: Any) -> str:
    if not isinstance(raised, Mapping):
        return str(raised)
    message = str(raised.get("message") or "").strip()
    name = str(raised.get("name") or "")
    return message if not name or message.startswith(name) else f"{name}: {message}"


def _as_traceback(raised: Any) -> str:
    """Write an exception as the process told it the way Python does: causes first."""
    if not isinstance(raised, Mapping):
        return str(raised)
    parts = []
    cause, around = raised.get("cause"), raised.get("context")
    if cause:
        parts.append(f"{_as_traceback(cause)}\n\nThe above was the direct cause of this:\n")
    elif around:
        parts.append(f"{_as_traceback(around)}\n\nDuring its handling this occurred:\n")
    stack = raised.get("stack")
    if isinstance(stack, (list, tuple)):
        parts.append("".join(str(line) for line in stack).rstrip("\n"))
    parts.append(_headline(raised))
    return "\n".join(part for part in parts if part)
