"""What a component knows of the place that it is loaded from."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from earmark.components.locations import ComponentPath, Locatable
from earmark.components.resolution_context import ResolutionContext
from earmark.define.definitions import Definitions
from earmark.values.errors import DagsterInvalidDefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from earmark.components.yaml_documents import Places

T = TypeVar("T")


class NoTree:
    """Stands for the tree of components where there is none, as for a component that is made by hand in a test."""

    def load_component(self, defs_path: Locatable, expected_type: Any = None) -> Any:
        """Refuse.

        Raises:
            DagsterInvalidDefinitionError: Always.
        """
        raise DagsterInvalidDefinitionError(
            f"There is no project here in which {defs_path} could stand.",
            hint="Give the context of one: ComponentTree.for_project(path).load_context.",
        )

    load_structural_component_at_loc = build_defs = load_component

    def defs_of_child(self, path: Path, child: Any, context: ComponentLoadContext) -> Definitions:
        """Return what a component defines that was put into a folder by hand."""
        built: Definitions = child.build_defs(context.for_path(path).with_own_names())
        return built


@dataclass(frozen=True)
class ComponentLoadContext:
    """Where a component stands in its project, and the way to others.

    Args:
        project_root: The project's folder.
        defs_module_path: The folder of its definitions.
        defs_module_name: The module of that folder.
        resolution_context: The scope of templates.
        component_tree: All that stands below the folder.
        terminate_autoloading_on_keyword_files: Without meaning by now.
        component_loc: The file or folder, and what in it.
        component_decl: What stands there.

    Example:
        >>> context = em.ComponentTree.for_test().load_context
        >>> context.resolution_context.resolve_value("{{ project_root }}/data") == f"{context.project_root}/data"
        True
    """

    project_root: Path
    defs_module_path: Path
    defs_module_name: str
    resolution_context: ResolutionContext
    component_tree: Any
    terminate_autoloading_on_keyword_files: bool
    component_loc: ComponentPath
    component_decl: Any

    @property
    def path(self) -> Path:
        """The file of a Python module, or the folder of a YAML file."""
        return self.component_loc.file_path

    @property
    def component_path(self) -> ComponentPath:
        """The file or folder, and what in it."""
        return self.component_loc

    def for_path(self, path: Path) -> ComponentLoadContext:
        """Return the context of another place below the folder of definitions."""
        return self.for_component_loc(ComponentPath(self._absolute(path)))

    def for_component_loc(self, component_loc: ComponentPath) -> ComponentLoadContext:
        """Return the context of another place."""
        return replace(self, component_loc=component_loc)

    def with_rendering_scope(self, rendering_scope: Mapping[str, Any]) -> ComponentLoadContext:
        """Return the context with more names for templates."""
        return replace(self, resolution_context=self.resolution_context.with_scope(**rendering_scope))

    def with_source_position_tree(self, source_position_tree: Places) -> ComponentLoadContext:
        """Return the context for the values of a YAML document."""
        return replace(self, resolution_context=self.resolution_context.with_source_position_tree(source_position_tree))

    def with_own_names(self) -> ComponentLoadContext:
        """Return the context with what templates may ask of it: itself, the project's folder, other components."""
        return self.with_rendering_scope(
            {
                "context": self,
                "project_root": self.project_root,
                "load_component_at_path": self.load_component,
                "build_defs_at_path": self.build_defs,
            }
        )

    @overload
    def load_component(self, defs_path: Locatable) -> Any: ...
    @overload
    def load_component(self, defs_path: Locatable, expected_type: type[T]) -> T: ...
    def load_component(self, defs_path: Locatable, expected_type: Any = None) -> Any:
        """Return the component of a place, given from the folder of definitions.

        Args:
            defs_path: A file, a folder, or a :class:`ComponentPath`.
            expected_type: The class that it has to be of.

        Raises:
            DagsterInvalidDefinitionError: There is none, it is of another class, or it needs this one itself.
        """
        return self.component_tree.load_component(defs_path, expected_type)

    def load_structural_component_at_path(self, defs_path: Locatable) -> Any:
        """Return the component of a place as the tree has it: a folder or a file, not the one component in that."""
        return self.component_tree.load_structural_component_at_loc(defs_path)

    def load_structural_component_at_loc(self, loc: Locatable) -> Any:
        """Return the component of a place as the tree has it."""
        return self.component_tree.load_structural_component_at_loc(loc)

    def build_defs(self, loc: Locatable) -> Definitions:
        """Return the definitions of another place, given from the folder of definitions.

        Raises:
            DagsterInvalidDefinitionError: There is nothing, or it needs this place itself.
        """
        built: Definitions = self.component_tree.build_defs(loc)
        return built

    def defs_relative_module_name(self, path: Path) -> str:
        """Return the name of the module of a file or folder below the folder of definitions.

        Raises:
            DagsterInvalidDefinitionError: It stands elsewhere, or its name cannot be that of a module.
        """
        absolute = self._absolute(path)
        if not absolute.is_relative_to(self.defs_module_path):
            raise DagsterInvalidDefinitionError(f"{absolute} does not stand below {self.defs_module_path}.")
        inside = absolute.relative_to(self.defs_module_path)
        parts = inside.with_suffix("").parts if inside.suffix == ".py" else inside.parts
        if any("." in part for part in parts):
            raise DagsterInvalidDefinitionError(
                f"{absolute} cannot be imported, as a part of its path has a dot.", hint="Rename it."
            )
        kept = parts[:-1] if parts and parts[-1] == "__init__" else parts
        return ".".join((self.defs_module_name, *kept))

    def load_defs_relative_python_module(self, path: Path) -> ModuleType:
        """Import the module of a file or folder below the folder of definitions and return it."""
        return importlib.import_module(self.defs_relative_module_name(path))

    def normalize_component_type_str(self, type_str: str) -> str:
        """Return a type with a leading dot as the full name: it is counted from the module of this place."""
        if not type_str.startswith("."):
            return type_str
        return f"{self.defs_relative_module_name(self.path)}{type_str}"

    def _absolute(self, path: Path) -> Path:
        return path if path.is_absolute() else self.defs_module_path / path


def no_place() -> ComponentLoadContext:
    """Return a context for a component that stands nowhere."""
    here = Path.cwd()
    return ComponentLoadContext(
        project_root=here,
        defs_module_path=here,
        defs_module_name="",
        resolution_context=ResolutionContext.default(),
        component_tree=NoTree(),
        terminate_autoloading_on_keyword_files=False,
        component_loc=ComponentPath(here),
        component_decl=None,
    ).with_own_names()
