"""The shape of the code: who may import whom, what the pure layers may not reach, where late binding stands."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
import rustworkx

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "earmark"

PURE = ("values", "tags", "partitions", "specs", "graph", "plan", "events", "runs", "decide", "protocol")
HOST = ("server", "daemon", "views", "locations")
USER = ("dagster", "testing", "guest", "components", "execute", "define")
IMPURE = ("os", "time", "sqlite3", "socket", "asyncio", "subprocess", "threading", "random", "logging")
LATE_BINDING = ("earmark", "earmark.dagster", "earmark.cli.main")
"""The only modules that may import one of ours by its name as text."""

CLOCK_READS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "os.environ", "uuid.uuid4"}


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("earmark", include_external_packages=True, cache_dir=None)


def layer_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def our_modules() -> list[str]:
    return sorted(name for name in imports().modules if name.split(".")[0] == "earmark")


def sources() -> Iterator[tuple[str, Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, path, ast.parse(path.read_text(), filename=str(path))


def configured_contracts() -> dict[str, dict[str, list[str]]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def test_the_largest_import_cycle_is_one_module() -> None:
    ours = our_modules()
    number = {name: index for index, name in enumerate(ours)}
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(ours)
    for importer in ours:
        for imported in imports().find_modules_directly_imported_by(importer):
            if imported in number:
                graph.add_edge(number[importer], number[imported], None)
    cycles = [sorted(graph[node] for node in group) for group in rustworkx.strongly_connected_components(graph)]
    assert [cycle for cycle in cycles if len(cycle) > 1] == []
    assert len(cycles) == len(ours) > 5


def test_every_folder_of_the_package_is_a_layer_of_the_contract() -> None:
    layers = configured_contracts()["layers"]["layers"]
    named = {name.strip(" ()") for layer in layers for name in re.split(r"[|:]", layer)}
    existing = {layer_of(name) for name in our_modules()} - {""}
    assert existing - named == set()
    assert named == {*PURE, *HOST, *USER, "store", "system", "cli"}


def test_the_two_towers_never_import_each_other() -> None:
    crossings = [
        (importer, imported)
        for importer in our_modules()
        for imported in imports().find_modules_directly_imported_by(importer)
        if imported.startswith("earmark.")
        and (
            (layer_of(importer) in HOST and layer_of(imported) in USER)
            or (layer_of(importer) in USER and layer_of(imported) in HOST)
        )
    ]
    assert crossings == []
    contracts = configured_contracts()
    assert contracts["host-never-user"]["source_modules"] == [f"earmark.{name}" for name in HOST]
    assert contracts["host-never-user"]["forbidden_modules"] == [f"earmark.{name}" for name in USER]
    assert contracts["user-never-host"]["source_modules"] == [f"earmark.{name}" for name in USER]
    assert contracts["user-never-host"]["forbidden_modules"] == [f"earmark.{name}" for name in HOST]


def test_the_pure_layers_reach_neither_clock_nor_chance_nor_the_machine() -> None:
    reached = [
        (importer, imported)
        for importer in our_modules()
        if layer_of(importer) in PURE
        for imported in imports().find_modules_directly_imported_by(importer)
        if imported in IMPURE
    ]
    assert reached == []
    contract = configured_contracts()["pure-layers"]
    assert contract["source_modules"] == [f"earmark.{name}" for name in PURE]
    assert contract["forbidden_modules"] == list(IMPURE)


def test_the_pure_layers_take_the_time_and_identities_as_parameters() -> None:
    read = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for name, path, tree in sources()
        if layer_of(name) in PURE
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _ends_with(ast.unparse(node), CLOCK_READS)
    ]
    assert read == []


def _ends_with(expression: str, names: set[str]) -> bool:
    return any(expression == name or expression.endswith(f".{name}") for name in names)


def test_no_module_imports_the_package_root_from_inside() -> None:
    importers = imports().find_modules_that_directly_import("earmark")
    assert {name for name in importers if layer_of(name) not in ("dagster", "cli")} == set()


def test_our_own_modules_are_imported_by_name_only_in_the_package_roots_and_the_command_line() -> None:
    late = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for name, path, tree in sources()
        if name not in LATE_BINDING and _imports_by_text(tree)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and _names_our_module(node.value)
    ]
    assert late == []


def test_the_pure_layers_import_nothing_by_text() -> None:
    found = [
        str(path.relative_to(ROOT))
        for name, path, tree in sources()
        if layer_of(name) in PURE and _imports_by_text(tree)
    ]
    assert found == []


def _imports_by_text(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "importlib" for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "importlib":
            return True
        if isinstance(node, ast.Name) and node.id == "__import__":
            return True
    return False


def _names_our_module(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"earmark(\.\w+)+", value) is not None


@pytest.mark.parametrize(
    ("text", "expected"), [("import importlib.metadata", True), ("x = __import__('y')", True), ("import os", False)]
)
def test_import_by_text_is_recognised(text: str, expected: bool) -> None:
    assert _imports_by_text(ast.parse(text)) is expected


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
