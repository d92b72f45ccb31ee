"""Sets that do not change, of which definitions hold thousands, nearly all of them empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")

EMPTY: frozenset[Any] = frozenset()


def frozen(items: Iterable[T]) -> frozenset[T]:
    """Return a frozen set; every empty one is the same, where Python would make one of 216 bytes each.

    Example:
        >>> frozen("aab") == {"a", "b"}, frozen([]) is frozen(()), frozenset() is frozenset()
        (True, True, False)
    """
    return frozenset(items) or EMPTY
