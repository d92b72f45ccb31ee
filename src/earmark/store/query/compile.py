"""From a query to conditions that sets and rows can answer: words become numbers of labels, times become columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

from earmark.store.database import Session
from earmark.store.labels import DIGEST_MARK, LAST, MAX_SOUGHT, NUMBER_OF_LABEL, Label, LabelKind, key_of
from earmark.store.rows import STATUS_NUMBERS
from earmark.tags.query.evaluate import accepts, accepts_key, positive
from earmark.tags.query.fields import RUNS, STATUS_OF_WORD, FieldType, word_in
from earmark.tags.query.times import Interval, interval_of
from earmark.tags.query.tree import (
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
    Term,
    Text,
    Word,
)
from earmark.tags.query.words import glob_matcher, is_prefix, literal_prefix, search_matcher
from earmark.tags.tag import is_hidden, is_system
from earmark.values.clock import Micros
from earmark.values.errors import QueryError


@dataclass(frozen=True, slots=True)
class Labelled:
    """Runs with any of the labels."""

    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InState:
    """Runs in any of the states, by their numbers."""

    states: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Created:
    """Runs created between two instants, both included."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Where:
    """Runs whose row ``r`` meets an SQL condition."""

    sql: str
    parameters: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Everything:
    """All runs."""


@dataclass(frozen=True, slots=True)
class Neither:
    """Runs that do not meet a condition."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """Runs that meet all conditions; those that cost least stand first."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Runs that meet at least one condition."""

    conditions: tuple[Condition, ...]


Condition = Union[Labelled, InState, Created, Where, Everything, Neither, Every, Some]

NOTHING = Labelled(())


def reads_rows(condition: Condition) -> bool:
    """Say whether rows of runs are read to find those that meet a condition."""
    match condition:
        case Where():
            return True
        case Neither(inner):
            return reads_rows(inner)
        case Every(parts) | Some(parts):
            return any(map(reads_rows, parts))
    return False


_TAG_OF_FIELD = {
    "partition": "dagster/partition",
    "schedule": "dagster/schedule_name",
    "sensor": "dagster/sensor_name",
    "backfill": "dagster/backfill",
    "user": "user",
    "parent": "dagster/parent_run_id",
    "root": "dagster/root_run_id",
}
"""Fields of runs that are kept as tags."""

_LABEL_OF_FIELD = {
    "job": LabelKind.JOB,
    "code_location": LabelKind.LOCATION,
    "asset": LabelKind.ASSET,
    "op": LabelKind.OP,
}

_AMOUNTS = {
    "created": "r.created_at",
    "started": "r.started_at",
    "ended": "r.ended_at",
    "duration": "coalesce(r.ended_at, {now}) - r.started_at",
    "waited": "coalesce(r.starting_at, r.started_at, r.ended_at, {now}) - r.queued_at",
    "priority": "r.priority",
}
"""What ordered fields are in SQL. ``waited`` ends with the handing over to a worker."""

_COST = {Labelled: 0, Everything: 0, InState: 1, Created: 2, Neither: 3, Some: 4, Every: 4, Where: 5}
_FOREVER = 1 << 62
_BEGINS = "key = ? AND sought >= ? AND sought < ?"


def compile_query(tx: Session, node: Node, now: Micros) -> Condition:
    """Return the condition that a query over runs means at the instant ``now``.

    Raises:
        QueryError: The query asks for a field that runs do not have, or for a graph.
    """
    match node:
        case All():
            return Everything()
        case Not(operand):
            return _negated(compile_query(tx, operand, now))
        case And(operands):
            return _every(compile_query(tx, part, now) for part in operands)
        case Or(operands):
            return _some(compile_query(tx, part, now) for part in operands)
        case Key(names):
            return _ids(names)
        case Text(words):
            return _search(tx, words)
        case Term():
            return _term(tx, node, now)
        case _:
            raise QueryError("Runs form no graph: `+`, `roots()` and `sinks()` have no meaning here.")


def _negated(condition: Condition) -> Condition:
    return condition.condition if isinstance(condition, Neither) else Neither(condition)


def _every(conditions: Iterable[Condition]) -> Condition:
    parts = tuple(sorted(conditions, key=_cost))
    return NOTHING if NOTHING in parts else Every(parts)


def _cost(condition: Condition) -> tuple[int, int]:
    return _COST[type(condition)], len(condition.labels) if isinstance(condition, Labelled) else 0


