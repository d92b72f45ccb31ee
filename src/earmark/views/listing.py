"""What all lists share: pages, order, facets, the cost of terms."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

import msgspec

from earmark.tags.query import All, And, Node, Not, Or, Term, all_of, parse, unparse
from earmark.tags.query.evaluate import Facts
from earmark.tags.query.tree import Exact, Traversal
from earmark.tags.tag import is_hidden, is_system
from earmark.values.errors import did_you_mean
from earmark.views.faults import BadRequestError
from earmark.views.shapes.common import Page
from earmark.views.shapes.queries import Facet, FacetValue

T = TypeVar("T")
R = TypeVar("R")

THINGS: Mapping[str, str] = {
    "assets": "asset",
    "jobs": "job",
    "ops": "op",
    "runs": "run",
    "automation": "automation",
    "ticks": "tick",
    "backfills": "backfill",
}
"""Scopes of the API, and the kind of thing that the query language knows each by."""

LARGEST_PAGE = 60_000
"""So many bytes a page of a list takes at most, before it is compressed; more only if its one row is larger."""

_FRAME = 200
"""Bytes of a page beside its rows, at most."""


def read_query(scope: str, q: str | None) -> Node:
    """Return the query of a filter bar as a tree; an empty one is everything.

    Raises:
        QueryError: It cannot be read.
        BadRequestError: There is no such scope.
    """
    if scope not in THINGS:
        raise BadRequestError(f"There is no scope {scope!r}.{did_you_mean(scope, THINGS)}", scopes=list(THINGS))
    if not q or not q.strip():
        return All()
    return parse(q, THINGS[scope], bare="text")


def read_sort(sort: str | None, fields: Sequence[str], usual: str) -> tuple[str, bool]:
    """Return the field of an order and whether it is the highest first.

    Raises:
        BadRequestError: There is no order by that field; the error lists those there are.
    """
    chosen = sort or usual
    field = chosen.removeprefix("-")
    if field in fields:
        return field, chosen.startswith("-")
    raise BadRequestError(
        f"There is no order by {field!r}.{did_you_mean(field, fields)}",
        hint=f"Order by one of: {', '.join(fields)}; with - in front for the highest first.",
        fields=list(fields),
    )


def read_cursor(cursor: str | None) -> int:
    """Return how many things come before the page that a cursor begins.

    Raises:
        BadRequestError: It is no cursor of this list.
    """
    if not cursor:
        return 0
    try:
        offset = int(base64.urlsafe_b64decode(cursor.encode()).decode().removeprefix("at:"))
    except (ValueError, binascii.Error, UnicodeError):
        offset = -1
    if 0 <= offset < 1 << 40:
        return offset
    raise BadRequestError("This is no cursor of this list.", hint="Begin again without a cursor.", cursor=cursor)


def write_cursor(offset: int) -> str:
    """Return the cursor of the page that begins after so many things."""
    return base64.urlsafe_b64encode(f"at:{offset}".encode()).decode()


def cut(things: Sequence[T], cursor: str | None, limit: int, rows: Callable[[Sequence[T]], Sequence[R]]) -> Page[R]:
    """Return one page: the things from the cursor on, as rows, as many as fit into a page.

    Args:
        things: All of them, in order.
        cursor: Where the page begins.
        limit: How many rows at most.
        rows: Makes rows of things.
    """
    start = read_cursor(cursor)
    made = fitting(rows(things[start : start + limit]))
    end = start + len(made)
    return Page(items=made, next_cursor=write_cursor(end) if end < len(things) else None, total=len(things))


def fitting(rows: Sequence[R]) -> list[R]:
    """Return the first of the rows, as many as a page takes; at least one."""
    size = _FRAME
    for count, row in enumerate(rows):
        size += len(msgspec.json.encode(row)) + 1
        if size > LARGEST_PAGE and count:
            return list(rows[:count])
    return list(rows)


def whole(rows: Sequence[R]) -> Page[R]:
    """Return a list that is short by nature as its only page."""
    return Page(items=list(rows), next_cursor=None, total=len(rows))


def ordered(things: Iterable[T], value: Callable[[T], Any], descending: bool) -> list[T]:
    """Return things by a value, those without one last, whatever the direction."""
    known: list[T] = []
    unknown: list[T] = []
    for thing in things:
        (unknown if value(thing) is None else known).append(thing)
    return [*sorted(known, key=value, reverse=descending), *unknown]


# Facets -----------------------------------------------------------------------------------------------------------


def is_about(term: Term, field: str) -> bool:
    """Say whether a term narrows a facet's field, such as ``group`` or ``tag:team``."""
    if field.startswith("tag:"):
        return term.key == Exact(field[4:])
    return term.key is None and term.field == field


