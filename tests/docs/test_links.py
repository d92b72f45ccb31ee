"""Links between the files of the repository lead somewhere. Those inside docs/ are checked by its build."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?:\]\(|src=\"|srcset=\")(?!https?:|mailto:|#)([^)#\s\"]+)")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_the_links_of_a_page_lead_to_files_that_exist(name: str) -> None:
    targets = LINK.findall((ROOT / name).read_text())
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_folder_that_the_contributing_page_names_exists() -> None:
    named = re.findall(r"`(tests/\w+)`", (ROOT / "CONTRIBUTING.md").read_text())
    assert len(named) > 5
    assert [folder for folder in named if not (ROOT / folder).is_dir()] == []
