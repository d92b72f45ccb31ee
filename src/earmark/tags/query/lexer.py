"""From the text of a query to tokens.

What belongs together touches: a field and its values, a ``+`` and its term. So white space is a token wherever
it is not beside a parenthesis or an operator; between two terms it means ``and``, and inside a term it is an error.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple, NoReturn

from earmark.tags.query.faults import fault
from earmark.tags.query.fields import FieldTable, FieldType
from earmark.values.errors import QueryError, did_you_mean

MAX_LENGTH = 100_000
"""The longest query, in characters."""

MAX_DEPTH = 100
"""How deep parentheses and negations may nest."""


class Kind(StrEnum):
    """The terminals of the grammar."""

    LPAR = "_LPAR"
    RPAR = "_RPAR"
    AND = "_AND"
    OR = "_OR"
    NOT = "_NOT"
    MINUS = "_MINUS"
    SPACE = "_SPACE"
    COMMA = "_COMMA"
    ALL = "ALL"
    UP = "UP"
    DOWN = "DOWN"
    FUNCTION = "FUNCTION"
    FIELD = "FIELD"
    TAG = "TAG"
    COMPARISON = "COMPARISON"
    RELATION = "RELATION"
    BARE = "BARE"
    NAME = "NAME"
    VALUE = "VALUE"


class Token(NamedTuple):
    """A piece of a query: what it is, its text as written, and where it begins and ends."""

    kind: Kind
    text: str
    start: int
    end: int


FUNCTIONS = ("roots", "sinks")
"""The functions of the language."""

_OPERATORS = {"and": Kind.AND, "or": Kind.OR, "not": Kind.NOT}
_ENDS_OPERAND = frozenset({Kind.BARE, Kind.NAME, Kind.VALUE, Kind.RPAR, Kind.ALL})
_NEEDS_MORE = frozenset({Kind.FIELD, Kind.TAG, Kind.COMPARISON, Kind.RELATION, Kind.COMMA})
_SWALLOWS_SPACE_AFTER = frozenset({Kind.LPAR, Kind.AND, Kind.OR, Kind.NOT})
_SWALLOWS_SPACE_BEFORE = frozenset({Kind.RPAR, Kind.AND, Kind.OR})

_SPACES = re.compile(r"\s+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*):")
_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\(")
_NULL = re.compile(r"<null>", re.IGNORECASE)
_COMPARISON = re.compile(r">=|<=|!=|>|<(?!null>)", re.IGNORECASE)
_RELATION = re.compile(r"!?=")
_COUNTED_UP = re.compile(r"([0-9]+)(\++)(?=[^\s)+,])")
_PLUSES = re.compile(r"\++")
_DOWN = re.compile(r"(\++)([0-9]*)")
# An unquoted word ends before these; a backslash takes the next character along.
_BARE = re.compile(r'(?:\\\S|[^\s()",=<>:!+*\\])+')
_BARE_FLAT = re.compile(r'(?:\\\S|[^\s()",=<>:!\\])+')
_NAME = re.compile(r'(?:\\\S|[^\s()",=<>!+\\])+')
_VALUE = re.compile(r'(?:\\\S|[^\s()",+\\])+')
_VALUE_FLAT = re.compile(r'(?:\\\S|[^\s()",\\])+')
_STARTS_OPERAND = re.compile(r"[^\s)+,=<>:!]")


class Lexer:
    """Reads a text from left to right; what a character means depends on the token before it."""

    def __init__(self, text: str, table: FieldTable) -> None:
        self.text = text
        self.table = table
        self.at = 0
        self.tokens: list[Token] = []
        self.depth = 0
        self.negations = 0

    def run(self) -> tuple[list[Token], QueryError | None]:
        """Return the tokens up to the first character that cannot stand where it stands, and the error about it.

        The tokens before that character may already break the grammar, and the earlier fault is the one to tell.
        """
        try:
            if len(self.text) > MAX_LENGTH:
                self._fail(f"The query has {len(self.text)} characters, more than {MAX_LENGTH}.", at=MAX_LENGTH)
            while self.at < len(self.text):
                self._next()
        except QueryError as trouble:
            return self.tokens, trouble
        if self._last is Kind.SPACE and not self._inside_term(-2):
            self.tokens.pop()
        return self.tokens, None

    def _inside_term(self, at: int) -> bool:
        return self.tokens[at].kind in _NEEDS_MORE

    @property
    def _last(self) -> Kind | None:
        return self.tokens[-1].kind if self.tokens else None

    def _next(self) -> None:
        space = _SPACES.match(self.text, self.at)
        if space:
            if self.tokens and self._last not in _SWALLOWS_SPACE_AFTER:
                self._add(Kind.SPACE, space.end())
            self.at = space.end()
            return
        match self._last:
            case Kind.FIELD | Kind.COMPARISON | Kind.RELATION:
                self._value()
            case Kind.TAG:
                self._word(Kind.NAME, _NAME, "a tag key")
            case Kind.COMMA:
                self._word_after_comma()
            case Kind.BARE | Kind.NAME | Kind.VALUE | Kind.RPAR | Kind.ALL | Kind.DOWN:
                self._after_operand()
            case _:
                self._operand()

    def _add(self, kind: Kind, end: int) -> None:
        if kind in _SWALLOWS_SPACE_BEFORE and self._last is Kind.SPACE:
            self.tokens.pop()
        self.tokens.append(Token(kind, self.text[self.at : end], self.at, end))
        self.at = end

    def _fail(self, problem: str, *expected: str, hint: str | None = None, at: int | None = None) -> NoReturn:
        raise fault(self.text, self.at if at is None else at, problem, expected, hint)

    # --- where a term may begin

    def _operand(self) -> None:
        character = self.text[self.at]
        if character == "(":
            self._open()
        elif character == ")":
            self._close()
        elif character == "-":
            self._minus()
        elif self.table.graph and (character == "+" or _COUNTED_UP.match(self.text, self.at)):
            self._up()
        elif self.table.graph and character == "*":
            self._star()
        elif character == "*" and self._alone(self.at + 1):
            self._add(Kind.ALL, self.at + 1)
        else:
            self._field_or_bare()

    def _open(self) -> None:
        self.depth += 1
        self._guard_depth()
        self._add(Kind.LPAR, self.at + 1)

    def _close(self) -> None:
        if self.depth == 0:
            self._fail("This parenthesis closes none.")
        self.depth -= 1
        self._add(Kind.RPAR, self.at + 1)

    def _minus(self) -> None:
        if not self._operand_at(self.at + 1):
            self._fail("This - touches no term.", hint="Write -term, or not term.")
        self._negation()
        self._add(Kind.MINUS, self.at + 1)

    def _negation(self) -> None:
        self.negations = self.negations + 1 if self._last in (Kind.NOT, Kind.MINUS) else 1
        self._guard_depth()

    def _guard_depth(self) -> None:
        if self.depth + self.negations > MAX_DEPTH:
            self._fail(f"The query nests deeper than {MAX_DEPTH} levels.")

    def _up(self) -> None:
        counted = _COUNTED_UP.match(self.text, self.at)
        if counted is not None:
            if len(counted.group(2)) > 1:
                self._fail("Steps are a number or several +, not both.", at=counted.start(2) + 1)
            self._add(Kind.UP, counted.end())
            return
        pluses = _PLUSES.match(self.text, self.at)
        assert pluses is not None, "called at a plus"
        if not self._operand_at(pluses.end()):
            self._fail("This + touches no term.", hint="Write +term for upstream, term+ for downstream.")
        self._add(Kind.UP, pluses.end())

    def _star(self) -> None:
        after = self.at + 1
        if self._alone(after):
            self._add(Kind.ALL, after)
            return
        field = _FIELD.match(self.text, after)
        if field is not None or self.text[after] in "(*":
            self._fail("A * before a term needs a bare key.", hint="Write + for everything upstream.")
        if self._last is Kind.UP:
            self._fail("Steps are either + or *, not both.")
        self._add(Kind.UP, after)

    def _alone(self, at: int) -> bool:
        if at >= len(self.text) or self.text[at] in "),+":
            return True
        return _SPACES.match(self.text, at) is not None

    def _operand_at(self, at: int) -> bool:
        return at < len(self.text) and _STARTS_OPERAND.match(self.text, at) is not None

    def _field_or_bare(self) -> None:
        field = _FIELD.match(self.text, self.at)
        if field is not None:
            self._field(field)
            return
        call = _CALL.match(self.text, self.at)
        if call is not None:
            self._call(call)
            return
        self._bare()

    def _field(self, match: re.Match[str]) -> None:
        name = match.group(1)
        field = self.table.fields.get(name) or self.table.fields.get(name.casefold())
        if field is None:
            known = sorted(self.table.fields)
            article = "an" if self.table.thing[0] in "aeiou" else "a"
            self._fail(
                f"{article.capitalize()} {self.table.thing} has no field {name!r}.{did_you_mean(name, known)}",
                f"one of the fields {', '.join(known)}",
                hint="Put a word that holds a colon in double quotes.",
            )
        kind = Kind.TAG if field.type is FieldType.TAGS else Kind.FIELD
        self._add(kind, match.end())

    def _call(self, match: re.Match[str]) -> None:
        name = match.group(1)
        folded = name.casefold()
        if folded in _OPERATORS:
            self._operator(folded, match.end(1))
            return
        if folded not in FUNCTIONS:
            self._fail(
                f"There is no function {name!r}.{did_you_mean(name, FUNCTIONS)}",
                *(f"{function}(...)" for function in FUNCTIONS),
                hint="Two terms need a space, and, or or between them.",
            )
        if not self.table.graph:
            self._fail(f"{folded}() needs a graph, and {self.table.thing}s form none.")
        self._add(Kind.FUNCTION, match.end(1))
        self._open()

    def _bare(self) -> None:
        end = self._word_end(_BARE if self.table.graph else _BARE_FLAT, "a term")
        word = self.text[self.at : end].casefold()
        if word in _OPERATORS:
            self._operator(word, end)
            return
        self._add(Kind.BARE, end)

    def _operator(self, word: str, end: int) -> None:
        if word == "not":
            self._negation()
        self._add(_OPERATORS[word], end)

    # --- inside a term

    def _value(self) -> None:
        if self._last is Kind.FIELD:
            comparison = _COMPARISON.match(self.text, self.at)
            if comparison is not None:
                self._add(Kind.COMPARISON, comparison.end())
                return
        if self.text[self.at] in "=<>!" and not _NULL.match(self.text, self.at):
            self._fail(
                f"A value cannot begin with {self.text[self.at]!r}.",
                "a value",
                hint="Put a value that holds this character in double quotes.",
            )
        self._word(Kind.VALUE, _VALUE if self.table.graph else _VALUE_FLAT, "a value")

    def _word_after_comma(self) -> None:
        match self.tokens[-2].kind:
            case Kind.VALUE:
                self._word(Kind.VALUE, _VALUE if self.table.graph else _VALUE_FLAT, "a value")
            case Kind.NAME:
                self._word(Kind.NAME, _NAME, "a tag key")
            case _:
                self._word(Kind.BARE, _BARE if self.table.graph else _BARE_FLAT, "a word")

    def _word(self, kind: Kind, unquoted: re.Pattern[str], expected: str) -> None:
        self._add(kind, self._word_end(unquoted, expected))

    def _word_end(self, unquoted: re.Pattern[str], expected: str) -> int:
        if self.text[self.at] == '"':
            quoted = _QUOTED.match(self.text, self.at)
            if quoted is None:
                self._fail("This quote is not closed.", 'a closing "', at=len(self.text))
            return quoted.end()
        if self.text[self.at] == "'":
            self._fail("Quotes are double here.", expected, hint='Write "..." around a word.')
        null = _NULL.match(self.text, self.at)
        if null is not None and expected != "a term":
            return null.end()
        word = unquoted.match(self.text, self.at)
        if word is None:
            self._fail(
                f"{self.text[self.at]!r} cannot stand here.",
                expected,
                hint="Put a word that holds this character in double quotes.",
            )
        return word.end()

    # --- after a term

    def _after_operand(self) -> None:
        character = self.text[self.at]
        last = self._last
        if character == ")":
            self._close()
        elif character == "," and last in (Kind.BARE, Kind.NAME, Kind.VALUE):
            self._add(Kind.COMMA, self.at + 1)
        elif last is Kind.NAME and _RELATION.match(self.text, self.at):
            self._add(Kind.RELATION, self.at + (1 if character == "=" else 2))
        elif character == "+" and self.table.graph and last in _ENDS_OPERAND:
            self._down()
        elif character == "*" and last is Kind.BARE:
            self._trailing_star()
        else:
            self._misplaced(character)

    def _down(self) -> None:
        match = _DOWN.match(self.text, self.at)
        assert match is not None, "called at a plus"
        if not self._ends(match.end()):
            touched = self.text[match.end()]
            if match.group(2) or not _STARTS_OPERAND.match(touched):
                self._fail(f"{touched!r} cannot follow a +.", "a space or the end", at=match.end())
            self._fail(
                "This + touches two terms.",
                hint="A + belongs to the one term that it touches: put a space on the other side.",
            )
        if match.group(2) and len(match.group(1)) > 1:
            self._fail("Steps are a number or several +, not both.", at=match.start(2))
        self._add(Kind.DOWN, match.end())

    def _trailing_star(self) -> None:
        if not self._ends(self.at + 1):
            self._fail(
                "A bare word is a key to the letter, so no * can stand within it.",
                hint='Write key:"a*b" for a pattern.',
            )
        self._add(Kind.DOWN, self.at + 1)

    def _ends(self, at: int) -> bool:
        return at >= len(self.text) or self.text[at] == ")" or _SPACES.match(self.text, at) is not None

    def _misplaced(self, character: str) -> NoReturn:
        if self._last is Kind.BARE and character in "=!<>":
            word = self.tokens[-1]
            if word.text in self.table.fields:
                self._fail(f"A field is followed by a colon, not {character!r}.", "':'")
            self._fail(
                f"{character!r} cannot follow a bare word.",
                "a space",
                hint=f"For a tag write tag:{word.text}{character}...",
            )
        if character == "," and self._last is Kind.DOWN:
            self._fail("A comma stands between values.", hint="Write or between terms.")
        self._fail(
            f"{character!r} cannot follow {'a +' if self._last is Kind.DOWN else 'a term'} without a space.",
            "a space, and, or or",
        )
