"""The configuration of a run, from config objects or from plain dicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earmark.define.config.env import environment_reference
from earmark.values.errors import DagsterInvalidConfigError, caller_location


class RunConfig:
    """The configuration of a run.

    Args:
        ops: From op or asset names to a config object, or to a dict such as ``{"config": {...}}``.
        resources: From resource keys to a resource object, or to a dict such as ``{"config": {...}}``.
        loggers: From logger names to dicts.
        execution: The executor's part, as a dict.

    Raises:
        DagsterInvalidConfigError: One of them is not a dict.

    Example:
        >>> RunConfig(ops={"clean": {"config": {"days": 7}}}).to_config_dict()["ops"]
        {'clean': {'config': {'days': 7}}}
    """

    def __init__(
        self,
        ops: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
        loggers: Mapping[str, Any] | None = None,
        execution: Mapping[str, Any] | None = None,
    ) -> None:
        self.ops = _a_dict("ops", ops)
        self.resources = _a_dict("resources", resources)
        self.loggers = _a_dict("loggers", loggers)
        self.execution = _a_dict("execution", execution)

    def to_config_dict(self) -> dict[str, Any]:
        """Return the configuration as JSON; references to the environment as ``{"env": "NAME"}``."""
        return {
            "loggers": {name: _plain(value) for name, value in self.loggers.items()},
            "resources": {key: _node(value) for key, value in self.resources.items()},
            "ops": {name: _node(value) for name, value in self.ops.items()},
            "execution": _plain(self.execution),
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunConfig) and self.to_config_dict() == other.to_config_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"RunConfig(ops={self.ops!r}, resources={self.resources!r}, loggers={self.loggers!r},"
            f" execution={self.execution!r})"
        )


def run_config_dict(run_config: RunConfig | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a run's configuration as JSON: a :class:`RunConfig`, a dict that may hold config objects, or nothing.

    Raises:
        DagsterInvalidConfigError: It is none of these.

    Example:
        >>> run_config_dict(RunConfig(ops={"clean": {"config": {"days": 7}}}))
        {'ops': {'clean': {'config': {'days': 7}}}}
    """
    if run_config is None:
        return {}
    if isinstance(run_config, RunConfig):
        return {section: value for section, value in run_config.to_config_dict().items() if value}
    if not isinstance(run_config, Mapping):
        raise DagsterInvalidConfigError(
            f"A run's configuration is a RunConfig or a dict, not {run_config!r} ({type(run_config).__name__}).",
            config_value=run_config,
        )
    return {section: _plain(value) for section, value in run_config.items()}


def _a_dict(section: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise DagsterInvalidConfigError(
            f"RunConfig({section}=...) is a dict, not {value!r} ({type(value).__name__}). (at {caller_location()})",
            config_value=value,
        )
    return dict(value)


def _node(value: Any) -> Any:
    as_config = getattr(type(value), "__run_config__", None)
    if as_config is not None:
        return {"config": as_config(value)}
    if isinstance(value, Mapping) and isinstance(value.get("ops"), Mapping):
        inner = {name: _node(node) for name, node in value["ops"].items()}
        return {**{name: _plain(item) for name, item in value.items()}, "ops": inner}
    return _plain(value)


def _plain(value: Any) -> Any:
    as_config = getattr(type(value), "__run_config__", None)
    if as_config is not None:
        return as_config(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if type(value) in (str, int, float, bool) or value is None:
        return value
    return environment_reference(value) or value
