"""The project around a file: its folder, and the module that its definitions stand in."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean

_ROOT_FILES = ("pyproject.toml", "dg.toml", "setup.py")
DEFS = "defs"
"""The folder of definitions in the project's package, where nothing names another."""


@dataclass(frozen=True)
class Project:
    """A project.

    Args:
        root: Its folder.
        defs_module: The dotted name of the module that its definitions stand in.
        source: The file that says so.
        name: What people call it.
        package: The dotted name of its own package.
        registry_modules: Other modules with component classes.
    """

    root: Path
    defs_module: str
    source: Path
    name: str
    package: str = ""
    registry_modules: tuple[str, ...] = ()

    def import_defs(self) -> ModuleType:
        """Import the module that the definitions stand in and return it.

        Raises:
            DagsterInvalidDefinitionError: There is no such module.
        """
        try:
            return importlib.import_module(self.defs_module)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{self.defs_module}.".startswith(f"{error.name}."):
                raise
            raise DagsterInvalidDefinitionError(
                f"There is no module {error.name!r}; {self.source} says that definitions stand in"
                f" {self.defs_module!r}.{self._near(error.name)}",
                hint=f"Make the folder {self.defs_module.replace('.', '/')}, or name another as defs_module in"
                " [tool.dg.project]. Imports start where the package is installed, or from the project's folder.",
            ) from None

    def _near(self, name: str) -> str:
        package, _, last = name.rpartition(".")
        folders = (self.root.joinpath(*start, *package.split(".")) for start in ((), ("src",)))
        names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()]
        return did_you_mean(last, names)


def find_project(path: Path) -> Project:
    """Return the project that a file or folder is part of.

    Raises:
        DagsterInvalidDefinitionError: None is found, or it does not say which package is its own.

    """
    path = Path(path).absolute()
    root = next((folder for folder in (path, *path.parents) if _is_root(folder)), None)
    if root is None:
        raise DagsterInvalidDefinitionError(
            f"{path} is in no project: neither it nor a folder above it has a pyproject.toml.",
            hint='Make one, with root_module = "my_package" under [tool.dg.project].',
        )
    source = next(root / name for name in _ROOT_FILES if (root / name).is_file())
    pyproject = _toml(root / "pyproject.toml").get("tool", {})
    project = pyproject.get("dg", {}).get("project") or _toml(root / "dg.toml").get("project") or {}
    module = project.get("root_module") or _package_of(pyproject) or _package_around(path, root)
    if module is None:
        raise DagsterInvalidDefinitionError(
            f"{source} does not say which package is the project's own.",
            hint='Write root_module = "my_package" under [tool.dg.project].',
        )
    defs_module = project.get("defs_module") or f"{module}.{DEFS}"
    name = project.get("code_location_name") or root.name
    return Project(root, defs_module, source, name, module, tuple(project.get("registry_modules") or ()))


def _is_root(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _ROOT_FILES)


def _package_of(tool: Mapping[str, Any]) -> str | None:
    """Return the package of the module that the code location is loaded from, where the project names one."""
    named = tool.get("earmark", {}).get("module") or tool.get("dagster", {}).get("module_name")
    return named.rpartition(".")[0] or named if named else None


def _package_around(path: Path, root: Path) -> str | None:
    """Return the outermost package that a path stands in."""
    parts = path.relative_to(root).parts
    parts = parts[1:] if parts[:1] == ("src",) else parts
    return parts[0] if parts and not parts[0].endswith(".py") else None


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DagsterInvalidDefinitionError(f"{path} cannot be read: {error}") from error
