"""Which definitions a module holds, by the type of its variables."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from earmark.define.assets.asset_job import UnresolvedAssetJobDefinition
from earmark.define.assets.assets_definition import AssetsDefinition
from earmark.define.assets.source_asset import SourceAsset
from earmark.define.definitions import Definitions
from earmark.define.load_definitions import LazyDefinitions, load_definitions_from_module
from earmark.define.ops.graph import GraphDefinition
from earmark.define.ops.job import JobDefinition
from earmark.define.repository import RepositoryDefinition
from earmark.specs.asset import AssetSpec
from earmark.values.errors import DagsterError, DagsterInvariantViolationError, did_you_mean

_WHOLE = (Definitions, LazyDefinitions, RepositoryDefinition)
_JOBS = (JobDefinition, UnresolvedAssetJobDefinition)
_ASSETS = (AssetsDefinition, SourceAsset, AssetSpec)
_PARTS = (*_JOBS, *_ASSETS, GraphDefinition)


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
    whole = {name: value for name, value in vars(module).items() if isinstance(value, _WHOLE)}
    if whole:
        return _of_value(_only(whole, label), label)
    found = load_definitions_from_module(module)
    if _is_empty(found):
        raise _nothing(label)
    return found


def _is_empty(found: Definitions) -> bool:
    return not (found.assets or found.asset_checks or found.jobs or found.schedules or found.sensors)


def _nothing(label: str) -> DagsterInvariantViolationError:
    return DagsterInvariantViolationError(
        f"{label} defines nothing: it has no Definitions, repository, asset, job, schedule or sensor.",
        hint="Name the module that holds them, or the variable with -a.",
    )


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
        names = [name for name in vars(module) if not name.startswith("__")]
        raise DagsterInvariantViolationError(f"{label} has no {attribute!r} (-a).{did_you_mean(attribute, names)}")
    value = getattr(module, attribute)
    if callable(value) and not isinstance(value, (*_WHOLE, *_PARTS)):
        value = _called(value, label)
    return _of_value(value, label)


def _of_value(value: Any, label: str) -> Definitions:
    if isinstance(value, Definitions):
        return value
    if isinstance(value, RepositoryDefinition):
        return value.definitions
    if isinstance(value, LazyDefinitions):
        made: Definitions = _called(value, label)
        return made
    things = list(value) if isinstance(value, (list, tuple)) else [value]
    kinds = [getattr(type(thing), "automation_type", None) for thing in things]
    assets = [thing for thing in things if isinstance(thing, _ASSETS)]
    found = Definitions(
        assets=[thing for thing in assets if not getattr(thing, "is_checks_only", False)],
        asset_checks=[thing for thing in assets if getattr(thing, "is_checks_only", False)],
        jobs=[
            thing.to_job() if isinstance(thing, GraphDefinition) else thing
            for thing in things
            if isinstance(thing, (*_JOBS, GraphDefinition))
        ],
        schedules=[thing for thing, kind in zip(things, kinds, strict=True) if kind == "schedule"],
        sensors=[thing for thing, kind in zip(things, kinds, strict=True) if kind == "sensor"],
    )
    if _is_empty(found):
        raise _nothing(label)
    return found


def _called(function: Callable[[], Any], label: str) -> Any:
    try:
        return function()
    except DagsterError:
        raise
    except Exception as error:
        raise DagsterError(f"{label}: making its definitions raised.") from error
