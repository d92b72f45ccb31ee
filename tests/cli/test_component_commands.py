"""Component classes on the command line: listed, shown, checked, begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Answer

Command = Callable[..., Answer]

TABLE = '''
import earmark as em
from pydantic import BaseModel, Field


class Named(BaseModel):
    name: str = "new"


class TableScaffolder(em.Scaffolder):
    @classmethod
    def get_scaffold_params(cls):
        return Named

    def scaffold(self, request):
        em.scaffold_component(request, {"name": request.params.name})
        (request.target_path / "README.md").write_text("A table.")


@em.scaffold_with(TableScaffolder)
class Table(em.Component, em.Model, em.Resolvable):
    """A table.

    Which is copied.
    """

    name: str = Field(description="What it is called.")
    limit: int = 10

    def build_defs(self, context):
        return em.Definitions(assets=[em.AssetSpec(self.name)])
'''

DEFINITIONS = """
from pathlib import Path
import earmark as em


@em.definitions
def defs():
    return em.load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


@pytest.fixture(autouse=True)
def tables(project: Path) -> Path:
    """The project of these tests: a package with a class of components."""
    (project / "pyproject.toml").write_text('[tool.dg.project]\nroot_module = "tables"\n')
    (project / "tables" / "defs").mkdir(parents=True)
    (project / "tables" / "components.py").write_text(TABLE)
    (project / "tables" / "definitions.py").write_text(DEFINITIONS)
    return project / "tables" / "defs"


def test_component_classes_are_listed_and_shown(earmark: Command) -> None:
    rows = {row[0]: " ".join(row[1:]) for row in earmark("component", "list").rows}
    assert rows["tables.components.Table"] == "A table."
    assert "earmark.PythonScriptComponent" in rows
    assert "earmark.SqlComponent" not in rows  # nothing can be one of these alone
    shown = earmark("component", "show", "tables.components.Table").out
    assert "Which is copied." in shown
    assert "What it is called." in shown
    assert set(earmark("component", "show", "dagster.UvRunComponent", "--json").json["properties"]) == {
        "assets",
        "checks",
        "execution",
    }
    missing = earmark("component", "show", "tables.components.Tabel")
    assert missing.code != 0
    assert "Did you mean 'tables.components.Table'" in missing.err


def test_a_new_component_is_begun_filled_in_and_checked(earmark: Command, tables: Path) -> None:
    begun = earmark("component", "scaffold", "tables.components.Table", "orders", "--params", '{"name": "orders"}')
    assert begun.code == 0
    file = tables / "orders" / "defs.yaml"
    assert file.read_text() == "type: tables.components.Table\nattributes:\n  name: orders\n"
    assert (tables / "orders" / "README.md").exists()
    assert earmark("component", "check").out == "ok 1 components\n"
    again = earmark("component", "scaffold", "tables.components.Table", "orders")
    assert again.code != 0
    assert "is there already" in again.err
    earmark("component", "scaffold", "tables.components.Table", "orders", "--append")
    assert file.read_text().count("type: tables.components.Table") == 2
    assert earmark("asset", "list").rows[0][0] in ("new", "orders")
    python = earmark("component", "scaffold", "dagster.DefinitionsComponent", "more", "--format", "python")
    assert python.code == 0
    assert "from earmark import DefinitionsComponent" in (tables / "more" / "component.py").read_text()


def test_checking_tells_every_mistake_and_ends_with_its_code(earmark: Command, tables: Path) -> None:
    for name, text in (("a", "attributes: {nam: a}"), ("b", "attributes: {name: b, limit: many}")):
        (tables / name).mkdir()
        (tables / name / "defs.yaml").write_text(f"type: tables.components.Table\n{text}\n")
    answer = earmark("component", "check")
    assert answer.code == 3
    assert "Did you mean 'name'" in answer.err
    assert "limit of Table" in answer.err
    assert len(earmark("component", "check", "--json").json) == 2
    assert earmark("definitions", "validate").code == 3
