"""Importing this module makes ``import dagster`` mean :mod:`earmark.dagster`, here and in processes started from here.

Example:
    >>> import earmark.dagster.install
    >>> import dagster, earmark
    >>> dagster.asset is earmark.asset
    True
"""

from __future__ import annotations

import dis
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import TYPE_CHECKING

import earmark.dagster
import earmark.dagster.components
import earmark.dagster.version
from earmark.dagster.names import API_NAMES

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:  # the import system asks for their methods only, and their module brings tempfile, random and more
    Loader = MetaPathFinder = object

ALIAS = "dagster"
ENVIRONMENT = "EARMARK_DAGSTER_ALIAS"
"""Set to ``1`` for processes started from here, so that they install the alias too when they import Earmark."""

_SUBMODULES = {
    f"{ALIAS}.version": earmark.dagster.version,
    f"{ALIAS}.components": earmark.dagster.components,
}


def install() -> None:
    """Make ``dagster`` the name of :mod:`earmark.dagster` too. Doing it again changes nothing.

    Raises:
        ImportError: The real Dagster is imported already; its objects would not be ours.
    """
    present = sys.modules.get(ALIAS)
    if present is not None and present is not earmark.dagster:
        raise ImportError(
            f"Earmark cannot take the name 'dagster': {_described(present)} is imported already. Import"
            " earmark.dagster.install before anything imports dagster, or leave the alias off (dagster-alias = false in"
            " [tool.earmark]).",
            name=ALIAS,
        )
    sys.modules[ALIAS] = earmark.dagster
    os.environ[ENVIRONMENT] = "1"
    if not any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())


def _described(module: ModuleType) -> str:
    version = getattr(module, "__version__", None)
    file = getattr(module, "__file__", None)
    return f"the real one{f' ({version})' if version else ''}{f' at {file}' if file else ''}"


class AliasFinder(MetaPathFinder):
    """Answers for ``dagster.*``: the few public submodules, and for private ones an error with their public home."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a public submodule; leave names outside ``dagster`` to others.

        Raises:
            ModuleNotFoundError: The submodule is private, not there yet, or does not exist.
        """
        if not fullname.startswith(f"{ALIAS}."):
            return None
        module = _SUBMODULES.get(fullname)
        if module is not None:
            return ModuleSpec(fullname, _Present(module))
        asked, names = _statement(sys._getframe(1), fullname)
        raise ModuleNotFoundError(_refusal(asked, names), name=fullname)


class _Present(Loader):
    """Hands out a module that is imported already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        pass


def _statement(frame: FrameType | None, fullname: str) -> tuple[str, list[str]]:
    """Return the module and the names that the import statement being executed asks for.

    Python imports ``a.b.c`` one package after the other, so the finder itself is only told of the first private one.
    """
    while frame is not None and _is_machinery(frame):
        frame = frame.f_back
    if frame is None:
        return fullname, []
    instructions = [one for one in dis.get_instructions(frame.f_code) if one.offset >= frame.f_lasti]
    if not instructions or instructions[0].opname != "IMPORT_NAME":
        return fullname, []
    names = []
    for one in instructions[1:]:
        if one.opname == "IMPORT_FROM":
            names.append(str(one.argval))
        elif not one.opname.startswith("STORE_") and one.opname != "EXTENDED_ARG":
            break
    return str(instructions[0].argval), names


def _is_machinery(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[0] == "importlib" or frame.f_code.co_filename.startswith(
        "<frozen importlib"
    )


def _refusal(asked: str, names: list[str]) -> str:
    public = [name for name in names or [asked.rpartition(".")[2]] if name in API_NAMES]
    if any(part.startswith("_") for part in asked.split(".")):
        what = f"{asked} is private to Dagster; Earmark has only what is public."
    else:
        what = f"Dagster's API, as Earmark has it, has no module {asked!r}."
    if not public:
        return what
    missing = [name for name in public if name not in earmark.dagster._EXPORTS]
    later = f" (Earmark does not have {', '.join(missing)} yet.)" if missing else ""
    return f"{what} The public home: `from dagster import {', '.join(public)}`.{later}"


install()
