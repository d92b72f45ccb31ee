"""All that stands below a project's folder of definitions: found, loaded and built when it is asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Self, TypeVar, cast

from earmark.components.component import Component
from earmark.components.folder import CompositeYamlComponent, DefsFolderComponent, PythonFileComponent, places_in
from earmark.components.load_context import ComponentLoadContext
from earmark.components.locations import ComponentPath, Locatable
from earmark.components.project import find_project
from earmark.components.references import with_code_references
from earmark.components.resolution_context import ResolutionContext, ResolutionError
from earmark.components.yaml_component import (
    Described,
    any_file_in,
    component_of,
    context_of,
    file_in,
    processed,
    read_component_file,
)
from earmark.define.definitions import Definitions
from earmark.values.errors import DagsterInvalidDefinitionError, did_you_mean

C = TypeVar("C", bound=Component)


class ComponentTree:
    """The components of a project, by their places below its folder of definitions.

    Args:
        defs_module: The module of the folder.
        project_root: The project's folder.
        terminate_autoloading_on_keyword_files: Without meaning by now.
        code_location_name: The name of the code location.

    Example:
        >>> tree = em.ComponentTree.for_test()
        >>> tree.build_defs().resolve_all_asset_keys()
        []
    """

    def __init__(
        self,
        *,
        defs_module: ModuleType,
        project_root: Path,
        terminate_autoloading_on_keyword_files: bool | None = None,
        code_location_name: str | None = None,
    ) -> None:
        self.defs_module = defs_module
        self.project_root = Path(project_root)
        self.terminate_autoloading_on_keyword_files = terminate_autoloading_on_keyword_files
        self.code_location_name = code_location_name
        self._files: dict[Path, Sequence[Described]] = {}
        self._components: dict[ComponentPath, Component] = {}
        self._definitions: dict[ComponentPath, Definitions] = {}
        self._scopes: dict[Path, Mapping[str, Any]] = {}
        self._busy: list[ComponentPath] = []

    @classmethod
    def for_project(cls, path_within_project: Path) -> Self:
        """Return the tree of the project that a file or folder is part of.

        Raises:
            DagsterInvalidDefinitionError: There is no project, or its folder of definitions is not there.
        """
        project = find_project(path_within_project)
        return cls(defs_module=project.import_defs(), project_root=project.root, code_location_name=project.name)

    @classmethod
    def from_module(cls, defs_module: ModuleType, project_root: Path) -> Self:
        """Return the tree of a module that is imported already."""
        return cls(defs_module=defs_module, project_root=project_root)

    @classmethod
    def for_test(cls) -> Self:
        """Return a tree of an empty folder, for components that are made by hand."""
        module = ModuleType("defs")
        module.__path__ = [tempfile.gettempdir() + "/no-definitions"]
        return cls(defs_module=module, project_root=Path.cwd())

    @property
    def defs_module_name(self) -> str:
        """The name of the module of the folder of definitions."""
        return self.defs_module.__name__

    @property
    def defs_module_path(self) -> Path:
        """The folder of definitions."""
        folders = list(getattr(self.defs_module, "__path__", ()))
        if not folders:
            raise DagsterInvalidDefinitionError(
                f"{self.defs_module_name} is a module, not a folder of definitions: {self.defs_module.__file__}."
            )
        return Path(folders[0]).absolute()

    @property
    def load_context(self) -> ComponentLoadContext:
        """The context of the folder of definitions itself."""
        return self.context_at(ComponentPath(self.defs_module_path))

    def context_at(self, loc: ComponentPath) -> ComponentLoadContext:
        """Return the context of a place, with the names for templates that the folders above it give."""
        context = ComponentLoadContext(
            project_root=self.project_root,
            defs_module_path=self.defs_module_path,
            defs_module_name=self.defs_module_name,
            resolution_context=ResolutionContext.default(),
            component_tree=self,
            terminate_autoloading_on_keyword_files=bool(self.terminate_autoloading_on_keyword_files),
            component_loc=loc,
            component_decl=None,
        ).with_own_names()
        root = self.defs_module_path
        for folder in reversed(loc.file_path.parents):
            if folder.is_relative_to(root) and file_in(folder) is not None:
                if folder not in self._scopes:
                    given = context_of(self._described(folder)[0], context.for_path(folder))
                    self._scopes[folder] = given.resolution_context.scope
                context = context.with_rendering_scope(self._scopes[folder])
        return context.with_own_names()

    def load_root_component(self) -> Component:
        """Return the component of the folder of definitions itself."""
        return self.load_structural_component_at_loc(self.defs_module_path)

    def load_structural_component_at_loc(self, loc: Locatable) -> Component:
        """Return the component of a place as the tree has it.

        Raises:
            DagsterInvalidDefinitionError: There is nothing, or it needs itself to be made.
        """
        place = self._place(loc)
        if place not in self._components:
            with self._at(place, "load"):
                self._components[place] = self._loaded(place)
        return self._components[place]

    def load_component(self, defs_path: Locatable, expected_type: Any = None) -> Any:
        """Return the component of a place; the one component of a Python file, where it has one only.

        Args:
            defs_path: From the folder of definitions, or absolute, or a :class:`ComponentPath`.
            expected_type: The class that it has to be of.

        Raises:
            DagsterInvalidDefinitionError: There is none, it is of another class, or it needs itself to be made.
        """
        found = self.load_structural_component_at_loc(defs_path)
        if isinstance(found, DefsFolderComponent) and len(found.children) == 1 and expected_type is not None:
            (found,) = found.children.values()
        if isinstance(found, PythonFileComponent) and len(found.components) == 1:
            (found,) = found.components.values()
        if expected_type is not None and not isinstance(found, expected_type):
            raise DagsterInvalidDefinitionError(
                f"At {self._short(self._place(defs_path))} stands a {type(found).__name__}, not a"
                f" {expected_type.__name__}."
            )
        return found

    def get_all_components(self, of_type: type[C]) -> list[C]:
        """Return every component of a class, in the order of their places."""
        every = places_in(self.defs_module_path, self.load_root_component())
        return [one for _, one in every if isinstance(one, of_type)]

    def build_defs(self, loc: Locatable | None = None) -> Definitions:
        """Return the definitions of a place; of all if ``None``.

        Raises:
            DagsterInvalidDefinitionError: Something does not load; the error says what and where.
        """
        place = self._place(self.defs_module_path if loc is None else loc)
        if place not in self._definitions:
            component = self.load_structural_component_at_loc(place)
            with self._at(place, "build"):
                built = self._built(place, component)
            self._definitions[place] = built.replace(component_tree=self) if loc is None else built
        return self._definitions[place]

    def build_defs_at_path(self, loc: Locatable) -> Definitions:
        """Return the definitions of a place."""
        return self.build_defs(loc)

    def defs_of_child(self, path: Path, child: Component, context: ComponentLoadContext) -> Definitions:
        """Return what a component in a folder defines, whether the tree found it or it was put there by hand."""
        if self._components.get(ComponentPath(path)) is child:
            return self.build_defs(path)
        return child.build_defs(context.for_path(path).with_own_names())

    def children_of(self, folder: Path) -> Mapping[Path, Component]:
        """Return what stands in a folder, by path, in the order of names."""
        found = {}
        for path in sorted(folder.iterdir()):
            if path.name.startswith((".", "__pycache__")):
                continue
            if path.suffix == ".py" or (path.is_dir() and _holds_something(path)):
                found[path] = self.load_structural_component_at_loc(path)
        return found

    def described_folders(self) -> Iterator[Path]:
        """Give every folder with a YAML file that describes what stands there, without loading any."""
        for folder in sorted(path for path in (self.defs_module_path, *self.defs_module_path.rglob("*"))):
            if folder.is_dir() and not _is_hidden(folder, self.defs_module_path) and any_file_in(folder):
                yield folder

    def to_string_representation(
        self, include_load_and_build_status: bool = False, hide_plain_defs: bool = False
    ) -> str:
        """Return the tree as text, a line for each place.

        Args:
            include_load_and_build_status: Whether each line says if the place is loaded, or built, by now.
            hide_plain_defs: Whether files without components are left out.
        """
        from earmark.components.tree_text import lines_of

        def status(place: ComponentPath) -> str:
            if not include_load_and_build_status:
                return ""
            return " (built)" if place in self._definitions else " (loaded)"

        return "\n".join(lines_of(self.load_root_component(), status, hide_plain_defs, self._described_or_none))

    def _described_or_none(self, folder: Path) -> Sequence[Described]:
        return self._described(folder) if folder.is_dir() and file_in(folder) is not None else ()

    def _described(self, folder: Path) -> Sequence[Described]:
        if folder not in self._files:
            file = file_in(folder)
            self._files[folder] = [] if file is None else read_component_file(file)
        return self._files[folder]

    def _loaded(self, place: ComponentPath) -> Component:
        path, key = place.file_path, place.instance_key
        if not path.exists():
            if path == self.defs_module_path:
                return DefsFolderComponent(path, {})
            raise self._nothing_at(place)
        context = self.context_at(place)
        if path.is_file():
            module = PythonFileComponent.get(context)
            return module if key is None else self._one_of(place, module.components, key)
        described = self._described(path)
        if not described:
            return DefsFolderComponent.get(context)
        if key is not None:
            made = component_of(self._one_of(place, dict(enumerate(described)), key), context)
            return cast(Component, made)
        if len(described) == 1:
            return self.load_structural_component_at_loc(ComponentPath(path, 0))
        places = [ComponentPath(path, position) for position in range(len(described))]
        return CompositeYamlComponent(path, [self.load_structural_component_at_loc(one) for one in places])

    def _built(self, place: ComponentPath, component: Component) -> Definitions:
        path, key = place.file_path, place.instance_key
        described = self._described_or_none(path)
        if key is None and len(described) == 1:
            return self.build_defs(ComponentPath(path, 0))
        if not described or not isinstance(key, int):
            return component.build_defs(self.context_at(place))
        one = described[key]
        context = context_of(one, self.context_at(place))
        defs = processed(one, _built_of_yaml(component, one, context), self.context_at(place))
        return with_code_references(defs, one)

    def _one_of(self, place: ComponentPath, things: Mapping[Any, Any], key: int | str) -> Any:
        if key not in things:
            raise DagsterInvalidDefinitionError(
                f"{self._short(place)} has no component {key!r}.{did_you_mean(str(key), map(str, things))}"
            )
        return things[key]

    def _place(self, loc: Locatable) -> ComponentPath:
        if isinstance(loc, ComponentPath):
            return loc
        path = self.defs_module_path / loc
        return ComponentPath(path.parent if path.suffix in (".yaml", ".yml") else path)

    def _nothing_at(self, place: ComponentPath) -> DagsterInvalidDefinitionError:
        folder = place.file_path.parent
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return DagsterInvalidDefinitionError(
            f"Nothing stands at {self._short(place)}, counted from {self.defs_module_path}."
            f"{did_you_mean(place.file_path.name, names)}"
        )

    def _short(self, place: ComponentPath) -> str:
        path = place.file_path
        short = path.relative_to(self.defs_module_path) if path.is_relative_to(self.defs_module_path) else path
        return str(ComponentPath(short, place.instance_key))

    @contextmanager
    def _at(self, place: ComponentPath, what: str) -> Iterator[None]:
        mark = ComponentPath(place.file_path, f"{what} {place.instance_key}")
        if mark in self._busy:
            names = [self._short(ComponentPath(one.file_path)) for one in (*self._busy[self._busy.index(mark) :], mark)]
            raise DagsterInvalidDefinitionError(
                f"Components need each other in a circle: {' → '.join(dict.fromkeys(names))} → {names[-1]}.",
                hint="Let one of them do without the other.",
            )
        self._busy.append(mark)
        try:
            yield
        finally:
            self._busy.pop()


def _built_of_yaml(component: Component, one: Described, context: ComponentLoadContext) -> Definitions:
    """Return what a component defines; what one of ours refuses stands in the YAML, not in the code that loads it."""
    try:
        return component.build_defs(context)
    except ResolutionError:
        raise
    except DagsterInvalidDefinitionError as error:
        is_ours = type(component).__module__.startswith("earmark.")
        if not is_ours or (error.where and Path(error.where.file).is_relative_to(context.defs_module_path)):
            raise
        raise context.resolution_context.error(error.message, error.hint, ("attributes",)) from error.__cause__


def _holds_something(folder: Path) -> bool:
    return any(path.suffix in (".py", ".yaml", ".yml") for path in folder.rglob("*") if not _is_hidden(path, folder))


def _is_hidden(path: Path, below: Path) -> bool:
    return any(part.startswith((".", "__pycache__")) for part in path.relative_to(below).parts)
