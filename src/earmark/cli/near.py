"""What to say where nothing matches a query: which of its words nothing has, and what is near to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from earmark.tags.query.suggest import Vocabulary

_WORDS_TOLD = 3


def nothing_matches(thing: str, query: str, vocabulary: Callable[[], Vocabulary], *, bare: str = "key") -> str:
    """Return that nothing matches a query, with the words of it that nothing has; arguments as below."""
    return " ".join([f"No {thing} matches.", *words_of_none(thing, query, vocabulary, bare=bare)])


def words_of_none(thing: str, query: str, vocabulary: Callable[[], Vocabulary], *, bare: str = "key") -> list[str]:
    """Return a sentence for each word of a query that nothing has, with what is near to it.

    Args:
        thing: The kind of thing.
        query: The query.
        vocabulary: Returns the words in use.
        bare: What a bare word means: ``key`` or ``text``.
    """
    from earmark.tags.query import parse
    from earmark.tags.query.suggest import unknown_words

    node = parse(query, thing, bare="text" if bare == "text" else "key")
    return [one.message for one in unknown_words(node, vocabulary(), thing)[:_WORDS_TOLD]]
