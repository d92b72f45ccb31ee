"""Exceptions that a run recorded, as a person reads them: their own lines of code, and what was raised there."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

from earmark.events.kinds import ErrorInfo

_WRAPPERS = ("DagsterExecutionStepExecutionError", "DagsterUserCodeExecutionError", "DagsterResourceFunctionError")
"""Errors of ours that only say that user code raised; what it raised is their cause."""

_FILE = re.compile(r'\s*File "([^"]+)"')
_OWN = str(Path(__file__).resolve().parents[1])
_LIBRARIES = (sysconfig.get_path("stdlib"), "<frozen ")


def error_text(error: ErrorInfo, *, whole: bool = False) -> str:
    """Return an error with the lines of the user's own code that led to it, then what caused it, and so on.

    Args:
        error: What was recorded.
        whole: Whether the frames of libraries are shown as well; our own never are, if there are others.
    """
    parts = []
    current: ErrorInfo | None = _unwrapped(error)
    while current is not None:
        frames = [frame for frame in current.stack if _is_shown(frame, whole)]
        parts.append("".join(frames) + _last_line(current))
        current = current.cause
    return "\ncaused by\n".join(parts)


def first_cause(error: ErrorInfo) -> str:
    """Return in one line what the user's code raised."""
    return _last_line(_unwrapped(error)).partition("\n")[0]


def _unwrapped(error: ErrorInfo) -> ErrorInfo:
    while error.class_name in _WRAPPERS and error.cause is not None:
        error = error.cause
    return error


def _last_line(error: ErrorInfo) -> str:
    return f"{error.class_name}: {error.message}" if error.message else error.class_name


def _is_shown(frame: str, whole: bool) -> bool:
    match = _FILE.match(frame)
    if match is None:
        return True
    file = match.group(1)
    if file.startswith(_OWN):
        return False
    return whole or not (file.startswith(_LIBRARIES) or "site-packages" in file or "dist-packages" in file)