def _some(conditions: Iterable[Condition]) -> Condition:
    labels: list[int] = []
    others: list[Condition] = []
    for condition in conditions:
        if isinstance(condition, Labelled):
            labels.extend(condition.labels)
        else:
            others.append(condition)
    if labels or not others:
        others.append(Labelled(tuple(dict.fromkeys(labels))))
    return others[0] if len(others) == 1 else Some(tuple(others))


def _term(tx: Session, term: Term, now: Micros) -> Condition:
    if term.comparison is Comparison.NE:
        return _negated(_term(tx, positive(term), now))
    field = RUNS.fields.get(term.field)
    if field is None:
        raise QueryError(f"A run has no field {term.field!r}.", field=term.field, expected=sorted(RUNS.fields))
    if term.key is not None:
        return _tagged(tx, term.key, term.values)
    if term.field in _TAG_OF_FIELD:
        return _tagged(tx, Exact(_TAG_OF_FIELD[term.field]), term.values)
    if term.field in _LABEL_OF_FIELD:
        return _labelled(tx, _LABEL_OF_FIELD[term.field], term.values)
    if term.field in _AMOUNTS:
        return _some(_amount(term, field.type, word, now) for word in term.values)
    if term.field == "status":
        return _in_state(term.values)
    if term.field == "reason":
        return _text_column("r.failure_reason", term.values)
    if term.field == "id":
        return _ids(term.values)
    return _search(tx, term.values)


def _tagged(tx: Session, key: Word, values: tuple[Word, ...]) -> Condition:
    if isinstance(key, Absent):
        own = [number for number, name, _ in _labels(tx, LabelKind.KEY) if not is_system(name)]
        return Neither(Labelled(tuple(own)))
    if not values:
        return _keyed(tx, key)
    found = Labelled(tuple(_tag_numbers(tx, key, [value for value in values if not isinstance(value, Absent)])))
    if any(isinstance(value, Absent) for value in values):
        return _some([found, Neither(_keyed(tx, key))])
    return found


def _keyed(tx: Session, key: Word) -> Labelled:
    if isinstance(key, Exact):
        return Labelled(_number_of(tx, (LabelKind.KEY, key.text, "")))
    means = accepts_key(key)
    return Labelled(tuple(number for number, name, _ in _labels(tx, LabelKind.KEY) if means(name)))


def _tag_numbers(tx: Session, key: Word, values: list[Word]) -> list[int]:
    if isinstance(key, Exact):
        exact = [value for value in values if isinstance(value, Exact)]
        numbers = [number for value in exact for number in _number_of(tx, (LabelKind.TAG, key.text, value.text))]
        for glob in (value for value in values if isinstance(value, Glob)):
            numbers += _values_like(tx, key.text, glob.pattern)
        return list(dict.fromkeys(numbers))
    means, fits = accepts_key(key), accepts(tuple(values))
    return [number for number, name, value in _labels(tx, LabelKind.TAG) if means(name) and fits(value)]


def _values_like(tx: Session, key: str, pattern: str) -> list[int]:
    """Return the numbers of the values of a key that fit a pattern."""
    prefix = literal_prefix(pattern)
    if is_prefix(pattern) and len(prefix) <= MAX_SOUGHT and DIGEST_MARK not in prefix:
        return tx.numbers("id", f"FROM label WHERE kind = ? AND {_BEGINS}", (int(LabelKind.TAG), key, *_range(prefix)))
    fits = glob_matcher(pattern)
    return [number for number, _, value in _labels(tx, LabelKind.TAG, key, prefix) if fits(value)]


def _range(prefix: str) -> tuple[str, str]:
    return prefix[:MAX_SOUGHT], prefix[:MAX_SOUGHT] + LAST


def _labelled(tx: Session, kind: LabelKind, words: tuple[Word, ...]) -> Condition:
    numbers = [number for word in words if isinstance(word, Exact) for number in _number_of(tx, (kind, "", word.text))]
    null = any(isinstance(word, Absent) for word in words)
    globs = tuple(word for word in words if isinstance(word, Glob))
    if not globs and not null:
        return Labelled(tuple(numbers))
    known = _labels(tx, kind)
    if globs:
        fits = accepts(globs)
        numbers += [number for number, _, value in known if fits(value)]
    found = Labelled(tuple(dict.fromkeys(numbers)))
    if null:
        return _some([found, Neither(Labelled(tuple(number for number, _, _ in known)))])
    return found


def _number_of(tx: Session, label: Label) -> tuple[int, ...]:
    number = tx.value(NUMBER_OF_LABEL, key_of(label))
    return () if number is None else (number,)


