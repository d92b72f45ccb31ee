"""What is near a word that nothing has: the "did you mean" of keys, values, groups and names."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from earmark.tags.query.fields import FieldTable, FieldType, table_of
from earmark.tags.query.tree import Exact, Key, Node, Term, Word, walk
from earmark.values.errors import meant, nearest


class Vocabulary(msgspec.Struct, frozen=True):
    """The words in use, each with how many things use it.

    Args:
        values: By field, its values.
        tags: By tag key, its values.
    """

    values: Mapping[str, Mapping[str, int]] = {}
    tags: Mapping[str, Mapping[str, int]] = {}


class Unknown(msgspec.Struct, frozen=True):
    """A word of a query that nothing has.

    Args:
        field: The field it stands in; ``tag`` for keys and values of tags.
        key: The tag's key where the word is a value.
        word: The word.
        near: The nearest words in use, the closest first.
        message: A sentence for people.
    """

    field: str
    key: str | None
    word: str
    near: tuple[str, ...]
    message: str


def unknown_words(node: Node, vocabulary: Vocabulary, fields: FieldTable | str) -> tuple[Unknown, ...]:
    """Return the words of a query that nothing has, in the order in which they stand.

    Patterns are not looked at, nor are fields that the vocabulary says nothing of.

    Example:
        >>> from earmark.tags.query import parse
        >>> words = Vocabulary(tags={"team": {"ml": 3, "core": 5}})
        >>> unknown_words(parse("tag:taem=ml"), words, "asset")[0].message
        "No asset has the tag key 'taem'. Did you mean 'team'?"
    """
    table = table_of(fields)
    found: list[Unknown] = []
    for part in walk(node):
        match part:
            case Key(names):
                found += _in_field(table, table.names, names, vocabulary)
            case Term(key=None):
                if table.fields[part.field].type is FieldType.TEXT:
                    found += _in_field(table, part.field, part.values, vocabulary)
            case Term(key=Exact(key)):
                found += _in_tags(table, key, part.values, vocabulary)
            case _:
                continue
    return tuple(found)


def _in_field(table: FieldTable, field: str, words: tuple[Word, ...], vocabulary: Vocabulary) -> list[Unknown]:
    known = vocabulary.values.get(field)
    if known is None:
        return []
    subject = f"the {field}"
    return [
        _unknown(table, field, None, word.text, known=known, subject=subject)
        for word in words
        if isinstance(word, Exact) and word.text not in known
    ]


def _in_tags(table: FieldTable, key: str, words: tuple[Word, ...], vocabulary: Vocabulary) -> list[Unknown]:
    known = vocabulary.tags.get(key)
    if known is None:
        return [_unknown(table, "tag", None, key, known=vocabulary.tags, subject="the tag key")]
    return [
        _unknown(table, "tag", key, word.text, known=known, subject=f"the tag {key} with the value")
        for word in words
        if isinstance(word, Exact) and word.text not in known
    ]


def _unknown(
    table: FieldTable, field: str, key: str | None, word: str, *, known: Collection[str], subject: str
) -> Unknown:
    near = tuple(nearest(word, known))
    return Unknown(field, key, word, near, f"No {table.thing} has {subject} {word!r}.{meant(near)}")
