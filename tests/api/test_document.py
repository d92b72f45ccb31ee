"""The OpenAPI document: what it says, and that the web's types are of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from earmark.server.openapi import openapi_document

TYPES = Path(__file__).parents[2] / "web" / "src" / "api" / "types.ts"


@pytest.fixture(scope="module")
def document():
    return openapi_document()


@pytest.fixture(scope="module")
def shapes(document):
    return document["components"]["schemas"]


def test_the_types_of_the_web_are_of_the_present_document(document):
    said = re.search(r"\(shapes (\w+)\)", TYPES.read_text(encoding="utf-8"))
    assert said is not None
    assert said[1] == document["info"]["x-shapes"], "web/src/api/types.ts is out of date: cd web && npm run generate"


def test_pages_are_named_after_their_rows(shapes):
    assert "RunRowPage" in shapes
    assert not [name for name in shapes if "." in name]


def test_every_reference_of_the_document_leads_somewhere(document, shapes):
    references = set(re.findall(r"'#/components/schemas/([^']+)'", repr(document)))
    assert references
    assert references <= set(shapes)


def test_named_alternatives_are_said_once_and_referred_to(shapes):
    assert shapes["RunStatus"]["enum"][0] == "NOT_STARTED"
    assert shapes["RunRow"]["properties"]["status"] == {"$ref": "#/components/schemas/RunStatus"}


def test_a_field_carries_the_words_of_its_source_also_where_it_is_inherited(shapes):
    words = shapes["RunRow"]["properties"]["assets"]["description"]
    assert words == "At most 3 keys; `asset_count` counts all."
    assert shapes["RunDetail"]["properties"]["assets"]["description"] == words


def test_a_field_that_may_be_left_out_says_what_it_then_is(shapes):
    asked = shapes["LaunchRequest"]["properties"]
    assert asked["tags"]["default"] == {}
    assert asked["job"]["default"] is None
    assert asked["mode"]["default"] == "all"


def test_every_field_of_an_answer_is_required(shapes):
    for name in ("RunRow", "AssetDetail", "LimitRow", "TickDetail", "SavedView", "Change"):
        assert set(shapes[name]["required"]) == set(shapes[name]["properties"]), name


def test_what_the_stream_says_has_a_shape_too(shapes):
    assert shapes["Changes"]["properties"]["changes"]["items"] == {"$ref": "#/components/schemas/Change"}
