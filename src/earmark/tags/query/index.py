"""An inverted index in memory: who has which tag, which value, which amount."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Generic, TypeVar

from earmark.tags.query.evaluate import EPOCH, Facts, Leaf, Thing, accepts, accepts_key
from earmark.tags.query.fields import ORDERED_TYPES, FieldTable, FieldType, table_of
from earmark.tags.query.suggest import Vocabulary
from earmark.tags.query.times import Interval, interval_of
from earmark.tags.query.tree import Absent, Comparison, Exact, Key, Term, Text, Word
from earmark.tags.query.words import search_matcher
from earmark.tags.tag import is_hidden, is_system
from earmark.values.clock import Micros

T = TypeVar("T")
_Postings = dict[str, set[T]]


class InvertedIndex(Generic[T]):
    """Things by the values they have; answers the terms of a query with sets.

    The cost of a term is that of the distinct values it looks at, not of the things.

    Args:
        fields: The kind of thing, or its table of fields.

    Example:
        >>> from earmark.tags.query import parse
        >>> from earmark.tags.query.evaluate import evaluate_set
        >>> index = InvertedIndex("asset")
        >>> index.add("orders", tags={"tier": "gold"}, values={"group": ["core"]})
        >>> index.add("clicks", tags={"tier": "bronze"}, values={"group": ["raw"]})
        >>> evaluate_set(parse("tag:tier -group:raw"), index)
        {'orders'}
    """

    def __init__(self, fields: FieldTable | str) -> None:
        self.fields = table_of(fields)
        self._all: set[T] = set()
        self._tags: dict[str, _Postings[T]] = {}
        self._values: dict[str, _Postings[T]] = {}
        self._amounts: dict[str, list[tuple[float, T]]] = {}
        self._columns: dict[str, tuple[list[float], list[T]]] = {}

    def add(
        self,
        thing: T,
        tags: Mapping[str, str] | None = None,
        values: Mapping[str, Iterable[str]] | None = None,
        amounts: Mapping[str, float] | None = None,
    ) -> None:
        """Add a thing by its identity: hashable, and added once.

        Args:
            thing: What the answers are made of.
            tags: Its tags; kinds are read from them.
            values: The values of its fields of text and words, by field.
            amounts: Its numbers, and its times and durations in microseconds, by field.
        """
        self._all.add(thing)
        for key, value in (tags or {}).items():
            self._tags.setdefault(key, {}).setdefault(value, set()).add(thing)
        for field, some in (values or {}).items():
            postings = self._values.setdefault(field, {})
            for value in some:
                postings.setdefault(value, set()).add(thing)
        if tags and "kind" in self.fields.fields and not (values and "kind" in values):
            for kind in Facts(tags).values_of("kind"):
                self._values.setdefault("kind", {}).setdefault(kind, set()).add(thing)
        for field, amount in (amounts or {}).items():
            self._amounts.setdefault(field, []).append((amount, thing))
            self._columns.pop(field, None)

    def add_thing(self, thing: T, facts: Thing) -> None:
        """Add a thing that can say its own values."""
        amounts: dict[str, float] = {}
        values: dict[str, Collection[str]] = {}
        for name, field in self.fields.fields.items():
            if field.type in ORDERED_TYPES:
                amount = facts.amount_of(name)
                if amount is not None:
                    amounts[name] = amount
            elif field.type in (FieldType.TEXT, FieldType.WORDS):
                values[name] = facts.values_of(name)
        self.add(thing, facts.tags_of(), values, amounts)

    def all(self) -> AbstractSet[T]:
        """Return every thing."""
        return self._all

    def match(self, leaf: Leaf, now: Micros = EPOCH) -> AbstractSet[T]:
        """Return the things that a term, a key or a search matches."""
        match leaf:
            case Key(names):
                return self._of_values(self._values.get(self.fields.names, {}), names)
            case Text(words):
                return self._of_search(words)
            case Term(comparison=Comparison.NE):
                return self._all - self.match(Term(leaf.field, leaf.values, key=leaf.key), now)
            case Term(key=None):
                type_ = self.fields.fields[leaf.field].type
                if type_ in ORDERED_TYPES:
                    return self._of_amounts(leaf, type_, now)
                return self._of_values(self._values.get(leaf.field, {}), leaf.values)
            case Term(key=key, values=values):
                assert key is not None, "the case above took the terms without a key"
                return self._of_tags(key, values)

    def vocabulary(self) -> Vocabulary:
        """Return the words in use, with how many things use each: what completion and suggestions know."""
        return Vocabulary(
            values={field: {value: len(ids) for value, ids in found.items()} for field, found in self._values.items()},
            tags={
                key: {value: len(ids) for value, ids in found.items()}
                for key, found in self._tags.items()
                if not is_hidden(key)
            },
        )

    def _of_tags(self, key: Word, values: tuple[Word, ...]) -> AbstractSet[T]:
        match key:
            case Absent():
                own = (found for name, found in self._tags.items() if not is_system(name))
                return self._all - _union(ids for found in own for ids in found.values())
            case Exact(text):
                chosen = [self._tags[text]] if text in self._tags else []
            case _:
                means = accepts_key(key)
                chosen = [found for name, found in self._tags.items() if means(name)]
        if not values:
            return _union(ids for found in chosen for ids in found.values())
        parts = [self._fitting(found, values) for found in chosen]
        if any(isinstance(value, Absent) for value in values):
            parts.append(self._all - _union(ids for found in chosen for ids in found.values()))
        return parts[0] if len(parts) == 1 else _union(parts)

    def _of_values(self, postings: _Postings[T], words: tuple[Word, ...]) -> AbstractSet[T]:
        found = self._fitting(postings, words)
        if any(isinstance(word, Absent) for word in words):
            return found | (self._all - _union(postings.values()))
        return found

    def _fitting(self, postings: _Postings[T], words: tuple[Word, ...]) -> AbstractSet[T]:
        if all(isinstance(word, Exact) for word in words):
            sets = [postings[word.text] for word in words if isinstance(word, Exact) and word.text in postings]
        else:
            fits = accepts(words)
            sets = [ids for value, ids in postings.items() if fits(value)]
        return sets[0] if len(sets) == 1 else _union(sets)

    def _of_amounts(self, term: Term, type_: FieldType, now: Micros) -> AbstractSet[T]:
        amounts, things = self._column(term.field)
        found: set[T] = set()
        for word in term.values:
            if isinstance(word, Exact):
                interval = interval_of(type_, term.comparison, word.text, now)
                found.update(things[_first(amounts, interval) : _after(amounts, interval)])
            else:
                found |= self._all.difference(things)
        return found

    def _column(self, field: str) -> tuple[list[float], list[T]]:
        column = self._columns.get(field)
        if column is None:
            pairs = sorted(self._amounts.get(field, ()), key=lambda pair: pair[0])
            column = ([amount for amount, _ in pairs], [thing for _, thing in pairs])
            self._columns[field] = column
        return column

    def _of_search(self, words: tuple[Word, ...]) -> AbstractSet[T]:
        matchers = [search_matcher(word) for word in words]
        found: set[T] = set()
        for field in self.fields.searched:
            for value, ids in self._values.get(field, {}).items():
                if any(occurs(value) for occurs in matchers):
                    found |= ids
        for key, postings in self._tags.items():
            if is_hidden(key):
                continue
            for value, ids in postings.items():
                if any(occurs(f"{key}={value}") for occurs in matchers):
                    found |= ids
        return found


def _union(sets: Iterable[AbstractSet[T]]) -> set[T]:
    found: set[T] = set()
    return found.union(*sets)


def _first(amounts: list[float], interval: Interval) -> int:
    if interval.low is None:
        return 0
    return bisect_left(amounts, interval.low) if interval.low_closed else bisect_right(amounts, interval.low)


def _after(amounts: list[float], interval: Interval) -> int:
    if interval.high is None:
        return len(amounts)
    return bisect_right(amounts, interval.high) if interval.high_closed else bisect_left(amounts, interval.high)