def without(node: Node, dropped: Callable[[Term], bool]) -> Node:
    """Return a query without the terms that a function picks; what they stood alone in goes with them."""
    match node:
        case Term():
            return All() if dropped(node) else node
        case And(operands):
            kept = [one for one in (without(part, dropped) for part in operands) if one != All()]
            return all_of(kept)
        case Or(operands):
            parts = [without(part, dropped) for part in operands]
            return All() if All() in parts else Or(tuple(parts))
        case Not(operand) | Traversal(operand):
            return All() if without(operand, dropped) != operand else node
        case _:
            return node


def top_terms(node: Node) -> list[Node]:
    """Return the terms that a query joins by *and*."""
    if isinstance(node, All):
        return []
    return list(node.operands) if isinstance(node, And) else [node]


def but(node: Node, position: int) -> Node:
    """Return a query without the term at a position of :func:`top_terms`."""
    return all_of([term for at, term in enumerate(top_terms(node)) if at != position])


def text_of(node: Node) -> str:
    """Return a query as people write it; everything is the empty text."""
    return "" if isinstance(node, All) else unparse(node)


def count_facet(field: str, things: Iterable[Facts], limit: int) -> Facet:
    """Return how many things have each value of a field."""
    if field.startswith("tag:"):
        own = Counter([facts.tags.get(field[4:]) for facts in things])
        missing = own.pop(None, 0)
        return made_facet(field, {value: count for value, count in own.items() if value is not None}, missing, limit)
    found = [facts.values_of(field) for facts in things]
    return made_facet(field, Counter(chain.from_iterable(found)), sum(not one for one in found), limit)


def made_facet(field: str, counts: Mapping[str, int], missing: int, limit: int, more: int = 0) -> Facet:
    """Return a facet from its counts, the most frequent values first."""
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    name = field.removeprefix("tag:") if field.startswith("tag:") else _LABELS.get(field, field.capitalize())
    return Facet(
        field=field,
        label=name,
        values=[FacetValue(value=value, count=count) for value, count in ranked[:limit]],
        more=max(0, len(ranked) - limit) + more,
        missing=missing,
    )


_LABELS = {"code_location": "Location", "type": "Kind", "tick": "Last tick"}


def worthy_tags(tags: Iterable[Mapping[str, str]], most: int = 6) -> list[str]:
    """Return the tag keys that are worth a facet of some things; see :func:`worthy_counts`."""
    values: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for (key, _), count in Counter(chain.from_iterable(one.items() for one in tags)).items():
        if not is_system(key) and not is_hidden(key):
            counts[key] += count
            values[key] += 1
    return worthy_counts({key: (counts[key], values[key]) for key in counts}, most)


def worthy_counts(keys: Mapping[str, tuple[int, int]], most: int = 6) -> list[str]:
    """Return the tag keys that are worth a facet: those that many things carry with few values, the commonest first.

    Args:
        keys: By key, how many things carry it, and with how many values.
        most: How many keys at most.
    """
    ranked = sorted(keys, key=lambda key: (-keys[key][0], key))
    return [key for key in ranked if keys[key][1] <= max(20, keys[key][0] // 3)][:most]
