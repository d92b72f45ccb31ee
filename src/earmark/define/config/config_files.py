"""Run config from YAML: files, resources of packages, texts; merged, the later over the earlier."""

from __future__ import annotations

import glob
import importlib.resources
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from earmark.values.errors import DagsterInvariantViolationError, caller_location


def config_from_files(config_files: Sequence[str]) -> dict[str, Any]:
    """Return the run config of YAML files.

    Args:
        config_files: Paths or glob patterns; files of one pattern in the order of their names.

    Raises:
        DagsterInvariantViolationError: A pattern finds no file, or a file is not YAML or holds no mapping.

    Example:
        >>> import pathlib
        >>> _ = pathlib.Path("run.yaml").write_text("ops: {clean: {config: {days: 7}}}")
        >>> config_from_files(["run.yaml"])
        {'ops': {'clean': {'config': {'days': 7}}}}
    """
    if isinstance(config_files, str):
        raise _refuse(f"config_files is a list of paths, not the text {config_files!r}.")
    found: list[str] = []
    for pattern in config_files:
        files = sorted(glob.glob(str(pattern)))
        if not files:
            raise _refuse(f'File or glob pattern "{pattern}" for "config_files" produced no results.')
        found.extend(files)
    return _merged((name, Path(name).read_text(encoding="utf-8")) for name in found)


def config_from_yaml_strings(yaml_strings: Sequence[str]) -> dict[str, Any]:
    """Return the run config of YAML texts.

    Raises:
        DagsterInvariantViolationError: A text is not YAML or holds no mapping.

    Example:
        >>> config_from_yaml_strings(["ops: {a: {}}", "ops: {b: {}}"])
        {'ops': {'a': {}, 'b': {}}}
    """
    return _merged((f"text {number}", text) for number, text in enumerate(yaml_strings, start=1))


def config_from_pkg_resources(pkg_resource_defs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the run config of YAML files that packages ship.

    Args:
        pkg_resource_defs: Pairs of a package's name and a file's path within it.

    Raises:
        DagsterInvariantViolationError: There is no such package or file, or it is not YAML or holds no mapping.

    Example:
        >>> config_from_pkg_resources([])
        {}
    """
    return _merged((f"{package}:{name}", _read(package, name)) for package, name in pkg_resource_defs)


def _read(package: str, name: str) -> str:
    try:
        return importlib.resources.files(package).joinpath(name).read_text(encoding="utf-8")
    except (ImportError, OSError) as error:
        raise _refuse(f"The package {package!r} has no file {name!r}: {error}.") from error


def _merged(texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    import yaml

    whole: dict[str, Any] = {}
    for name, text in texts:
        try:
            part = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise _refuse(f"Encountered error attempting to parse yaml: {name}: {error}") from error
        if part is None:
            continue
        if not isinstance(part, dict):
            raise _refuse(f"Expected YAML from {name} to parse to dictionary, instead got: {part!r:.100}.")
        whole = _over(whole, part)
    return whole


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        known = merged.get(key)
        merged[key] = _over(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _refuse(message: str) -> DagsterInvariantViolationError:
    return DagsterInvariantViolationError(message, where=caller_location())
