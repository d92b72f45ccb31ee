"""Messages as bytes: four bytes of length (big-endian), then the message in the wire format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from earmark.values.errors import DagsterError

T = TypeVar("T")

MAX_MESSAGE = 512 * 1024 * 1024
"""No message is longer, so a stream that is none is noticed at once."""

_ENCODER = msgspec.json.Encoder()


class FramingError(DagsterError):
    """The bytes are no messages."""


def frame(message: msgspec.Struct) -> bytes:
    """Return a message as bytes.

    Example:
        >>> from earmark.protocol.messages import Stop
        >>> frame(Stop())
        b'\\x00\\x00\\x00\\x0e{"say":"stop"}'
    """
    data = _ENCODER.encode(message)
    return len(data).to_bytes(4, "big") + data


class Frames(Generic[T]):
    """Takes bytes as they come and gives whole messages.

    Args:
        kind: The union of messages that may come.
    """

    def __init__(self, kind: Any) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[T]:
        """Take bytes and give the messages that they complete.

        Raises:
            FramingError: A message is longer than any can be, or is not one of the union.
        """
        self._pending += data
        while len(self._pending) >= 4:
            length = int.from_bytes(self._pending[:4], "big")
            if length > MAX_MESSAGE:
                raise FramingError(f"A message of {length} bytes was announced; the other side speaks something else.")
            if len(self._pending) < 4 + length:
                return
            body = bytes(self._pending[4 : 4 + length])
            del self._pending[: 4 + length]
            try:
                yield self._decoder.decode(body)
            except msgspec.ValidationError as error:
                raise FramingError(f"A message cannot be read: {error}.") from error
