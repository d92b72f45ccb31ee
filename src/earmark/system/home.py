"""The home: the folder in which runs, events, logs and stored values lie."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from earmark.values.errors import StoreError

OWN_VARIABLE = "EARMARK_HOME"
DAGSTER_VARIABLE = "DAGSTER_HOME"
FOLDER_IN_DAGSTER_HOME = "earmark"
FOLDER_IN_PROJECT = ".earmark"
_IGNORE_ALL = "# Made by Earmark: runs, logs and stored values are no source code.\n*\n"


class Home(msgspec.Struct, frozen=True):
    """Where Earmark writes, and what said so.

    Args:
        path: The folder that Earmark writes to; absolute.
        source: The environment variable that named it, or ``project``, or ``folder`` where there is no project.
        settings_folder: The folder of the settings files: ``path``, or the folder of a ``DAGSTER_HOME``.
        project: The folder of the project's ``pyproject.toml``, if one was found.
    """

    path: Path
    source: Literal["EARMARK_HOME", "DAGSTER_HOME", "project", "folder"]
    settings_folder: Path
    project: Path | None = None

    @property
    def is_implied(self) -> bool:
        """Whether no environment variable named it."""
        return self.source in ("project", "folder")

    @property
    def notice(self) -> str:
        """A line that says which folder is used and why; empty where ``EARMARK_HOME`` says it."""
        if self.source == "EARMARK_HOME":
            return ""
        if self.source == "DAGSTER_HOME":
            return f"home: {self.path} (in {DAGSTER_VARIABLE}; set {OWN_VARIABLE} for another)"
        beside = "beside pyproject.toml" if self.source == "project" else "of this folder"
        return f"home: {self.path} ({beside}; set {OWN_VARIABLE} for another)"


def find_home(
    start: Path | None = None,
    *,
    module: str | None = None,
    environ: Mapping[str, str] | None = None,
    create: bool = True,
) -> Home:
    """Return the home: ``EARMARK_HOME``, else ``earmark/`` in ``DAGSTER_HOME``, else ``.earmark/`` of the project.

    Args:
        start: The folder from which the project is looked for, upwards; the current one if ``None``.
        module: A module of the project, where it may lie elsewhere than ``start``; it is not imported.
        environ: The environment; the process's own if ``None``.
        create: Whether the folder is made where it is missing, with a ``.gitignore`` of its own.

    Raises:
        StoreError: The folder cannot be made or written; the message names it.
    """
    environ = os.environ if environ is None else environ
    start = Path.cwd() if start is None else start
    project = project_of(start, module)
    home = _named(environ, start, project) or _implied(start, project)
    if create:
        _make(home)
    return home


def _named(environ: Mapping[str, str], start: Path, project: Path | None) -> Home | None:
    if environ.get(OWN_VARIABLE):
        path = _absolute(environ[OWN_VARIABLE], start)
        return Home(path, "EARMARK_HOME", path, project)
    if environ.get(DAGSTER_VARIABLE):
        folder = _absolute(environ[DAGSTER_VARIABLE], start)
        return Home(folder / FOLDER_IN_DAGSTER_HOME, "DAGSTER_HOME", folder, project)
    return None


def _implied(start: Path, project: Path | None) -> Home:
    path = (project or start.resolve()) / FOLDER_IN_PROJECT
    return Home(path, "folder" if project is None else "project", path, project)


def project_of(start: Path, module: str | None = None) -> Path | None:
    """Return the folder of the project's ``pyproject.toml``, or ``None`` if there is none; see :func:`find_home`."""
    begins = [start.resolve()]
    if module is not None:
        # Where a module's top package lies is seen without importing it, which would run the user's code.
        top = module.partition(".")[0]
        found = (Path(entry or ".").resolve() for entry in sys.path)
        begins += [entry for entry in found if (entry / top).is_dir() or (entry / f"{top}.py").is_file()]
    for begin in begins:
        for folder in (begin, *begin.parents):
            if (folder / "pyproject.toml").is_file():
                return folder
    return None


def _absolute(text: str, start: Path) -> Path:
    return (start / Path(text).expanduser()).resolve()


def _make(home: Home) -> None:
    path = home.path
    try:
        fresh = not path.exists()
        path.mkdir(parents=True, exist_ok=True)
        ignore = path / ".gitignore"
        if (fresh or home.is_implied) and not ignore.exists():
            ignore.write_text(_IGNORE_ALL)
    except OSError as error:
        raise _refused(home, error.strerror or str(error)) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise _refused(home, "it is not writable")


def _refused(home: Home, why: str) -> StoreError:
    said = "It lies where the project is." if home.is_implied else f"{home.source} says so."
    return StoreError(
        f"The home {home.path} cannot be used: {why}.",
        hint=f"{said} Set {OWN_VARIABLE} to a folder that you may write to.",
        path=str(home.path),
    )
