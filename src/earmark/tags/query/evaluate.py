"""What a query matches: of single things by a predicate, of many by sets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeVar, Union

import msgspec

from earmark.tags.query.fields import ORDERED_TYPES, FieldTable, FieldType, table_of
from earmark.tags.query.times import interval_of
from earmark.tags.query.tree import (
    ALL_STEPS,
    Absent,
    All,
    And,
    Comparison,
    Exact,
    Glob,
    Key,
    Node,
    Not,
    Or,
    Roots,
    Sinks,
    Term,
    Text,
    Traversal,
    Word,
)
from earmark.tags.query.words import glob_matcher, search_matcher
from earmark.tags.tag import is_hidden, is_system, kinds_of
from earmark.values.clock import Micros
from earmark.values.errors import QueryError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Leaf = Union[Term, Key, Text]
"""The nodes that say something of a thing by itself."""

EPOCH = Micros(0)


class Thing(Protocol):
    """What a predicate asks of a thing."""

    def tags_of(self) -> Mapping[str, str]:
        """Return the thing's tags."""

    def values_of(self, field: str) -> Collection[str]:
        """Return the values of a field of text or words; none where it has none."""

    def amount_of(self, field: str) -> float | None:
        """Return a number, or a time or a duration in microseconds; ``None`` where there is none."""


class Facts(msgspec.Struct, frozen=True):
    """A thing as plain data.

    Args:
        tags: Its tags.
        values: The values of its fields of text and words, by field.
        amounts: Its numbers, and its times and durations in microseconds, by field.
    """

    tags: Mapping[str, str] = {}
    values: Mapping[str, Collection[str]] = {}
    amounts: Mapping[str, float] = {}

    def tags_of(self) -> Mapping[str, str]:
        """Return the tags."""
        return self.tags

    def values_of(self, field: str) -> Collection[str]:
        """Return the values of a field; kinds are read from the tags unless they are given."""
        found = self.values.get(field)
        if found is None:
            return kinds_of(self.tags) if field == "kind" else ()
        return found

    def amount_of(self, field: str) -> float | None:
        """Return the amount of a field."""
        return self.amounts.get(field)


Predicate = Callable[[Thing], bool]


def predicate(node: Node, fields: FieldTable | str, now: Micros = EPOCH) -> Predicate:
    """Return a function that says whether a thing matches a query.

    Args:
        node: The query, without traversals.
        fields: The kind of thing, or its table of fields.
        now: The present, for times such as ``-24h``.

    Raises:
        QueryError: The query asks for a graph (``+``, ``roots()``, ``sinks()``).

    Example:
        >>> from earmark.tags.query import parse
        >>> gold = predicate(parse("tag:tier=gold,silver -tag:pii"), "asset")
        >>> gold(Facts(tags={"tier": "gold"})), gold(Facts(tags={"tier": "gold", "pii": ""}))
        (True, False)
    """
    table = table_of(fields)
    match node:
        case All():
            return lambda thing: True
        case Not(operand):
            inner = predicate(operand, table, now)
            return lambda thing: not inner(thing)
        case And(operands):
            every = [predicate(part, table, now) for part in operands]
            return lambda thing: all(part(thing) for part in every)
        case Or(operands):
            some = [predicate(part, table, now) for part in operands]
            return lambda thing: any(part(thing) for part in some)
        case Key(names):
            return _text_predicate(table.names, names)
        case Text(words):
            return _search_predicate(table, words)
        case Term():
            return _term_predicate(node, table, now)
        case Traversal() | Roots() | Sinks():
            raise _no_graph()


def matches(node: Node, thing: Thing, fields: FieldTable | str, now: Micros = EPOCH) -> bool:
    """Say whether one thing matches a query; for many, keep the :func:`predicate`."""
    return predicate(node, fields, now)(thing)


def accepts(words: tuple[Word, ...]) -> Callable[[str], bool]:
    """Return a function that says whether a value is one of the words; ``<null>`` accepts none."""
    exact = frozenset(word.text for word in words if isinstance(word, Exact))
    globs = [glob_matcher(word.pattern) for word in words if isinstance(word, Glob)]
    if not globs:
        return exact.__contains__
    return lambda value: value in exact or any(fits(value) for fits in globs)


def accepts_key(word: Word) -> Callable[[str], bool]:
    """Return a function that says whether a tag's key is meant.

    A pattern means keys of people's own: system tags only if it begins with ``dagster/``, hidden ones only if
    it begins with ``.dagster/``. As in a shell, where ``*`` leaves out the names with a dot in front.
    """
    match word:
        case Exact(text):
            return lambda key: key == text
        case Glob(pattern):
            fits = glob_matcher(pattern)
            if is_hidden(pattern):
                return fits
            if is_system(pattern):
                return lambda key: not is_hidden(key) and fits(key)
            return lambda key: not is_system(key) and fits(key)
        case Absent():
            return lambda key: False


def _term_predicate(term: Term, table: FieldTable, now: Micros) -> Predicate:
    if term.comparison is Comparison.NE:
        equal = _term_predicate(positive(term), table, now)
        return lambda thing: not equal(thing)
    if term.key is not None:
        return _tag_predicate(term.key, term.values)
    type_ = table.fields[term.field].type
    if type_ in ORDERED_TYPES:
        return _amount_predicate(term, type_, now)
    return _text_predicate(term.field, term.values)


