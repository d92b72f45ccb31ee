"""The messages between the host and a guest, and between a guest and the workers it forks."""

from __future__ import annotations

from typing import Any, Union

import msgspec

from earmark.events.kinds import ErrorInfo
from earmark.values.errors import DagsterError

PROTOCOL_VERSION = 1
"""Grows when a message changes in a way that the other side would misread."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="say"):
    """One message."""


# From the host -------------------------------------------------------------------------------------------------


class Launch(Message, frozen=True, tag="launch"):
    """Start a worker for a run; it claims the run with the token before it touches user code.

    ``traceparent`` names the span that the run's own belongs to, where the host traces.
    """

    run_id: str
    launch_token: str
    traceparent: str = ""


class Call(Message, frozen=True, tag="call"):
    """Ask user code something, in a process forked for it; answered by :class:`Answer` with the same number.

    Args:
        number: Which question this is.
        kind: What is asked: ``evaluate_tick``, ``run_config``, ...
        payload: What the question needs.
        seconds: How long the answer may take.
    """

    number: int
    kind: str
    payload: dict[str, Any] = {}
    seconds: float = 60.0


class Stop(Message, frozen=True, tag="stop"):
    """Start nothing more; end when the last worker has."""


# From the guest ------------------------------------------------------------------------------------------------


class Ready(Message, frozen=True, tag="ready"):
    """User code is loaded.

    Args:
        protocol: The guest's protocol version.
        version: The guest's version of Earmark.
        python: The path of its Python.
        pid: Its process.
        manifest: The definitions as data, in the wire format.
        forks: Whether workers are forked from it; otherwise each starts an interpreter of its own.
        note: Why workers are not forked, if they are not.
        seconds: How long loading took.
    """

    protocol: int
    version: str
    python: str
    pid: int
    manifest: str
    forks: bool = True
    note: str = ""
    seconds: float = 0.0


class LoadFailed(Message, frozen=True, tag="load_failed"):
    """User code could not be loaded."""

    protocol: int
    version: str
    message: str
    error: ErrorInfo | None = None
    traceback: str = ""


class WorkerStarted(Message, frozen=True, tag="worker_started"):
    """The worker of a run is a process now. ``started`` is the kernel's start time of it, for telling it apart."""

    run_id: str
    pid: int
    started: int = 0


class WorkerEnded(Message, frozen=True, tag="worker_ended"):
    """The worker of a run is no more; ``status`` is its exit code, below 0 the signal that killed it."""

    run_id: str
    pid: int
    status: int


class Answer(Message, frozen=True, tag="answer"):
    """What user code answered, or why it did not."""

    number: int
    payload: dict[str, Any] = {}
    error: ErrorInfo | None = None
    timed_out: bool = False


FromHost = Union[Launch, Call, Stop]
"""All that a host says."""

FromGuest = Union[Ready, LoadFailed, WorkerStarted, WorkerEnded, Answer]
"""All that a guest says."""


class ProtocolMismatchError(DagsterError):
    """Host and guest are of versions that do not understand each other."""


def check_versions(protocol: int, version: str, python: str, host_version: str) -> None:
    """Refuse a guest that speaks another protocol.

    Raises:
        ProtocolMismatchError: It does; the error names both versions and the command that mends it.
    """
    if protocol == PROTOCOL_VERSION:
        return
    raise ProtocolMismatchError(
        f"The code location runs Earmark {version} (protocol {protocol}), the host {host_version} (protocol"
        f" {PROTOCOL_VERSION}).",
        hint=f"Install the host's version there: {python} -m pip install 'earmark=={host_version}'.",
    )
