"""What may stand at the cursor of a query that is being typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from earmark.tags.query.fields import ASSETS, Field, FieldTable, FieldType, table_of
from earmark.tags.query.lexer import FUNCTIONS, Kind, Lexer, Token
from earmark.tags.query.parse import Bare
from earmark.tags.query.suggest import Vocabulary
from earmark.tags.query.tree import Exact
from earmark.tags.query.words import read_word, write_bare, write_word
from earmark.tags.tag import is_hidden, is_system

_WORDS = frozenset({Kind.BARE, Kind.NAME, Kind.VALUE})
_WORD_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./@*")
_TIMES = (">-1h", ">-24h", ">-7d", ">-30d")
_DURATIONS = (">1m", ">10m", ">1h", ">24h")


class Suggestion(msgspec.Struct, frozen=True):
    """Something that may stand at the cursor.

    Args:
        text: What to put in place of the characters from ``start`` to ``end``.
        start: Where the word at the cursor begins, as an offset in the query.
        end: Where it ends.
        kind: ``field``, ``key`` (of a tag), ``value``, ``tag`` (a whole tag), ``name``, ``function`` or ``operator``.
        count: How many things have it; ``None`` where nothing is counted.
        meaning: A phrase for people; may be empty.
    """

    text: str
    start: int
    end: int
    kind: str
    count: int | None = None
    meaning: str = ""


class _Offer(msgspec.Struct, frozen=True):
    """A suggestion before its place is known. ``match`` is what the typed word is held against."""

    text: str
    match: str
    kind: str
    count: int | None = None
    meaning: str = ""
    group: int = 0


def complete(
    text: str,
    cursor: int,
    vocabulary: Vocabulary,
    fields: FieldTable | str = ASSETS,
    *,
    bare: Bare = "text",
    limit: int = 20,
) -> tuple[Suggestion, ...]:
    """Return what may stand at the cursor, the likeliest first.

    Args:
        text: The query as far as it is typed.
        cursor: The offset of the cursor.
        vocabulary: The words in use.
        fields: The kind of thing, or its table of fields.
        bare: What a bare word means there; in a selection, names of things are offered as bare words.
        limit: The most suggestions.

    Example:
        >>> known = Vocabulary(tags={"domain": {"marketing": 12, "sales": 3}})
        >>> [found.text for found in complete("mark", 4, known)]
        ['tag:domain=marketing']
        >>> [found.text for found in complete("tag:domain=", 11, known)]
        ['marketing', 'sales', '<null>']
    """
    table = table_of(fields)
    cursor = max(0, min(cursor, len(text)))
    before, typed, start = _at_cursor(text[:cursor], table)
    if before is None:
        return ()
    end = _word_end(text, cursor)
    offers = _offers(before, typed, vocabulary, table, bare)
    ranked = sorted(
        (offer for offer in offers if typed.casefold() in offer.match.casefold()), key=lambda offer: _rank(offer, typed)
    )
    return tuple(Suggestion(offer.text, start, end, offer.kind, offer.count, offer.meaning) for offer in ranked[:limit])


def _at_cursor(head: str, table: FieldTable) -> tuple[Sequence[Token] | None, str, int]:
    """Return the tokens before the word at the cursor, what is typed of that word, and where it begins."""
    lexer = Lexer(head, table)
    tokens, trouble = lexer.run()
    if trouble is not None:
        rest = head[lexer.at :]
        if not rest.startswith('"'):
            return None, "", 0
        return tokens, rest[1:], lexer.at
    if not tokens or tokens[-1].end < len(head):
        return tokens, "", len(head)
    last = tokens[-1]
    if last.kind in (Kind.AND, Kind.OR, Kind.NOT):
        return tokens[:-1], last.text, last.start
    if last.kind not in _WORDS:
        return (None if last.kind in (Kind.RPAR, Kind.DOWN, Kind.ALL) else tokens), "", len(head)
    word = read_word(last.text)
    return tokens[:-1], word.text if isinstance(word, Exact) else last.text, last.start


def _word_end(text: str, cursor: int) -> int:
    end = cursor
    while end < len(text) and text[end] in _WORD_CHARACTERS:
        end += 1
    return end


def _rank(offer: _Offer, typed: str) -> tuple[object, ...]:
    begins = offer.match.casefold().startswith(typed.casefold())
    return (offer.group, not begins, -(offer.count or 0), offer.match)


def _offers(
    before: Sequence[Token], typed: str, vocabulary: Vocabulary, table: FieldTable, bare: Bare
) -> Iterable[_Offer]:
    opener = _opener(before)
    match opener.kind if opener else None:
        case Kind.TAG:
            return [*_keys(vocabulary), *_tags_of_key(typed, vocabulary)]
        case Kind.RELATION:
            name = before[before.index(opener) - 1] if opener else None
            word = read_word(name.text) if name else None
            values = vocabulary.tags.get(word.text, {}) if isinstance(word, Exact) else {}
            return _values(values)
        case Kind.FIELD:
            assert opener is not None, "the kind came from it"
            field = table.fields[opener.text[:-1].casefold()]
            return _field_values(field, vocabulary, compared=before[-1].kind is Kind.COMPARISON)
        case _:
            return _term_offers(before, typed, vocabulary, table, bare)


def _opener(before: Sequence[Token]) -> Token | None:
    """Return the token that says what the word at the cursor is: past a comma, the one before its first word."""
    at = len(before) - 1
    while at >= 0 and before[at].kind in (Kind.COMMA, Kind.COMPARISON):
        at -= 2 if before[at].kind is Kind.COMMA else 1
    opener = before[at] if at >= 0 else None
    return opener if opener is not None and opener.kind in (Kind.TAG, Kind.RELATION, Kind.FIELD) else None


def _keys(vocabulary: Vocabulary) -> list[_Offer]:
    offers = [
        _Offer(write_word(Exact(key)), key, "key", sum(values.values()), group=1 if is_system(key) else 0)
        for key, values in vocabulary.tags.items()
        if not is_hidden(key)
    ]
    return [*offers, _Offer("<null>", "<null>", "key", meaning="no tags at all", group=2)]


def _tags_of_key(typed: str, vocabulary: Vocabulary) -> list[_Offer]:
    """Once a key is typed in full, its values follow."""
    return [
        _Offer(f"{write_word(Exact(typed))}={_written(value)}", f"{typed}={value}", "tag", count)
        for value, count in vocabulary.tags.get(typed, {}).items()
    ]


def _values(values: Mapping[str, int]) -> list[_Offer]:
    offers = [_Offer(_written(value), value, "value", count) for value, count in values.items()]
    return [*offers, _Offer("<null>", "<null>", "value", meaning="absent", group=2)]


def _written(value: str) -> str:
    return write_word(Exact(value))


def _field_values(field: Field, vocabulary: Vocabulary, compared: bool) -> list[_Offer]:
    match field.type:
        case FieldType.WORDS:
            counts = vocabulary.values.get(field.name, {})
            return [_Offer(word, word, "value", counts.get(word)) for word in field.words]
        case FieldType.TIME | FieldType.DURATION:
            samples = _TIMES if field.type is FieldType.TIME else _DURATIONS
            shown = [sample[1:] if compared else sample for sample in samples]
            return [_Offer(sample, sample, "value", meaning=field.meaning) for sample in shown]
        case FieldType.TEXT:
            return _values(vocabulary.values.get(field.name, {}))
        case _:
            return []


def _term_offers(
    before: Sequence[Token], typed: str, vocabulary: Vocabulary, table: FieldTable, bare: Bare
) -> list[_Offer]:
    """A term may begin here. Fields come first, but what is typed is more often a value: ``marketing``."""
    offers = [
        _Offer(f"{field.name}:", f"{field.name}:", "field", meaning=field.meaning)
        for field in table.fields.values()
        if field.name.startswith(typed.casefold())
    ]
    if table.graph:
        offers += [_Offer(f"{name}(", name, "function", group=4) for name in FUNCTIONS]
    operators = ("and", "or", "not") if before and not _expects_term(before) else ("not",)
    offers += [_Offer(word, word, "operator", group=3 if typed else 5) for word in operators]
    if not typed:
        return offers
    for key, values in vocabulary.tags.items():
        if is_hidden(key):
            continue
        group = 2 if is_system(key) else 1
        name = write_word(Exact(key))
        offers.append(_Offer(f"tag:{name}", key, "tag", sum(values.values()), group=group))
        offers += [
            _Offer(f"tag:{name}={_written(value)}", value, "tag", count, group=group)
            for value, count in values.items()
            if value
        ]
    for field, values in vocabulary.values.items():
        if field == table.names and bare == "key":
            offers += [_Offer(write_bare(Exact(name)), name, "name", count, group=3) for name, count in values.items()]
        elif field in table.fields and table.fields[field].type is FieldType.TEXT:
            group = 3 if field == table.names else 1
            offers += [
                _Offer(f"{field}:{_written(value)}", value, "value", count, group=group)
                for value, count in values.items()
            ]
    return offers


def _expects_term(before: Sequence[Token]) -> bool:
    return before[-1].kind in (Kind.AND, Kind.OR, Kind.NOT, Kind.LPAR, Kind.MINUS, Kind.UP)
