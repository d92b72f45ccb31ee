"""How a query that cannot be read is shown: the text, a caret under the character, and what was expected there."""

from __future__ import annotations

from collections.abc import Iterable

from earmark.values.errors import QueryError

_CONTEXT = 60


def fault(text: str, position: int, problem: str, expected: Iterable[str] = (), hint: str | None = None) -> QueryError:
    """Return the error for a problem at one character of a query.

    Args:
        text: The whole query.
        position: The offset of the offending character; the length of the text for its end.
        problem: A sentence.
        expected: What might stand there instead, as phrases.
        hint: What to do about it, as a sentence.
    """
    phrases = tuple(expected)
    lines = [problem, *_shown(text, position)]
    if phrases:
        lines.append(f"Expected here: {', or '.join(phrases)}.")
    if hint:
        lines.append(hint)
    error = QueryError("\n".join(lines), text=text, position=position, expected=list(phrases))
    error.facts["problem"] = problem
    return error


def _shown(text: str, position: int) -> list[str]:
    first = text.rfind("\n", 0, position) + 1
    last = text.find("\n", position)
    line = text[first : len(text) if last < 0 else last].replace("\t", " ")
    column = position - first
    start = max(0, column - _CONTEXT)
    stop = column + _CONTEXT
    before = "..." if start else ""
    after = "..." if stop < len(line) else ""
    return [f"  {before}{line[start:stop]}{after}", f"  {' ' * (len(before) + column - start)}^"]
