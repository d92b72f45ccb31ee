"""The wire format: JSON by msgspec, one shape for store, protocol and API."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def _plain(value: Any) -> Any:
    """Return a key that is a kind of string (``MultiPartitionKey``) as the string that it is."""
    if isinstance(value, str):
        return str.__str__(value)
    raise NotImplementedError(f"Objects of type {type(value).__name__} have no place in JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_CANONICAL = msgspec.json.Encoder(enc_hook=_plain, order="deterministic")


def encode(value: Any) -> bytes:
    """Return ``value`` (structs, containers, scalars) as JSON."""
    return _ENCODER.encode(value)


def encode_canonical(value: Any) -> bytes:
    """Return ``value`` as JSON whose bytes depend on its content alone, whatever order its dicts were filled in."""
    return _CANONICAL.encode(value)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def decode(data: bytes | str, kind: type[T]) -> T:
    """Read JSON as ``kind``.

    Raises:
        msgspec.ValidationError: The data is JSON of another shape; the message holds the path.
    """
    hashable: Any = kind  # to mypy a type variable is none
    decoded: T = _decoder(hashable).decode(data)
    return decoded


def content_hash(value: Any) -> str:
    """Return 32 hexadecimal digits that depend on the content of ``value`` alone."""
    import hashlib  # brings OpenSSL, which defining an asset has no use for

    return hashlib.blake2b(encode_canonical(value), digest_size=16).hexdigest()
