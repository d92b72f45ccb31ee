"""Where assets stand in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from earmark.define.assets.asset import asset
from earmark.define.assets.code_references import (
    CODE_REFERENCES,
    AnchorBasedFilePathMapping,
    link_code_references_to_git,
    with_source_code_references,
)
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterInvalidDefinitionError

HERE = Path(__file__)
MAPPING = AnchorBasedFilePathMapping(HERE.parent, "tests/here")


@asset(metadata={"rows": 1})
def orders() -> None: ...


def test_an_asset_is_referenced_by_file_and_line_and_keeps_its_metadata() -> None:
    metadata = with_source_code_references([orders])[0].metadata_by_key[orders.key]
    reference = metadata[CODE_REFERENCES].code_references[0]
    assert metadata["rows"] == 1
    assert Path(reference.file_path).name == HERE.name
    assert "orders" in "".join(HERE.read_text().splitlines()[reference.line_number - 1 : reference.line_number + 1])


def test_an_asset_that_is_only_declared_has_no_place_in_the_code() -> None:
    spec = AssetSpec("declared")
    assert with_source_code_references([spec]) == [spec]


@pytest.mark.parametrize(
    ("url", "platform", "start"),
    [
        ("https://github.com/o/r", None, "https://github.com/o/r/tree/main/tests/here/"),
        ("https://gitlab.com/o/r/", None, "https://gitlab.com/o/r/-/tree/main/tests/here/"),
        ("https://git.example.com/o/r", "gitlab", "https://git.example.com/o/r/-/tree/main/tests/here/"),
    ],
)
def test_a_reference_becomes_a_link_into_the_repository(url: str, platform: str | None, start: str) -> None:
    linked = link_code_references_to_git(with_source_code_references([orders]), url, "main", MAPPING, platform)  # type: ignore[arg-type]
    link = linked[0].metadata_by_key[orders.key][CODE_REFERENCES].code_references[0].url
    assert link.startswith(f"{start}{HERE.name}#L")


def test_an_unknown_platform_is_refused() -> None:
    with pytest.raises(DagsterInvalidDefinitionError, match="platform"):
        link_code_references_to_git([orders], "https://example.org/o/r", "main", MAPPING)
