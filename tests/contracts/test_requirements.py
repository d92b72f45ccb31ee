"""What an installation brings along: the libraries that the package imports, and no others."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]

NOT_IMPORTED = {"tzdata": "the zones that zoneinfo reads"}

OPTIONAL = {"duckdb", "numpy", "opentelemetry", "polars", "pyarrow", "pytest"}
"""Named by an extra, only warmed up where user code has loaded it, or there where tests run."""


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ;]", one, maxsplit=1)[0].lower() for one in requirements}


def imported() -> set[str]:
    graph = grimp.build_graph("earmark", include_external_packages=True, cache_dir=None)
    ours = {name for name in graph.modules if name.partition(".")[0] == "earmark"}
    libraries = {name.partition(".")[0] for name in graph.modules - ours}
    return libraries - sys.stdlib_module_names


def test_every_requirement_is_imported_and_every_import_is_required() -> None:
    required = named(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    homes = importlib.metadata.packages_distributions()
    used = {home.lower().replace("_", "-") for name in imported() - OPTIONAL for home in homes.get(name, [name])}
    # pydantic's own core comes with it, always in the version that fits.
    assert used - {"pydantic-core"} == required - NOT_IMPORTED.keys()


def test_what_an_installation_gets_is_what_the_locked_file_says() -> None:
    required = named(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])
    locked = named([line for line in (ROOT / "requirements/base.txt").read_text().splitlines() if line[:1].isalnum()])
    assert required <= locked
    assert {"rustworkx", "cronsim", "numpy"} & locked == set()
