"""What a query means, as data: frozen structs that cross the wire, compare equal and print as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Union

import msgspec

ALL_STEPS = -1
"""As a depth of a traversal: as far as the graph goes."""


class Exact(msgspec.Struct, frozen=True, tag="exact", cache_hash=True):
    """A word that matches itself."""

    text: str


class Glob(msgspec.Struct, frozen=True, tag="glob", cache_hash=True):
    r"""A pattern in which ``*`` stands for any text; ``\*`` is a star and ``\\`` a backslash."""

    pattern: str


class Absent(msgspec.Struct, frozen=True, tag="absent", cache_hash=True):
    """``<null>``: there is no value."""


Word = Union[Exact, Glob, Absent]


class Comparison(StrEnum):
    """How a term holds a field against its values. ``NE`` is the contrary of ``EQ``, absence included."""

    EQ = "="
    NE = "!="
    GT = ">"
    LT = "<"
    GE = ">="
    LE = "<="


ORDERINGS = frozenset({Comparison.GT, Comparison.LT, Comparison.GE, Comparison.LE})
"""The comparisons that need a time, a duration or a number."""


class Term(msgspec.Struct, frozen=True, tag="term", cache_hash=True):
    """``field:value``: the field has one of the values.

    Args:
        field: The name of a field.
        values: The alternatives. Empty only for ``tag:key``: the key is there, whatever its value.
        comparison: How the field's value is held against them; an ordering has one value.
        key: Of the field ``tag``: which keys. :class:`Absent` means that there is no tag at all.
    """

    field: str
    values: tuple[Word, ...] = ()
    comparison: Comparison = Comparison.EQ
    key: Word | None = None


class Key(msgspec.Struct, frozen=True, tag="key", cache_hash=True):
    """A bare word in a selection: the thing with this very key or name, or one of several."""

    names: tuple[Word, ...]


class Text(msgspec.Struct, frozen=True, tag="text", cache_hash=True):
    """A bare word in a filter bar: things in whose key, tags, group, owners or id one of the words occurs."""

    words: tuple[Word, ...]


class All(msgspec.Struct, frozen=True, tag="all", cache_hash=True):
    """``*``: everything."""


class Not(msgspec.Struct, frozen=True, tag="not", cache_hash=True):
    """Everything but what ``operand`` matches."""

    operand: Node


class And(msgspec.Struct, frozen=True, tag="and", cache_hash=True):
    """What all of two or more operands match."""

    operands: tuple[Node, ...]

    def __post_init__(self) -> None:
        _require_two(self.operands)


class Or(msgspec.Struct, frozen=True, tag="or", cache_hash=True):
    """What at least one of two or more operands matches."""

    operands: tuple[Node, ...]

    def __post_init__(self) -> None:
        _require_two(self.operands)


class Traversal(msgspec.Struct, frozen=True, tag="traversal", cache_hash=True):
    """What ``child`` matches, with its surroundings in the graph.

    Args:
        child: Where to start; it is part of the result.
        up: How many steps upstream to take along, :data:`ALL_STEPS` for all.
        down: How many steps downstream to take along.
    """

    child: Node
    up: int = 0
    down: int = 0

    def __post_init__(self) -> None:
        if min(self.up, self.down) < ALL_STEPS or (self.up == 0 and self.down == 0):
            raise ValueError("A traversal takes 1 or more steps in at least one direction.")


class Roots(msgspec.Struct, frozen=True, tag="roots", cache_hash=True):
    """Of what ``child`` matches: the things that depend on no other of them."""

    child: Node


class Sinks(msgspec.Struct, frozen=True, tag="sinks", cache_hash=True):
    """Of what ``child`` matches: the things on which no other of them depends."""

    child: Node


Node = Union[All, Term, Key, Text, Not, And, Or, Traversal, Roots, Sinks]

NOTHING = Not(All())
"""The query that matches nothing; it prints as ``not *``."""


def all_of(nodes: Iterable[Node]) -> Node:
    """Return the query for what all of ``nodes`` match; for no nodes, everything."""
    operands: list[Node] = []
    for node in nodes:
        operands.extend(node.operands if isinstance(node, And) else (node,))
    if not operands:
        return All()
    return operands[0] if len(operands) == 1 else And(tuple(operands))


def any_of(nodes: Iterable[Node]) -> Node:
    """Return the query for what at least one of ``nodes`` matches; for no nodes, nothing."""
    operands: list[Node] = []
    for node in nodes:
        operands.extend(node.operands if isinstance(node, Or) else (node,))
    if not operands:
        return NOTHING
    return operands[0] if len(operands) == 1 else Or(tuple(operands))


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below a node."""
    match node:
        case And(operands) | Or(operands):
            return operands
        case Not(operand):
            return (operand,)
        case Traversal(child) | Roots(child) | Sinks(child):
            return (child,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all nodes below it, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def needs_graph(node: Node) -> bool:
    """Say whether a query can be answered over a graph only."""
    return any(isinstance(part, Traversal | Roots | Sinks) for part in walk(node))


def _require_two(operands: tuple[Node, ...]) -> None:
    if len(operands) < 2:
        raise ValueError("And and Or take two or more operands; use all_of and any_of for any number.")
