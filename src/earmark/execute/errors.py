"""Exceptions as data, with the stack trimmed to the user's own code."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType

from earmark.events.kinds import ErrorInfo

_OWN = str(Path(__file__).resolve().parents[1])
_MAX_MESSAGE = 64 * 1024


def error_info(error: BaseException) -> ErrorInfo:
    """Return an exception as data.

    Frames of Earmark itself are left out as long as a frame of the user remains, so that the first line a person reads
    is a line they wrote. A cause, or the exception that was being handled, is kept likewise.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    message = _message(error)
    return ErrorInfo(
        class_name=type(error).__name__,
        message=message if len(message) <= _MAX_MESSAGE else message[:_MAX_MESSAGE] + " [cut]",
        stack=tuple(_stack(error.__traceback__)),
        cause=None if cause is None else error_info(cause),
    )


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a user's __str__ may raise; the report of the failure must not fail itself
        return f"<{type(error).__name__} whose text cannot be made>"


def _stack(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if not frame.filename.startswith(_OWN)]
    return traceback.format_list(own or frames)
