"""From text to tree: the one way in which a query is read, wherever it was typed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from earmark.tags.query.fields import ASSETS, FieldTable, table_of
from earmark.tags.query.tree import All, Exact, Key, Node, Text, any_of

Bare = Literal["key", "text"]
"""What a bare word is: ``key`` in selections (exact), ``text`` in filter bars (a search)."""

_LONGEST_KEPT = 1_000
"""Texts longer than this are read anew each time, so that what strangers send cannot fill the memory."""

_OPERATORS = frozenset({"and", "or", "not"})


def parse(text: str | Sequence[str], fields: FieldTable | str = ASSETS, bare: Bare = "key") -> Node:
    """Read a query.

    Args:
        text: The query. Of several, what at least one matches. An empty text is everything in a filter bar,
            and an error in a selection.
        fields: The kind of thing that is looked for, or its table of fields.
        bare: What a bare word means.

    Returns:
        The tree.

    Raises:
        QueryError: The text is no query. The message shows the character and says what was expected there.

    Example:
        >>> from earmark.tags.query import unparse
        >>> unparse(parse("tag:domain=marketing -tag:pii", "asset"))
        'tag:domain=marketing and not tag:pii'
    """
    table = table_of(fields)
    if isinstance(text, str):
        return _parse_one(text, table, bare)
    return any_of(_parse_one(part, table, bare) for part in text)


def _parse_one(text: str, table: FieldTable, bare: Bare) -> Node:
    return _parse_cached(text, table, bare) if len(text) <= _LONGEST_KEPT else _parse(text, table, bare)


@lru_cache(maxsize=4096)
def _parse_cached(text: str, table: FieldTable, bare: Bare) -> Node:
    return _parse(text, table, bare)


def _parse(text: str, table: FieldTable, bare: Bare) -> Node:
    if text == "*":
        return All()
    if _is_plain_word(text):
        return Key((Exact(text),)) if bare == "key" else Text((Exact(text),))
    # Most definitions select by "*" or by names, and should not pay for loading what reads the rest.
    from earmark.tags.query.build import build

    return build(text, table, bare == "key")


def _is_plain_word(text: str) -> bool:
    """Say whether a text is one bare word beyond doubt."""
    letters = text.replace("_", "").replace("/", "")
    return len(text) <= _LONGEST_KEPT and letters.isascii() and letters.isalnum() and text.casefold() not in _OPERATORS
