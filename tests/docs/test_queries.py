"""The queries that the page about the language shows can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.tags.query import parse
from earmark.values.errors import QueryError
from tests.support.pages import blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "query-language.md"
QUERIES = [line for block in blocks_of(PAGE) if block.language == "query" for line in block.body.splitlines() if line]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_on_the_page_can_be_read_for_assets_or_for_runs(query: str) -> None:
    refusals = []
    for domain in ("asset", "run"):
        try:
            parse(query, domain)
        except QueryError as error:
            refusals.append(str(error))
    assert len(refusals) < 2, refusals
