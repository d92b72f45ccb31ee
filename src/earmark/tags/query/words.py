r"""Words as they are written: quotes, escapes and globs.

Quoted or not, ``*`` stands for any text, ``\*`` for a star, ``\\`` for a backslash and ``\"`` for a quote.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from earmark.tags.query.tree import Absent, Exact, Glob, Word

_ESCAPED = frozenset('\\*"')
# Sets of characters, not patterns: most that load this write no query, and compiling patterns would be half its cost.
_DIGITS = frozenset("0123456789")
_BARE = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-./")
_PLAIN = _BARE | {":", "@"}
_PLAIN_GLOB = _PLAIN | {"*"}
_OPERATORS = frozenset({"and", "or", "not"})


def read_word(written: str) -> Word:
    """Return the word that a piece of a query stands for, quoted or not."""
    if written.casefold() == "<null>":
        return Absent()
    quoted = len(written) > 1 and written[0] == '"'
    return word_of(written[1:-1] if quoted else written)


def word_of(body: str) -> Word:
    r"""Return the word that a text with escapes stands for.

    Example:
        >>> word_of("raw_*"), word_of(r"raw_\*")
        (Glob(pattern='raw_*'), Exact(text='raw_*'))
    """
    if "*" not in body and "\\" not in body:
        return Exact(body)
    literal: list[str] = []
    pattern: list[str] = []
    starred = False
    at = 0
    while at < len(body):
        character = body[at]
        if character == "*":
            starred = True
            pattern.append("*")
            at += 1
            continue
        if character == "\\" and at + 1 < len(body) and body[at + 1] in _ESCAPED:
            at += 1
            character = body[at]
        literal.append(character)
        pattern.append(escaped(character))
        at += 1
    return Glob("".join(pattern)) if starred else Exact("".join(literal))


def escaped(text: str) -> str:
    """Return a text as a glob that matches it and nothing else."""
    return text.replace("\\", "\\\\").replace("*", "\\*")


def write_word(word: Word) -> str:
    """Return a word as it is written after a colon or an equals sign."""
    match word:
        case Absent():
            return "<null>"
        case Exact(text):
            return text if text and _PLAIN.issuperset(text) else _quoted(escaped(text))
        case Glob(pattern):
            return pattern if pattern and _PLAIN_GLOB.issuperset(pattern) else _quoted(pattern)


def write_bare(word: Word) -> str:
    """Return a word as it is written where a term begins."""
    match word:
        case Exact(text) if _is_bare(text) and text.casefold() not in _OPERATORS:
            return text
        case Exact(text):
            return _quoted(escaped(text))
        case Glob(pattern):
            return _quoted(pattern)
        case Absent():
            raise ValueError("<null> cannot stand as a bare word.")


def _is_bare(text: str) -> bool:
    return bool(text) and text[0] != "-" and _BARE.issuperset(text) and not _DIGITS.issuperset(text)


def _quoted(body: str) -> str:
    return '"' + body.replace('"', '\\"') + '"'


@lru_cache(maxsize=256)
def glob_matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that says whether a text as a whole fits a pattern."""
    pieces = _pieces(pattern)
    if len(pieces) == 2 and not pieces[1]:
        prefix = pieces[0]
        return lambda text: text.startswith(prefix)
    if len(pieces) == 2 and not pieces[0]:
        suffix = pieces[1]
        return lambda text: text.endswith(suffix)
    return lambda text: _fits(pieces, text)


def literal_prefix(pattern: str) -> str:
    """Return what every text that fits a pattern begins with."""
    return _pieces(pattern)[0]


def is_prefix(pattern: str) -> bool:
    """Say whether a pattern asks for its prefix and nothing else."""
    return _pieces(pattern)[1:] == ("",)


@lru_cache(maxsize=256)
def search_matcher(word: Word) -> Callable[[str], bool]:
    """Return a function that says whether a word occurs in a text, whatever the case."""
    match word:
        case Exact(text):
            wanted = text.casefold()
            return lambda text: wanted in text.casefold()
        case Glob(pattern):
            pieces = ("", *(piece.casefold() for piece in _pieces(pattern)), "")
            return lambda text: _fits(pieces, text.casefold())
        case Absent():
            return lambda text: False


def _pieces(pattern: str) -> tuple[str, ...]:
    """Return the literal texts between the stars of a pattern."""
    pieces: list[str] = []
    current: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            pieces.append("".join(current))
            current = []
        elif character == "\\" and at + 1 < len(pattern):
            at += 1
            current.append(pattern[at])
        else:
            current.append(character)
        at += 1
    pieces.append("".join(current))
    return tuple(pieces)


def _fits(pieces: tuple[str, ...], text: str) -> bool:
    """Match greedily from the left, which no pattern can make slow (a regular expression with many stars can be)."""
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at = len(first)
    stop = len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, stop)
        if found < 0:
            return False
        at = found + len(piece)
    return True
