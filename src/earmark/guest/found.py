"""Which definitions a module holds, by the type of its variables."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from earmark.define.asset_job import UnresolvedAssetJobDefinition
from earmark.define.assets_definition import AssetsDefinition
from earmark.define.definitions import Definitions
from earmark.define.graph import GraphDefinition
from earmark.define.job import JobDefinition
from earmark.define.source_asset import SourceAsset
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterError, DagsterInvariantViolationError, did_you_mean

_JOBS = (JobDefinition, UnresolvedAssetJobDefinition)
_ASSETS = (AssetsDefinition, SourceAsset, AssetSpec)
_KNOWN = (*_JOBS, *_ASSETS, GraphDefinition, Definitions)


def definitions_of(module: ModuleType, attribute: str | None, label: str) -> Definitions:
    """Return the definitions of a module.

    Args:
        module: The module.
        attribute: The variable or function to take; found by type if ``None``.
        label: What people call the module.

    Raises:
        DagsterInvariantViolationError: There are none, several, or the attribute is not one.
        DagsterError: A function that makes them raised; ``__cause__`` is what it raised.
    """
    if attribute is not None:
        return _of_attribute(module, attribute, label)
    variables = {name: value for name, value in vars(module).items() if not name.startswith("__")}
    whole = {name: value for name, value in variables.items() if _is_whole(value)}
    if whole:
        return as_definitions(_only(whole, label), label)
    return _loose(variables.values(), label)


def as_definitions(value: Any, label: str) -> Definitions:
    """Return what a variable holds as definitions.

    Raises:
        DagsterInvariantViolationError: It is nothing that definitions can be made of.
    """
    if isinstance(value, Definitions):
        return value
    if hasattr(value, "get_definitions"):
        return as_definitions(_called(value.get_definitions, label), label)
    if isinstance(value, GraphDefinition):
        return Definitions(jobs=[value.to_job()])
    things = list(value) if isinstance(value, (list, tuple, set, frozenset)) else [value]
    return _loose(things, label)


def _is_whole(value: Any) -> bool:
    if isinstance(value, type):
        return False
    return isinstance(value, Definitions) or hasattr(value, "get_definitions")


def _only(whole: dict[str, Any], label: str) -> Any:
    different = list({id(value): value for value in whole.values()}.values())
    if len(different) == 1:
        return different[0]
    raise DagsterInvariantViolationError(
        f"{label} has more than one set of definitions: {', '.join(sorted(whole))}.",
        hint="Merge them with Definitions.merge, or name one with -a.",
        names=sorted(whole),
    )


def _of_attribute(module: ModuleType, attribute: str, label: str) -> Definitions:
    if not hasattr(module, attribute):
        raise DagsterInvariantViolationError(
            f"{label} has no {attribute!r} (-a).{did_you_mean(attribute, vars(module))}"
        )
    value = getattr(module, attribute)
    if callable(value) and not isinstance(value, _KNOWN) and not hasattr(value, "get_definitions"):
        value = _called(value, label)
    return as_definitions(value, label)


def _called(function: Any, label: str) -> Any:
    try:
        return function()
    except Exception as error:
        raise DagsterError(f"{label}: making its definitions raised.") from error


def _loose(things: Iterable[Any], label: str) -> Definitions:
    """Return definitions made of what stands in a module by itself."""
    once = list({id(thing): thing for thing in things}.values())
    assets = [thing for thing in once if isinstance(thing, _ASSETS)]
    jobs = [thing for thing in once if isinstance(thing, _JOBS)]
    schedules = [
        thing for thing in once if _is_named(thing, "ScheduleDefinition", "UnresolvedPartitionedAssetSchedule")
    ]
    sensors = [thing for thing in once if _is_named(thing, "SensorDefinition")]
    if not (assets or jobs or schedules or sensors):
        raise DagsterInvariantViolationError(
            f"{label} defines nothing: it has no Definitions, repository, asset, job, schedule or sensor.",
            hint="Name the module that holds them, or the variable with -a.",
        )
    checks = [thing for thing in assets if getattr(thing, "is_checks_only", False)]
    return Definitions(
        assets=[thing for thing in assets if not any(thing is check for check in checks)],
        asset_checks=checks,
        jobs=jobs,
        schedules=schedules,
        sensors=sensors,
    )


def _is_named(thing: Any, *names: str) -> bool:
    return any(base.__name__ in names and base.__module__.startswith("earmark.") for base in type(thing).__mro__)
