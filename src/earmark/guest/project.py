"""Where a project's code is: what flags, ``pyproject.toml``, ``dg.toml`` or ``workspace.yaml`` say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from earmark.values.errors import SettingsError, did_you_mean

_LOCATION_KEYS = ("module", "file", "attribute", "working-directory", "name", "dagster-alias", "python-executable")
"""What ``[tool.earmark]``, or an entry of its ``locations``, may say about code; other keys of it are settings."""


class NoCodeError(SettingsError):
    """Nothing names any code: no flag, and no project around the current folder."""


class CodeTarget(msgspec.Struct, frozen=True):
    """One code location: which module or file to import, from where, and what in it to look for.

    Args:
        module: The module's dotted name; or
        file: the Python file.
        working_directory: The folder that imports start from.
        attribute: The name of the variable or function to take; found by its type if ``None``.
        name: The code location's name.
        dagster_alias: Whether ``import dagster`` means Earmark there; ``None``: where Dagster is not installed.
        source: What named it, for messages: a flag or a file.
        python_executable: The interpreter of its environment, where it has one of its own.
    """

    module: str | None = None
    file: Path | None = None
    working_directory: Path | None = None
    attribute: str | None = None
    name: str = ""
    dagster_alias: bool | None = None
    source: str = ""
    python_executable: str | None = None

    @property
    def label(self) -> str:
        """What people call it: the module, or the file, from the working directory where it lies below that."""
        if self.module is not None or self.file is None:
            return self.module or self.name
        folder = self.working_directory
        return str(self.file.relative_to(folder) if folder and self.file.is_relative_to(folder) else self.file)


def find_targets(
    *,
    module: str | None = None,
    file: str | Path | None = None,
    working_directory: str | Path | None = None,
    attribute: str | None = None,
    start: Path,
) -> list[CodeTarget]:
    """Return the code locations that flags name, or else those of the project around ``start``.

    Args:
        module: ``-m``: a module's dotted name.
        file: ``-f``: a Python file.
        working_directory: ``-d``: where imports start from.
        attribute: ``-a``: the variable or function to take.
        start: The current folder; absolute.

    Raises:
        SettingsError: Both a module and a file are given, the file is not there, nothing names any code, or what names
            it cannot be read.

    Example:
        >>> find_targets(module="shop.definitions", start=Path("/srv"))[0].name
        'shop.definitions'
    """
    if module and file:
        raise SettingsError("Give either -m MODULE or -f FILE, not both.")
    folder = None if working_directory is None else _absolute(start, working_directory)
    if folder is not None and not folder.is_dir():
        raise SettingsError(f"The working directory {working_directory} (-d) is not a folder.")
    alias = _project_alias(start)
    if file:
        path = _absolute(start, file)
        if not path.is_file():
            raise SettingsError(f"There is no file {file} (-f).{did_you_mean(path.name, _python_files(path.parent))}")
        return [CodeTarget(None, path, folder or start, attribute, path.name, alias, "-f")]
    if module:
        _require_module_name(module, folder or start)
        return [CodeTarget(module, None, folder or start, attribute, module, alias, "-m")]
    targets = _of_project(folder or start)
    return [replace(one, attribute=attribute) for one in targets] if attribute else targets


def _require_module_name(module: str, folder: Path) -> None:
    """Refuse what no import can find, now or later; a module that is not there yet may be by the next save."""
    if (folder / module).is_file():
        raise SettingsError(f"{module} (-m) is a file.", hint=f"Write -f {module}.")
    if not all(part.strip() == part != "" for part in module.split(".")) or "/" in module or "\\" in module:
        raise SettingsError(
            f"{module!r} (-m) is no module's name: names joined by dots, such as shop.definitions.",
            hint="A file is given with -f.",
        )


def project_folder(start: Path) -> Path | None:
    """Return the nearest folder, from ``start`` upwards, that holds a ``pyproject.toml``, or ``None``."""
    return next((folder for folder in (start, *start.parents) if (folder / "pyproject.toml").is_file()), None)


def wants_alias(start: Path) -> bool | None:
    """Return whether the project around ``start`` asks for ``import dagster`` to mean Earmark; ``None`` if silent."""
    return _project_alias(start)


def _of_project(start: Path) -> list[CodeTarget]:
    for folder in (start, *start.parents):
        found = [
            *_of_pyproject(folder / "pyproject.toml"),
            *_of_dg_toml(folder / "dg.toml"),
        ] or list(_of_workspace(folder / "workspace.yaml"))
        if found:
            return found
    raise NoCodeError(
        "Nothing says where the code is: no -m or -f was given, and neither pyproject.toml nor workspace.yaml of this"
        " folder or one above it names a module.",
        hint='Add `[tool.earmark]` with `module = "my_project.definitions"` to pyproject.toml, or give -f FILE.',
    )


def _of_pyproject(path: Path) -> Iterator[CodeTarget]:
    if not path.is_file():
        return
    tool = _table(_toml(path), "tool", path)
    folder = path.parent
    own = _table(tool, "earmark", path)
    alias = _bool(own, "dagster-alias", path)
    if "locations" in own:
        yield from _own_locations(own["locations"], alias, path)
        return
    if "module" in own or "file" in own:
        yield _own_target(own, alias, path, f"{path} [tool.earmark]")
        return
    theirs = _table(tool, "dagster", path)
    if "module_name" in theirs:
        yield CodeTarget(
            module=_text(theirs, "module_name", path),
            working_directory=folder / (_text(theirs, "working_directory", path) or "."),
            attribute=_text(theirs, "attribute", path),
            name=_text(theirs, "code_location_name", path) or str(theirs["module_name"]),
            dagster_alias=alias,
            source=f"{path} [tool.dagster]",
        )
        return
    yield from _of_dg(_table(tool, "dg", path), path, f"{path} [tool.dg]", alias)


def _own_locations(entries: Any, alias: bool | None, path: Path) -> Iterator[CodeTarget]:
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise SettingsError(f"{path}: locations of [tool.earmark] is a list of tables: [[tool.earmark.locations]].")
    names: set[str] = set()
    for entry in entries:
        for key in entry:
            if key not in _LOCATION_KEYS:
                near = did_you_mean(key, _LOCATION_KEYS)
                raise SettingsError(f"{path}: a location of [tool.earmark] has no {key!r}.{near}")
        if "module" not in entry and "file" not in entry:
            raise SettingsError(f"{path}: a location of [tool.earmark] names neither a module nor a file.")
        own_alias = _bool(entry, "dagster-alias", path)
        target = _own_target(
            entry, alias if own_alias is None else own_alias, path, f"{path} [[tool.earmark.locations]]"
        )
        if target.name in names:
            raise SettingsError(f"{path}: two locations of [tool.earmark] are called {target.name!r}.")
        names.add(target.name)
        yield target


def _own_target(own: Mapping[str, Any], alias: bool | None, path: Path, source: str) -> CodeTarget:
    module, file = _text(own, "module", path), _text(own, "file", path)
    if module and file:
        raise SettingsError(f"{source} names both a module and a file; one of them is enough.")
    return CodeTarget(
        module=module,
        file=None if file is None else path.parent / file,
        working_directory=path.parent / (_text(own, "working-directory", path) or "."),
        attribute=_text(own, "attribute", path),
        name=_text(own, "name", path) or module or str(file),
        dagster_alias=alias,
        source=source,
        python_executable=_text(own, "python-executable", path),
    )


def _of_dg_toml(path: Path) -> Iterator[CodeTarget]:
    if path.is_file():
        yield from _of_dg(_toml(path), path, str(path), None)


def _of_dg(table: Mapping[str, Any], path: Path, source: str, alias: bool | None) -> Iterator[CodeTarget]:
    project = _table(table, "project", path)
    root = _text(project, "root_module", path)
    if root is None:
        yield from _of_dg_workspace(_table(table, "workspace", path), path)
        return
    folder = path.parent
    yield CodeTarget(
        module=_text(project, "code_location_target_module", path) or f"{root}.definitions",
        # A dg project keeps its package under src/ unless it was made before that became the rule.
        working_directory=folder / "src" if (folder / "src" / root.partition(".")[0]).exists() else folder,
        name=_text(project, "code_location_name", path) or root,
        dagster_alias=alias,
        source=source,
    )


def _of_dg_workspace(workspace: Mapping[str, Any], path: Path) -> Iterator[CodeTarget]:
    """Give the code locations of the projects that a workspace lists, each in a folder of its own."""
    listed = workspace.get("projects", [])
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise SettingsError(f"{path}: projects of the workspace is a list of tables: [[workspace.projects]].")
    for one in listed:
        named = _text(one, "path", path)
        if named is None:
            raise SettingsError(f"{path}: a project of the workspace says no path.")
        folder = path.parent / named
        found = [*_of_pyproject(folder / "pyproject.toml"), *_of_dg_toml(folder / "dg.toml")]
        if not found:
            raise SettingsError(
                f"{path}: the project {named!r} of the workspace names no code.",
                hint=f"Write root_module under [tool.dg.project] in {folder / 'pyproject.toml'}.",
            )
        yield from found


def _of_workspace(path: Path) -> Iterator[CodeTarget]:
    if not path.is_file():
        return
    import yaml

    try:
        content = yaml.safe_load(path.read_text()) or {}
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    entries = content.get("load_from") if isinstance(content, Mapping) else None
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise SettingsError(f"{path} has no list `load_from`.", hint="See the format of workspace.yaml.")
    for entry in entries:
        yield _of_workspace_entry(entry, path)


def _of_workspace_entry(entry: Any, path: Path) -> CodeTarget:
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise SettingsError(f"{path}: an entry of load_from is one of python_file, python_module, not {entry!r}.")
    ((kind, given),) = entry.items()
    if kind not in ("python_file", "python_module", "python_package"):
        raise SettingsError(f"{path}: load_from has {kind!r}, which Earmark cannot load.")
    what = "relative_path" if kind == "python_file" else "module_name" if kind == "python_module" else "package_name"
    table: Mapping[str, Any] = given if isinstance(given, Mapping) else {what: given}
    named = _text(table, what, path)
    if named is None:
        raise SettingsError(f"{path}: {kind} says no {what}.")
    folder = path.parent / (_text(table, "working_directory", path) or ".")
    return CodeTarget(
        module=None if kind == "python_file" else named,
        file=path.parent / named if kind == "python_file" else None,
        working_directory=folder,
        attribute=_text(table, "attribute", path),
        name=_text(table, "location_name", path) or named,
        python_executable=_text(table, "executable_path", path),
        dagster_alias=_project_alias(path.parent),
        source=str(path),
    )


def _project_alias(start: Path) -> bool | None:
    folder = project_folder(start)
    if folder is None:
        return None
    path = folder / "pyproject.toml"
    return _bool(_table(_table(_toml(path), "tool", path), "earmark", path), "dagster-alias", path)


def _absolute(start: Path, given: str | Path) -> Path:
    return (start / Path(given).expanduser()).resolve()


def _python_files(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.py")] if folder.is_dir() else []


def _toml(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", path=str(path)) from error


def _table(within: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = within.get(key, {})
    if not isinstance(found, Mapping):
        raise SettingsError(f"{path}: {key!r} is a table, not {found!r}.")
    return found


def _text(table: Mapping[str, Any], key: str, path: Path) -> str | None:
    found = table.get(key)
    if found is None or (isinstance(found, str) and found):
        return found
    raise SettingsError(f"{path}: {key!r} is text, not {found!r}.")


def _bool(table: Mapping[str, Any], key: str, path: Path) -> bool | None:
    found = table.get(key)
    if found is None or isinstance(found, bool):
        return found
    raise SettingsError(f"{path}: {key!r} is true or false, not {found!r}.")
