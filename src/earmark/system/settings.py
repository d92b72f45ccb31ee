"""The settings of an instance: read once, at an entry point, as frozen data."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from earmark.runs.limits import PoolLimits, QueuePolicy
from earmark.runs.policies import Retention, RunMonitoring, RunRetries
from earmark.system.home import Home, project_of
from earmark.system.sections import read_flow_section, read_sections
from earmark.system.serving import ServerSettings
from earmark.system.table import SettingsFile, SettingsTable
from earmark.tags.flow import FlowRule
from earmark.tags.policy import TagPolicy
from earmark.values.errors import SettingsError

OWN_FILE = "earmark.toml"
PROJECT_FILE = "pyproject.toml"
DAGSTER_FILE = "dagster.yaml"

CODE_KEYS = (
    "module",
    "file",
    "attribute",
    "working-directory",
    "name",
    "dagster-alias",
    "python-executable",
    "locations",
)
"""What ``[tool.earmark]`` says about code. It is read by whoever loads code, not here."""

NOT_USED_OF_DAGSTER = (
    "storage", "run_launcher", "run_coordinator", "run_storage", "event_log_storage", "schedule_storage",
    "compute_logs", "local_artifact_storage", "defs_state_storage", "scheduler", "instance_class", "auto_materialize",
    "backfills", "schedules", "sensors", "code_servers", "freshness", "nux", "python_logs", "secrets", "telemetry",
)  # fmt: skip
"""Sections of ``dagster.yaml`` that have no effect."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set about an instance.

    Args:
        storage: The address of the store; ``None`` for SQLite in the home.
        durability: Of SQLite: ``normal`` survives the death of any process, ``full`` the loss of power too.
        queue: Which queued runs may start, and in which order.
        pools: How many slots pools have.
        run_retries: How failed runs are executed again.
        run_monitoring: How long runs may take to start, run and end.
        retention: For how long runs and ticks are kept.
        tag_flow: Which tags of assets reach the runs that write them.
        tag_policies: What the project declares about keys of tags.
        traces: Whether requests, runs and steps are traced; ``None`` leaves it to the environment.
        server: How the API and the UI are served.
        sources: The files that something was read from.
        warnings: Sentences about what a file says in vain.
    """

    storage: str | None = None
    durability: str = "normal"
    queue: QueuePolicy = QueuePolicy()
    pools: PoolLimits = PoolLimits()
    run_retries: RunRetries = RunRetries()
    run_monitoring: RunMonitoring = RunMonitoring()
    retention: Retention = Retention()
    tag_flow: Mapping[str, FlowRule] = {}
    tag_policies: tuple[TagPolicy, ...] = ()
    traces: bool | None = None
    server: ServerSettings = ServerSettings()
    sources: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


def read_settings(home: Home, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of a home and its project.

    ``earmark.toml`` in the home comes first; what it does not say (section by section) is taken from ``[tool.earmark]``
    in the project's ``pyproject.toml``. Only where neither says anything about runs is ``dagster.yaml`` read.

    Args:
        home: The home.
        environ: What ``{env = "NAME"}`` in a file reads; the process's environment if ``None``.

    Raises:
        SettingsError: A file cannot be read, or holds an unknown key or a bad value; the message names file and line.
    """
    environ = os.environ if environ is None else environ
    unused: list[str] = []
    sources: list[Path] = []
    parts: dict[str, Any] = {}
    for path, pick, known in _own_files(home):
        values = pick(_toml(path))
        if not values:
            continue
        file = SettingsFile(path, path.read_text(encoding="utf-8"), environ)
        prefix = () if path.name == OWN_FILE else ("tool", "earmark")
        read = read_sections(SettingsTable(file, values, prefix, unused), known)
        if read:
            sources.append(path)
        parts = {**read, **parts}
    warnings: list[str] = []
    if not parts.keys() - {"tag_flow", "tag_policies", "storage", "durability"}:
        theirs = _dagster_file(home)
        if theirs is not None:
            file = SettingsFile(theirs, theirs.read_text(encoding="utf-8"), environ)
            table = SettingsTable(file, _yaml(theirs), (), unused)
            table.ignore(*NOT_USED_OF_DAGSTER)
            parts = {**read_sections(table, ()), **parts}
            sources.append(theirs)
            if unused:
                warnings.append(f"{theirs}: these settings are not used: {', '.join(unused)}.")
    return Settings(**parts, sources=tuple(sources), warnings=tuple(warnings))


def flow_of_project(start: Path | None = None) -> Mapping[str, FlowRule]:
    """Return which tags of assets reach runs that belong to no home, as the project around a folder declares it.

    Args:
        start: The folder; the current one if ``None``.

    Raises:
        SettingsError: ``[tool.earmark.tags] flow`` holds a bad value; the message names file and line.
    """
    project = project_of(Path.cwd() if start is None else start)
    if project is None:
        return {}
    path = project / PROJECT_FILE
    return _flow_in(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _flow_in(path: Path, _modified: int) -> Mapping[str, FlowRule]:
    values = _tool_table(_toml(path))
    file = SettingsFile(path, path.read_text(encoding="utf-8"))
    return read_flow_section(SettingsTable(file, values, ("tool", "earmark"), []).table("tags"))


def _own_files(home: Home) -> list[tuple[Path, Callable[[dict[str, Any]], Mapping[str, Any]], tuple[str, ...]]]:
    found: list[tuple[Path, Callable[[dict[str, Any]], Mapping[str, Any]], tuple[str, ...]]] = []
    own = home.path / OWN_FILE
    if own.is_file():
        found.append((own, lambda values: values, ()))
    if home.project is not None and (home.project / PROJECT_FILE).is_file():
        found.append((home.project / PROJECT_FILE, _tool_table, CODE_KEYS))
    return found


def _tool_table(values: dict[str, Any]) -> Mapping[str, Any]:
    tool = values.get("tool")
    table = tool.get("earmark") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{PROJECT_FILE}: tool.earmark is a table, not {table!r}.")
    return table or {}


def _dagster_file(home: Home) -> Path | None:
    folders = [home.settings_folder] if home.project is None else [home.settings_folder, home.project]
    return next((folder / DAGSTER_FILE for folder in folders if (folder / DAGSTER_FILE).is_file()), None)


def _toml(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.", path=str(path)) from error


def _yaml(path: Path) -> Mapping[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.", path=str(path)) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"{path} holds no settings but {type(values).__name__}.", path=str(path))
    return values
