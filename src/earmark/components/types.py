"""The component classes that a project may name in YAML: Earmark's, its own, and those of packages that it names."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from earmark.components.component import Component
from earmark.components.project import Project
from earmark.define.ports import public_name, public_names
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean


def component_types(project: Project | None) -> dict[str, type[Component]]:
    """Return component classes by the names that YAML may say.

    Of a project, these are the classes in the modules ``components`` and ``lib`` of its package, and in those that
    ``registry_modules`` of ``[tool.dg.project]`` names (``shop.things.*`` for all below a package).

    Raises:
        DagsterInvalidDefinitionError: A module that the project names is not there.
    """
    found = {
        f"earmark.{name}": public_name(name)
        for name in sorted(public_names())
        if name.endswith("Component") and _is_whole(public_name(name))
    }
    for module in _modules_of(project) if project else ():
        for name, value in vars(module).items():
            if _is_whole(value) and value.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = value
    return found


def named_type(name: str, types: dict[str, type[Component]]) -> type[Component]:
    """Return the class that a name means; ``dagster.X`` means ours.

    Raises:
        DagsterInvalidDefinitionError: There is none.
    """
    module_name, _, last = name.rpartition(".")
    full = f"earmark.{last}" if module_name in ("", "dagster", "dagster.components") else name
    if full in types:
        return types[full]
    found: Any = None
    try:
        found = getattr(importlib.import_module(module_name), last, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
    if _is_whole(found):
        made: type[Component] = found
        return made
    raise DagsterInvalidDefinitionError(
        f"There is no component class {name!r}.{did_you_mean(name, types)}", hint="`earmark component list` shows them."
    )


def _is_whole(thing: object) -> bool:
    return isinstance(thing, type) and issubclass(thing, Component) and not inspect.isabstract(thing)


def _modules_of(project: Project) -> Iterator[ModuleType]:
    for name in (f"{project.package}.components", f"{project.package}.lib"):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            continue
        yield from _with_all_below(module)
    for named in project.registry_modules:
        base = named.removesuffix(".*")
        try:
            module = importlib.import_module(base)
        except ModuleNotFoundError as error:
            raise DagsterInvalidDefinitionError(
                f"{project.source} names the module {named!r} in registry_modules: {error}."
            ) from error
        yield from _with_all_below(module) if named != base else (module,)


def _with_all_below(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for one in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
        yield importlib.import_module(one.name)
