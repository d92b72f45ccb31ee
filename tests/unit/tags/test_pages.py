"""The pages about tags and queries say what the code does."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from earmark.tags.query import parse, unparse
from earmark.tags.query.fields import TABLES
from earmark.values.errors import QueryError

DOCS = Path(__file__).parents[3] / "docs"
TAGS = DOCS / "concepts" / "tags.md"
LANGUAGE = DOCS / "reference" / "query-language.md"
FENCE = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(page, language):
    """Return the fenced blocks of a language, each with the word after it."""
    found = [(topic, body) for name, topic, body in FENCE.findall(page.read_text()) if name == language]
    assert found, f"{page.name} has no {language} block"
    return found


@pytest.mark.parametrize("page", [TAGS, LANGUAGE], ids=lambda page: page.stem)
def test_the_examples_of_a_page_run_as_printed(page):
    source = "\n".join(body for _, body in blocks(page, "python"))
    example = doctest.DocTestParser().get_doctest(source, {}, page.name, str(page), 0)
    assert example.examples
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.REPORT_ONLY_FIRST_FAILURE)
    said = []
    outcome = runner.run(example, out=said.append)
    assert outcome.failed == 0, "".join(said)


def test_the_queries_of_the_page_read_and_print():
    for _, body in blocks(LANGUAGE, "query"):
        for line in body.splitlines():
            readings = [(topic, tree) for topic in ("asset", "run") if (tree := read(line, topic)) is not None]
            assert readings, line
            for topic, tree in readings:
                assert parse(unparse(tree), topic) == tree, line


def read(line, topic):
    """Return the query as one about a topic; `None` if it makes no sense there."""
    try:
        return parse(line, topic)
    except QueryError:
        return None


def field_table():
    lines = ["| thing | field | type | is |", "| --- | --- | --- | --- |"]
    for table in TABLES.values():
        for field in table.fields.values():
            words = f": {', '.join(field.words)}" if field.words else ""
            lines.append(f"| {table.thing} | `{field.name}` | {field.type}{words} | {field.meaning} |")
    return "\n".join(lines)


def test_the_table_of_fields_is_the_one_in_the_code():
    assert LANGUAGE.read_text().endswith(f"## Fields\n\n{field_table()}\n")
