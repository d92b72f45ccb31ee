"""What steps print: read from a pipe and kept in files of the home, up to a limit."""

from __future__ import annotations

import os
import selectors
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from earmark.system.logs import log_path

__all__ = ["LIMIT", "KeptStream", "captured", "log_path"]

LIMIT = 16 * 1024 * 1024
"""How many bytes of each stream of a step are kept."""

_CUT = b"\n[cut here: the limit for the output of one step is reached]\n"
_STREAMS = (("out", 1), ("err", 2))


class KeptStream:
    """A file that takes up to a limit of what is written to it; it is made with the first byte.

    A file that cannot be written (the disk is full, say) takes nothing more, and :meth:`close` says so: whoever prints
    is neither held up nor ended by that.

    Args:
        path: The file; an attempt after the first goes on at its end.
        limit: How many bytes it takes.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self._path = path
        self._file: FileIO | None = None
        self._left = limit
        self._fault: OSError | None = None

    def write(self, data: bytes) -> None:
        """Keep the data, or the part of it that fits."""
        if self._fault is not None:
            return
        try:
            self._keep(data)
        except OSError as error:
            self._fault = error

    def _keep(self, data: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("ab", buffering=0)
            self._left -= self._file.tell()
        if self._left <= 0:
            return
        _write_all(self._file, data[: self._left])
        self._left -= len(data)
        if self._left <= 0:
            _write_all(self._file, _CUT)

    def close(self) -> None:
        """Close the file; what could not be kept is told on stderr."""
        if self._file is not None:
            self._file.close()
        if self._fault is not None:
            told = f"output was not kept in {self._path}: {self._fault.strerror or self._fault}\n"
            self._fault = None
            os.write(2, told.encode())


def _write_all(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


@contextmanager
def captured(home: Path, run_id: str, step_key: str) -> Iterator[None]:
    """Keep all that this process (and its children) writes to stdout and stderr meanwhile, instead of showing it."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = {fd: os.dup(fd) for _, fd in _STREAMS}
    selector = selectors.DefaultSelector()
    for stream, fd in _STREAMS:
        reading, writing = os.pipe()
        os.dup2(writing, fd)
        os.close(writing)
        selector.register(reading, selectors.EVENT_READ, KeptStream(log_path(home, run_id, step_key, stream)))
    done_reading, done_writing = os.pipe()
    selector.register(done_reading, selectors.EVENT_READ, None)
    reader = threading.Thread(target=_copy, args=(selector,), daemon=True, name="capture")
    reader.start()
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for _, fd in _STREAMS:
            os.dup2(saved[fd], fd)
            os.close(saved[fd])
        os.close(done_writing)
        reader.join()
        os.close(done_reading)


def _copy(selector: selectors.BaseSelector) -> None:
    """Copy until told to end; a child that keeps the pipe open must not keep the step open."""
    ending = False
    while True:
        events = selector.select(0 if ending else None)
        kept = [key for key, _ in events if key.data is not None]
        if not kept and ending:
            break
        for key in kept:
            data = os.read(key.fd, 65536)
            if data:
                key.data.write(data)
            else:
                selector.unregister(key.fileobj)
                key.data.close()
                os.close(key.fd)
        ending = ending or any(key.data is None for key, _ in events)
    for key in list(selector.get_map().values()):
        if key.data is not None:
            key.data.close()
            os.close(key.fd)
    selector.close()
