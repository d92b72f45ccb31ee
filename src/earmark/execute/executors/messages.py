"""What the processes of one run say to each other: orders to fork, events on their way, how steps ended."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from earmark.events.envelope import Event
from earmark.events.kinds import ErrorInfo
from earmark.plan.step import Step

_FRAME = struct.Struct("!cI")
_FORKED = struct.Struct("!cII")


class Order(msgspec.Struct, frozen=True):
    """One attempt at one step, with what the board of the run knows that the step may ask for.

    Args:
        step: The step, expanded if it was a placeholder.
        attempt: Counts from 1.
        mapping_keys: The mapping keys of dynamic outputs upstream, by step and output.
        gave: Which outputs upstream came, by step and output.
        data_versions: Data versions of assets upstream that this run wrote, by their segments joined by NUL.
    """

    step: Step
    attempt: int
    mapping_keys: dict[str, tuple[str, ...]] = {}
    gave: dict[str, bool] = {}
    data_versions: dict[str, str] = {}


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an attempt ended: ``success``, ``retry`` after ``delay`` seconds, ``failure``; or ``crash``, outside it."""

    how: str
    outputs: tuple[str, ...] = ()
    mapping_keys: dict[str, tuple[str, ...]] = {}
    delay: float = 0.0
    error: ErrorInfo | None = None
    data_versions: dict[str, str] = {}


def _plain(value: Any) -> Any:
    if isinstance(value, str):  # a kind of string is the string that it is
        return str.__str__(value)
    raise NotImplementedError(f"Objects of type {type(value).__name__} cannot be sent")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_plain)
_EVENTS = msgspec.msgpack.Decoder(list[Event])
_REPORT = msgspec.msgpack.Decoder(Report)
_ORDER = msgspec.msgpack.Decoder(Order)


def write_order(order: Order) -> int:
    """Return a file in memory that holds an order; of any size, and the same for each process that it is passed to."""
    file = os.memfd_create("order", os.MFD_CLOEXEC)
    write_all(file, _ENCODER.encode(order))
    os.lseek(file, 0, os.SEEK_SET)
    return file


def read_order(file: int) -> Order:
    """Read an order and close its file."""
    with open(file, "rb") as reading:
        return _ORDER.decode(reading.read())


def events_frame(events: Sequence[Event]) -> bytes:
    """Return events as a frame."""
    return _framed(b"E", _ENCODER.encode(list(events)))


def report_frame(report: Report) -> bytes:
    """Return a report as a frame."""
    return _framed(b"R", _ENCODER.encode(report))


def _framed(kind: bytes, payload: bytes) -> bytes:
    return _FRAME.pack(kind, len(payload)) + payload


class FrameReader:
    """Puts frames together again from the pieces in which a pipe gives them."""

    def __init__(self) -> None:
        self._held = bytearray()

    def take(self, data: bytes) -> Iterator[list[Event] | Report]:
        """Take a piece; give each list of events and each report that is whole now."""
        self._held += data
        while len(self._held) >= _FRAME.size:
            kind, size = _FRAME.unpack_from(self._held)
            end = _FRAME.size + size
            if len(self._held) < end:
                return
            payload = bytes(self._held[_FRAME.size : end])
            del self._held[:end]
            if kind == b"E":
                yield _EVENTS.decode(payload)
            else:
                yield _REPORT.decode(payload)


def started_message(pid: int) -> bytes:
    """Return the word that a process was forked."""
    return _FORKED.pack(b"S", pid, 0)


def ended_message(pid: int, status: int) -> bytes:
    """Return the word that a process ended, with its wait status."""
    return _FORKED.pack(b"E", pid, status)


def read_message(data: bytes) -> tuple[bool, int, int]:
    """Return whether a process started (else it ended), its id and its wait status."""
    kind, pid, status = _FORKED.unpack(data)
    return kind == b"S", pid, status


def write_all(fd: int, data: bytes) -> None:
    """Write all of it, however small the pieces."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
