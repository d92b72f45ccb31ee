"""Projects with a folder of definitions, written into a folder of their own for each test."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from earmark import ComponentTree

COUNT = itertools.count()

TABLE = """
    from typing import Any

    import earmark as em

    class Table(em.Component, em.Model, em.Resolvable):
        name: str
        limit: int = 10
        spec: em.ResolvedAssetSpec | None = None
        extra: Any = None

        @staticmethod
        @em.template_var
        def loud():
            return lambda text: text.upper()

        def build_defs(self, context):
            own = em.AssetSpec(self.name, metadata={"limit": self.limit, "extra": str(self.extra)})
            return em.Definitions(assets=[own, *([self.spec] if self.spec else [])])
"""


class Project:
    """A project whose package is ``package``; ``PACKAGE`` in its files stands for that name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = f"shop_{next(COUNT)}"
        self.write("pyproject.toml", "[tool.dg.project]\nroot_module = 'PACKAGE'\n")
        self.write("PACKAGE/__init__.py", "")
        self.write("PACKAGE/table.py", TABLE)
        (root / self.package / "defs").mkdir()

    def write(self, path: str, text: str) -> Path:
        target = self.root / path.replace("PACKAGE", self.package)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text).lstrip().replace("PACKAGE", self.package))
        return target

    def defs(self, path: str, text: str) -> Path:
        """Write a file below the folder of definitions; a YAML file of the class Table may leave its type out."""
        if path.endswith(".yaml") and not text.lstrip().startswith(("type:", "#")):
            text = "type: PACKAGE.table.Table\n" + dedent(text).lstrip()
        return self.write(f"PACKAGE/defs/{path}", text)

    def tree(self) -> ComponentTree:
        return ComponentTree.for_project(self.root / self.package)

    def assets(self) -> dict[str, object]:
        return {spec.key.to_user_string(): spec for spec in self.tree().build_defs().resolve_all_asset_specs()}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    made = Project(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield made
    for name in [name for name in sys.modules if name.split(".")[0] == made.package]:
        del sys.modules[name]
