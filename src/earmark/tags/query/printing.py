"""From tree to text: what is printed reads back as the same tree."""

from __future__ import annotations

from earmark.tags.query.tree import (
    ALL_STEPS,
    All,
    And,
    Comparison,
    Key,
    Node,
    Not,
    Or,
    Roots,
    Sinks,
    Term,
    Text,
    Traversal,
)
from earmark.tags.query.words import write_bare, write_word

_MOST_PLUSES = 3


def unparse(node: Node, bare: str = "key") -> str:
    """Return the text of a query; :func:`~earmark.tags.query.parse.parse` reads it back as the same tree.

    Args:
        node: The query.
        bare: What a bare word means where the text is going to be read: ``key`` or ``text``. Words of the other
            sort are printed with their field. A :class:`Key` in a filter bar thereby becomes a term.

    Example:
        >>> from earmark.tags.query import parse
        >>> unparse(parse("( a++ or tag:tier!=gold,silver ) kind:dbt"))
        '(a++ or tag:tier!=gold,silver) and kind:dbt'
    """
    match node:
        case Or(operands):
            return " or ".join(_within(part, bare, (Or,)) for part in operands)
        case And(operands):
            return " and ".join(_within(part, bare, (Or, And)) for part in operands)
        case Not(operand):
            return f"not {_within(operand, bare, (Or, And))}"
        case Traversal(child, up, down):
            return _traversal(child, up, down, bare)
        case Roots(child):
            return f"roots({_argument(child, bare)})"
        case Sinks(child):
            return f"sinks({_argument(child, bare)})"
        case All():
            return "*"
        case Key(names):
            written = ",".join(write_bare(name) for name in names)
            return written if bare == "key" else "key:" + ",".join(write_word(name) for name in names)
        case Text(words):
            written = ",".join(write_bare(word) for word in words)
            return written if bare == "text" else "text:" + ",".join(write_word(word) for word in words)
        case Term():
            return _term(node)


def _within(node: Node, bare: str, loose: tuple[type[Node], ...]) -> str:
    text = unparse(node, bare)
    return f"({text})" if isinstance(node, loose) else text


def _argument(child: Node, bare: str) -> str:
    return "" if isinstance(child, All) else unparse(child, bare)


def _traversal(child: Node, up: int, down: int, bare: str) -> str:
    classic = isinstance(child, Key if bare == "key" else Text)
    inner = unparse(child, bare)
    if isinstance(child, (And, Or, Not, Traversal)):
        inner = f"({inner})"
    before = _steps(up, classic, upstream=True)
    after = _steps(down, classic, upstream=False)
    return f"{before}{inner}{after}"


def _steps(steps: int, classic: bool, upstream: bool) -> str:
    if steps == 0:
        return ""
    if steps == ALL_STEPS:
        return "*" if classic else "+"
    if classic and steps <= _MOST_PLUSES:
        return "+" * steps
    return f"{steps}+" if upstream else f"+{steps}"


def _term(term: Term) -> str:
    values = ",".join(write_word(value) for value in term.values)
    if term.key is not None:
        relation = "" if not term.values else term.comparison.value
        return f"{term.field}:{write_word(term.key)}{relation}{values}"
    comparison = "" if term.comparison is Comparison.EQ else term.comparison.value
    return f"{term.field}:{comparison}{values}"
