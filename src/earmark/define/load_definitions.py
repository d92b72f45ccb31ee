"""Definitions made of everything that modules define, and definitions made by a function."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from earmark.define.assets.asset_job import UnresolvedAssetJobDefinition
from earmark.define.assets.load_assets import (
    calling_module,
    load_asset_checks_from_modules,
    load_assets_from_modules,
    modules_of,
)
from earmark.define.definition_arguments import automation_kind
from earmark.define.definitions import Definitions
from earmark.define.function import location_of
from earmark.define.ops.job import JobDefinition
from earmark.values.errors import DagsterInvalidDefinitionError


class LazyDefinitions:
    """Definitions that a function makes when they are first needed; made by :func:`definitions`."""

    def __init__(self, load_fn: Callable[..., Any]) -> None:
        self.load_fn = load_fn
        self._loaded: Definitions | None = None
        functools.update_wrapper(self, load_fn, updated=())

    def __call__(self, context: Any = None) -> Definitions:
        """Return the definitions, calling the function the first time."""
        if self._loaded is None:
            wants_context = self.load_fn.__code__.co_argcount > 0
            made = self.load_fn(context) if wants_context else self.load_fn()
            if not isinstance(made, Definitions):
                raise DagsterInvalidDefinitionError(
                    f"A function under @definitions returns Definitions, not {made!r} ({type(made).__name__}).",
                    where=location_of(self.load_fn),
                )
            self._loaded = made
        return self._loaded


def definitions(fn: Callable[..., Any]) -> LazyDefinitions:
    """Make definitions of a function that returns them; it is called when a code location is loaded.

    Raises:
        DagsterInvalidDefinitionError: When called: the function returned something else.

    Example:
        >>> @definitions
        ... def everything():
        ...     return Definitions()
        >>> everything()
        <Definitions of nothing>
    """
    return LazyDefinitions(fn)


def load_definitions_from_modules(
    modules: Iterable[ModuleType],
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """Return everything that is a variable of modules: assets, checks, jobs, schedules and sensors.

    Args:
        modules: The modules, imported already.
        resources: What the resource keys mean.
        loggers: Loggers by name.
        executor: How steps are executed.

    Raises:
        DagsterInvalidDefinitionError: Two modules define one thing.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop")
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_definitions_from_modules([shop]).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """
    listed = list(modules)
    jobs: dict[int, Any] = {}
    automation: dict[str, dict[int, Any]] = {"schedule": {}, "sensor": {}}
    for module in listed:
        for value in vars(module).values():
            for thing in value if isinstance(value, list) else (value,):
                kind = automation_kind(thing)
                if isinstance(thing, (JobDefinition, UnresolvedAssetJobDefinition)):
                    jobs[id(thing)] = thing
                elif kind is not None:
                    automation[kind][id(thing)] = thing
    return Definitions(
        assets=load_assets_from_modules(listed, include_specs=True),
        asset_checks=load_asset_checks_from_modules(listed),
        jobs=list(jobs.values()),
        schedules=list(automation["schedule"].values()),
        sensors=list(automation["sensor"].values()),
        resources=resources,
        loggers=loggers,
        executor=executor,
    )


def load_definitions_from_module(
    module: ModuleType,
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """Return everything that a module defines; see :func:`load_definitions_from_modules`.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop")
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_definitions_from_module(shop).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """
    return load_definitions_from_modules([module], resources, loggers, executor)


def load_definitions_from_current_module(
    resources: Mapping[str, Any] | None = None, loggers: Mapping[str, Any] | None = None, executor: Any = None
) -> Definitions:
    """Return everything that the calling module defines; see :func:`load_definitions_from_modules`.

    Example:
        >>> source = '''
        ... import earmark as em
        ... @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        ... found = em.load_definitions_from_current_module()
        ... '''
        >>> shop = {"__name__": "shop"}
        >>> exec(source, shop)
        >>> shop["found"].resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """
    return load_definitions_from_modules([calling_module()], resources, loggers, executor)


def load_definitions_from_package_module(
    package_module: ModuleType,
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """Return everything that a package and its modules define; see :func:`load_definitions_from_modules`.

    Example:
        >>> import types
        >>> shop = types.ModuleType("shop", "A package; its modules would be found too.")
        >>> shop.__path__ = []
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_definitions_from_package_module(shop).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """
    return load_definitions_from_modules(modules_of(package_module), resources, loggers, executor)


def load_definitions_from_package_name(
    package_name: str,
    resources: Mapping[str, Any] | None = None,
    loggers: Mapping[str, Any] | None = None,
    executor: Any = None,
) -> Definitions:
    """Return everything that a package defines, named as in ``import``; see :func:`load_definitions_from_modules`.

    Example:
        >>> import sys, types
        >>> shop = sys.modules["shop"] = types.ModuleType("shop", "A package; its modules would be found too.")
        >>> shop.__path__ = []
        >>> @em.asset
        ... def orders():
        ...     return [1, 2, 3]
        >>> shop.orders = orders
        >>> load_definitions_from_package_name("shop").resolve_all_asset_keys()
        [AssetKey(['orders'])]
        >>> del sys.modules["shop"]
    """
    return load_definitions_from_package_module(importlib.import_module(package_name), resources, loggers, executor)
