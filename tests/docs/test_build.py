"""The documentation builds strictly, and what it builds needs nothing from anywhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FETCHED = re.compile(
    r"<(?:script|img|iframe)[^>]+src=\"(https?:[^\"]+)|<link[^>]+rel=\"(?:stylesheet|preconnect)\"[^>]+href=\"(https?:[^\"]+)"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("docs") / "site"
    outcome = subprocess.run(
        [Path(sys.executable).with_name("mkdocs"), "build", "--strict", "--site-dir", target],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    return target


def test_every_page_is_built_and_reachable_from_the_navigation(site: Path) -> None:
    front = (site / "index.html").read_text()
    for folder in ("tutorial", "guides", "ui", "concepts", "reference", "design"):
        assert f'href="{folder}/index.html"' in front
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").is_file()


def test_every_fenced_block_is_shown_as_code(site: Path) -> None:
    left = [
        page.name
        for page in site.rglob("*.html")
        if "```" in re.sub(r"<code.*?</code>", "", page.read_text(), flags=re.S)
    ]
    assert left == []


def test_no_page_fetches_anything_from_another_host(site: Path) -> None:
    fetched = [(page.name, found) for page in site.rglob("*.html") for found in FETCHED.findall(page.read_text())]
    assert fetched == []


def test_the_reference_shows_all_that_a_context_has(site: Path) -> None:
    page = (site / "reference" / "api" / "execute-contexts-execution.html").read_text()
    for context in ("OpExecutionContext", "AssetExecutionContext", "AssetCheckExecutionContext"):
        for name in ("run", "log", "add_output_metadata", "asset_key", "partition_key"):
            assert f'id="earmark.execute.contexts.execution.{context}.{name}"' in page
