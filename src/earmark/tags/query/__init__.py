"""The one query language: text to tree (:func:`parse`), tree to text (:func:`unparse`), and its evaluation.

Importing this package loads no parser; the first query that is more than one term does.
"""

from __future__ import annotations

from earmark.tags.query.parse import Bare, parse
from earmark.tags.query.printing import unparse
from earmark.tags.query.tree import (
    ALL_STEPS,
    NOTHING,
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
    all_of,
    any_of,
    needs_graph,
    walk,
)

__all__ = [
    "ALL_STEPS",
    "NOTHING",
    "Absent",
    "All",
    "And",
    "Bare",
    "Comparison",
    "Exact",
    "Glob",
    "Key",
    "Node",
    "Not",
    "Or",
    "Roots",
    "Sinks",
    "Term",
    "Text",
    "Traversal",
    "Word",
    "all_of",
    "any_of",
    "needs_graph",
    "parse",
    "unparse",
    "walk",
]
