"""Keys of assets and checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Union

import msgspec

from earmark.values.errors import DagsterInvalidDefinitionError, DagsterInvariantViolationError


class Segments(tuple[str, ...]):
    """The segments of a key: a tuple that also equals, and joins with, a list of the same strings.

    The public API promises a list here; a key that can be hashed needs a tuple.
    """

    __slots__ = ()
    __hash__ = tuple.__hash__

    def __eq__(self, other: object) -> bool:
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __add__(self, other: Any) -> Any:
        return [*self, *other] if isinstance(other, list) else tuple.__add__(self, other)

    def __radd__(self, other: list[str]) -> list[str]:
        return [*other, *self]


# gc=False here and on specs: they are trees without circles and come by the ten thousand, so the garbage collector
# need not walk them.
class AssetKey(msgspec.Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """The name of an asset: one or more segments, written ``daily/report``.

    Args:
        path: A string (one segment, whatever it holds) or a sequence of strings (one segment each).

    Raises:
        DagsterInvariantViolationError: A segment is empty or not a string.

    Example:
        >>> AssetKey(["daily", "report"]).to_user_string()
        'daily/report'
    """

    path: tuple[str, ...]

    def __post_init__(self) -> None:
        given: Any = self.path
        path = Segments((given,)) if isinstance(given, str) else _segments(given)
        if not path:
            raise _no_key(given)
        for part in path:
            if not isinstance(part, str) or not part:
                raise _no_key(given)
        msgspec.structs.force_setattr(self, "path", path)

    @property
    def parts(self) -> Sequence[str]:
        """The segments of the key, outermost first."""
        return self.path

    def to_user_string(self) -> str:
        """Return the key as people write it, segments joined by slashes."""
        return "/".join(self.path)

    def to_python_identifier(self, suffix: str | None = None) -> str:
        """Return the key as a Python identifier, segments joined by two underscores."""
        name = "__".join(self.path).replace("-", "_").replace(".", "_")
        return f"{name}__{suffix}" if suffix else name

    def has_prefix(self, prefix: Sequence[str]) -> bool:
        """Say whether the key begins with the segments of ``prefix``."""
        return self.path[: len(prefix)] == tuple(prefix)

    def with_prefix(self, prefix: CoercibleToAssetKeyPrefix) -> AssetKey:
        """Return the key with ``prefix`` (a segment or several) before it."""
        head = (prefix,) if isinstance(prefix, str) else tuple(prefix)
        return AssetKey(head + self.path)

    @staticmethod
    def from_user_string(text: str) -> AssetKey:
        """Read a key from the form that :meth:`to_user_string` writes."""
        return AssetKey(tuple(text.split("/")))

    @staticmethod
    def from_coercible(arg: CoercibleToAssetKey) -> AssetKey:
        """Return ``arg`` as a key: a key, a string (one segment), or a sequence of segments.

        Raises:
            DagsterInvalidDefinitionError: ``arg`` is none of these.
        """
        if isinstance(arg, AssetKey):
            return arg
        if isinstance(arg, str):
            return AssetKey((arg,))
        if isinstance(arg, Iterable):
            return AssetKey(tuple(arg))
        raise DagsterInvalidDefinitionError(
            f"An asset key is an AssetKey, a string or a list of strings, not {arg!r} ({type(arg).__name__}).",
            value=arg,
        )

    def __str__(self) -> str:
        return f"AssetKey({list(self.path)!r})"

    def __repr__(self) -> str:
        return str(self)


def _segments(given: Any) -> Segments:
    if isinstance(given, Segments):
        return given
    if isinstance(given, Iterable):
        return Segments(given)
    raise _no_key(given)


def _no_key(given: Any) -> DagsterInvariantViolationError:
    return DagsterInvariantViolationError(
        f"An asset key is made of one or more non-empty strings, not {given!r}.", path=given
    )


CoercibleToAssetKey = Union[AssetKey, str, Sequence[str]]
CoercibleToAssetKeyPrefix = Union[str, Sequence[str]]


class AssetCheckKey(msgspec.Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """The name of a check: the asset it looks at, and its name among that asset's checks.

    Example:
        >>> key = AssetCheckKey(AssetKey(["shop", "orders"]), "has_rows")
        >>> key.to_user_string()
        'shop/orders:has_rows'
        >>> AssetCheckKey.from_user_string("shop/orders:has_rows") == key
        True
    """

    asset_key: AssetKey
    name: str

    def to_user_string(self) -> str:
        """Return the key as people write it, ``asset/key:check``."""
        return f"{self.asset_key.to_user_string()}:{self.name}"

    @staticmethod
    def from_user_string(text: str) -> AssetCheckKey:
        """Read a key from the form that :meth:`to_user_string` writes."""
        asset, _, name = text.rpartition(":")
        return AssetCheckKey(AssetKey.from_user_string(asset), name)

    def with_asset_key_prefix(self, prefix: CoercibleToAssetKeyPrefix) -> AssetCheckKey:
        """Return the same check on the asset with ``prefix`` before its key."""
        return AssetCheckKey(self.asset_key.with_prefix(prefix), self.name)


class AssetJobKey(msgspec.Struct, frozen=True, order=True, cache_hash=True, gc=False):
    """The name of a job, where a job stands beside assets and checks: automation conditions are asked of all three.

    Example:
        >>> key = AssetJobKey("nightly")
        >>> key.to_user_string(), AssetJobKey.from_user_string("nightly") == key
        ('nightly', True)
    """

    job_name: str

    def to_user_string(self) -> str:
        """Return the name of the job."""
        return self.job_name

    @staticmethod
    def from_user_string(user_string: str) -> AssetJobKey:
        """Read a key from the form that :meth:`to_user_string` writes."""
        return AssetJobKey(user_string)


AssetOrCheckKey = Union[AssetKey, AssetCheckKey]
"""The key of an asset or of a check."""