def _labels(tx: Session, kind: LabelKind, key: str | None = None, prefix: str = "") -> list[tuple[int, str, str]]:
    sql = "SELECT id, key, coalesce(value, sought) FROM label WHERE kind = ?"
    if key is None:
        return tx.all(sql, (int(kind),))
    return tx.all(f"{sql} AND {_BEGINS}", (int(kind), key, *_range(prefix)))


def _in_state(words: tuple[Word, ...]) -> Condition:
    numbers: set[int] = set()
    for word in words:
        if isinstance(word, Exact):
            known = word_in(RUNS.fields["status"], word.text)
            if known is not None:
                numbers.add(STATUS_NUMBERS[STATUS_OF_WORD[known]])
        elif isinstance(word, Glob):
            fits = glob_matcher(word.pattern)
            numbers.update(STATUS_NUMBERS[state] for known, state in STATUS_OF_WORD.items() if fits(known))
    return InState(tuple(sorted(numbers)))


def _amount(term: Term, type_: FieldType, word: Word, now: Micros) -> Condition:
    column = _AMOUNTS[term.field].format(now=int(now))
    if isinstance(word, Absent):
        return Where(f"({column}) IS NULL")
    if not isinstance(word, Exact):
        raise QueryError(f"{term.field}: takes no pattern.", field=term.field)
    try:
        interval = interval_of(type_, term.comparison, word.text, now)
    except ValueError as error:
        raise QueryError(f"{term.field}: {error}", field=term.field) from error
    if term.field == "created":
        return Created(*_whole_bounds(interval))
    tests, parameters = [f"({column}) IS NOT NULL"], []
    for bound, closed, sign in ((interval.low, interval.low_closed, ">"), (interval.high, interval.high_closed, "<")):
        if bound is not None:
            tests.append(f"({column}) {sign}{'=' if closed else ''} ?")
            parameters.append(bound)
    return Where(" AND ".join(tests), tuple(parameters))


def _whole_bounds(interval: Interval) -> tuple[int, int]:
    low = -_FOREVER if interval.low is None else int(interval.low) + (not interval.low_closed)
    high = _FOREVER if interval.high is None else int(interval.high) - (not interval.high_closed)
    return low, high


def _text_column(column: str, words: tuple[Word, ...]) -> Condition:
    return _some(Where(*_text_test(column, word)) for word in words)


def _text_test(column: str, word: Word) -> tuple[str, tuple[object, ...]]:
    match word:
        case Exact(text):
            return f"{column} = ?", (text,)
        case Absent():
            return f"{column} IS NULL", ()
        case Glob(pattern):
            prefix = literal_prefix(pattern)
            like = "".join(_like_of(part) for part in re.findall(r"\\.|.", pattern, re.DOTALL))
            # The range lets an index find the prefix; LIKE alone ignores case on SQLite, so the range is also exact.
            return f"{column} >= ? AND {column} < ? AND {column} LIKE ? ESCAPE '\\'", (
                prefix,
                prefix + LAST,
                like,
            )


def _like_of(part: str) -> str:
    if part == "*":
        return "%"
    character = part[-1]
    return "\\" + character if character in "%_\\" else character


def _ids(words: tuple[Word, ...]) -> Condition:
    return _text_column("r.id", words)


_PART_OF_ID = re.compile(r"[0-9a-fA-F-]+\Z")


def _search(tx: Session, words: tuple[Word, ...]) -> Condition:
    """Runs in whose id, job or tags one of the words occurs, whatever the case."""
    matchers = [search_matcher(word) for word in words]

    def found(text: str) -> bool:
        return any(matcher(text) for matcher in matchers)

    numbers = [number for number, _, value in _labels(tx, LabelKind.JOB) if found(value)]
    numbers += [
        number for number, key, value in _labels(tx, LabelKind.TAG) if not is_hidden(key) and found(f"{key}={value}")
    ]
    ids = [_id_contains(tx, word) for word in words]
    return _some([Labelled(tuple(numbers)), *(condition for condition in ids if condition is not None)])


def _id_contains(tx: Session, word: Word) -> Condition | None:
    if isinstance(word, Glob):
        return Where(*_text_test("r.id", word))
    if not isinstance(word, Exact) or not _PART_OF_ID.match(word.text):
        return None
    function = "instr" if tx.dialect == "sqlite" else "strpos"
    return Where(f"{function}(r.id, ?) > 0", (word.text.lower(),))
