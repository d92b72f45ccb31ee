"""Definitions of a project's folder: what ``definitions.py`` of a project calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from earmark.components.component import Component
from earmark.components.folder import CompositeYamlComponent
from earmark.components.load_context import ComponentLoadContext, no_place
from earmark.components.locations import ComponentPath
from earmark.components.project import find_project
from earmark.components.tree import ComponentTree
from earmark.define.definitions import Definitions
from earmark.values.errors import DagsterInvalidDefinitionError, caller_location


def load_from_defs_folder(*, path_within_project: Path | None = None, project_root: Path | None = None) -> Definitions:
    """Return all that a project's ``defs`` folder defines.

    The folder is ``defs`` in the package that ``pyproject.toml`` names as ``root_module`` under ``[tool.dg.project]``,
    or the module that it names there as ``defs_module``. In it, at any depth, Python modules are loaded, and folders
    with a ``defs.yaml`` are what that says.

    Args:
        path_within_project: A file or folder of the project, mostly ``Path(__file__).parent``.
        project_root: The project's folder, as older projects say it.

    Raises:
        DagsterInvalidDefinitionError: The project or its folder is not found, or something in it does not load.

    Example:
        >>> import sys
        >>> from pathlib import Path
        >>> _ = Path("pyproject.toml").write_text('[tool.dg.project]\\nroot_module = "tiny_shop"')
        >>> (Path("tiny_shop") / "defs" / "orders").mkdir(parents=True)
        >>> _ = Path("tiny_shop/defs/assets.py").write_text('''
        ... import earmark as em
        ... @em.asset(tags={"domain": "sales"})
        ... def revenue(): ...
        ... ''')
        >>> sys.path.insert(0, ".")
        >>> em.load_from_defs_folder(path_within_project=Path("tiny_shop")).resolve_all_asset_keys()
        [AssetKey(['revenue'])]
        >>> del sys.path[0]
    """
    path = path_within_project or project_root
    if path is None:
        raise DagsterInvalidDefinitionError(
            "load_from_defs_folder does not know which project is meant.",
            where=caller_location(),
            hint="Write load_from_defs_folder(path_within_project=Path(__file__).parent).",
        )
    return ComponentTree.for_project(Path(path)).build_defs()


def load_defs(
    defs_root: ModuleType, project_root: Path | None = None, terminate_autoloading_on_keyword_files: bool = True
) -> Definitions:
    """Return all that stands below a module; the older name of :func:`load_from_defs_folder`.

    Args:
        defs_root: The module of the folder of definitions, imported.
        project_root: The project's folder; found from the module's if ``None``.
        terminate_autoloading_on_keyword_files: Without meaning by now.

    Raises:
        DagsterInvalidDefinitionError: Something does not load.

    Example:
        >>> import types
        >>> from pathlib import Path
        >>> Path("nothing").mkdir()
        >>> nothing = types.ModuleType("nothing")
        >>> nothing.__path__ = ["nothing"]
        >>> em.load_defs(nothing, project_root=Path.cwd())
        <Definitions of nothing>
    """
    root = project_root or find_project(Path(defs_root.__path__[0])).root
    return ComponentTree.from_module(defs_root, Path(root)).build_defs()


def build_component_defs(components_root: Path) -> Definitions:
    """Return all that the project around a folder of components defines; an older name.

    Example:
        >>> from pathlib import Path
        >>> em.build_component_defs(Path("nowhere"))
        Traceback (most recent call last):
        ...
        earmark.values.errors.DagsterInvalidDefinitionError: ... is in no project: ...
    """
    return ComponentTree.for_project(Path(components_root)).build_defs()


def build_defs_for_component(component: Component) -> Definitions:
    """Return what one component defines that was made by hand, as in a test.

    Example:
        >>> class Orders(em.Component):
        ...     def build_defs(self, context):
        ...         return em.Definitions(assets=[em.AssetSpec("orders")])
        >>> em.build_defs_for_component(Orders()).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """
    return component_defs(component=component)


def component_defs(
    *, component: Component, resources: Mapping[str, Any] | None = None, context: ComponentLoadContext | None = None
) -> Definitions:
    """Return what one component defines, with resources.

    Args:
        component: The component.
        resources: What resource keys mean.
        context: Where the component stands; nowhere if ``None``.

    Example:
        >>> class Orders(em.Component):
        ...     def build_defs(self, context):
        ...         return em.Definitions(assets=[em.AssetSpec("orders")])
        >>> em.component_defs(component=Orders(), resources={"limit": 3}).resources
        {'limit': 3}
    """
    return component.build_defs(context or no_place()).with_resources(resources)


def get_component_defs_within_project(
    *, project_root: str | Path, component_path: str | Path, instance_key: int = 0
) -> tuple[Component, Definitions]:
    """Return one component of a project, and what it defines; for tests.

    Args:
        project_root: The project's folder.
        component_path: The component's folder, from the folder of definitions.
        instance_key: Which document of its YAML file.

    Raises:
        DagsterInvalidDefinitionError: There is none, or it does not load.

    Example:
        >>> em.get_component_defs_within_project(project_root="nowhere", component_path="orders")
        Traceback (most recent call last):
        ...
        earmark.values.errors.DagsterInvalidDefinitionError: ... is in no project: ...
    """
    every = get_all_components_defs_within_project(project_root=project_root, component_path=component_path)
    if instance_key >= len(every):
        raise DagsterInvalidDefinitionError(
            f"{component_path} has {len(every)} components; there is no {instance_key}."
        )
    return every[instance_key]


def get_all_components_defs_within_project(
    *, project_root: str | Path, component_path: str | Path
) -> list[tuple[Component, Definitions]]:
    """Return the components of one folder of a project, each with what it defines; for tests.

    Args:
        project_root: The project's folder.
        component_path: The components' folder, from the folder of definitions.

    Raises:
        DagsterInvalidDefinitionError: There are none, or one does not load.

    Example:
        >>> em.get_all_components_defs_within_project(project_root="nowhere", component_path="orders")
        Traceback (most recent call last):
        ...
        earmark.values.errors.DagsterInvalidDefinitionError: ... is in no project: ...
    """
    tree = ComponentTree.for_project(Path(project_root))
    found = tree.load_structural_component_at_loc(component_path)
    if not isinstance(found, CompositeYamlComponent):
        return [(found, tree.build_defs(component_path))]
    places = [ComponentPath(found.path, position) for position in range(len(found.components))]
    return [(one, tree.build_defs(place)) for one, place in zip(found.components, places, strict=True)]
