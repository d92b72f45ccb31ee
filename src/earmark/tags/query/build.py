"""What reads a query of more than one word: the lexer, the LALR grammar, and the making of nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from earmark.tags.query.faults import fault
from earmark.tags.query.fields import ORDERED_TYPES, Field, FieldTable, FieldType, word_in, words_near
from earmark.tags.query.lexer import Kind, Lexer, Token
from earmark.tags.query.times import form_of, is_readable, is_stretch
from earmark.tags.query.tree import (
    ALL_STEPS,
    ORDERINGS,
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
    any_of,
)
from earmark.tags.query.words import glob_matcher, read_word
from earmark.values.errors import QueryError, meant

if TYPE_CHECKING:
    from lark import Lark, Tree
    from lark import Token as LarkToken


def build(text: str, table: FieldTable, exact: bool) -> Node:
    """Return the tree of a query.

    Args:
        text: The query.
        table: The fields of the things that are looked for.
        exact: Whether a bare word names a thing; otherwise it is a search, and no text at all is everything.

    Raises:
        QueryError: The text is no query.
    """
    tokens, trouble = Lexer(text, table).run()
    if not tokens and trouble is None:
        if not exact:
            return All()
        raise fault(text, 0, "The selection is empty.", hint="Write * for everything.")
    builder = _Builder(text, table, exact, tokens)
    rule = _SINGLE_TERMS.get(tuple(token.kind for token in tokens)) if trouble is None else None
    if rule is not None:
        return builder.build(rule, tokens)
    return builder.node(_syntax_tree(text, tokens, trouble))


# Queries of one term, which are most of them, need no parser: the grammar has one way to read them.
_SINGLE_TERMS: dict[tuple[Kind, ...], str] = {
    (Kind.ALL,): "everything",
    (Kind.BARE,): "bare",
    (Kind.FIELD, Kind.VALUE): "term",
    (Kind.FIELD, Kind.COMPARISON, Kind.VALUE): "term",
    (Kind.TAG, Kind.NAME): "tag",
    (Kind.TAG, Kind.NAME, Kind.RELATION, Kind.VALUE): "tag",
}


@cache
def _grammar() -> Lark:
    from lark import Lark

    return Lark.open("grammar.lark", rel_to=__file__, parser="lalr", lexer="contextual")


def _syntax_tree(text: str, tokens: Sequence[Token], trouble: QueryError | None) -> Tree[LarkToken]:
    from lark import Token as LarkToken
    from lark import UnexpectedToken

    state = _grammar().parse_interactive()
    at = 0
    try:
        while at < len(tokens):
            token = tokens[at]
            state.feed_token(LarkToken(token.kind.value, token.text, start_pos=at))
            at += 1
        if trouble is not None:
            raise trouble
        tree: Tree[LarkToken] = state.feed_token(LarkToken("$END", ""))
    except UnexpectedToken:
        accepted = state.accepts()  # type: ignore[no-untyped-call]
        raise _misplaced(text, tokens, at, accepted) from None
    return tree


_PHRASES = {
    "BARE": "a term (field:value, a word, or a parenthesis)",
    "VALUE": "a value",
    "NAME": "a tag key",
    "_RPAR": "a closing parenthesis",
    "_AND": "and, or, or a space",
}


def _misplaced(text: str, tokens: Sequence[Token], at: int, accepted: Collection[str]) -> QueryError:
    expected = [phrase for kind, phrase in _PHRASES.items() if kind in accepted]
    if "BARE" in accepted and "_LPAR" not in accepted:
        expected[0] = "a word"
    hint = None
    if at > 1 and tokens[at - 1].kind is Kind.RELATION:
        hint = f'{text[tokens[at - 3].start : tokens[at - 1].end]}"" is the empty value.'
    if at == len(tokens):
        return fault(text, len(text), "The query ends too early.", expected, hint)
    token = tokens[at]
    if token.kind is Kind.SPACE:
        return fault(text, token.start, "There is a space inside a term.", expected, hint)
    return fault(text, token.start, f"{token.text!r} cannot stand here.", expected, hint)


class _Builder:
    """Turns what the grammar found into nodes, and checks values against the fields' types."""

    def __init__(self, text: str, table: FieldTable, exact: bool, tokens: Sequence[Token]) -> None:
        self.text = text
        self.table = table
        self.exact = exact
        self.tokens = tokens

    def node(self, tree: Any) -> Node:
        """Build a subtree; the parser's tokens carry, as their position, the index of ours."""
        children = (child if hasattr(child, "data") else self.tokens[child.start_pos] for child in tree.children)
        return self.build(tree.data, list(children))

    def build(self, rule: str, children: Sequence[Any]) -> Node:
        match rule:
            case "disjunction":
                return Or(tuple(self.node(child) for child in children))
            case "conjunction":
                return And(tuple(self.node(child) for child in children))
            case "negated":
                return Not(self.node(children[0]))
            case "walked":
                return self._walked(children)
            case "called":
                return self._called(children)
            case "everything":
                return All()
            case "bare":
                return self._bare(children)
            case "tag":
                return self._tag(children)
            case "term":
                return self._term(children)
            case _:
                raise AssertionError(f"The grammar has a rule {rule!r} that nothing builds.")

    def _walked(self, children: Sequence[Any]) -> Node:
        up = down = 0
        operand: Any = None
        classic = any(not isinstance(child, Token) and child.data == "bare" for child in children)
        for child in children:
            if not isinstance(child, Token):
                operand = child
            elif child.kind is Kind.UP:
                up = _steps(child.text, classic)
            else:
                down = _steps(child.text, classic)
        node = self.node(operand)
        return node if up == down == 0 else Traversal(node, up, down)

    def _called(self, children: Sequence[Any]) -> Node:
        child = self.node(children[1]) if len(children) > 1 else All()
        return Roots(child) if children[0].text.casefold() == "roots" else Sinks(child)

    def _bare(self, tokens: Sequence[Token]) -> Node:
        words = tuple(read_word(token.text) for token in tokens)
        return Key(words) if self.exact else Text(words)

    def _tag(self, tokens: Sequence[Token]) -> Node:
        names = [read_word(token.text) for token in tokens if token.kind is Kind.NAME]
        relation = next((token for token in tokens if token.kind is Kind.RELATION), None)
        if relation is None:
            return any_of(Term("tag", key=name) for name in names)
        if isinstance(names[0], Absent):
            raise fault(
                self.text,
                relation.start,
                "<null> as a key means that there are no tags, so it has no value.",
                hint="For a key that is absent write tag:key=<null>.",
            )
        values = tuple(read_word(token.text) for token in tokens if token.kind is Kind.VALUE)
        return Term("tag", values, Comparison(relation.text), names[0])

    def _term(self, tokens: Sequence[Token]) -> Node:
        field = self.table.fields[_field_name(tokens[0], self.table)]
        comparison = Comparison.EQ
        if tokens[1].kind is Kind.COMPARISON:
            comparison = Comparison(tokens[1].text)
            self._check_comparison(field, comparison, tokens)
        written = [token for token in tokens[1:] if token.kind is Kind.VALUE]
        words = tuple(self._checked(field, comparison, token) for token in written)
        if field.type is FieldType.SEARCH:
            return Text(words) if comparison is Comparison.EQ else Not(Text(words))
        return Term(field.name, words, comparison)

    def _check_comparison(self, field: Field, comparison: Comparison, tokens: Sequence[Token]) -> None:
        if comparison not in ORDERINGS:
            return
        if field.type not in ORDERED_TYPES:
            ordered = [name for name, other in self.table.fields.items() if other.type in ORDERED_TYPES]
            raise fault(
                self.text,
                tokens[1].start,
                f"{field.name} is no time, duration or number, so it has no {comparison.value!r}.",
                ["a value"],
                f"Fields that have: {', '.join(ordered)}." if ordered else None,
            )
        if len(tokens) > 3:
            raise fault(self.text, tokens[3].start, f"{comparison.value!r} takes one value.")

    def _checked(self, field: Field, comparison: Comparison, token: Token) -> Word:
        word = read_word(token.text)
        match word:
            case Absent():
                if comparison in ORDERINGS:
                    raise fault(self.text, token.start, f"Nothing is {comparison.value} <null>.")
                if field.type is FieldType.SEARCH:
                    raise fault(self.text, token.start, "A search needs a word.", ["a word"])
                return word
            case Exact(text):
                return self._checked_exact(field, comparison, token, text)
            case Glob(pattern):
                return self._checked_glob(field, token, pattern)

    def _checked_exact(self, field: Field, comparison: Comparison, token: Token, text: str) -> Word:
        if field.type is FieldType.WORDS:
            known = word_in(field, text)
            if known is None:
                raise self._unknown_word(field, token, text)
            return Exact(known)
        if field.type not in ORDERED_TYPES:
            return Exact(text)
        if not is_readable(field.type, text):
            raise fault(self.text, token.start, f"{text!r} is not {form_of(field.type)}.", [form_of(field.type)])
        if comparison not in ORDERINGS and not (
            field.type is FieldType.NUMBER or (field.type is FieldType.TIME and is_stretch(text))
        ):
            raise fault(
                self.text,
                token.start,
                f"Nothing is exactly {text!r}.",
                ["a comparison"],
                f"Write {field.name}:>{text} or {field.name}:<{text}.",
            )
        return Exact(text)

    def _checked_glob(self, field: Field, token: Token, pattern: str) -> Word:
        if field.type is FieldType.WORDS:
            fits = glob_matcher(pattern.casefold())
            if not any(fits(word.casefold()) for word in field.words):
                raise self._unknown_word(field, token, pattern)
            return Glob(pattern.upper() if field.words[0].isupper() else pattern.casefold())
        if field.type in ORDERED_TYPES:
            raise fault(
                self.text, token.start, f"{field.name} takes no pattern.", [form_of(field.type), "a comparison"]
            )
        return Glob(pattern)

    def _unknown_word(self, field: Field, token: Token, text: str) -> QueryError:
        return fault(
            self.text,
            token.start,
            f"There is no {field.name} {text!r}.{meant(words_near(field, text))}",
            [f"one of {', '.join(field.words)}"],
        )


def _field_name(token: Token, table: FieldTable) -> str:
    name = token.text[:-1]
    return name if name in table.fields else name.casefold()


def _steps(written: str, classic: bool) -> int:
    digits = written.strip("+")
    if digits == "*":
        return ALL_STEPS
    if digits:
        return min(int(digits), 1_000_000_000)
    return len(written) if classic else ALL_STEPS