def _tag_predicate(key: Word, values: tuple[Word, ...]) -> Predicate:
    if isinstance(key, Absent):
        return lambda thing: all(is_system(own) for own in thing.tags_of())
    null = any(isinstance(value, Absent) for value in values)
    fits = accepts(values) if values else (lambda value: True)
    if isinstance(key, Exact):
        name = key.text

        def of_one_key(thing: Thing) -> bool:
            value = thing.tags_of().get(name)
            return null if value is None else fits(value)

        return of_one_key
    means = accepts_key(key)

    def of_some_key(thing: Thing) -> bool:
        found = [value for own, value in thing.tags_of().items() if means(own)]
        return any(fits(value) for value in found) if found else null

    return of_some_key


def _text_predicate(field: str, words: tuple[Word, ...]) -> Predicate:
    null = any(isinstance(word, Absent) for word in words)
    fits = accepts(words)

    def holds(thing: Thing) -> bool:
        values = thing.values_of(field)
        return any(fits(value) for value in values) if values else null

    return holds


def _amount_predicate(term: Term, type_: FieldType, now: Micros) -> Predicate:
    null = any(isinstance(word, Absent) for word in term.values)
    intervals = [interval_of(type_, term.comparison, word.text, now) for word in term.values if isinstance(word, Exact)]

    def holds(thing: Thing) -> bool:
        amount = thing.amount_of(term.field)
        return null if amount is None else any(interval.holds(amount) for interval in intervals)

    return holds


def _search_predicate(table: FieldTable, words: tuple[Word, ...]) -> Predicate:
    matchers = [search_matcher(word) for word in words]

    def holds(thing: Thing) -> bool:
        texts = [value for field in table.searched for value in thing.values_of(field)]
        texts += [f"{key}={value}" for key, value in thing.tags_of().items() if not is_hidden(key)]
        return any(found(text) for text in texts for found in matchers)

    return holds


def positive(term: Term) -> Term:
    """Return a term with ``!=`` turned into ``=``."""
    return Term(term.field, term.values, Comparison.EQ, term.key)


class Index(Protocol[T_co]):
    """Things by what they have. The sets it returns are not changed by the caller."""

    def all(self) -> AbstractSet[T_co]:
        """Return every thing."""

    def match(self, leaf: Leaf, now: Micros) -> AbstractSet[T_co]:
        """Return the things that a term, a key or a search matches."""


class Graph(Protocol[T]):
    """How things depend on each other."""

    def upstream(self, start: AbstractSet[T], depth: int | None) -> AbstractSet[T]:
        """Return what lies up to ``depth`` steps upstream (``None``: any number), with or without the start."""

    def downstream(self, start: AbstractSet[T], depth: int | None) -> AbstractSet[T]:
        """Return what lies up to ``depth`` steps downstream (``None``: any number), with or without the start."""

    def roots(self, among: AbstractSet[T]) -> AbstractSet[T]:
        """Return those that depend on no other of them."""

    def sinks(self, among: AbstractSet[T]) -> AbstractSet[T]:
        """Return those on which no other of them depends."""


def evaluate_set(node: Node, index: Index[T], graph: Graph[T] | None = None, now: Micros = EPOCH) -> AbstractSet[T]:
    """Return the things that a query matches.

    Args:
        node: The query.
        index: The things.
        graph: How they depend on each other; needed for ``+``, ``roots()`` and ``sinks()``.
        now: The present, for times such as ``-24h``.

    Returns:
        A set that must not be changed: it may be one of the index's own.

    Raises:
        QueryError: The query asks for a graph and there is none.
    """
    match node:
        case All():
            return index.all()
        case Not(operand):
            return index.all() - evaluate_set(operand, index, graph, now)
        case Or(operands):
            found: set[T] = set()
            return found.union(*(evaluate_set(part, index, graph, now) for part in operands))
        case And(operands):
            return _intersection(operands, index, graph, now)
        case Term(comparison=Comparison.NE):
            return index.all() - index.match(positive(node), now)
        case Term() | Key() | Text():
            return index.match(node, now)
        case _:
            if graph is None:
                raise _no_graph()
            return _over_graph(node, index, graph, now)


def _intersection(operands: tuple[Node, ...], index: Index[T], graph: Graph[T] | None, now: Micros) -> AbstractSet[T]:
    """Intersect from the rarest operand up, and take away the negated ones at the end."""
    wanted: list[Node] = []
    unwanted: list[Node] = []
    for part in operands:
        match part:
            case Not(operand):
                unwanted.append(operand)
            case Term(comparison=Comparison.NE):
                unwanted.append(positive(part))
            case _:
                wanted.append(part)
    sets = sorted((evaluate_set(part, index, graph, now) for part in wanted), key=len)
    found = sets[0] if sets else index.all()
    for other in sets[1:]:
        found = found & other
    if sets and unwanted:
        found = found & index.all()  # a thing found by its key may lie outside of what a negation ranges over
    for part in unwanted:
        if not found:
            break
        found = found - evaluate_set(part, index, graph, now)
    return found


def _over_graph(node: Node, index: Index[T], graph: Graph[T], now: Micros) -> AbstractSet[T]:
    match node:
        case Traversal(child, up, down):
            start = evaluate_set(child, index, graph, now)
            found = start
            if up:
                found = found | graph.upstream(start, None if up == ALL_STEPS else up)
            if down:
                found = found | graph.downstream(start, None if down == ALL_STEPS else down)
            return found
        case Roots(child):
            return graph.roots(evaluate_set(child, index, graph, now))
        case Sinks(child):
            return graph.sinks(evaluate_set(child, index, graph, now))
        case _:
            raise AssertionError(f"{node!r} needs no graph.")


def _no_graph() -> QueryError:
    return QueryError("This query follows a graph with +, roots() or sinks(), and there is none here.", expected=[])
