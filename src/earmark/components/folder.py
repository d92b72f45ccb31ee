"""Components that a place is by itself: a folder, a Python file, several documents of one YAML file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from earmark.components.component import Component
from earmark.components.loadable import called_with, is_component_instance
from earmark.components.locations import ComponentPath
from earmark.define.definitions import Definitions
from earmark.define.load_definitions import LazyDefinitions, load_definitions_from_module
from earmark.values.errors import DagsterInvalidDefinitionError, SourceLocation

if TYPE_CHECKING:
    from earmark.components.load_context import ComponentLoadContext

_LISTS = ("assets", "asset_checks", "jobs", "schedules", "sensors")


@dataclass
class DefsFolderComponent(Component):
    """A folder: what its Python modules, its YAML files and its folders define, together.

    A folder is one by itself. A ``defs.yaml`` of this type in it changes the assets of all that it holds
    (``post_processing``), and gives templates below it more names (``template_vars_module``).

    Args:
        path: The folder.
        children: What stands in it, by path.

    Example:
        >>> from pathlib import Path
        >>> class Table(em.Component):
        ...     def build_defs(self, context):
        ...         return em.Definitions(assets=[em.AssetSpec(context.path.name)])
        >>> folder = em.DefsFolderComponent(Path("/srv/shop/defs"), {Path("/srv/shop/defs/orders"): Table()})
        >>> em.build_defs_for_component(folder).resolve_all_asset_keys()
        [AssetKey(['orders'])]
    """

    path: Path
    children: Mapping[Path, Component] = field(default_factory=dict)

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return what all that stands in the folder defines."""
        tree = context.component_tree
        by_path = {path: tree.defs_of_child(path, child, context) for path, child in self.children.items()}
        _check_resources(by_path)
        return merged(by_path.values())

    @classmethod
    def of_attributes(cls, attributes: Any, context: ComponentLoadContext) -> DefsFolderComponent:
        """Return the folder that the context stands in.

        Raises:
            DagsterInvalidDefinitionError: It was given attributes.
        """
        if attributes:
            raise context.resolution_context.error("DefsFolderComponent takes no attributes.")
        return cls.get(context)

    @classmethod
    def get(cls, context: ComponentLoadContext) -> DefsFolderComponent:
        """Return the folder that the context stands in, with all that is in it."""
        return cls(context.path, context.component_tree.children_of(context.path))

    def iterate_components(self) -> Iterator[Component]:
        """Give every component below the folder, those in files too."""
        for _, one in self.iterate_path_component_pairs():
            yield one

    def iterate_path_component_pairs(self) -> Iterator[tuple[ComponentPath, Component]]:
        """Give every component below the folder with its place."""
        for path, child in self.children.items():
            yield from places_in(path, child)


@dataclass
class PythonFileComponent(Component):
    """A Python module: what it defines, and the components that functions under ``@component_instance`` give.

    Args:
        path: The file.
        module: The module, imported.
        components: The components, by the names of the functions.
    """

    path: Path
    module: ModuleType
    components: Mapping[str, Component]

    @classmethod
    def get(cls, context: ComponentLoadContext) -> PythonFileComponent:
        """Return the module that the context stands in.

        Raises:
            DagsterInvalidDefinitionError: A function under ``@component_instance`` gives no component.
        """
        module = context.load_defs_relative_python_module(context.path)
        components = {}
        for name, function in vars(module).items():
            if is_component_instance(function):
                at = context.for_component_loc(ComponentPath(context.path, name)).with_own_names()
                components[name] = called_with(function, at)
                if not isinstance(components[name], Component):
                    raise DagsterInvalidDefinitionError(
                        f"{name} under @component_instance gives no component, but {components[name]!r}.",
                        where=SourceLocation(str(context.path), function.__code__.co_firstlineno),
                    )
        return cls(context.path, module, components)

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return what the module and its components define.

        Raises:
            DagsterInvalidDefinitionError: It has both ``Definitions`` and functions under ``@definitions``.
        """
        own = [_defined_in(self.module, self.path, context)]
        for name, component in self.components.items():
            at = context.for_component_loc(ComponentPath(self.path, name)).with_own_names()
            own.append(component.build_defs(at))
        return merged(own)


@dataclass
class CompositeYamlComponent(Component):
    """Several documents of one YAML file.

    Args:
        path: Their folder.
        components: The components, in their order.
    """

    path: Path
    components: list[Component]

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """Return what all of them define."""
        tree = context.component_tree
        return merged(tree.build_defs(ComponentPath(self.path, position)) for position in range(len(self.components)))


def places_in(path: Path, component: Component) -> Iterator[tuple[ComponentPath, Component]]:
    """Give a component and all those within it, with their places."""
    yield ComponentPath(path), component
    if isinstance(component, DefsFolderComponent):
        yield from component.iterate_path_component_pairs()
    elif isinstance(component, PythonFileComponent):
        for name, inner in component.components.items():
            yield ComponentPath(path, name), inner
    elif isinstance(component, CompositeYamlComponent):
        for position, inner in enumerate(component.components):
            yield ComponentPath(path, position), inner


def merged(parts: Iterable[Definitions]) -> Definitions:
    """Return several sets of definitions as one; what two of them share counts once.

    Raises:
        DagsterInvariantViolationError: Two of them give one resource key differently.
    """
    seen: set[int] = set()
    kept = []
    for one in list(parts):
        fresh = {name: _unseen(getattr(one, name), seen) for name in _LISTS}
        kept.append(one.replace(**fresh))
    return Definitions.merge(*kept)


def _check_resources(by_path: Mapping[Path, Definitions]) -> None:
    """Refuse one resource key with two meanings, naming where both stand.

    Raises:
        DagsterInvalidDefinitionError: Two files or folders give it differently.
    """
    first: dict[str, tuple[Path, Any]] = {}
    for path, defs in by_path.items():
        for key, value in (defs.resources or {}).items():
            other, meant = first.setdefault(key, (path, value))
            if meant is not value and meant != value:
                raise DagsterInvalidDefinitionError(
                    f"{other} and {path} give the resource {key!r} differently.",
                    hint="Resources of a project have one meaning each: keep one, or give one another key.",
                )


def _unseen(things: Any, seen: set[int]) -> list[Any]:
    found = [thing for thing in things or () if id(thing) not in seen]
    seen.update(id(thing) for thing in found)
    return found


def _defined_in(module: ModuleType, path: Path, context: ComponentLoadContext) -> Definitions:
    values = {id(value): value for value in vars(module).values()}.values()
    lazy = [value for value in values if isinstance(value, LazyDefinitions)]
    whole = [value for value in values if isinstance(value, Definitions)]
    if lazy and whole:
        raise DagsterInvalidDefinitionError(
            f"{path} has both Definitions and functions under @definitions.",
            where=SourceLocation(str(path), 1),
            hint="Keep one kind of them in a file.",
        )
    if lazy or whole:
        return merged([*(one(context.with_own_names()) for one in lazy), *whole])
    return load_definitions_from_module(module)
