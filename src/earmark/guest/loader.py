"""Importing a project's code and finding its definitions in it."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

import msgspec

from earmark.define.definitions import Definitions
from earmark.guest.found import definitions_of
from earmark.guest.project import CodeTarget
from earmark.values.errors import DagsterCodeLocationLoadError, DagsterError, did_you_mean

_OWN = str(Path(__file__).resolve().parents[1])
_MACHINERY = "<frozen importlib"


class LoadedCode(msgspec.Struct, frozen=True):
    """A code location that has loaded.

    Args:
        target: What was loaded.
        definitions: Its definitions.
        module: The module that held them.
    """

    target: CodeTarget
    definitions: Definitions
    module: ModuleType


def load(target: CodeTarget) -> LoadedCode:
    """Import a code location and find its definitions; they are not yet checked against each other.

    What is taken is, in this order: the attribute that the target names; the one :class:`Definitions` of the module, or
    the one function that makes it; its one repository; else all assets, checks, jobs, schedules, sensors and resources
    that stand in the module by themselves.

    Raises:
        DagsterCodeLocationLoadError: The code cannot be imported or raises. ``facts['traceback']`` is the user's own
            part of the traceback, as text; ``facts['error']`` is the exception.
        DagsterInvariantViolationError: It holds no definitions, or several.
    """
    use_alias(target.dagster_alias)
    start_imports_from(target)
    module = import_target(target)
    try:
        found = definitions_of(module, target.attribute, target.label)
    except DagsterError as error:
        if error.__cause__ is None:
            raise
        told = error.__cause__ if error.where is None else error
        raise _load_error(target, told) from error.__cause__
    return LoadedCode(target, found, module)


def use_alias(wanted: bool | None) -> None:
    """Make ``import dagster`` mean Earmark where that is wanted; ``None``: where Dagster is not installed.

    Raises:
        DagsterCodeLocationLoadError: It is wanted, and the real one is imported already.
    """
    if wanted is False or (wanted is None and _dagster_is_there()):
        return
    try:
        from earmark.dagster.install import install
    except ImportError as error:
        raise DagsterCodeLocationLoadError(str(error)) from error
    install()


def _dagster_is_there() -> bool:
    if "dagster" in sys.modules:
        return True
    return importlib.util.find_spec("dagster") is not None


def start_imports_from(target: CodeTarget) -> None:
    """Put the target's working directory, or its file's folder, at the head of the search path."""
    folder = target.working_directory
    if target.file is not None:
        _put_first(str(target.file.parent))
    if folder is not None:
        _put_first(str(folder))


def _put_first(folder: str) -> None:
    if sys.path[:1] == [folder]:
        return
    if folder in sys.path:
        sys.path.remove(folder)
    sys.path.insert(0, folder)


def import_target(target: CodeTarget) -> ModuleType:
    """Import the target's module or file and return the module.

    Raises:
        DagsterCodeLocationLoadError: It cannot be imported.
    """
    try:
        if target.file is not None:
            return _import_file(target.file)
        assert target.module is not None
        return importlib.import_module(target.module)
    except SystemExit as error:
        raise _load_error(target, error) from error
    except Exception as error:
        raise _load_error(target, error) from error


def _import_file(path: Path) -> ModuleType:
    name = path.stem
    present = sys.modules.get(name)
    if present is not None and getattr(present, "__file__", None) == str(path):
        return present
    if present is not None:
        # The name is taken by another module, which others may still need.
        name = f"{name}_{abs(hash(str(path))):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def forget(target: CodeTarget) -> None:
    """Forget the modules of the target's folder, so that loading it again takes up changed code."""
    folder = target.working_directory or (target.file.parent if target.file else None)
    if folder is None:
        return
    root = str(folder.resolve())
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(f"{root}/") and "site-packages" not in file and not file.startswith(_OWN):
            del sys.modules[name]
    importlib.invalidate_caches()


def _load_error(target: CodeTarget, error: BaseException) -> DagsterCodeLocationLoadError:
    where = f" (named by {target.source})" if target.source and not target.source.startswith("-") else ""
    if _is_missing_itself(target, error):
        return DagsterCodeLocationLoadError(
            f"There is no module {target.module!r}{where}.{_near_modules(target)}",
            hint=f"Imports start from {target.working_directory}; -d names another folder.",
            error=error,
            traceback="",
        )
    if isinstance(error, DagsterError) and error.where is not None:
        # It says itself what is wrong and where; a stack would only repeat it.
        return DagsterCodeLocationLoadError(
            f"{target.label} could not be imported{where}: {error.message}",
            where=error.where,
            hint=error.hint,
            error=error,
            traceback="" if error.__cause__ is None else users_traceback(error.__cause__),
        )
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return DagsterCodeLocationLoadError(
        f"{target.label} could not be imported{where}: {what}", error=error, traceback=users_traceback(error)
    )


def _is_missing_itself(target: CodeTarget, error: BaseException) -> bool:
    if not isinstance(error, ModuleNotFoundError) or target.module is None or error.name is None:
        return False
    return target.module == error.name or target.module.startswith(f"{error.name}.")


def _near_modules(target: CodeTarget) -> str:
    assert target.module is not None
    package, _, last = target.module.rpartition(".")
    folder = (target.working_directory or Path.cwd()).joinpath(*package.split(".")) if package else None
    folder = folder or target.working_directory or Path.cwd()
    if not folder.is_dir():
        return ""
    names = [path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    prefix = f"{package}." if package else ""
    return did_you_mean(f"{prefix}{last}", [f"{prefix}{name}" for name in names])


def users_traceback(error: BaseException) -> str:
    """Return a traceback as Python prints it, without the frames of Earmark and of the import machinery."""
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        parts.append(_one_traceback(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\nThe error above led to this one:\n\n".join(reversed(parts)).rstrip("\n")


def _one_traceback(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_users(frame.filename)]
    text = "".join(traceback.format_exception_only(error))
    return "Traceback (most recent call last):\n" + "".join(traceback.format_list(frames)) + text if frames else text


def _is_users(file: str) -> bool:
    return not (file.startswith((_OWN, _MACHINERY)) or file == importlib.__file__)
